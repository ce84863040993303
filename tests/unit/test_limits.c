/* common/policy by the list tests/cases/limits.csv: what one verdict says of moments and numbers,
 * and what is left of a limit on a day of a warm-up, after a rest, by the hard bounds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/policy/bounds.h"
#include "common/policy/decide.h"
#include "common/policy/ramp.h"
#include "tests/test.h"
#include "tests/unit/case_file.h"
#include "tests/unit/decide_given.h"

#include "common/base/banned.h"

#define CASES "tests/cases/limits.csv"

/* ---- moments and numbers -------------------------------------------------------------------- */

static const struct {
    const char *name;
    int64_t at_ms;
} moments[] = {
    {"now", NOW},
    {"tomorrow", TOMORROW},
    {"next_month", NEXT_MONTH},
    {"opens", OPENS},
    {"closes", CLOSES},
    {"reopens", REOPENS},
    {"never", TIME_NEVER_MS},
    {"any", MONTHLY_NOTES_ANY},
};

static int64_t span_of(const char *text)
{
    int64_t ms = 0;
    if (duration_parse(text, &ms) != 0)
        fail_msg("%s is no duration", text);
    return ms;
}

/* "now-1m59s", "tomorrow", "30s", "40", "any" */
static int64_t value_of(const char *text)
{
    char *end = NULL;
    int64_t n = strtoll(text, &end, 10);
    if (*end == '\0')
        return n;
    for (size_t i = 0; i < SAM_ARRAY_LEN(moments); i++) {
        size_t length = strlen(moments[i].name);
        const char *rest = text + length;
        if (strncmp(text, moments[i].name, length) != 0)
            continue;
        if (*rest == '\0')
            return moments[i].at_ms;
        if (*rest == '+' || *rest == '-')
            return moments[i].at_ms + (*rest == '+' ? 1 : -1) * span_of(rest + 1);
    }
    return span_of(text);
}

/* What is wrong goes to the output, once. */
static size_t same(const char *id, const char *want, const char *got)
{
    if (strcmp(want, got) == 0)
        return 0;
    print_error("%s: %s, not %s\n", id, got, want);
    return 1;
}

static size_t same_value(const char *id, const char *want, int64_t got)
{
    if (value_of(want) == got)
        return 0;
    print_error("%s: %lld, not %s\n", id, (long long)got, want);
    return 1;
}

/* ---- decide --------------------------------------------------------------------------------- */

#define FLAG(name, member)                                                                         \
    {                                                                                              \
        name, offsetof(struct given, member), true                                                 \
    }
#define NUMBER(name, member)                                                                       \
    {                                                                                              \
        name, offsetof(struct given, member), false                                                \
    }
static const struct {
    const char *name;
    size_t offset;
    bool flag;
} members[] = {
    FLAG("costs_profile_view", f.item.costs_profile_view),
    FLAG("noted", f.item.noted),
    FLAG("handed_out", f.item.handed_out),
    FLAG("blocked", f.account.blocked),
    FLAG("all_paused", f.account.all_paused),
    NUMBER("now", f.now_ms),
    NUMBER("next_day", f.next_day_start_ms),
    NUMBER("windows", f.windows_count),
    NUMBER("scheduled", f.item.scheduled_at_ms),
    NUMBER("start", f.campaign.start_at_ms),
    NUMBER("end", f.campaign.end_at_ms),
    NUMBER("campaign_cap", f.campaign.daily_cap),
    NUMBER("rest_until", f.account.rest_until_ms),
    NUMBER("invitations_rest_until", f.account.invitations_rest_until_ms),
    NUMBER("spacing", f.account.limits.spacing_ms),
    NUMBER("cap", f.account.limits.daily_cap),
    NUMBER("monthly_notes", f.account.limits.monthly_notes),
    NUMBER("last_call_end", u.last_call_end_ms),
    NUMBER("jitter", u.jitter_ms),
    NUMBER("calls_today", u.calls_today),
    NUMBER("invitations_today", u.invitations_today),
    NUMBER("messages_today", u.messages_today),
    NUMBER("views_today", u.profile_views_today),
    NUMBER("invitations_week", u.invitations_week),
    NUMBER("oldest_invitation", u.oldest_invitation_ms),
    NUMBER("campaign_today", u.campaign_today),
    NUMBER("notes_month", u.notes_month),
};

