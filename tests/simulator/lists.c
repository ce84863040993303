#include <string.h>

#include "common/base/clock.h"
#include "tests/simulator/errors.h"
#include "tests/simulator/page.h"
#include "tests/simulator/show.h"
#include "tests/simulator/simulator.h"

#include "common/base/banned.h"

/* How a list that is ordered by time, oldest first, is read from its newest end. */
struct reading {
    const char *object;
    int64_t (*at_ms)(const void *item);
    bool (*fits)(const void *item, const char *wanted); /* NULL = all */
    const char *wanted;
    show_fn *show;
    bool by_index; /* the place counts from the newest item, else it is the item's own */
};

static bool visible(struct simulator *s, const struct page *page, const struct reading *how,
                    const void *item)
{
    int64_t at_ms = how->at_ms(item);
    return at_ms > page->after_ms && at_ms < page->before_ms &&
           at_ms + world_options(s->world)->lag_ms <= world_now_ms(s->world) &&
           (!how->fits || how->fits(item, how->wanted));
}

static void begin(struct request *r, const char *object)
{
    r->status = 200;
    buf_adds(&r->answer, "{\"object\":\"");
    buf_adds(&r->answer, object);
    buf_adds(&r->answer, "\",\"items\":[");
}

/* A page that is being written. */
struct sheet {
    struct request *r;
    const struct page *page;
    int64_t shown;
    int64_t next; /* place of the first item that does not fit; 0 = all fit */
};

/* false: it is full. */
static bool put(struct simulator *s, struct sheet *sheet, show_fn *show, const void *item,
                int64_t place)
{
    if (sheet->shown == sheet->page->limit) {
        sheet->next = place;
        return false;
    }
    if (sheet->shown++)
        buf_addc(&sheet->r->answer, ',');
    show(s, item, &sheet->r->answer);
    return true;
}

static void end(struct sheet *sheet)
{
    buf_addc(&sheet->r->answer, ']');
    page_end(sheet->r, sheet->page, sheet->next);
}

static void read_list(struct simulator *s, struct request *r, const struct page *page,
                      const struct reading *how, const struct list *list)
{
    struct sheet sheet = {.r = r, .page = page};
    int64_t skip = how->by_index ? page->place : 0;
    uint32_t i = list->count;
    if (!how->by_index && page->place && page->place < i)
        i = (uint32_t)page->place;
    begin(r, how->object);
    for (; i > 0; i--) {
        const void *item = list->items[i - 1];
        if (how->at_ms(item) <= page->after_ms)
            break;
        if (!visible(s, page, how, item) || skip-- > 0)
            continue;
        if (!put(s, &sheet, how->show, item, how->by_index ? page->place + sheet.shown : i))
            break;
    }
    end(&sheet);
}

/* ---- relations and invitations -------------------------------------------------------------- */

static int64_t related_at(const void *item)
{
    return ((const struct link *)item)->related_at_ms;
}

void list_relations(struct simulator *s, struct request *r)
{
    static const struct page_limits limits = {.max = 1000, .usual = 100};
    static const struct reading how = {.object = "UserRelationsList",
                                       .at_ms = related_at,
                                       .show = show_relation,
                                       .by_index = true};
    struct page page;
    struct account *a = check_query_account(s, r);
    if (a && page_read(r, &limits, &page))
        read_list(s, r, &page, &how, &a->relations);
}

static const struct page_limits invitation_limits = {.max = 100, .usual = 10};

static int64_t invited_at(const void *item)
{
    return ((const struct invitation *)item)->at_ms;
}

static bool is_pending(const void *item, const char *wanted SAM_UNUSED)
{
    return ((const struct invitation *)item)->state == INVITATION_PENDING;
}

void list_sent(struct simulator *s, struct request *r)
{
    static const struct reading how = {.object = "InvitationList",
                                       .at_ms = invited_at,
                                       .fits = is_pending,
                                       .show = show_invitation,
                                       .by_index = true};
    struct page page;
    struct account *a = check_query_account(s, r);
    if (a && page_read(r, &invitation_limits, &page))
        read_list(s, r, &page, &how, &a->invitations);
}

