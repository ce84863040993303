/* producer/ctl/rejects.h - the lines of an import that could not be used: people.rejected.csv
 * beside people.csv, with line number and reason; the first ones also on stderr.
 *
 * It holds the fields of the original, so that it can be corrected and imported itself; so it is
 * never written over: one that says something else is kept as people.rejected.csv.old. Of an
 * input that is no file (a pipe) it is people.rejected.csv in the current folder. */
#ifndef SAM_CTL_REJECTS_H
#define SAM_CTL_REJECTS_H

#include <stdint.h>

#include "producer/ctl/csv_rows.h"
#include "producer/ctl/ctl.h"

struct rejects;

/* path: of the import. dry: only told, no file. */
struct rejects *rejects_new(const char *path, bool dry);
void rejects_free(struct rejects *r);

void rejects_header(struct rejects *r, const struct csv_row *header);
SAM_MUSTCHECK enum ctl_exit rejects_add(struct rejects *r, const struct csv_row *row,
                                        const char *why);
/* Puts the file into its place; one of an earlier import, when nothing was rejected now, is taken
 * away. Without it nothing is left behind. */
SAM_MUSTCHECK enum ctl_exit rejects_end(struct rejects *r);
int64_t rejects_count(const struct rejects *r);
/* NULL = no file. */
const char *rejects_path(const struct rejects *r);

#endif
