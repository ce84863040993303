/* producer/ctl/event_meaning.h - what it means that an event of the ledger is not applied.
 *
 * Pure; from the record's value alone, for its headers are not kept: the type is the one that the
 * value reads as. */
#ifndef SAM_CTL_EVENT_MEANING_H
#define SAM_CTL_EVENT_MEANING_H

#include <stdbool.h>
#include <stddef.h>

struct event;

struct event_meaning {
    const char *type; /* NULL = it cannot be read */
    char text[600];
};

void event_meaning(struct event_meaning *ret, const char *record, size_t bytes);
/* The attempt of which the record tells, of a broken end too: who it went to is what its start
 * says. false: of none, or it cannot be read. */
bool event_meaning_attempt(const char *record, size_t bytes, struct event *ret);

#endif
