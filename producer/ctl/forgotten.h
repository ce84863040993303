/* producer/ctl/forgotten.h - the humans of a workspace who were forgotten, for the import, which
 * looks at each of a million lines: the same hashes as SQL's sam_identity_hash(), made here. */
#ifndef SAM_CTL_FORGOTTEN_H
#define SAM_CTL_FORGOTTEN_H

#include "producer/ctl/ctl.h"

struct forgotten;

/* As they are now; told on failure. *ret: free in both cases. */
SAM_MUSTCHECK enum ctl_exit forgotten_load(struct ctl *c, const struct uuid *workspace_id,
                                           struct forgotten **ret);
/* NULL is accepted. */
struct forgotten *forgotten_free(struct forgotten *f);

/* Either may be empty. */
bool forgotten_has(const struct forgotten *f, const char *vanity, const char *provider_id);
/* Of the person with the identity, as a hash. kind: 'v' or 'p'. Owned by the caller. */
char *forgotten_hash(const struct forgotten *f, char kind, const char *identity);

#endif
