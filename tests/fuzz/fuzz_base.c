/* The readers of common/base over any bytes: durations, times, ids, UTF-8, JSON strings. */
#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "common/base/uuid.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

static void check_duration(const char *text)
{
    int64_t ms = -1;
    if (duration_parse(text, &ms) != 0) {
        FUZZ_CHECK(ms == -1);
        return;
    }
    char back[DURATION_TEXT_BYTES];
    int64_t again = -1;
    duration_format(ms, back);
    FUZZ_CHECK(ms >= 0);
    FUZZ_CHECK(duration_parse(back, &again) == 0 && again == ms);
}

static void check_time(const char *text)
{
    int64_t at_ms = INT64_MIN;
    if (time_parse(text, &at_ms) != 0) {
        FUZZ_CHECK(at_ms == INT64_MIN);
        return;
    }
    char back[TIME_TEXT_BYTES];
    time_format_utc(at_ms, back);
    /* Years below 1000 are not padded; no date of SAM's is there. */
    if (text[0] == '0')
        return;
    int64_t again = INT64_MIN;
    if (strlen(back) == strlen("2026-11-23T09:00:00.000Z"))
        FUZZ_CHECK(time_parse(back, &again) == 0 && again == at_ms);
    /* A UTC text names its own date: no 30th of February may become the 2nd of March. */
    bool leap_second = strncmp(text + 17, "60", 2) == 0;
    if (strchr("Zz", text[strlen(text) - 1]) && !leap_second)
        FUZZ_CHECK(memcmp(text, back, 10) == 0 && memcmp(text + 11, back + 11, 8) == 0);
}

static void check_uuid(const char *text)
{
    struct uuid id = {{0}};
    if (uuid_parse(text, &id) != 0) {
        FUZZ_CHECK(uuid_is_null(&id));
        return;
    }
    char back[UUID_TEXT_BYTES];
    uuid_format(&id, back);
    FUZZ_CHECK(strcasecmp(back, text) == 0);
}

static void check_utf8(const char *bytes, size_t n)
{
    size_t i = 0;
    size_t code_points = 0;
    for (size_t step = 1; i < n && step > 0; i += step) {
        step = utf8_sequence_bytes(bytes + i, n - i);
        FUZZ_CHECK(step <= 4 && step <= n - i);
        code_points += step > 0 ? 1 : 0;
    }
    FUZZ_CHECK(utf8_valid(bytes, n) == (i == n));
    if (i == n)
        FUZZ_CHECK(utf8_code_points(bytes, n) == code_points);
}

static void check_json(const char *bytes, size_t n)
{
    struct buf out = BUF_INIT(6 * n + 3);
    buf_add_json_n(&out, bytes, n);
    FUZZ_CHECK(!out.overflow);
    FUZZ_CHECK(utf8_valid(buf_text(&out), out.len) && strlen(buf_text(&out)) == out.len);
    struct json_object *json = json_tokener_parse(buf_text(&out));
    FUZZ_CHECK(json && json_object_is_type(json, json_type_string));
    if (utf8_valid(bytes, n)) {
        FUZZ_CHECK((size_t)json_object_get_string_len(json) == n);
        FUZZ_CHECK(memcmp(json_object_get_string(json), bytes, n) == 0);
    }
    (void)json_object_put(json);
    buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    SAM_CLEANUP(freep) char *text = sam_xmalloc(size + 1);
    memcpy(text, bytes, size);
    text[size] = '\0';
    check_duration(text);
    check_time(text);
    check_uuid(text);
    check_utf8(bytes, size);
    check_json(bytes, size);
    return 0;
}
