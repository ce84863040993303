#include "producer/ctl/line_list.h"

#include <stdio.h>

#include "common/base/banned.h"

void line_list_add(struct line_list *list, size_t line)
{
    if (list->count < LINE_LIST_SHOWN)
        list->lines[list->count] = line;
    list->count++;
}

const char *line_list_text(const struct line_list *list, char text[LINE_LIST_BYTES])
{
    size_t used = 0;
    for (size_t i = 0; i < list->count && i < LINE_LIST_SHOWN; i++)
        used += (size_t)snprintf(text + used, LINE_LIST_BYTES - used, "%s%zu", i ? ", " : "",
                                 list->lines[i]);
    if (list->count > LINE_LIST_SHOWN)
        (void)snprintf(text + used, LINE_LIST_BYTES - used, " and %zu more",
                       list->count - LINE_LIST_SHOWN);
    return list->count > 0 ? text : NULL;
}
