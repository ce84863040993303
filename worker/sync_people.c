#include "worker/sync_people.h"

#include <string.h>

#include "common/adapters/facts.h"
#include "common/policy/reply.h"

#include "common/base/banned.h"

#define PEOPLE_COLUMNS "p.status, p.contacted_at, " FACTS_SINCE ", p.account_id, p.chat_id"
#define SEEN_HERE      "p.account_id = $1 AND p.provider_id = ANY ($2)"
/* Who may have been invited: known by the id, or by the name, for the list may show another id.
 * (The status is not asked for: the planner would walk the index of all that are invited.) $3
 * text[] names. */
static const char invited_sql[] =
    "SELECT p.id, p.campaign_id, p.provider_id, " PEOPLE_COLUMNS ", p.vanity "
    "FROM campaign_prospects p WHERE " SEEN_HERE " UNION "
    "SELECT p.id, p.campaign_id, p.provider_id, " PEOPLE_COLUMNS ", p.vanity "
    "FROM campaign_accounts ca CROSS JOIN LATERAL (SELECT * FROM campaign_prospects "
    "WHERE campaign_id = ca.campaign_id AND vanity = ANY ($3) OFFSET 0) p "
    "WHERE ca.account_id = $1 AND p.account_id = $1";
/* Somebody may have written to them: an answer is the evidence that settles it. (Both statuses are
 * named so that the partial index of what is on its way is used.) */
#define MAYBE_WRITTEN_TO                                                                           \
    "((SELECT true FROM send_queue i "                                                             \
    "WHERE i.account_id = p.account_id AND i.prospect_id = p.id AND i.status = 'unknown' LIMIT "   \
    "1) "                                                                                          \
    "OR (SELECT true FROM send_queue i WHERE i.account_id = p.account_id "                         \
    "AND i.prospect_id = p.id AND i.status IN ('published', 'sending') AND i.status = 'sending' "  \
    "LIMIT 1)) "
/* Who may have answered: people of the account, and whom another account of the workspace has
 * written to, or may have, for they answer to anybody (P6). They are known by the id, or by the
 * name of who has this id for this account; whose call is without an end yet, by what the claim
 * took for it. $3 workspace. */
static const char people_sql[] =
    "WITH v AS (SELECT p.provider_id, p.vanity FROM campaign_prospects p WHERE " SEEN_HERE
    " AND p.vanity IS NOT NULL) "
    "SELECT p.id, p.campaign_id, p.provider_id, " PEOPLE_COLUMNS " FROM campaign_prospects p "
    "WHERE " SEEN_HERE " AND p.status <> 'opted_out' UNION "
    "SELECT p.id, p.campaign_id, p.provider_id, " PEOPLE_COLUMNS " FROM campaign_prospects p "
    "WHERE p.provider_id = ANY ($2) AND p.account_id <> $1 AND p.workspace_id = $3 "
    "AND (p.contacted_at IS NOT NULL OR " MAYBE_WRITTEN_TO ") AND p.status <> 'opted_out' UNION "
    "SELECT p.id, p.campaign_id, v.provider_id, " PEOPLE_COLUMNS " FROM v "
    "JOIN campaign_prospects p ON p.vanity = v.vanity AND p.workspace_id = $3 "
    "AND p.account_id <> $1 AND p.contacted_at IS NOT NULL AND p.status <> 'opted_out' UNION "
    "SELECT p.id, p.campaign_id, v.provider_id, " PEOPLE_COLUMNS " FROM v "
    "JOIN contacted k ON k.workspace_id = $3 AND k.identity = 'v:' || v.vanity "
    "JOIN campaign_prospects p ON p.id = k.prospect_id "
    "AND p.account_id <> $1 AND " MAYBE_WRITTEN_TO "AND p.status <> 'opted_out'";

enum people_column {
    COL_ID,
    COL_CAMPAIGN,
    COL_SENDER, /* their provider id as this account sees it */
    COL_STATUS,
    COL_CONTACTED_AT,
    COL_SINCE,
    COL_ACCOUNT,
    COL_CHAT,  /* "" = none of ours */
    COL_VANITY /* of who was invited */
};

