/* producer/ctl/line_list.h - the numbers of some lines of a file, to be shown: the first ones, and
 * how many more there are. */
#ifndef SAM_CTL_LINE_LIST_H
#define SAM_CTL_LINE_LIST_H

#include <stddef.h>

#define LINE_LIST_SHOWN 20
#define LINE_LIST_BYTES 600

struct line_list {
    size_t lines[LINE_LIST_SHOWN];
    size_t count; /* of all, also those that are not kept */
};

void line_list_add(struct line_list *list, size_t line);
/* "2, 3, 7 and 12 more", written into text; NULL when there is none. */
const char *line_list_text(const struct line_list *list, char text[LINE_LIST_BYTES]);

#endif