/* "next_window=weekend": the only window opens behind one. */
static int give_window(struct given *g, const char *closed_before)
{
    static struct interval next = {REOPENS, REOPENS + 1, REASON_NONE};
    g->f.windows = &next;
    g->f.windows_count = 1;
    return reason_parse(closed_before, &next.closed_before);
}

/* What is no number and no flag; value is NULL behind a bare word. 0, or -EINVAL. */
static int give_word(struct given *g, const char *name, const char *value)
{
    if (strcmp(name, "message") == 0)
        return call_kind_parse(name, &g->f.item.kind);
    if (strcmp(name, "uncounted") == 0) {
        g->f.usage = NULL;
        return 0;
    }
    if (!value)
        return -EINVAL;
    if (strcmp(name, "account") == 0)
        return account_status_parse(value, &g->f.account.status);
    if (strcmp(name, "campaign") == 0)
        return campaign_status_parse(value, &g->f.campaign.status);
    if (strcmp(name, "on_note_limit") == 0)
        return note_limit_parse(value, &g->f.campaign.on_note_limit);
    return strcmp(name, "next_window") == 0 ? give_window(g, value) : -EINVAL;
}

static void give(struct given *g, char *text)
{
    char *value = text;
    const char *name = strsep(&value, "=");
    for (size_t i = 0; i < SAM_ARRAY_LEN(members); i++) {
        if (strcmp(name, members[i].name) != 0)
            continue;
        void *member = (char *)g + members[i].offset;
        if (members[i].flag)
            *(bool *)member = true;
        else
            *(int64_t *)member = value_of(value);
        return;
    }
    if (give_word(g, name, value) != 0)
        fail_msg("%s %s: not understood", name, value ? value : "");
}

/* "wait spacing 1800000000001" */
static void show(const struct verdict *v, int64_t at_ms, struct buf *out)
{
    static const char *const kinds[] = {"go", "wait", "cancel"};
    buf_adds(out, kinds[v->kind]);
    if (v->kind != VERDICT_GO)
        buf_addf(out, " %s", reason_name(v->reason));
    if (v->kind == VERDICT_WAIT)
        buf_addf(out, " %lld", (long long)at_ms);
}

static size_t judge_decide(const char *id, char *given, const char *want)
{
    struct given g;
    struct buf got SAM_CLEANUP(buf_deinit) = BUF_INIT(200);
    struct buf expected SAM_CLEANUP(buf_deinit) = BUF_INIT(200);
    given_init(&g);
    while (given && strcmp(given, "-") != 0)
        give(&g, strsep(&given, " "));
    struct verdict v = policy_decide(&g.f);
    show(&v, v.next_at_ms, &got);
    const char *moment = strncmp(want, "wait ", 5) == 0 ? strrchr(want, ' ') : NULL;
    buf_addf(&expected, "%.*s", moment ? (int)(moment - want) : (int)strlen(want), want);
    if (moment)
        buf_addf(&expected, " %lld", (long long)value_of(moment + 1));
    return same(id, buf_text(&expected), buf_text(&got));
}

/* ---- limits of a day ------------------------------------------------------------------------ */

/* All limits that count a local day's calls are a share of themselves, and no other one is. */
static size_t check_day(const char *id, const char *want, const struct policy_limits *l)
{
    if (l->daily_messages != l->daily_cap || l->daily_invitations != l->daily_cap)
        return same(id, want, "not the same for all");
    if (l->spacing_ms != 7 || l->weekly_invitations != 7 || l->daily_profile_views != 7)
        return same(id, want, "a change of another limit");
    return same_value(id, want, l->daily_cap);
}

