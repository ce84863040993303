/* worker/replies.h - what an inbound message says: a reply, or the wish not to be written to. The
 * text is judged here and goes nowhere. */
#ifndef SAM_WORKER_REPLIES_H
#define SAM_WORKER_REPLIES_H

#include "common/base/settings.h"
#include "common/model/event.h"
#include "common/policy/reply.h"
#include "worker/unipile/unipile.h"

/* By common/model/opt_out.h and the setting worker.opt_out_words. */
enum reply_class reply_classify(const struct settings *s, const char *text);

/* As the rule of replies sees it; borrows from the item. */
struct reply_message reply_message(const struct unipile_item *item);
/* Fills in what a FINDING_REPLY says about the message. chat_id: used when the item names none. */
void reply_event(const struct settings *s, const struct unipile_item *item, const char *chat_id,
                 struct event *e);

#endif
