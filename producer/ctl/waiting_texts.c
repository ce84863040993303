#include "producer/ctl/waiting_texts.h"

#include <stdio.h>
#include <string.h>

#include "common/adapters/verdicts.h"
#include "common/model/reason.h"

#include "common/base/banned.h"

#define TEXT_BYTES (64 << 10)

/* $1 campaign, $2 uuid[] accounts, $3 person or NULL. */
static const char items_sql[] =
    "SELECT i.id, i.prospect_id, i.step, i.message_type, i.message, "
    "i.note_done, " PREVIEW_PERSON_COLUMNS
    "FROM send_queue i JOIN campaign_prospects p ON p.id = i.prospect_id "
    "JOIN linkedin_accounts a ON a.id = i.account_id "
    "WHERE i.account_id = ANY ($2) AND i.campaign_id = $1 "
    "AND i.status IN ('pending', 'published') AND ($3::uuid IS NULL OR i.prospect_id = $3) "
    "ORDER BY i.id FOR UPDATE OF i";
static const char campaign_sql[] = "SELECT steps::text, on_note_limit FROM campaigns WHERE id = $1";
/* $1 uuid[] items, $2 text[] messages, $3 text[] what was done to their notes. */
static const char write_sql[] =
    "UPDATE send_queue i SET message = x.message, note_done = x.note_done "
    "FROM unnest($1::uuid[], $2::text[], $3::text[]) AS x(id, message, note_done) "
    "WHERE i.id = x.id";
/* $1 uuid[] items. */
static const char cancel_sql[] =
    "UPDATE send_queue SET status = 'cancelled', reason = 'step_gone', sweep_at = NULL "
    "WHERE id = ANY ($1)";
/* $1 uuid[] people. Another hold stays: this one is lifted by a text that fits. */
static const char hold_sql[] = "UPDATE campaign_prospects SET hold_reason = 'text_invalid' "
                               "WHERE id = ANY ($1) AND hold_reason IS NULL";

enum fate { FATE_SAME, FATE_CHANGED, FATE_HELD, FATE_GONE };

struct refresh {
    struct waiting_texts *w;
    struct ctl *c;
    struct texts *cache;          /* owned */
    struct texts_campaign *texts; /* borrowed from it */
    enum note_limit on_limit;
    struct pg_result *items; /* owned */
    enum fate *fates;        /* owned; of each item */
    char **messages;         /* owned; of the changed ones */
    enum note_done *notes;   /* owned; likewise */
    struct buf text;
};

static enum pg_failure load(struct refresh *f)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct pg_params *params = ctl_params(f->c);
    pg_add_uuid(params, f->w->campaign_id);
    enum pg_failure failure = pg_exec(f->c->pg, campaign_sql, params, &r);
    if (failure)
        return failure;
    f->texts = texts_campaign(f->cache, f->w->campaign_id, pg_text(r, 0, 0), f->w->problem,
                              sizeof(f->w->problem));
    if (!f->texts || note_limit_parse(pg_text(r, 0, 1), &f->on_limit) != 0)
        return ctl_refuse(f->c, "the campaign's texts cannot be used: %s", f->w->problem);
    pg_add_uuid(ctl_params(f->c), f->w->campaign_id);
    schedule_add_accounts(f->w->accounts, params);
    pg_add_uuid(params, f->w->prospect_id);
    return pg_exec(f->c->pg, items_sql, params, &f->items);
}

/* It was planned when the month's notes were used up: those of others may count on that. */
static bool note_used_up(const struct refresh *f, const struct texts_person *person, int row)
{
    return strcmp(pg_text(f->items, row, 5), note_done_name(NOTE_LEFT_OUT_MONTHLY)) == 0 &&
           person->plan == PLAN_FREE && f->on_limit != NOTE_HOLD && f->text.len > 0;
}

