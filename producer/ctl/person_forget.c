/* person forget: all that Postgres knows of a human is erased, in every campaign of the workspace,
 * and the ledger is told, so that a restored database erases it again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/outbox.h"
#include "common/base/clock.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/same_human.h"
#include "producer/ctl/schedule.h"
#include "producer/ctl/topics.h"

#include "common/base/banned.h"

#define KEPT_BYTES (DURATION_TEXT_BYTES + 8)

/* Each row, with its hashes from before they are all that is left, and whether a call for it is
 * under way. */
static const char rows_sql[] =
    "SELECT h.id, h.campaign_id, h.account_id, sam_identity_hash($1, 'p:' || h.provider_id), "
    "sam_identity_hash($1, 'v:' || h.vanity), (SELECT true FROM send_queue i "
    "WHERE i.prospect_id = h.id AND i.status = 'sending' LIMIT 1) IS NOT NULL FROM " SAME_HUMAN;
enum row_column {
    COL_ID,
    COL_CAMPAIGN,
    COL_ACCOUNT,
    COL_PROVIDER_HASH,
    COL_VANITY_HASH,
    COL_SENDING
};
static const char forget_sql[] = "SELECT sam_forget($1)";
/* $1 workspace, $2 person's id, $3 public name, $4 provider id; NULL = not given. */
static const char before_sql[] =
    "SELECT sam_is_forgotten($1, ARRAY['v:' || $3, 'p:' || $4]) OR EXISTS "
    "(SELECT FROM forgotten_people f WHERE f.person_id = $2)";

/* Who is in no campaign may stand on the blocklist, or among what was taken off it. $1 to $4 as
 * above. */
static const char listed_sql[] =
    "SELECT coalesce(sam_identity_hash($1, 'p:' || $4), ''), "
    "coalesce(sam_identity_hash($1, 'v:' || $3), ''), "
    "(SELECT id FROM linkedin_accounts WHERE workspace_id = $1 ORDER BY id LIMIT 1) "
    "WHERE $2::uuid IS NULL AND ((SELECT true FROM blocklist WHERE workspace_id = $1 "
    "AND kind = 'person' AND value IN ($3, $4)) OR (SELECT true FROM blocklist_removed "
    "WHERE workspace_id = $1 AND kind = 'person' AND value IN ($3, $4)))";
enum listed_column { COL_LISTED_PROVIDER, COL_LISTED_VANITY, COL_LISTED_ACCOUNT };
/* $1 an id that stands for the row they do not have, $2 workspace, $3, $4 hashes. */
static const char forget_listed_sql[] =
    "SELECT sam_forget_told(ARRAY[$1::uuid], ARRAY[$2::uuid, $2], ARRAY[$3::text, $4])";

struct forgetting {
    struct same_human human;
    bool listed; /* without a row */
    int64_t rows;
    int64_t sending;
};

static void add_forgotten(struct outbox *o, const struct forgetting *f, struct event *event,
                          const char *provider_hash, const char *vanity_hash)
{
    event->type = EVENT_PERSON;
    event->workspace_id = f->human.workspace.id;
    event->person.finding = FINDING_FORGOTTEN;
    event->person.happened_at_ms = o->now_ms;
    (void)snprintf(event->person.provider_id, sizeof(event->person.provider_id), "%s",
                   provider_hash);
    (void)snprintf(event->person.vanity, sizeof(event->person.vanity), "%s", vanity_hash);
    outbox_add(o, event);
}

static enum pg_failure tell_ledger(struct ctl *c, const struct forgetting *f,
                                   const struct pg_result *r)
{
    SAM_CLEANUP(outbox_deinit) struct outbox o = {.count = 0};
    enum pg_failure failure = outbox_begin(&o, c->pg, &c->params);
    if (failure)
        return failure;
    for (int row = 0; row < pg_rows(r); row++) {
        struct event event = {.account_id = pg_uuid(r, row, COL_ACCOUNT),
                              .person = {.id = pg_uuid(r, row, COL_ID),
                                         .campaign_id = pg_uuid(r, row, COL_CAMPAIGN)}};
        add_forgotten(&o, f, &event, pg_text(r, row, COL_PROVIDER_HASH),
                      pg_text(r, row, COL_VANITY_HASH));
    }
    return outbox_write(&o, c->pg, &c->params);
}

/* A restored database learns it by the same event; without an account nothing is in the ledger. */
static enum pg_failure forget_listed(struct ctl *c, struct forgetting *f)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(outbox_deinit) struct outbox o = {.count = 0};
    same_human_params(c, &f->human);
    enum pg_failure failure = pg_exec(c->pg, listed_sql, &c->params, &r);
    if (failure || !(f->listed = pg_rows(r) > 0))
        return failure;
    struct event event = {.person = {.id = uuid_v7()}};
    pg_add_uuid(ctl_params(c), &event.person.id);
    pg_add_uuid(&c->params, &f->human.workspace.id);
    pg_add_text(&c->params, pg_text(r, 0, COL_LISTED_PROVIDER));
    pg_add_text(&c->params, pg_text(r, 0, COL_LISTED_VANITY));
    failure = pg_exec(c->pg, forget_listed_sql, &c->params, NULL);
    if (failure || pg_null(r, 0, COL_LISTED_ACCOUNT) ||
        (failure = outbox_begin(&o, c->pg, &c->params)))
        return failure;
    event.account_id = pg_uuid(r, 0, COL_LISTED_ACCOUNT);
    event.person.campaign_id = event.person.id; /* of none */
    add_forgotten(&o, f, &event, pg_text(r, 0, COL_LISTED_PROVIDER),
                  pg_text(r, 0, COL_LISTED_VANITY));
    return outbox_write(&o, c->pg, &c->params);
}

