#include "producer/ctl/block_fill.h"

#include "common/model/block_keys.h"

#include "common/base/banned.h"

#define BATCH 5000

/* $1 workspace, $2 rows, $3 campaign or NULL. Who has ended is not asked for any more. */
static const char people_sql[] =
    "SELECT id, company, custom::text FROM campaign_prospects WHERE workspace_id = $1 "
    "AND block_keys IS NULL AND status IN ('pending', 'approved', 'connection_request_sent', "
    "'connected', 'messaging') AND ($3::uuid IS NULL OR campaign_id = $3) ORDER BY id LIMIT $2 "
    "FOR UPDATE";
static const char waiting_sql[] =
    "SELECT id, company, custom::text FROM prospect_approval_data WHERE workspace_id = $1 "
    "AND block_keys IS NULL AND status <> 'rejected' AND ($3::uuid IS NULL OR campaign_id = $3) "
    "ORDER BY id LIMIT $2 FOR UPDATE";
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

struct of {
    const struct uuid *workspace_id;
    const struct uuid *campaign_id; /* NULL = all */
};

static enum pg_failure fill_batch(struct ctl *c, const struct of *of, const char *read_sql,
                                  const char *write_sql, int *ret_rows)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *params = ctl_params(c);
    pg_add_uuid(params, of->workspace_id);
    pg_add_i64(params, BATCH);
    pg_add_uuid(params, of->campaign_id);
    enum pg_failure failure = pg_exec(c->pg, read_sql, params, &r);
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

static enum pg_failure fill(struct ctl *c, const struct of *of, const char *read_sql,
                            const char *write_sql)
{
    enum pg_failure failure;
    int rows = 0;
    do {
        failure = fill_batch(c, of, read_sql, write_sql, &rows);
    } while (!failure && rows == BATCH);
    return failure;
}

enum pg_failure block_fill(struct ctl *c, const struct uuid *workspace_id,
                           const struct uuid *campaign_id)
{
    const struct of of = {workspace_id, campaign_id};
    enum pg_failure failure = fill(c, &of, people_sql, WRITE("campaign_prospects"));
    return failure ? failure : fill(c, &of, waiting_sql, WRITE("prospect_approval_data"));
}
