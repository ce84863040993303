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
 * true: the imported first and last name are given and either none of their words is in the
 * profile's name, nor begins a word of it or begins with one, or the first names have nothing in
 * common though the last one agrees (a family): not the initial, no word, no part of one, and they
 * are no nicknames (Bob, Robert). Case, accents, titles and the order do not count; another last
 * name alone is none (married). An initial is no name. Names in two scripts, or in one without
 * single letters for sounds, cannot be compared: false. */
bool person_name_differs(const char *first, const char *last, const char *profile_first,
                         const char *profile_last);

#endif
