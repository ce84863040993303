#include "producer/ctl/contacted_before.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "producer/ctl/table.h"

#include "common/base/banned.h"

/* Who has not been written to by the campaign itself, and may be. $1 campaign. */
#define PEOPLE                                                                                     \
    "(SELECT d.id, d.vanity, d.provider_id FROM prospect_approval_data d "                         \
    "WHERE d.campaign_id = $1 AND d.status = 'pending' "                                           \
    "UNION ALL SELECT q.id, q.vanity, q.provider_id FROM campaign_prospects q "                    \
    "WHERE q.campaign_id = $1 AND q.contacted_at IS NULL AND q.status IN ('pending', 'approved') " \
    "AND q.hold_reason IS DISTINCT FROM 'blocklisted')"
static const char count_sql[] =
    "SELECT c.contact_again_after_ms, count(*) FILTER (WHERE x.again), "
    "min(x.who) FILTER (WHERE x.again), count(*) FILTER (WHERE NOT x.again), "
    "min(x.who) FILTER (WHERE NOT x.again) FROM campaigns c CROSS JOIN LATERAL "
    "(SELECT coalesce(p.vanity, p.provider_id) AS who, coalesce(l.at < sam_now() - "
    "c.contact_again_after_ms * interval '1 ms', false) AS again FROM " PEOPLE
    " p CROSS JOIN LATERAL (SELECT sam_last_written(c.workspace_id, ARRAY[p.vanity], "
    "ARRAY[p.provider_id], p.id) AS at) l WHERE l.at IS NOT NULL) x WHERE c.id = $1 GROUP BY c.id";
enum count_column { COL_AFTER, COL_AGAIN, COL_AGAIN_WHO, COL_HELD, COL_HELD_WHO };

/* $1 person. */
static const char person_sql[] =
    "SELECT c.contact_again_after_ms, sam_now(), sam_last_written(p.workspace_id, "
    "ARRAY[p.vanity], ARRAY[p.provider_id], p.id), (SELECT e.name FROM contacted k "
    "JOIN campaign_prospects o ON o.id = k.prospect_id JOIN campaigns e ON e.id = o.campaign_id "
    "WHERE k.workspace_id = p.workspace_id AND k.identity IN ('v:' || p.vanity, 'p:' || "
    "p.provider_id) ORDER BY k.at DESC LIMIT 1) FROM campaign_prospects p "
    "JOIN campaigns c ON c.id = p.campaign_id WHERE p.id = $1 AND p.contacted_at IS NULL";
enum person_column { COL_PERSON_AFTER, COL_NOW, COL_WRITTEN, COL_CAMPAIGN };

static void words(struct contacted_before *b, int64_t after_ms)
{
    char after[DURATION_TEXT_BYTES] = "";
    duration_format(after_ms, after);
    (void)snprintf(b->again.words, sizeof(b->again.words),
                   "the workspace wrote to them last more than %s ago: they may get a first "
                   "message again (contact_again_after)",
                   after);
    if (after_ms > 0)
        (void)snprintf(b->held.words, sizeof(b->held.words),
                       "the workspace wrote to them less than %s ago, is in the midst of "
                       "another campaign with them, or they want no more: they get nothing",
                       after);
    else
        (void)snprintf(b->held.words, sizeof(b->held.words),
                       "the workspace has written to them before: they get nothing, unless the "
                       "campaign says after how long (contact_again_after)");
}

enum ctl_exit contacted_before(struct ctl *c, const struct uuid *campaign_id,
                               struct contacted_before *ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    *ret = (struct contacted_before){0};
    pg_add_uuid(ctl_params(c), campaign_id);
    enum ctl_exit e = ctl_query(c, count_sql, &r);
    if (e || pg_rows(r) == 0)
        return e;
    ret->again.count = pg_i64(r, 0, COL_AGAIN);
    ret->held.count = pg_i64(r, 0, COL_HELD);
    (void)snprintf(ret->again.example, sizeof(ret->again.example), "%s",
                   pg_text(r, 0, COL_AGAIN_WHO));
    (void)snprintf(ret->held.example, sizeof(ret->held.example), "%s", pg_text(r, 0, COL_HELD_WHO));
    words(ret, pg_i64(r, 0, COL_AFTER));
    return CTL_DONE;
}

enum pg_failure contacted_before_person(struct ctl *c, const struct uuid *person_id,
                                        char out[CONTACTED_WORDS_BYTES])
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    char written[32];
    char from[32];
    out[0] = '\0';
    pg_add_uuid(ctl_params(c), person_id);
    enum pg_failure failure = pg_exec(c->pg, person_sql, &c->params, &r);
    if (failure || pg_rows(r) == 0 || pg_null(r, 0, COL_WRITTEN))
        return failure;
    int64_t after_ms = pg_i64(r, 0, COL_PERSON_AFTER);
    int64_t from_ms = pg_time_ms(r, 0, COL_WRITTEN) + after_ms;
    table_time_text(pg_time_ms(r, 0, COL_WRITTEN), written);
    table_time_text(from_ms, from);
    int n = snprintf(out, CONTACTED_WORDS_BYTES, "the workspace wrote to them last at %s%s%.100s",
                     written, pg_null(r, 0, COL_CAMPAIGN) ? "" : ", by campaign ",
                     pg_text(r, 0, COL_CAMPAIGN));
    if (after_ms > 0 && n > 0 && n < CONTACTED_WORDS_BYTES)
        (void)snprintf(out + n, (size_t)(CONTACTED_WORDS_BYTES - n), "; contact_again_after %s %s",
                       from_ms <= pg_time_ms(r, 0, COL_NOW) ? "lets them through since"
                                                            : "holds them until",
                       from);
    return PG_FINE;
}
