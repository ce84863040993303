/* producer/ctl/block_entries.h - what an operator wants on the blocklist, or off it: one kind, and
 * values by argument or in a file (one a line, empty lines and those that begin with # are passed
 * over), in their normal form. */
#ifndef SAM_CTL_BLOCK_ENTRIES_H
#define SAM_CTL_BLOCK_ENTRIES_H

#include "common/model/block_keys.h"
#include "producer/ctl/ctl.h"

struct block_entry {
    char *value; /* owned: the normal form */
    char *given; /* owned */
};

struct block_entries {
    enum block_kind kind;
    struct block_entry *rows; /* owned */
    size_t count;
};

/* Of the command's words (kind, values) and --file. Told, all that is wrong at once. Deinit in any
 * case. */
SAM_MUSTCHECK enum ctl_exit block_entries_read(struct block_entries *b, struct ctl *c);
void block_entries_deinit(struct block_entries *b);
/* One text[]: the values, or with keys as people have them (common/model/block_keys.h). */
void block_entries_add_values(const struct block_entries *b, struct pg_params *params);
void block_entries_add_keys(const struct block_entries *b, struct pg_params *params);

#endif
