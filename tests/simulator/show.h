/* tests/simulator/show.h - people, chats, messages as Unipile's JSON objects. */
#ifndef SAM_SIMULATOR_SHOW_H
#define SAM_SIMULATOR_SHOW_H

#include "common/base/buf.h"
#include "tests/simulator/simulator.h"

/* How one thing becomes one JSON object. */
typedef void show_fn(struct simulator *s, const void *item, struct buf *out);

show_fn show_relation;   /* struct link */
show_fn show_invitation; /* struct invitation */
show_fn show_chat;       /* struct link */
show_fn show_message;    /* struct message */
show_fn show_account;    /* struct account */

/* UserProfile, as the account of the link sees the person. */
void show_profile(struct simulator *s, struct account *viewer, struct person *p, struct buf *out);
/* AccountOwnerProfile. */
void show_me(const struct account *a, struct buf *out);

/* Adds `"key":"text"`, or null, with a comma before it. */
void show_field(struct buf *out, const char *key, const char *text);

#endif
