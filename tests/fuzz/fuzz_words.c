/* What strangers write and profiles say, over any bytes: answers that may ask to be left alone,
 * names, companies, domains. A line each for what takes several. */
#include <string.h>

#include "common/base/utf8.h"
#include "common/model/block_keys.h"
#include "common/model/doubtful.h"
#include "common/model/fold.h"
#include "common/model/opt_out.h"
#include "common/model/person_name.h"
#include "common/model/placeholder.h"
#include "common/model/spreadsheet_cell.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

static void check_folded(const char *text)
{
    char *once SAM_CLEANUP(freep) = fold_text(text);
    char *twice SAM_CLEANUP(freep) = fold_text(once);
    char *words SAM_CLEANUP(freep) = fold_words(text);
    size_t n = strlen(words);
    FUZZ_CHECK(utf8_valid(once, strlen(once)) && strcmp(once, twice) == 0);
    FUZZ_CHECK(utf8_valid(words, n) && !strstr(words, "  "));
    FUZZ_CHECK(n == 0 || (words[0] == ' ' && words[n - 1] == ' '));
    /* Case and accents do not count. */
    if (utf8_valid(text, strlen(text)))
        FUZZ_CHECK(opt_out_wanted(text, NULL) == opt_out_wanted(once, NULL));
}

/* Nobody is another person than oneself, and the two sides are as good as each other. */
static void check_names(const char *first, const char *last, const char *other, const char *more)
{
    FUZZ_CHECK(!person_name_differs(first, last, first, last));
    (void)person_name_differs(first, last, other, more);
    (void)doubtful_name(first);
    (void)doubtful_text(last);
    FUZZ_CHECK(!placeholder_value(first) || placeholder_name(first));
}

static void check_normal(char *(*normal)(const char *text), const char *text, size_t max_bytes)
{
    char *once SAM_CLEANUP(freep) = normal(text);
    if (!once)
        return;
    char *twice SAM_CLEANUP(freep) = normal(once);
    FUZZ_CHECK(once[0] && strlen(once) <= max_bytes && utf8_valid(once, strlen(once)));
    FUZZ_CHECK(twice && strcmp(once, twice) == 0);
}

static void check_keys(const char *company, const char *custom_json)
{
    struct block_keys keys;
    block_keys_read(&keys, company, custom_json);
    char *array SAM_CLEANUP(freep) = block_keys_array(&keys);
    FUZZ_CHECK(keys.count <= BLOCK_KEYS_MAX && utf8_valid(array, strlen(array)));
    for (size_t i = 0; i < keys.count; i++)
        FUZZ_CHECK(strchr(keys.keys[i], ':') && utf8_valid(keys.keys[i], strlen(keys.keys[i])));
    block_keys_deinit(&keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *lines[4] = {"", "", "", ""};
    char *text SAM_CLEANUP(freep) = sam_xmalloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    check_folded(text);
    check_normal(block_company, text, 4 * size + 1);
    check_normal(block_domain, text, BLOCK_DOMAIN_MAX_BYTES);
    FUZZ_CHECK(strlen(spreadsheet_cell_content(text)) <= strlen(text));
    char *rest = text;
    for (size_t i = 0; i < SAM_ARRAY_LEN(lines) && rest; i++)
        lines[i] = strsep(&rest, "\n");
    check_names(lines[0], lines[1], lines[2], lines[3]);
    check_keys(lines[0], lines[1]);
    return 0;
}
