#include "producer/ctl/topics.h"

#include <assert.h>
#include <string.h>

#include "common/adapters/topic_rules.h"
#include "producer/ctl/commands.h"

#include "common/base/banned.h"

void topics_init(struct topics *t, const struct settings *s)
{
    static_assert(TOPIC_CONFIG_N < KAFKA_ADMIN_CONFIGS_MAX, "a wish ends with a NULL name");
    for (size_t i = 0; i < TOPIC_N; i++) {
        struct kafka_topic_wish *wish = &t->wishes[i];
        t->names[i] = settings_topic(s, topic_row((enum topic)i)->name);
        *wish =
            (struct kafka_topic_wish){.name = t->names[i],
                                      .partitions = topic_partitions((enum topic)i, s),
                                      .replication_factor = (int32_t)s->kafka.replication_factor};
        size_t n = 0;
        for (size_t c = 0; c < TOPIC_CONFIG_N; c++) {
            topic_config_value((enum topic)i, (enum topic_config)c, s, t->values[i][c]);
            if (!t->values[i][c][0])
                continue;
            wish->configs[n++] = (struct kafka_topic_config){
                .name = topic_config_name((enum topic_config)c), .value = t->values[i][c]};
        }
    }
}

void topics_deinit(struct topics *t)
{
    for (size_t i = 0; i < TOPIC_N; i++)
        free(t->names[i]);
}

struct kafka_options topics_kafka(const struct settings *s)
{
    return (struct kafka_options){.bootstrap_servers = s->kafka.bootstrap_servers,
                                  .client_id = "samctl",
                                  .properties = (const char *const *)s->kafka.properties};
}

enum ctl_exit topics_connect(const struct settings *s, struct kafka_admin **ret)
{
    char why[KAFKA_ADMIN_WHY_BYTES];
    const struct kafka_options options = topics_kafka(s);
    return kafka_admin_new(&options, ret, why, sizeof(why)) == 0 ? CTL_DONE : ctl_fail("%s", why);
}

enum ctl_exit topics_no_answer(const struct ctl *c, const char *why)
{
    return ctl_fail("Kafka at %s does not answer: %s (kafka.bootstrap_servers comes from %s)",
                    c->settings->kafka.bootstrap_servers, why,
                    settings_source(c->settings, "kafka", "bootstrap_servers")->text);
}

/* ---- create -------------------------------------------------------------------------------- */

static const char *const made_names[] = {"made", "was there", "refused"};
static const struct column made_columns[] = {{"topic", "topic", COLUMN_TEXT},
                                             {"partitions", "partitions", COLUMN_NUMBER},
                                             {"result", "result", COLUMN_TEXT},
                                             {"why", "why", COLUMN_TEXT}};

/* A topic that was there must be as the config says. */
static enum ctl_exit check_existing(const struct ctl *c, enum topic topic,
                                    const struct kafka_topic_wish *wish,
                                    const struct kafka_topic_state *state)
{
    char few[TOPIC_RULES_TEXT_BYTES];
    if (topic_row(topic)->partitions == TOPIC_VIEW)
        return CTL_DONE;
    if (state->partitions != wish->partitions && wish->partitions > 1)
        return ctl_fail(
            "%s has %d partition%s, kafka.partitions says %d: set the config to what is "
            "there (adding partitions would move accounts)",
            wish->name, state->partitions, state->partitions == 1 ? "" : "s", wish->partitions);
    if (topic == TOPIC_EVENTS && !topic_rules_replicas(c->settings, state->replicas, few))
        return ctl_fail("%s %s", wish->name, few);
    return CTL_DONE;
}

/* Nothing is changed here: who has set it may have had a reason, and must know. */
static enum ctl_exit check_kept(const struct ctl *c, struct kafka_admin *admin,
                                const struct topics *t, size_t i)
{
    struct kafka_topic_configs configs;
    char text[TOPIC_RULES_TEXT_BYTES];
    char why[KAFKA_ADMIN_WHY_BYTES];
    enum ctl_exit e = CTL_DONE;
    if (kafka_admin_configs(admin, t->names[i], TOPICS_TIMEOUT_MS, &configs, why) != 0)
        return ctl_fail("how %s is kept is not known: %s", t->names[i], why);
    for (size_t key = 0; key < KAFKA_TOPIC_CONFIGS_N; key++) {
        if (!topic_rules_kept(c->settings, topic_row((enum topic)i)->name, &configs,
                              (enum kafka_topic_config_key)key, text))
            e = ctl_fail("%s %s", t->names[i], text);
    }
    return e;
}

