#include "tests/simulator/show.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define NAME_BYTES 64

void show_field(struct buf *out, const char *key, const char *text)
{
    buf_adds(out, ",\"");
    buf_adds(out, key);
    buf_adds(out, "\":");
    buf_add_json(out, text);
}

static void show_time(struct buf *out, const char *key, int64_t at_ms)
{
    char at[TIME_TEXT_BYTES];
    time_format_utc(at_ms, at);
    show_field(out, key, at);
}

static void show_id(struct buf *out, const char *key, enum id_kind kind, uint64_t number)
{
    char id[ID_BYTES];
    id_text(kind, number, id);
    show_field(out, key, id);
}

/* The word of the slug, with a capital letter: "ada-lovelace-12" gives Ada and Lovelace. */
static void word_of(const char *slug, int word, char out[NAME_BYTES])
{
    while (slug && word-- > 0) {
        slug = strchr(slug, '-');
        slug = slug ? slug + 1 : NULL;
    }
    size_t n = slug ? strcspn(slug, "-") : 0;
    (void)snprintf(out, NAME_BYTES, "%.*s", (int)n, slug ? slug : "");
    out[0] = (char)toupper((unsigned char)out[0]);
}

static void show_names(const struct person *p, struct buf *out)
{
    char first[NAME_BYTES];
    char last[NAME_BYTES];
    word_of(p->slug, 0, first);
    word_of(p->slug, 1, last);
    show_field(out, "first_name", p->first_name ? p->first_name : first);
    show_field(out, "last_name", p->last_name ? p->last_name : last);
}

/* Somebody of whom only the id is known has a public name too; what it is does not matter. */
static void show_public(const char *key, const struct person *p, const char *before,
                        struct buf *out)
{
    char made[NAME_BYTES + REQUEST_ID_BYTES];
    if (p->slug)
        (void)snprintf(made, sizeof(made), "%s%s", before, p->slug);
    else
        (void)snprintf(made, sizeof(made), "%smember-%016" PRIx64, before,
                       id_hash_text(2, p->provider_id));
    show_field(out, key, made);
}

void show_relation(struct simulator *s, const void *item, struct buf *out)
{
    const struct link *link = item;
    struct person *p = link->person;
    const char *id =
        p->relation_id ? p->relation_id : world_provider_id(s->world, link->account, p);
    char urn[REQUEST_ID_BYTES + NAME_BYTES];
    buf_adds(out, "{\"object\":\"UserRelation\"");
    show_names(p, out);
    show_field(out, "headline", "Engineer");
    show_public("public_identifier", p, "", out);
    show_public("public_profile_url", p, "https://www.linkedin.com/in/", out);
    buf_addf(out, ",\"created_at\":%lld", (long long)link->related_at_ms);
    show_field(out, "member_id", id);
    (void)snprintf(urn, sizeof(urn), "urn:li:fsd_profile:%s", id);
    show_field(out, "member_urn", urn);
    (void)snprintf(urn, sizeof(urn), "urn:li:fsd_connection:%s", id);
    show_field(out, "connection_urn", urn);
    buf_addc(out, '}');
}

void show_invitation(struct simulator *s, const void *item, struct buf *out)
{
    const struct invitation *i = item;
    struct person *p = i->link->person;
    char id[ID_BYTES];
    char prose[NAME_BYTES];
    int64_t days = (world_now_ms(s->world) - i->at_ms) / DAY_MS;
    invitation_id_text(i->number, id);
    if (days == 0)
        (void)snprintf(prose, sizeof(prose), "Sent today");
    else
        (void)snprintf(prose, sizeof(prose), "Sent %lld day%s ago", (long long)days,
                       days == 1 ? "" : "s");
    buf_adds(out, "{\"object\":\"InvitationSent\"");
    show_field(out, "id", id);
    show_field(out, "date", prose);
    show_time(out, "parsed_datetime", i->at_ms);
    show_field(out, "invitation_text", *i->note ? i->note : NULL);
    show_public("invited_user", p, "", out);
    show_field(out, "invited_user_id", world_provider_id(s->world, i->link->account, p));
    show_public("invited_user_public_id", p, "", out);
    show_field(out, "invited_user_description", "Engineer");
    buf_addc(out, '}');
}

void show_chat(struct simulator *s, const void *item, struct buf *out)
{
    const struct link *link = item;
    char provider[NAME_BYTES];
    (void)snprintf(provider, sizeof(provider), "2-%016" PRIx64, link->chat);
    buf_adds(out, "{\"object\":\"Chat\"");
    show_id(out, "id", ID_CHAT, link->chat);
    show_field(out, "account_id", link->account->id);
    show_field(out, "account_type", "LINKEDIN");
    show_field(out, "provider_id", provider);
    if (!link->group)
        show_field(out, "attendee_provider_id",
                   world_provider_id(s->world, link->account, link->person));
    show_time(out, "timestamp", link->newest->at_ms);
    buf_addf(out, ",\"name\":null,\"type\":%d", link->group ? 2 : 0);
    buf_adds(out, ",\"unread_count\":0,\"unread\":0,\"archived\":0,"
                  "\"muted_until\":null,\"read_only\":0,\"pinned\":0,\"folder\":[\"INBOX\"]");
    if (link->inmail)
        buf_adds(out, ",\"content_type\":\"inmail\"");
    buf_addc(out, '}');
}

