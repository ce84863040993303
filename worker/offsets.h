/* worker/offsets.h - which offset of a partition may be stored: everything before it is settled.
 *
 * Jobs are settled out of order; the stored offset moves only over a contiguous run of settled ones
 * (design 3.5), so a crash re-reads what was open and ignores what was not. */
#ifndef SAM_WORKER_OFFSETS_H
#define SAM_WORKER_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct offsets {
    int64_t *open; /* owned ring, ascending; negative = settled: -(offset) - 1 */
    size_t head;
    size_t count;
    size_t capacity;
};

void offsets_deinit(struct offsets *o);
/* Forgets everything: the partition was given back. */
void offsets_reset(struct offsets *o);
/* A record was read; offsets come in ascending order. */
void offsets_add(struct offsets *o, int64_t offset);
/* It is settled. true: *ret_next is the offset that may be stored now. Unknown offsets (of a
 * partition that was given back meanwhile) change nothing. */
bool offsets_settle(struct offsets *o, int64_t offset, int64_t *ret_next);

#endif
