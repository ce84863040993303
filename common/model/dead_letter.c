#include "common/model/dead_letter.h"

#include "common/base/banned.h"

const char *dead_letter_header_name(enum dead_letter_header h)
{
    static const char *const names[] = {
#define X(id, name) [id] = (name),
        DEAD_LETTER_MAP(X)
#undef X
    };
    return names[h];
}
