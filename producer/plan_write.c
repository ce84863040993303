#include "producer/plan_write.h"

#include <stdlib.h>

#include "producer/plan_sql.h"

#include "common/base/banned.h"

#define EACH_ITEM(open_type, add)                                                                  \
    do {                                                                                           \
        pg_array_open(&p->params, open_type);                                                      \
        for (size_t i = 0; i < b->items_count; i++) {                                              \
            const struct plan_item *item = &b->items[i];                                           \
            const struct plan_person *person = item->person;                                       \
            const struct plan_campaign *c = &b->campaigns[person->campaign];                       \
            (void)c;                                                                               \
            add;                                                                                   \
        }                                                                                          \
        pg_array_close(&p->params);                                                                \
    } while (0)

static int by_uuid(const void *x, const void *y)
{
    return uuid_compare(x, y);
}

/* An item of the kind stands in the queue already: the person is not planned again, and shown. */
static enum pg_failure write_conflicts(struct producer *p, const struct plan_batch *b,
                                       struct uuid *written, size_t count)
{
    qsort(written, count, sizeof(*written), by_uuid);
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->items_count; i++) {
        const struct uuid *id = &b->items[i].person->id;
        if (!count || !bsearch(id, written, count, sizeof(*written), by_uuid))
            pg_item_uuid(&p->params, id);
    }
    pg_array_close(&p->params);
    log_warn(p->log, "already_planned", LOG_INT("people", b->items_count - count));
    return pg_exec(p->pg, plan_conflict_sql, &p->params, NULL);
}

/* r: the people whose items were written. */
static enum pg_failure write_queued(struct producer *p, const struct plan_batch *b,
                                    const struct pg_result *r)
{
    size_t count = (size_t)pg_rows(r);
    pg_params_reset(&p->params);
    producer_add_uuids(p, r, 0);
    enum pg_failure failure = pg_exec(p->pg, plan_queued_sql, &p->params, NULL);
    if (failure || count == b->items_count)
        return failure;
    struct uuid *written = sam_xcalloc(count + 1, sizeof(*written));
    for (int row = 0; row < pg_rows(r); row++)
        written[row] = pg_uuid(r, row, 0);
    failure = write_conflicts(p, b, written, count);
    free(written);
    return failure;
}

static enum pg_failure write_items(struct producer *p, const struct plan_batch *b)
{
    struct pg_result *r SAM_CLEANUP(pg_result_freep) = NULL;
    pg_params_reset(&p->params);
    EACH_ITEM(PG_ARRAY_UUID, {
        struct uuid id = uuid_v7();
        pg_item_uuid(&p->params, &id);
    });
    EACH_ITEM(PG_ARRAY_UUID, pg_item_uuid(&p->params, &c->workspace_id));
    EACH_ITEM(PG_ARRAY_UUID, pg_item_uuid(&p->params, &c->id));
    EACH_ITEM(PG_ARRAY_UUID, pg_item_uuid(&p->params, &person->id));
    EACH_ITEM(PG_ARRAY_UUID, pg_item_uuid(&p->params, &b->accounts[person->account].id));
    EACH_ITEM(PG_ARRAY_TEXT,
              pg_item_text(&p->params, texts_step(c->texts, (size_t)person->step)->message_type));
    EACH_ITEM(PG_ARRAY_I32, pg_item_i32(&p->params, (int32_t)person->step));
    EACH_ITEM(PG_ARRAY_BOOL,
              pg_item_bool(&p->params, c->type == CAMPAIGN_CONNECTOR && person->step > 0));
    EACH_ITEM(PG_ARRAY_I32, pg_item_i32(&p->params, person->step > 0 ? 0 : 1));
    EACH_ITEM(PG_ARRAY_TIME, pg_item_time(&p->params, item->scheduled_ms));
    EACH_ITEM(PG_ARRAY_TEXT, pg_item_text(&p->params, item->message));
    EACH_ITEM(PG_ARRAY_TEXT, pg_item_text(&p->params, note_done_name(item->note)));
    enum pg_failure failure = pg_exec(p->pg, plan_insert_sql, &p->params, &r);
    return failure ? failure : write_queued(p, b, r);
}

