#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "tests/simulator/errors.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/multipart.h"
#include "tests/simulator/quota.h"
#include "tests/simulator/simulator.h"

#include "common/base/banned.h"

/* In UTF-16 units, the stricter measure: which one LinkedIn takes is not known. */
#define NOTE_SCHEMA_MAX  300
#define NOTE_FREE_MAX    200
#define TEXT_MAX         8000
#define WITHDRAWN_FOR_MS (21 * DAY_MS)

static const char bad_id[] = "User ID does not match provider's expected format.";

/* ---- what both kinds of write ask ----------------------------------------------------------- */

/* Valid UTF-8 without NULs. */
static bool text_fits(const char *text, size_t n)
{
    return strlen(text) == n && utf8_valid(text, n);
}

/* The person that this account means, NULL = answered. */
static struct person *find_target(struct simulator *s, struct request *r,
                                  const struct account *account, const char *id)
{
    if (!provider_id_looks_right(id)) {
        error_answer_detail(r, "invalid_parameters", bad_id);
        return NULL;
    }
    struct person *p = world_person_by_id(s->world, account, id);
    r->target = p;
    if (!p || p->locked) {
        error_answer(r, "invalid_recipient");
        return NULL;
    }
    return p;
}

static bool null_ids(const struct request *r)
{
    return fault_is(r->fault, FAULT_NULL_IDS);
}

static void add_id(struct buf *out, const char *name, const char *id)
{
    buf_adds(out, name);
    buf_add_json(out, id);
}

/* ---- POST /users/invite --------------------------------------------------------------------- */

struct invite {
    const char *account_id;
    const char *provider_id;
    const char *message; /* "" = none */
};

/* A string of the object; NULL with *ret_wrong unchanged when it is absent. */
static const char *string_of(struct json_object *object, const char *key, bool *ret_wrong)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value))
        return NULL;
    if (!json_object_is_type(value, json_type_string) ||
        !text_fits(json_object_get_string(value), (size_t)json_object_get_string_len(value))) {
        *ret_wrong = true;
        return NULL;
    }
    return json_object_get_string(value);
}

static bool read_invite(struct json_object *object, struct invite *ret)
{
    bool wrong = false;
    if (!json_object_is_type(object, json_type_object))
        return false;
    ret->account_id = string_of(object, "account_id", &wrong);
    ret->provider_id = string_of(object, "provider_id", &wrong);
    ret->message = string_of(object, "message", &wrong);
    (void)string_of(object, "user_email", &wrong);
    if (!ret->message)
        ret->message = "";
    return !wrong && ret->account_id && *ret->account_id && ret->provider_id && *ret->provider_id &&
           utf8_utf16_units(ret->message, strlen(ret->message)) <= NOTE_SCHEMA_MAX;
}

/* Why this person cannot be invited by this account; NULL = can be. */
static const char *invite_obstacle(const struct simulator *s, const struct account *a,
                                   const struct person *p, const struct link *link)
{
    if (strcmp(a->provider_id, p->provider_id) == 0)
        return "cannot_invite_attendee";
    if (p->refuse_invitation)
        return p->refuse_invitation;
    if (world_connected(link, p))
        return "already_connected";
    if (!link)
        return NULL;
    const struct invitation *i = link->invitation;
    if (!i)
        return NULL;
    if (i->state == INVITATION_WITHDRAWN &&
        world_now_ms(s->world) - i->withdrawn_at_ms >= WITHDRAWN_FOR_MS)
        return NULL;
    return "already_invited_recently";
}

static void invite_now(struct simulator *s, struct request *r, struct link *link, const char *note)
{
    char id[ID_BYTES] = "";
    struct invitation *i = world_invite(s->world, link, note);
    r->executed = true;
    r->status = 200;
    invitation_id_text(i->number, id);
    add_id(&r->answer,
           "{\"object\":\"UserInvitationSent\",\"invitation_id\":", null_ids(r) ? NULL : id);
    int usage = quota_usage(link->account, world_now_ms(s->world));
    if (usage)
        buf_addf(&r->answer, ",\"usage\":%d", usage);
    buf_addc(&r->answer, '}');
}

