/* tests/simulator/page.h - one page of a list: limit, cursor, and the moments around it.
 *
 * A cursor is base64 of a small JSON object, as with Unipile: the limit, the moments, and the
 * place. Lists of relations and invitations count their place from the newest item (`startIndex`),
 * so it shifts when something new comes; chats and messages remember the item itself. */
#ifndef SAM_SIMULATOR_PAGE_H
#define SAM_SIMULATOR_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "tests/simulator/request.h"

struct page {
    int64_t limit;
    int64_t after_ms;  /* only what is later */
    int64_t before_ms; /* only what is earlier */
    int64_t place;     /* of the first item, meant as the list means it; 0 = the newest */
};

struct page_limits {
    int64_t max;
    int64_t usual;
};

/* Reads limit, cursor, after and before of the query. false = answered 400. */
SAM_MUSTCHECK bool page_read(struct request *r, const struct page_limits *limits, struct page *ret);

/* Adds `,"cursor":...}`: of the page that begins at next_place, 0 = there is none. */
void page_end(struct request *r, const struct page *page, int64_t next_place);

#endif
