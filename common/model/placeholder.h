/* common/model/placeholder.h - what programs and spreadsheets write where they have no value.
 *
 * `null`, `N/A`, `#REF!`, `undefined`, `-`, `[First Name]`: no human is called so. It counts as
 * empty; nothing is repaired. `Nan`, `Na` and `Nil` are names of people and are left alone. */
#ifndef SAM_MODEL_PLACEHOLDER_H
#define SAM_MODEL_PLACEHOLDER_H

#include <stdbool.h>

/* In any column. text: UTF-8 (other bytes are none of it). */
bool placeholder_value(const char *text);
/* In a first or last name: an e-mail address and a URL as well. */
bool placeholder_name(const char *text);

#endif
