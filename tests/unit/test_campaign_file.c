/* common/model/campaign_file: what a file gives, and every problem of it, once and in its place. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/model/calendar.h"
#include "common/model/campaign_file.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define WITHOUT_MESSAGES                                                                           \
    "\"name\":\"spring\",\"campaign_type\":\"connector\",\"accounts\":[\"anna\"],\"country\":"     \
    "\"DE\""
#define CONNECTOR(rest)                                                                            \
    "{" WITHOUT_MESSAGES ",\"message_templates\":{\"connection_request\":\"Hi\"}" rest "}"
#define MESSAGES(messages) "{" WITHOUT_MESSAGES ",\"message_templates\":{" messages "}}"

static struct campaign_file *parse(const char *json)
{
    struct problems problems = PROBLEMS_INIT;
    struct campaign_file *f = campaign_file_parse("c.json", json, strlen(json), &problems);
    if (!f)
        fail_msg("%s: %s", json, problems.count ? problems.lines[0] : "no problem is told");
    assert_int_equal(problems.count, 0);
    return f;
}

static void test_what_a_short_file_gives(void **state)
{
    (void)state;
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) = parse(CONNECTOR(""));
    assert_null(f->workspace);
    assert_string_equal(f->name, "spring");
    assert_int_equal(f->type, CAMPAIGN_CONNECTOR);
    assert_int_equal(f->accounts_count, 1);
    assert_string_equal(f->accounts[0], "anna");
    assert_string_equal(f->country, "DE");
    assert_null(f->subdivision);
    assert_string_equal(f->timezone, "Europe/Berlin");
    assert_int_equal(f->opens_minute, 9 * 60);
    assert_int_equal(f->closes_minute, 17 * 60);
    assert_int_equal(f->weekend_mask, -1);
    assert_true(f->holidays);
    assert_int_equal(f->on_note_limit, NOTE_HOLD);
    assert_int_equal(f->give_up_after_ms, 21 * DAY_MS);
    assert_int_equal(f->start_at_ms, 0);
    assert_int_equal(f->end_at_ms, TIME_NEVER_MS);
    assert_int_equal(f->daily_cap, 0);
    assert_int_equal(f->steps_count, 1);
    assert_string_equal(f->steps[0].message_type, "connection_request");
    assert_string_equal(f->steps[0].text, "Hi");
    assert_int_equal(f->steps[0].after_ms, 0);
}

/* One subdivision, with and without its country before it, as it is kept for its holidays too. */
static void take_subdivision(const char *country, const char *prefix, const char *subdivision)
{
    char json[500];
    struct calendar kept;
    int length = snprintf(kept.subdivision, sizeof(kept.subdivision), "%s%s", prefix, subdivision);
    (void)snprintf(json, sizeof(json),
                   "{\"name\":\"spring\",\"campaign_type\":\"connector\",\"accounts\":[\"anna\"],"
                   "\"country\":\"%s\",\"subdivision\":\"%s%s\",\"timezone\":\"Etc/UTC\","
                   "\"message_templates\":{\"connection_request\":\"Hi\"}}",
                   country, prefix, subdivision);
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) = parse(json);
    assert_in_range(length, 1, sizeof(kept.subdivision) - 1);
    assert_string_equal(f->subdivision, kept.subdivision);
}

/* "DE<tab>BB,BE,BW<tab>s<tab>…": how many there are; only of a line that names subdivisions. */
static size_t take_subdivisions(char *line)
{
    char prefix[4];
    size_t count = 0;
    const char *country = strsep(&line, "\t");
    char *list = strsep(&line, "\t");
    const char *kind = strsep(&line, "\t");
    if (!kind || strcmp(kind, "s") != 0)
        return 0;
    (void)snprintf(prefix, sizeof(prefix), "%.2s-", country);
    for (const char *part = strsep(&list, ","); part; part = strsep(&list, ",")) {
        take_subdivision(country, "", part);
        take_subdivision(country, prefix, part);
        count++;
    }
    return count;
}

