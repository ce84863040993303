#include <string.h>

#include "common/adapters/pg.h"
#include "common/base/clock.h"

#include "common/base/banned.h"

/* Type oids, from Postgres' pg_type.dat; they never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_BOOL_ARRAY = 1000,
    OID_INT4_ARRAY = 1007,
    OID_TEXT_ARRAY = 1009,
    OID_INT8_ARRAY = 1016,
    OID_TIMESTAMPTZ = 1184,
    OID_TIMESTAMPTZ_ARRAY = 1185,
    OID_UUID = 2950,
    OID_UUID_ARRAY = 2951,
    OID_JSONB = 3802
};

#define POSTGRES_EPOCH_MS INT64_C(946684800000) /* 2000-01-01 */

static void put_i32(struct buf *b, int32_t v)
{
    uint32_t u = (uint32_t)v;
    unsigned char bytes[4] = {(unsigned char)(u >> 24), (unsigned char)(u >> 16),
                              (unsigned char)(u >> 8), (unsigned char)u};
    buf_add(b, bytes, sizeof(bytes));
}

static void put_i64(struct buf *b, int64_t v)
{
    put_i32(b, (int32_t)((uint64_t)v >> 32));
    put_i32(b, (int32_t)(uint32_t)((uint64_t)v & 0xffffffffu));
}

void pg_params_init(struct pg_params *p)
{
    *p = (struct pg_params){.data = BUF_INIT(PG_PARAMS_MAX_BYTES)};
}

void pg_params_deinit(struct pg_params *p)
{
    buf_deinit(&p->data);
}

void pg_params_reset(struct pg_params *p)
{
    p->count = 0;
    p->array_start = 0;
    buf_reset(&p->data);
}

/* Opens parameter number count; its bytes follow. Offset 0 is kept free, so that an open array can
 * be told from none. */
static void open_param(struct pg_params *p, uint32_t type)
{
    if (p->count == PG_PARAMS_MAX || p->array_start)
        abort(); /* our own statement has too many parameters, or an array was left open */
    if (p->data.len == 0)
        buf_addc(&p->data, '\0');
    p->types[p->count] = type;
    p->offsets[p->count] = p->data.len;
    p->lengths[p->count] = -1;
}

static void close_param(struct pg_params *p)
{
    p->lengths[p->count] = (int)(p->data.len - p->offsets[p->count]);
    /* libpq takes binary values by length; the NUL keeps neighbours apart for debuggers */
    p->count++;
}

static void null_param(struct pg_params *p, uint32_t type)
{
    open_param(p, type);
    p->count++;
}

void pg_add_i64(struct pg_params *p, int64_t v)
{
    open_param(p, OID_INT8);
    put_i64(&p->data, v);
    close_param(p);
}

void pg_add_i32(struct pg_params *p, int32_t v)
{
    open_param(p, OID_INT4);
    put_i32(&p->data, v);
    close_param(p);
}

void pg_add_bool(struct pg_params *p, bool v)
{
    open_param(p, OID_BOOL);
    buf_addc(&p->data, v ? 1 : 0);
    close_param(p);
}

void pg_add_text(struct pg_params *p, const char *v)
{
    if (!v) {
        null_param(p, OID_TEXT);
        return;
    }
    open_param(p, OID_TEXT);
    buf_adds(&p->data, v);
    close_param(p);
}

void pg_add_uuid(struct pg_params *p, const struct uuid *v)
{
    if (!v) {
        null_param(p, OID_UUID);
        return;
    }
    open_param(p, OID_UUID);
    buf_add(&p->data, v->b, sizeof(v->b));
    close_param(p);
}

static bool time_is_null(int64_t at_ms)
{
    return at_ms <= 0 || at_ms >= TIME_NEVER_MS;
}

static int64_t pg_micros(int64_t at_ms)
{
    return (at_ms - POSTGRES_EPOCH_MS) * 1000;
}

