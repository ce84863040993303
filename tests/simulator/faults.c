#include "tests/simulator/faults.h"

#include <json-c/json.h>
#include <string.h>
#include <sys/queue.h>

#include "tests/simulator/errors.h"
#include "tests/simulator/fields.h"
#include "tests/simulator/simulator.h"

#include "common/base/banned.h"

#define HUGE_BYTES (10 << 20)
#define COUNT_MAX  1000000000

struct fault {
    char *route;   /* owned; "any", a route's name, or the group's */
    char *account; /* owned; NULL = every account */
    char *type;    /* owned, as the two below */
    char *title;
    char *detail;
    int64_t status;
    int64_t delay_ms;
    int64_t retry_after_s;
    int64_t left;
    enum fault_action action;
    bool executes;
    TAILQ_ENTRY(fault) entry;
};

struct faults {
    TAILQ_HEAD(, fault) list;
};

static const struct {
    const char *name;
    bool executes;
} actions[] = {
#define FAULT_ACTION_ROW(id, name, executes) {name, executes},
    FAULT_ACTION_MAP(FAULT_ACTION_ROW)
#undef FAULT_ACTION_ROW
};

struct faults *faults_new(void)
{
    struct faults *f = sam_xcalloc(1, sizeof(*f));
    TAILQ_INIT(&f->list);
    return f;
}

static void fault_free(struct fault *fault)
{
    if (!fault)
        return;
    free(fault->route);
    free(fault->account);
    free(fault->type);
    free(fault->title);
    free(fault->detail);
    free(fault);
}

SAM_DEFINE_FREEP(fault)

static void prune(struct faults *f, bool all)
{
    struct fault *next;
    for (struct fault *fault = TAILQ_FIRST(&f->list); fault; fault = next) {
        next = TAILQ_NEXT(fault, entry);
        if (fault->left > 0 && !all)
            continue;
        TAILQ_REMOVE(&f->list, fault, entry);
        fault_free(fault);
    }
}

void faults_clear(struct faults *f)
{
    prune(f, true);
}

void faults_free(struct faults *f)
{
    if (!f)
        return;
    faults_clear(f);
    free(f);
}

/* ---- from JSON ------------------------------------------------------------------------------ */

struct words {
    const char *route;
    const char *account;
    const char *action;
    const char *type;
    const char *title;
    const char *detail;
};

static void read_action(const char *name, struct fault *fault, struct problems *wrong)
{
    for (int i = 0; i < FAULT_ACTION_N; i++) {
        if (strcmp(name, actions[i].name) == 0) {
            fault->action = (enum fault_action)i;
            fault->executes = actions[i].executes;
            return;
        }
    }
    problems_add(wrong, "fault: action: %.60s: no such action", name);
}

/* What the fault does not say is taken from the type, if that is one of Unipile's. */
static void complete(struct json_object *object, const struct words *words, struct fault *fault,
                     struct problems *wrong)
{
    const struct error_text *known = words->type ? error_find(words->type) : NULL;
    const char *detail = words->detail;
    if (known && !json_object_object_get_ex(object, "detail", NULL))
        detail = known->detail;
    if (!fault->status)
        fault->status = known ? known->status : 500;
    const char *title = words->title ? words->title : known ? known->title : "Error";
    fault->route = sam_xstrdup(words->route);
    fault->account = sam_xstrdup(words->account);
    fault->type = sam_xstrdup(words->type ? words->type : "errors/unexpected_error");
    fault->title = sam_xstrdup(title);
    fault->detail = sam_xstrdup(detail);
    if (fault->action == FAULT_CUT_BEFORE)
        fault->executes = false;
    if (fault->status < 200 || fault->status > 599)
        problems_add(wrong, "fault: status: from 200 to 599");
    if (!simulator_knows_route(words->route))
        problems_add(wrong, "fault: route: %.60s: no such route", words->route);
    if (fault->left == 0)
        problems_add(wrong, "fault: count: at least 1");
}

