#include "tests/simulator/judge.h"

#include <glib.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define SAMPLES_MAX 20
#define NTHS        (JUDGE_CAP_MAX + 2) /* from 0; the last one stands for all above */

struct sample {
    const char *account;
    const char *person;
    const char *what;
    const char *why;
    int64_t at_ms;
};

/* The most that one account did on one day; account NULL = nobody did anything yet. */
struct most {
    uint32_t count;
    const char *account;
    int64_t day;
};

struct judge {
    uint64_t writes;
    uint64_t accepted;
    uint64_t duplicates;
    uint64_t refused_duplicates;
    uint64_t invitations;
    uint64_t messages;
    GHashTable *digests; /* set of 64-bit digests of accepted writes */
    uint32_t *gaps;      /* how many gaps of so many ms */
    uint32_t *nths;      /* how many writes were their account's n-th of the day */
    struct most writes_a_day;
    struct most invitations_a_day;
    struct most messages_a_day;
    struct sample samples[SAMPLES_MAX];
    size_t samples_count;
};

static guint digest_hash(gconstpointer p)
{
    return (guint)((uintptr_t)p >> 32);
}

static void fill(struct judge *j)
{
    j->digests = g_hash_table_new(digest_hash, g_direct_equal);
    j->gaps = sam_xcalloc(JUDGE_SPACING_MAX_MS, sizeof(*j->gaps));
    j->nths = sam_xcalloc(NTHS, sizeof(*j->nths));
}

static void drain(struct judge *j)
{
    g_hash_table_destroy(j->digests);
    free(j->gaps);
    free(j->nths);
}

struct judge *judge_new(void)
{
    struct judge *j = sam_xcalloc(1, sizeof(*j));
    fill(j);
    return j;
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    drain(j);
    free(j);
}

void judge_reset(struct judge *j)
{
    drain(j);
    *j = (struct judge){0};
    fill(j);
}

static void measure(struct judge *j, const struct judge_write *write)
{
    struct account *a = write->account;
    if (a->last_write_us) {
        int64_t gap_ms = (write->arrived_us - a->last_write_us) / 1000;
        if (gap_ms < JUDGE_SPACING_MAX_MS)
            j->gaps[gap_ms < 0 ? 0 : gap_ms]++;
        if (a->smallest_gap_ms < 0 || gap_ms < a->smallest_gap_ms) {
            a->smallest_gap_ms = gap_ms < 0 ? 0 : gap_ms;
            a->smallest_gap_at_ms = write->at_ms;
        }
    }
    a->last_write_us = write->arrived_us;
}

static void raise_most(struct most *most, uint32_t count, const struct account *a)
{
    if (count > most->count)
        *most = (struct most){.count = count, .account = a->id, .day = a->day};
}

static void count_day(struct judge *j, const struct judge_write *write)
{
    struct account *a = write->account;
    int64_t day = write->at_ms / DAY_MS;
    if (day != a->day) {
        a->day = day;
        a->day_writes = a->day_invitations = a->day_messages = 0;
    }
    a->day_writes++;
    a->day_invitations += write->accepted && write->is_invitation;
    a->day_messages += write->accepted && !write->is_invitation;
    j->nths[a->day_writes < NTHS ? a->day_writes : NTHS - 1]++;
    raise_most(&j->writes_a_day, a->day_writes, a);
    raise_most(&j->invitations_a_day, a->day_invitations, a);
    raise_most(&j->messages_a_day, a->day_messages, a);
}

static gpointer digest_of(const struct judge_write *write)
{
    uint64_t h = id_hash_text(write->is_invitation, write->account->id);
    h = id_hash_text(h, write->person->provider_id);
    h = id_hash_text(h, write->text ? write->text : "");
    return GSIZE_TO_POINTER(h | 1);
}

static void remember(struct judge *j, const struct judge_write *write, const char *why)
{
    if (j->samples_count == SAMPLES_MAX)
        return;
    j->samples[j->samples_count++] = (struct sample){
        .account = write->account->id,
        .person = write->person->provider_id,
        .what = write->is_invitation ? "invitation" : "message",
        .why = why,
        .at_ms = write->at_ms,
    };
}

/* Why a write that took effect should not have been made; NULL = it is fine. */
static const char *find_wrong(struct judge *j, const struct judge_write *write)
{
    struct person *p = write->person;
    bool is_new = g_hash_table_add(j->digests, digest_of(write));
    bool invited_before = write->is_invitation && p->times_invited++ > 0;
    if (!p->contact_of)
        p->contact_of = write->account;
    if (!is_new)
        return "sent_before";
    if (invited_before)
        return "invited_before";
    return p->contact_of == write->account ? NULL : "contacted_by_another_account";
}

