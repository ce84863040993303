/* common/base/utf8.h - strict UTF-8 (RFC 3629: no surrogates, no overlong forms, to U+10FFFF). */
#ifndef SAM_BASE_UTF8_H
#define SAM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the valid sequence at s (1 to 4), 0 when the bytes there are not one. n >= 1. */
size_t utf8_sequence_bytes(const char *s, size_t n);
bool utf8_valid(const char *s, size_t n);
/* Code points in a valid string. */
size_t utf8_code_points(const char *s, size_t n);
/* Units that a valid string has in UTF-16: 2 for what lies above U+FFFF, as most emoji do. */
size_t utf8_utf16_units(const char *s, size_t n);

#endif