void faults_add(struct faults *f, struct json_object *object, struct problems *wrong)
{
    struct words words = {0};
    bool executes = false;
    struct fault *fault SAM_CLEANUP(fault_freep) = sam_xcalloc(1, sizeof(*fault));
    fault->left = 1;
    const struct field fields[] = {
        {"route", &words.route, 0, FIELD_TEXT, true},
        {"account", &words.account, 0, FIELD_TEXT, false},
        {"action", &words.action, 0, FIELD_TEXT, true},
        {"count", &fault->left, COUNT_MAX, FIELD_NUMBER, false},
        {"status", &fault->status, 0, FIELD_NUMBER, false},
        {"type", &words.type, 0, FIELD_TEXT, false},
        {"title", &words.title, 0, FIELD_TEXT, false},
        {"detail", &words.detail, 0, FIELD_TEXT, false},
        {"execute", &executes, 0, FIELD_FLAG, false},
        {"delay_ms", &fault->delay_ms, 0, FIELD_NUMBER, false},
        {"retry_after_s", &fault->retry_after_s, 0, FIELD_NUMBER, false},
    };
    fields_read(object, "fault", fields, SAM_ARRAY_LEN(fields), wrong);
    if (problems_any(wrong))
        return;
    read_action(words.action, fault, wrong);
    if (json_object_object_get_ex(object, "execute", NULL))
        fault->executes = executes;
    complete(object, &words, fault, wrong);
    if (problems_any(wrong))
        return;
    prune(f, false);
    TAILQ_INSERT_TAIL(&f->list, fault, entry);
    fault = NULL;
}

void faults_list(const struct faults *f, struct buf *out)
{
    const struct fault *fault;
    int n = 0;
    buf_addc(out, '[');
    TAILQ_FOREACH(fault, &f->list, entry)
    {
        if (fault->left == 0)
            continue;
        buf_addf(out, "%s{\"action\":\"%s\",\"left\":%lld,\"route\":", n++ ? "," : "",
                 actions[fault->action].name, (long long)fault->left);
        buf_add_json(out, fault->route);
        buf_adds(out, ",\"account\":");
        buf_add_json(out, fault->account);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

/* ---- while a call is served ----------------------------------------------------------------- */

static bool concerns(const struct fault *fault, const struct request *r)
{
    if (fault->left == 0 || (fault->account && strcmp(fault->account, r->account) != 0))
        return false;
    return strcmp(fault->route, "any") == 0 || strcmp(fault->route, r->route) == 0 ||
           strcmp(fault->route, r->route_group) == 0;
}

struct fault *faults_take(struct faults *f, const struct request *r)
{
    struct fault *fault;
    TAILQ_FOREACH(fault, &f->list, entry)
    {
        if (concerns(fault, r)) {
            fault->left--;
            return fault;
        }
    }
    return NULL;
}

bool fault_executes(const struct fault *fault)
{
    return fault->executes;
}

bool fault_is(const struct fault *fault, enum fault_action action)
{
    return fault && fault->action == action;
}

static void answer_status(const struct fault *fault, struct request *r)
{
    const struct error_text error = {.type = fault->type,
                                     .status = (unsigned)fault->status,
                                     .title = fault->title,
                                     .detail = fault->detail};
    error_answer_any(r, &error);
}

/* The same object with a very long member at its end. */
static void answer_huge(struct request *r)
{
    static const char piece[] = "0123456789abcdef";
    struct buf *out = &r->answer;
    if (out->len > 0 && out->data[out->len - 1] == '}')
        out->len--;
    buf_adds(out, ",\"padding\":\"");
    for (size_t n = 0; n < HUGE_BYTES; n += sizeof(piece) - 1)
        buf_adds(out, piece);
    buf_adds(out, "\"}");
}

static void answer_html(struct request *r)
{
    buf_reset(&r->answer);
    buf_adds(&r->answer, "<html><body><h1>502 Bad Gateway</h1></body></html>\n");
    r->content_type_out = "text/html";
}

void fault_apply(const struct fault *fault, struct request *r)
{
    r->delay_ms += fault->delay_ms;
    r->retry_after_s = fault->retry_after_s;
    switch (fault->action) {
    case FAULT_STATUS:
        answer_status(fault, r);
        break;
    case FAULT_CUT_BEFORE:
    case FAULT_CUT_AFTER:
        r->delivery = DELIVERY_CUT;
        break;
    case FAULT_HANG:
        r->delivery = DELIVERY_HANG;
        break;
    case FAULT_TRUNCATE:
        r->delivery = DELIVERY_TRUNCATE;
        break;
    case FAULT_NOT_JSON:
        answer_html(r);
        break;
    case FAULT_HUGE:
        answer_huge(r);
        break;
    case FAULT_ENDLESS:
        r->delivery = DELIVERY_ENDLESS;
        break;
    case FAULT_NULL_IDS:
    case FAULT_REPEAT_CURSOR:
    case FAULT_DELAY:
    case FAULT_ACTION_N:
        break;
    }
}
