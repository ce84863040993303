#include "tests/simulator/world.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define TEXT_BLOCK_BYTES 65536
#define ACCOUNT_ID_MAX   128

struct world {
    struct world_options options;
    int64_t now_ms;
    uint64_t messages_number;
    struct timers timers;
    struct world_counts counts;
    GStringChunk *texts;
    GHashTable *accounts; /* id -> struct account */
    GHashTable *by_id;    /* provider id -> struct person */
    GHashTable *by_slug;  /* slug -> struct person */
    GHashTable *scoped;   /* account id and provider id -> struct person */
    GHashTable *links;    /* set of struct link, by its two ends */
    struct list account_list;
    struct list people;
    struct list links_list;
    struct list chats;       /* struct link; the chat's number is its place + 1 */
    struct list invitations; /* likewise */
    struct list messages;    /* to free them */
};

static const char *const status_names[] = {
#define ACCOUNT_STATUS_ROW(id, name) name,
    ACCOUNT_STATUS_MAP(ACCOUNT_STATUS_ROW)
#undef ACCOUNT_STATUS_ROW
};

const char *account_status_name(enum account_status s)
{
    return status_names[s];
}

int account_status_parse(const char *text, enum account_status *ret)
{
    for (int i = 0; i < ACCOUNT_STATUS_N; i++) {
        if (strcmp(text, status_names[i]) == 0) {
            *ret = (enum account_status)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* ---- life ----------------------------------------------------------------------------------- */

static guint link_hash(gconstpointer p)
{
    const struct link *link = p;
    const uint64_t ends[2] = {(uintptr_t)link->account, (uintptr_t)link->person};
    return (guint)id_hash(0, ends, sizeof(ends));
}

static gboolean link_equal(gconstpointer a, gconstpointer b)
{
    const struct link *x = a;
    const struct link *y = b;
    return x->account == y->account && x->person == y->person;
}

static void fill(struct world *w)
{
    w->texts = g_string_chunk_new(TEXT_BLOCK_BYTES);
    w->accounts = g_hash_table_new(g_str_hash, g_str_equal);
    w->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    w->by_slug = g_hash_table_new(g_str_hash, g_str_equal);
    w->scoped = g_hash_table_new(g_str_hash, g_str_equal);
    w->links = g_hash_table_new(link_hash, link_equal);
}

static void free_items(struct list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        free(list->items[i]);
    list_deinit(list);
}

static void drain(struct world *w)
{
    for (uint32_t i = 0; i < w->account_list.count; i++) {
        struct account *a = w->account_list.items[i];
        list_deinit(&a->invitations);
        list_deinit(&a->relations);
        list_deinit(&a->messages);
        list_deinit(&a->chats);
    }
    g_hash_table_destroy(w->accounts);
    g_hash_table_destroy(w->by_id);
    g_hash_table_destroy(w->by_slug);
    g_hash_table_destroy(w->scoped);
    g_hash_table_destroy(w->links);
    free_items(&w->account_list);
    free_items(&w->people);
    free_items(&w->links_list);
    free_items(&w->invitations);
    free_items(&w->messages);
    list_deinit(&w->chats);
    timers_deinit(&w->timers);
    g_string_chunk_free(w->texts);
}

struct world *world_new(const struct world_options *options)
{
    struct world *w = sam_xcalloc(1, sizeof(*w));
    w->options = *options;
    fill(w);
    return w;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    drain(w);
    free(w);
}

void world_reset(struct world *w)
{
    const struct world_options options = w->options;
    drain(w);
    *w = (struct world){.options = options};
    fill(w);
}

const struct world_options *world_options(const struct world *w)
{
    return &w->options;
}

int64_t world_now_ms(const struct world *w)
{
    return w->now_ms;
}

const char *world_keep(struct world *w, const char *text)
{
    return g_string_chunk_insert(w->texts, text);
}

struct world_counts world_counts(const struct world *w)
{
    return w->counts;
}

/* ---- who there is --------------------------------------------------------------------------- */

static void put(GHashTable *table, const char *key, void *value)
{
    (void)g_hash_table_insert(table, (gpointer)(uintptr_t)key, value);
}

struct account *world_add_account(struct world *w, const char *id)
{
    struct account *a = sam_xcalloc(1, sizeof(*a));
    a->id = world_keep(w, id);
    a->premium = w->options.premium;
    a->smallest_gap_ms = -1;
    a->created_at_ms = w->now_ms - 300 * DAY_MS;
    provider_id_of(id, "account", a->provider_id);
    put(w->accounts, a->id, a);
    list_add(&w->account_list, a);
    w->counts.accounts++;
    return a;
}

struct account *world_account(struct world *w, const char *id)
{
    struct account *a = g_hash_table_lookup(w->accounts, id);
    if (a || !w->options.anyone || !*id || strlen(id) > ACCOUNT_ID_MAX)
        return a;
    return world_add_account(w, id);
}

bool world_knows_account(const struct world *w, const char *id)
{
    return g_hash_table_contains(w->accounts, id);
}

bool world_knows_slug(const struct world *w, const char *slug)
{
    return g_hash_table_contains(w->by_slug, slug);
}

bool world_knows_id(const struct world *w, const char *provider_id)
{
    return g_hash_table_contains(w->by_id, provider_id);
}

const struct list *world_accounts(const struct world *w)
{
    return &w->account_list;
}

const struct list *world_people(const struct world *w)
{
    return &w->people;
}

struct person *world_add_person(struct world *w, const char *slug, const char *provider_id)
{
    char made[PROVIDER_ID_BYTES];
    struct person *p = sam_xcalloc(1, sizeof(*p));
    if (!provider_id) {
        provider_id_of(slug, NULL, made);
        provider_id = made;
    }
    p->provider_id = world_keep(w, provider_id);
    p->degree = 2;
    p->accept_after_ms = id_chance(p->provider_id, "accept", w->options.accept_percent)
                             ? w->options.accept_after_ms
                             : -1;
    p->reply_after_ms = id_chance(p->provider_id, "reply", w->options.reply_percent)
                            ? w->options.reply_after_ms
                            : -1;
    put(w->by_id, p->provider_id, p);
    if (slug) {
        p->slug = world_keep(w, slug);
        put(w->by_slug, p->slug, p);
    }
    list_add(&w->people, p);
    w->counts.people++;
    return p;
}

void world_add_former_slug(struct world *w, struct person *p, const char *slug)
{
    put(w->by_slug, world_keep(w, slug), p);
}

struct person *world_person_by_slug(struct world *w, const char *slug)
{
    char id[PROVIDER_ID_BYTES];
    struct person *p = g_hash_table_lookup(w->by_slug, slug);
    if (p || !w->options.anyone || !*slug)
        return p;
    provider_id_of(slug, NULL, id);
    p = g_hash_table_lookup(w->by_id, id);
    if (!p) {
        p = world_add_person(w, slug, id);
        p->anyone = true;
        return p;
    }
    p->slug = world_keep(w, slug);
    put(w->by_slug, p->slug, p);
    return p;
}

static char *scoped_key(const struct account *viewer, const char *id)
{
    return sam_xasprintf("%s %s", viewer->id, id);
}

struct person *world_person_by_id(struct world *w, const struct account *viewer, const char *id)
{
    if (w->options.viewer_scoped) {
        char *key SAM_CLEANUP(freep) = scoped_key(viewer, id);
        return g_hash_table_lookup(w->scoped, key);
    }
    struct person *p = g_hash_table_lookup(w->by_id, id);
    if (p || !w->options.anyone || !provider_id_looks_right(id))
        return p;
    p = world_add_person(w, NULL, id);
    p->anyone = true;
    return p;
}

const char *world_provider_id(struct world *w, const struct account *viewer, struct person *p)
{
    char id[PROVIDER_ID_BYTES];
    if (!w->options.viewer_scoped)
        return p->provider_id;
    provider_id_of(p->provider_id, viewer->id, id);
    char *key SAM_CLEANUP(freep) = scoped_key(viewer, id);
    gpointer known = NULL;
    if (!g_hash_table_lookup_extended(w->scoped, key, &known, NULL)) {
        known = (gpointer)(uintptr_t)world_keep(w, key);
        put(w->scoped, known, p);
    }
    return (const char *)known + strlen(viewer->id) + 1;
}

bool world_connected(const struct link *link, const struct person *p)
{
    return link ? link->connected : p->degree == 1;
}

struct link *world_find_link(struct world *w, struct account *a, struct person *p)
{
    const struct link key = {.account = a, .person = p};
    return g_hash_table_lookup(w->links, &key);
}

struct link *world_link(struct world *w, struct account *a, struct person *p)
{
    struct link *link = world_find_link(w, a, p);
    if (link)
        return link;
    link = sam_xcalloc(1, sizeof(*link));
    link->account = a;
    link->person = p;
    link->connected = p->degree == 1;
    link->accepts.link = link;
    link->replies = (struct happening){.link = link, .is_reply = true};
    (void)g_hash_table_add(w->links, link);
    list_add(&w->links_list, link);
    return link;
}

struct link *world_group(struct world *w, struct link *link)
{
    if (!link->in_group) {
        link->in_group = sam_xcalloc(1, sizeof(*link));
        link->in_group->account = link->account;
        link->in_group->person = link->person;
        link->in_group->group = true;
        list_add(&w->links_list, link->in_group);
    }
    return link->in_group;
}

struct link *world_chat(struct world *w, const char *chat_id)
{
    uint64_t number;
    if (id_parse(ID_CHAT, chat_id, &number) != 0 || number == 0 || number > w->chats.count)
        return NULL;
    return w->chats.items[number - 1];
}

struct invitation *world_invitation(struct world *w, const char *invitation_id)
{
    uint64_t number;
    if (invitation_id_parse(invitation_id, &number) != 0 || number == 0 ||
        number > w->invitations.count)
        return NULL;
    return w->invitations.items[number - 1];
}

/* ---- what happens --------------------------------------------------------------------------- */

struct invitation *world_invite(struct world *w, struct link *link, const char *note)
{
    struct invitation *i = sam_xcalloc(1, sizeof(*i));
    list_add(&w->invitations, i);
    i->number = w->invitations.count;
    i->link = link;
    i->note = *note ? world_keep(w, note) : "";
    i->at_ms = w->now_ms;
    list_add(&link->account->invitations, i);
    link->account->pending++;
    link->invitation = i;
    w->counts.invitations++;
    w->counts.pending++;
    if (link->person->accept_after_ms >= 0)
        timers_set(&w->timers, &link->accepts.node, w->now_ms + link->person->accept_after_ms);
    return i;
}

static void end_pending(struct world *w, struct link *link, enum invitation_state state)
{
    timers_remove(&w->timers, &link->accepts.node);
    link->invitation->state = state;
    link->account->pending--;
    w->counts.pending--;
}

static void plan_reply(struct world *w, struct link *link)
{
    if (link->person->reply_after_ms < 0 || link->replied || link->replies.node.place)
        return;
    timers_set(&w->timers, &link->replies.node, w->now_ms + link->person->reply_after_ms);
}

void world_accept(struct world *w, struct link *link)
{
    struct invitation *i = link->invitation;
    if (!i || i->state != INVITATION_PENDING)
        return;
    end_pending(w, link, INVITATION_ACCEPTED);
    world_relate(w, link, w->now_ms);
    if (*i->note)
        world_say(w, link, i->note, true)->is_note = true;
}

void world_withdraw(struct world *w, struct link *link)
{
    if (!link->invitation || link->invitation->state != INVITATION_PENDING)
        return;
    end_pending(w, link, INVITATION_WITHDRAWN);
    link->invitation->withdrawn_at_ms = w->now_ms;
}

void world_relate(struct world *w, struct link *link, int64_t at_ms)
{
    if (link->related_at_ms)
        return;
    link->connected = true;
    link->related_at_ms = at_ms;
    list_add(&link->account->relations, link);
    w->counts.relations++;
}

struct message *world_say(struct world *w, struct link *link, const char *text, bool from_me)
{
    struct message *m = sam_xcalloc(1, sizeof(*m));
    if (!link->chat) {
        list_add(&w->chats, link);
        list_add(&link->account->chats, link);
        link->chat = w->chats.count;
        link->chat_at_ms = w->now_ms;
        w->counts.chats++;
    }
    list_add(&w->messages, m);
    m->number = ++w->messages_number;
    m->link = link;
    m->older = link->newest;
    m->text = world_keep(w, text);
    m->at_ms = w->now_ms;
    m->from_me = from_me;
    link->newest = m;
    list_add(&link->account->messages, m);
    if (from_me) {
        w->counts.messages_sent++;
        plan_reply(w, link);
    } else {
        w->counts.messages_received++;
        link->replied = true;
        timers_remove(&w->timers, &link->replies.node);
    }
    return m;
}

/* ---- time ----------------------------------------------------------------------------------- */

static void happen(struct world *w, const struct happening *h)
{
    struct link *link = h->link;
    const char *text = link->person->reply_text;
    if (h->is_reply)
        world_say(w, link, text ? text : "Thank you for your message.", false);
    else
        world_accept(w, link);
}

void world_advance(struct world *w, int64_t now_ms)
{
    struct timer_node *first;
    while ((first = timers_first(&w->timers)) && first->at_ms <= now_ms) {
        union {
            struct timer_node *in;
            struct happening *out;
        } found = {.in = first};
        if (first->at_ms > w->now_ms)
            w->now_ms = first->at_ms;
        timers_remove(&w->timers, first);
        happen(w, found.out);
    }
    if (now_ms > w->now_ms)
        w->now_ms = now_ms;
}
