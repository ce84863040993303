#include "common/adapters/outbox.h"

#include <assert.h>

#include "common/adapters/startup.h"

#include "common/base/banned.h"

static const char begin_sql[] = "SELECT ledger_id, sam_now() FROM ledger";
static const char write_sql[] =
    "INSERT INTO outbox (id, record_key, event_type, payload) "
    "SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])";

enum pg_failure outbox_begin(struct outbox *o, struct pg *pg, struct pg_params *params)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct uuid fresh = uuid_v7();
    *o = (struct outbox){.count = 0};
    pg_params_reset(params);
    pg_add_uuid(params, &fresh);
    enum pg_failure failure = pg_exec(pg, startup_ledger_sql, params, NULL);
    if (!failure)
        failure = pg_exec(pg, begin_sql, NULL, &r);
    if (failure)
        return failure;
    o->ledger_id = pg_uuid(r, 0, 0);
    o->now_ms = pg_time_ms(r, 0, 1);
    return PG_FINE;
}

void outbox_add(struct outbox *o, struct event *event)
{
    struct buf payload = BUF_INIT(RECORD_MAX_BYTES);
    event->id = uuid_v7();
    event->ledger_id = o->ledger_id;
    event->at_ms = o->now_ms;
    event_encode(event, &payload);
    assert(!payload.overflow); /* ids and numbers only */
    o->rows = sam_xrealloc(o->rows, (o->count + 1) * sizeof(*o->rows));
    o->rows[o->count++] =
        (struct outbox_row){event->id, event->account_id, event->type, buf_take(&payload)};
}

enum pg_failure outbox_write(struct outbox *o, struct pg *pg, struct pg_params *params)
{
    size_t n = o->count;
    const struct outbox_row *rows = o->rows;
    char key[UUID_TEXT_BYTES];
    pg_params_reset(params);
    PG_COLUMN(params, PG_ARRAY_UUID, n, true, pg_item_uuid(params, &rows[i].id));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, true,
              (uuid_format(&rows[i].account_id, key), pg_item_text(params, key)));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, true, pg_item_text(params, event_type_name(rows[i].type)));
    PG_COLUMN(params, PG_ARRAY_TEXT, n, true, pg_item_text(params, rows[i].payload));
    return n ? pg_exec(pg, write_sql, params, NULL) : PG_FINE;
}

void outbox_deinit(struct outbox *o)
{
    for (size_t i = 0; i < o->count; i++)
        free(o->rows[i].payload);
    free(o->rows);
    *o = (struct outbox){.count = 0};
}
