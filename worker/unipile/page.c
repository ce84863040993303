#include "worker/unipile/page.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

/* LinkedIn began in 2003: an earlier time is a misreading (seconds as milliseconds give 1970). */
#define AT_MIN_MS   (INT64_C(1051747200) * 1000)
#define AT_MAX_MS   (INT64_C(253402300799) * 1000) /* the end of the year 9999 */
#define SECONDS_MAX 100000000000.0 /* a number below is seconds, above milliseconds */

/* "" when it is absent or of another type. Borrowed from json. */
static const char *text_of(struct json_object *json, const char *key)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(json, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return "";
    return json_object_get_string(value);
}

/* As text_of, but "" when it is no id: empty, too long, not plain. */
static const char *id_of(struct json_object *json, const char *key)
{
    char id[UNIPILE_ID_BYTES];
    answer_id(json, key, id, sizeof(id));
    return *id ? text_of(json, key) : "";
}

/* As id_of, for the provider id of a person. */
static const char *person_of(struct json_object *json, const char *key)
{
    char id[PROVIDER_ID_MAX_BYTES + 1];
    answer_id(json, key, id, sizeof(id));
    return *id ? text_of(json, key) : "";
}

/* Since 1970, in seconds or milliseconds. */
static int64_t epoch_ms(double number)
{
    double ms = number < SECONDS_MAX ? number * 1000 : number;
    return ms >= (double)AT_MIN_MS && ms <= (double)AT_MAX_MS ? (int64_t)ms : 0;
}

/* "2026-11-23T09:00:00.000Z", with or without the fraction, any offset; or a number, in quotes or
 * without. 0 when it is not given or cannot be meant. */
static int64_t time_of(struct json_object *json, const char *key)
{
    struct json_object *value = NULL;
    int64_t at_ms = 0;
    if (!json_object_object_get_ex(json, key, &value))
        return 0;
    if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
        return epoch_ms(json_object_get_double(value));
    if (!json_object_is_type(value, json_type_string))
        return 0;
    const char *text = json_object_get_string(value);
    if (*text && text[strspn(text, "0123456789")] == '\0')
        return epoch_ms(json_object_get_double(value));
    if (time_parse(text, &at_ms) != 0)
        return 0;
    return at_ms >= AT_MIN_MS && at_ms <= AT_MAX_MS ? at_ms : 0;
}

/* 0/1 over REST, but a tester saw a bool. false: it is neither. */
static bool flag_of(struct json_object *json, const char *key, bool *ret)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(json, key, &value) ||
        !(json_object_is_type(value, json_type_int) ||
          json_object_is_type(value, json_type_boolean)))
        return false;
    *ret = json_object_get_boolean(value);
    return true;
}

/* ---- elements: each gives one item, or none ------------------------------------------------- */

enum element { ELEMENT_ITEM, ELEMENT_NOTHING, ELEMENT_BROKEN };

static enum element read_chat(struct json_object *json, struct unipile_item *item)
{
    struct json_object *type = NULL;
    item->chat_id = id_of(json, "id");
    item->person = person_of(json, "attendee_provider_id");
    item->at_ms = time_of(json, "timestamp");
    /* What is said in a group is no reply to us. */
    bool group = json_object_object_get_ex(json, "type", &type) && json_object_get_int64(type) != 0;
    return *item->chat_id && !group ? ELEMENT_ITEM : ELEMENT_NOTHING;
}

static enum element read_message(struct json_object *json, struct unipile_item *item)
{
    bool is_sender = false;
    item->chat_id = id_of(json, "chat_id");
    item->message_id = id_of(json, "id");
    item->person = person_of(json, "sender_id");
    item->text = text_of(json, "text");
    item->at_ms = time_of(json, "timestamp");
    if (!flag_of(json, "is_sender", &is_sender))
        return ELEMENT_BROKEN;
    item->inbound = !is_sender;
    if (item->inbound && (!*item->message_id || !item->at_ms))
        return ELEMENT_BROKEN;
    return ELEMENT_ITEM;
}

/* "urn:li:fsd_connection:ACo…": a capture had the id nowhere else. */
static const char *person_in_urn(struct json_object *json)
{
    const char *urn = id_of(json, "connection_urn");
    const char *last = strrchr(urn, ':');
    bool good =
        last && strncmp(last + 1, "ACo", 3) == 0 && strlen(last + 1) <= PROVIDER_ID_MAX_BYTES;
    return good ? last + 1 : "";
}

static enum element read_relation(struct json_object *json, struct unipile_item *item)
{
    item->person = person_of(json, "member_id");
    if (!*item->person)
        item->person = person_in_urn(json);
    item->name = text_of(json, "public_identifier");
    item->at_ms = time_of(json, "created_at");
    return *item->person || *item->name ? ELEMENT_ITEM : ELEMENT_NOTHING;
}

