/* common/base/uuid.h - ids of everything that SAM makes: UUID version 7 (RFC 9562), made in C.
 *
 * Random ids, not sequences: a database restored from a backup must never hand out a used id. */
#ifndef SAM_BASE_UUID_H
#define SAM_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/attr.h"

struct uuid {
    uint8_t b[16];
};

#define UUID_TEXT_BYTES 37

/* A fresh id: 48 bits of wall clock, then random bits from getrandom(2). */
struct uuid uuid_v7(void);
/* A fresh id that sorts after the previous one (RFC 9562, method 1: a counter in the 12 bits after
 * the clock, which runs ahead when they are used up): rows made in one go keep their order. */
struct uuid uuid_v7_after(const struct uuid *previous);
/* Lower case, with hyphens. */
void uuid_format(const struct uuid *u, char out[UUID_TEXT_BYTES]);
/* 36 characters with hyphens, any case, any version. 0 done, -EINVAL. */
SAM_MUSTCHECK int uuid_parse(const char *text, struct uuid *ret);

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool uuid_is_null(const struct uuid *u)
{
    static const struct uuid null_uuid = {{0}};
    return uuid_equal(u, &null_uuid);
}

/* For hash tables that are keyed by struct uuid. */
static inline unsigned uuid_hash(const void *id)
{
    unsigned h;
    memcpy(&h, ((const struct uuid *)id)->b + 12, sizeof(h)); /* the random end of a v7 id */
    return h;
}

static inline int uuid_same(const void *a, const void *b)
{
    return uuid_equal(a, b);
}

/* Byte order, the same order in which Postgres sorts uuid: the lock order of the tree. */
static inline int uuid_compare(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->b, b->b, sizeof(a->b));
}

#endif
