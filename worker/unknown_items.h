/* worker/unknown_items.h - the sends of an account of which nobody knows whether they happened, as
 * Postgres has them: what is sought, and what else of ours stands beside it. No I/O:
 * worker/unknowns.h asks with these statements and hands over the rows. */
#ifndef SAM_WORKER_UNKNOWN_ITEMS_H
#define SAM_WORKER_UNKNOWN_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/adapters/pg.h"
#include "common/model/event.h"
#include "common/model/job.h"
#include "common/policy/reconcile.h"
#include "worker/unipile/unipile.h"

/* A message of another item to the same person. */
struct unknown_known {
    char message_id[EVENT_ID_MAX + 1]; /* "" = not told */
    char *text;                        /* owned; NULL = not known */
    bool met;                          /* by its text, which explains one message and no second */
};

/* An item and its attempts that may have happened. */
struct unknown_item {
    struct event *ends; /* owned: as settle_attempt() gives them, the latest attempt first */
    size_t ends_count;  /* 0: each is of a kind that this release does not know */
    char *text;         /* owned; NULL = not known */
    char provider_id[PROVIDER_ID_MAX_BYTES + 1];
    char vanity[VANITY_MAX_BYTES + 1];
    struct reconcile_sought sought;
    struct unknown_known *known; /* owned: other messages of ours to the person */
    size_t known_count;
    int64_t found;
    int64_t others;
    struct event_attempt seen; /* the ids and the moment of what was found */
    bool unread;               /* not all that could show it was read: nothing is told */
};

/* The account's items; the rows of it for unknown_items_read(). */
extern const char unknown_items_sql[];
void unknown_items_ask(struct pg_params *params, const struct uuid *account_id, size_t max);
/* Fills items, max at most; how many. timeout_ms: of a call. Each is to be deinited. */
size_t unknown_items_read(struct unknown_item *items, size_t max, const struct pg_result *r,
                          int64_t timeout_ms);
void unknown_item_deinit(struct unknown_item *it);

/* What else was written to the people of these items, each with an attempt that is known, or may
 * have been: it stands in the same chats. */
extern const char unknown_items_known_sql[];
void unknown_items_ask_known(struct pg_params *params, const struct unknown_item *items,
                             size_t count);
void unknown_items_read_known(struct unknown_item *items, size_t count, const struct pg_result *r);

bool unknown_item_is_invitation(const struct unknown_item *it);
/* This invitation or relation is the item's person. */
bool unknown_item_is_person(const struct unknown_item *it, const struct unipile_item *item);
/* This message of ours is another item's; that one's text is used up by it. */
bool unknown_item_is_known(struct unknown_item *it, const struct unipile_item *message);

#endif