void pg_add_time(struct pg_params *p, int64_t at_ms)
{
    if (time_is_null(at_ms)) {
        null_param(p, OID_TIMESTAMPTZ);
        return;
    }
    open_param(p, OID_TIMESTAMPTZ);
    put_i64(&p->data, pg_micros(at_ms));
    close_param(p);
}

void pg_add_json(struct pg_params *p, const char *json)
{
    if (!json) {
        null_param(p, OID_JSONB);
        return;
    }
    open_param(p, OID_JSONB);
    buf_addc(&p->data, 1); /* version of jsonb's binary format */
    buf_adds(&p->data, json);
    close_param(p);
}

void pg_add_bytes(struct pg_params *p, const void *bytes, size_t n)
{
    open_param(p, OID_BYTEA);
    buf_add(&p->data, bytes, n);
    close_param(p);
}

static const struct {
    uint32_t array;
    int32_t element;
} array_types[] = {
    [PG_ARRAY_I64] = {OID_INT8_ARRAY, OID_INT8},
    [PG_ARRAY_I32] = {OID_INT4_ARRAY, OID_INT4},
    [PG_ARRAY_BOOL] = {OID_BOOL_ARRAY, OID_BOOL},
    [PG_ARRAY_TEXT] = {OID_TEXT_ARRAY, OID_TEXT},
    [PG_ARRAY_UUID] = {OID_UUID_ARRAY, OID_UUID},
    [PG_ARRAY_TIME] = {OID_TIMESTAMPTZ_ARRAY, OID_TIMESTAMPTZ},
};

/* Binary array: dimensions, has-nulls, element type, length, lower bound, then (length, bytes)*.
 * Dimensions, nulls and length are patched in when the array is closed. */
void pg_array_open(struct pg_params *p, enum pg_array type)
{
    open_param(p, array_types[type].array);
    p->array_start = p->data.len;
    p->array_count = 0;
    p->array_nulls = false;
    put_i32(&p->data, 1);
    put_i32(&p->data, 0);
    put_i32(&p->data, array_types[type].element);
    put_i32(&p->data, 0);
    put_i32(&p->data, 1);
}

static void patch_i32(struct buf *b, size_t at, int32_t v)
{
    uint32_t u = (uint32_t)v;
    for (int i = 0; i < 4; i++)
        b->data[at + (size_t)i] = (char)(u >> (24 - 8 * i));
}

void pg_array_close(struct pg_params *p)
{
    if (!p->data.overflow) {
        patch_i32(&p->data, p->array_start + 4, p->array_nulls ? 1 : 0);
        patch_i32(&p->data, p->array_start + 12, p->array_count);
    }
    p->array_start = 0;
    close_param(p);
}

static void item(struct pg_params *p, int32_t bytes)
{
    put_i32(&p->data, bytes);
    p->array_count++;
    if (bytes < 0)
        p->array_nulls = true;
}

void pg_item_i64(struct pg_params *p, int64_t v)
{
    item(p, 8);
    put_i64(&p->data, v);
}

void pg_item_i32(struct pg_params *p, int32_t v)
{
    item(p, 4);
    put_i32(&p->data, v);
}

void pg_item_bool(struct pg_params *p, bool v)
{
    item(p, 1);
    buf_addc(&p->data, v ? 1 : 0);
}

void pg_item_text_n(struct pg_params *p, const char *v, size_t n)
{
    item(p, (int32_t)n);
    buf_add(&p->data, v, n);
}

void pg_item_text(struct pg_params *p, const char *v)
{
    if (v)
        pg_item_text_n(p, v, strlen(v));
    else
        item(p, -1);
}

void pg_item_filled(struct pg_params *p, const char *v)
{
    pg_item_text(p, *v ? v : NULL);
}

void pg_item_uuid(struct pg_params *p, const struct uuid *v)
{
    if (!v) {
        item(p, -1);
        return;
    }
    item(p, 16);
    buf_add(&p->data, v->b, sizeof(v->b));
}

void pg_item_time(struct pg_params *p, int64_t at_ms)
{
    if (time_is_null(at_ms)) {
        item(p, -1);
        return;
    }
    item(p, 8);
    put_i64(&p->data, pg_micros(at_ms));
}