static void test_each_subdivision_of_the_table_can_be_named(void **state)
{
    char *line = NULL;
    size_t bytes = 0;
    size_t count = 0;
    (void)state;
    FILE *f = fopen("schemas/calendar/holidays.txt", "re");
    if (!f)
        fail_msg("the table cannot be read");
    while (getline(&line, &bytes, f) > 0)
        count += take_subdivisions(line);
    free(line);
    assert_int_equal(fclose(f), 0);
    assert_true(count > 600);
    /* that the table of weekends has, and that of holidays has not */
    take_subdivision("AE", "", "SH");
    take_subdivision("AE", "AE-", "SH");
}

/* Kosovo is not of ISO 3166, but has its holidays; tzdata gives it no zone of its own. */
static void test_kosovo(void **state)
{
    (void)state;
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) =
        parse("{\"name\":\"spring\",\"campaign_type\":\"connector\",\"accounts\":[\"anna\"],"
              "\"country\":\"XK\",\"timezone\":\"Europe/Belgrade\","
              "\"message_templates\":{\"connection_request\":\"Hi\"}}");
    assert_string_equal(f->country, "XK");
}

static void test_what_a_full_file_gives(void **state)
{
    (void)state;
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) = parse(
        "\xef\xbb\xbf{\"workspace\":\"sales\",\"name\":\"cl\\u00e9s\",\"campaign_type\":"
        "\"messenger\",\"accounts\":[\"anna\",\"ben\"],\"country\":\"US\",\"subdivision\":\"CA\","
        "\"timezone\":\"America/New_York\",\"hours\":{\"from\":\"00:00\",\"to\":\"24:00\"},"
        "\"weekend\":[\"Friday\",\"sunday\"],\"holidays\":false,\"on_note_limit\":\"cut\","
        "\"give_up_after\":\"1w12h\",\"start_at\":\"2027-01-15T09:00:00+01:00\","
        "\"end_at\":\"2027-02-01T00:00:00Z\",\"daily_cap\":7,\"contact_again_after\":\"180d\","
        "\"message_templates\":{\"direct_message_2\":{\"text\":\"second\",\"after\":\"36h\"},"
        "\"direct_message_1\":\"first\",\"direct_message_3\":\"third\"}}\r\n");
    assert_string_equal(f->workspace, "sales");
    assert_string_equal(f->name, "cl\xc3\xa9s");
    assert_int_equal(f->type, CAMPAIGN_MESSENGER);
    assert_int_equal(f->accounts_count, 2);
    assert_string_equal(f->accounts[1], "ben");
    assert_string_equal(f->subdivision, "CA");
    assert_string_equal(f->timezone, "America/New_York");
    assert_int_equal(f->opens_minute, 0);
    assert_int_equal(f->closes_minute, 1440);
    assert_int_equal(f->weekend_mask, WEEKDAY_MASK(4) | WEEKDAY_MASK(6));
    assert_false(f->holidays);
    assert_int_equal(f->on_note_limit, NOTE_CUT);
    assert_int_equal(f->give_up_after_ms, 7 * DAY_MS + 12 * HOUR_MS);
    assert_int_equal(f->start_at_ms, INT64_C(1800000000000));
    assert_int_equal(f->end_at_ms, INT64_C(1801440000000));
    assert_int_equal(f->daily_cap, 7);
    assert_int_equal(f->contact_again_after_ms, 180 * DAY_MS);
    assert_int_equal(f->steps_count, 3); /* in their order, whatever the file's */
    assert_string_equal(f->steps[0].message_type, "direct_message_1");
    assert_string_equal(f->steps[1].text, "second");
    assert_int_equal(f->steps[1].after_ms, 36 * HOUR_MS);
    assert_string_equal(f->steps[2].message_type, "direct_message_3");
}

