/* common/adapters/facts.h - from rows of Postgres to the plain values that policy_decide() takes.
 *
 * Publish, claim and `samctl why` load an item's facts with the same SQL and read them with the
 * same code; no rule stands in the SQL. It also knows the calendars of campaigns, computed once and
 * kept until they have run out. One per thread. */
#ifndef SAM_ADAPTERS_FACTS_H
#define SAM_ADAPTERS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/adapters/pg.h"
#include "common/base/settings.h"
#include "common/model/calendar.h"
#include "common/model/identity.h"
#include "common/model/job.h"
#include "common/policy/decide.h"

struct facts;

/* Takes from the settings, by value: the limits, for what an account has no own value of; and how
 * long a call may go on after its start_by, for an attempt without an end counts as ended then. */
struct facts *facts_new(const struct settings *settings);
void facts_free(struct facts *f);
SAM_DEFINE_FREEP(facts)

/* ---- an account's frame: what the counts of its attempts depend on ------------------------- */

/* Columns that facts_frame() reads, to be selected from linkedin_accounts AS a, in this order. */
#define FACTS_FRAME_COLUMNS                                                                        \
    "a.timezone, a.spacing_ms, a.jitter_ms, a.daily_cap, a.daily_invitations, "                    \
    "a.weekly_invitations, a.daily_messages, a.daily_profile_views, a.ramp_days, a.ramp_from, "    \
    "a.monthly_notes, a.plan, a.invitations_rest_until, a.rest_until, "                            \
    "a.kept_day_from, a.kept_day_until"
#define FACTS_FRAME_COLUMNS_COUNT 16

struct facts_frame {
    const struct zone *zone;     /* the account's; NULL = unknown; lives as long as the cache */
    struct policy_limits limits; /* in force today, ramp and rests included */
    int64_t day_start_ms;        /* of the account's local day that contains now (kept_day.h) */
    int64_t next_day_start_ms;
    int64_t month_start_ms; /* of its local calendar month */
    int64_t next_month_start_ms;
    int64_t rest_until_ms;             /* of the last rest; 0 = it has never rested */
    int64_t invitations_rest_until_ms; /* likewise */
};

/* Reads the columns from first_col on. An unknown time zone (tzdata lost it) gives UTC days and a
 * daily cap of 0: in doubt nothing is sent. */
void facts_frame(struct facts *f, const struct pg_result *r, int row, int first_col, int64_t now_ms,
                 struct facts_frame *ret);

/* ---- items --------------------------------------------------------------------------------- */

/* Without usage: $1 uuid[] item ids. */
extern const char facts_sql[];
/* With usage: $1 uuid[] item ids, $2 text[] provider ids just resolved (NULL = the row's),
 * $3 timestamptz[] day starts, $4 and $5 bigint: calls to count at most of a day and invitations of
 * 7 days, $6 bigint: the call timeout in ms, $7 timestamptz: where the rolling 7 days begin
 * (parameters, not sam_now(): a volatile function keeps an index from being used), $8 bigint:
 * profile views to count at most, $9 text[] vanity names just resolved, $10 timestamptz[] month
 * starts, $11 bigint: notes of a month to count at most. facts_usage_ask() fills them. */
extern const char facts_usage_sql[];

/* One item that is asked about. */
struct facts_ask {
    struct uuid item_id;
    const char *provider_id;         /* just learned; "" = the row's */
    const char *vanity;              /* likewise */
    const struct facts_frame *frame; /* of its account */
};
void facts_usage_ask(const struct facts *f, const struct facts_ask *asks, size_t count,
                     int64_t now_ms, struct pg_params *params);

/* What accounts have used, whatever waits: rows (number of the account from 1, the day's calls,
 * invitations among them, messages among them, invitations of 7 days), counted like the above.
 * frames: of the accounts. */
extern const char facts_accounts_sql[];
void facts_accounts_ask(const struct uuid *ids, const struct facts_frame *frames, size_t count,
                        int64_t now_ms, struct pg_params *params);

/* Rows that a count must look at so that "cap + 1" can be seen: of a day's calls, a day's profile
 * views, the invitations of 7 days, a month's notes. */
int64_t facts_day_rows(const struct policy_limits *limits);
int64_t facts_view_rows(const struct policy_limits *limits);
int64_t facts_week_rows(const struct policy_limits *limits);
int64_t facts_note_rows(const struct policy_limits *limits);
int64_t facts_call_timeout_ms(const struct facts *f);

struct facts_item {
    size_t index; /* 0-based place of the item's id in the array that was asked for */
    struct uuid id;
    struct uuid workspace_id;
    struct uuid account_id;
    struct uuid campaign_id;
    struct uuid person_id;
    enum item_status status;
    int64_t dispatch;
    int64_t failures;
    int64_t unclaimed;
    int64_t step;
    int64_t contacted_at_ms; /* when our first write began; 0 = never */
    int64_t since_ms;        /* FACTS_SINCE */
    const char *message;     /* borrowed from the result, as are the texts below */
    const char *message_type;
    const char *vanity;      /* the one just learned, else the row's; "" = none, as below */
    const char *provider_id; /* likewise */
    bool doubt_waived;       /* a person who has looked let them go on: see common/model/doubt.h */
    const char *first_name;  /* as imported */
    const char *last_name;
    const char *unipile_account;
    const char *chat_id;
    struct facts_frame frame;
    struct policy_usage usage;
    struct policy_facts policy; /* points into this struct and into f */
};

/* Reads one row of facts_sql or facts_usage_sql. *ret must not be moved afterwards. 0 done; -EINVAL
 * a value that this program does not know (a newer schema). */
SAM_MUSTCHECK int facts_item(struct facts *f, const struct pg_result *r, int row, bool with_usage,
                             int64_t now_ms, struct facts_item *ret);

/* After -EINVAL: the column and the value, one sentence. */
const char *facts_unknown(const struct facts *f);

/* From when on messages of a person p to whom nothing was written yet are news: since they came
 * into the campaign, less what the network's clock may be behind ours (REPLY_CLOCKS_MS), or since
 * the one for which they are held (wrote_first), which whoever releases them has looked at. */
#define FACTS_SINCE "greatest(p.created_at - interval '2 minutes', p.replied_at + interval '1 ms')"

/* ---- a campaign's calendar ------------------------------------------------------------------ */

/* Columns that facts_calendar() reads, from campaigns AS c, in this order. */
#define FACTS_CALENDAR_COLUMNS                                                                     \
    "c.id, c.timezone, c.country, c.opens_minute, c.closes_minute, c.weekend_mask, c.holidays, "   \
    "c.subdivision, (SELECT own_days FROM workspaces WHERE id = c.workspace_id LIMIT 1)"
#define FACTS_CALENDAR_COLUMNS_COUNT 9

/* The calendar alone; what it borrows lives as long as r. */
void facts_read_calendar(const struct pg_result *r, int row, int first_col, struct calendar *ret);

/* Open intervals from now_ms on, at most some weeks of them; owned by f, valid until the next call
 * for the same campaign. */
const struct interval *facts_calendar(struct facts *f, const struct pg_result *r, int row,
                                      int first_col, int64_t now_ms, size_t *ret_count);

#endif
