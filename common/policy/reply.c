#include "common/policy/reply.h"

#include <string.h>

#include "common/base/banned.h"

int64_t reply_contact_ms(int64_t contacted_at_ms, int64_t since_ms)
{
    return contacted_at_ms ? contacted_at_ms : since_ms + REPLY_CLOCKS_MS;
}

int64_t reply_since_ms(const struct reply_contact *contact)
{
    return contact->started_at_ms > REPLY_CLOCKS_MS ? contact->started_at_ms - REPLY_CLOCKS_MS : 0;
}

/* Where our message stands; count: it is not to be seen. */
static size_t our_message(const struct reply_contact *contact, const struct reply_chat *chat)
{
    size_t first = chat->count;
    for (size_t i = 0; i < chat->count; i++) {
        const struct reply_message *m = &chat->messages[i];
        if (!m->own)
            continue;
        if (contact->message_id[0] && strcmp(m->id, contact->message_id) == 0)
            return i;
        if (chat->whole && m->at_ms >= reply_since_ms(contact))
            first = i; /* newest first: the last that is found was written first */
    }
    return first;
}

bool reply_is(const struct reply_contact *contact, const struct reply_chat *chat, size_t i)
{
    if (!contact->started_at_ms || chat->messages[i].own)
        return false;
    size_t ours = our_message(contact, chat);
    if (ours < chat->count)
        return i < ours;
    return chat->messages[i].at_ms >= reply_since_ms(contact);
}