/* What is written is read as the same campaign, and written the same again. */
static void test_written_and_read_again(void **state)
{
    (void)state;
    static const char *const files[] = {
        CONNECTOR(""), CONNECTOR(",\"weekend\":[],\"on_note_limit\":\"without_note\""),
        MESSAGES("\"connection_request\":\"\",\"follow_up_1\":\"a\\n\\\"b\\\"\",\"follow_up_2\":"
                 "{\"after\":\"0s\",\"text\":\"c\"}"),
        "{\"workspace\":\"sales\",\"name\":\"cl\\u00e9s\",\"campaign_type\":\"messenger\","
        "\"accounts\":[\"anna\",\"ben\"],\"country\":\"US\",\"subdivision\":\"CA\",\"timezone\":"
        "\"America/New_York\",\"hours\":{\"from\":\"00:05\",\"to\":\"24:00\"},\"weekend\":"
        "[\"monday\",\"sunday\"],\"holidays\":false,\"on_note_limit\":\"cut\",\"give_up_after\":"
        "\"1w12h\",\"start_at\":\"2027-01-15T09:00:00+01:00\",\"end_at\":"
        "\"2027-02-01T00:00:00Z\",\"daily_cap\":7,\"contact_again_after\":\"30d\","
        "\"message_templates\":{\"direct_message_1\":\"first\",\"direct_message_2\":{\"text\":"
        "\"second\",\"after\":\"36h\"}}}"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(files); i++) {
        SAM_CLEANUP(buf_deinit) struct buf first = BUF_INIT(65536);
        SAM_CLEANUP(buf_deinit) struct buf second = BUF_INIT(65536);
        struct campaign_file *f SAM_CLEANUP(campaign_file_freep) = parse(files[i]);
        campaign_file_write(f, &first);
        struct campaign_file *g SAM_CLEANUP(campaign_file_freep) = parse(buf_text(&first));
        campaign_file_write(g, &second);
        assert_string_equal(buf_text(&first), buf_text(&second));
        assert_int_equal(f->weekend_mask, g->weekend_mask);
        assert_int_equal(f->opens_minute, g->opens_minute);
        assert_int_equal(f->closes_minute, g->closes_minute);
        assert_int_equal(f->holidays, g->holidays);
        assert_int_equal(f->on_note_limit, g->on_note_limit);
        assert_int_equal(f->give_up_after_ms, g->give_up_after_ms);
        assert_int_equal(f->start_at_ms, g->start_at_ms);
        assert_int_equal(f->end_at_ms, g->end_at_ms);
        assert_int_equal(f->daily_cap, g->daily_cap);
        assert_int_equal(f->contact_again_after_ms, g->contact_again_after_ms);
        assert_int_equal(f->accounts_count, g->accounts_count);
        assert_int_equal(f->steps_count, g->steps_count);
        for (size_t n = 0; n < f->steps_count; n++) {
            assert_string_equal(f->steps[n].text, g->steps[n].text);
            assert_int_equal(f->steps[n].after_ms, g->steps[n].after_ms);
        }
    }
}

static void test_delays_of_the_steps(void **state)
{
    (void)state;
    struct campaign_file *c SAM_CLEANUP(campaign_file_freep) =
        parse(MESSAGES("\"connection_request\":\"\",\"follow_up_1\":\"a\",\"follow_up_2\":"
                       "{\"text\":\"b\"},\"follow_up_3\":{\"after\":\"0s\",\"text\":\"c\"}"));
    assert_string_equal(c->steps[0].text, "");
    assert_int_equal(c->steps[0].after_ms, 0);
    assert_int_equal(c->steps[1].after_ms, DAY_MS); /* after acceptance */
    assert_int_equal(c->steps[2].after_ms, 3 * DAY_MS);
    assert_int_equal(c->steps[3].after_ms, 0);
}

static void test_weekends(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int want;
    } rows[] = {
        {CONNECTOR(""), -1},
        {CONNECTOR(",\"weekend\":null"), -1},
        {CONNECTOR(",\"weekend\":[]"), 0},
        {CONNECTOR(",\"weekend\":[\"monday\"]"), 1},
        {CONNECTOR(",\"weekend\":[\"tuesday\",\"wednesday\",\"thursday\"]"), 14},
        {CONNECTOR(",\"weekend\":[\"saturday\",\"SUNDAY\",\"sunday\"]"), 96},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct campaign_file *f SAM_CLEANUP(campaign_file_freep) = parse(rows[i].json);
        assert_int_equal(f->weekend_mask, rows[i].want);
    }
}

/* ---- problems ------------------------------------------------------------------------------- */

struct bad_file {
    const char *json;
    const char *want; /* all lines, with line ends between them */
};

