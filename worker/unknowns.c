#include "worker/unknowns.h"

#include <string.h>

#include "common/base/failpoint.h"
#include "worker/reads.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define PAGES_MAX 20 /* of a list: 2,000 invitations, 5,000 relations */

static const char *const verdict_words[] = {
    [RECONCILE_WAIT] = NULL,
    [RECONCILE_SEEN] = EVENT_SETTLED_BY_LOOK,
    [RECONCILE_TWICE] = EVENT_SEEN_TWICE,
    [RECONCILE_UNSEEN] = EVENT_UNSEEN,
    [RECONCILE_NOT_SENT] = EVENT_UNSEEN_TWICE,
    [RECONCILE_ASK] = EVENT_UNSEEN_TWICE,
};

void unknowns_deinit(struct unknowns *u)
{
    for (size_t i = 0; i < u->count; i++)
        unknown_item_deinit(&u->items[i]);
    u->count = 0;
}

/* ---- what it comes to ------------------------------------------------------------------------ */

static void tell(struct unknowns *u, const struct unknown_item *it, enum reconcile_verdict verdict)
{
    static const enum outcome outcomes[] = {
        [RECONCILE_SEEN] = OUTCOME_SENT,
        [RECONCILE_TWICE] = OUTCOME_UNKNOWN,
        [RECONCILE_UNSEEN] = OUTCOME_UNKNOWN,
        [RECONCILE_ASK] = OUTCOME_UNKNOWN,
        [RECONCILE_NOT_SENT] = OUTCOME_NOT_EXECUTED,
    };
    /* what is there was sent by the latest: nothing is known about the ones before it */
    bool latest = verdict == RECONCILE_SEEN || verdict == RECONCILE_TWICE;
    for (size_t i = 0; i < (latest ? 1 : it->ends_count); i++) {
        struct event e = it->ends[i];
        e.attempt.outcome = outcomes[verdict];
        SAM_COPY(e.attempt.error_type, verdict_words[verdict]);
        if (verdict == RECONCILE_SEEN) {
            SAM_COPY(e.attempt.invitation_id, it->seen.invitation_id);
            SAM_COPY(e.attempt.chat_id, it->seen.chat_id);
            SAM_COPY(e.attempt.message_id, it->seen.message_id);
        }
        outgoing_event(u->worker, &e);
    }
}

static void settle(struct unknowns *u, const struct unknown_item *it)
{
    struct worker *w = u->worker;
    const struct reconcile_look look = {.at_ms = u->begun_ms,
                                        .after_ms = w->settings->worker.reconcile_after_ms,
                                        .resend = w->settings->worker.resend_unknown,
                                        .found = it->found,
                                        .others = it->others};
    enum reconcile_verdict verdict = reconcile_judge(&it->sought, &look);
    bool negative = verdict != RECONCILE_SEEN && verdict != RECONCILE_TWICE;
    if (verdict == RECONCILE_WAIT || (negative && it->unread))
        return;
    metrics_add_label(w->metrics, METRIC_RECONCILED, (int)verdict, 1);
    if (verdict == RECONCILE_TWICE)
        log_error(w->log, "sent_twice", LOG_UUID("item", &it->ends[0].attempt.item_id),
                  LOG_UUID("account", &u->job->account_id), LOG_INT("found", it->found),
                  LOG_MSG("Unipile shows this message more than once: look at LinkedIn, then "
                          "`samctl unknown settle`"));
    else
        log_info(w->log, "unknown_looked_for", LOG_UUID("item", &it->ends[0].attempt.item_id),
                 LOG_STR("found", verdict_words[verdict]));
    failpoint(FAILPOINT_LOOKED);
    tell(u, it, verdict);
}

static void finish(struct unknowns *u)
{
    for (size_t i = 0; i < u->count; i++)
        settle(u, &u->items[i]);
    u->done(u->ctx);
}

/* The next look asks again: nothing is told of anybody. */
static void give_up(struct unknowns *u, const char *why)
{
    log_warn(u->worker->log, "unknown_look_failed", LOG_UUID("account", &u->job->account_id),
             LOG_STR("type", why));
    u->done(u->ctx);
}

