/* common/model/person_name.h - is the profile that was found the person who was meant? Pure.
 *
 * A public name is given away when its owner leaves it, and lists hold wrong links: then the text
 * greets somebody else. A mismatch must be clear, for people write their names in many ways. */
#ifndef SAM_MODEL_PERSON_NAME_H
#define SAM_MODEL_PERSON_NAME_H

#include <stdbool.h>

/* first, last: as imported; profile_first, profile_last: as the profile says; "" = not given,
 * UTF-8.
 *
 * true: of at least two imported words (a first and a last name) none is in the profile's name,
 * whatever the case, accents, order, middle names and nicknames, nor begins a word of it or begins
 * with one (Alex, Alexander). Names in another script cannot be compared: false. */
bool person_name_differs(const char *first, const char *last, const char *profile_first,
                         const char *profile_last);

#endif
