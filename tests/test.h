/* tests/test.h - cmocka with the headers that it wants to come first. */
#ifndef SAM_TESTS_TEST_H
#define SAM_TESTS_TEST_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
