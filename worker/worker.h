/* worker/worker.h - one worker process: what its parts share.
 *
 *   consume ──▶ work (early ▸ preparing ▸ ready) ──▶ claim ──▶ send ──▶ outgoing (attempt.ended)
 *                        │ prepare: reads                        sam.events ──▶ ledger (apply)
 *
 * One thread, one loop. A work is owned by the list or part that its state names. */
#ifndef SAM_WORKER_WORKER_H
#define SAM_WORKER_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/adapters/admin.h"
#include "common/adapters/facts.h"
#include "common/adapters/gate.h"
#include "common/adapters/kafka.h"
#include "common/adapters/pg_async.h"
#include "common/adapters/topics_watch.h"
#include "common/base/db_clock.h"
#include "common/base/loop.h"
#include "common/base/metrics.h"
#include "common/base/settings.h"
#include "common/base/timers.h"
#include "common/model/event.h"
#include "common/model/job.h"
#include "worker/accounts.h"
#include "worker/ledger.h"
#include "worker/offsets.h"
#include "worker/paused.h"
#include "worker/unipile/unipile.h"

#define WORKER_CLAIMS_MAX 3
#define WORKER_WORKS_MAX  8192 /* jobs in memory */
#define WORKER_TURN       1000 /* records that are read at once */
/* From so many jobs on the partitions are paused, until half of the room is free. */
#define WORKER_WORKS_HOLD (WORKER_WORKS_MAX - WORKER_TURN)
#define SYNCS_MAX         2000 /* looks, under way or not */

/* What keeps the worker going until it has left (design 3.5). */
enum worker_phase {
    WORKER_RUN,
    WORKER_DRAIN, /* out of the group of jobs; calls under way, their events and the ledger go on
                     (not where the schema has outgrown this program) */
    WORKER_LEAVE
};

enum work_state {
    WORK_EARLY,     /* in the due heap */
    WORK_PREPARING, /* its reads are under way */
    WORK_READY,     /* in the ready list */
    WORK_CLAIMING,  /* in a claim */
    WORK_SENDING    /* granted: the call, until its end is in the ledger's hands */
};

struct work {
    struct timer_node due;  /* first: found from the heap's pointer */
    TAILQ_ENTRY(work) link; /* of all works */
    TAILQ_ENTRY(work) ready;
    struct worker *worker;
    enum work_state state;
    struct job job;
    int32_t partition;
    int64_t offset;
    bool given_back; /* its partition was revoked: offsets are not ours to store */
    unsigned skips;  /* claims in which its account could not be locked, one after another */
    bool orphan;     /* the claim has seen that its account does not exist */
    bool current;    /* of a late one: the claim has seen that the item waits for it */
    /* what prepare has found */
    bool prepared;
    int64_t prepared_boot_ms;
    int64_t prepared_shuts;                      /* gate_shuts() then */
    char provider_id[PROVIDER_ID_MAX_BYTES + 1]; /* "" = as the database knows it */
    char vanity[VANITY_MAX_BYTES + 1];           /* likewise */
    char first_name[UNIPILE_NAME_BYTES];         /* of the profile; "" = not seen */
    char last_name[UNIPILE_NAME_BYTES];
    bool distant; /* the profile says that it is no connection of the account */
    bool replied;
    unsigned failed_reads;
    int64_t unread_ms; /* not 0: the reads have failed; the claim puts the item off for so long */
};

TAILQ_HEAD(work_list, work);

struct claim;
struct outgoing_list;
struct dead_letters;
struct sync;

struct worker {
    const struct settings *settings;
    struct log *log;
    struct metrics *metrics;
    struct admin *admin;
    struct loop *loop;
    enum worker_phase phase;
    int64_t drain_until_boot_ms;

    struct kafka_producer *kafka;
    struct loop_watch *kafka_watch;
    struct kafka_consumer *consumer; /* sam.jobs and sam.sync */
    struct loop_watch *consumer_watch;
    bool held; /* enough works are here: the consumer is not polled */
    struct loop_timer hold_timer;
    char *topics[2]; /* jobs, sync: the order of the subscription */
    char *topic_events;
    char *topic_dead;
    char *topic_accounts;
    char *group_workers;
    char *group_ledger;
    int32_t partitions;
    struct topics_watch *topics_watch;
    struct offsets *offsets[2]; /* per topic: one per partition */

