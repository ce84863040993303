/* dlq replay: puts records back to where they stood, as they were. Their letters stay: a record
 * that comes twice, or late, is harmless, because its dispatch number is not its item's any more.
 *
 * One is acknowledged before the next: what was done is known whenever it ends. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adapters/kafka_headers.h"
#include "common/model/dead_letter.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/dlq_letter.h"
#include "producer/ctl/dlq_log.h"
#include "producer/ctl/topics.h"

#include "common/base/banned.h"

#define FLUSH_MS 40000 /* longer than a record waits for its acknowledgement */

static const struct column columns[] = {
    {"letter", "letter", COLUMN_TEXT},   {"put_back", "put back", COLUMN_BOOL},
    {"topic", "to", COLUMN_TEXT},        {"partition", "partition", COLUMN_NUMBER},
    {"offset", "offset", COLUMN_NUMBER}, {"account_id", "account", COLUMN_TEXT},
    {"why", "because it", COLUMN_TEXT}};

struct dlq_replay {
    struct ctl *c;
    struct dlq_log log;
    struct kafka_producer *kafka; /* owned */
    struct log silent;            /* librdkafka's own words */
    struct table table;
    struct log_place *places; /* owned; of the words */
    size_t count;             /* of them; 0 = --all */
    bool found;               /* the letter that was asked for is there */
    int64_t done;
    int64_t left;
    enum ctl_exit e; /* of what a callback met */
};

/* Waits for Kafka's word about one record. */
struct put_back {
    struct kafka_delivery delivery; /* first: found from the callback's pointer */
    int error;
    int32_t partition;
    int64_t offset;
};

static void dlq_replay_deinit(struct dlq_replay *r)
{
    kafka_producer_free(r->kafka);
    dlq_log_deinit(&r->log);
    table_deinit(&r->table);
    free(r->places);
}

/* ---- the words ------------------------------------------------------------------------------- */

static enum ctl_exit read_words(struct dlq_replay *r)
{
    const struct args *args = &r->c->args;
    bool all = args_has(args, "all");
    if (all && args->words_count)
        return ctl_wrong_use("dlq replay takes letters or --all, not both");
    if (!all && !args->words_count)
        return ctl_wrong_use("which letters? PARTITION:OFFSET as `samctl dlq list` shows them, or "
                             "--all for all that this release reads");
    r->count = args->words_count;
    r->places = sam_xcalloc(r->count + 1, sizeof(*r->places));
    for (size_t i = 0; i < r->count; i++) {
        if (!log_place_parse(args->words[i], &r->places[i]))
            return ctl_wrong_use("%.60s is not the place of a letter: PARTITION:OFFSET, two "
                                 "numbers as in 0:17; `samctl dlq list` shows them",
                                 args->words[i]);
    }
    return CTL_DONE;
}

/* ---- may it be done? ------------------------------------------------------------------------- */

static enum ctl_exit check_place(const struct dlq_replay *r, const struct log_place *place)
{
    if (place->partition >= r->log.partitions)
        return ctl_fail("%s has no partition %d; nothing was put back", r->log.topic,
                        place->partition);
    const struct kafka_ends *ends = &r->log.ends[place->partition];
    if (place->offset >= ends->end)
        return ctl_fail("%d:%" PRId64 " is not in %s, which ends before %" PRId64
                        ": `samctl dlq list` shows what is there; nothing was put back",
                        place->partition, place->offset, r->log.topic, ends->end);
    if (place->offset < ends->first)
        return ctl_fail("%d:%" PRId64 " is not in %s any more: Kafka has deleted what stood before "
                        "%" PRId64 " (retention.ms); nothing was put back",
                        place->partition, place->offset, r->log.topic, ends->first);
    return CTL_DONE;
}

static void check_letter(void *ctx, const struct kafka_record *record)
{
    struct dlq_replay *r = ctx;
    struct dlq_letter letter;
    char why[RECORD_WHY_BYTES];
    r->found = true;
    dlq_letter_read(r->c, record, &letter);
    if (dlq_letter_is_lost(r->c, &letter, why))
        r->e = ctl_fail("%d:%" PRId64 " cannot be put back: it %s; nothing was put back",
                        letter.place.partition, letter.place.offset, why);
}

static enum ctl_exit check_topic(const struct dlq_replay *r, enum topic topic)
{
    struct kafka_topic_state state;
    char why[KAFKA_ADMIN_WHY_BYTES];
    char *name = settings_topic(r->c->settings, topic_row(topic)->name);
    enum ctl_exit e = CTL_DONE;
    if (kafka_admin_topic(r->log.admin, name, DLQ_TIMEOUT_MS, &state, why) != 0)
        e = topics_no_answer(r->c, why);
    else if (!state.exists)
        e = ctl_fail("Kafka has no topic %s: `samctl topics create` makes it; nothing was put back",
                     name);
    free(name);
    return e;
}

/* All of it before the first is put back. */
static enum ctl_exit check(struct dlq_replay *r)
{
    enum ctl_exit e = CTL_DONE;
    for (size_t i = 0; !e && i < r->count; i++)
        e = check_place(r, &r->places[i]);
    if (e || (e = check_topic(r, TOPIC_JOBS)) || (e = check_topic(r, TOPIC_SYNC)))
        return e;
    for (size_t i = 0; !e && i < r->count; i++) {
        const struct log_place *place = &r->places[i];
        r->found = false;
        e = dlq_log_read_one(r->c, &r->log, place, check_letter, r);
        if (!e && !r->found)
            e = ctl_fail("%d:%" PRId64 " is not in %s any more; nothing was put back",
                         place->partition, place->offset, r->log.topic);
        e = e ? e : r->e;
    }
    return e;
}

