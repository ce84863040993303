/* A bad record's offset is settled when the dead letter topic has it, however long that takes.
 * Kafka, the admin port and the offsets are stood in for by the functions below. */
#include <errno.h>
#include <string.h>

#include "common/adapters/metric_names.h"
#include "common/model/dead_letter.h"
#include "tests/test.h"
#include "worker/dead_letters.h"

#include "common/base/banned.h"

struct fake {
    struct worker worker;
    struct log log;
    struct loop_timer deadline;
    int produced; /* what kafka_produce() answers */
    struct kafka_delivery *delivery;
    size_t tries;
    char value[32];
    size_t key_bytes;
    char cut[16]; /* "" = all was kept */
    int64_t settled;
    bool not_ready;
    struct dead_letters *letters;
};

static struct fake *fake;

int kafka_produce(struct kafka_producer *p SAM_UNUSED, const struct kafka_message *m)
{
    fake->tries++;
    fake->delivery = m->delivery;
    (void)snprintf(fake->value, sizeof(fake->value), "%.*s", (int)m->value_bytes, m->value);
    fake->key_bytes = m->key_bytes;
    fake->cut[0] = '\0';
    for (size_t i = 0; i < m->headers_count; i++) {
        if (strcmp(m->headers[i].name, dead_letter_header_name(DEAD_LETTER_CUT)) == 0)
            (void)snprintf(fake->cut, sizeof(fake->cut), "%s", m->headers[i].value);
    }
    if (fake->tries == 3) /* of a loop that runs until it was tried so often */
        loop_stop(fake->worker.loop);
    return fake->produced;
}

void admin_reason_set(struct admin *admin SAM_UNUSED, const char *what, const char *text)
{
    assert_string_equal(what, "dead_letters");
    fake->not_ready = text != NULL;
}

void consume_settle(struct worker *w SAM_UNUSED, int topic, int32_t partition, int64_t offset)
{
    assert_int_equal(topic, 1);
    assert_int_equal(partition, 2);
    fake->settled = offset;
}

void consume_go_on(struct worker *w SAM_UNUSED)
{
}

static void on_deadline(void *ctx SAM_UNUSED)
{
    fail_msg("it was not tried again");
}

static void kafka_answers(int error)
{
    fake->delivery->fn(fake->delivery, error, 0, 0);
}

static void add(void)
{
    const struct kafka_record record = {
        .topic = 1, .partition = 2, .offset = 30, .value = "{bad", .value_bytes = 4};
    dead_letters_add(fake->letters, &record, "not JSON");
}

static int set_up(void **state SAM_UNUSED)
{
    fake = sam_xcalloc(1, sizeof(*fake));
    log_init(&fake->log, "test", stderr, LOG_LEVEL_N, LOG_FORMAT_TEXT);
    fake->worker.log = &fake->log;
    fake->worker.loop = loop_new();
    fake->worker.metrics = metrics_new(IN_WORKER, metric_names);
    fake->worker.topics[1] = sam_xstrdup("sam.sync");
    fake->worker.topic_dead = sam_xstrdup("dlq.sam.jobs");
    fake->letters = dead_letters_new(&fake->worker);
    fake->settled = -1;
    fake->deadline.fn = on_deadline;
    return 0;
}

static int tear_down(void **state SAM_UNUSED)
{
    dead_letters_free(fake->letters);
    metrics_free(fake->worker.metrics);
    loop_free(fake->worker.loop);
    free(fake->worker.topics[1]);
    free(fake->worker.topic_dead);
    free(fake);
    return 0;
}

static void test_settled_when_kafka_has_it(void **state SAM_UNUSED)
{
    add();
    assert_int_equal(fake->settled, -1);
    kafka_answers(0);
    assert_int_equal(fake->settled, 30);
    assert_false(fake->not_ready);
}

static void test_tried_again_until_kafka_has_it(void **state SAM_UNUSED)
{
    add();
    kafka_answers(-ETIMEDOUT);
    assert_true(fake->not_ready);
    assert_int_equal(fake->settled, -1);
    fake->produced = -ENOENT; /* of the second one; the third stops the loop */
    loop_timer_after(fake->worker.loop, &fake->deadline, 20 * SECOND_MS);
    assert_int_equal(loop_run(fake->worker.loop), 0);
    loop_timer_cancel(fake->worker.loop, &fake->deadline);
    assert_int_equal(fake->tries, 3);
    assert_string_equal(fake->value, "{bad");
    assert_int_equal(fake->settled, -1);
}

static void test_a_partition_that_is_gone(void **state SAM_UNUSED)
{
    const struct kafka_part part = {.topic = 1, .partition = 2};
    add();
    dead_letters_give_back(fake->letters, &part, 1);
    kafka_answers(-ETIMEDOUT);
    assert_int_equal(fake->settled, -1);
    assert_false(fake->not_ready);
    fake->produced = -ENOENT;
    add();
    assert_true(fake->not_ready);
    dead_letters_give_back(fake->letters, &part, 1);
    assert_false(fake->not_ready);
}

static void is_cut(const struct kafka_record *record, const char *what)
{
    dead_letters_add(fake->letters, record, "not JSON");
    assert_string_equal(fake->cut, what);
}

static void test_what_is_too_large_to_be_kept_is_told(void **state SAM_UNUSED)
{
    static char much[600000];
    static const char binary[] = {'a', '\0', 'b'};
    is_cut(&(struct kafka_record){.topic = 1, .key = binary, .key_bytes = 3}, "");
    assert_int_equal(fake->key_bytes, 3);
    is_cut(&(struct kafka_record){.topic = 1, .value = much, .value_bytes = sizeof(much)}, "value");
    is_cut(&(struct kafka_record){.topic = 1, .key = much, .key_bytes = sizeof(much)}, "key");
}

static void test_full(void **state SAM_UNUSED)
{
    for (int i = 0; i < 64; i++) {
        assert_false(dead_letters_full(fake->letters));
        add();
    }
    assert_true(dead_letters_full(fake->letters));
    kafka_answers(0);
    assert_false(dead_letters_full(fake->letters));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_settled_when_kafka_has_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tried_again_until_kafka_has_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_partition_that_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_too_large_to_be_kept_is_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
