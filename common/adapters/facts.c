#include "common/adapters/facts.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "common/model/text_limit.h"
#include "common/policy/bounds.h"
#include "common/policy/kept_day.h"
#include "common/policy/ramp.h"

#include "common/base/banned.h"

#define WINDOWS_MAX      64
#define CALENDAR_SPAN_MS (35 * DAY_MS)
#define CALENDARS_MAX    4096 /* then all are forgotten and computed anew */

/* The columns of facts_sql.c. */
enum column {
    COL_INDEX,
    COL_ID,
    COL_WORKSPACE,
    COL_ACCOUNT,
    COL_CAMPAIGN,
    COL_PERSON,
    COL_STATUS,
    COL_DISPATCH,
    COL_FAILURES,
    COL_UNCLAIMED,
    COL_STEP,
    COL_SCHEDULED,
    COL_MESSAGE,
    COL_MESSAGE_TYPE,
    COL_REQUIRES_CONNECTION,
    COL_PERSON_STATUS,
    COL_HELD,
    COL_CONTACTED_AT,
    COL_SINCE,
    COL_CHAT_ID,
    COL_CAMPAIGN_STATUS,
    COL_CAMPAIGN_TYPE,
    COL_START_AT,
    COL_END_AT,
    COL_CAMPAIGN_CAP,
    COL_NOTE_LIMIT,
    COL_CALENDAR,
    COL_ACCOUNT_STATUS = COL_CALENDAR + FACTS_CALENDAR_COLUMNS_COUNT,
    COL_BLOCKED,
    COL_ALL_PAUSED,
    COL_UNIPILE_ID,
    COL_PLAN,
    COL_FRAME,
    COL_PROVIDER = COL_FRAME + FACTS_FRAME_COLUMNS_COUNT,
    COL_VANITY,
    COL_FIRST_NAME,
    COL_LAST_NAME,
    COL_DOUBT_WAIVED,
    COL_STOPPED_ELSEWHERE,
    COL_BLOCKLISTED,
    COL_FIRST_CONTACT,
    COL_CONTACT, /* NULL = free, else: is all of it this item's? */
    COL_CONTACT_AGAIN,
    COL_LAST_WRITTEN,
    COL_TEXT_REFUSED,
    COL_LAST_ID,
    COL_LAST_END,
    COL_CALLS,
    COL_INVITATIONS,
    COL_MESSAGES,
    COL_VIEWS,
    COL_CAMPAIGN_CALLS,
    COL_WEEK,
    COL_WEEK_OLDEST,
    COL_NOTES
};

struct calendar_entry {
    struct uuid campaign_id;
    char timezone[64];
    struct calendar calendar;
    char *own_days;      /* owned; of the calendar */
    int64_t until_at_ms; /* computed up to here */
    struct interval windows[WINDOWS_MAX];
    size_t count;
};

struct facts {
    struct policy_limits defaults;
    struct policy_limits bounds; /* of an account's own values */
    int64_t call_timeout_ms;
    char unknown[256];     /* the value that could not be read last */
    GHashTable *calendars; /* struct uuid in the entry -> struct calendar_entry */
};

static void calendar_entry_free(gpointer p)
{
    struct calendar_entry *e = p;
    free(e->own_days);
    free(e);
}

struct facts *facts_new(const struct settings *s)
{
    struct facts *f = sam_xcalloc(1, sizeof(*f));
    f->defaults = (struct policy_limits){.spacing_ms = s->limits.spacing_ms,
                                         .jitter_ms = s->limits.jitter_ms,
                                         .daily_cap = s->limits.daily_cap,
                                         .daily_invitations = s->limits.daily_invitations,
                                         .weekly_invitations = s->limits.weekly_invitations,
                                         .daily_messages = s->limits.daily_messages,
                                         .daily_profile_views = s->limits.daily_profile_views,
                                         .monthly_notes = s->limits.monthly_notes,
                                         .spread = strcmp(s->limits.pace, "spread") == 0};
    f->bounds = (struct policy_limits){
        .spacing_ms = settings_limit_within(s, "spacing", 0),
        .daily_cap = settings_limit_within(s, "daily_cap", INT64_MAX),
        .daily_invitations = settings_limit_within(s, "daily_invitations", INT64_MAX),
        .weekly_invitations = settings_limit_within(s, "weekly_invitations", INT64_MAX),
        .daily_messages = settings_limit_within(s, "daily_messages", INT64_MAX)};
    f->call_timeout_ms = s->unipile.timeout_ms;
    f->calendars = g_hash_table_new_full(uuid_hash, uuid_same, NULL, calendar_entry_free);
    return f;
}