static enum element read_invited(struct json_object *json, struct unipile_item *item)
{
    item->message_id = id_of(json, "id");
    item->person = person_of(json, "invited_user_id");
    item->name = text_of(json, "invited_user_public_id");
    item->at_ms = time_of(json, "parsed_datetime");
    return *item->person || *item->name ? ELEMENT_ITEM : ELEMENT_NOTHING;
}

static enum element read_element(enum route route, struct json_object *json,
                                 struct unipile_item *item)
{
    *item = (struct unipile_item){
        .chat_id = "", .message_id = "", .person = "", .name = "", .text = ""};
    if (!json_object_is_type(json, json_type_object))
        return ELEMENT_BROKEN;
    switch (route) {
    case ROUTE_CHATS_WITH:
        return read_chat(json, item);
    case ROUTE_CHAT_MESSAGES:
    case ROUTE_MESSAGES:
        return read_message(json, item);
    case ROUTE_RELATIONS:
        return read_relation(json, item);
    case ROUTE_INVITED:
        return read_invited(json, item);
    case ROUTE_CHECK:
        return ELEMENT_NOTHING;
    case ROUTE_INVITE:
    case ROUTE_START_CHAT:
    case ROUTE_PROFILE:
    case ROUTE_CHAT:
    case ROUTE_N:
        break;
    }
    return ELEMENT_BROKEN;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void not_understood(struct unipile_read *read, bool unipiles)
{
    read->result = UNIPILE_READ_RETRY;
    (void)snprintf(read->error_type, sizeof(read->error_type), "%s",
                   unipiles ? "answer" : NOT_UNIPILE);
}

/* false: a cursor that cannot be followed, or that leads to this page again. */
static bool read_cursor(struct json_object *json, const char *asked, const char **ret)
{
    struct json_object *value = NULL;
    *ret = "";
    if (!json_object_object_get_ex(json, "cursor", &value) || !value)
        return true;
    if (!json_object_is_type(value, json_type_string))
        return false;
    const char *text = json_object_get_string(value);
    size_t n = (size_t)json_object_get_string_len(value);
    if (n >= UNIPILE_CURSOR_BYTES || strlen(text) != n || (n > 0 && strcmp(text, asked) == 0))
        return false;
    *ret = text;
    return true;
}

/* A list of everybody: one odd element must not hide the others, look after look. What is asked
 * about one person before a message goes to them must be whole. */
static bool of_account(enum route route)
{
    return route == ROUTE_MESSAGES || route == ROUTE_RELATIONS || route == ROUTE_INVITED;
}

static bool read_list(enum route route, const char *cursor, struct page *p)
{
    struct json_object *items = NULL;
    if (!json_object_object_get_ex(p->json, "items", &items) ||
        !json_object_is_type(items, json_type_array) ||
        !read_cursor(p->json, cursor, &p->read.cursor))
        return false;
    size_t count = json_object_array_length(items);
    if (count > UNIPILE_ITEMS_MAX)
        return false;
    p->items = sam_xcalloc(count ? count : 1, sizeof(*p->items));
    for (size_t i = 0; i < count; i++) {
        struct unipile_item *item = &p->items[p->read.items_count];
        enum element element = read_element(route, json_object_array_get_idx(items, i), item);
        if (element == ELEMENT_BROKEN && !of_account(route))
            return false;
        p->read.broken += element == ELEMENT_BROKEN;
        p->read.items_count += element == ELEMENT_ITEM;
    }
    p->read.items = p->items;
    return count == 0 || p->read.broken < count;
}

/* In the form in which people are known; "" when it is none. */
static void read_vanity(struct json_object *json, char *out, size_t out_bytes)
{
    struct identity identity;
    const char *text = text_of(json, "public_identifier");
    if (identity_parse(text, &identity) == IDENTITY_OK && identity.kind == IDENTITY_VANITY)
        (void)snprintf(out, out_bytes, "%s", identity.text);
}

static void read_name(struct json_object *json, const char *key, char out[UNIPILE_NAME_BYTES])
{
    const char *text = text_of(json, key);
    size_t n = strlen(text);
    while (n >= UNIPILE_NAME_BYTES || (n > 0 && (text[n] & 0xc0) == 0x80)) /* never half a letter */
        n--;
    memcpy(out, text, n);
    out[n] = '\0';
}

static bool read_profile(struct page *p)
{
    struct json_object *invitation = NULL;
    bool related = false;
    const char *object = text_of(p->json, "object");
    if (strcmp(object, "UserProfile") != 0)
        return false;
    answer_id(p->json, "provider_id", p->read.provider_id, sizeof(p->read.provider_id));
    if (!*p->read.provider_id)
        return false;
    read_vanity(p->json, p->read.vanity, sizeof(p->read.vanity));
    read_name(p->json, "first_name", p->read.first_name);
    read_name(p->json, "last_name", p->read.last_name);
    (void)flag_of(p->json, "is_relationship", &related);
    const char *distance = text_of(p->json, "network_distance");
    p->read.first_degree = related || strcmp(distance, "FIRST_DEGREE") == 0;
    p->read.distant = *distance && !p->read.first_degree;
    if (json_object_object_get_ex(p->json, "invitation", &invitation) &&
        json_object_is_type(invitation, json_type_object))
        p->read.invitation_pending = strcmp(text_of(invitation, "type"), "SENT") == 0 &&
                                     strcmp(text_of(invitation, "status"), "PENDING") == 0;
    return true;
}

static bool read_one_chat(struct page *p)
{
    if (strcmp(text_of(p->json, "object"), "Chat") != 0)
        return false;
    p->items = sam_xcalloc(1, sizeof(*p->items));
    p->read.items = p->items;
    *p->items = (struct unipile_item){
        .chat_id = "", .message_id = "", .person = "", .name = "", .text = ""};
    p->read.items_count = read_chat(p->json, p->items) == ELEMENT_ITEM ? 1 : 0;
    return true;
}

static bool read_success(enum route route, const struct answer *answer, const char *cursor,
                         struct page *p)
{
    p->json = answer_is_unipiles(answer) ? answer_json(answer) : NULL;
    if (!p->json)
        return false;
    if (route == ROUTE_PROFILE)
        return read_profile(p);
    return route == ROUTE_CHAT ? read_one_chat(p) : read_list(route, cursor, p);
}

/* The types by which the API says that it does not know, or cannot reach, the one asked for. */
static bool says_nobody(const char *type)
{
    static const char *const types[] = {"resource_not_found", "invalid_resource_identifier",
                                        "invalid_recipient", "user_unreachable",
                                        "blocked_recipient"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(types); i++) {
        if (strcmp(type, types[i]) == 0)
            return true;
    }
    return false;
}

static bool asks_for_one(enum route route)
{
    return route == ROUTE_PROFILE || route == ROUTE_CHATS_WITH || route == ROUTE_CHAT ||
           route == ROUTE_CHAT_MESSAGES;
}

/* Where every Unipile answers, whatever the key: another server stands there. */
static bool is_elsewhere(enum route route, const struct answer *answer,
                         const struct answer_error *e)
{
    return route == ROUTE_CHECK && !e->known && answer->status < 500 && answer->status != 429;
}

static enum unipile_read_result result_of(enum route route, const struct answer *answer,
                                          const struct answer_error *e)
{
    if (is_elsewhere(route, answer, e))
        return UNIPILE_READ_SETUP_BROKEN;
    switch (e->meaning.outcome) {
    case OUTCOME_ACCOUNT_BROKEN:
        return UNIPILE_READ_ACCOUNT_BROKEN;
    case OUTCOME_SETUP_BROKEN:
        return UNIPILE_READ_SETUP_BROKEN;
    case OUTCOME_REFUSED:
        return asks_for_one(route) && says_nobody(e->type) ? UNIPILE_READ_NOT_FOUND
                                                           : UNIPILE_READ_RETRY;
    case OUTCOME_SENT:
    case OUTCOME_NOT_EXECUTED:
    case OUTCOME_THROTTLED:
    case OUTCOME_UNKNOWN:
    case OUTCOME_N:
        break;
    }
    return UNIPILE_READ_RETRY;
}

static void read_failure(enum route route, const struct answer *answer, struct unipile_read *read)
{
    struct answer_error e;
    answer_error(answer, &e);
    read->result = result_of(route, answer, &e);
    read->wait_ms = read->result == UNIPILE_READ_RETRY ? e.meaning.wait_ms : 0;
    if (read->result == UNIPILE_READ_ACCOUNT_BROKEN)
        read->account_status = e.meaning.account_status;
    memcpy(read->error_type, e.type, sizeof(e.type));
}

void page_decode(enum route route, const struct answer *answer, const char *cursor,
                 struct page *ret)
{
    *ret = (struct page){
        .read = {.result = UNIPILE_READ_OK, .http_status = answer->status, .cursor = ""}};
    if (answer->status < 200 || answer->status >= 300) {
        read_failure(route, answer, &ret->read);
        return;
    }
    if (read_success(route, answer, cursor, ret))
        return;
    page_deinit(ret);
    ret->read = (struct unipile_read){.http_status = answer->status, .cursor = ""};
    not_understood(&ret->read, answer_is_unipiles(answer));
}

void page_deinit(struct page *page)
{
    free(page->items);
    json_object_put(page->json);
    page->items = NULL;
    page->json = NULL;
}
