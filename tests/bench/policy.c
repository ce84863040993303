/* How many cases does the policy decide in a second of one core? Random facts by a fixed seed, far
 * more of them than a processor's branch prediction can learn by heart, half of them judged for two
 * moments as the claim does it. Prints cases, seconds of CPU and cases per second; fails below the
 * speed that is promised, or when the facts say so little that the first rules settle everything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/clock.h"
#include "common/policy/decide.h"

#include "common/base/banned.h"

#define CASES      30000
#define ROUNDS     600
#define WINDOWS    8
#define PER_SECOND 1000000
#define NOW_MS     INT64_C(1800000000000)

struct sample {
    struct policy_facts facts;
    struct policy_usage usage;
    struct interval windows[WINDOWS];
};

/* splitmix64: the same numbers everywhere. */
static uint64_t below(uint64_t bound)
{
    static uint64_t state = 20261128;
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % bound;
}

static bool one_in(uint64_t n)
{
    return below(n) == 0;
}

/* Between so much before now and so much after. */
static int64_t around(int64_t before_ms, int64_t after_ms)
{
    return NOW_MS - before_ms + (int64_t)below((uint64_t)(before_ms + after_ms));
}

/* A count that reaches its limit once in ten times. */
static int64_t used(int64_t limit)
{
    return (int64_t)below((uint64_t)limit * 10 / 9 + 2);
}

static struct policy_item random_item(void)
{
    bool invitation = one_in(2);
    bool first = invitation || one_in(2);
    return (struct policy_item){.kind = invitation ? CALL_INVITATION : CALL_MESSAGE,
                                .first_step = first,
                                .first_contact = first,
                                .text_refused = one_in(100),
                                .text_too_long = one_in(100),
                                .noted = invitation && one_in(2),
                                .requires_connection = !first && one_in(2),
                                .costs_profile_view = first,
                                .scheduled_at_ms = around(9 * MINUTE_MS, MINUTE_MS)};
}

static struct policy_campaign random_campaign(bool invitation)
{
    return (struct policy_campaign){
        .status = one_in(20) ? (enum campaign_status)below(CAMPAIGN_STATUS_N) : CAMPAIGN_RUNNING,
        .type = invitation ? CAMPAIGN_CONNECTOR : (enum campaign_type)below(CAMPAIGN_TYPE_N),
        .on_note_limit = (enum note_limit)below(NOTE_LIMIT_N),
        .start_at_ms = one_in(2) ? around(20 * DAY_MS, DAY_MS) : 0,
        .end_at_ms = one_in(2) ? around(DAY_MS, 30 * DAY_MS) : TIME_NEVER_MS,
        .daily_cap = one_in(3) ? 1 + (int64_t)below(30) : 0,
        .contact_again_after_ms = one_in(3) ? 180 * DAY_MS : 0};
}

static struct policy_account random_account(void)
{
    return (struct policy_account){
        .status = one_in(10) ? (enum account_status)below(ACCOUNT_STATUS_N) : ACCOUNT_ACTIVE,
        .rest_until_ms = around(HOUR_MS, HOUR_MS),
        .blocked = one_in(100),
        .all_paused = one_in(100),
        .limits = {.spacing_ms = MINUTE_MS + (int64_t)below(5 * MINUTE_MS),
                   .jitter_ms = MINUTE_MS,
                   .daily_cap = 10 + (int64_t)below(90),
                   .daily_invitations = 5 + (int64_t)below(30),
                   .weekly_invitations = 20 + (int64_t)below(100),
                   .daily_messages = 10 + (int64_t)below(60),
                   .daily_profile_views = 20 + (int64_t)below(80),
                   .monthly_notes = one_in(2) ? MONTHLY_NOTES_ANY : (int64_t)below(10)}};
}

static struct policy_person random_person(const struct policy_item *item)
{
    enum person_status fitting = item->first_step ? PERSON_APPROVED : PERSON_MESSAGING;
    return (struct policy_person){.status = one_in(8) ? (enum person_status)below(PERSON_STATUS_N)
                                                      : fitting,
                                  .held = one_in(50),
                                  .stopped_elsewhere = one_in(50),
                                  .blocklisted = one_in(50),
                                  .contacted = !item->first_contact,
                                  .replied_now = one_in(50),
                                  .contact = one_in(8) ? (enum contact)below(3) : CONTACT_FREE,
                                  .last_written_ms = one_in(2) ? around(400 * DAY_MS, 0) : 0};
}