void facts_free(struct facts *f)
{
    if (!f)
        return;
    g_hash_table_destroy(f->calendars);
    free(f);
}

int64_t facts_call_timeout_ms(const struct facts *f)
{
    return f->call_timeout_ms;
}

int64_t facts_day_rows(const struct policy_limits *limits)
{
    return limits->daily_cap + 1;
}

int64_t facts_view_rows(const struct policy_limits *limits)
{
    return limits->daily_profile_views + 1;
}

int64_t facts_week_rows(const struct policy_limits *limits)
{
    return limits->weekly_invitations + 1;
}

int64_t facts_note_rows(const struct policy_limits *limits)
{
    return limits->monthly_notes + 1; /* none where there is no limit */
}

static int64_t own_or(const struct pg_result *r, int row, int col, int64_t fallback)
{
    return pg_null(r, row, col) ? fallback : pg_i64(r, row, col);
}

/* One that is not known counts as free. */
static enum account_plan plan_of(const struct pg_result *r, int row, int col)
{
    enum account_plan plan;
    return account_plan_parse(pg_text(r, row, col), &plan) == 0 ? plan : PLAN_FREE;
}

static int64_t day_or_none(const struct zone *zone, const struct pg_result *r, int row, int col)
{
    return pg_null(r, row, col) ? POLICY_NO_DAY : zone_day(zone, pg_time_ms(r, row, col));
}

void facts_frame(struct facts *f, const struct pg_result *r, int row, int first_col, int64_t now_ms,
                 struct facts_frame *ret)
{
    const struct policy_limits *d = &f->defaults;
    int c = first_col;
    const struct zone *zone = zone_find(pg_text(r, row, c));
    struct policy_limits *limits = &ret->limits;
    ret->zone = zone;
    limits->spacing_ms = own_or(r, row, c + 1, d->spacing_ms);
    limits->jitter_ms = own_or(r, row, c + 2, d->jitter_ms);
    limits->daily_cap = own_or(r, row, c + 3, d->daily_cap);
    limits->daily_invitations = own_or(r, row, c + 4, d->daily_invitations);
    limits->weekly_invitations = own_or(r, row, c + 5, d->weekly_invitations);
    limits->daily_messages = own_or(r, row, c + 6, d->daily_messages);
    limits->daily_profile_views = own_or(r, row, c + 7, d->daily_profile_views);
    policy_bound(limits, &f->bounds);
    limits->spread = d->spread;
    limits->monthly_notes =
        policy_monthly_notes(plan_of(r, row, c + 11), own_or(r, row, c + 10, d->monthly_notes));
    ret->invitations_rest_until_ms = pg_time_ms(r, row, c + 12);
    ret->rest_until_ms = pg_time_ms(r, row, c + 13);
    if (!zone) {
        policy_limits_on(limits, &(struct policy_slow_days){.today = POLICY_NO_DAY});
        ret->day_start_ms = now_ms - now_ms % DAY_MS;
        ret->next_day_start_ms = ret->day_start_ms + DAY_MS;
        ret->month_start_ms = month_first_day(now_ms / DAY_MS) * DAY_MS;
        ret->next_month_start_ms = next_month_first_day(now_ms / DAY_MS) * DAY_MS;
        return;
    }
    int64_t day = zone_day(zone, now_ms);
    struct policy_slow_days slow = {.today = day,
                                    .ramp_days = pg_i64(r, row, c + 8),
                                    .ramp_from = day_or_none(zone, r, row, c + 9),
                                    .invitations_rest_ends = day_or_none(zone, r, row, c + 12),
                                    .rest_ends = day_or_none(zone, r, row, c + 13)};
    policy_limits_on(limits, &slow);
    const struct day_span today = {zone_day_start_ms(zone, day), zone_day_start_ms(zone, day + 1)};
    const struct day_span kept = {pg_time_ms(r, row, c + 14), pg_time_ms(r, row, c + 15)};
    const struct day_span counted = policy_counted_day(today, kept, now_ms);
    ret->day_start_ms = counted.from_ms;
    ret->next_day_start_ms = counted.until_ms;
    ret->month_start_ms = zone_day_start_ms(zone, month_first_day(day));
    ret->next_month_start_ms = zone_day_start_ms(zone, next_month_first_day(day));
}

