/* producer/ctl/rejects.h - the lines of an import that could not be used: people.rejected.csv
 * beside people.csv or where --rejects says, with line number and reason; the first ones also on
 * stderr.
 *
 * It holds the fields of the original, so that it can be corrected and imported itself; so it is
 * never written over: one that says something else is kept as people.rejected.csv.old. Of an
 * input that is no file (a pipe) it is people.rejected.csv in the current folder. On standard
 * output the lines come as they are found, in a dry run too. */
#ifndef SAM_CTL_REJECTS_H
#define SAM_CTL_REJECTS_H

#include <stdint.h>

#include "producer/ctl/csv_rows.h"
#include "producer/ctl/ctl.h"

struct rejects;

/* input: path of the import. place: NULL = beside it; "-" = standard output. Both are borrowed.
 * dry: only told, no file. */
struct rejects *rejects_new(const char *input, const char *place, bool dry);
void rejects_free(struct rejects *r);

void rejects_header(struct rejects *r, const struct csv_row *header);
SAM_MUSTCHECK enum ctl_exit rejects_add(struct rejects *r, const struct csv_row *row,
                                        const char *why);
/* Puts the file into its place; one of an earlier import, when nothing was rejected now, is taken
 * away. Without it nothing is left behind. */
SAM_MUSTCHECK enum ctl_exit rejects_end(struct rejects *r);
int64_t rejects_count(const struct rejects *r);
/* NULL = no file, as on standard output. */
const char *rejects_path(const struct rejects *r);

#endif
