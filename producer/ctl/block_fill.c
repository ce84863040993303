#include "producer/ctl/block_fill.h"

#include "common/model/block_keys.h"

#include "common/base/banned.h"

/* $1 workspace, $2 campaign or NULL. Who has ended is not asked for any more. By a cursor, which
 * goes through an old release's people once; they are in no order, for their accounts are locked.
 */
#define CURSOR(table, status)                                                                      \
    "DECLARE to_fill CURSOR FOR SELECT id, company, custom::text FROM " table                      \
    " WHERE workspace_id = $1 AND block_keys IS NULL AND " status                                  \
    " AND ($2::uuid IS NULL OR campaign_id = $2) FOR UPDATE"
static const char people_sql[] =
    CURSOR("campaign_prospects", "status IN ('pending', 'approved', 'connection_request_sent', "
                                 "'connected', 'messaging')");
static const char waiting_sql[] = CURSOR("prospect_approval_data", "status <> 'rejected'");
static const char fetch_sql[] = "FETCH 5000 FROM to_fill";
static const char close_sql[] = "CLOSE to_fill";
/* $1 uuid[] ids, $2 text[] the keys of each, as Postgres writes them. */
#define WRITE(table)                                                                               \
    "UPDATE " table " t SET block_keys = x.keys::text[] FROM unnest($1::uuid[], $2::text[]) "      \
    "AS x(id, keys) WHERE t.id = x.id"

static void add_keys(struct pg_params *params, const struct pg_result *r, int row)
{
    struct block_keys keys;
    block_keys_read(&keys, pg_text(r, row, 1), pg_text(r, row, 2));
    SAM_CLEANUP(freep) char *array = block_keys_array(&keys);
    pg_item_text(params, array);
    block_keys_deinit(&keys);
}

static enum pg_failure fill_batch(struct ctl *c, const char *write_sql, int *ret_rows)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *params = ctl_params(c);
    enum pg_failure failure = pg_exec(c->pg, fetch_sql, params, &r);
    if (failure)
        return failure;
    *ret_rows = pg_rows(r);
    if (*ret_rows == 0)
        return PG_FINE;
    pg_array_open(ctl_params(c), PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, 0);
        pg_item_uuid(params, &id);
    }
    pg_array_close(params);
    pg_array_open(params, PG_ARRAY_TEXT);
    for (int row = 0; row < pg_rows(r); row++)
        add_keys(params, r, row);
    pg_array_close(params);
    return pg_exec(c->pg, write_sql, params, NULL);
}

struct of {
    const struct uuid *workspace_id;
    const struct uuid *campaign_id; /* NULL = all */
};

static enum pg_failure fill(struct ctl *c, const struct of *of, const char *declare_sql,
                            const char *write_sql)
{
    int rows = 0;
    pg_add_uuid(ctl_params(c), of->workspace_id);
    pg_add_uuid(&c->params, of->campaign_id);
    enum pg_failure failure = pg_exec(c->pg, declare_sql, &c->params, NULL);
    do {
        if (!failure)
            failure = fill_batch(c, write_sql, &rows);
    } while (!failure && rows > 0);
    return failure ? failure : pg_exec(c->pg, close_sql, NULL, NULL);
}

enum pg_failure block_fill(struct ctl *c, const struct uuid *workspace_id,
                           const struct uuid *campaign_id)
{
    const struct of of = {workspace_id, campaign_id};
    enum pg_failure failure = fill(c, &of, people_sql, WRITE("campaign_prospects"));
    return failure ? failure : fill(c, &of, waiting_sql, WRITE("prospect_approval_data"));
}