static bool same_calendar(const struct calendar_entry *e, const struct calendar *c,
                          const char *timezone)
{
    return strcmp(e->timezone, timezone) == 0 && strcmp(e->calendar.country, c->country) == 0 &&
           e->calendar.opens_minute == c->opens_minute &&
           e->calendar.closes_minute == c->closes_minute &&
           e->calendar.weekend_mask == c->weekend_mask && e->calendar.holidays == c->holidays &&
           strcmp(e->calendar.subdivision, c->subdivision) == 0 &&
           strcmp(e->own_days, c->own_days) == 0;
}

/* Drops what is over; computes anew when too little is left or the calendar was edited. */
static void refresh(struct calendar_entry *e, const struct calendar *c, const char *timezone,
                    int64_t now_ms)
{
    size_t over = 0;
    bool same = same_calendar(e, c, timezone);
    while (over < e->count && e->windows[over].to_at_ms <= now_ms)
        over++;
    if (same && over == 0 && e->until_at_ms > now_ms + CALENDAR_SPAN_MS / 2)
        return;
    if (!same) {
        free(e->own_days);
        e->own_days = sam_xstrdup(c->own_days);
    }
    e->calendar = *c;
    e->calendar.own_days = e->own_days;
    memset(e->timezone, 0, sizeof(e->timezone));
    memcpy(e->timezone, timezone, strnlen(timezone, sizeof(e->timezone) - 1));
    e->until_at_ms = now_ms + CALENDAR_SPAN_MS;
    e->count = c->zone
                   ? calendar_windows(&e->calendar, now_ms, e->until_at_ms, e->windows, WINDOWS_MAX)
                   : 0;
    if (e->count == WINDOWS_MAX)
        e->until_at_ms = e->windows[WINDOWS_MAX - 1].to_at_ms;
}

void facts_read_calendar(const struct pg_result *r, int row, int first_col, struct calendar *ret)
{
    *ret = (struct calendar){
        .zone = zone_find(pg_text(r, row, first_col + 1)),
        .opens_minute = (int)pg_i64(r, row, first_col + 3),
        .closes_minute = (int)pg_i64(r, row, first_col + 4),
        .weekend_mask = (int)own_or(r, row, first_col + 5, -1),
        .holidays = pg_bool(r, row, first_col + 6),
        .own_days = pg_text(r, row, first_col + 8),
    };
    memcpy(ret->country, pg_text(r, row, first_col + 2), 2);
    (void)snprintf(ret->subdivision, sizeof(ret->subdivision), "%s",
                   pg_text(r, row, first_col + 7));
}

const struct interval *facts_calendar(struct facts *f, const struct pg_result *r, int row,
                                      int first_col, int64_t now_ms, size_t *ret_count)
{
    struct uuid id = pg_uuid(r, row, first_col);
    struct calendar c;
    facts_read_calendar(r, row, first_col, &c);
    struct calendar_entry *e = g_hash_table_lookup(f->calendars, &id);
    if (!e) {
        if (g_hash_table_size(f->calendars) >= CALENDARS_MAX)
            g_hash_table_remove_all(f->calendars);
        e = sam_xcalloc(1, sizeof(*e));
        e->campaign_id = id;
        e->own_days = sam_xstrdup("");
        (void)g_hash_table_insert(f->calendars, &e->campaign_id, e);
    }
    refresh(e, &c, pg_text(r, row, first_col + 1), now_ms);
    *ret_count = e->count;
    return e->windows;
}

