#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "tests/simulator/errors.h"
#include "tests/simulator/scenario.h"
#include "tests/simulator/simulator.h"

#include "common/base/banned.h"

#define BASE "/api/v1"

/* "*" is one free segment. A literal segment goes before a free one: the first match counts. */
struct route {
    const char *method;
    const char *pattern;
    const char *name;  /* in the journal, and for faults */
    const char *group; /* for faults */
    route_fn *serve;
};

static void not_implemented(struct simulator *s SAM_UNUSED, struct request *r)
{
    error_answer(r, "feature_not_implemented");
}

static const struct route routes[] = {
    {"POST", "/users/invite", "invite", "invite", write_invite},
    {"POST", "/chats", "chats", "chats", write_start_chat},
    {"POST", "/chats/*/messages", "messages", "messages", write_message},
    {"DELETE", "/users/invite/sent/*", "withdraw", "other", write_withdraw},
    {"GET", "/users/invite/sent", "sent", "other", list_sent},
    {"GET", "/users/invite/received", "received", "other", list_received},
    {"GET", "/users/relations", "relations", "relations", list_relations},
    {"GET", "/users/me", "me", "other", read_me},
    {"GET", "/users/followers", "followers", "other", not_implemented},
    {"GET", "/users/following", "following", "other", not_implemented},
    {"GET", "/users/*", "profile", "profile", read_profile},
    {"GET", "/messages", "list_messages", "messages", list_messages},
    {"GET", "/chats/*/messages", "chat_messages", "messages", list_chat_messages},
    {"GET", "/chats", "list_chats", "other", list_chats},
    {"GET", "/chats/*", "chat", "other", read_chat},
    {"GET", "/chat_attendees/*/chats", "attendee_chats", "other", list_chats_with},
    {"GET", "/accounts", "accounts", "other", read_accounts},
    {"GET", "/accounts/*", "account", "other", read_account},
};

static bool is_write(const struct route *route)
{
    return route->serve == write_invite || route->serve == write_start_chat ||
           route->serve == write_message;
}

/* The free segment is copied to `variable`. */
static bool matches(const char *pattern, const char *path, char variable[REQUEST_ID_BYTES])
{
    while (*pattern) {
        if (*pattern != '*') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t n = strcspn(path, "/");
        if (n == 0 || n >= REQUEST_ID_BYTES)
            return false;
        memcpy(variable, path, n);
        variable[n] = '\0';
        path += n;
        pattern++;
    }
    return *path == '\0';
}

static const struct route *find_route(struct request *r)
{
    static const size_t n = sizeof(BASE) - 1;
    if (strncmp(r->path, BASE, n) != 0)
        return NULL;
    for (size_t i = 0; i < SAM_ARRAY_LEN(routes); i++) {
        if (strcmp(routes[i].method, r->method) == 0 &&
            matches(routes[i].pattern, r->path + n, r->variable))
            return &routes[i];
    }
    return NULL;
}

static bool key_fits(const struct simulator *s, const struct request *r)
{
    if (!r->api_key || !*r->api_key)
        return false;
    return !s->api_key || strcmp(s->api_key, r->api_key) == 0;
}

static void judge(struct simulator *s, const struct request *r, const struct route *route)
{
    struct account *a = *r->account ? world_account(s->world, r->account) : NULL;
    const struct judge_write write = {
        .account = a,
        .person = r->target,
        .is_invitation = route->serve == write_invite,
        .text = r->text,
        .accepted = r->executed,
        .arrived_us = r->arrived_us + s->clock_offset_ms * 1000,
        .at_ms = r->arrived_at_ms,
    };
    judge_write(s->judge, &write);
}

/* A fault that no account check has met: on reads without an account. */
static void meet_fault(struct simulator *s, struct request *r, const struct route *route)
{
    if (!r->fault && !is_write(route) && !*r->account)
        r->fault = faults_take(s->faults, r);
    if (r->fault)
        fault_apply(r->fault, r);
}

static void serve_route(struct simulator *s, struct request *r, const struct route *route)
{
    r->route = route->name;
    r->route_group = route->group;
    if (!key_fits(s, r))
        error_answer(r, "missing_credentials");
    else if (r->body_too_large)
        error_answer(r, "content_too_large");
    else
        route->serve(s, r);
    r->delay_ms = s->latency_ms[0];
    if (s->latency_ms[1] > s->latency_ms[0])
        r->delay_ms += (int64_t)random_below((uint64_t)(s->latency_ms[1] - s->latency_ms[0] + 1));
    meet_fault(s, r, route);
    if (is_write(route))
        judge(s, r, route);
    journal_add(s->journal, r, route->name);
}

bool simulator_knows_route(const char *name)
{
    bool known = strcmp(name, "any") == 0;
    for (size_t i = 0; i < SAM_ARRAY_LEN(routes) && !known; i++)
        known = strcmp(routes[i].name, name) == 0 || strcmp(routes[i].group, name) == 0;
    return known;
}

int64_t simulator_now_ms(const struct simulator *s)
{
    return clock_wall_ms() + s->clock_offset_ms;
}

/* account-1 and so on; the scenario may have described some of them. */
static void add_accounts(struct world *w, int64_t count)
{
    char id[REQUEST_ID_BYTES];
    for (int64_t i = 1; i <= count; i++) {
        (void)snprintf(id, sizeof(id), "account-%lld", (long long)i);
        if (!world_knows_account(w, id))
            (void)world_add_account(w, id);
    }
}

int simulator_begin(struct simulator *s, struct problems *wrong)
{
    world_reset(s->world);
    judge_reset(s->judge);
    journal_reset(s->journal);
    faults_clear(s->faults);
    world_advance(s->world, simulator_now_ms(s));
    if (s->scenario)
        scenario_load(s->world, s->scenario, wrong);
    add_accounts(s->world, s->accounts);
    return problems_any(wrong) ? -EINVAL : 0;
}

void simulator_serve(struct simulator *s, struct request *r)
{
    r->arrived_at_ms += s->clock_offset_ms;
    world_advance(s->world, r->arrived_at_ms);
    const struct route *route = find_route(r);
    if (route) {
        serve_route(s, r, route);
        return;
    }
    if (control_serve(s, r))
        return;
    error_answer_detail(r, "resource_not_found", "Cannot find this route.");
    journal_add(s->journal, r, "unknown");
}
