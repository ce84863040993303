/* common/model/text_limit.h - how long a text is, how long it may be, and how it is cut.
 *
 * The one place for check, preview and planning. A length is the stricter of code points and UTF-16
 * units, which is the latter: no fact says yet which of them LinkedIn counts. Pure. */
#ifndef SAM_MODEL_TEXT_LIMIT_H
#define SAM_MODEL_TEXT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/model/status.h"

#define MESSAGE_LENGTH_MAX   8000 /* facts/unipile.md section 4 */
#define NOTE_LENGTH_MAX_FREE 200  /* section 3 */
#define NOTE_LENGTH_MAX_PAID 300

#define NOTE_MESSAGE_TYPE "connection_request"
/* Is the text of this message type the note of an invitation? */
bool text_limit_note(const char *message_type);
/* What a text of this message type may have from an account of this plan. */
size_t text_limit_max(const char *message_type, enum account_plan plan);
/* Of n bytes of valid UTF-8; an emoji counts 2. */
size_t text_limit_length(const char *text, size_t n);

/* Cuts a rendered text that is longer than max, in place: at a word's end, never within what a
 * reader takes for one character, with an ellipsis that counts. "" when nothing fits. */
void text_limit_cut(struct buf *text, size_t max);

#endif
