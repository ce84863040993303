/* worker/apply.h - what the events of the ledger do to items, people, accounts: pure, on the rows
 * of one batch in memory (design 3.7).
 *
 * The batch holds every row that its events may change, loaded under the locks of their accounts.
 * Events are applied in order, each at most once in effect: an attempt that has an end keeps it, a
 * person never moves backwards, an operator's older version is ignored. What changed is marked and
 * written afterwards (apply_sql.c). No clock, no I/O. */
#ifndef SAM_WORKER_APPLY_H
#define SAM_WORKER_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/model/campaign_file.h"
#include "common/model/event.h"
#include "common/model/reason.h"
#include "common/model/status.h"
#include "common/policy/decide.h"

struct zone; /* common/model/calendar.h */

#define APPLY_BACKOFF_MIN_MS (30 * SECOND_MS) /* of an item that was not executed; doubles ... */
#define APPLY_BACKOFF_MAX_MS HOUR_MS          /* ... up to this */
#define APPLY_FAILURES_MAX   5 /* attempts in a row that were not executed make an item failed */

#define ACCOUNT_NAME_MAX 100

/* Of an account, or of its invitations: asked for by Unipile, each in a row twice as long. */
struct apply_rest {
    int64_t until_ms;
    int64_t count;
    int64_t sent_at_ms; /* a send on a local day that began after the rest; 0 = none yet */
};

struct apply_account {
    struct uuid id;
    enum account_status status;
    enum account_status loaded;      /* as it was read */
    char name[ACCOUNT_NAME_MAX + 1]; /* as an operator calls it; longer ones are cut */
    struct apply_rest rest;
    struct apply_rest invitations_rest; /* messages go on */
    int64_t day_start_ms;               /* of its local day that is now */
    const struct zone *zone;            /* of its local days; NULL = not known; borrowed */
    int64_t version;
    struct policy_limits limits;
    bool dirty;
    char reason[EVENT_ERROR_TYPE_MAX + 1];
    bool schedule;      /* due_at is to be computed anew, not before free_at_ms */
    int64_t free_at_ms; /* spacing after the last call; 0 = at once */
    int64_t plan_at_ms; /* the planner has something to do then; 0 = nothing new */
    bool conversation;  /* somebody was written to, or may have been: replies to look for */
};

struct apply_attempt {
    struct uuid id;
    struct uuid item_id;
    bool ended;
    enum outcome outcome;            /* when ended */
    const struct event_attempt *end; /* to be written */
    int64_t unseen_ms;               /* with an end by a look that did not find it; else 0 */
};

struct apply_item {
    struct uuid id;
    struct uuid account_id;
    struct uuid campaign_id;
    struct uuid person_id;
    char message_type[MESSAGE_TYPE_MAX + 1];
    enum item_status status;
    enum item_status loaded; /* as it was read */
    bool stopped;            /* the database is to be shown a stop on the way: */
    enum item_status via;
    enum reason reason;
    char detail[EVENT_ERROR_TYPE_MAX + 1];
    int64_t step;
    int64_t failures;
    int64_t scheduled_ms;
    int64_t sent_at_ms;
    struct uuid attempt_id;
    bool restored; /* made from the ledger: its text is not known */
    bool dirty;
    bool vanished; /* to be deleted, so that the planner makes it anew */
    bool freed;    /* ended without a sent or unknown attempt: its identities are free again */
};

struct apply_person {
    struct uuid id;
    struct uuid account_id;
    struct uuid campaign_id;
    enum campaign_type type;
    enum person_status status;
    enum person_status loaded; /* as it was read */
    /* The stops on the way from there to status, where the database refuses the way at once. No
     * status comes twice: nobody moves backwards. */
    enum person_status via[PERSON_STATUS_N];
    size_t via_count;
    char status_reason[64];
    char hold_reason[64];
    char provider_id[PROVIDER_ID_MAX_BYTES + 1];
    char vanity[VANITY_MAX_BYTES + 1];
    char invitation_id[EVENT_ID_MAX + 1];
    char chat_id[EVENT_ID_MAX + 1];
    int64_t contacted_at_ms;
    int64_t connected_at_ms;
    int64_t last_sent_at_ms;
    int64_t replied_at_ms;
    int64_t next_step;
    int64_t next_at_ms;
    int64_t give_up_at_ms;
    int64_t version;
    bool doubt_waived;        /* released from a hold of common/model/doubt.h */
    int64_t give_up_after_ms; /* of the campaign */
    int64_t steps_count;
    int64_t after_ms[CAMPAIGN_STEPS_MAX]; /* the delay before each step */
    const struct event_person *by_hand; /* an invitation that the account's owner has sent: a first
                                         * contact of the human that it names; NULL = none */
    bool dirty;
    enum reason cancel; /* REASON_NONE, or why its waiting items end */
};

struct apply_batch {
    struct apply_account *accounts; /* sorted by id, as the arrays below; owned */
    size_t accounts_count;
    struct apply_item *items;
    size_t items_count;
    struct apply_person *people;
    size_t people_count;
    struct apply_attempt *attempts;
    size_t attempts_count;
    const struct uuid *orphans; /* attempts that Postgres had forgotten, sorted; borrowed */
    size_t orphans_count;
    char unknown[256]; /* a row holds a value that this release does not know; "" = all are known */
};

/* The batch has found the account logged out or restricted: an operator is told, once. */
bool apply_account_broke(const struct apply_account *account);

/* Sorts the arrays; call it when they are filled. */
void apply_index(struct apply_batch *b);
void apply_deinit(struct apply_batch *b);
struct apply_account *apply_account(struct apply_batch *b, const struct uuid *id);
struct apply_item *apply_item(struct apply_batch *b, const struct event_attempt *a);
struct apply_person *apply_person(struct apply_batch *b, const struct uuid *id);
struct apply_attempt *apply_attempt(struct apply_batch *b, const struct uuid *id);

/* Of an ended attempt: not a byte of the call has left; it counts against no cap and no spacing. */
bool apply_never_left(const struct event_attempt *a);

/* Before the events, of rows that were loaded in full: whoever has an item that was made from the
 * ledger waits for it, and is not planned for its step meanwhile. */
void apply_restored(struct apply_batch *b);
/* The event is borrowed until the batch is written. */
void apply_event(struct apply_batch *b, const struct event *event);

#endif
