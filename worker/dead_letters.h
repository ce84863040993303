/* worker/dead_letters.h - records that cannot be decoded, on their way to the dead letter topic.
 *
 * The offset of such a record is settled when Kafka has the letter, so a letter is kept and
 * produced again until then; meanwhile /readyz tells ("dead_letters"). */
#ifndef SAM_WORKER_DEAD_LETTERS_H
#define SAM_WORKER_DEAD_LETTERS_H

#include "worker/worker.h"

struct dead_letters *dead_letters_new(struct worker *w);
/* After the producer is gone: librdkafka reports on letters until then. */
void dead_letters_free(struct dead_letters *d);

/* The record and why are copied; of a value as much as fits into Kafka again; the
 * record's own headers come before ours (common/model/dead_letter.h). */
void dead_letters_add(struct dead_letters *d, const struct kafka_record *record, const char *why);
#define DEAD_LETTERS_MAX 64 /* about; a turn may bring some more */
size_t dead_letters_count(const struct dead_letters *d);
/* So many wait that no further record should be read. */
bool dead_letters_full(const struct dead_letters *d);
/* The partitions are gone: whoever owns them now reads the records again. */
void dead_letters_give_back(struct dead_letters *d, const struct kafka_part *parts, size_t count);

#endif
