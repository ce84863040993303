#include "worker/unipile/answer.h"

#include <assert.h>
#include <json-c/json.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define JSON_DEPTH         24
#define RETRY_AFTER_MAX_MS DAY_MS

struct json_object *answer_json(const struct answer *answer)
{
    static_assert(ANSWER_MAX_BYTES < INT_MAX, "json-c counts in int");
    if (answer->count == 0 || answer->count > ANSWER_MAX_BYTES || answer->too_long)
        return NULL;
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
    if (!tokener)
        abort();
    struct json_object *json = json_tokener_parse_ex(tokener, answer->bytes, (int)answer->count);
    json_tokener_free(tokener);
    if (json && !json_object_is_type(json, json_type_object)) {
        json_object_put(json);
        json = NULL;
    }
    return json;
}

/* application/json and application/problem+json, with or without parameters. */
static bool is_json_type(const char *content_type)
{
    static const char json[] = "json";
    size_t n = strcspn(content_type, "; \t");
    if (n < sizeof(json))
        return false;
    const char *end = content_type + n - (sizeof(json) - 1);
    return strncasecmp(end, json, sizeof(json) - 1) == 0 && (end[-1] == '/' || end[-1] == '+');
}

bool answer_is_unipiles(const struct answer *answer)
{
    const char *type = answer->content_type;
    if (type && *type && !is_json_type(type))
        return false;
    if (answer->cut || answer->too_long) {
        size_t at = 0;
        while (at < answer->count && strchr(" \t\r\n", answer->bytes[at]) && answer->bytes[at])
            at++;
        return at == answer->count || answer->bytes[at] == '{';
    }
    struct json_object *json = answer_json(answer);
    bool is_object = json != NULL;
    json_object_put(json);
    return is_object;
}

void answer_id(struct json_object *json, const char *key, char *ret, size_t ret_bytes)
{
    struct json_object *value = NULL;
    ret[0] = '\0';
    if (!json_object_object_get_ex(json, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return;
    const char *text = json_object_get_string(value);
    size_t n = (size_t)json_object_get_string_len(value);
    if (n >= ret_bytes)
        return;
    for (size_t i = 0; i < n; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return;
    }
    memcpy(ret, text, n);
    ret[n] = '\0';
}

/* An account that Unipile does not know is told by the same type as a person that it does not know;
 * only the detail differs. Taken for a person it would fail all people of the account, one by one.
 */
static bool says_no_account(struct json_object *json)
{
    static const char words[] = "Account not found";
    struct json_object *detail = NULL;
    if (!json_object_object_get_ex(json, "detail", &detail) ||
        !json_object_is_type(detail, json_type_string))
        return false;
    const char *text = json_object_get_string(detail);
    const char *at = strstr(text, words);
    return at && (at == text || at[-1] == '\n') &&
           (at[sizeof(words) - 1] == '\0' || at[sizeof(words) - 1] == '.');
}

static void read_type(struct json_object *json, struct answer_error *e)
{
    static const char prefix[] = "errors/";
    char type[UNIPILE_ERROR_BYTES + sizeof(prefix)] = "";
    answer_id(json, "type", type, sizeof(type));
    const char *plain =
        strncmp(type, prefix, sizeof(prefix) - 1) == 0 ? type + sizeof(prefix) - 1 : type;
    if (!*plain || strlen(plain) >= sizeof(e->type))
        return;
    memcpy(e->type, plain, strlen(plain) + 1);
    const struct error_type *row = error_type_find(plain);
    if (!row)
        return;
    e->known = true;
    e->meaning = *row;
    if (strcmp(plain, "resource_not_found") == 0 && says_no_account(json))
        e->meaning = (struct error_type){.type = row->type,
                                         .outcome = OUTCOME_ACCOUNT_BROKEN,
                                         .refusal = REFUSAL_HOLD,
                                         .account_status = "disconnected"};
}

void answer_error(const struct answer *answer, struct answer_error *ret)
{
    struct json_object *json = answer_json(answer);
    *ret =
        (struct answer_error){.type = "untyped", .meaning = error_type_by_status(answer->status)};
    if (json)
        read_type(json, ret);
    json_object_put(json);
    bool waits =
        ret->meaning.outcome == OUTCOME_THROTTLED || ret->meaning.outcome == OUTCOME_NOT_EXECUTED;
    int64_t asked_ms =
        answer->retry_after_ms < RETRY_AFTER_MAX_MS ? answer->retry_after_ms : RETRY_AFTER_MAX_MS;
    if (waits && asked_ms > ret->meaning.wait_ms)
        ret->meaning.wait_ms = asked_ms;
}

static void read_ids(const struct answer *answer, struct unipile_outcome *o)
{
    struct json_object *json = answer_json(answer);
    if (!json)
        return;
    answer_id(json, "invitation_id", o->invitation_id, sizeof(o->invitation_id));
    answer_id(json, "chat_id", o->chat_id, sizeof(o->chat_id));
    answer_id(json, "message_id", o->message_id, sizeof(o->message_id));
    json_object_put(json);
}

void answer_write(const struct answer *answer, struct unipile_outcome *ret)
{
    struct answer_error e;
    *ret = (struct unipile_outcome){.outcome = OUTCOME_SENT, .http_status = answer->status};
    if (answer->status >= 200 && answer->status < 300) {
        if (answer_is_unipiles(answer)) {
            read_ids(answer, ret);
            return;
        }
        ret->outcome = OUTCOME_UNKNOWN;
        memcpy(ret->error_type, NOT_UNIPILE, sizeof(NOT_UNIPILE));
        return;
    }
    answer_error(answer, &e);
    ret->outcome = e.meaning.outcome;
    ret->refusal = e.meaning.refusal;
    ret->wait_ms = e.meaning.wait_ms;
    ret->account_status =
        e.meaning.outcome == OUTCOME_ACCOUNT_BROKEN ? e.meaning.account_status : NULL;
    memcpy(ret->error_type, e.type, sizeof(e.type));
}
