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
 * true: either none of the imported words is in the profile's name, nor begins a word of it or
 * begins with one; or the first names have nothing in common though the last one agrees (a family):
 * no word, no part of one, no spelling of another language (Stefan, Stephan), no initial of it
 * (A., Anna), no nickname (Bob, Robert); or only a first name is imported, and the profile has it
 * nowhere. Case, accents, titles and the order do not count; another last name alone is no
 * difference (married). An initial is no name. Names in two scripts, or in one without single
 * letters for sounds, cannot be compared: false. */
bool person_name_differs(const char *first, const char *last, const char *profile_first,
                         const char *profile_last);

#endif
