/* worker/paused.h - the workspaces in which everything is paused (`samctl pause --all`), as last
 * seen with the database's clock. Nothing is read for them; the claim asks the database itself
 * before each call, so this decides about no send. */
#ifndef SAM_WORKER_PAUSED_H
#define SAM_WORKER_PAUSED_H

#include <stdbool.h>

#include "common/adapters/pg.h"
#include "common/base/uuid.h"

struct paused;

struct paused *paused_new(void);
void paused_free(struct paused *p); /* NULL is allowed */

/* The ids of all of them: one per row, or NULL, in the column. */
void paused_set(struct paused *p, const struct pg_result *r, int col);
/* The connection is fresh: who knows what was paused meanwhile? As at the beginning. */
void paused_forget(struct paused *p);
bool paused_known(const struct paused *p);
/* True while nothing is known. */
bool paused_has(const struct paused *p, const struct uuid *workspace_id);

#endif
