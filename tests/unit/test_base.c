/* common/base: buffers, JSON escapes, UUIDs, durations, times, UTF-8, log lines. */
#include <errno.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/problems.h"
#include "common/base/utf8.h"
#include "common/base/uuid.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_buf_stops_at_its_maximum(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(5);
    buf_adds(&b, "abc");
    buf_adds(&b, "def");
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "abc");
    buf_reset(&b);
    buf_add_i64(&b, INT64_C(-1234));
    assert_string_equal(buf_text(&b), "-1234");
    buf_deinit(&b);
}

static void test_json_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {
        {"plain", "\"plain\""},
        {"a\"b\\c\n\t\r", "\"a\\\"b\\\\c\\n\\t\\r\""},
        {"\x01\x7f", "\"\\u0001\\u007f\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"x\xff\xc3", "\"x\xef\xbf\xbd\xef\xbf\xbd\""},
        {NULL, "null"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct buf b = BUF_INIT(1000);
        buf_add_json(&b, rows[i].in);
        assert_string_equal(buf_text(&b), rows[i].out);
        buf_deinit(&b);
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
        int64_t ms;
        const char *back;
    } rows[] = {
        {"2m", 0, 120000, "2m"},     {"90s", 0, 90000, "1m30s"},     {"500ms", 0, 500, "500ms"},
        {"0s", 0, 0, "0s"},          {"1h30m", 0, 5400000, "1h30m"}, {"21d", 0, 21 * DAY_MS, "21d"},
        {"1w", 0, 7 * DAY_MS, "7d"}, {"", -EINVAL, 0, ""},           {"5", -EINVAL, 0, ""},
        {"m", -EINVAL, 0, ""},       {"1m1h", -EINVAL, 0, ""},       {"-1s", -EINVAL, 0, ""},
        {"1 s", -EINVAL, 0, ""},     {"99999999d", -ERANGE, 0, ""},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        int64_t ms = -1;
        char back[DURATION_TEXT_BYTES];
        assert_int_equal(duration_parse(rows[i].text, &ms), rows[i].result);
        if (rows[i].result)
            continue;
        assert_int_equal(ms, rows[i].ms);
        duration_format(ms, back);
        assert_string_equal(back, rows[i].back);
    }
}

static void test_times(void **state)
{
    (void)state;
    int64_t at = 0;
    char text[TIME_TEXT_BYTES];
    assert_int_equal(time_parse("2026-11-23T09:00:00.125Z", &at), 0);
    time_format_utc(at, text);
    assert_string_equal(text, "2026-11-23T09:00:00.125Z");
    assert_int_equal(time_parse("2026-11-23T10:00:00.125+01:00", &at), 0);
    time_format_utc(at, text);
    assert_string_equal(text, "2026-11-23T09:00:00.125Z");
    assert_int_equal(time_parse("2026-13-01T00:00:00Z", &at), -EINVAL);
    assert_int_equal(time_parse("2026-11-23T09:00:00", &at), -EINVAL);
    assert_int_equal(time_parse("2026-02-29T09:00:00Z", &at), -EINVAL);
    assert_int_equal(time_parse("2028-02-29T09:00:00Z", &at), 0);
    assert_int_equal(time_parse("2026-04-31T09:00:00Z", &at), -EINVAL);
    time_format_utc(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static void test_uuid_round_trip_and_order(void **state)
{
    (void)state;
    struct uuid a = uuid_v7();
    struct uuid b;
    char text[UUID_TEXT_BYTES];
    uuid_format(&a, text);
    assert_int_equal(text[14], '7');
    assert_int_equal(uuid_parse(text, &b), 0);
    assert_true(uuid_equal(&a, &b));
    assert_int_equal(uuid_parse("0190-bad", &b), -EINVAL);
    text[35] = 'g';
    assert_int_equal(uuid_parse(text, &b), -EINVAL);
    struct uuid c = uuid_v7();
    assert_false(uuid_equal(&a, &c));
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(utf8_valid("h\xc3\xa9llo \xf0\x9f\x98\x80", 11));
    assert_int_equal(utf8_code_points("h\xc3\xa9llo \xf0\x9f\x98\x80", 11), 7);
    assert_int_equal(utf8_utf16_units("h\xc3\xa9llo \xf0\x9f\x98\x80", 11), 8);
    static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xe2\x82", "\x80",         "\xff"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(bad); i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
}

static void test_log_lines(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct log log;
    log_init(&log, "sam-test", out, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_debug(&log, "hidden", LOG_INT("n", 1));
    log_info(&log, "claimed", LOG_INT("n", 3), LOG_STR("why", "two words"), LOG_BOOL("ok", true));
    log.format = LOG_FORMAT_JSON;
    log_error(&log, "lost", LOG_MSG("broker \"a\""));
    (void)fclose(out);
    assert_null(strstr(text, "hidden"));
    assert_non_null(strstr(text, "info  claimed n=3 why=\"two words\" ok=true\n"));
    assert_non_null(strstr(text, "\"severity\":\"error\",\"service.name\":\"sam-test\",\"event\":"
                                 "\"lost\",\"msg\":\"broker \\\"a\\\"\"}\n"));
    assert_int_equal(log.lines[LOG_LEVEL_INFO], 1);
    free(text);
}

static void test_problems_are_bounded(void **state)
{
    (void)state;
    struct problems p = PROBLEMS_INIT;
    for (int i = 0; i < PROBLEMS_MAX + 3; i++)
        problems_add(&p, "line %d", i);
    assert_int_equal(p.count, PROBLEMS_MAX);
    assert_int_equal(p.dropped, 3);
    problems_deinit(&p);
    assert_false(problems_any(&p));
}

static void test_uuids_of_one_go_are_in_order(void **state)
{
    (void)state;
    struct uuid last = uuid_v7();
    for (int i = 0; i < 20000; i++) { /* more than the counter of a millisecond holds */
        char text[UUID_TEXT_BYTES];
        struct uuid next = uuid_v7_after(&last);
        assert_true(uuid_compare(&next, &last) > 0);
        uuid_format(&next, text);
        assert_int_equal(text[14], '7');
        last = next;
    }
    struct uuid ahead = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x7f, 0xff, 0x80}};
    struct uuid next = uuid_v7_after(&ahead);
    assert_int_equal(next.b[5], 0xff);
    assert_int_equal(next.b[6], 0x70);
    assert_int_equal(next.b[7], 0x00);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_stops_at_its_maximum),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_uuid_round_trip_and_order),
        cmocka_unit_test(test_uuids_of_one_go_are_in_order),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_log_lines),
        cmocka_unit_test(test_problems_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
