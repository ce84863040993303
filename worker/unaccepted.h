/* worker/unaccepted.h - before somebody is given up as "never accepted", their profile is asked
 * once.
 *
 * The list of relations shows who has accepted, but that it is whole and newest first is only an
 * assumption (facts/unipile.md section 8). So at the end of an account's look at it, some of those
 * whose time is over are looked up: who is a connection has accepted, the others end. A view
 * counts; the day's cap of views holds. Whoever cannot be asked for long is ended by the producer
 * (producer/sweep.c). */
#ifndef SAM_WORKER_UNACCEPTED_H
#define SAM_WORKER_UNACCEPTED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/adapters/pg.h"
#include "common/model/event.h"
#include "common/model/job.h"
#include "worker/unipile/unipile.h"

#define UNACCEPTED_MAX 5 /* people of one look: looks come every few hours */

struct worker;

struct unaccepted_person {
    struct uuid id;
    struct uuid campaign_id;
    char provider_id[PROVIDER_ID_MAX_BYTES + 1];
};

/* Lives in its owner, who keeps it until done is called, or drops all callbacks. */
struct unaccepted {
    struct worker *worker;
    const struct sync_job *job;
    /* trouble: why nobody could be asked; NULL = somebody was, or there is nobody. */
    void (*done)(void *ctx, const char *trouble);
    void *ctx;
    struct unaccepted_person people[UNACCEPTED_MAX];
    size_t count;
    size_t at;
    bool told;                         /* of one of them at least */
    char trouble[UNIPILE_ERROR_BYTES]; /* the last */
};

/* worker, job, done and ctx are set. done is called once, maybe at once. Who waits for a campaign
 * or a workspace that is paused is not asked, nor given up meanwhile. */
void unaccepted_ask(struct unaccepted *u, struct pg_params *params);

#endif
