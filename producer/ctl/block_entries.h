/* producer/ctl/block_entries.h - what an operator wants on the blocklist, or off it: one kind, and
 * values by argument or in a file (one a line, empty lines and those that begin with # are passed
 * over), in their normal form. */
#ifndef SAM_CTL_BLOCK_ENTRIES_H
#define SAM_CTL_BLOCK_ENTRIES_H

#include "producer/ctl/ctl.h"

/* blocklist.kind */
#define BLOCK_KIND_MAP(X)                                                                          \
    X(BLOCK_PERSON, "person")                                                                      \
    X(BLOCK_COMPANY, "company")                                                                    \
    X(BLOCK_DOMAIN, "domain")

#define BLOCK_ENUM_ROW(id, name) id,
enum block_kind { BLOCK_KIND_MAP(BLOCK_ENUM_ROW) BLOCK_KIND_N };
#undef BLOCK_ENUM_ROW

struct block_entry {
    char *value; /* owned: the normal form */
    char *given; /* owned */
};

struct block_entries {
    enum block_kind kind;
    struct block_entry *rows; /* owned */
    size_t count;
};

const char *block_kind_name(enum block_kind kind);
/* 0 done; -EINVAL */
SAM_MUSTCHECK int block_kind_parse(const char *text, enum block_kind *ret);
/* Of the command's words (kind, values) and --file. Told, all that is wrong at once. Deinit in any
 * case. */
SAM_MUSTCHECK enum ctl_exit block_entries_read(struct block_entries *b, struct ctl *c);
void block_entries_deinit(struct block_entries *b);
/* One text[]: the values, or with keys as people have them (common/model/block_keys.h). */
void block_entries_add_values(const struct block_entries *b, struct pg_params *params);
void block_entries_add_keys(const struct block_entries *b, struct pg_params *params);

#endif
