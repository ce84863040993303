/* What samctl shows of records that nobody could read: dead letters and events set aside, over any
 * bytes. "name=value" lines are the headers, an empty line ends them, the rest is the value. */
#include <string.h>

#include "common/model/event.h"
#include "producer/ctl/dlq_letter.h"
#include "producer/ctl/event_meaning.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

#define HEADERS_MAX 32

static struct {
    char *lines[HEADERS_MAX];
    size_t count;
} headers;

/* Instead of librdkafka's: the last of that name. */
bool kafka_record_header(const struct kafka_record *record SAM_UNUSED, const char *name, char *out,
                         size_t out_bytes)
{
    size_t n = strlen(name);
    for (size_t i = headers.count; i > 0; i--) {
        const char *line = headers.lines[i - 1];
        if (strncmp(line, name, n) != 0 || line[n] != '=')
            continue;
        (void)snprintf(out, out_bytes, "%s", line + n + 1);
        return true;
    }
    return false;
}

/* Cuts the headers off; what is left is the value. */
static char *take_headers(char *text)
{
    headers.count = 0;
    while (text && *text && headers.count < HEADERS_MAX) {
        char *line = strsep(&text, "\n");
        if (!*line)
            break;
        headers.lines[headers.count++] = line;
    }
    return text;
}

static void check_letter(const struct ctl *c, const struct kafka_record *record)
{
    struct dlq_letter letter;
    char why[RECORD_WHY_BYTES] = "";
    dlq_letter_read(c, record, &letter);
    FUZZ_CHECK(letter.place.partition == record->partition);
    FUZZ_CHECK((letter.from.partition < 0) == (letter.from.offset < 0));
    if (dlq_letter_is_lost(c, &letter, why)) {
        FUZZ_CHECK(why[0] != '\0');
        return;
    }
    /* It goes to a topic of jobs alone, whole. */
    FUZZ_CHECK(strcmp(letter.topic, "p.sam.jobs") == 0 || strcmp(letter.topic, "p.sam.sync") == 0);
    FUZZ_CHECK(!letter.cut[0] && letter.bytes == (int64_t)record->value_bytes);
}

static void check_meaning(const char *value, size_t bytes)
{
    struct event_meaning m = {.type = NULL};
    struct event event;
    event_meaning(&m, value, bytes);
    FUZZ_CHECK(strlen(m.text) < sizeof(m.text));
    if (event_meaning_attempt(value, bytes, &event))
        FUZZ_CHECK(!uuid_is_null(&event.attempt.id));
}

static void check_place(const char *text)
{
    struct log_place place = {-7, -7};
    if (log_place_parse(text, &place))
        FUZZ_CHECK(place.partition >= 0 && place.offset >= 0);
    else
        FUZZ_CHECK(place.partition == -7 && place.offset == -7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char prefix[] = "p.";
    struct settings settings = {.kafka = {.topic_prefix = prefix}};
    const struct ctl c = {.settings = &settings};
    char *text SAM_CLEANUP(freep) = sam_xmalloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    check_place(text);
    const char *value = take_headers(text);
    size_t bytes = value ? size - (size_t)(value - text) : 0;
    char *exact SAM_CLEANUP(freep) = sam_xmalloc(bytes ? bytes : 1); /* no byte behind it */
    if (value)
        memcpy(exact, value, bytes);
    const struct kafka_record record = {.partition = 3,
                                        .offset = 17,
                                        .key = exact,
                                        .key_bytes = bytes < 40 ? bytes : 40,
                                        .value = value ? exact : NULL,
                                        .value_bytes = bytes};
    check_letter(&c, &record);
    check_meaning(value ? value : "", bytes); /* as Postgres gives it: a NUL follows */
    return 0;
}
