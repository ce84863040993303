#include "worker/replies.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/attr.h"

#include "common/base/banned.h"

#define SHORT_BYTES 300

static const char *const phrases[] = {"unsubscribe",
                                      "stop",
                                      "opt out",
                                      "opt-out",
                                      "remove me",
                                      "do not contact",
                                      "don't contact",
                                      "dont contact",
                                      "do not message me",
                                      "stop messaging",
                                      "leave me alone",
                                      "abmelden",
                                      "keine nachrichten",
                                      "nicht mehr kontaktieren",
                                      "nicht mehr anschreiben",
                                      "desabonner",
                                      "désabonner",
                                      "ne plus me contacter",
                                      "no me contacte",
                                      "no me escriba",
                                      "darse de baja",
                                      "non contattarmi",
                                      "uitschrijven",
                                      "niet meer benaderen"};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (c & 0x80);
}

static bool contains(const char *text, const char *phrase)
{
    size_t n = strlen(phrase);
    for (const char *at = strcasestr(text, phrase); at; at = strcasestr(at + 1, phrase)) {
        if ((at == text || !is_word(at[-1])) && !is_word(at[n]))
            return true;
    }
    return false;
}

enum reply_class reply_classify(const char *text)
{
    /* "stop" inside of a long letter means nothing */
    if (strlen(text) > SHORT_BYTES)
        return REPLY_PLAIN;
    for (size_t i = 0; i < SAM_ARRAY_LEN(phrases); i++) {
        if (contains(text, phrases[i]))
            return REPLY_OPT_OUT;
    }
    return REPLY_PLAIN;
}

struct reply_message reply_message(const struct unipile_item *item)
{
    return (struct reply_message){item->message_id, item->at_ms, !item->inbound};
}

void reply_event(struct event *e, const struct unipile_item *item, const char *chat_id)
{
    struct event_person *p = &e->person;
    p->finding = FINDING_REPLY;
    p->happened_at_ms = item->at_ms;
    p->reply_class = reply_classify(item->text);
    (void)snprintf(p->message_id, sizeof(p->message_id), "%s", item->message_id);
    (void)snprintf(p->chat_id, sizeof(p->chat_id), "%s", *item->chat_id ? item->chat_id : chat_id);
}