void show_message(struct simulator *s, const void *item, struct buf *out)
{
    const struct message *m = item;
    const struct link *link = m->link;
    const struct account *a = link->account;
    char chat[NAME_BYTES];
    (void)snprintf(chat, sizeof(chat), "2-%016" PRIx64, link->chat);
    buf_adds(out, "{\"object\":\"Message\"");
    show_id(out, "id", ID_MESSAGE, m->number);
    show_id(out, "chat_id", ID_CHAT, link->chat);
    show_field(out, "account_id", a->id);
    show_id(out, "provider_id", ID_MESSAGE, m->number);
    show_field(out, "chat_provider_id", chat);
    show_field(out, "text", m->text);
    show_time(out, "timestamp", m->at_ms);
    buf_addf(out, ",\"is_sender\":%d", m->from_me ? 1 : 0);
    show_field(out, "sender_id",
               m->from_me ? a->provider_id : world_provider_id(s->world, a, link->person));
    show_id(out, "sender_attendee_id", ID_ATTENDEE, m->from_me ? 1 : link->chat + 1);
    show_field(out, "message_type",
               m->is_note     ? "INVITATION"
               : link->inmail ? "INMAIL"
                              : "MESSAGE");
    buf_adds(out, ",\"attachments\":[],\"reactions\":[],\"seen\":0,\"seen_by\":{},\"hidden\":0,"
                  "\"deleted\":0,\"edited\":0,\"is_event\":0,\"delivered\":1,\"behavior\":null,"
                  "\"original\":\"\"}");
}

void show_account(struct simulator *s SAM_UNUSED, const void *item, struct buf *out)
{
    const struct account *a = item;
    const char *status = "CREDENTIALS";
    if (a->status == ACCOUNT_OK)
        status = "OK";
    else if (a->status == ACCOUNT_RESTRICTED)
        status = "PERMISSIONS";
    buf_adds(out, "{\"object\":\"Account\",\"type\":\"LINKEDIN\"");
    show_field(out, "id", a->id);
    show_field(out, "name", a->id);
    show_time(out, "created_at", a->created_at_ms);
    buf_adds(out, ",\"connection_params\":{\"im\":{\"premiumFeatures\":");
    buf_adds(out, a->premium ? "[\"premium\"]" : "[]");
    show_field(out, "id", a->provider_id);
    show_field(out, "publicIdentifier", a->id);
    show_field(out, "username", a->id);
    buf_adds(out, "}},\"groups\":[],\"sources\":[{\"id\":");
    buf_add_json(out, a->id);
    show_field(out, "status", status);
    buf_adds(out, "}]}");
}

void show_me(const struct account *a, struct buf *out)
{
    buf_adds(out, "{\"object\":\"AccountOwnerProfile\",\"provider\":\"LINKEDIN\"");
    show_field(out, "provider_id", a->provider_id);
    show_field(out, "public_identifier", a->id);
    buf_addf(out, ",\"premium\":%s", a->premium ? "true" : "false");
    buf_adds(out, ",\"open_profile\":false,\"recruiter\":null,\"sales_navigator\":null}");
}

static const char *distance_of(const struct person *p, const struct link *link)
{
    static const char *const names[] = {"OUT_OF_NETWORK", "FIRST_DEGREE", "SECOND_DEGREE",
                                        "THIRD_DEGREE"};
    return world_connected(link, p) ? names[1] : names[p->degree];
}

static void show_standing(const struct link *link, struct buf *out)
{
    const struct invitation *i = link ? link->invitation : NULL;
    if (i && i->state == INVITATION_PENDING)
        buf_adds(out, ",\"invitation\":{\"type\":\"SENT\",\"status\":\"PENDING\"}");
    else if (i && i->state == INVITATION_WITHDRAWN)
        buf_adds(out, ",\"invitation\":{\"type\":\"SENT\",\"status\":\"WITHDRAWN\"}");
    if (link && link->related_at_ms)
        buf_addf(out, ",\"connected_at\":%lld", (long long)link->related_at_ms);
}

void show_profile(struct simulator *s, struct account *viewer, struct person *p, struct buf *out)
{
    const struct link *link = world_find_link(s->world, viewer, p);
    const bool is_self = strcmp(viewer->provider_id, p->provider_id) == 0;
    const bool connected = world_connected(link, p);
    buf_adds(out, "{\"object\":\"UserProfile\",\"provider\":\"LINKEDIN\"");
    show_field(out, "provider_id", world_provider_id(s->world, viewer, p));
    show_public("public_identifier", p, "", out);
    buf_addf(out, ",\"member_urn\":\"%u\"", (unsigned)(id_hash_text(3, p->provider_id) >> 34));
    show_names(p, out);
    show_field(out, "headline", "Engineer");
    buf_addf(out, ",\"websites\":[],\"is_relationship\":%s,\"is_self\":%s",
             connected ? "true" : "false", is_self ? "true" : "false");
    /* of people whom nobody described nothing is known (message_obstacle) */
    if (!is_self && (connected || !p->anyone || (link && link->invitation)))
        show_field(out, "network_distance", distance_of(p, link));
    show_standing(link, out);
    buf_adds(out, ",\"is_open_profile\":false,\"is_premium\":false,\"can_send_inmail\":true,"
                  "\"follower_count\":120,\"connections_count\":110}");
}
