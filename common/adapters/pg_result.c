#include <arpa/inet.h>
#include <string.h>

#include "common/adapters/pg_internal.h"

#include "common/base/banned.h"

#define POSTGRES_EPOCH_MS INT64_C(946684800000) /* 2000-01-01 */

static const PGresult *raw(const struct pg_result *r)
{
    return (const PGresult *)r;
}

void pg_result_free(struct pg_result *r)
{
    PQclear((PGresult *)r);
}

int pg_rows(const struct pg_result *r)
{
    return PQntuples(raw(r));
}

int64_t pg_affected(const struct pg_result *r)
{
    /* libpq's signature lacks the const; it does not change the result */
    union {
        const PGresult *in;
        PGresult *out;
    } u = {.in = raw(r)};
    return strtoll(PQcmdTuples(u.out), NULL, 10);
}

bool pg_null(const struct pg_result *r, int row, int col)
{
    return PQgetisnull(raw(r), row, col) != 0;
}

static int64_t read_big_endian(const unsigned char *p, int n)
{
    uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

int64_t pg_i64(const struct pg_result *r, int row, int col)
{
    if (pg_null(r, row, col))
        return 0;
    return read_big_endian((const unsigned char *)PQgetvalue(raw(r), row, col),
                           PQgetlength(raw(r), row, col));
}

bool pg_bool(const struct pg_result *r, int row, int col)
{
    return !pg_null(r, row, col) && PQgetvalue(raw(r), row, col)[0] != 0;
}

const char *pg_text(const struct pg_result *r, int row, int col)
{
    return PQgetvalue(raw(r), row, col);
}

size_t pg_text_bytes(const struct pg_result *r, int row, int col)
{
    return (size_t)PQgetlength(raw(r), row, col);
}

struct uuid pg_uuid(const struct pg_result *r, int row, int col)
{
    struct uuid u = {{0}};
    if (!pg_null(r, row, col) && PQgetlength(raw(r), row, col) == (int)sizeof(u.b))
        memcpy(u.b, PQgetvalue(raw(r), row, col), sizeof(u.b));
    return u;
}

int64_t pg_time_ms(const struct pg_result *r, int row, int col)
{
    if (pg_null(r, row, col))
        return 0;
    int64_t us = pg_i64(r, row, col);
    /* floor, so that a time is never read later than it is */
    int64_t ms = us >= 0 ? us / 1000 : -((-us + 999) / 1000);
    return ms + POSTGRES_EPOCH_MS;
}
