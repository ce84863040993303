/* tests/simulator/simulator.h - the parts that one call may need, and how a call is answered. */
#ifndef SAM_SIMULATOR_SIMULATOR_H
#define SAM_SIMULATOR_SIMULATOR_H

#include "tests/simulator/faults.h"
#include "tests/simulator/http.h"
#include "tests/simulator/journal.h"
#include "tests/simulator/judge.h"
#include "tests/simulator/request.h"
#include "tests/simulator/world.h"

struct simulator {
    struct world *world;
    struct judge *judge;
    struct journal *journal;
    struct faults *faults;
    struct http *http;    /* borrowed */
    const char *scenario; /* NULL = none */
    int64_t accounts;     /* so many exist without being described */
    const char *api_key;  /* NULL = any key that is not empty */
    int64_t latency_ms[2];
    int64_t clock_offset_ms;
};

/* The simulator's clock. */
int64_t simulator_now_ms(const struct simulator *s);

/* Begins anew: an empty world, then what the scenario describes and the options ask for. 0 done;
 * -EINVAL, and wrong says what is wrong with the scenario. */
SAM_MUSTCHECK int simulator_begin(struct simulator *s, struct problems *wrong);

/* Whether faults can be for it: a route's name, a group of them, or "any". */
bool simulator_knows_route(const char *name);

/* Answers the call: fills its status, answer, delivery and delay, and writes it down. */
void simulator_serve(struct simulator *s, struct request *r);

typedef void route_fn(struct simulator *s, struct request *r);

/* ---- writes.c ---- */
void write_invite(struct simulator *s, struct request *r);
void write_start_chat(struct simulator *s, struct request *r);
void write_message(struct simulator *s, struct request *r);
void write_withdraw(struct simulator *s, struct request *r);

/* ---- reads.c, lists.c ---- */
void read_profile(struct simulator *s, struct request *r);
void read_me(struct simulator *s, struct request *r);
void read_accounts(struct simulator *s, struct request *r);
void read_account(struct simulator *s, struct request *r);
void read_chat(struct simulator *s, struct request *r);
void list_relations(struct simulator *s, struct request *r);
void list_sent(struct simulator *s, struct request *r);
void list_received(struct simulator *s, struct request *r);
void list_chats(struct simulator *s, struct request *r);
void list_chats_with(struct simulator *s, struct request *r);
void list_messages(struct simulator *s, struct request *r);
void list_chat_messages(struct simulator *s, struct request *r);

/* ---- control.c: what the tests ask, outside of the API ---- */
/* false = no such route */
bool control_serve(struct simulator *s, struct request *r);

/* ---- check.c: what all routes ask first ---- */

/* The account of that id if it can be used now. NULL = answered: 400 absent, 404, 401, 403. */
struct account *check_account(struct simulator *s, struct request *r, const char *id);
/* The same for the account_id of the query. */
struct account *check_query_account(struct simulator *s, struct request *r);

#endif