    struct work_list works;
    size_t works_count;
    struct timers due;
    struct loop_timer due_timer;
    struct work_list ready;
    size_t ready_count;

    struct facts *facts;
    struct gate *gate;
    struct loop_timer gate_timer;
    struct pg_async *util; /* gate, lookups, outbox */
    bool gate_asked;
    bool gate_soon; /* something is shut: the timer is set to the short time */
    struct gate_floor *gate_floor;
    struct claim *claims[WORKER_CLAIMS_MAX];
    struct ledger *ledger;
    struct uuid ledger_id;
    int64_t db_minus_boot_ms; /* the database's clock, as last seen */
    bool clock_asked;
    bool clock_untold; /* Postgres answers, but does not tell: /readyz says why */
    int64_t clock_asked_boot_ms;

    struct unipile *unipile;
    size_t sending; /* granted calls that have not ended */
    size_t reading; /* reads under way */
    struct outgoing_list *outgoing;
    struct dead_letters *dead_letters;
    struct sync *sync;
    struct stops *stops;
    struct paused *paused;
    struct accounts *accounts;
};

/* The database's clock now, by the last reading. */
static inline int64_t worker_db_now_ms(const struct worker *w, int64_t boot_ms)
{
    return boot_ms + w->db_minus_boot_ms;
}

/* ---- works (works.c) ------------------------------------------------------------------------ */

struct work *work_new(struct worker *w, const struct job *job, int32_t partition, int64_t offset);
/* Its decision is durable elsewhere: the offset may be stored, the memory is freed. */
void work_settle(struct work *work);
/* Not taken any further by this worker; the offset is not stored. */
void work_drop(struct work *work);
/* To the ready list, the due heap or to prepare, by what it lacks. A late one goes to the claim
 * before anything is read for it: old jobs come again when offsets are reset, and a profile that is
 * looked at for them would not be counted. */
void work_advance(struct work *work);
/* Tries again, not before a moment of CLOCK_BOOTTIME. */
void work_later(struct work *work, int64_t at_boot_ms);
/* Takes up to max ready works whose gate is open; their state is WORK_CLAIMING then. A late one may
 * lack what is to be read (prepared is false). */
size_t works_take(struct worker *w, struct work **out, size_t max);
void works_init(struct worker *w);
/* The database's clock was read: db_now_ms at boot_ms of CLOCK_BOOTTIME. The one place that keeps
 * it; when it is not where it was thought to be, early works are looked at again. */
void works_clock(struct worker *w, int64_t db_now_ms, int64_t boot_ms);
/* The partitions are gone: unclaimed works are dropped, the others lose their offsets. */
void works_give_back(struct worker *w, const struct kafka_part *parts, size_t count);

/* ---- parts ---------------------------------------------------------------------------------- */

/* consume.c */
SAM_MUSTCHECK int consume_new(struct worker *w, char *why, size_t why_bytes);
void consume_free(struct worker *w);
/* Gives the partitions to other workers at once; calls under way go on. */
void consume_leave(struct worker *w);
/* As ledger_tend(). */
void consume_tend(struct worker *w);
/* There may be room again for what is read: goes on if so. */
void consume_go_on(struct worker *w);
/* A record of a topic (0 jobs, 1 sync) is settled. */
void consume_settle(struct worker *w, int topic, int32_t partition, int64_t offset);

/* prepare.c: begins the reads of a work that needs some; true = begun, work_advance() follows. */
bool prepare_begin(struct work *work);

/* send.c: the granted call of a work. text is copied. */
struct grant {
    struct event_attempt attempt; /* as started */
    struct uuid workspace_id;
    struct uuid account_id;
    int64_t start_by_boot_ms;
    int64_t begun_boot_ms;   /* before the claim's query was sent */
    int64_t db_now_ms;       /* as the claim has read it */
    int64_t again_before_ms; /* others may have written to the human before that; 0 = never */
    int64_t due_at_ms;
    int64_t dispatch;
    bool leave_note_out; /* the month's notes are used up: its item has lost its note */
    char *text;          /* owned */
    char recipient[PROVIDER_ID_MAX_BYTES + 1];
    char unipile_account[UNIPILE_ID_MAX + 1];
};
/* Takes the grant; its attempt.ended goes to the ledger whatever happens. */
void send_granted(struct worker *w, struct grant *grant);
/* The claim came to nothing: attempt.ended, not executed, untried. */
void send_untried(struct worker *w, const struct grant *grant, const char *error_type);
void grant_free(struct grant *grant);

