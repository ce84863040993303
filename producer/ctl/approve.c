/* approve: imported people become people of the campaign, some thousands in a transaction, and the
 * planner is told to look at their accounts. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/outbox.h"
#include "producer/ctl/catch_up.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/lookup.h"
#include "producer/ctl/schedule.h"

#include "common/base/banned.h"

#define BATCH         5000
#define WAITING_SHOWN 200
#define LIMIT_MAX     1000000
#define ANALYZE_FROM  1000 /* so many new people change what the planner of Postgres should know */

/* $1 campaign, $2 people at most, $3 text[] vanity names, $4 text[] provider ids; both empty = all.
 */
#define PICKED                                                                                     \
    "WITH picked AS (SELECT d.* FROM prospect_approval_data d WHERE d.campaign_id = $1 "           \
    "AND d.status = 'pending' AND (cardinality($3::text[]) + cardinality($4::text[]) = 0 "         \
    "OR d.vanity = ANY ($3) OR d.provider_id = ANY ($4)) ORDER BY d.id LIMIT $2 FOR UPDATE), "
static const char approve_sql[] = PICKED
    "done AS (UPDATE prospect_approval_data d SET status = 'approved', decided_at = sam_now() "
    "FROM picked p WHERE d.id = p.id), "
    "fresh AS (INSERT INTO campaign_prospects (id, workspace_id, campaign_id, campaign_type, "
    "account_id, status, vanity, provider_id, first_name, last_name, company, title, custom, "
    "block_keys, next_step, next_at) SELECT p.id, p.workspace_id, p.campaign_id, c.campaign_type, "
    "p.account_id, CASE c.campaign_type WHEN 'connector' THEN 'pending' ELSE 'approved' END, "
    "p.vanity, p.provider_id, p.first_name, p.last_name, p.company, p.title, p.custom, "
    "p.block_keys, 0, "
    "sam_now() FROM picked p JOIN campaigns c ON c.id = p.campaign_id ORDER BY p.id "
    "ON CONFLICT DO NOTHING RETURNING account_id) "
    "SELECT (SELECT count(*) FROM picked), (SELECT count(*) FROM fresh)";
static const char reject_sql[] = PICKED
    "done AS (UPDATE prospect_approval_data d SET status = 'rejected', decided_at = sam_now() "
    "FROM picked p WHERE d.id = p.id) SELECT (SELECT count(*) FROM picked), 0::bigint";
/* A completed campaign goes on with new people. $1 campaign, $2 bool behind. */
static const char reopen_sql[] =
    "UPDATE campaigns SET status = 'running', "
    "version = sam_change_version(version, $2), updated_at = sam_now() "
    "WHERE id = $1 AND status = 'completed' RETURNING version";
/* Who of those that were named does not wait: with the status, NULL for who is not there at all.
 * $1 campaign, $2 text[] public names, $3 text[] provider ids. */
static const char others_sql[] =
    "SELECT x.name, d.status FROM unnest($2::text[]) AS x(name) LEFT JOIN prospect_approval_data d "
    "ON d.campaign_id = $1 AND d.vanity = x.name WHERE d.status IS DISTINCT FROM 'pending' "
    "UNION ALL "
    "SELECT x.name, d.status FROM unnest($3::text[]) AS x(name) LEFT JOIN prospect_approval_data d "
    "ON d.campaign_id = $1 AND d.provider_id = x.name WHERE d.status IS DISTINCT FROM 'pending'";
static const char waiting_sql[] =
    "SELECT d.vanity, d.provider_id, d.first_name, d.last_name, d.company, d.title, a.name "
    "FROM prospect_approval_data d JOIN linkedin_accounts a ON a.id = d.account_id "
    "WHERE d.campaign_id = $1 AND d.status = 'pending' ORDER BY d.id LIMIT $2";
static const struct column waiting_columns[] = {
    {"vanity", "person", COLUMN_TEXT},         {"provider_id", "provider id", COLUMN_TEXT},
    {"first_name", "first name", COLUMN_TEXT}, {"last_name", "last name", COLUMN_TEXT},
    {"company", "company", COLUMN_TEXT},       {"title", "title", COLUMN_TEXT},
    {"account", "account", COLUMN_TEXT}};