/* Nobody invites our accounts. */
void list_received(struct simulator *s, struct request *r)
{
    struct page page;
    if (!check_query_account(s, r) || !page_read(r, &invitation_limits, &page))
        return;
    begin(r, "InvitationList");
    buf_addc(&r->answer, ']');
    page_end(r, &page, 0);
}

/* ---- chats and messages --------------------------------------------------------------------- */

static const struct page_limits chat_limits = {.max = 250, .usual = 100};

static int64_t chat_at(const void *item)
{
    return ((const struct link *)item)->chat_at_ms;
}

static int64_t said_at(const void *item)
{
    return ((const struct message *)item)->at_ms;
}

static bool is_said_by(const void *item, const char *wanted)
{
    const struct message *m = item;
    const char *sender = m->from_me ? m->link->account->provider_id : m->link->person->provider_id;
    return !wanted || strcmp(sender, wanted) == 0;
}

void list_chats(struct simulator *s, struct request *r)
{
    static const struct reading how = {.object = "ChatList", .at_ms = chat_at, .show = show_chat};
    struct page page;
    struct account *a = check_query_account(s, r);
    if (a && page_read(r, &chat_limits, &page))
        read_list(s, r, &page, &how, &a->chats);
}

void list_messages(struct simulator *s, struct request *r)
{
    struct reading how = {
        .object = "MessageList", .at_ms = said_at, .fits = is_said_by, .show = show_message};
    struct page page;
    struct account *a = check_query_account(s, r);
    how.wanted = request_query(r, "sender_id");
    if (a && page_read(r, &chat_limits, &page))
        read_list(s, r, &page, &how, &a->messages);
}

/* The account_id is advisable there, not required. */
static bool refused_account(struct simulator *s, struct request *r, struct account **ret)
{
    *ret = NULL;
    if (!request_query(r, "account_id"))
        return false;
    *ret = check_query_account(s, r);
    return *ret == NULL;
}

void list_chats_with(struct simulator *s, struct request *r)
{
    struct account *a;
    struct page page;
    if (refused_account(s, r, &a) || !page_read(r, &chat_limits, &page))
        return;
    struct person *p = a ? world_person_by_id(s->world, a, r->variable) : NULL;
    struct link *link = p ? world_find_link(s->world, a, p) : NULL;
    if (!link || !link->chat ||
        link->chat_at_ms + world_options(s->world)->lag_ms > world_now_ms(s->world)) {
        error_not_found(r, "Attendee not found");
        return;
    }
    begin(r, "ChatList");
    show_chat(s, link, &r->answer);
    buf_addc(&r->answer, ']');
    page_end(r, &page, 0);
}

void list_chat_messages(struct simulator *s, struct request *r)
{
    static const struct reading how = {.at_ms = said_at};
    struct account *a;
    struct page page;
    if (refused_account(s, r, &a) || !page_read(r, &chat_limits, &page))
        return;
    struct link *link = world_chat(s->world, r->variable);
    if (!link || (a && link->account != a)) {
        error_not_found(r, "Chat not found");
        return;
    }
    struct sheet sheet = {.r = r, .page = &page};
    begin(r, "MessageList");
    for (const struct message *m = link->newest; m; m = m->older) {
        if ((page.place && (int64_t)m->number > page.place) || !visible(s, &page, &how, m))
            continue;
        if (!put(s, &sheet, show_message, m, (int64_t)m->number))
            break;
    }
    end(&sheet);
}

void read_chat(struct simulator *s, struct request *r)
{
    struct account *a;
    if (refused_account(s, r, &a))
        return;
    struct link *link = world_chat(s->world, r->variable);
    if (!link || (a && link->account != a)) {
        error_not_found(r, "Chat not found");
        return;
    }
    r->status = 200;
    show_chat(s, link, &r->answer);
}
