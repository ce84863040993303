#include "common/adapters/pg_hosts.h"

#include <string.h>

#include "common/base/banned.h"

static size_t count(const char *list)
{
    size_t n = 1;
    for (const char *p = strchr(list, ','); p; p = strchr(p + 1, ','))
        n++;
    return n;
}

void pg_hosts_turn(const char *list, size_t turns, struct buf *ret)
{
    const char *first = list;
    for (size_t i = turns % count(list); i > 0; i--)
        first = strchr(first, ',') + 1;
    buf_adds(ret, first);
    if (first == list)
        return;
    buf_addc(ret, ',');
    buf_add(ret, list, (size_t)(first - list) - 1);
}