static enum pg_failure write_moves(struct producer *p, const struct plan_batch *b)
{
    if (b->moves_count == 0)
        return PG_FINE;
    pg_params_reset(&p->params);
    PG_COLUMN(&p->params, PG_ARRAY_UUID, b->moves_count, true,
              pg_item_uuid(&p->params, &b->moves[i].item_id));
    PG_COLUMN(&p->params, PG_ARRAY_TIME, b->moves_count, true,
              pg_item_time(&p->params, b->moves[i].at_ms));
    PG_COLUMN(&p->params, PG_ARRAY_BOOL, b->moves_count, true,
              pg_item_bool(&p->params, b->moves[i].placed));
    PG_COLUMN(
        &p->params, PG_ARRAY_TEXT, b->moves_count, true,
        pg_item_text(&p->params, b->moves[i].reason ? reason_name(b->moves[i].reason) : NULL));
    return pg_exec(p->pg, plan_move_sql, &p->params, NULL);
}

static enum pg_failure write_holds(struct producer *p, const struct plan_batch *b)
{
    if (b->holds_count == 0)
        return PG_FINE;
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->holds_count; i++)
        pg_item_uuid(&p->params, &b->holds[i].person_id);
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < b->holds_count; i++)
        pg_item_text(&p->params, b->holds[i].reason);
    pg_array_close(&p->params);
    return pg_exec(p->pg, plan_hold_sql, &p->params, NULL);
}

static enum pg_failure write_first_taken(struct producer *p, const struct plan_batch *b)
{
    size_t limited = 0;
    pg_params_reset(&p->params);
    pg_array_open(&p->params, PG_ARRAY_UUID);
    for (size_t i = 0; i < b->campaigns_count; i++) {
        if (b->campaigns[i].first_left < 0 || b->campaigns[i].planned == 0)
            continue;
        pg_item_uuid(&p->params, &b->campaigns[i].id);
        limited++;
    }
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_I32);
    for (size_t i = 0; i < b->campaigns_count; i++) {
        if (b->campaigns[i].first_left >= 0 && b->campaigns[i].planned > 0)
            pg_item_i32(&p->params, (int32_t)b->campaigns[i].planned);
    }
    pg_array_close(&p->params);
    return limited ? pg_exec(p->pg, plan_first_taken_sql, &p->params, NULL) : PG_FINE;
}

static enum pg_failure write_schedule(struct producer *p, const struct plan_batch *b)
{
    pg_params_reset(&p->params);
    plan_add_accounts(&p->params, b);
    pg_array_open(&p->params, PG_ARRAY_TIME);
    for (size_t i = 0; i < b->accounts_count; i++)
        pg_item_time(&p->params, plan_account_next_ms(&b->accounts[i], b->now_ms));
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_TIME);
    for (size_t i = 0; i < b->accounts_count; i++)
        pg_item_time(&p->params, b->accounts[i].outstanding ? 0 : b->accounts[i].first_at_ms);
    pg_array_close(&p->params);
    pg_array_open(&p->params, PG_ARRAY_BOOL);
    for (size_t i = 0; i < b->accounts_count; i++)
        pg_item_bool(&p->params, plan_account_next_ms(&b->accounts[i], b->now_ms) == 0);
    pg_array_close(&p->params);
    return pg_exec(p->pg, plan_schedule_sql, &p->params, NULL);
}

enum pg_failure plan_write(struct producer *p, const struct plan_batch *b)
{
    enum pg_failure failure;
    if ((failure = write_moves(p, b)) || (b->items_count && (failure = write_items(p, b))) ||
        (failure = write_first_taken(p, b)) || (failure = write_holds(p, b)))
        return failure;
    return write_schedule(p, b);
}
