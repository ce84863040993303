/* tests/simulator/options.h - the command line of sam-simulator. */
#ifndef SAM_SIMULATOR_OPTIONS_H
#define SAM_SIMULATOR_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "common/base/attr.h"
#include "tests/simulator/world.h"

struct options {
    const char *listen;
    const char *address_file; /* NULL = none, as with all below */
    const char *journal;
    const char *scenario;
    char *api_key; /* owned */
    int64_t accounts;
    int64_t latency_ms[2];
    struct world_options world;
};

#define OPTIONS_GO (-1)

/* OPTIONS_GO, or the exit code: 0 help or version was printed, 2 wrong and said so. */
SAM_MUSTCHECK int options_read(int argc, char **argv, struct options *ret);
void options_deinit(struct options *o);

#endif