static enum ctl_exit report(const struct ctl *c, struct kafka_admin *admin, const struct topics *t,
                            const struct kafka_topic_state *states,
                            const struct kafka_topic_result *results)
{
    SAM_CLEANUP(table_deinit) struct table table;
    enum ctl_exit e = CTL_DONE;
    table_init(&table, made_columns, SAM_ARRAY_LEN(made_columns), c->json, stdout);
    for (size_t i = 0; i < TOPIC_N; i++) {
        bool refused = results[i].made == KAFKA_TOPIC_REFUSED;
        table_text(&table, t->wishes[i].name);
        bool existed = results[i].made == KAFKA_TOPIC_EXISTED;
        table_number(&table, existed ? states[i].partitions : t->wishes[i].partitions);
        table_text(&table, made_names[results[i].made]);
        table_text(&table, refused ? results[i].why : NULL);
    }
    table_end(&table);
    for (size_t i = 0; i < TOPIC_N; i++) {
        enum ctl_exit one = CTL_DONE;
        if (results[i].made == KAFKA_TOPIC_REFUSED)
            one = ctl_fail("%s: %s", t->wishes[i].name, results[i].why);
        else if (results[i].made == KAFKA_TOPIC_EXISTED)
            one = check_existing(c, (enum topic)i, &t->wishes[i], &states[i]);
        e = e ? e : one;
        if (results[i].made == KAFKA_TOPIC_EXISTED)
            one = check_kept(c, admin, t, i);
        e = e ? e : one;
    }
    return e;
}

/* Looks first: who may not make topics (or a broker that cannot) may still see that all are there.
 * states: before, of each. */
static int create_missing(struct kafka_admin *admin, const struct topics *t,
                          struct kafka_topic_state *states, struct kafka_topic_result *results,
                          char why[KAFKA_ADMIN_WHY_BYTES])
{
    struct kafka_topic_wish missing[TOPIC_N];
    struct kafka_topic_result made[TOPIC_N];
    size_t places[TOPIC_N];
    size_t count = 0;
    for (size_t i = 0; i < TOPIC_N; i++) {
        int e = kafka_admin_topic(admin, t->names[i], TOPICS_TIMEOUT_MS, &states[i], why);
        if (e)
            return e;
        results[i] = (struct kafka_topic_result){.made = KAFKA_TOPIC_EXISTED};
        if (states[i].exists)
            continue;
        places[count] = i;
        missing[count++] = t->wishes[i];
    }
    int e = count ? kafka_admin_create(admin, missing, count, TOPICS_TIMEOUT_MS, made, why) : 0;
    for (size_t i = 0; !e && i < count; i++) {
        results[places[i]] = made[i];
        if (made[i].made == KAFKA_TOPIC_EXISTED) /* somebody else was quicker */
            e = kafka_admin_topic(admin, missing[i].name, TOPICS_TIMEOUT_MS, &states[places[i]],
                                  why);
    }
    return e;
}

static enum ctl_exit create(struct ctl *c)
{
    SAM_CLEANUP(kafka_admin_freep) struct kafka_admin *admin = NULL;
    SAM_CLEANUP(topics_deinit) struct topics t;
    struct kafka_topic_state states[TOPIC_N];
    struct kafka_topic_result results[TOPIC_N];
    char why[KAFKA_ADMIN_WHY_BYTES];
    topics_init(&t, c->settings);
    enum ctl_exit e = topics_connect(c->settings, &admin);
    if (e)
        return e;
    if (create_missing(admin, &t, states, results, why) != 0)
        return topics_no_answer(c, why);
    return report(c, admin, &t, states, results);
}

/* ---- show ---------------------------------------------------------------------------------- */

static const struct column show_columns[] = {{"topic", "topic", COLUMN_TEXT},
                                             {"exists", "exists", COLUMN_BOOL},
                                             {"partitions", "partitions", COLUMN_NUMBER},
                                             {"replicas", "replicas", COLUMN_NUMBER},
                                             {"in_sync", "in sync", COLUMN_NUMBER},
                                             {"leaderless", "no leader", COLUMN_NUMBER},
                                             {"records", "records", COLUMN_NUMBER}};

static void show_one(struct table *table, const char *name, const struct kafka_topic_state *state)
{
    table_text(table, name);
    table_bool(table, state->exists);
    if (!state->exists) {
        for (int i = 0; i < 5; i++)
            table_null(table);
        return;
    }
    table_number(table, state->partitions);
    table_number(table, state->replicas);
    table_number(table, state->in_sync);
    table_number(table, state->leaderless);
    if (state->records < 0)
        table_null(table);
    else
        table_number(table, state->records);
}

static enum ctl_exit show(struct ctl *c)
{
    SAM_CLEANUP(kafka_admin_freep) struct kafka_admin *admin = NULL;
    SAM_CLEANUP(topics_deinit) struct topics t;
    SAM_CLEANUP(table_deinit) struct table table;
    char why[KAFKA_ADMIN_WHY_BYTES];
    topics_init(&t, c->settings);
    table_init(&table, show_columns, SAM_ARRAY_LEN(show_columns), c->json, stdout);
    enum ctl_exit e = topics_connect(c->settings, &admin);
    for (size_t i = 0; !e && i < TOPIC_N; i++) {
        struct kafka_topic_state state;
        if (kafka_admin_topic(admin, t.names[i], TOPICS_TIMEOUT_MS, &state, why) != 0)
            e = topics_no_answer(c, why);
        else
            show_one(&table, t.names[i], &state);
    }
    table_end(&table);
    return e;
}

enum ctl_exit command_topics(struct ctl *c)
{
    enum ctl_exit e = ctl_settings(c);
    if (e)
        return e;
    if (strcmp(c->args.words[0], "create") == 0)
        return create(c);
    if (strcmp(c->args.words[0], "show") == 0)
        return show(c);
    return ctl_wrong_use("topics knows: create, show");
}
