#include "common/model/account_state.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fnv1a.h"

#include "common/base/banned.h"

/* The numbers, in the order in which they are written. */
static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
    {"waiting", offsetof(struct account_state, waiting)},
    {"in_flight", offsetof(struct account_state, in_flight)},
    {"unknown", offsetof(struct account_state, unknown)},
    {"calls_today", offsetof(struct account_state, calls.used)},
    {"calls_limit", offsetof(struct account_state, calls.limit)},
    {"invitations_today", offsetof(struct account_state, invitations.used)},
    {"invitations_limit", offsetof(struct account_state, invitations.limit)},
    {"messages_today", offsetof(struct account_state, messages.used)},
    {"messages_limit", offsetof(struct account_state, messages.limit)},
    {"invitations_week", offsetof(struct account_state, week_invitations.used)},
    {"invitations_week_limit", offsetof(struct account_state, week_invitations.limit)},
};

static int64_t number_of(const struct account_state *state, size_t i)
{
    int64_t value;
    memcpy(&value, (const char *)state + numbers[i].offset, sizeof(value));
    return value;
}

void account_state_encode(const struct account_state *s, struct buf *out)
{
    record_begin(out);
    record_uuid(out, "state_id", &s->id);
    record_uuid(out, "workspace_id", &s->workspace_id);
    record_uuid(out, "account_id", &s->account_id);
    record_time(out, "at", s->at_ms);
    record_text(out, "status", account_status_name(s->status));
    record_bool(out, "blocked", s->blocked);
    record_time(out, "resting_until", s->resting_until_ms);
    record_time(out, "invitations_resting_until", s->invitations_resting_until_ms);
    record_text(out, "reason", reason_name(s->reason));
    record_time(out, "next_at", s->next_at_ms);
    record_time(out, "plan_at", s->plan_at_ms);
    for (size_t i = 0; i < SAM_ARRAY_LEN(numbers); i++)
        record_i64(out, numbers[i].key, number_of(s, i));
    record_end(out);
}

static void get_numbers(struct record *r, struct account_state *state)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(numbers); i++) {
        int64_t value = 0;
        record_get_i64(r, numbers[i].key, true, 0, INT32_MAX, &value);
        memcpy((char *)state + numbers[i].offset, &value, sizeof(value));
    }
}

int account_state_decode(const char *value, size_t bytes, struct account_state *ret,
                         char why[RECORD_WHY_BYTES])
{
    struct record r;
    struct account_state s = {0};
    char status[32] = "";
    char reason[64] = "";
    (void)record_open(&r, value, bytes);
    record_get_uuid(&r, "state_id", true, &s.id);
    record_get_uuid(&r, "workspace_id", true, &s.workspace_id);
    record_get_uuid(&r, "account_id", true, &s.account_id);
    record_get_time(&r, "at", true, &s.at_ms);
    record_get_text(&r, "status", true, status, sizeof(status));
    record_get_bool(&r, "blocked", true, &s.blocked);
    record_get_time(&r, "resting_until", false, &s.resting_until_ms);
    record_get_time(&r, "invitations_resting_until", false, &s.invitations_resting_until_ms);
    record_get_text(&r, "reason", true, reason, sizeof(reason));
    record_get_time(&r, "next_at", false, &s.next_at_ms);
    record_get_time(&r, "plan_at", false, &s.plan_at_ms);
    get_numbers(&r, &s);
    if (record_good(&r) && account_status_parse(status, &s.status) != 0)
        record_unknown(&r, "status", status);
    if (record_good(&r) && reason_parse(reason, &s.reason) != 0)
        record_unknown(&r, "reason", reason);
    int result = record_good(&r) ? 0 : -EBADMSG;
    memcpy(why, r.why, RECORD_WHY_BYTES);
    record_close(&r);
    if (result == 0)
        *ret = s;
    return result;
}

/* Of the record as it is written, without what every record has anew. */
uint64_t account_state_digest(const struct account_state *state)
{
    struct buf text SAM_CLEANUP(buf_deinit) = BUF_INIT(RECORD_MAX_BYTES);
    struct account_state bare = *state;
    bare.id = (struct uuid){{0}};
    bare.at_ms = 0;
    account_state_encode(&bare, &text);
    return fnv1a_mark(buf_text(&text));
}