static enum fate render(struct refresh *f, int row)
{
    size_t step = (size_t)pg_i64(f->items, row, 2);
    char problem[PREVIEW_PROBLEM_BYTES];
    if (step >= texts_steps(f->texts) ||
        strcmp(texts_step(f->texts, step)->message_type, pg_text(f->items, row, 3)) != 0)
        return FATE_GONE;
    struct texts_person person = preview_person(f->items, row, 6, f->on_limit);
    enum note_done note = NOTE_AS_WRITTEN;
    if (!preview_render(f->texts, step, &person, &f->text, &note, problem)) {
        if (!f->w->held)
            memcpy(f->w->problem, problem, sizeof(problem));
        return FATE_HELD;
    }
    if (note_used_up(f, &person, row)) {
        buf_reset(&f->text);
        note = NOTE_LEFT_OUT_MONTHLY;
    }
    if (strcmp(buf_text(&f->text), pg_text(f->items, row, 4)) == 0 &&
        strcmp(note_done_name(note), pg_text(f->items, row, 5)) == 0)
        return FATE_SAME;
    f->notes[row] = note;
    f->messages[row] = sam_xstrdup(buf_text(&f->text));
    return FATE_CHANGED;
}

static void render_all(struct refresh *f)
{
    size_t n = (size_t)pg_rows(f->items);
    f->fates = sam_xcalloc(n + 1, sizeof(*f->fates));
    f->messages = sam_xcalloc(n + 1, sizeof(*f->messages));
    f->notes = sam_xcalloc(n + 1, sizeof(*f->notes));
    for (size_t i = 0; i < n; i++) {
        f->fates[i] = render(f, (int)i);
        f->w->changed += f->fates[i] == FATE_CHANGED ? 1 : 0;
        f->w->held += f->fates[i] == FATE_HELD ? 1 : 0;
        f->w->gone += f->fates[i] == FATE_GONE ? 1 : 0;
    }
}

/* Ids of the items (column 0) or people (column 1) with this fate. */
static void add_ids(struct refresh *f, enum fate fate, int col)
{
    pg_array_open(ctl_params(f->c), PG_ARRAY_UUID);
    for (int i = 0; i < pg_rows(f->items); i++) {
        struct uuid id = pg_uuid(f->items, i, col);
        if (f->fates[i] == fate)
            pg_item_uuid(&f->c->params, &id);
    }
    pg_array_close(&f->c->params);
}

static enum pg_failure write_changed(struct refresh *f)
{
    if (!f->w->changed)
        return PG_FINE;
    add_ids(f, FATE_CHANGED, 0);
    pg_array_open(&f->c->params, PG_ARRAY_TEXT);
    for (int i = 0; i < pg_rows(f->items); i++) {
        if (f->fates[i] == FATE_CHANGED)
            pg_item_text(&f->c->params, f->messages[i]);
    }
    pg_array_close(&f->c->params);
    pg_array_open(&f->c->params, PG_ARRAY_TEXT);
    for (int i = 0; i < pg_rows(f->items); i++) {
        if (f->fates[i] == FATE_CHANGED)
            pg_item_text(&f->c->params, note_done_name(f->notes[i]));
    }
    pg_array_close(&f->c->params);
    return pg_exec(f->c->pg, write_sql, &f->c->params, NULL);
}

static enum pg_failure write_gone(struct refresh *f)
{
    if (!f->w->gone)
        return PG_FINE;
    add_ids(f, FATE_GONE, 0);
    enum pg_failure failure = pg_exec(f->c->pg, cancel_sql, &f->c->params, NULL);
    if (!failure)
        failure = pg_exec(f->c->pg, verdicts_contacted_sql, &f->c->params, NULL);
    return failure ? failure : schedule_due(f->w->accounts, f->c);
}

static enum pg_failure write_held(struct refresh *f)
{
    if (!f->w->held)
        return PG_FINE;
    add_ids(f, FATE_HELD, 1);
    return pg_exec(f->c->pg, hold_sql, &f->c->params, NULL);
}

enum pg_failure waiting_texts_refresh(struct waiting_texts *w, struct ctl *c)
{
    struct refresh f = {.w = w, .c = c, .cache = texts_new(), .text = BUF_INIT(TEXT_BYTES)};
    w->changed = w->held = w->gone = 0;
    enum pg_failure failure = load(&f);
    if (!failure) {
        render_all(&f);
        failure = write_changed(&f);
    }
    if (!failure)
        failure = write_gone(&f);
    if (!failure)
        failure = write_held(&f);
    for (int i = 0; f.messages && i < pg_rows(f.items); i++)
        free(f.messages[i]);
    free(f.messages);
    free(f.notes);
    free(f.fates);
    pg_result_free(f.items);
    buf_deinit(&f.text);
    texts_free(f.cache);
    return failure;
}
