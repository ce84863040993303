/* tests/simulator/world.h - accounts, people, and what stands between them, in memory.
 *
 * One thread. Time comes in by world_advance(), which lets everything happen that was due by then
 * (acceptances, replies), in order of time; so all lists of an account are ordered by time without
 * sorting, and what a caller sees depends only on the calls and their times. Pointers to accounts,
 * people and links stay valid until world_reset(). */
#ifndef SAM_SIMULATOR_WORLD_H
#define SAM_SIMULATOR_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/timers.h"
#include "tests/simulator/ids.h"
#include "tests/simulator/list.h"

#define ACCOUNT_STATUS_MAP(X)                                                                      \
    X(ACCOUNT_OK, "OK")                                                                            \
    X(ACCOUNT_CREDENTIALS, "CREDENTIALS") /* logged out */                                         \
    X(ACCOUNT_CHECKPOINT, "CHECKPOINT")   /* LinkedIn wants a person to prove something */         \
    X(ACCOUNT_RESTRICTED, "RESTRICTED")

#define ACCOUNT_STATUS_ROW(id, name) id,
enum account_status { ACCOUNT_STATUS_MAP(ACCOUNT_STATUS_ROW) ACCOUNT_STATUS_N };
#undef ACCOUNT_STATUS_ROW

const char *account_status_name(enum account_status s);
/* 0 done, -EINVAL. */
SAM_MUSTCHECK int account_status_parse(const char *text, enum account_status *ret);

/* Limits of one account; 0 = none. */
struct quota {
    uint32_t invites_per_day;
    uint32_t invites_per_week;
    uint32_t notes_per_month;
    uint32_t pending_max;
};

struct account {
    const char *id;
    char provider_id[PROVIDER_ID_BYTES]; /* its own member */
    bool premium;
    enum account_status status;
    int64_t created_at_ms;
    struct quota quota;
    uint32_t pending;
    struct list invitations; /* struct invitation, oldest first, of every state */
    struct list relations;   /* struct link, oldest first */
    struct list messages;    /* struct message, oldest first */
    struct list chats;       /* struct link, oldest first */
    /* the judge's */
    int64_t last_write_us;   /* on the simulator's clock */
    int64_t smallest_gap_ms; /* -1 = no two writes yet */
    int64_t smallest_gap_at_ms;
    int64_t day;              /* of its newest write, in UTC, counted from 1970 */
    uint32_t day_writes;      /* on that day, refused ones too */
    uint32_t day_invitations; /* that took effect */
    uint32_t day_messages;    /* likewise */
};

struct person {
    const char *slug; /* NULL = only the provider id was ever seen */
    const char *provider_id;
    const char *relation_id; /* member_id among the relations, NULL = as provider_id */
    const char *first_name;  /* NULL = made from the slug */
    const char *last_name;
    const char *reply_text;
    const char *refuse_invitation; /* error type that answers, NULL = none */
    const char *refuse_message;
    int degree; /* 1, 2, 3; 0 = out of the network */
    bool locked;
    bool anyone;             /* invented on first sight */
    int64_t accept_after_ms; /* -1 = never */
    int64_t reply_after_ms;  /* -1 = never */
    /* the judge's */
    uint32_t times_invited;           /* over all accounts */
    const struct account *contact_of; /* who reached this person first; NULL = nobody yet */
};

enum invitation_state { INVITATION_PENDING, INVITATION_ACCEPTED, INVITATION_WITHDRAWN };

struct invitation {
    uint64_t number;
    struct link *link;
    const char *note; /* "" = none */
    enum invitation_state state;
    int64_t at_ms;
    int64_t withdrawn_at_ms;
};

/* Something that is going to happen between the two of a link. */
struct happening {
    struct timer_node node; /* first: the happening is found from it */
    struct link *link;
    bool is_reply;
};

/* One account and one person. */
struct link {
    struct happening accepts;
    struct happening replies;
    struct account *account;
    struct person *person;
    struct invitation *invitation; /* the newest; NULL = none */
    int64_t related_at_ms;         /* 0 = not in the list of relations */
    bool connected;
    bool replied;
    bool inmail;
    bool group;            /* only a chat, with others as well; hangs at the link of both */
    struct link *in_group; /* NULL = none */
    uint64_t chat;         /* 0 = none */
    int64_t chat_at_ms;
    struct message *newest;
};