static void check(const struct bad_file *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct problems problems = PROBLEMS_INIT;
        struct buf got SAM_CLEANUP(buf_deinit) = BUF_INIT(20000);
        const char *json = rows[i].json;
        assert_null(campaign_file_parse("c", json, strlen(json), &problems));
        for (size_t j = 0; j < problems.count; j++)
            buf_addf(&got, "%s%s", j ? "\n" : "", problems.lines[j]);
        problems_deinit(&problems);
        if (strcmp(buf_text(&got), rows[i].want) != 0)
            fail_msg("%s:\n%s\n, not\n%s", json, buf_text(&got), rows[i].want);
    }
}

static const struct bad_file no_json[] = {
    {"", "c:1:1: not JSON: unexpected end"},
    {"{", "c:1:2: not JSON: unexpected end"},
    {"{\n \"name\": \"x\n", "c:3:1: not JSON: unexpected end"},
    {"{\n  name: 1}", "c:2:3: not JSON: quoted object property name expected"},
    {"{\"a\":1,\n\"b\":2,\n}", "c:3:1: not JSON: unexpected character"},
    {"{\"a\":1}\n}", "c:2:1: not JSON: unexpected character"},
    {"{\"a\":1 // one\n}", "c:1:8: not JSON: object value separator ',' expected"},
    {"{\"a\":\"\xff\"}", "c:1:7: not JSON: invalid utf-8 string"},
    {" null ", "c:1:7: not JSON: null is no campaign"},
    {"[]", "c: must be one JSON object"},
    {"\"x\"", "c: must be one JSON object"},
    {"[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "c:1:17: not JSON: nesting too deep"},
};

static const struct bad_file one_problem[] = {
    {CONNECTOR(",\"Hours\":{}"), "c: Hours: no such key"},
    {CONNECTOR(",\"hours\":{\"from\":\"18:00\"}"),
     "c: hours: must end later than they begin (on the same day)"},
    {CONNECTOR(",\"hours\":{\"from\":\"17:00\"}"),
     "c: hours: must end later than they begin (on the same day)"},
    {CONNECTOR(",\"hours\":{\"from\":\"18:00\",\"to\":\"1800\"}"),
     "c: hours.to: must be a time like 09:00"},
    {CONNECTOR(",\"hours\":{\"from\":\"24:00\",\"to\":\"24:00\"}"),
     "c: hours.from: must be a time like 09:00"},
    {CONNECTOR(",\"hours\":{\"to\":\"24:01\"}"), "c: hours.to: must be a time like 09:00"},
    {CONNECTOR(",\"hours\":{\"to\":\"17:60\"}"), "c: hours.to: must be a time like 09:00"},
    {CONNECTOR(",\"hours\":{\"to\":null}"), "c: hours.to: must be a text in quotes"},
    {CONNECTOR(",\"timezone\":\"Europe/Bonn\""),
     "c: timezone: must be an IANA zone like Europe/Berlin"},
    {CONNECTOR(",\"timezone\":\"localtime\""),
     "c: timezone: must be an IANA zone like Europe/Berlin"},
    {CONNECTOR(",\"end_at\":\"1970-01-01T00:00:00Z\""), "c: end_at: must be later than start_at"},
    {CONNECTOR(",\"daily_cap\":\"5\""), "c: daily_cap: must be a whole number from 1"},
    {CONNECTOR(",\"daily_cap\":100001"), "c: daily_cap: must be a whole number from 1"},
    {CONNECTOR(",'start_at':null"), "c:1:129: not JSON: a text stands in double quotes"},
    {CONNECTOR(",\"name\":\"again\""), "c:1:129: \"name\" stands twice"},
    {MESSAGES("\"connection_request\":\"a\",\n\"follow_up_1\":\"b\",\n\"follow_up_1\":\"c\""),
     "c:3:1: \"follow_up_1\" stands twice"},
    {MESSAGES("\"connection_request\":{\"text\":\"a\",\"text\":\"b\"}"),
     "c:1:135: \"text\" stands twice"},
    {MESSAGES("\"connection_request\":\"a\",\"follow_up_1\":{\"text\":5}"),
     "c: message_templates.follow_up_1.text: must be a text in quotes"},
    {MESSAGES("\"connection_request\":\"a\",\"follow_up_1\":{\"text\":null}"),
     "c: message_templates.follow_up_1.text: must be a text in quotes"},
    {MESSAGES("\"connection_request\":\"a\",\"follow_up_1\":null"),
     "c: message_templates.follow_up_1: must be a text, or {\"after\": …, \"text\": …}"},
    {MESSAGES("\"connection_request\":\"a\",\"follow_up_1\":\" \xc2\xa0\""),
     "c: message_templates.follow_up_1: the text is empty"},
    {MESSAGES("\"connection_request\":\"a\\u0000b\""),
     "c: message_templates.connection_request: contains a NUL character"},
    {MESSAGES("\"connection_request\":\"a\",\"follow_up_2\":\"b\""),
     "c: message_templates.follow_up_2: not a message of a connector campaign, or out of turn (the "
     "next one is follow_up_1; 20 at most)"},
    {MESSAGES("\"connection_request\":\"Hi {name}\""),
     "c: message_templates.connection_request:1:4: {name}: no such variable; SAM writes "
     "{first_name}"},
};

static void test_where_the_json_breaks(void **state)
{
    (void)state;
    check(no_json, SAM_ARRAY_LEN(no_json));
}

static void test_a_mistake_is_one_line(void **state)
{
    (void)state;
    check(one_problem, SAM_ARRAY_LEN(one_problem));
}

static void test_all_mistakes_at_once(void **state)
{
    (void)state;
    static const struct bad_file rows[] = {
        {"{}", "c: name: missing\nc: campaign_type: missing\nc: accounts: missing\n"
               "c: country: missing\nc: message_templates: missing"},
        {"{\"name\":\"n\",\"campaign_type\":\"mail\",\"accounts\":[\"a\"],\"country\":\"DE\","
         "\"hour\":1,\"message_templates\":{\"direct_message_1\":\"{x} {title|}\","
         "\"direct_message_2\":{\"after\":\"soon\",\"text\":\"}\"},\"follow_up_1\":\"\"}}",
         "c: campaign_type: must be connector or messenger\n"
         "c: hour: no such key\n"
         "c: message_templates.direct_message_1:1:1: {x}: no such variable\n"
         "c: message_templates.direct_message_1:1:5: the fallback after the bar is empty\n"
         "c: message_templates.direct_message_2.after: must be a duration like \"1d\" or \"12h\"\n"
         "c: message_templates.direct_message_2:1:1: a closing brace without an opening one\n"
         "c: message_templates.follow_up_1: not a message of a messenger campaign, or out of turn "
         "(the next one is direct_message_3; 20 at most)"},
        {"{\"name\":\"n\",\"name\":\"m\",\"campaign_type\":\"connector\",\"accounts\":[\"a\"],"
         "\"country\":\"US\",\"message_templates\":{}}",
         "c:1:13: \"name\" stands twice\n"
         "c: message_templates.connection_request: missing\n"
         "c: timezone: missing; US has several: America/New_York,America/Chicago,America/Denver,"
         "America/Phoenix,America/Los_Angeles,America/Anchorage,America/Adak,Pacific/Honolulu"},
        {"{\"name\":\"n\",\"campaign_type\":\"messenger\",\"accounts\":[\"a\"],\"country\":\"BV\","
         "\"message_templates\":{\"direct_message_1\":\"\"}}",
         "c: message_templates.direct_message_1: the text is empty\n"
         "c: timezone: missing; BV has none of its own, name one"},
    };
    check(rows, SAM_ARRAY_LEN(rows));
}

/* A file whose connection_request has `literal` characters and a variable; NULL when refused. */
static struct campaign_file *with_note(size_t literal, const char *type, const char *rest,
                                       struct problems *problems)
{
    struct buf json SAM_CLEANUP(buf_deinit) = BUF_INIT(60000);
    buf_addf(&json, "{%s%s,\"message_templates\":{\"connection_request\":\"a\",\"%s\":\"",
             WITHOUT_MESSAGES, rest, type);
    if (strcmp(type, "connection_request") == 0) {
        buf_reset(&json);
        buf_addf(&json, "{%s%s,\"message_templates\":{\"connection_request\":\"", WITHOUT_MESSAGES,
                 rest);
    }
    for (size_t i = 0; i < literal; i++)
        buf_adds(&json, "\xc3\xbc");
    buf_adds(&json, "{first_name|there}\"}}");
    return campaign_file_parse("c", buf_text(&json), json.len, problems);
}

/* P7: refused when it is saved, not person by person. */
static void test_a_text_that_fits_nobody(void **state)
{
    (void)state;
    static const char note[] = "connection_request";
    static const struct {
        size_t literal;
        const char *type;
        const char *rest;
        const char *want; /* NULL = good */
    } rows[] = {
        {300, note, "", NULL},
        {301, note, "",
         "c: message_templates.connection_request: has 301 characters without its variables, a "
         "note has 300 at most (200 of a free account); shorten it, or set on_note_limit"},
        {301, note, ",\"on_note_limit\":\"cut\"", NULL},
        {301, note, ",\"on_note_limit\":\"without_note\"", NULL},
        {8000, "follow_up_1", "", NULL},
        {8001, "follow_up_1", "",
         "c: message_templates.follow_up_1: has 8001 characters without its variables, 8000 at "
         "most"},
        {8001, note, ",\"on_note_limit\":\"cut\"",
         "c: message_templates.connection_request: has 8001 characters without its variables, 8000 "
         "at most"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct problems problems = PROBLEMS_INIT;
        struct campaign_file *f SAM_CLEANUP(campaign_file_freep) =
            with_note(rows[i].literal, rows[i].type, rows[i].rest, &problems);
        assert_int_equal(f != NULL, rows[i].want == NULL);
        assert_int_equal(problems.count, rows[i].want ? 1 : 0);
        if (rows[i].want)
            assert_string_equal(problems.lines[0], rows[i].want);
        problems_deinit(&problems);
    }
}

static void test_a_file_that_is_too_large(void **state)
{
    (void)state;
    struct problems problems = PROBLEMS_INIT;
    char *json SAM_CLEANUP(freep) = sam_xmalloc(CAMPAIGN_FILE_MAX_BYTES + 1);
    memset(json, ' ', CAMPAIGN_FILE_MAX_BYTES + 1);
    memcpy(json, CONNECTOR(""), sizeof(CONNECTOR("")) - 1);
    assert_null(campaign_file_parse("c", json, CAMPAIGN_FILE_MAX_BYTES + 1, &problems));
    assert_string_equal(problems.lines[0], "c: larger than 1 MiB");
    problems_deinit(&problems);
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) =
        campaign_file_parse("c", json, CAMPAIGN_FILE_MAX_BYTES, &problems);
    assert_non_null(f);
}

/* More problems than are kept, and some that were there before. */
static void test_many_mistakes(void **state)
{
    (void)state;
    struct problems problems = PROBLEMS_INIT;
    struct buf json SAM_CLEANUP(buf_deinit) = BUF_INIT(20000);
    problems_add(&problems, "from before");
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) =
        campaign_file_parse("c", CONNECTOR(""), strlen(CONNECTOR("")), &problems);
    assert_non_null(f);
    buf_addc(&json, '{');
    for (int i = 0; i < 300; i++)
        buf_addf(&json, "\"k%d\":0,", i);
    buf_adds(&json, "\"k1\":0}");
    assert_null(campaign_file_parse("c", buf_text(&json), json.len, &problems));
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_int_equal(problems.count + problems.dropped, 1 + 1 + 5 + 300);
    problems_deinit(&problems);
}

