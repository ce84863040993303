#include "common/adapters/topics_watch.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/topic_rules.h"
#include "common/base/clock.h"
#include "common/model/topic.h"

#include "common/base/banned.h"

#define LOOK_EVERY_MS (3 * SECOND_MS) /* at one of them */
#define ANSWER_MS     2000            /* a look's thread waits so long for each answer */

/* Those with kafka.partitions. */
static const enum topic watched_topics[] = {TOPIC_JOBS, TOPIC_SYNC, TOPIC_EVENTS, TOPIC_ACCOUNTS};

/* A question to Kafka blocks (librdkafka 2.0 has no other way to ask for the number of partitions),
 * so each has a thread of its own, which touches nothing but this and the producer. */
struct look {
    pthread_t thread;
    bool running;     /* until the thread was joined */
    bool overtaken;   /* more partitions were seen meanwhile: the answer may be older */
    atomic_bool done; /* by the thread: all below is written */
    struct kafka_producer *producer;
    const char *name;
    int answered; /* of kafka_topic_partitions() */
    int32_t count;
    bool with_configs;
    int told; /* of kafka_topic_configs() */
    struct kafka_topic_configs configs;
};

struct watched {
    const char *plain;
    char *name;    /* owned; with the prefix */
    int32_t count; /* of partitions, as the cluster says; of a view -1 = not known yet */
    bool view;     /* sam.accounts: nothing goes by its partitions, or waits for it */
    bool silent;   /* the broker does not tell its configs: asking again only fills its own log */
    bool badly_kept;
    char said[TOPIC_RULES_TEXT_BYTES]; /* of the rule that it breaks */
};

struct topics_watch {
    const struct settings *settings;
    struct log *log;
    struct metrics *metrics; /* may be NULL */
    int32_t partitions;
    struct watched topics[SAM_ARRAY_LEN(watched_topics)];
    size_t next; /* to be looked at, or being looked at */
    struct look look;
    int64_t looked_boot_ms;
    char trouble[200]; /* "" = none */
};

static void tell_badly_kept(const struct topics_watch *t)
{
    int64_t count = 0;
    for (size_t i = 0; i < SAM_ARRAY_LEN(t->topics); i++)
        count += t->topics[i].badly_kept ? 1 : 0;
    if (t->metrics)
        metrics_set(t->metrics, METRIC_TOPICS_BADLY_KEPT, count);
}

/* Nothing is lost yet, so nothing stops for it; the next start is refused. */
static void judge_configs(struct topics_watch *t, struct watched *topic,
                          const struct kafka_topic_configs *configs)
{
    char text[TOPIC_RULES_TEXT_BYTES];
    bool kept = true;
    for (size_t i = 0; i < KAFKA_TOPIC_CONFIGS_N && kept; i++)
        kept = topic_rules_kept(t->settings, topic->plain, configs, (enum kafka_topic_config_key)i,
                                text);
    if (!kept && (!topic->badly_kept || strcmp(text, topic->said) != 0)) {
        char *line SAM_CLEANUP(freep) = sam_xasprintf("%s %s", topic->name, text);
        log_warn(t->log, "topic_badly_kept", LOG_MSG(line));
        (void)snprintf(topic->said, sizeof(topic->said), "%s", text);
    }
    topic->badly_kept = !kept;
    topic->silent = configs->refused[0] != '\0';
    tell_badly_kept(t);
}

struct topics_watch *topics_watch_new(const struct settings *s, int32_t partitions, struct log *log,
                                      struct metrics *metrics)
{
    struct topics_watch *t = sam_xcalloc(1, sizeof(*t));
    t->settings = s;
    t->log = log;
    t->metrics = metrics;
    t->partitions = partitions;
    t->looked_boot_ms = clock_boot_ms();
    for (size_t i = 0; i < SAM_ARRAY_LEN(t->topics); i++) {
        const struct topic_row *row = topic_row(watched_topics[i]);
        bool view = row->partitions == TOPIC_VIEW;
        t->topics[i] = (struct watched){.plain = row->name,
                                        .name = settings_topic(s, row->name),
                                        .count = view ? -1 : partitions,
                                        .view = view};
        if (view)
            t->next = i; /* the only one of which the start says nothing */
    }
    tell_badly_kept(t);
    return t;
}