struct message {
    uint64_t number;
    struct link *link;
    struct message *older; /* in this chat */
    const char *text;
    int64_t at_ms;
    bool from_me;
    bool is_note;
};

struct world_options {
    bool anyone;
    bool viewer_scoped; /* a person's provider id differs per account */
    bool premium;       /* of accounts that anyone invents */
    int accept_percent;
    int64_t accept_after_ms;
    int reply_percent;
    int64_t reply_after_ms;
    int64_t lag_ms; /* lists show what is at least this old */
};

struct world;

struct world *world_new(const struct world_options *options);
void world_free(struct world *w);
SAM_DEFINE_FREEP(world)
/* Forgets everything; the options stay. */
void world_reset(struct world *w);

const struct world_options *world_options(const struct world *w);
/* Lets happen what is due by then; earlier than before is taken as the same moment. */
void world_advance(struct world *w, int64_t now_ms);
int64_t world_now_ms(const struct world *w);
/* A copy of the text that lives as long as the world's content. */
const char *world_keep(struct world *w, const char *text);

/* ---- who there is ------------------------------------------------------------------------- */

/* The account, NULL = unknown. With "anyone" every id that looks like one exists. */
struct account *world_account(struct world *w, const char *id);
struct account *world_add_account(struct world *w, const char *id);
const struct list *world_accounts(const struct world *w);

/* Whether it was described or met before; invents nobody. */
bool world_knows_account(const struct world *w, const char *id);
bool world_knows_slug(const struct world *w, const char *slug);
bool world_knows_id(const struct world *w, const char *provider_id);

/* The person behind what this account calls so; NULL = unknown. */
struct person *world_person_by_id(struct world *w, const struct account *viewer, const char *id);
struct person *world_person_by_slug(struct world *w, const char *slug);
/* provider_id NULL = made from the slug. */
struct person *world_add_person(struct world *w, const char *slug, const char *provider_id);
/* One more public name, which this person gave up: it still leads there. */
void world_add_former_slug(struct world *w, struct person *p, const char *slug);
const struct list *world_people(const struct world *w);
/* How this account sees the person; from then on it may use that id. */
const char *world_provider_id(struct world *w, const struct account *viewer, struct person *p);

/* link may be NULL: nothing happened between them, but they may have known each other before. */
bool world_connected(const struct link *link, const struct person *p);
/* What is between them, NULL = nothing yet. */
struct link *world_find_link(struct world *w, struct account *a, struct person *p);
struct link *world_link(struct world *w, struct account *a, struct person *p);
/* The link of a chat's id; NULL = no such chat. */
struct link *world_chat(struct world *w, const char *chat_id);
struct invitation *world_invitation(struct world *w, const char *invitation_id);

/* ---- what happens ------------------------------------------------------------------------- */

/* The invitation is pending from now on; its acceptance is planned if the person is of that kind.
 * note "" = none. */
struct invitation *world_invite(struct world *w, struct link *link, const char *note);
/* A pending one is accepted now: a relation, and with a note a chat that begins with it. */
void world_accept(struct world *w, struct link *link);
/* A pending one is withdrawn now. */
void world_withdraw(struct world *w, struct link *link);
/* They are connected since then, without an invitation. */
void world_relate(struct world *w, struct link *link, int64_t at_ms);
/* The link of a chat in which the person, the account and others are. */
struct link *world_group(struct world *w, struct link *link);
/* A message now, in the chat of both, which begins when there is none. */
struct message *world_say(struct world *w, struct link *link, const char *text, bool from_me);

/* ---- how much there is -------------------------------------------------------------------- */

struct world_counts {
    size_t accounts;
    size_t people;
    size_t invitations;
    size_t pending;
    size_t relations;
    size_t chats;
    size_t messages_sent;
    size_t messages_received;
};

struct world_counts world_counts(const struct world *w);

#endif
