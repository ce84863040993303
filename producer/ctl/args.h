/* producer/ctl/args.h - the words of one command: options by name, and the rest in order.
 *
 * What a command takes is one short text: "campaign= all person=* dry-run": an = takes a value, a
 * * may be given several times. `--name value` and `--name=value`; `--` ends the options. */
#ifndef SAM_CTL_ARGS_H
#define SAM_CTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"

#define ARGS_MAX       4000 /* words and options of one command */
#define ARGS_WHY_BYTES 200

struct args_option {
    const char *name;  /* borrowed from argv, without the dashes, as is value */
    size_t name_bytes; /* the name may be followed by its value */
    const char *value; /* NULL = a flag */
};

struct args {
    const char **words; /* owned array, borrowed texts */
    size_t words_count;
    struct args_option *options; /* owned */
    size_t options_count;
};

/* 0 done; -EINVAL: why is one sentence. Deinit in both cases. */
SAM_MUSTCHECK int args_parse(struct args *a, int argc, char **argv, const char *spec,
                             char why[ARGS_WHY_BYTES]);
void args_deinit(struct args *a);

bool args_has(const struct args *a, const char *name);
/* The option's value; NULL when it was not given. */
const char *args_get(const struct args *a, const char *name);
/* The n-th value of an option that may be repeated; NULL after the last. */
const char *args_get_nth(const struct args *a, const char *name, size_t n);

/* Absent: *ret stays as it is. 0 done; -EINVAL: why names the option and what it takes. */
SAM_MUSTCHECK int args_number(const struct args *a, const char *name, int64_t min, int64_t max,
                              int64_t *ret, char why[ARGS_WHY_BYTES]);
SAM_MUSTCHECK int args_duration(const struct args *a, const char *name, int64_t *ret_ms,
                                char why[ARGS_WHY_BYTES]);

#endif
