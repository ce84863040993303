/* What users write, over any bytes: addresses of people, texts, campaign files, names of zones. The
 * first byte chooses the reader. */
#include <string.h>

#include "common/base/utf8.h"
#include "common/model/calendar.h"
#include "common/model/campaign_file.h"
#include "common/model/identity.h"
#include "common/model/template.h"
#include "common/model/text_limit.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

/* A normal form is its own normal form, and valid. */
static void check_identity(const char *text)
{
    struct identity id;
    struct identity again;
    if (identity_parse(text, &id) != IDENTITY_OK)
        return;
    FUZZ_CHECK(id.text[0] != '\0' && utf8_valid(id.text, strlen(id.text)));
    FUZZ_CHECK(!strpbrk(id.text, "/?#% \\{}"));
    FUZZ_CHECK(strcmp(id.text, ".") != 0 && strcmp(id.text, "..") != 0);
    FUZZ_CHECK(identity_parse(id.text, &again) == IDENTITY_OK);
    FUZZ_CHECK(again.kind == id.kind && strcmp(again.text, id.text) == 0);
}

/* The text after the first line end is the value of every variable. */
static void check_template(char *text)
{
    struct problems problems = PROBLEMS_INIT;
    struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT((size_t)TEMPLATE_MAX_BYTES * 2);
    char detail[40];
    char *value = strchr(text, '\n');
    if (value)
        *value++ = '\0';
    struct template *t SAM_CLEANUP(template_freep) = template_compile("t", text, &problems);
    FUZZ_CHECK((t == NULL) == problems_any(&problems));
    problems_deinit(&problems);
    if (!t)
        return;
    struct template_values v = {.first_name = value, .last_name = value, .company = value};
    if (template_render(t, &v, 300, &out, detail, sizeof(detail)) != TEMPLATE_OK)
        return;
    FUZZ_CHECK(utf8_valid(buf_text(&out), out.len) && !strpbrk(buf_text(&out), "{}\r"));
    FUZZ_CHECK(text_limit_length(buf_text(&out), out.len) <= 300);
    FUZZ_CHECK(text_limit_length(buf_text(&out), out.len) >= template_literal_length(t));
    text_limit_cut(&out, 7);
    FUZZ_CHECK(utf8_valid(buf_text(&out), out.len));
    FUZZ_CHECK(text_limit_length(buf_text(&out), out.len) <= 7);
}

static void check_campaign(const char *json, size_t n)
{
    struct problems problems = PROBLEMS_INIT;
    struct campaign_step steps[CAMPAIGN_STEPS_MAX];
    size_t count = 0;
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) =
        campaign_file_parse("c", json, n, &problems);
    FUZZ_CHECK((f == NULL) == problems_any(&problems));
    problems_deinit(&problems);
    if (!f)
        return;
    FUZZ_CHECK(f->steps_count > 0 && f->accounts_count > 0 && f->timezone);
    FUZZ_CHECK(f->opens_minute >= 0 && f->opens_minute < f->closes_minute);
    FUZZ_CHECK(f->closes_minute <= 1440 && f->weekend_mask < 127 && zone_find(f->timezone));
    char *text SAM_CLEANUP(freep) = campaign_steps_to_json(f->steps, f->steps_count);
    FUZZ_CHECK(campaign_steps_from_json(text, strlen(text), steps, &count) == 0);
    FUZZ_CHECK(count == f->steps_count);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(strcmp(steps[i].text, f->steps[i].text) == 0);
    campaign_steps_deinit(steps, count);
}

static void check_steps(const char *json, size_t n)
{
    struct campaign_step steps[CAMPAIGN_STEPS_MAX];
    size_t count = 0;
    if (campaign_steps_from_json(json, n, steps, &count) != 0)
        return;
    FUZZ_CHECK(count > 0 && count <= CAMPAIGN_STEPS_MAX);
    campaign_steps_deinit(steps, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t n = size - 1;
    char *text SAM_CLEANUP(freep) = sam_xmalloc(n + 1);
    char *exact SAM_CLEANUP(freep) = sam_xmalloc(n ? n : 1); /* no byte behind it may be read */
    memcpy(text, data + 1, n);
    memcpy(exact, data + 1, n);
    text[n] = '\0';
    switch (data[0]) {
    case 'i':
        check_identity(text);
        break;
    case 't':
        check_template(text);
        break;
    case 's':
        check_steps(exact, n);
        break;
    case 'z':
        (void)zone_find(text);
        zone_cache_clear();
        break;
    default:
        check_campaign(exact, n);
        zone_cache_clear();
        break;
    }
    return 0;
}
