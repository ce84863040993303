/* Which inbound message is a reply to us: by the order in the chat, whatever the clocks say. */
#include <string.h>

#include "common/base/clock.h"
#include "common/policy/reply.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define START INT64_C(1800000000000) /* of our attempt, by our clock */
#define S     SECOND_MS

enum who { END, THEY, WE, OURS }; /* OURS: with the message id that the attempt was told */
enum list { WHOLE, PART };

struct row {
    enum who who;
    int64_t at_ms; /* from START, by the network's clock */
};

struct chat_case {
    const char *name;
    enum list list;
    bool told; /* the attempt knows its message's id */
    struct row rows[5];
    const char *replies; /* of each row: r = a reply, - = none */
};

/* Newest first. */
static const struct chat_case cases[] = {
    {"nobody but us", WHOLE, true, {{OURS, S}}, "-"},
    {"an answer", WHOLE, true, {{THEY, 90 * S}, {OURS, S}}, "r-"},
    {"while the call still waits for its answer", WHOLE, false, {{THEY, 2 * S}, {WE, S}}, "r-"},
    {"their clock is behind ours", WHOLE, true, {{THEY, -90 * S}, {OURS, -100 * S}}, "r-"},
    {"the same, and no id", WHOLE, false, {{THEY, -90 * S}, {WE, -100 * S}}, "r-"},
    {"far behind ours, by the id", WHOLE, true, {{THEY, -HOUR_MS}, {OURS, -2 * HOUR_MS}}, "r-"},
    {"in the same millisecond", WHOLE, true, {{THEY, S}, {OURS, S}}, "r-"},
    {"just before us", WHOLE, true, {{OURS, S}, {THEY, -S}}, "--"},
    {"just before us, and no id", WHOLE, false, {{WE, S}, {THEY, -S}}, "--"},
    {"before us and after", WHOLE, true, {{THEY, 9 * S}, {OURS, S}, {THEY, -S}}, "r--"},
    {"between two of ours", WHOLE, false, {{WE, 9 * S}, {THEY, 5 * S}, {WE, S}}, "-r-"},
    {"the owner had written before", WHOLE, true, {{OURS, S}, {THEY, -S}, {WE, -9 * S}}, "---"},
    /* what is not told may be either: in doubt it stops */
    {"the same, and no id", WHOLE, false, {{WE, S}, {THEY, -S}, {WE, -9 * S}}, "-r-"},
    {"years ago", WHOLE, false, {{WE, S}, {THEY, -700 * DAY_MS}, {WE, -701 * DAY_MS}}, "---"},
    {"our message is not to be seen", WHOLE, true, {{THEY, 5 * S}}, "r"},
    {"not to be seen, just before", WHOLE, true, {{THEY, -60 * S}}, "r"},
    {"not to be seen, long before", WHOLE, true, {{THEY, -121 * S}}, "-"},
    {"at the edge", WHOLE, false, {{THEY, -120 * S}}, "r"},
    /* an own one in a part of the chat may be a later one, and hide what came before it */
    {"a part, a later one of ours", PART, false, {{WE, HOUR_MS}, {THEY, 9 * S}}, "-r"},
    {"a part, with the id", PART, true, {{WE, HOUR_MS}, {OURS, S}, {THEY, -S}}, "---"},
    {"a part, theirs alone", PART, false, {{THEY, DAY_MS}}, "r"},
};

static void check(const struct chat_case *c)
{
    struct reply_message messages[SAM_ARRAY_LEN(c->rows)];
    size_t n = 0;
    for (; n < SAM_ARRAY_LEN(c->rows) && c->rows[n].who != END; n++)
        messages[n] = (struct reply_message){.id = c->rows[n].who == OURS ? "m1" : "m2",
                                             .at_ms = START + c->rows[n].at_ms,
                                             .own = c->rows[n].who != THEY};
    assert_int_equal(strlen(c->replies), n);
    const struct reply_contact contact = {c->told ? "m1" : "", START};
    const struct reply_chat chat = {messages, n, c->list == WHOLE};
    for (size_t i = 0; i < n; i++) {
        if (reply_is(&contact, &chat, i) != (c->replies[i] == 'r'))
            fail_msg("%s: message %zu", c->name, i);
    }
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(cases); i++)
        check(&cases[i]);
}

static void test_nothing_is_a_reply_to_who_has_not_written(void **state)
{
    (void)state;
    const struct reply_contact nobody = {"", 0};
    const struct reply_message messages[] = {{"a", START, false}, {"b", START, true}};
    const struct reply_chat chat = {messages, 2, true};
    assert_false(reply_is(&nobody, &chat, 0));
    assert_false(reply_is(&nobody, &chat, 1));
    assert_int_equal(reply_since_ms(&nobody), 0);
    const struct reply_contact us = {"", START};
    assert_int_equal(reply_since_ms(&us), START - 120 * S);
}

static void test_a_chat_is_read_from_the_contact_or_from_what_was_looked_at(void **state)
{
    (void)state;
    assert_int_equal(reply_contact_ms(START, START - DAY_MS), START);
    assert_int_equal(reply_contact_ms(0, START), START + 120 * S);
    /* read from there, the chat begins with what came later, and at the moment itself */
    const struct reply_contact looked_at = {"", reply_contact_ms(0, START)};
    assert_int_equal(reply_since_ms(&looked_at), START);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_nothing_is_a_reply_to_who_has_not_written),
        cmocka_unit_test(test_a_chat_is_read_from_the_contact_or_from_what_was_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