static void judge_accepted(struct judge *j, const struct judge_write *write)
{
    const char *why = find_wrong(j, write);
    j->accepted++;
    if (write->is_invitation)
        j->invitations++;
    else
        j->messages++;
    if (!why)
        return;
    j->duplicates++;
    remember(j, write, why);
}

void judge_write(struct judge *j, const struct judge_write *write)
{
    j->writes++;
    if (!write->account)
        return;
    measure(j, write);
    count_day(j, write);
    if (!write->person)
        return;
    if (write->accepted)
        judge_accepted(j, write);
    else if (g_hash_table_contains(j->digests, digest_of(write)))
        j->refused_duplicates++;
}

static void add_duplicates(const struct judge *j, struct buf *out)
{
    char at[TIME_TEXT_BYTES];
    buf_adds(out, ",\"duplicate_samples\":[");
    for (size_t i = 0; i < j->samples_count; i++) {
        const struct sample *s = &j->samples[i];
        time_format_utc(s->at_ms, at);
        buf_addf(out, "%s{\"kind\":\"%s\",\"why\":\"%s\",\"at\":\"%s\",\"account\":", i ? "," : "",
                 s->what, s->why, at);
        buf_add_json(out, s->account);
        buf_adds(out, ",\"person\":");
        buf_add_json(out, s->person);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void add_spacing(const struct list *accounts, int64_t spacing_ms, struct buf *out)
{
    char at[TIME_TEXT_BYTES];
    int n = 0;
    buf_adds(out, ",\"spacing_samples\":[");
    for (uint32_t i = 0; i < accounts->count && n < SAMPLES_MAX; i++) {
        const struct account *a = accounts->items[i];
        if (a->smallest_gap_ms < 0 || a->smallest_gap_ms >= spacing_ms)
            continue;
        time_format_utc(a->smallest_gap_at_ms, at);
        buf_addf(out, "%s{\"gap_ms\":%lld,\"at\":\"%s\",\"account\":", n++ ? "," : "",
                 (long long)a->smallest_gap_ms, at);
        buf_add_json(out, a->id);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

/* `"name":{"count":0,"account":null,"day":null}` */
static void add_most(struct buf *out, const char *name, const struct most *most)
{
    char day[TIME_TEXT_BYTES];
    time_format_utc(most->day * DAY_MS, day);
    day[strlen("2026-11-23")] = '\0';
    buf_addf(out, "\"%s\":{\"count\":%u,\"account\":", name, most->count);
    buf_add_json(out, most->account);
    buf_adds(out, ",\"day\":");
    buf_add_json(out, most->account ? day : NULL);
    buf_addc(out, '}');
}

static void add_days(const struct judge *j, struct buf *out)
{
    buf_adds(out, ",\"per_account_max_per_day\":{");
    add_most(out, "writes", &j->writes_a_day);
    buf_addc(out, ',');
    add_most(out, "invitations", &j->invitations_a_day);
    buf_addc(out, ',');
    add_most(out, "messages", &j->messages_a_day);
    buf_addc(out, '}');
}

static int64_t smallest_gap_ms(const struct list *accounts)
{
    int64_t smallest = -1;
    for (uint32_t i = 0; i < accounts->count; i++) {
        const struct account *a = accounts->items[i];
        if (a->smallest_gap_ms >= 0 && (smallest < 0 || a->smallest_gap_ms < smallest))
            smallest = a->smallest_gap_ms;
    }
    return smallest;
}

static void add_count(struct buf *out, const char *name, uint64_t value)
{
    buf_addf(out, "\"%s\":%llu,", name, (unsigned long long)value);
}

static uint64_t sum(const uint32_t *counts, int64_t from, int64_t end)
{
    uint64_t all = 0;
    for (int64_t i = from; i < end; i++)
        all += counts[i];
    return all;
}

void judge_audit(const struct judge *j, const struct list *accounts,
                 const struct judge_bounds *bounds, struct buf *out)
{
    int64_t smallest = smallest_gap_ms(accounts);
    buf_addc(out, '{');
    add_count(out, "writes", j->writes);
    add_count(out, "accepted", j->accepted);
    add_count(out, "refused", j->writes - j->accepted);
    add_count(out, "invitations", j->invitations);
    add_count(out, "messages", j->messages);
    add_count(out, "duplicates", j->duplicates);
    add_count(out, "refused_duplicates", j->refused_duplicates);
    add_count(out, "spacing_breaks", sum(j->gaps, 0, bounds->spacing_ms));
    add_count(out, "cap_breaks", sum(j->nths, bounds->daily_cap + 1, NTHS));
    if (smallest < 0)
        buf_adds(out, "\"smallest_gap_ms\":null");
    else
        buf_addf(out, "\"smallest_gap_ms\":%lld", (long long)smallest);
    add_days(j, out);
    add_duplicates(j, out);
    add_spacing(accounts, bounds->spacing_ms, out);
    buf_addc(out, '}');
}
