/* tests/fuzz/fuzz.h - what a fuzz target and its drivers agree on.
 *
 * A target is one file fuzz_NAME.c that defines LLVMFuzzerTestOneInput. Preset fuzz links it with
 * libFuzzer, every other preset with driver.c, which replays corpus/NAME as a ctest case: each
 * input whole, cut off, and changed in drawn ways, the same ones each time. */
#ifndef SAM_TESTS_FUZZ_H
#define SAM_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes of any kind; returns 0. Must not keep anything between calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a stream that gives at most `piece` of them a read, as a pipe may, and where
 * `broken_at` have been given fails with EIO (SIZE_MAX: never). NULL when there is none. The bytes
 * stay the caller's; The struct lives as long as the stream. */
struct fuzz_stream {
    const uint8_t *data;
    size_t size;
    size_t at;
    size_t piece;
    size_t broken_at;
};
FILE *fuzz_stream_open(struct fuzz_stream *stream);

/* A property that holds for every input; a breach ends the process, as a sanitizer would. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
