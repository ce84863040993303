#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

static ssize_t read_some(void *ctx, char *out, size_t wanted)
{
    struct fuzz_stream *s = ctx;
    size_t end = s->broken_at < s->size ? s->broken_at : s->size;
    size_t left = end - s->at;
    if (left == 0 && s->broken_at < s->size) {
        errno = EIO;
        return -1;
    }
    size_t n = wanted < s->piece ? wanted : s->piece;
    n = n < left ? n : left;
    memcpy(out, s->data + s->at, n);
    s->at += n;
    return (ssize_t)n;
}

FILE *fuzz_stream_open(struct fuzz_stream *stream)
{
    return fopencookie(stream, "r", (cookie_io_functions_t){.read = read_some});
}