void sync_people_ask(struct look *look, struct pg_async *pg, struct pg_params *params,
                     pg_async_fn *fn)
{
    pg_params_reset(params);
    pg_add_uuid(params, &look->job.account_id);
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < look->found_count; i++)
        pg_item_text(params, look->found[i].person);
    pg_array_close(params);
    bool replies = look->job.kind == SYNC_REPLIES;
    if (replies) {
        pg_add_uuid(params, &look->job.workspace_id);
    } else {
        pg_array_open(params, PG_ARRAY_TEXT);
        for (size_t i = 0; i < look->found_count; i++)
            pg_item_text(params, look->found[i].vanity);
        pg_array_close(params);
    }
    pg_async_send(pg, replies ? "sync_people" : "sync_invited", replies ? people_sql : invited_sql,
                  params, fn, look);
    pg_async_sync(pg);
}

static void tell(struct look *look, const struct found *f, const struct pg_result *r, int row)
{
    struct event e = {
        .type = EVENT_PERSON,
        .workspace_id = look->job.workspace_id,
        .account_id = pg_uuid(r, row, COL_ACCOUNT),
        .person = {.id = pg_uuid(r, row, COL_ID), .campaign_id = pg_uuid(r, row, COL_CAMPAIGN)}};
    if (look->job.kind == SYNC_RELATIONS) {
        e.person.finding = FINDING_CONNECTED;
        e.person.happened_at_ms = f->at_ms;
    } else {
        e.person.finding = FINDING_REPLY;
        e.person.happened_at_ms = f->at_ms;
        e.person.reply_class = f->reply_class;
        if (uuid_equal(&e.account_id, &look->job.account_id))
            memcpy(e.person.chat_id, f->chat_id, sizeof(f->chat_id));
        memcpy(e.person.message_id, f->message_id, sizeof(f->message_id));
    }
    bool one_person = look->job.kind == SYNC_RELATIONS ||
                      strcmp(f->chat_id, pg_text(r, row, COL_CHAT)) == 0; /* of our own message */
    news_add(&look->news, &e, f->chat_id, one_person);
}

/* The i-th message that was found, in its chat as far as this page shows it. */
static bool is_reply(const struct look *look, size_t i, const struct pg_result *r, int row)
{
    const struct reply_contact contact = {
        "", reply_contact_ms(pg_time_ms(r, row, COL_CONTACTED_AT), pg_time_ms(r, row, COL_SINCE))};
    struct reply_message messages[UNIPILE_ITEMS_MAX];
    size_t count = 0;
    size_t at = 0;
    for (size_t j = 0; j < look->found_count; j++) {
        const struct found *f = &look->found[j];
        if (strcmp(f->chat_id, look->found[i].chat_id) != 0)
            continue;
        if (j == i)
            at = count;
        messages[count++] = (struct reply_message){f->message_id, f->at_ms, f->own};
    }
    int64_t since_ms = reply_since_ms(&contact);
    bool first_page = !look->more && look->pages == 1;
    bool whole = look->oldest_ms < since_ms || (first_page && look->job.watermark_ms < since_ms);
    struct uuid account = pg_uuid(r, row, COL_ACCOUNT);
    /* what this account wrote itself stands for nothing that another one wrote */
    bool ours = uuid_equal(&account, &look->job.account_id);
    const struct reply_chat chat = {messages, count, whole && ours};
    return reply_is(&contact, &chat, at);
}

/* Is this finding news about this person? */
static bool is_news(const struct look *look, size_t i, const struct pg_result *r, int row)
{
    if (look->job.kind == SYNC_RELATIONS)
        return strcmp(pg_text(r, row, COL_STATUS), "connection_request_sent") == 0;
    return !look->found[i].own && is_reply(look, i, r, row);
}

static bool is_about(const struct look *look, size_t i, const struct pg_result *r, int row)
{
    const struct found *f = &look->found[i];
    if (*f->person && strcmp(f->person, pg_text(r, row, COL_SENDER)) == 0)
        return true;
    return look->job.kind == SYNC_RELATIONS && *f->vanity &&
           strcmp(f->vanity, pg_text(r, row, COL_VANITY)) == 0;
}

void sync_people_found(struct look *look, const struct pg_result *r)
{
    for (int row = 0; row < pg_rows(r); row++) {
        for (size_t i = 0; i < look->found_count; i++) {
            if (is_about(look, i, r, row) && is_news(look, i, r, row))
                tell(look, &look->found[i], r, row);
        }
    }
}