static void read_usage(const struct pg_result *r, int row, int64_t jitter_ms,
                       struct policy_usage *u)
{
    struct uuid last = pg_uuid(r, row, COL_LAST_ID);
    u->last_call_end_ms = pg_time_ms(r, row, COL_LAST_END);
    u->jitter_ms = policy_jitter_ms(&last, jitter_ms);
    u->calls_today = pg_i64(r, row, COL_CALLS);
    u->invitations_today = pg_i64(r, row, COL_INVITATIONS);
    u->messages_today = pg_i64(r, row, COL_MESSAGES);
    u->profile_views_today = pg_i64(r, row, COL_VIEWS);
    u->campaign_today = pg_i64(r, row, COL_CAMPAIGN_CALLS);
    u->invitations_week = pg_i64(r, row, COL_WEEK);
    u->oldest_invitation_ms = pg_time_ms(r, row, COL_WEEK_OLDEST);
    u->notes_month = pg_i64(r, row, COL_NOTES);
}

const char *facts_unknown(const struct facts *f)
{
    return f->unknown;
}

/* What a parser said of a column: passed on, and kept as a sentence if it knew no such value. */
static bool known(struct facts *f, int parsed, const char *column, const char *value)
{
    if (parsed != 0)
        pg_value_text(column, value, f->unknown, sizeof(f->unknown));
    return parsed == 0;
}

static bool read_campaign(struct facts *f, const struct pg_result *r, int row,
                          struct policy_campaign *c)
{
    c->start_at_ms = pg_time_ms(r, row, COL_START_AT);
    c->end_at_ms = pg_null(r, row, COL_END_AT) ? TIME_NEVER_MS : pg_time_ms(r, row, COL_END_AT);
    c->daily_cap = pg_i64(r, row, COL_CAMPAIGN_CAP);
    c->contact_again_after_ms = pg_i64(r, row, COL_CONTACT_AGAIN);
    if (note_limit_parse(pg_text(r, row, COL_NOTE_LIMIT), &c->on_note_limit) != 0)
        c->on_note_limit = NOTE_HOLD; /* of a newer release: in doubt it waits */
    const char *status = pg_text(r, row, COL_CAMPAIGN_STATUS);
    const char *type = pg_text(r, row, COL_CAMPAIGN_TYPE);
    return known(f, campaign_status_parse(status, &c->status), "campaigns.status", status) &&
           known(f, campaign_type_parse(type, &c->type), "campaigns.campaign_type", type);
}

/* One row of another item suffices: the same human was written to. */
static enum contact read_contact(const struct pg_result *r, int row)
{
    if (!pg_bool(r, row, COL_FIRST_CONTACT) || pg_null(r, row, COL_CONTACT))
        return CONTACT_FREE;
    return pg_bool(r, row, COL_CONTACT) ? CONTACT_OWN : CONTACT_TAKEN;
}

static bool read_person(struct facts *f, const struct pg_result *r, int row,
                        struct policy_person *p)
{
    p->held = pg_bool(r, row, COL_HELD);
    p->stopped_elsewhere = pg_bool(r, row, COL_STOPPED_ELSEWHERE);
    p->blocklisted = pg_bool(r, row, COL_BLOCKLISTED);
    p->contacted = !pg_null(r, row, COL_CONTACTED_AT);
    p->replied_now = false;
    p->contact = read_contact(r, row);
    p->last_written_ms = pg_time_ms(r, row, COL_LAST_WRITTEN);
    const char *status = pg_text(r, row, COL_PERSON_STATUS);
    return known(f, person_status_parse(status, &p->status), "campaign_prospects.status", status);
}

static void read_texts(const struct pg_result *r, int row, struct facts_item *it)
{
    it->message = pg_text(r, row, COL_MESSAGE);
    it->message_type = pg_text(r, row, COL_MESSAGE_TYPE);
    it->vanity = pg_text(r, row, COL_VANITY);
    it->provider_id = pg_text(r, row, COL_PROVIDER);
    it->first_name = pg_text(r, row, COL_FIRST_NAME);
    it->last_name = pg_text(r, row, COL_LAST_NAME);
    it->unipile_account = pg_text(r, row, COL_UNIPILE_ID);
    it->chat_id = pg_text(r, row, COL_CHAT_ID);
}

