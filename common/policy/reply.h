/* common/policy/reply.h - is an inbound message a reply to us? The one rule, for whoever looks at a
 * chat: sync, prepare, apply. Pure.
 *
 * Judged by the order in the chat, not by two clocks: ours tells when a call began and ended, the
 * network's when a message arrived, and they differ by seconds; a call may wait for its answer long
 * after its message has arrived, and be answered meanwhile. In doubt it is a reply, which stops. */
#ifndef SAM_POLICY_REPLY_H
#define SAM_POLICY_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between the clocks, and what a message may stand earlier than the call that sent it. */
#define REPLY_CLOCKS_MS (INT64_C(2) * 60 * 1000)

/* Our first write to this person: an attempt that was sent, or may have been. */
struct reply_contact {
    const char *message_id; /* of its message, as Unipile told it; "" = it did not */
    int64_t started_at_ms;  /* when the call began, by our clock; 0 = never, nobody has written */
};

/* From when on a person's chat says something, as started_at_ms: from our first write, or, where
 * there was none yet, from since_ms, when they came into the campaign or wrote what somebody has
 * looked at (who writes then is for a person to decide about). */
int64_t reply_contact_ms(int64_t contacted_at_ms, int64_t since_ms);

struct reply_message {
    const char *id;
    int64_t at_ms; /* by the network's clock */
    bool own;      /* ours, or the account's owner's */
};

/* What is known of one chat, newest first, as Unipile lists it. */
struct reply_chat {
    const struct reply_message *messages;
    size_t count;
    bool whole; /* nothing is left out from reply_since_ms() on */
};

/* Is the i-th message a reply? One that stands after the message of our attempt is: that one by
 * its id, else, in a chat that is whole, the first own one that is not older than the attempt's
 * start less two minutes. Where that message is not to be seen the time decides: not older than
 * that moment. Nothing is a reply to who has not written. */
bool reply_is(const struct reply_contact *contact, const struct reply_chat *chat, size_t i);

/* The attempt's start less two minutes: from when on a chat must be read to be whole. 0 for who was
 * not contacted. */
int64_t reply_since_ms(const struct reply_contact *contact);

#endif
