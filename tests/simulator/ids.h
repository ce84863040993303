/* tests/simulator/ids.h - the identifiers that the simulator gives out.
 *
 * They look opaque, as Unipile's do, but are computed: a chat's id is a bijection of its number, a
 * person's provider id a hash of the slug. So runs repeat, and no table of ids is needed. */
#ifndef SAM_SIMULATOR_IDS_H
#define SAM_SIMULATOR_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"

/* A fixed hash with all bits mixed, the same on every machine. Chain by the seed. */
uint64_t id_hash(uint64_t seed, const void *bytes, size_t n);
uint64_t id_hash_text(uint64_t seed, const char *text);

/* Yes for `percent` of all texts, always the same ones; topic keeps two questions apart. */
bool id_chance(const char *text, const char *topic, int percent);

#define PROVIDER_ID_BYTES 40
/* "ACoAA" and 34 characters. scope NULL: the same for every viewer. */
void provider_id_of(const char *slug, const char *scope, char out[PROVIDER_ID_BYTES]);
/* Has the form of a classic member id (ACo...). */
bool provider_id_looks_right(const char *text);

enum id_kind { ID_CHAT = 'c', ID_MESSAGE = 'm', ID_ATTENDEE = 'a' };

#define ID_BYTES 24
/* number > 0 */
void id_text(enum id_kind kind, uint64_t number, char out[ID_BYTES]);
/* 0 done, -EINVAL: no id of that kind. */
SAM_MUSTCHECK int id_parse(enum id_kind kind, const char *text, uint64_t *ret_number);

/* An invitation's id: 19 digits. */
void invitation_id_text(uint64_t number, char out[ID_BYTES]);
SAM_MUSTCHECK int invitation_id_parse(const char *text, uint64_t *ret_number);

#endif
