#include "worker/replies.h"

#include <stdio.h>

#include "common/model/opt_out.h"

#include "common/base/banned.h"

struct reply_message reply_message(const struct unipile_item *item)
{
    return (struct reply_message){item->message_id, item->at_ms, !item->inbound};
}

enum reply_class reply_classify(const struct settings *s, const char *text)
{
    const char *const *more = (const char *const *)s->worker.opt_out_words;
    return opt_out_wanted(text, more) ? REPLY_OPT_OUT : REPLY_PLAIN;
}

void reply_event(const struct settings *s, const struct unipile_item *item, const char *chat_id,
                 struct event *e)
{
    struct event_person *p = &e->person;
    p->finding = FINDING_REPLY;
    p->happened_at_ms = item->at_ms;
    p->reply_class = reply_classify(s, item->text);
    (void)snprintf(p->message_id, sizeof(p->message_id), "%s", item->message_id);
    (void)snprintf(p->chat_id, sizeof(p->chat_id), "%s", *item->chat_id ? item->chat_id : chat_id);
}
