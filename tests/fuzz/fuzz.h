/* tests/fuzz/fuzz.h - what a fuzz target and its drivers agree on.
 *
 * A target is one file fuzz_NAME.c that defines LLVMFuzzerTestOneInput. Preset fuzz links it with
 * libFuzzer, every other preset with driver.c, which replays corpus/NAME as a ctest case. */
#ifndef SAM_TESTS_FUZZ_H
#define SAM_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes of any kind; returns 0. Must not keep anything between calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that holds for every input; a breach ends the process, as a sanitizer would. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