static void read_ids(const struct pg_result *r, int row, struct facts_item *it)
{
    it->index = (size_t)(pg_i64(r, row, COL_INDEX) - 1);
    it->id = pg_uuid(r, row, COL_ID);
    it->workspace_id = pg_uuid(r, row, COL_WORKSPACE);
    it->account_id = pg_uuid(r, row, COL_ACCOUNT);
    it->campaign_id = pg_uuid(r, row, COL_CAMPAIGN);
    it->person_id = pg_uuid(r, row, COL_PERSON);
    it->dispatch = pg_i64(r, row, COL_DISPATCH);
    it->failures = pg_i64(r, row, COL_FAILURES);
    it->unclaimed = pg_i64(r, row, COL_UNCLAIMED);
    it->step = pg_i64(r, row, COL_STEP);
    it->contacted_at_ms = pg_time_ms(r, row, COL_CONTACTED_AT);
    it->since_ms = pg_time_ms(r, row, COL_SINCE);
}

/* Planned when the account had another plan? One that is not known has the shorter limit. */
static bool text_too_long(const struct pg_result *r, int row, const struct facts_item *it)
{
    enum account_plan plan;
    if (account_plan_parse(pg_text(r, row, COL_PLAN), &plan) != 0)
        plan = PLAN_FREE;
    return text_limit_length(it->message, strlen(it->message)) >
           text_limit_max(it->message_type, plan);
}

int facts_item(struct facts *f, const struct pg_result *r, int row, bool with_usage, int64_t now_ms,
               struct facts_item *ret)
{
    struct policy_facts *p = &ret->policy;
    memset(p, 0, sizeof(*p));
    read_ids(r, row, ret);
    read_texts(r, row, ret);
    facts_frame(f, r, row, COL_FRAME, now_ms, &ret->frame);
    p->account.rest_until_ms = ret->frame.rest_until_ms;
    p->account.blocked = pg_bool(r, row, COL_BLOCKED);
    p->account.all_paused = pg_bool(r, row, COL_ALL_PAUSED);
    p->account.invitations_rest_until_ms = ret->frame.invitations_rest_until_ms;
    p->account.limits = ret->frame.limits;
    const char *status = pg_text(r, row, COL_STATUS);
    const char *account = pg_text(r, row, COL_ACCOUNT_STATUS);
    if (!known(f, item_status_parse(status, &ret->status), "send_queue.status", status) ||
        !known(f, account_status_parse(account, &p->account.status), "linkedin_accounts.status",
               account) ||
        !read_campaign(f, r, row, &p->campaign) || !read_person(f, r, row, &p->person))
        return -EINVAL;
    p->now_ms = now_ms;
    p->day_start_ms = ret->frame.day_start_ms;
    p->next_day_start_ms = ret->frame.next_day_start_ms;
    p->next_month_start_ms = ret->frame.next_month_start_ms;
    p->item.kind =
        strcmp(ret->message_type, "connection_request") == 0 ? CALL_INVITATION : CALL_MESSAGE;
    p->item.noted = p->item.kind == CALL_INVITATION && *ret->message != '\0';
    p->item.text_refused = pg_bool(r, row, COL_TEXT_REFUSED);
    p->item.text_too_long = text_too_long(r, row, ret);
    p->item.handed_out = ret->status == ITEM_PUBLISHED;
    p->item.first_step = ret->step == 0;
    p->item.first_contact = pg_bool(r, row, COL_FIRST_CONTACT);
    p->item.requires_connection = pg_bool(r, row, COL_REQUIRES_CONNECTION);
    p->item.costs_profile_view = p->item.first_contact;
    ret->doubt_waived = pg_bool(r, row, COL_DOUBT_WAIVED);
    p->item.scheduled_at_ms = pg_time_ms(r, row, COL_SCHEDULED);
    p->windows = facts_calendar(f, r, row, COL_CALENDAR, now_ms, &p->windows_count);
    if (with_usage) {
        read_usage(r, row, ret->frame.limits.jitter_ms, &ret->usage);
        p->usage = &ret->usage;
    }
    return 0;
}
