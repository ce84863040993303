/* worker/sync_people.h - whom the messages or relations on a page are from or of, and which of them
 * are news: the part of a look (sync.c) that knows the people of Postgres. */
#ifndef SAM_WORKER_SYNC_PEOPLE_H
#define SAM_WORKER_SYNC_PEOPLE_H

#include "common/adapters/pg_async.h"
#include "worker/news.h"
#include "worker/unaccepted.h"
#include "worker/unknowns.h"
#include "worker/worker.h"

struct sync;

/* A message or relation whose person is to be looked up; texts are judged already. */
struct found {
    char person[PROVIDER_ID_MAX_BYTES + 1];
    char vanity[VANITY_MAX_BYTES + 1]; /* of a relation; "" = not told */
    char chat_id[EVENT_ID_MAX + 1];
    char message_id[EVENT_ID_MAX + 1];
    int64_t at_ms;
    bool own; /* a message of ours: kept for the order in the chat */
    enum reply_class reply_class;
};

struct look {
    TAILQ_ENTRY(look) link;
    struct sync *sync;
    struct sync_job job;
    int32_t partition;
    int64_t offset;
    bool begun;
    bool given_back;
    int pages;
    int64_t begun_db_ms;
    struct found *found; /* owned; UNIPILE_ITEMS_MAX once it has begun */
    size_t found_count;
    int64_t oldest_ms; /* of the page; INT64_MAX = none */
    bool more;         /* another page follows */
    bool cut;          /* and one more, that is not read */
    char cursor[1024];
    struct news news;             /* of the page */
    struct unaccepted unaccepted; /* of relations, at the end */
    struct unknowns *unknowns;    /* of replies, at the end; owned */
};

/* Asks for the people behind what the page shows, for whom sync_people_found() is meant; params are
 * scratch. fn gets the look. */
void sync_people_ask(struct look *look, struct pg_async *pg, struct pg_params *params,
                     pg_async_fn *fn);
/* Adds what is news about the people of that answer to look->news. */
void sync_people_found(struct look *look, const struct pg_result *r);

#endif