struct approval {
    struct lookup_campaign campaign;
    bool reject;
    struct identity *people; /* owned; none = all */
    size_t people_count;
    int64_t picked; /* by the last batch */
    int64_t fresh;
    bool reopened;
};

static void add_identities(struct pg_params *params, const struct approval *a,
                           enum identity_kind kind)
{
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < a->people_count; i++) {
        if (a->people[i].kind == kind)
            pg_item_text(params, a->people[i].text);
    }
    pg_array_close(params);
}

static enum pg_failure reopen(struct ctl *c, struct approval *a, const struct schedule *s)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(outbox_deinit) struct outbox o = {.count = 0};
    pg_add_uuid(ctl_params(c), &a->campaign.id);
    pg_add_bool(&c->params, c->behind);
    enum pg_failure failure = pg_exec(c->pg, reopen_sql, &c->params, &r);
    if (failure || pg_rows(r) == 0)
        return failure;
    a->reopened = true;
    failure = outbox_begin(&o, c->pg, &c->params);
    for (size_t i = 0; !failure && i < s->count; i++) {
        struct event event = {.type = EVENT_CAMPAIGN,
                              .workspace_id = a->campaign.workspace_id,
                              .account_id = s->accounts[i],
                              .campaign = {.id = a->campaign.id,
                                           .status = CAMPAIGN_RUNNING,
                                           .version = pg_i64(r, 0, 0)}};
        outbox_add(&o, &event);
    }
    return failure ? failure : outbox_write(&o, c->pg, &c->params);
}

static enum pg_failure decide_some(struct ctl *c, void *arg)
{
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct approval *a = arg;
    enum pg_failure failure = PG_FINE;
    if (!a->reject)
        failure = schedule_lock_campaign(&s, c, &a->campaign.id);
    if (failure)
        return failure;
    pg_add_uuid(ctl_params(c), &a->campaign.id);
    pg_add_i64(&c->params, BATCH);
    add_identities(&c->params, a, IDENTITY_VANITY);
    add_identities(&c->params, a, IDENTITY_PROVIDER_ID);
    failure = pg_exec(c->pg, a->reject ? reject_sql : approve_sql, &c->params, &r);
    if (failure)
        return failure;
    a->picked = pg_i64(r, 0, 0);
    a->fresh = pg_i64(r, 0, 1);
    if (a->fresh == 0)
        return PG_FINE;
    failure = reopen(c, a, &s);
    return failure ? failure : schedule_kick(&s, c);
}

static void add_person(struct approval *a, const char *text, struct problems *problems)
{
    enum identity_problem bad = identity_parse(text, &a->people[a->people_count]);
    if (bad == IDENTITY_OK)
        a->people_count++;
    else
        problems_add(problems, "%.100s: %s", text, identity_problem_text(bad));
}

/* The people of --person and of the words after it. */
static enum ctl_exit read_people(const struct ctl *c, struct approval *a)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    const char *text;
    a->people = sam_xcalloc(c->args.options_count + c->args.words_count, sizeof(*a->people));
    for (size_t i = 0; (text = args_get_nth(&c->args, "person", i)); i++)
        add_person(a, text, &problems);
    for (size_t i = 0; i < c->args.words_count; i++)
        add_person(a, c->args.words[i], &problems);
    return ctl_problems(&problems);
}

static void report(const struct ctl *c, const struct approval *a, int64_t count)
{
    const char *done = a->reject ? "rejected" : "approved";
    if (c->json)
        (void)printf("{\"%s\":%" PRId64 "}\n", done, count);
    ctl_say(c, "%" PRId64 " %s", count, done);
    if (a->reopened)
        ctl_say(c, "the campaign was completed and runs again");
    if (!a->reject && a->campaign.status == CAMPAIGN_DRAFT)
        ctl_say(c, "next: `samctl campaign start %s`", args_get(&c->args, "campaign"));
}

