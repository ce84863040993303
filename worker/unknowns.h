/* worker/unknowns.h - asks Unipile for sends of which nobody knows whether they happened (design
 * 3.9).
 *
 * At the end of an account's look for replies, which comes every few minutes while it has such
 * items: invitations are sought among those that it has sent and among its relations, each read
 * once for all of them; a message in the chats with its person. What that says of an item is
 * decided by common/policy/reconcile.h; its attempts' ends go to the ledger. A late answer of the
 * call itself always wins (apply.c). Only reads, which are safe to repeat. */
#ifndef SAM_WORKER_UNKNOWNS_H
#define SAM_WORKER_UNKNOWNS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/adapters/pg.h"
#include "common/model/event.h"
#include "common/model/job.h"
#include "worker/unipile/unipile.h"
#include "worker/unknown_items.h"

#define UNKNOWNS_MAX 20 /* items of one look, chosen at random where there are more */

#define UNKNOWNS_CHATS 3 /* a person has one 1:1 chat; some have a second of another kind */

struct worker;

/* Lives in its owner, who keeps it until done is called, or drops all callbacks; then
 * unknowns_deinit(). */
struct unknowns {
    struct worker *worker;
    const struct sync_job *job;
    int32_t partition; /* of the account */
    int64_t begun_ms;  /* of the look, by the database's clock */
    void (*done)(void *ctx);
    void *ctx;
    struct unknown_item items[UNKNOWNS_MAX];
    size_t count;
    struct pg_params *params; /* scratch */
    size_t at;                /* the item whose chats are read */
    char chats[UNKNOWNS_CHATS][EVENT_ID_MAX + 1];
    size_t chats_count;
    size_t chats_at;
    size_t pages;
    char cursor[UNIPILE_CURSOR_BYTES];
};

/* worker, job, partition, begun_ms, done and ctx are set. done is called once, maybe at once. */
void unknowns_ask(struct unknowns *u, struct pg_params *params);
void unknowns_deinit(struct unknowns *u);

#endif
