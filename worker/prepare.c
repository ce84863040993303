/* Prepare (design 3.4): reads before the claim, safe to repeat. The profile tells both names of who
 * is written to first, the provider id that this account sees and the vanity name; before every
 * message the chat is looked at for one of theirs. What is learned goes to the ledger, and in
 * memory straight to the claim. */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "worker/reads.h"
#include "worker/replies.h"
#include "worker/worker.h"

#include "common/base/banned.h"

#define READ_SHARE      4 /* of the places in flight, one in so many at most is for reads */
#define READ_AGAIN_MS   (10 * SECOND_MS)
#define READS_MAX       3 /* of a job; then its item goes back to the schedule */
#define UNREAD_MS       (15 * MINUTE_MS)
#define CHATS_LOOKED_AT 3 /* a person has one 1:1 chat; some have a second of another kind */

struct look {
    struct work *work;
    char chats[CHATS_LOOKED_AT][EVENT_ID_MAX + 1];
    size_t chats_count;
    size_t at;
};

static struct event person_event(const struct work *work, enum finding finding)
{
    struct event e = {.type = EVENT_PERSON,
                      .workspace_id = work->job.workspace_id,
                      .account_id = work->job.account_id,
                      .person = {.id = work->job.person_id,
                                 .campaign_id = work->job.campaign_id,
                                 .finding = finding,
                                 .view_id = work->job.view_id}};
    return e;
}

static void done(struct work *work)
{
    work->prepared = true;
    work->prepared_boot_ms = clock_boot_ms();
    work->prepared_shuts = gate_shuts(work->worker->gate);
    if (work->given_back)
        work_drop(work);
    else
        work_advance(work);
}

/* Without its reads nothing is sent: the claim gives the item back to the schedule. */
static void unread(struct work *work, int64_t wait_ms)
{
    work->unread_ms = wait_ms > UNREAD_MS ? wait_ms : UNREAD_MS;
    done(work);
}

/* One read of a job has ended, well or not. */
static void came(const struct work *work, const struct unipile_read *read)
{
    reads_ended(work->worker, &work->job.workspace_id, &work->job.account_id, read);
}

/* The read did not succeed. Tried again a few times, while the job is still the item's latest: once
 * it is late, the claim looks before each try. */
static void failed(struct work *work, const struct unipile_read *read)
{
    log_info(work->worker->log, "read_failed", LOG_UUID("item", &work->job.item_id),
             LOG_STR("type", read->error_type));
    if (read->result != UNIPILE_READ_SETUP_BROKEN && !read->unreached)
        work->failed_reads++;
    if (read->result == UNIPILE_READ_ACCOUNT_BROKEN || work->failed_reads >= READS_MAX ||
        read->wait_ms > READ_AGAIN_MS) {
        unread(work, read->wait_ms);
        return;
    }
    work->current = false;
    if (work->given_back)
        work_drop(work);
    else
        work_later(work, clock_boot_ms() + READ_AGAIN_MS);
}

static void look_begin(struct work *work);

static void on_profile(void *ctx, const struct unipile_read *read)
{
    struct work *work = ctx;
    struct event e;
    came(work, read);
    switch (read->result) {
    case UNIPILE_READ_OK:
        SAM_COPY(work->provider_id, read->provider_id);
        SAM_COPY(work->vanity, read->vanity);
        e = person_event(work, FINDING_RESOLVED);
        SAM_COPY(e.person.provider_id, read->provider_id);
        SAM_COPY(e.person.vanity, read->vanity);
        outgoing_event(work->worker, &e);
        if (read->first_degree && work->job.kind == CALL_INVITATION) {
            e = person_event(work, FINDING_CONNECTED);
            e.person.happened_at_ms = worker_db_now_ms(work->worker, clock_boot_ms());
            outgoing_event(work->worker, &e);
            work_settle(work); /* the invitation is cancelled when that is applied */
            return;
        }
        if (read->invitation_pending && work->job.kind == CALL_INVITATION) {
            e = person_event(work, FINDING_INVITED);
            SAM_COPY(e.person.provider_id, read->provider_id);
            SAM_COPY(e.person.vanity, read->vanity);
            e.person.happened_at_ms = worker_db_now_ms(work->worker, clock_boot_ms());
            outgoing_event(work->worker, &e);
            work_settle(work);
            return;
        }
        SAM_COPY(work->first_name, read->first_name);
        SAM_COPY(work->last_name, read->last_name);
        work->distant = read->distant;
        look_begin(work);
        break;
    case UNIPILE_READ_NOT_FOUND:
        e = person_event(work, FINDING_NOT_FOUND);
        outgoing_event(work->worker, &e);
        work_settle(work);
        break;
    case UNIPILE_READ_RETRY:
    case UNIPILE_READ_ACCOUNT_BROKEN:
    case UNIPILE_READ_SETUP_BROKEN:
        failed(work, read);
        break;
    }
}

