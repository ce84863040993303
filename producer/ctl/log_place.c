#include "producer/ctl/log_place.h"

#include "common/base/banned.h"

/* Digits alone: no sign, no space. */
static bool number_at(const char *text, int64_t max, int64_t *ret, const char **ret_end)
{
    int64_t n = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++) {
        int digit = *p - '0';
        if (n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *ret = n;
    *ret_end = p;
    return p > text;
}

bool log_place_parse(const char *word, struct log_place *ret)
{
    int64_t partition = 0;
    int64_t offset = 0;
    const char *end = word;
    if (!number_at(word, INT32_MAX, &partition, &end) || *end != ':' ||
        !number_at(end + 1, INT64_MAX, &offset, &end) || *end)
        return false;
    *ret = (struct log_place){.partition = (int32_t)partition, .offset = offset};
    return true;
}
