/* The files that operators give by --file, over any bytes: own dates, and entries of the blocklist.
 * The first byte chooses which. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/utf8.h"
#include "producer/ctl/block_entries.h"
#include "producer/ctl/own_dates.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

static void check_dates(struct ctl *c)
{
    struct own_dates dates = {.count = 0};
    c->args.words_count = 0;
    enum ctl_exit e = own_dates_read(&dates, c);
    FUZZ_CHECK(e || (dates.count > 0 && dates.count <= OWN_DATES_MAX));
    for (size_t i = 0; !e && i < dates.count; i++)
        FUZZ_CHECK(utf8_valid(dates.rows[i].name, strlen(dates.rows[i].name)));
    own_dates_deinit(&dates);
}

static void check_entries(struct ctl *c)
{
    struct block_entries entries = {.count = 0};
    enum ctl_exit e = block_entries_read(&entries, c);
    FUZZ_CHECK(e || entries.count > 0);
    for (size_t i = 0; !e && i < entries.count; i++) {
        const struct block_entry *row = &entries.rows[i];
        FUZZ_CHECK(row->value[0] && strlen(row->value) <= BLOCK_VALUE_MAX_BYTES);
        FUZZ_CHECK(utf8_valid(row->value, strlen(row->value)));
    }
    block_entries_deinit(&entries);
}

static void check_file(const char *path, unsigned which)
{
    struct args_option file = {.name = "file", .name_bytes = 4, .value = path};
    const char *kind = block_kind_name((enum block_kind)(which % BLOCK_KIND_N));
    struct ctl c = {
        .args = {.words = &kind, .words_count = 1, .options = &file, .options_count = 1}};
    if (which % (BLOCK_KIND_N + 1) == BLOCK_KIND_N)
        check_dates(&c);
    else
        check_entries(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = size ? memfd_create("lines", MFD_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    FUZZ_CHECK(write(fd, data + 1, size - 1) == (ssize_t)size - 1);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    FILE *told = stderr; /* what is wrong with the lines is told there, each time */
    FILE *nowhere = fopen("/dev/null", "we");
    FUZZ_CHECK(nowhere);
    stderr = nowhere;
    check_file(path, data[0]);
    stderr = told;
    (void)fclose(nowhere);
    (void)close(fd);
    return 0;
}
