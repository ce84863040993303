#include "common/model/names.h"

#include <errno.h>
#include <string.h>

#include "common/base/banned.h"

int names_find(const char *const *names, int count, const char *text)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
    }
    return -EINVAL;
}