/* The read's answer is of use: its items, or that there is nobody. */
static bool answered(struct unknowns *u, const struct unipile_read *read)
{
    reads_ended(u->worker, &u->job->workspace_id, &u->job->account_id, read);
    if (u->worker->phase == WORKER_LEAVE) {
        u->done(u->ctx);
        return false;
    }
    if (read->result == UNIPILE_READ_OK || read->result == UNIPILE_READ_NOT_FOUND)
        return true;
    give_up(u, read->error_type);
    return false;
}

static bool may_read(struct unknowns *u)
{
    struct worker *w = u->worker;
    if (w->phase == WORKER_RUN && !stops_claims(w->stops) &&
        !paused_has(w->paused, &u->job->workspace_id)) {
        reads_begun(w);
        return true;
    }
    u->done(u->ctx); /* by the next look */
    return false;
}

/* ---- messages: in the chats with their person ------------------------------------------------ */

static void read_chats(struct unknowns *u);
static void read_messages(struct unknowns *u);

static void on_messages(void *ctx, const struct unipile_read *read)
{
    struct unknowns *u = ctx;
    struct unknown_item *it = &u->items[u->at];
    if (!answered(u, read))
        return;
    it->unread = it->unread || *read->cursor;
    for (size_t i = 0; i < read->items_count; i++) {
        const struct unipile_item *message = &read->items[i];
        if (message->inbound || unknown_item_is_known(it, message))
            continue;
        switch (reconcile_match(&it->sought, message->text, message->at_ms)) {
        case RECONCILE_OURS:
            it->found++;
            memcpy(it->seen.chat_id, u->chats[u->chats_at], sizeof(it->seen.chat_id));
            SAM_COPY(it->seen.message_id, message->message_id);
            break;
        case RECONCILE_OTHER_TEXT:
            it->others++;
            break;
        case RECONCILE_OTHER_TIME:
            break;
        }
    }
    u->chats_at++;
    read_messages(u);
}

static void read_messages(struct unknowns *u)
{
    if (u->chats_at == u->chats_count) {
        u->at++;
        read_chats(u);
        return;
    }
    if (may_read(u))
        unipile_chat_messages(u->worker->unipile, u->job->unipile_account, u->chats[u->chats_at],
                              u->items[u->at].sought.first_started_ms - RECONCILE_CLOCKS_MS - 1,
                              on_messages, u);
}

static void on_chats(void *ctx, const struct unipile_read *read)
{
    struct unknowns *u = ctx;
    struct unknown_item *it = &u->items[u->at];
    if (!answered(u, read))
        return;
    u->chats_count = 0;
    u->chats_at = 0;
    for (size_t i = 0; i < read->items_count && i < SAM_ARRAY_LEN(u->chats); i++) {
        SAM_COPY(u->chats[i], read->items[i].chat_id);
        u->chats_count = i + 1;
    }
    it->unread = it->unread || *read->cursor || read->items_count > u->chats_count;
    read_messages(u);
}

static void read_chats(struct unknowns *u)
{
    while (u->at < u->count &&
           (unknown_item_is_invitation(&u->items[u->at]) || !*u->items[u->at].provider_id))
        u->at++;
    if (u->at == u->count) {
        finish(u);
        return;
    }
    if (may_read(u))
        unipile_chats_with(u->worker->unipile, u->job->unipile_account, u->items[u->at].provider_id,
                           on_chats, u);
}

/* ---- invitations: pending, or accepted meanwhile --------------------------------------------- */

static int64_t first_started_ms(const struct unknowns *u)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < u->count; i++) {
        if (unknown_item_is_invitation(&u->items[i]) && u->items[i].sought.first_started_ms < first)
            first = u->items[i].sought.first_started_ms;
    }
    return first;
}

/* Whoever has an invitation of the account's, or is a relation by now, must not get another one:
 * that, not its text, is what was to be known. */
static void seek_invited(struct unknowns *u, const struct unipile_read *read, bool pending)
{
    for (size_t i = 0; i < u->count; i++) {
        struct unknown_item *it = &u->items[i];
        if (!unknown_item_is_invitation(it))
            continue;
        it->unread = it->unread || read->broken > 0;
        for (size_t j = 0; j < read->items_count && !it->found; j++) {
            if (!unknown_item_is_person(it, &read->items[j]))
                continue;
            it->found = 1;
            SAM_COPY(it->seen.invitation_id, pending ? read->items[j].message_id : "");
        }
    }
}

static void unread_invitations(struct unknowns *u)
{
    for (size_t i = 0; i < u->count; i++)
        u->items[i].unread = u->items[i].unread || unknown_item_is_invitation(&u->items[i]);
}