static struct policy_usage random_usage(const struct policy_limits *l)
{
    return (struct policy_usage){.last_call_end_ms = one_in(5) ? 0 : around(20 * MINUTE_MS, 0),
                                 .jitter_ms = (int64_t)below((uint64_t)l->jitter_ms + 1),
                                 .calls_today = used(l->daily_cap),
                                 .invitations_today = used(l->daily_invitations),
                                 .messages_today = used(l->daily_messages),
                                 .profile_views_today = used(l->daily_profile_views),
                                 .invitations_week = used(l->weekly_invitations),
                                 .oldest_invitation_ms = around(7 * DAY_MS, 0),
                                 .campaign_today = used(30),
                                 .notes_month = (int64_t)below(10)};
}

/* Some lie behind now, as in a list that was computed a while ago; most are open now. */
static size_t random_windows(struct interval *windows)
{
    size_t count = one_in(50) ? 0 : 1 + below(WINDOWS);
    int64_t at = around(3 * DAY_MS, HOUR_MS);
    for (size_t i = 0; i < count; i++) {
        windows[i].from_at_ms = at;
        windows[i].to_at_ms = at += HOUR_MS + (int64_t)below(2 * DAY_MS);
        windows[i].closed_before = one_in(2) ? REASON_HOURS : REASON_WEEKEND;
        at += MINUTE_MS + (int64_t)below(4 * HOUR_MS);
    }
    return count;
}

static void random_sample(struct sample *s)
{
    struct policy_item item = random_item();
    *s = (struct sample){.facts = {.now_ms = NOW_MS,
                                   .item = item,
                                   .campaign = random_campaign(item.kind == CALL_INVITATION),
                                   .account = random_account(),
                                   .person = random_person(&item),
                                   .day_start_ms = NOW_MS - 9 * HOUR_MS,
                                   .next_day_start_ms = NOW_MS + 15 * HOUR_MS,
                                   .next_month_start_ms = NOW_MS + 5 * DAY_MS,
                                   .windows = s->windows}};
    s->usage = random_usage(&s->facts.account.limits);
    s->facts.usage = one_in(10) ? NULL : &s->usage;
    s->facts.windows_count = random_windows(s->windows);
}

struct tally {
    size_t kinds[3];
    size_t reasons[REASON_N];
};

static struct verdict judge(const struct sample *s, size_t i)
{
    return i % 2 ? policy_decide_until(&s->facts, NOW_MS + POLICY_START_BY_MS)
                 : policy_decide(&s->facts);
}

/* Not a bench of one rule: each kind of verdict is common, and many reasons are given. */
static bool varied(const struct sample *samples)
{
    struct tally t = {{0}, {0}};
    size_t reasons = 0;
    for (size_t i = 0; i < CASES; i++) {
        struct verdict v = judge(&samples[i], i);
        t.kinds[v.kind]++;
        reasons += t.reasons[v.reason]++ == 0;
    }
    printf("policy: of %d cases %zu go, %zu wait, %zu are cancelled; %zu reasons\n", CASES,
           t.kinds[VERDICT_GO], t.kinds[VERDICT_WAIT], t.kinds[VERDICT_CANCEL], reasons);
    return t.kinds[VERDICT_GO] > CASES / 10 && t.kinds[VERDICT_WAIT] > CASES / 10 &&
           t.kinds[VERDICT_CANCEL] > CASES / 10 && reasons > 30;
}

static double cpu_seconds(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        abort();
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void)
{
    struct sample *samples = sam_xcalloc(CASES, sizeof(*samples));
    for (size_t i = 0; i < CASES; i++)
        random_sample(&samples[i]);
    bool fit = varied(samples);
    int64_t sum = 0; /* so that no call can be left out */
    double begun = cpu_seconds();
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CASES; i++)
            sum += (int64_t)judge(&samples[i], i + round).reason;
    }
    double seconds = cpu_seconds() - begun;
    double rate = (double)CASES * ROUNDS / seconds;
    printf("policy: %d cases, %.2f s of CPU, %.0f cases/s (%d at least), sum %lld\n",
           CASES * ROUNDS, seconds, rate, PER_SECOND, (long long)sum);
    free(samples);
    return fit && rate >= PER_SECOND ? 0 : 1;
}
