/* Replays inputs through a fuzz target without libFuzzer: driver FILE|FOLDER... (not recursive).
 *
 * Each input runs whole, cut off at many places as a read that ends early leaves it, and changed at
 * drawn places; the same ones each time, for what is drawn depends on the input alone.
 *
 * Each name is printed before its input runs, so that the last line names the one that broke. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/attr.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

#define INPUT_MAX_BYTES (1 << 20)
#define CUTS            32
#define CHANGES         16
#define CHANGED_BYTES   4     /* at most, of one input */
#define LONG_BYTES      65536 /* what is longer runs whole only: it would take too long */

/* xorshift64 */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* An exact copy, so that the sanitizer sees a read past the end. */
static uint8_t *copy(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = sam_xmalloc(size > 0 ? size : 1);
    memcpy(exact, bytes, size);
    return exact;
}

static int run(const uint8_t *bytes, size_t size)
{
    SAM_CLEANUP(freep) uint8_t *exact = copy(bytes, size);
    return LLVMFuzzerTestOneInput(exact, size) == 0 ? 0 : -1;
}

static int run_cut(const uint8_t *bytes, size_t size)
{
    size_t step = size / CUTS + 1;
    int result = 0;
    for (size_t end = 0; end < size && result == 0; end += step)
        result = run(bytes, end);
    return result;
}

static int run_changed(const uint8_t *bytes, size_t size)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) ^ size;
    int result = 0;
    for (int i = 0; i < CHANGES && size > 0 && result == 0; i++) {
        SAM_CLEANUP(freep) uint8_t *changed = copy(bytes, size);
        for (uint64_t n = draw(&state) % CHANGED_BYTES + 1; n > 0; n--)
            changed[draw(&state) % size] = (uint8_t)draw(&state);
        result = LLVMFuzzerTestOneInput(changed, size) == 0 ? 0 : -1;
    }
    return result;
}

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    SAM_CLEANUP(freep) uint8_t *bytes = sam_xmalloc(INPUT_MAX_BYTES);
    size_t size = fread(bytes, 1, INPUT_MAX_BYTES, file);
    (void)fclose(file);
    (void)printf("%s\n", path);
    (void)fflush(stdout);
    if (run(bytes, size) != 0)
        return -1;
    if (size <= LONG_BYTES && (run_cut(bytes, size) != 0 || run_changed(bytes, size) != 0))
        return -1;
    return 1;
}

/* How many inputs ran; negative when one could not be read. */
static int replay(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        return replay_file(path);
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    int ran = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.' && ran >= 0) {
            SAM_CLEANUP(freep) char *inside = sam_xasprintf("%s/%s", path, entries[i]->d_name);
            int more = replay_file(inside);
            ran = more < 0 ? more : ran + more;
        }
        free(entries[i]);
    }
    free(entries);
    return ran;
}

int main(int argc, char **argv)
{
    int ran = 0;
    for (int i = 1; i < argc; i++) {
        int more = replay(argv[i]);
        if (more < 0)
            return 1;
        ran += more;
    }
    (void)printf("%d inputs\n", ran);
    return ran > 0 ? 0 : 1;
}