/* Is there a page to follow? Its cursor is kept. */
static bool follows(struct unknowns *u, const struct unipile_read *read)
{
    bool more = *read->cursor && strlen(read->cursor) < sizeof(u->cursor);
    if (more && ++u->pages >= PAGES_MAX) {
        unread_invitations(u);
        more = false;
    }
    SAM_COPY(u->cursor, more ? read->cursor : "");
    return more;
}

static void read_relations(struct unknowns *u);

static void on_relations(void *ctx, const struct unipile_read *read)
{
    struct unknowns *u = ctx;
    bool old = false;
    if (!answered(u, read))
        return;
    seek_invited(u, read, false);
    for (size_t i = 0; i < read->items_count; i++) /* newest first */
        old = old || (read->items[i].at_ms &&
                      read->items[i].at_ms < first_started_ms(u) - RECONCILE_CLOCKS_MS);
    if (!old && follows(u, read))
        read_relations(u);
    else
        read_chats(u);
}

static void read_relations(struct unknowns *u)
{
    if (may_read(u))
        unipile_relations(u->worker->unipile, u->job->unipile_account, u->cursor, on_relations, u);
}

static void read_invited(struct unknowns *u);

static void on_invited(void *ctx, const struct unipile_read *read)
{
    struct unknowns *u = ctx;
    if (!answered(u, read))
        return;
    seek_invited(u, read, true);
    if (follows(u, read)) {
        read_invited(u);
        return;
    }
    u->pages = 0;
    read_relations(u);
}

static void read_invited(struct unknowns *u)
{
    if (may_read(u))
        unipile_invited(u->worker->unipile, u->job->unipile_account, u->cursor, on_invited, u);
}

/* ---- what is sought -------------------------------------------------------------------------- */

/* What the ledger may still say of their attempts has been applied: it was, past the moment at
 * which the last of their calls was over. */
static void drop_early(struct unknowns *u)
{
    struct gate *g = u->worker->gate;
    size_t kept = 0;
    bool early = false;
    for (size_t i = 0; i < u->count; i++) {
        struct unknown_item *it = &u->items[i];
        bool known = gate_open(g, u->partition) && it->ends_count > 0 &&
                     gate_past_ms(g, u->partition) > it->sought.over_ms;
        early = early || !known;
        if (known)
            u->items[kept++] = *it;
        else
            unknown_item_deinit(it);
    }
    u->count = kept;
    if (early)
        gate_renew(g, u->partition);
}

static void on_known(void *ctx, enum pg_failure failure, const struct pg_result *r,
                     const char *error)
{
    struct unknowns *u = ctx;
    bool invitations = false;
    if (failure) {
        give_up(u, error);
        return;
    }
    unknown_items_read_known(u->items, u->count, r);
    for (size_t i = 0; i < u->count; i++)
        invitations = invitations || unknown_item_is_invitation(&u->items[i]);
    if (invitations)
        read_invited(u);
    else
        read_chats(u);
}

static void ask_known(struct unknowns *u)
{
    struct pg_async *pg = u->worker->util; /* without a connection u is gone when it is answered */
    unknown_items_ask_known(u->params, u->items, u->count);
    pg_async_send(pg, "sync_unknown_known", unknown_items_known_sql, u->params, on_known, u);
    pg_async_sync(pg);
}

static void on_unknown(void *ctx, enum pg_failure failure, const struct pg_result *r,
                       const char *error)
{
    struct unknowns *u = ctx;
    if (failure) {
        give_up(u, error);
        return;
    }
    u->count =
        unknown_items_read(u->items, UNKNOWNS_MAX, r, u->worker->settings->unipile.timeout_ms);
    drop_early(u);
    if (u->count > 0)
        ask_known(u);
    else
        u->done(u->ctx);
}

void unknowns_ask(struct unknowns *u, struct pg_params *params)
{
    struct pg_async *pg = u->worker->util; /* as above */
    u->count = 0;
    u->at = 0;
    u->pages = 0;
    u->cursor[0] = '\0';
    u->params = params;
    unknown_items_ask(params, &u->job->account_id, UNKNOWNS_MAX);
    pg_async_send(pg, "sync_unknown", unknown_items_sql, params, on_unknown, u);
    pg_async_sync(pg);
}
