#include "common/base/fnv1a.h"

#include "common/base/banned.h"

uint64_t fnv1a_mark(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = text; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}