static enum ctl_exit look_for_others(struct ctl *c, const struct approval *a,
                                     struct problems *problems)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), &a->campaign.id);
    add_identities(&c->params, a, IDENTITY_VANITY);
    add_identities(&c->params, a, IDENTITY_PROVIDER_ID);
    enum pg_failure failure = pg_exec(c->pg, others_sql, &c->params, &r);
    if (failure)
        return ctl_sql_failed(c, failure);
    for (int row = 0; row < pg_rows(r); row++) {
        if (pg_null(r, row, 1))
            problems_add(problems, "%.100s was not imported into this campaign",
                         pg_text(r, row, 0));
        else
            problems_add(problems, "%.100s is %s already", pg_text(r, row, 0), pg_text(r, row, 1));
    }
    return CTL_DONE;
}

static enum ctl_exit decide_all(struct ctl *c, struct approval *a)
{
    SAM_CLEANUP(problems_deinit) struct problems others = PROBLEMS_INIT;
    enum ctl_exit looked = look_for_others(c, a, &others);
    if (looked)
        return looked;
    int64_t picked = 0;
    int64_t fresh = 0;
    do {
        enum ctl_exit e = ctl_transaction(c, decide_some, a);
        if (e)
            return e;
        picked += a->picked;
        fresh += a->fresh;
        if (picked > BATCH || a->picked == BATCH)
            ctl_progress(c, picked, "people");
    } while (a->picked == BATCH);
    if (picked > BATCH)
        ctl_progress(c, picked, NULL);
    if (fresh >= ANALYZE_FROM && pg_script(c->pg, "ANALYZE campaign_prospects") != PG_FINE)
        ctl_say(c, "note: ANALYZE campaign_prospects: %s", pg_error(c->pg));
    report(c, a, a->reject ? picked : fresh);
    return ctl_problems(&others);
}

static enum ctl_exit show_waiting(struct ctl *c, const struct approval *a)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(table_deinit) struct table t;
    char why[ARGS_WHY_BYTES];
    int64_t limit = c->json ? LIMIT_MAX : WAITING_SHOWN;
    table_init(&t, waiting_columns, SAM_ARRAY_LEN(waiting_columns), c->json, stdout);
    if (args_number(&c->args, "limit", 1, LIMIT_MAX, &limit, why) != 0)
        return ctl_wrong_use("approve: %s", why);
    pg_add_uuid(ctl_params(c), &a->campaign.id);
    pg_add_i64(&c->params, limit + 1); /* one more tells that there are more */
    enum ctl_exit e = ctl_query(c, waiting_sql, &r);
    if (e)
        return e;
    for (int row = 0; row < pg_rows(r) && row < limit; row++)
        table_row(&t, r, row, 0);
    table_end(&t);
    if (pg_rows(r) == 0)
        ctl_say(c, "nobody waits for approval");
    else
        ctl_say(c, "%s--all or --person PERSON approves, with --reject rejects",
                pg_rows(r) > limit ? "and more (--limit N shows N); " : "");
    return CTL_DONE;
}

static enum ctl_exit approve(struct ctl *c, struct approval *a)
{
    bool some = args_has(&c->args, "person") || c->args.words_count > 0;
    enum ctl_exit e;
    if (some && args_has(&c->args, "all"))
        return ctl_wrong_use("--all and --person cannot be used together");
    if (args_has(&c->args, "limit") && (some || args_has(&c->args, "all")))
        return ctl_wrong_use("--limit is for the list, without --all and --person");
    if (some && (e = read_people(c, a)))
        return e;
    bool lets_go = !a->reject && (some || args_has(&c->args, "all"));
    if ((e = ctl_connect(c)) || (lets_go && (e = catch_up(c))) ||
        (e = lookup_campaign_option(c, &a->campaign)))
        return e;
    if (a->campaign.status == CAMPAIGN_STOPPED)
        return ctl_fail("the campaign is stopped, which is final: make a new one");
    if (some || args_has(&c->args, "all"))
        return decide_all(c, a);
    return show_waiting(c, a);
}

enum ctl_exit command_approve(struct ctl *c)
{
    struct approval a = {.reject = args_has(&c->args, "reject")};
    enum ctl_exit e = approve(c, &a);
    free(a.people);
    return e;
}
