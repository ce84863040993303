/* producer/ctl/unipile_account.h - what Unipile says of an account: the objects of GET /accounts.
 */
#ifndef SAM_CTL_UNIPILE_ACCOUNT_H
#define SAM_CTL_UNIPILE_ACCOUNT_H

#include <json.h>

#include "producer/ctl/ctl.h"

/* A member of an object; NULL when it is not there, or o is none. Borrowed. */
struct json_object *unipile_member(struct json_object *o, const char *key);
/* A text of an object, "" when it is not there or something else. Borrowed. */
const char *unipile_text(struct json_object *o, const char *key);
/* The first status of its sources that is not OK (CREDENTIALS, ...); "OK" when all are; "" when
 * none is told. Borrowed. */
const char *unipile_account_status(struct json_object *account);

/* Asks Unipile for the account (linkedin_accounts.id) and fails, with a sentence, unless all of it
 * is OK there: in doubt, or where Unipile cannot be asked, nothing is to be sent for it. */
SAM_MUSTCHECK enum ctl_exit unipile_account_look(struct ctl *c, const struct uuid *id,
                                                 const char *name);

#endif
