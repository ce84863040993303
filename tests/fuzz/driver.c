/* Replays inputs through a fuzz target without libFuzzer: driver FILE|FOLDER... (not recursive).
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
    /* An exact copy, so that the sanitizer sees a read past the end. */
    SAM_CLEANUP(freep) uint8_t *exact = sam_xmalloc(size > 0 ? size : 1);
    memcpy(exact, bytes, size);
    return LLVMFuzzerTestOneInput(exact, size) == 0 ? 1 : -1;
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
