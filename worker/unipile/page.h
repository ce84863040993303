/* worker/unipile/page.h - what the answer of a read says: result, profile, items of a list.
 *
 * Pure: status and bytes in, no I/O. Where a missing field could hide a reply or end a list too
 * early, the whole page counts as not understood (RETRY, "answer"); another element that is of no
 * use is left out alone. */
#ifndef SAM_WORKER_UNIPILE_PAGE_H
#define SAM_WORKER_UNIPILE_PAGE_H

#include "common/base/attr.h"
#include "worker/unipile/answer.h"
#include "worker/unipile/request.h"
#include "worker/unipile/unipile.h"

struct page {
    struct unipile_read read; /* its texts point into json */
    struct json_object *json;
    struct unipile_item *items;
};

/* cursor: the one that was asked for, "" = the first page. Whatever comes back is to be deinited.
 */
void page_decode(enum route route, const struct answer *answer, const char *cursor,
                 struct page *ret);
void page_deinit(struct page *page);

#endif
