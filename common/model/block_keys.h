/* common/model/block_keys.h - by what a company or a domain on the blocklist is found among people.
 *
 * A key is "company:NAME" or "domain:NAME", its name in the normal form of the blocklist: a company
 * without case, accents and punctuation ("ACME, Inc." is "acme inc"); a domain in lower case, as
 * DNS has it. A person has a key for the company, and for each domain in a column that names an
 * e-mail address, a website or a domain: itself and all above it, so that acme.com stops
 * mail.eu.acme.com as well. In doubt there is a key too many: it stops a message. Pure. */
#ifndef SAM_MODEL_BLOCK_KEYS_H
#define SAM_MODEL_BLOCK_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"

#define BLOCK_KEYS_MAX         64   /* of one person; further ones are left out */
#define BLOCK_DOMAIN_MAX_BYTES 253  /* DNS */
#define BLOCK_VALUE_MAX_BYTES  1000 /* of an entry, whatever it is */

/* blocklist.kind */
#define BLOCK_KIND_MAP(X)                                                                          \
    X(BLOCK_PERSON, "person")                                                                      \
    X(BLOCK_COMPANY, "company")                                                                    \
    X(BLOCK_DOMAIN, "domain")

#define BLOCK_ENUM_ROW(id, name) id,
enum block_kind { BLOCK_KIND_MAP(BLOCK_ENUM_ROW) BLOCK_KIND_N };
#undef BLOCK_ENUM_ROW

const char *block_kind_name(enum block_kind kind);
/* 0 done; -EINVAL */
SAM_MUSTCHECK int block_kind_parse(const char *text, enum block_kind *ret);

/* NULL when nothing is left. The caller frees it. */
SAM_MUSTCHECK char *block_company(const char *text);
/* Of a domain, a URL or an e-mail address; NULL when it is none of them (also a name without a dot,
 * and an IP address). The caller frees it. */
SAM_MUSTCHECK char *block_domain(const char *text);

struct block_keys {
    char *keys[BLOCK_KEYS_MAX]; /* owned */
    size_t count;
};

/* company, custom_json (an object, or what is taken for none): NULL = not given. */
void block_keys_read(struct block_keys *k, const char *company, const char *custom_json);
/* Does a column of the user's own tell keys? A person without such a column needs no custom_json.
 */
bool block_keys_column(const char *name);
void block_keys_deinit(struct block_keys *k);
/* As Postgres writes a text[]: {"company:acme inc","domain:acme.com"}. The caller frees it. */
SAM_MUSTCHECK char *block_keys_array(const struct block_keys *k);

#endif
