#include <stdio.h>
#include <string.h>

#include "tests/simulator/simulator.h"

#include "common/base/banned.h"

#define JOURNAL_PAGE 10000

static void refuse(struct request *r, unsigned status, const char *why)
{
    r->status = status;
    buf_reset(&r->answer);
    buf_adds(&r->answer, "{\"error\":");
    buf_add_json(&r->answer, why);
    buf_addc(&r->answer, '}');
}

/* ---- GET ------------------------------------------------------------------------------------ */

static void audit(struct simulator *s, struct request *r)
{
    const int64_t range[2] = {0, JUDGE_SPACING_MAX_MS};
    int64_t spacing_ms;
    if (request_query_number(r, "spacing_ms", 0, range, &spacing_ms) != 0) {
        refuse(r, 400, "spacing_ms is a number from 0 to 600000");
        return;
    }
    judge_audit(s->judge, world_accounts(s->world), spacing_ms, &r->answer);
}

static void journal(struct simulator *s, struct request *r)
{
    const int64_t range[2] = {0, INT64_MAX};
    const int64_t limits[2] = {1, JOURNAL_PAGE};
    int64_t after;
    int64_t limit;
    if (request_query_number(r, "after", 0, range, &after) != 0 ||
        request_query_number(r, "limit", JOURNAL_PAGE, limits, &limit) != 0) {
        refuse(r, 400, "after is a number, limit one from 1 to 10000");
        return;
    }
    journal_read(s->journal, (uint64_t)after, (uint64_t)limit, &r->answer);
}

static void state(struct simulator *s, struct request *r)
{
    const struct world_counts c = world_counts(s->world);
    buf_addf(&r->answer,
             "{\"accounts\":%zu,\"people\":%zu,\"invitations\":%zu,\"pending\":%zu,"
             "\"relations\":%zu,\"chats\":%zu,\"messages_sent\":%zu,\"messages_received\":%zu,"
             "\"now_ms\":%lld}",
             c.accounts, c.people, c.invitations, c.pending, c.relations, c.chats, c.messages_sent,
             c.messages_received, (long long)world_now_ms(s->world));
}

static void reset(struct simulator *s, struct request *r)
{
    world_reset(s->world);
    judge_reset(s->judge);
    journal_reset(s->journal);
    buf_adds(&r->answer, "{}");
}

static const struct {
    const char *method;
    const char *path;
    route_fn *serve;
} routes[] = {
    {"GET", "/audit", audit},
    {"GET", "/journal", journal},
    {"GET", "/state", state},
    {"POST", "/reset", reset},
};

bool control_serve(struct simulator *s, struct request *r)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(routes); i++) {
        if (strcmp(routes[i].path, r->path) != 0 || strcmp(routes[i].method, r->method) != 0)
            continue;
        r->status = 200;
        routes[i].serve(s, r);
        return true;
    }
    return false;
}
