#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/simulator/errors.h"
#include "tests/simulator/page.h"
#include "tests/simulator/show.h"
#include "tests/simulator/simulator.h"

#include "common/base/banned.h"

/* There is no route /users/profile: "profile" is read as a public name, and somebody has it. That
 * stranger's invitation is withdrawn, as it was seen with real accounts. */
static void meet_stranger(struct simulator *s, struct account *a, struct person *p)
{
    struct link *link = world_link(s->world, a, p);
    if (link->invitation)
        return;
    p->accept_after_ms = -1;
    (void)world_invite(s->world, link, "");
    world_withdraw(s->world, link);
}

static struct person *find_person(struct simulator *s, const struct account *a,
                                  const char *identifier)
{
    if (provider_id_looks_right(identifier)) {
        struct person *p = world_person_by_id(s->world, a, identifier);
        if (p)
            return p;
    }
    return world_person_by_slug(s->world, identifier);
}

void read_profile(struct simulator *s, struct request *r)
{
    static const char stranger[] = "profile";
    struct account *a = check_query_account(s, r);
    if (!a)
        return;
    struct person *p = find_person(s, a, r->variable);
    if (strcmp(r->variable, stranger) == 0) {
        if (!p)
            p = world_add_person(s->world, stranger, NULL);
        meet_stranger(s, a, p);
    }
    if (!p) {
        error_not_found(r, "User not found");
        return;
    }
    (void)snprintf(r->person, sizeof(r->person), "%s", p->provider_id);
    if (p->locked) {
        error_answer(r, "invalid_recipient");
        return;
    }
    r->status = 200;
    show_profile(s, a, p, &r->answer);
}

void read_me(struct simulator *s, struct request *r)
{
    const struct account *a = check_query_account(s, r);
    if (!a)
        return;
    r->status = 200;
    show_me(a, &r->answer);
}

void read_account(struct simulator *s, struct request *r)
{
    const struct account *a = world_account(s->world, r->variable);
    if (!a) {
        error_not_found(r, "Account not found");
        return;
    }
    r->status = 200;
    show_account(s, a, &r->answer);
}

void read_accounts(struct simulator *s, struct request *r)
{
    static const struct page_limits limits = {.max = 250, .usual = 100};
    const struct list *all = world_accounts(s->world);
    struct page page;
    if (!page_read(r, &limits, &page))
        return;
    uint32_t i = (uint32_t)page.place;
    int64_t shown = 0;
    r->status = 200;
    buf_adds(&r->answer, "{\"object\":\"AccountList\",\"items\":[");
    for (; i < all->count && shown < page.limit; i++) {
        if (shown++)
            buf_addc(&r->answer, ',');
        show_account(s, all->items[i], &r->answer);
    }
    buf_addc(&r->answer, ']');
    page_end(r, &page, i < all->count ? i : 0);
}
