#include "common/model/opt_out.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/model/fold.h"

#include "common/base/banned.h"

#define SHORT_BYTES 300 /* inside of a long letter a phrase means nothing */

/* Folded, words parted by one blank. Alone they are the whole message. */
static const char *const alone[] = {
    "stop",    "stopp",   "unsubscribe", "unsubscribe me", "remove",      "remove me",
    "opt out", "optout",  "abmelden",    "austragen",      "abbestellen", "desabonner",
    "arret",   "arretez", "baja",        "darse de baja",  "cancelar",    "cancellami",
    "basta",   "parar",   "sair",        "uitschrijven",   "afmelden"};
static const char *const polite[] = {"please",    "pls",        "bitte", "svp",
                                     "por favor", "per favore", "aub",   "thanks",
                                     "thank you", "danke",      "merci"};

static const char *const phrases[] = {
    /* English */
    "unsubscribe me", "please unsubscribe", "opt me out", "want to opt out", "like to opt out",
    "remove me from", "take me off", "do not contact me", "don t contact me", "dont contact me",
    "do not message me", "don t message me", "dont message me", "do not write to me",
    "don t write to me", "stop messaging", "stop contacting", "stop writing", "stop sending",
    "stop spamming", "leave me alone", "no more messages",
    /* German */
    "keine nachrichten mehr", "keine weiteren nachrichten", "nicht mehr kontaktieren",
    "nicht mehr anschreiben", "nicht mehr schreiben", "kontaktieren sie mich nicht",
    "kontaktiere mich nicht", "schreiben sie mir nicht", "aus ihrer liste", "aus der liste",
    "aus dem verteiler", "lassen sie mich in ruhe", "lass mich in ruhe",
    /* French */
    "me desabonner", "desabonnez moi", "ne plus me contacter", "ne me contactez plus",
    "ne me contacte plus", "ne plus recevoir", "ne m ecrivez plus", "retirez moi",
    /* Spanish */
    "no me contacte", "no me contacten", "no me contactes", "no me escriba", "no me escribas",
    "darme de baja", "deme de baja",
    /* Italian */
    "non contattarmi", "non mi contatti", "non mi contattare", "non scrivermi", "cancellatemi",
    /* Portuguese */
    "nao me contate", "nao me contacte", "nao me escreva", "me remova",
    /* Dutch */
    "niet meer benaderen", "niet meer contacteren", "schrijf me uit", "geen berichten meer"};

/* Where the phrase, which has no blanks at its ends, stands in the words; NULL = nowhere. */
static char *find(char *words, const char *phrase)
{
    size_t n = strlen(phrase);
    for (char *at = words; n && (at = strstr(at, phrase)); at++) {
        if (at[-1] == ' ' && at[n] == ' ')
            return at;
    }
    return NULL;
}

static bool contains_own(char *words, const char *const *more)
{
    bool found = false;
    for (; more && *more && !found; more++) {
        char *phrase = fold_words(*more);
        size_t n = strlen(phrase);
        found = n > 2 && strstr(words, phrase) != NULL; /* with its blanks */
        free(phrase);
    }
    return found;
}

static void drop_polite(char *words)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(polite); i++) {
        char *at = find(words, polite[i]);
        size_t n = strlen(polite[i]) + 1; /* and a blank */
        if (at)
            memmove(at, at + n, strlen(at + n) + 1);
    }
}

static bool is_alone(const char *words)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(alone); i++) {
        size_t n = strlen(alone[i]);
        if (strncmp(words + 1, alone[i], n) == 0 && strcmp(words + 1 + n, " ") == 0)
            return true;
    }
    return false;
}

bool opt_out_wanted(const char *text, const char *const *more)
{
    if (strlen(text) > SHORT_BYTES)
        return false;
    char *words = fold_words(text);
    bool wanted = contains_own(words, more);
    for (size_t i = 0; i < SAM_ARRAY_LEN(phrases) && !wanted; i++)
        wanted = find(words, phrases[i]) != NULL;
    drop_polite(words);
    wanted = wanted || is_alone(words);
    free(words);
    return wanted;
}
