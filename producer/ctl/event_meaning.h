/* producer/ctl/event_meaning.h - what it means that an event of the ledger is not applied.
 *
 * Pure; from the record's value alone, for its headers are not kept: the type is the one that the
 * value reads as. */
#ifndef SAM_CTL_EVENT_MEANING_H
#define SAM_CTL_EVENT_MEANING_H

#include <stddef.h>

struct event_meaning {
    const char *type; /* NULL = it cannot be read */
    char text[400];
};

void event_meaning(struct event_meaning *ret, const char *record, size_t bytes);

#endif
