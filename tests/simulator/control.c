#include <json-c/json.h>
#include <string.h>

#include "tests/simulator/fields.h"
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
    const int64_t spacing[2] = {0, JUDGE_SPACING_MAX_MS};
    const int64_t cap[2] = {0, JUDGE_CAP_MAX};
    struct judge_bounds bounds;
    if (request_query_number(r, "spacing_ms", 0, spacing, &bounds.spacing_ms) != 0 ||
        request_query_number(r, "daily_cap", JUDGE_CAP_MAX, cap, &bounds.daily_cap) != 0) {
        refuse(r, 400, "spacing_ms is a number from 0 to 600000, daily_cap one from 0 to 100000");
        return;
    }
    judge_audit(s->judge, world_accounts(s->world), &bounds, &r->answer);
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

/* ---- POST ----------------------------------------------------------------------------------- */

static void done(struct request *r)
{
    buf_adds(&r->answer, "{}");
}

/* true when nothing is wrong, else it is answered. Ends the problems. */
static bool fine(struct request *r, struct problems *wrong)
{
    bool any = problems_any(wrong);
    if (any)
        refuse(r, 400, wrong->lines[0]);
    problems_deinit(wrong);
    return !any;
}

static struct json_object *read_body(struct request *r)
{
    r->json = json_tokener_parse(buf_text(&r->body)); /* the request's end frees it */
    return r->json;
}

/* Reads the body by the table; false = answered. */
static bool read_fields(struct request *r, const struct field *fields, size_t count)
{
    struct problems wrong = PROBLEMS_INIT;
    fields_read(read_body(r), "body", fields, count, &wrong);
    return fine(r, &wrong);
}

static void reset(struct simulator *s, struct request *r)
{
    struct problems wrong = PROBLEMS_INIT;
    http_release(s->http);
    s->clock_offset_ms = 0;
    (void)!simulator_begin(s, &wrong);
    if (fine(r, &wrong))
        done(r);
}

static void add_fault(struct simulator *s, struct request *r)
{
    struct problems wrong = PROBLEMS_INIT;
    faults_add(s->faults, read_body(r), &wrong);
    if (fine(r, &wrong))
        done(r);
}

static void list_faults(struct simulator *s, struct request *r)
{
    faults_list(s->faults, &r->answer);
}

static void clear_faults(struct simulator *s, struct request *r)
{
    faults_clear(s->faults);
    http_release(s->http);
    done(r);
}

/* Both ends by their names: the person's is the slug or the provider id. NULL = answered. */
static struct link *find_link(struct simulator *s, struct request *r, const char *account,
                              const char *person)
{
    struct account *a = world_account(s->world, account);
    struct person *p = NULL;
    if (a && provider_id_looks_right(person))
        p = world_person_by_id(s->world, a, person);
    if (a && !p)
        p = world_person_by_slug(s->world, person);
    if (!p) {
        refuse(r, 404, a ? "no such person" : "no such account");
        return NULL;
    }
    return world_link(s->world, a, p);
}

static void accept_now(struct simulator *s, struct request *r)
{
    const char *account = NULL;
    const char *person = NULL;
    const struct field fields[] = {{"account", &account, 0, FIELD_TEXT, true},
                                   {"person", &person, 0, FIELD_TEXT, true}};
    if (!read_fields(r, fields, SAM_ARRAY_LEN(fields)))
        return;
    struct link *link = find_link(s, r, account, person);
    if (!link)
        return;
    if (!link->invitation || link->invitation->state != INVITATION_PENDING) {
        refuse(r, 409, "no invitation of this account is pending there");
        return;
    }
    world_accept(s->world, link);
    done(r);
}

static void reply_now(struct simulator *s, struct request *r)
{
    const char *account = NULL;
    const char *person = NULL;
    const char *text = NULL;
    bool group = false;
    const struct field fields[] = {{"account", &account, 0, FIELD_TEXT, true},
                                   {"person", &person, 0, FIELD_TEXT, true},
                                   {"text", &text, 0, FIELD_TEXT, true},
                                   {"group", &group, 0, FIELD_FLAG, false}};
    if (!read_fields(r, fields, SAM_ARRAY_LEN(fields)))
        return;
    struct link *link = find_link(s, r, account, person);
    if (!link)
        return;
    (void)world_say(s->world, group ? world_group(s->world, link) : link, text, false);
    done(r);
}

static void change_account(struct simulator *s, struct request *r)
{
    const char *id = NULL;
    const char *status = NULL;
    const struct field fields[] = {{"account", &id, 0, FIELD_TEXT, true},
                                   {"status", &status, 0, FIELD_TEXT, true}};
    if (!read_fields(r, fields, SAM_ARRAY_LEN(fields)))
        return;
    struct account *a = world_account(s->world, id);
    if (!a)
        refuse(r, 404, "no such account");
    else if (account_status_parse(status, &a->status) != 0)
        refuse(r, 400, "status is OK, CREDENTIALS, CHECKPOINT or RESTRICTED");
    else
        done(r);
}

static void advance_clock(struct simulator *s, struct request *r)
{
    int64_t by_ms = 0;
    const struct field fields[] = {{"advance_ms", &by_ms, 0, FIELD_NUMBER, true}};
    if (!read_fields(r, fields, SAM_ARRAY_LEN(fields)))
        return;
    s->clock_offset_ms += by_ms;
    world_advance(s->world, simulator_now_ms(s));
    done(r);
}

static const struct {
    const char *method;
    const char *path;
    route_fn *serve;
} routes[] = {
    {"GET", "/audit", audit},           {"GET", "/journal", journal},
    {"GET", "/state", state},           {"POST", "/reset", reset},
    {"POST", "/fault", add_fault},      {"GET", "/fault", list_faults},
    {"DELETE", "/fault", clear_faults}, {"POST", "/accept", accept_now},
    {"POST", "/reply", reply_now},      {"POST", "/account", change_account},
    {"POST", "/clock", advance_clock},
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
