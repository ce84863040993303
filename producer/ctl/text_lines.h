/* producer/ctl/text_lines.h - a file with one thing a line: UTF-8, with or without a byte order
 * mark, lines ended in any way; blanks around do not count, nor do empty lines and comments (#). */
#ifndef SAM_CTL_TEXT_LINES_H
#define SAM_CTL_TEXT_LINES_H

#include "producer/ctl/ctl.h"

/* where: "FILE:LINE: ", for what is wrong with the line. */
typedef void text_line_fn(void *ctx, const char *where, const char *line);

/* Told when the file cannot be read or has no line. what: what a line should hold. */
SAM_MUSTCHECK enum ctl_exit text_lines_read(const char *path, const char *what, text_line_fn *fn,
                                            void *ctx);

#endif