static void invite(struct simulator *s, struct request *r, const struct invite *in)
{
    struct account *a = check_account(s, r, in->account_id);
    if (!a)
        return;
    size_t length = utf8_utf16_units(in->message, strlen(in->message));
    if (!a->premium && length > NOTE_FREE_MAX) {
        error_answer(r, "too_many_characters");
        return;
    }
    struct person *p = find_target(s, r, a, in->provider_id);
    if (!p)
        return;
    struct link *link = world_find_link(s->world, a, p);
    const char *obstacle = invite_obstacle(s, a, p, link);
    if (!obstacle)
        obstacle = quota_obstacle(a, world_now_ms(s->world), length > 0);
    if (obstacle)
        error_answer(r, obstacle);
    else
        invite_now(s, r, link ? link : world_link(s->world, a, p), in->message);
}

void write_invite(struct simulator *s, struct request *r)
{
    struct invite in = {0};
    static const char media[] = "application/json";
    struct json_tokener *reader = json_tokener_new_ex(8);
    bool is_json = r->content_type && strncasecmp(r->content_type, media, sizeof(media) - 1) == 0;
    json_tokener_set_flags(reader, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *object =
        is_json ? json_tokener_parse_ex(reader, buf_text(&r->body), (int)r->body.len) : NULL;
    if (object && json_tokener_get_parse_end(reader) == r->body.len && read_invite(object, &in)) {
        (void)snprintf(r->person, sizeof(r->person), "%s", in.provider_id);
        r->text = in.message;
        invite(s, r, &in);
    } else {
        error_answer(r, "invalid_parameters");
    }
    json_tokener_free(reader);
    r->json = object;
}

void write_withdraw(struct simulator *s, struct request *r)
{
    struct account *a = check_query_account(s, r);
    if (!a)
        return;
    struct invitation *i = world_invitation(s->world, r->variable);
    if (!i || i->link->account != a || i->state != INVITATION_PENDING) {
        error_answer_detail(r, "invalid_parameters",
                            "api.Error.BadRequest.invalid_invitation_id.detail");
        return;
    }
    world_withdraw(s->world, i->link);
    r->status = 200;
    buf_adds(&r->answer, "{\"object\":\"InvitationCanceled\"}");
}

/* ---- the chat routes ------------------------------------------------------------------------ */

struct chat_form {
    const char *account_id;
    const char *text;
    const char *attendee;
    int attendees;
    bool has_content; /* text or a file */
    bool inmail;
};

/* Everything that the two routes document, besides what is read here. */
static const char *const other_fields[] = {
    "subject",
    "attachments",
    "voice_message",
    "video_message",
    "quote_id",
    "typing_duration",
    "thread_id",
    "linkedin[api]",
    "linkedin[topic]",
    "linkedin[applicant_id]",
    "linkedin[invitation_id]",
    "linkedin[signature]",
    "linkedin[hiring_project_id]",
    "linkedin[job_posting_id]",
    "linkedin[email_address]",
    "linkedin[visibility]",
};

static bool take_other(struct chat_form *form, const struct multipart_part *part)
{
    if (strcmp(part->name, "linkedin[inmail]") == 0) {
        form->inmail = strcmp(part->value, "true") == 0;
        return form->inmail || strcmp(part->value, "false") == 0;
    }
    for (size_t i = 0; i < SAM_ARRAY_LEN(other_fields); i++) {
        if (strcmp(part->name, other_fields[i]) == 0) {
            form->has_content |= part->is_file;
            return true;
        }
    }
    return false;
}

/* false: a field that does not exist, one that stands twice, or one of the wrong form. */
static bool take_field(struct chat_form *form, const struct multipart_part *part)
{
    const char **field = NULL;
    if (strcmp(part->name, "account_id") == 0)
        field = &form->account_id;
    else if (strcmp(part->name, "text") == 0)
        field = &form->text;
    else if (strcmp(part->name, "attendees_ids") == 0)
        field = &form->attendee;
    if (!field)
        return take_other(form, part);
    if (part->is_file || !text_fits(part->value, part->value_len))
        return false;
    if (field == &form->attendee)
        form->attendees++;
    else if (*field)
        return false;
    *field = part->value;
    return true;
}

/* NULL when answered. */
static struct account *read_form(struct simulator *s, struct request *r, struct chat_form *form,
                                 bool starts)
{
    struct multipart parts;
    bool good = multipart_parse(r->content_type, r->body.data, r->body.len, &parts) == 0;
    for (size_t i = 0; good && i < parts.count; i++)
        good = take_field(form, &parts.parts[i]);
    if (form->account_id)
        (void)snprintf(r->account, sizeof(r->account), "%s", form->account_id);
    if (form->attendee)
        (void)snprintf(r->person, sizeof(r->person), "%s", form->attendee);
    r->text = form->text;
    form->has_content |= form->text && *form->text;
    if (!good || !form->account_id || !form->has_content || (form->attendees > 0) != starts) {
        error_answer(r, "invalid_parameters");
        return NULL;
    }
    if (form->text && utf8_utf16_units(form->text, strlen(form->text)) > TEXT_MAX) {
        error_answer(r, "too_many_characters");
        return NULL;
    }
    return check_account(s, r, form->account_id);
}

/* Why a message cannot go to this person; NULL = can go. */
static const char *message_obstacle(const struct account *a, const struct person *p,
                                    const struct link *link, bool inmail)
{
    if (p->locked)
        return "invalid_recipient";
    if (p->refuse_message)
        return p->refuse_message;
    if (world_connected(link, p) || (link && link->inmail))
        return NULL;
    if (inmail)
        return a->premium ? NULL : "feature_not_subscribed";
    /* Of people whom nobody described nothing is known: those who were not invited are taken for
     * connections, so that both kinds of campaign can run. */
    if (p->anyone && !(link && link->invitation))
        return NULL;
    return "no_connection_with_recipient";
}

static void say_now(struct simulator *s, struct request *r, struct link *link, const char *text)
{
    char chat[ID_BYTES];
    char message[ID_BYTES];
    struct message *m = world_say(s->world, link, text ? text : "", true);
    r->executed = true;
    r->status = 201;
    id_text(ID_CHAT, link->chat, chat);
    id_text(ID_MESSAGE, m->number, message);
    if (r->starts_chat)
        add_id(&r->answer, "{\"object\":\"ChatStarted\",\"chat_id\":", null_ids(r) ? NULL : chat);
    else
        buf_adds(&r->answer, "{\"object\":\"MessageSent\"");
    add_id(&r->answer, ",\"message_id\":", null_ids(r) ? NULL : message);
    buf_addc(&r->answer, '}');
}

void write_start_chat(struct simulator *s, struct request *r)
{
    struct chat_form form = {0};
    struct account *a = read_form(s, r, &form, true);
    if (!a)
        return;
    if (form.attendees > 1) {
        error_answer_detail(r, "feature_not_implemented", "The simulator has no group chats.");
        return;
    }
    struct person *p = find_target(s, r, a, form.attendee);
    if (!p)
        return;
    struct link *link = world_find_link(s->world, a, p);
    const char *obstacle = message_obstacle(a, p, link, form.inmail);
    if (obstacle) {
        error_answer(r, obstacle);
        return;
    }
    if (!link)
        link = world_link(s->world, a, p);
    if (form.inmail && !link->connected)
        link->inmail = true;
    else
        link->connected = true;
    r->starts_chat = true;
    say_now(s, r, link, form.text);
}

void write_message(struct simulator *s, struct request *r)
{
    struct chat_form form = {0};
    struct account *a = read_form(s, r, &form, false);
    if (!a)
        return;
    struct link *link = world_chat(s->world, r->variable);
    if (!link || link->account != a) {
        error_not_found(r, "Account, chat or thread not found");
        return;
    }
    r->target = link->person;
    (void)snprintf(r->person, sizeof(r->person), "%s", link->person->provider_id);
    const char *obstacle = message_obstacle(a, link->person, link, false);
    if (obstacle)
        error_answer(r, obstacle);
    else
        say_now(s, r, link, form.text);
}
