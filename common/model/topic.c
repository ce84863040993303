#include "common/model/topic.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

#define UNBOUNDED "-1" /* Kafka's "for ever" */

static const struct topic_row rows[] = {
#define X(id, name, partitions, kept_ms, holds) {name, partitions, kept_ms, holds},
    TOPIC_MAP(X)
#undef X
};
static_assert(SAM_ARRAY_LEN(rows) == TOPIC_N, "one row each");

static const char *const config_names[] = {
#define X(id, name) name,
    TOPIC_CONFIG_MAP(X)
#undef X
};

const struct topic_row *topic_row(enum topic t)
{
    assert(t < TOPIC_N);
    return &rows[t];
}

enum topic topic_by_name(const char *name)
{
    for (size_t i = 0; i < TOPIC_N; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return (enum topic)i;
    }
    return TOPIC_N;
}

int32_t topic_partitions(enum topic t, const struct settings *s)
{
    return topic_row(t)->partitions == TOPIC_SINGLE ? 1 : (int32_t)s->kafka.partitions;
}

const char *topic_config_name(enum topic_config c)
{
    assert(c < TOPIC_CONFIG_N);
    return config_names[c];
}

int64_t topic_min_insync_replicas(const struct settings *s)
{
    return s->kafka.replication_factor > 2 ? 2 : 1;
}

static bool is_view(enum topic t)
{
    return topic_row(t)->partitions == TOPIC_VIEW;
}

static int64_t kept_ms(enum topic t, const struct settings *s)
{
    int64_t ms = topic_row(t)->kept_ms;
    return ms == TOPIC_KEPT_AS_LEDGER ? s->kafka.ledger_retention_ms : ms;
}

void topic_config_value(enum topic t, enum topic_config c, const struct settings *s,
                        char out[TOPIC_CONFIG_BYTES])
{
    int64_t ms = kept_ms(t, s);
    switch (c) {
    case TOPIC_RETENTION_MS:
        if (ms == CONFIG_FOREVER)
            (void)snprintf(out, TOPIC_CONFIG_BYTES, UNBOUNDED);
        else
            (void)snprintf(out, TOPIC_CONFIG_BYTES, "%" PRId64, ms);
        break;
    case TOPIC_CLEANUP_POLICY:
        (void)snprintf(out, TOPIC_CONFIG_BYTES, is_view(t) ? "compact" : "delete");
        break;
    case TOPIC_MIN_INSYNC_REPLICAS:
        (void)snprintf(out, TOPIC_CONFIG_BYTES, "%" PRId64, topic_min_insync_replicas(s));
        break;
    case TOPIC_UNCLEAN_LEADERS:
        (void)snprintf(out, TOPIC_CONFIG_BYTES, "false");
        break;
    case TOPIC_SEGMENT_MS: /* the newest segment is never compacted: whoever reads it reads all */
        out[0] = '\0';
        if (is_view(t))
            (void)snprintf(out, TOPIC_CONFIG_BYTES, "%" PRId64, HOUR_MS);
        break;
    case TOPIC_CONFIG_N:
        assert(false);
    }
}

/* ---- the documents ------------------------------------------------------------------------- */

static void add_kept(struct buf *out, enum topic t)
{
    int64_t ms = topic_row(t)->kept_ms;
    char span[DURATION_TEXT_BYTES];
    if (ms == TOPIC_KEPT_AS_LEDGER) {
        buf_addf(out, "`kafka.ledger_retention`: for ever");
    } else if (is_view(t)) {
        buf_addf(out, "the newest of each account");
    } else {
        duration_format(ms, span);
        buf_addf(out, "%s", span);
    }
}

void topic_document(const struct settings *s, struct buf *out)
{
    buf_addf(out, "# Topics\n\n"
                  "Written from `common/model/topic.h`; `SAM_WRITE_DOCS=1 "
                  "build/dev/tests/unit_test_topic` writes it anew.\n`samctl topics create` makes "
                  "them, and changes none that is there. Names begin with `kafka.topic_prefix`\n"
                  "(`dlq.` stays first).\n\n"
                  "| topic | partitions | kept | holds |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < TOPIC_N; i++) {
        bool keyed = rows[i].partitions != TOPIC_SINGLE;
        buf_addf(out, "| `%s` | %s | ", rows[i].name, keyed ? "`kafka.partitions`" : "1");
        add_kept(out, (enum topic)i);
        buf_addf(out, " | %s |\n", rows[i].holds);
    }
    buf_addf(out,
             "\nAll have `kafka.replication_factor` replicas (%" PRId64 "), and:\n\n"
             "| config | value |\n| --- | --- |\n",
             s->kafka.replication_factor);
    for (size_t c = TOPIC_CLEANUP_POLICY; c <= TOPIC_UNCLEAN_LEADERS; c++) {
        char value[TOPIC_CONFIG_BYTES];
        topic_config_value(TOPIC_EVENTS, (enum topic_config)c, s, value);
        buf_addf(out, "| `%s` | `%s`%s |\n", config_names[c], value,
                 c == TOPIC_MIN_INSYNC_REPLICAS ? "; 1 with fewer than three replicas" : "");
    }
    buf_addf(out,
             "\n`sam.accounts` alone has `cleanup.policy=compact` and `segment.ms=%" PRId64
             "`. Without it everything\nelse goes on; start-up and doctor say so.\n",
             HOUR_MS);
    buf_addf(out,
             "\nSAM adds no partitions, and stands still where somebody has: accounts would move "
             "to others.\n`deploy/runbooks/kafka-partitions.md` says how, and what it costs. No "
             "topic that SAM reads in\norder is compacted: that keeps the last record of a key, "
             "and every account has one key.\n");
}

void topic_strimzi(const struct settings *s, struct buf *out)
{
    buf_addf(out, "# Written from common/model/topic.h; see common/model/TOPICS.md.\n");
    for (size_t i = 0; i < TOPIC_N; i++) {
        buf_addf(out,
                 "%sapiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata:\n  name: %s\n"
                 "  labels:\n    strimzi.io/cluster: sam\nspec:\n  partitions: %" PRId32
                 "\n  replicas: %" PRId64 "\n  config:\n",
                 i > 0 ? "---\n" : "", rows[i].name, topic_partitions((enum topic)i, s),
                 s->kafka.replication_factor);
        for (size_t c = 0; c < TOPIC_CONFIG_N; c++) {
            char value[TOPIC_CONFIG_BYTES];
            topic_config_value((enum topic)i, (enum topic_config)c, s, value);
            if (value[0])
                buf_addf(out, "    %s: %s\n", config_names[c], value);
        }
    }
}
