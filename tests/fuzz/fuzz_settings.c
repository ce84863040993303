/* sam.cfg over any bytes: either it can be used, or something is said; and what is shown of it is
 * never a secret. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/settings.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

/* libconfig loses some bytes of a string when the file ends badly (its scanner, strbuf_append). */
/* NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming) */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}
/* NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming) */

static size_t occurrences(const uint8_t *data, size_t size, const char *text)
{
    size_t n = strlen(text);
    size_t count = 0;
    for (const uint8_t *p = data; (p = memmem(p, size - (size_t)(p - data), text, n)); p++)
        count++;
    return count;
}

/* The key is told apart from everything else when the file has it once. */
static void check_shown(const struct settings *s, const uint8_t *data, size_t size)
{
    struct buf shown = BUF_INIT(1 << 20);
    settings_print(s, &shown);
    if (strlen(s->unipile.api_key) > 8 && occurrences(data, size, s->unipile.api_key) == 1)
        FUZZ_CHECK(!strstr(buf_text(&shown), s->unipile.api_key));
    buf_deinit(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems = PROBLEMS_INIT;
    char path[40];
    if (memmem(data, size, "@include", 8)) /* reads other files */
        return 0;
    int fd = memfd_create("sam.cfg", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return 0;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct settings *s = settings_load(path, &problems);
    FUZZ_CHECK((s == NULL) == problems_any(&problems));
    for (size_t i = 0; i < problems.count; i++)
        FUZZ_CHECK(problems.lines[i][0] != '\0');
    if (s)
        check_shown(s, data, size);
    settings_free(s);
    problems_deinit(&problems);
    (void)close(fd);
    return 0;
}
