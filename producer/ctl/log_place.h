/* producer/ctl/log_place.h - where a record stands in its topic, as people write it: 3:17. */
#ifndef SAM_CTL_LOG_PLACE_H
#define SAM_CTL_LOG_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct log_place {
    int32_t partition;
    int64_t offset;
};

/* PARTITION:OFFSET, digits alone: no sign, no space, nothing behind. false: *ret is untouched. */
bool log_place_parse(const char *word, struct log_place *ret);

#endif
