/* producer/ctl/person_opt_out.h - somebody wants no messages who takes part in no campaign: who
 * waits for approval is rejected, and in any case they come on the blocklist. */
#ifndef SAM_CTL_PERSON_OPT_OUT_H
#define SAM_CTL_PERSON_OPT_OUT_H

#include "producer/ctl/ctl.h"

/* text: a profile URL, a vanity name or an ACo… id. Says what was done. */
SAM_MUSTCHECK enum ctl_exit person_opt_out_absent(struct ctl *c, const char *text);

#endif
