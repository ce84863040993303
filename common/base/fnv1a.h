/* common/base/fnv1a.h - a short mark of a text, to see whether it is another one than before.
 *
 * FNV-1a of 64 bits. Not against anybody who makes texts of the same mark on purpose. */
#ifndef SAM_BASE_FNV1A_H
#define SAM_BASE_FNV1A_H

#include <stdint.h>

/* Never 0, so that 0 can stand for "none yet". */
uint64_t fnv1a_mark(const char *text);

#endif