void topics_watch_free(struct topics_watch *t)
{
    if (!t)
        return;
    if (t->look.running)
        (void)pthread_join(t->look.thread, NULL);
    for (size_t i = 0; i < SAM_ARRAY_LEN(t->topics); i++)
        free(t->topics[i].name);
    free(t);
}

static void judge(struct topics_watch *t)
{
    char before[sizeof(t->trouble)];
    memcpy(before, t->trouble, sizeof(before));
    t->trouble[0] = '\0';
    for (size_t i = 0; i < SAM_ARRAY_LEN(t->topics) && !t->trouble[0]; i++) {
        const struct watched *topic = &t->topics[i];
        if (topic->view)
            continue;
        if (topic->count == 0)
            (void)snprintf(t->trouble, sizeof(t->trouble), "%.80s is gone: see samctl topics show",
                           topic->name);
        else if (topic->count != t->partitions)
            (void)snprintf(t->trouble, sizeof(t->trouble),
                           "%.80s has %d partitions, it had %d when this process began: see samctl "
                           "topics show, then start it anew",
                           topic->name, topic->count, t->partitions);
    }
    if (t->trouble[0] && strcmp(before, t->trouble) != 0)
        log_error(t->log, "topic_has_changed", LOG_MSG(t->trouble));
}

static void *ask(void *ctx)
{
    struct look *look = ctx;
    char why[KAFKA_ADMIN_WHY_BYTES];
    look->answered =
        kafka_topic_partitions(look->producer, look->name, ANSWER_MS, &look->count, NULL);
    look->with_configs = look->with_configs && look->answered == 0;
    if (look->with_configs)
        look->told =
            kafka_topic_configs(look->producer, look->name, ANSWER_MS, &look->configs, why);
    atomic_store(&look->done, true);
    return NULL;
}

static void begin(struct topics_watch *t, struct kafka_producer *producer)
{
    struct look *look = &t->look;
    look->producer = producer;
    look->name = t->topics[t->next].name;
    look->with_configs = !t->topics[t->next].silent && !t->topics[t->next].view;
    look->overtaken = false;
    atomic_store(&look->done, false);
    look->running = pthread_create(&look->thread, NULL, ask, look) == 0;
}

static void end(struct topics_watch *t)
{
    struct watched *topic = &t->topics[t->next];
    (void)pthread_join(t->look.thread, NULL); /* it has nothing left to do */
    t->look.running = false;
    t->next = (t->next + 1) % SAM_ARRAY_LEN(t->topics);
    if (t->look.with_configs && t->look.told == 0)
        judge_configs(t, topic, &t->look.configs);
    bool gone = t->look.answered == -ENOENT;
    if ((t->look.answered != 0 && !gone) || t->look.overtaken)
        return;
    topic->count = gone ? 0 : t->look.count;
    judge(t);
}

void topics_watch_look(struct topics_watch *t, struct kafka_producer *producer, int64_t now_boot_ms)
{
    if (t->look.running && atomic_load(&t->look.done))
        end(t);
    if (t->look.running || now_boot_ms - t->looked_boot_ms < LOOK_EVERY_MS ||
        !kafka_producer_up(producer))
        return;
    t->looked_boot_ms = now_boot_ms;
    begin(t, producer);
}

void topics_watch_seen(struct topics_watch *t, int32_t partition)
{
    if (partition < t->partitions || t->trouble[0])
        return;
    t->topics[0].count = partition + 1; /* until it is asked for */
    t->look.overtaken = true;
    judge(t);
}

int32_t topics_watch_count(const struct topics_watch *t, const char *plain)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(t->topics); i++) {
        if (strcmp(t->topics[i].plain, plain) == 0)
            return t->topics[i].count;
    }
    return -1;
}

const char *topics_watch_trouble(const struct topics_watch *t)
{
    return t->trouble[0] ? t->trouble : NULL;
}