static enum pg_failure forget_rows(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct forgetting *f = arg;
    enum pg_failure failure = schedule_lock_workspace(&s, c, &f->human.workspace.id);
    if (failure)
        return failure;
    same_human_params(c, &f->human);
    if ((failure = pg_exec(c->pg, rows_sql, &c->params, &r)))
        return failure;
    f->rows = pg_rows(r);
    f->sending = 0;
    f->listed = false;
    if (f->rows == 0)
        return forget_listed(c, f);
    pg_array_open(ctl_params(c), PG_ARRAY_UUID);
    for (int row = 0; row < pg_rows(r); row++) {
        struct uuid id = pg_uuid(r, row, COL_ID);
        pg_item_uuid(&c->params, &id);
        f->sending += pg_bool(r, row, COL_SENDING);
    }
    pg_array_close(&c->params);
    failure = pg_exec(c->pg, forget_sql, &c->params, NULL);
    if (!failure)
        failure = tell_ledger(c, f, r);
    return failure ? failure : schedule_due(&s, c);
}

/* ---- what is left, and where ---------------------------------------------------------------- */

static const char *kept(const struct topics *t, enum topic i, char out[KEPT_BYTES])
{
    char span[DURATION_TEXT_BYTES];
    long long ms = strtoll(t->values[i][TOPIC_RETENTION_MS], NULL, 10);
    if (ms < 0) {
        (void)snprintf(out, KEPT_BYTES, "for ever");
    } else {
        duration_format(ms, span);
        (void)snprintf(out, KEPT_BYTES, "for %s", span);
    }
    return out;
}

static void say_kafka(const struct ctl *c)
{
    struct topics t;
    char jobs[KEPT_BYTES];
    char events[KEPT_BYTES];
    char dead[KEPT_BYTES];
    topics_init(&t, c->settings);
    ctl_say(c,
            "Kafka cannot erase single records. Those that were written before keep the person's "
            "public name and provider id, and the ids of their chats, messages and invitations; "
            "never another name, a company or a text. By the settings they are kept: %s %s, %s %s, "
            "%s %s (counted from each record).",
            t.names[TOPIC_JOBS], kept(&t, TOPIC_JOBS, jobs), t.names[TOPIC_EVENTS],
            kept(&t, TOPIC_EVENTS, events), t.names[TOPIC_DEAD_JOBS],
            kept(&t, TOPIC_DEAD_JOBS, dead));
    topics_deinit(&t);
}

static enum ctl_exit nobody(struct ctl *c, const struct forgetting *f, const char *text)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    same_human_params(c, &f->human);
    enum ctl_exit e = ctl_query(c, before_sql, &r);
    if (e)
        return e;
    if (!pg_bool(r, 0, 0))
        return ctl_fail("%.100s is in no campaign of the workspace, nor on its blocklist", text);
    ctl_say(c, "the person was forgotten before; nothing was changed");
    ctl_result(c, "forgotten", "0", "on_the_way", "0", NULL);
    return CTL_DONE;
}

enum ctl_exit command_person_forget(struct ctl *c)
{
    struct forgetting f;
    char rows[24];
    char sending[24];
    enum ctl_exit e = same_human_read(c, c->args.words[0], &f.human);
    if (e || (e = ctl_transaction(c, forget_rows, &f)))
        return e;
    if (f.rows == 0 && !f.listed)
        return nobody(c, &f, c->args.words[0]);
    (void)snprintf(rows, sizeof(rows), "%" PRId64, f.rows);
    (void)snprintf(sending, sizeof(sending), "%" PRId64, f.sending);
    ctl_result(c, "forgotten", rows, "on_the_way", sending, NULL);
    if (f.listed)
        ctl_say(c, "forgotten: of the name on the blocklist a hash is left, and nobody of the "
                   "workspace writes to them");
    else
        ctl_say(c, "forgotten in %s campaign%s: nobody of the workspace writes to them again", rows,
                f.rows == 1 ? "" : "s");
    if (f.sending > 0)
        ctl_say(c,
                "%s message%s to them %s on its way and cannot be called back; nothing of how it "
                "ends will be kept but the fact",
                sending, f.sending == 1 ? "" : "s", f.sending == 1 ? "is" : "are");
    say_kafka(c);
    ctl_say(c,
            "Backups of Postgres keep everything until they are deleted; one that is restored is "
            "erased again. So do files: people.csv, people.rejected.csv, exports.");
    return CTL_DONE;
}
