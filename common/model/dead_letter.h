/* common/model/dead_letter.h - the headers that a dead letter has besides those of its record.
 *
 * A letter is the record that a worker could not read: its key, its value and its own headers as
 * they came, and these. `samctl dlq` shows it and puts the record back without them. */
#ifndef SAM_MODEL_DEAD_LETTER_H
#define SAM_MODEL_DEAD_LETTER_H

/* CUT is there only where something was too large to be kept; it names what. */
#define DEAD_LETTER_MAP(X)                                                                         \
    X(DEAD_LETTER_REASON, "sam_reason")       /* why it was not read */                            \
    X(DEAD_LETTER_TOPIC, "sam_topic")         /* where it stood, with the prefix */                \
    X(DEAD_LETTER_PARTITION, "sam_partition") /* of it */                                          \
    X(DEAD_LETTER_OFFSET, "sam_offset")                                                            \
    X(DEAD_LETTER_BYTES, "sam_bytes") /* of the value as it came */                                \
    X(DEAD_LETTER_CUT, "sam_cut")

enum dead_letter_header {
#define X(id, name) id,
    DEAD_LETTER_MAP(X)
#undef X
        DEAD_LETTER_N
};

const char *dead_letter_header_name(enum dead_letter_header h);

#endif