/* outgoing.c: events on their way to the ledger, kept until Kafka has them. */
struct outgoing_list *outgoing_new(struct worker *w);
void outgoing_free(struct outgoing_list *list);
/* Fills in id, ledger id and time, and writes it; tried again until it is acknowledged. */
void outgoing_event(struct worker *w, struct event *event);
/* How many of them are nowhere but here. */
size_t outgoing_count(const struct outgoing_list *list);
/* Too many of them: no call may begin. What has already begun may still add its end. */
#define OUTGOING_MAX 20000
bool outgoing_full(const struct outgoing_list *list);
/* The same as a sentence for /readyz; NULL = there is room. Owned by the list, valid until the next
 * call. */
const char *outgoing_trouble(struct outgoing_list *list);
/* Kafka will not take them before we leave: writes the oldest of them to the outbox, so many in one
 * statement. Call it again until none is left: there may be more, or more may come meanwhile, and a
 * failure is tried anew after a moment. */
#define OUTGOING_CHUNK 1000
void outgoing_to_outbox(struct outgoing_list *list);

/* claim.c */
struct claim *claim_new(struct worker *w, int number);
void claim_free(struct claim *c);
bool claim_up(const struct claim *c);   /* connected to Postgres */
bool claim_idle(const struct claim *c); /* connected, and nothing under way */
bool claim_busy(const struct claim *c);
/* The process ends: what is being claimed is told to have ended untried, as nobody hears the answer
 * to its commit any more. Only claim_free() may follow. */
void claim_leave(struct claim *c);
/* Takes ready works and claims them. */
void claim_begin(struct claim *c);

/* sync.c */
struct sync *sync_new(struct worker *w);
void sync_free(struct sync *s);
void sync_add(struct sync *s, const struct sync_job *job, int32_t partition, int64_t offset);
void sync_give_back(struct sync *s, const struct kafka_part *parts, size_t count);
/* Begins what there is room for. */
void sync_advance(struct sync *s);
size_t sync_busy(const struct sync *s);
size_t sync_count(const struct sync *s);

/* stops.c: reasons of this process to claim nothing for a while. */
struct stops *stops_new(struct worker *w);
void stops_free(struct stops *s);
/* One ended write call, for the share of unknown ones. */
void stops_outcome(struct stops *s, enum outcome outcome);
/* Our key was refused (by a write or a read). */
void stops_setup_broken(struct stops *s);
/* A call or a read found nobody to talk to (error_type resolve, connect or tls): not the item's
 * fault. Some in a row stop the claims. */
void stops_unreached(struct stops *s, const char *error_type);
/* What a write or a read was answered (http_status 0 = nothing): three in a row that are not
 * Unipile's stop the claims until it answers again. A good read says nothing about the writes. */
void stops_write_answer(struct stops *s, int http_status, const char *error_type);
void stops_read_answer(struct stops *s, int http_status, const char *error_type);
/* A read was answered. */
void stops_reached(struct stops *s);
/* Kafka has not taken an attempt.started (why): nothing is granted for a while, with doubling
 * backoff; items that are due go back to the schedule with this reason. */
void stops_unwritten(struct stops *s, const char *why);
/* Kafka has taken all of a claim's. */
void stops_written(struct stops *s);
/* How long nothing may be granted for want of the ledger; 0 = it may. */
int64_t stops_ungranted_ms(const struct stops *s);
/* Claims meet a row of another release, of which nothing goes: said once, and kept in /readyz while
 * they do. It stops nothing else. */
void stops_value(struct stops *s, const char *text);
/* The database's clock was read. */
void stops_clock(struct stops *s, const struct clock_reading *reading);
bool stops_claims(const struct stops *s);
bool stops_clock_bad(const struct stops *s);

#endif
