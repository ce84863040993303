#include "producer/ctl/dlq_letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/dead_letter.h"
#include "common/model/job.h"
#include "common/model/topic.h"

#include "common/base/banned.h"

static void header(const struct kafka_record *record, enum dead_letter_header h, char *out,
                   size_t out_bytes)
{
    (void)kafka_record_header(record, dead_letter_header_name(h), out, out_bytes);
}

/* TOPIC_N: none that a worker takes jobs from, by this sam.cfg. */
static enum topic topic_of(const struct ctl *c, const char *name)
{
    static const enum topic taken[] = {TOPIC_JOBS, TOPIC_SYNC};
    for (size_t i = 0; i < SAM_ARRAY_LEN(taken); i++) {
        char *ours = settings_topic(c->settings, topic_row(taken[i])->name);
        bool same = strcmp(ours, name) == 0;
        free(ours);
        if (same)
            return taken[i];
    }
    return TOPIC_N;
}

/* As worker/consume.c reads it. */
static void read_as_worker(enum topic topic, const struct kafka_record *record,
                           struct dlq_letter *letter)
{
    const char *expected = topic == TOPIC_JOBS ? JOB_TYPE : SYNC_TYPE;
    const char *value = record->value ? record->value : "";
    struct job job;
    struct sync_job sync_job;
    int r = 0;
    if (topic == TOPIC_N)
        (void)snprintf(letter->refused, sizeof(letter->refused), "no topic of jobs");
    else if (strcmp(letter->type, expected) != 0)
        (void)snprintf(letter->refused, sizeof(letter->refused), "ce_type is \"%.60s\", not %s",
                       letter->type, expected);
    else if (topic == TOPIC_JOBS)
        r = job_decode(value, record->value_bytes, &job, letter->refused);
    else
        r = sync_job_decode(value, record->value_bytes, &sync_job, letter->refused);
    if (r != 0 && !letter->refused[0])
        (void)snprintf(letter->refused, sizeof(letter->refused), "it is not read");
}

void dlq_letter_read(const struct ctl *c, const struct kafka_record *record, struct dlq_letter *ret)
{
    char partition[16] = "";
    char offset[24] = "";
    char bytes[24] = "";
    char from[sizeof(partition) + sizeof(offset)];
    struct dlq_letter letter = {.place = {record->partition, record->offset},
                                .at_ms = record->timestamp_ms,
                                .from = {-1, -1},
                                .bytes = (int64_t)record->value_bytes};
    header(record, DEAD_LETTER_REASON, letter.reason, sizeof(letter.reason));
    header(record, DEAD_LETTER_TOPIC, letter.topic, sizeof(letter.topic));
    header(record, DEAD_LETTER_PARTITION, partition, sizeof(partition));
    header(record, DEAD_LETTER_OFFSET, offset, sizeof(offset));
    header(record, DEAD_LETTER_BYTES, bytes, sizeof(bytes));
    header(record, DEAD_LETTER_CUT, letter.cut, sizeof(letter.cut));
    (void)kafka_record_header(record, "ce_type", letter.type, sizeof(letter.type));
    (void)snprintf(letter.account, sizeof(letter.account), "%.*s", (int)record->key_bytes,
                   record->key ? record->key : "");
    (void)snprintf(from, sizeof(from), "%s:%s", partition, offset);
    (void)log_place_parse(from, &letter.from);
    if (bytes[0])
        letter.bytes = strtoll(bytes, NULL, 10);
    if (!letter.cut[0] && letter.bytes != (int64_t)record->value_bytes) /* by an older release */
        (void)snprintf(letter.cut, sizeof(letter.cut), "value");
    read_as_worker(topic_of(c, letter.topic), record, &letter);
    *ret = letter;
}

bool dlq_letter_is_lost(const struct ctl *c, const struct dlq_letter *letter,
                        char why[RECORD_WHY_BYTES])
{
    if (!letter->topic[0])
        (void)snprintf(why, RECORD_WHY_BYTES,
                       "has no header sam_topic: nobody knows where it stood");
    else if (topic_of(c, letter->topic) == TOPIC_N)
        (void)snprintf(why, RECORD_WHY_BYTES,
                       "stood in %.60s, where no worker of this sam.cfg takes jobs from",
                       letter->topic);
    else if (letter->cut[0])
        (void)snprintf(why, RECORD_WHY_BYTES,
                       "was too large to be kept whole: a part of its %s "
                       "is gone",
                       letter->cut);
    else if (letter->bytes == 0)
        (void)snprintf(why, RECORD_WHY_BYTES, "has no value");
    else
        return false;
    return true;
}
