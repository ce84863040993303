/* common/model/doubtful.h - values that somebody should look at before they are sent.
 *
 * `DR. ANNA`, `anna`, a name with an emoji, `O&#39;Lind`, `JosÃ©`: nothing is repaired, since only
 * a human knows how a human is called; preview shows them first, with the reason. */
#ifndef SAM_MODEL_DOUBTFUL_H
#define SAM_MODEL_DOUBTFUL_H

/* What is odd about a first or last name, as the end of "first_name has …"; NULL = nothing, also of
 * an empty one. */
const char *doubtful_name(const char *name);
/* The same of any text: characters that some program has broken. */
const char *doubtful_text(const char *text);

#endif
