/* worker/news.h - what a page of an account's messages tells about people, before it is told.
 *
 * A message in a group is no reply to us, and the list of an account's messages does not say which
 * chats are groups: each chat that is not known to be with one person is asked for once. A look
 * that cannot be sure tells nothing, and is done again. */
#ifndef SAM_WORKER_NEWS_H
#define SAM_WORKER_NEWS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/model/event.h"
#include "common/model/job.h"
#include "worker/unipile/unipile.h"

struct worker;

struct news_item {
    struct event event;
    char chat_id[EVENT_ID_MAX + 1]; /* "" = not told: then it counts */
    bool sure;                      /* it is no group's */
};

/* Lives in its owner, who keeps it until done is called. Zeroed with worker, job, done and ctx set.
 */
struct news {
    struct worker *worker;
    const struct sync_job *job;
    /* failed: the read that did not succeed, of which nothing was told; NULL = all was told. */
    void (*done)(void *ctx, const struct unipile_read *failed);
    void *ctx;
    struct news_item *items; /* owned */
    size_t count;
    size_t room;
};

/* one_person: the chat is known to be with one person alone. */
void news_add(struct news *n, const struct event *event, const char *chat_id, bool one_person);
/* Asks about the chats and writes the events; calls done, maybe at once, when the list is empty. */
void news_tell(struct news *n);
void news_deinit(struct news *n);

#endif