static struct policy_limits day_limits(int64_t value)
{
    return (struct policy_limits){.spacing_ms = 7,
                                  .weekly_invitations = 7,
                                  .daily_profile_views = 7,
                                  .daily_cap = value,
                                  .daily_invitations = value,
                                  .daily_messages = value};
}

/* "5 1 40": days of the ramp, day, limit */
static size_t judge_ramp(const char *id, char *given, const char *want)
{
    int64_t days = value_of(strsep(&given, " "));
    int64_t day = value_of(strsep(&given, " "));
    struct policy_limits l = day_limits(value_of(given));
    policy_ramp(&l, days, day);
    return check_day(id, want, &l);
}

/* "1 30": day, limit */
static size_t judge_rest(const char *id, char *given, const char *want)
{
    int64_t day = value_of(strsep(&given, " "));
    struct policy_limits l = day_limits(value_of(given));
    policy_comeback(&l, day);
    return check_day(id, want, &l);
}

static size_t judge_bound(const char *id, char *given, const char *want)
{
    static const struct policy_limits bounds = {.spacing_ms = 30 * SECOND_MS,
                                                .daily_cap = 150,
                                                .daily_invitations = 80,
                                                .weekly_invitations = 200,
                                                .daily_messages = 140};
    static const struct {
        const char *name;
        size_t offset;
    } limits[] = {
        {"spacing", offsetof(struct policy_limits, spacing_ms)},
        {"jitter", offsetof(struct policy_limits, jitter_ms)},
        {"cap", offsetof(struct policy_limits, daily_cap)},
        {"invitations", offsetof(struct policy_limits, daily_invitations)},
        {"week", offsetof(struct policy_limits, weekly_invitations)},
        {"messages", offsetof(struct policy_limits, daily_messages)},
        {"views", offsetof(struct policy_limits, daily_profile_views)},
        {"monthly_notes", offsetof(struct policy_limits, monthly_notes)},
    };
    struct policy_limits l = bounds;
    l.spread = true;
    const char *name = strsep(&given, "=");
    for (size_t i = 0; i < SAM_ARRAY_LEN(limits); i++) {
        int64_t *limit = (int64_t *)((char *)&l + limits[i].offset);
        if (strcmp(limits[i].name, name) != 0)
            continue;
        *limit = value_of(given);
        struct policy_limits before = l;
        policy_bound(&l, &bounds);
        size_t wrong = same_value(id, want, *limit);
        *limit = value_of(given); /* all else is as it was */
        assert_memory_equal(&l, &before, sizeof(l));
        return wrong;
    }
    fail_msg("%s: no limit %s", id, name);
    return 1;
}

static size_t judge_notes(const char *id, char *given, const char *want)
{
    enum account_plan plan = PLAN_FREE;
    assert_int_equal(account_plan_parse(given, &plan), 0);
    return same_value(id, want, policy_monthly_notes(plan, 5));
}

/* ---- rows ----------------------------------------------------------------------------------- */

static const struct {
    const char *id; /* begins so */
    size_t (*judge)(const char *id, char *given, const char *want);
} judges[] = {
    {"decide-", judge_decide}, {"ramp-", judge_ramp},   {"rest-", judge_rest},
    {"bound-", judge_bound},   {"notes-", judge_notes},
};

static size_t judge_row(char *line)
{
    const char *fields[3];
    case_fields(line, fields, SAM_ARRAY_LEN(fields));
    for (size_t i = 0; i < SAM_ARRAY_LEN(judges); i++) {
        if (strncmp(fields[0], judges[i].id, strlen(judges[i].id)) == 0)
            return judges[i].judge(fields[0], strdupa(fields[1]), fields[2]);
    }
    fail_msg("%s: no such kind of row", fields[0]);
    return 1;
}

static void test_each_limit_holds_as_the_list_says(void **state)
{
    (void)state;
    (void)case_file(CASES, judge_row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_limit_holds_as_the_list_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