/* ---- done ------------------------------------------------------------------------------------ */

static void on_delivery(struct kafka_delivery *delivery, int error, int32_t partition,
                        int64_t offset)
{
    struct put_back *p = (struct put_back *)delivery;
    p->error = error;
    p->partition = partition;
    p->offset = offset;
}

/* By its key, as whoever wrote it; without one to where it stood. */
static int produce(struct dlq_replay *r, const struct kafka_record *record,
                   const struct dlq_letter *letter, struct put_back *ret)
{
    SAM_CLEANUP(kafka_headers_freep) struct kafka_headers *own = kafka_headers_of(record);
    for (size_t i = 0; i < DEAD_LETTER_N; i++)
        kafka_headers_remove(own, dead_letter_header_name((enum dead_letter_header)i));
    *ret = (struct put_back){.delivery = {on_delivery}, .error = -ETIMEDOUT};
    const struct kafka_message m = {.topic = letter->topic,
                                    .partition = record->key ? -1 : letter->from.partition,
                                    .key = record->key,
                                    .key_bytes = record->key_bytes,
                                    .value = record->value,
                                    .value_bytes = record->value_bytes,
                                    .kept = own,
                                    .delivery = &ret->delivery};
    int result = kafka_produce(r->kafka, &m);
    if (result == 0 && kafka_producer_flush(r->kafka, FLUSH_MS) != 0)
        return -ETIMEDOUT;
    return result ? result : ret->error;
}

static enum ctl_exit not_acknowledged(const struct dlq_replay *r, const struct dlq_letter *letter,
                                      int error)
{
    const char *trouble = kafka_producer_trouble(r->kafka);
    if (error == -EACCES)
        return ctl_fail("%s may not be written by this user of Kafka: give it Write on the topic, "
                        "or run samctl as the producers' user; %" PRId64 " were put back before",
                        letter->topic, r->done);
    return ctl_fail("%d:%" PRId64 ": Kafka did not acknowledge it in %s (%s%s%s); %" PRId64
                    " were put back before. Do it again: a record that comes twice is harmless",
                    letter->place.partition, letter->place.offset, letter->topic, strerror(-error),
                    trouble ? ": " : "", trouble ? trouble : "", r->done);
}

static void show(struct dlq_replay *r, const struct dlq_letter *letter, const struct put_back *p,
                 const char *why)
{
    char place[40];
    (void)snprintf(place, sizeof(place), "%d:%" PRId64, letter->place.partition,
                   letter->place.offset);
    table_text(&r->table, place);
    table_bool(&r->table, p != NULL);
    table_text(&r->table, p ? letter->topic : NULL);
    if (p) {
        table_number(&r->table, p->partition);
        table_number(&r->table, p->offset);
    } else {
        table_null(&r->table);
        table_null(&r->table);
    }
    table_text(&r->table, letter->account[0] ? letter->account : NULL);
    table_text(&r->table, why);
}

static void put_back(void *ctx, const struct kafka_record *record)
{
    struct dlq_replay *r = ctx;
    struct dlq_letter letter;
    struct put_back p;
    char why[RECORD_WHY_BYTES];
    char left[RECORD_WHY_BYTES + 40];
    if (r->e)
        return; /* Kafka does not take any more */
    dlq_letter_read(r->c, record, &letter);
    bool lost = dlq_letter_is_lost(r->c, &letter, why);
    if (lost || (r->count == 0 && letter.refused[0])) {
        (void)snprintf(left, sizeof(left), "%s%s",
                       lost ? "" : "is not read by this release: ", lost ? why : letter.refused);
        show(r, &letter, NULL, left);
        r->left++;
        return;
    }
    int error = produce(r, record, &letter, &p);
    if (error) {
        r->e = not_acknowledged(r, &letter, error);
        return;
    }
    r->done++;
    show(r, &letter, &p, NULL);
}

static enum ctl_exit put_all_back(struct dlq_replay *r)
{
    char why[KAFKA_ADMIN_WHY_BYTES];
    const struct settings *s = r->c->settings;
    log_init(&r->silent, "samctl", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    const struct kafka_options options = {.bootstrap_servers = s->kafka.bootstrap_servers,
                                          .client_id = "samctl",
                                          .properties = (const char *const *)s->kafka.properties,
                                          .log = &r->silent};
    if (kafka_producer_new(&options, &r->kafka, why, sizeof(why)) != 0)
        return ctl_fail("%s", why);
    enum ctl_exit e = CTL_DONE;
    table_init(&r->table, columns, SAM_ARRAY_LEN(columns), r->c->json, stdout);
    for (size_t i = 0; !e && i < r->count; i++) {
        e = dlq_log_read_one(r->c, &r->log, &r->places[i], put_back, r);
        e = e ? e : r->e;
    }
    for (int32_t i = 0; !e && r->count == 0 && i < r->log.partitions; i++) {
        e = dlq_log_read(r->c, &r->log, i, 0, put_back, r);
        e = e ? e : r->e;
    }
    table_end(&r->table);
    return e;
}

enum ctl_exit command_dlq_replay(struct ctl *c)
{
    SAM_CLEANUP(dlq_replay_deinit) struct dlq_replay r = {.c = c};
    enum ctl_exit e;
    if ((e = read_words(&r)) || (e = dlq_log_open(c, &r.log)) || (e = check(&r)) ||
        (e = put_all_back(&r)))
        return e;
    if (r.done + r.left == 0)
        ctl_say(c, "no dead letters");
    else
        ctl_say(c, "%" PRId64 " put back, %" PRId64 " left alone; the letters stay where they are",
                r.done, r.left);
    return CTL_DONE;
}
