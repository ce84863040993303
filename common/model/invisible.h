/* common/model/invisible.h - what stands around a text that people copy and nobody sees.
 *
 * Blanks of every script, line ends, controls, zero-width marks, byte order marks. Not the marks
 * that build an emoji (the tags of a flag). */
#ifndef SAM_MODEL_INVISIBLE_H
#define SAM_MODEL_INVISIBLE_H

#include <stdbool.h>
#include <stddef.h>

/* Moves *text to the first character that can be seen and returns the bytes up to the last one, 0
 * when there is none. *text: valid UTF-8. */
size_t invisible_trim(const char **text);

/* A control character at s (valid UTF-8; C0 without tab and line end, DEL, C1)? */
bool invisible_control(const char *s);

#endif
