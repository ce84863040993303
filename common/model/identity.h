/* common/model/identity.h - one human, many spellings: the normal form of what a user gives.
 *
 * A vanity name is the public slug of a profile URL (case-folded, percent-decoded, no query); a
 * provider id is LinkedIn's internal id ("ACo…"). Unipile's provider ids are viewer-scoped, so the
 * vanity name is the identity over accounts, and both go into `contacted`. */
#ifndef SAM_MODEL_IDENTITY_H
#define SAM_MODEL_IDENTITY_H

#include <stdbool.h>

#include "common/base/attr.h"

#define VANITY_MAX_BYTES      400 /* percent-decoded slug; LinkedIn's own limit is 100 characters */
#define PROVIDER_ID_MAX_BYTES 128

enum identity_kind { IDENTITY_VANITY, IDENTITY_PROVIDER_ID };

struct identity {
    enum identity_kind kind;
    char text[VANITY_MAX_BYTES + 1]; /* normal form: lower-case vanity name, or the id unchanged */
};

enum identity_problem {
    IDENTITY_OK = 0,
    IDENTITY_EMPTY,
    IDENTITY_NOT_LINKEDIN,  /* a URL of another site */
    IDENTITY_NOT_A_PERSON,  /* /company/, /school/, /posts/ … */
    IDENTITY_BAD_CHARACTERS /* cannot be a slug or an id */
};

/* Any profile URL form (http(s), any country subdomain, m., /in/, /comm/in/, trailing parts, query,
 * fragment), a plain vanity name, or an "ACo…" id. Blanks around it, also encoded ones, `<…>`,
 * quotes and a full stop at its end are ignored. Refused as bad characters:
 * `ACw…` and `AE…` ids, which Unipile's invite route does not take, and the words that stand for
 * routes of Unipile ("me", "relations" …). *ret is untouched unless IDENTITY_OK. */
SAM_MUSTCHECK enum identity_problem identity_parse(const char *text, struct identity *ret);
/* What stands in the place of an identity when the human was forgotten: this, and a keyed hash in
 * hex (SQL: sam_identity_hash). No identity of LinkedIn's begins so. */
#define IDENTITY_FORGOTTEN "forgotten:"
bool identity_is_forgotten(const char *text);
/* A sentence for the user. */
const char *identity_problem_text(enum identity_problem p);

#endif
