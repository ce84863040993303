/* producer/plan_batch.h - one batch of the planner in memory: accounts, their free slots, people,
 * and what was decided. No I/O. */
#ifndef SAM_PRODUCER_PLAN_BATCH_H
#define SAM_PRODUCER_PLAN_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/adapters/facts.h"
#include "common/policy/slots.h"
#include "producer/texts.h"

#define PLAN_ACCOUNTS_MAX 100
#define PLAN_WINDOWS_MAX  16 /* more than a horizon has */
/* First contacts, and follow-ups, that wait for one account: the rest is planned later. */
#define PLAN_ITEMS_MAX 100

struct plan_account {
    struct uuid id;
    struct uuid workspace_id;
    enum account_plan plan;
    struct facts_frame frame;
    int64_t last_call_end_ms;
    struct slots_day days[SLOTS_DAYS_MAX]; /* with what was sent */
    size_t days_count;
    int64_t invitations_week;
    int64_t invitations_tonight; /* as slots_start's */
    int64_t week_frees_ms;       /* the oldest of them is 7 days old then; past = there is none */
    int64_t notes_month;
    bool outstanding;   /* an item is published or sending */
    int64_t overdue_ms; /* what waits for an earlier moment gets another one */
    size_t planned;
    int64_t first_at_ms;  /* of the items just planned; 0 = none */
    int64_t middle_at_ms; /* about half of them are gone then */
    bool left_out;        /* it has people of a campaign that cannot be read */
    bool unplaced;        /* somebody found no slot in the horizon */
    bool week_full;       /* sent or planned, the invitations of 7 days are used up */
    bool full;            /* more people may be waiting than were looked at */
};

struct plan_campaign {
    struct uuid id;
    struct uuid workspace_id;
    bool running;
    bool unknown; /* it holds a value that this release does not know: nobody is planned */
    enum campaign_type type;
    enum note_limit on_limit;
    int64_t start_at_ms;
    int64_t end_at_ms;
    struct interval windows[PLAN_WINDOWS_MAX]; /* up to end_at_ms */
    size_t windows_count;
    struct texts_campaign *texts; /* NULL = its texts cannot be used */
    char problem[160];
    struct slots_campaign slots; /* of the account that is being placed */
    int64_t first_left; /* start --first N: messages that may still be planned; -1 = no limit */
    int64_t planned;
};

/* Borrows its texts from the result of plan_people_sql. */
struct plan_person {
    size_t account;
    size_t campaign;
    struct uuid id;
    int64_t step;
    int64_t next_at_ms;
    bool first_contact; /* as policy_item.first_contact */
    struct texts_person texts;
};

/* An item that stands in the queue already. */
struct plan_waiting {
    struct uuid id;
    size_t account;
    size_t campaign;
    int64_t scheduled_ms;
    bool invitation;
    bool noted; /* it has a note */
    int64_t step;
    int64_t connected_at_ms; /* of the person; 0 = not, or not known */
    int64_t last_sent_at_ms; /* likewise */
    enum reason reason;      /* REASON_SCHEDULED: the planner has given it scheduled_ms; of a newer
                                release: REASON_NONE */
    bool outstanding;        /* published or sending */
    bool sending;            /* its attempt is among those that were counted */
    bool replan;             /* it may be given another moment */
};

/* What an account has sent today for a campaign that has a cap of its own. */
struct plan_spent {
    size_t account;
    size_t campaign;
    int64_t calls;
};

struct plan_item {
    const struct plan_person *person;
    int64_t scheduled_ms;
    char *message; /* owned */
    enum note_done note;
};

struct plan_move {
    struct uuid item_id;
    int64_t at_ms;
    bool placed;        /* false: it found no slot in the horizon, at_ms is where it waits ... */
    enum reason reason; /* ... and why; REASON_NONE: as before, or none any more */
};

struct plan_hold {
    struct uuid person_id;
    const char *reason;
};

struct plan_batch {
    int64_t now_ms;
    int64_t horizon_ms;
    struct plan_account accounts[PLAN_ACCOUNTS_MAX];
    size_t accounts_count;
    struct plan_campaign *campaigns; /* owned, as the arrays below */
    size_t campaigns_count;
    struct plan_waiting *waiting; /* by account */
    size_t waiting_count;
    struct plan_spent *spent;
    size_t spent_count;
    struct plan_person *people;
    size_t people_count;
    struct plan_item *items;
    size_t items_count;
    struct plan_move *moves; /* of what waits */
    size_t moves_count;
    struct plan_hold *holds;
    size_t holds_count;
    struct slots slots; /* of the account that is being placed */
    struct buf text;    /* scratch */
};

void plan_batch_init(struct plan_batch *b, int64_t now_ms, int64_t horizon_ms);
void plan_batch_deinit(struct plan_batch *b);

/* The account's local days that the horizon touches, with nothing counted yet. */
void plan_account_days(struct plan_account *a, const char *timezone, int64_t horizon_ms);

/* The campaign's open intervals, cut off at its end, without the last seconds of each (start_by).
 */
void plan_campaign_windows(struct plan_campaign *c, const struct interval *windows, size_t count);

/* Gives people their slots: follow-ups before new people, the account's campaigns in turn; who
 * waits for another moment goes before those who are not in the queue yet. People must be ordered
 * by account, campaign, next_at; what waits by account. Fills items, moves, holds, and each
 * account's outcome. */
void plan_batch_place(struct plan_batch *b);

/* When the planner should look at the account again; 0 = ask for the next person's time. */
int64_t plan_account_next_ms(const struct plan_account *a, int64_t now_ms);

#endif
