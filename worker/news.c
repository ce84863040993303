#include "worker/news.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/reads.h"
#include "worker/worker.h"

#include "common/base/banned.h"

static struct news_item *first_unsure(const struct news *n)
{
    for (size_t i = 0; i < n->count; i++) {
        if (!n->items[i].sure && n->items[i].chat_id[0])
            return &n->items[i];
    }
    return NULL;
}

/* All messages of the chat are sure now, or none of them counts. */
static void settle(struct news *n, const char *chat_id, bool group)
{
    char id[EVENT_ID_MAX + 1]; /* the item that holds it may move */
    size_t kept = 0;
    (void)snprintf(id, sizeof(id), "%s", chat_id);
    for (size_t i = 0; i < n->count; i++) {
        bool here = strcmp(n->items[i].chat_id, id) == 0;
        if (here && group)
            continue;
        n->items[kept] = n->items[i];
        n->items[kept++].sure |= here;
    }
    n->count = kept;
}

static void on_chat(void *ctx, const struct unipile_read *read)
{
    struct news *n = ctx;
    reads_ended(n->worker, &n->job->workspace_id, &n->job->account_id, read);
    /* a chat that is not there any more cannot be shown to be a group: in doubt it was a reply */
    if (read->result != UNIPILE_READ_OK && read->result != UNIPILE_READ_NOT_FOUND) {
        n->count = 0;
        n->done(n->ctx, read);
        return;
    }
    bool group = read->result == UNIPILE_READ_OK && read->items_count == 0;
    settle(n, first_unsure(n)->chat_id, group);
    news_tell(n);
}

void news_tell(struct news *n)
{
    const struct news_item *unsure = first_unsure(n);
    if (unsure) {
        reads_begun(n->worker);
        unipile_chat(n->worker->unipile, n->job->unipile_account, unsure->chat_id, on_chat, n);
        return;
    }
    for (size_t i = 0; i < n->count; i++)
        outgoing_event(n->worker, &n->items[i].event);
    n->count = 0;
    n->done(n->ctx, NULL);
}

void news_add(struct news *n, const struct event *event, const char *chat_id, bool one_person)
{
    if (n->count == n->room) {
        n->room = n->room ? 2 * n->room : 16;
        n->items = sam_xrealloc(n->items, n->room * sizeof(*n->items));
    }
    struct news_item *item = &n->items[n->count++];
    *item = (struct news_item){.event = *event, .sure = one_person};
    (void)snprintf(item->chat_id, sizeof(item->chat_id), "%s", chat_id);
}

void news_deinit(struct news *n)
{
    free(n->items);
    n->items = NULL;
}