/* Its message's id is not in the job: the first own message of the chat stands for it. */
static struct reply_contact contact_of(const struct work *work)
{
    return (struct reply_contact){"", work->job.look_after_ms};
}

static void look_next(struct look *look);

static void look_done(struct look *look)
{
    struct work *work = look->work;
    free(look);
    done(work);
}

static void on_messages(void *ctx, const struct unipile_read *read)
{
    struct look *look = ctx;
    struct work *work = look->work;
    came(work, read);
    if (read->result != UNIPILE_READ_OK && read->result != UNIPILE_READ_NOT_FOUND) {
        free(look);
        failed(work, read);
        return;
    }
    const struct reply_contact contact = contact_of(work);
    struct reply_message messages[UNIPILE_ITEMS_MAX];
    const struct reply_chat chat = {messages, read->items_count, !*read->cursor};
    for (size_t i = 0; i < read->items_count; i++)
        messages[i] = reply_message(&read->items[i]);
    for (size_t i = 0; i < read->items_count; i++) {
        if (!reply_is(&contact, &chat, i))
            continue;
        struct event e = person_event(work, FINDING_REPLY);
        reply_event(work->worker->settings, &read->items[i], look->chats[look->at], &e);
        outgoing_event(work->worker, &e);
        work->replied = true;
    }
    look->at++;
    if (work->replied)
        look_done(look);
    else
        look_next(look);
}

static void look_next(struct look *look)
{
    struct work *work = look->work;
    if (look->at == look->chats_count) {
        look_done(look);
        return;
    }
    reads_begun(work->worker);
    const struct reply_contact contact = contact_of(work);
    unipile_chat_messages(work->worker->unipile, work->job.unipile_account, look->chats[look->at],
                          reply_since_ms(&contact), on_messages, look);
}

static void on_chats(void *ctx, const struct unipile_read *read)
{
    struct look *look = ctx;
    struct work *work = look->work;
    came(work, read);
    if (read->result != UNIPILE_READ_OK && read->result != UNIPILE_READ_NOT_FOUND) {
        free(look);
        failed(work, read);
        return;
    }
    for (size_t i = 0; i < read->items_count && i < CHATS_LOOKED_AT; i++) {
        SAM_COPY(look->chats[i], read->items[i].chat_id);
        look->chats_count = i + 1;
    }
    look_next(look);
}

/* Only who gets a message has a chat with us: of an invitation the profile is all, and what stands
 * in an old chat is no reply to it. */
static void look_begin(struct work *work)
{
    struct worker *w = work->worker;
    if (work->job.kind != CALL_MESSAGE) {
        done(work);
        return;
    }
    struct look *look = sam_xcalloc(1, sizeof(*look));
    look->work = work;
    reads_begun(w);
    unipile_chats_with(w->unipile, work->job.unipile_account,
                       work->provider_id[0] ? work->provider_id : work->job.look, on_chats, look);
}

bool prepare_begin(struct work *work)
{
    struct worker *w = work->worker;
    size_t share = (size_t)w->settings->unipile.max_in_flight / READ_SHARE;
    if (w->reading >= (share ? share : 1) || unipile_room(w->unipile) == 0 ||
        stops_claims(w->stops) || w->phase != WORKER_RUN)
        return false;
    if (work->job.resolve[0] && !work->provider_id[0]) {
        reads_begun(w);
        unipile_profile(w->unipile, work->job.unipile_account, work->job.resolve, on_profile, work);
        return true;
    }
    look_begin(work);
    return true;
}