/* Up to the deepest nesting that is read, and beyond. */
static void test_nesting(void **state)
{
    (void)state;
    for (int depth = 1; depth < 40; depth++) {
        struct problems problems = PROBLEMS_INIT;
        struct buf json SAM_CLEANUP(buf_deinit) = BUF_INIT(2000);
        for (int i = 0; i < depth; i++)
            buf_adds(&json, "{\"a\":1,\"a\":");
        buf_addc(&json, '1');
        for (int i = 0; i < depth; i++)
            buf_addc(&json, '}');
        assert_null(campaign_file_parse("c", buf_text(&json), json.len, &problems));
        if (depth <= 15) /* each doubled key, five missing ones and an unknown one */
            assert_int_equal(problems.count, depth + 6);
        if (depth > 16)
            assert_non_null(strstr(problems.lines[0], "nesting too deep"));
        problems_deinit(&problems);
    }
}

/* ---- steps ---------------------------------------------------------------------------------- */

static void test_steps_are_read_as_they_were_written(void **state)
{
    (void)state;
    char quoted[] = "a \"b\"\\\n\t{first_name|there} \xc3\xbc\xf0\x9f\x9a\x80";
    char empty[] = "";
    const struct campaign_step steps[] = {{"connection_request", empty, 0},
                                          {"follow_up_1", quoted, 86400000},
                                          {"follow_up_2", quoted, INT64_C(3155760000000)}};
    struct campaign_step got[CAMPAIGN_STEPS_MAX];
    size_t count = 0;
    char *json SAM_CLEANUP(freep) = campaign_steps_to_json(steps, SAM_ARRAY_LEN(steps));
    assert_int_equal(campaign_steps_from_json(json, strlen(json), got, &count), 0);
    assert_int_equal(count, SAM_ARRAY_LEN(steps));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(got[i].message_type, steps[i].message_type);
        assert_string_equal(got[i].text, steps[i].text);
        assert_int_equal(got[i].after_ms, steps[i].after_ms);
    }
    campaign_steps_deinit(got, count);
}

