/* producer/ctl/ledger_look.h - does Kafka's log fit the positions in Postgres?
 *
 * What a worker finds out when it begins to read (worker/ledger_read.c), looked at from outside and
 * without changing anything, so that an operator's command is refused where it would do harm. */
#ifndef SAM_CTL_LEDGER_LOOK_H
#define SAM_CTL_LEDGER_LOOK_H

#include "common/adapters/kafka_reader.h"
#include "common/base/uuid.h"
#include "producer/ctl/ctl.h"
#include "producer/ctl/ledger_log.h"

enum ledger_fit {
    LEDGER_FITS,
    LEDGER_GAP,          /* the log begins after the position: records are lost */
    LEDGER_UNVERIFIED,   /* it begins at the position: nothing is lost, but a worker that begins
                          * there finds no record to know it by, and halts */
    LEDGER_ENDS_BEFORE,  /* the log ends before the position */
    LEDGER_OTHER_RECORD, /* the record before the position is not the one that was applied */
    LEDGER_NO_ROW,       /* Postgres has no position: nothing of it was applied yet */
    LEDGER_NO_PARTITION  /* Kafka has none of this number */
};

/* One partition; the places ascend. */
struct ledger_place {
    int32_t partition;
    int64_t position; /* 0 without a row */
    struct uuid last_event_id;
    struct kafka_ends ends; /* -1 without a partition */
    enum ledger_fit fit;
    int64_t there; /* of these two: the first offset from the position on that can be read */
};

struct ledger_look {
    struct ledger_log log;
    struct kafka_reader *reader; /* owned */
    struct uuid ledger_id;
    bool grown; /* partitions were added once: history of an account may be in any of them */
    struct ledger_place *places; /* owned */
    size_t count;
};

/* What stands at an offset. */
struct ledger_record {
    int64_t offset;
    struct uuid id;        /* null = it names none */
    struct uuid ledger_id; /* null = it cannot be read as an event */
    int64_t at_ms;         /* the later one of Kafka's time and the event's */
};

/* Looks, connected; fails (told) where something is not known. Deinit in any case. */
SAM_MUSTCHECK enum ctl_exit ledger_look(struct ctl *c, struct ledger_look *ret);
void ledger_look_deinit(struct ledger_look *l);
/* NULL: neither Kafka nor Postgres knows it. */
struct ledger_place *ledger_look_at(const struct ledger_look *l, int64_t partition);

/* The record at the offset, or the next one that is there, of those that place->ends tells of.
 * *ret_found false: none. Failures are told. */
SAM_MUSTCHECK enum ctl_exit ledger_look_record(struct ledger_look *l,
                                               const struct ledger_place *place, int64_t offset,
                                               struct ledger_record *ret, bool *ret_found);
/* The last record with the id among the partition's last `records` offsets: its offset, -1 = none.
 * Failures are told. */
SAM_MUSTCHECK enum ctl_exit ledger_look_find(struct ledger_look *l,
                                             const struct ledger_place *place, int64_t records,
                                             const struct uuid *id, int64_t *ret_offset);
/* The log's first or last record is an event of another ledger. */
SAM_MUSTCHECK enum ctl_exit ledger_look_foreign(struct ledger_look *l,
                                                const struct ledger_place *place, bool *ret);

/* What is wrong, and the command for it: "…: `samctl ledger …`"; NULL = nothing. From the ends
 * alone, so LEDGER_OTHER_RECORD is not seen. has_id: the record before the position is known. */
enum ledger_fit ledger_fit_of(const struct kafka_ends *ends, int64_t position, bool has_id);
const char *ledger_fit_text(enum ledger_fit fit);

#endif
