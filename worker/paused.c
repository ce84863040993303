#include "worker/paused.h"

#include <stdlib.h>

#include "common/base/attr.h"

#include "common/base/banned.h"

struct paused {
    struct uuid *ids;
    size_t count;
    bool known;
};

struct paused *paused_new(void)
{
    return sam_xcalloc(1, sizeof(struct paused));
}

void paused_free(struct paused *p)
{
    if (!p)
        return;
    free(p->ids);
    free(p);
}

void paused_set(struct paused *p, const struct pg_result *r, int col)
{
    p->ids = sam_xrealloc(p->ids, ((size_t)pg_rows(r) + 1) * sizeof(*p->ids));
    p->count = 0;
    p->known = true;
    for (int row = 0; row < pg_rows(r); row++) {
        if (!pg_null(r, row, col))
            p->ids[p->count++] = pg_uuid(r, row, col);
    }
}

void paused_forget(struct paused *p)
{
    p->known = false;
}

bool paused_known(const struct paused *p)
{
    return p->known;
}

bool paused_has(const struct paused *p, const struct uuid *workspace_id)
{
    if (!p->known)
        return true;
    for (size_t i = 0; i < p->count; i++) {
        if (uuid_equal(&p->ids[i], workspace_id))
            return true;
    }
    return false;
}