static void test_what_are_no_steps(void **state)
{
    (void)state;
    static const char good[] = "{\"message_type\":\"a\",\"text\":\"b\",\"after_ms\":1}";
    static const char *const rows[] = {
        "",
        "null",
        "{}",
        "[]",
        "[1]",
        "[null]",
        "[{}]",
        "[{\"message_type\":\"a\",\"text\":\"b\"}]",
        "[{\"message_type\":\"a\",\"after_ms\":1}]",
        "[{\"text\":\"b\",\"after_ms\":1}]",
        "[{\"message_type\":\"a\",\"text\":\"b\",\"after_ms\":\"1\"}]",
        "[{\"message_type\":\"a\",\"text\":null,\"after_ms\":1}]",
        "[{\"message_type\":7,\"text\":\"b\",\"after_ms\":1}]",
        "[{\"message_type\":\"a2345678901234567890123456789012\",\"text\":\"b\",\"after_ms\":1}]",
    };
    struct campaign_step steps[CAMPAIGN_STEPS_MAX];
    struct campaign_step before[CAMPAIGN_STEPS_MAX];
    struct buf json SAM_CLEANUP(buf_deinit) = BUF_INIT(4000);
    size_t count = 77;
    memset(steps, 0x5a, sizeof(steps));
    memcpy(before, steps, sizeof(steps));
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        if (campaign_steps_from_json(rows[i], strlen(rows[i]), steps, &count) != -EINVAL)
            fail_msg("%s is taken", rows[i]);
    }
    buf_addf(&json, "[%s,{}]", good); /* the first one is good, and is not kept */
    assert_int_equal(campaign_steps_from_json(buf_text(&json), json.len, steps, &count), -EINVAL);
    buf_reset(&json);
    for (int i = 0; i <= CAMPAIGN_STEPS_MAX; i++)
        buf_addf(&json, "%c%s", i ? ',' : '[', good);
    buf_addc(&json, ']');
    assert_int_equal(campaign_steps_from_json(buf_text(&json), json.len, steps, &count), -EINVAL);
    assert_int_equal(count, 77);
    assert_memory_equal(steps, before, sizeof(steps));
}

static int forget_zones(void **state)
{
    (void)state;
    zone_cache_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_short_file_gives),
        cmocka_unit_test(test_what_a_full_file_gives),
        cmocka_unit_test(test_each_subdivision_of_the_table_can_be_named),
        cmocka_unit_test(test_kosovo),
        cmocka_unit_test(test_written_and_read_again),
        cmocka_unit_test(test_delays_of_the_steps),
        cmocka_unit_test(test_weekends),
        cmocka_unit_test(test_where_the_json_breaks),
        cmocka_unit_test(test_a_mistake_is_one_line),
        cmocka_unit_test(test_all_mistakes_at_once),
        cmocka_unit_test(test_a_text_that_fits_nobody),
        cmocka_unit_test(test_a_file_that_is_too_large),
        cmocka_unit_test(test_many_mistakes),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_steps_are_read_as_they_were_written),
        cmocka_unit_test(test_what_are_no_steps),
    };
    return cmocka_run_group_tests(tests, NULL, forget_zones);
}
