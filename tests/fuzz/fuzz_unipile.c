/* The answers of Unipile over any bytes. The first byte chooses the status, the rest is the body,
 * which every route must survive: what comes out is bounded, plain, and never an accepted call that
 * was refused or the other way round. */
#include <string.h>

#include "common/base/attr.h"
#include "tests/fuzz/fuzz.h"
#include "worker/unipile/answer.h"
#include "worker/unipile/page.h"

#include "common/base/banned.h"

static const int statuses[] = {200, 201, 204, 299, 301, 307, 400, 401, 403,
                               404, 415, 422, 429, 500, 501, 503, 504, 999};

static void check_plain(const char *text, size_t max_bytes)
{
    FUZZ_CHECK(strlen(text) <= max_bytes);
    for (; *text; text++)
        FUZZ_CHECK(*text > ' ' && *text <= '~');
}

static void check_write(const struct answer *answer)
{
    struct unipile_outcome o;
    answer_write(answer, &o);
    bool accepted = answer->status >= 200 && answer->status < 300 && answer_is_unipiles(answer);
    FUZZ_CHECK((o.outcome == OUTCOME_SENT) == accepted);
    FUZZ_CHECK((*o.error_type == '\0') == accepted);
    FUZZ_CHECK((o.account_status != NULL) == (o.outcome == OUTCOME_ACCOUNT_BROKEN));
    FUZZ_CHECK(o.wait_ms >= 0 && !o.untried && o.http_status == answer->status);
    check_plain(o.error_type, UNIPILE_ERROR_BYTES - 1);
    check_plain(o.invitation_id, UNIPILE_ID_BYTES - 1);
    check_plain(o.chat_id, UNIPILE_ID_BYTES - 1);
    check_plain(o.message_id, UNIPILE_ID_BYTES - 1);
}

static void check_item(const struct unipile_item *item)
{
    check_plain(item->chat_id, UNIPILE_ID_BYTES - 1);
    check_plain(item->message_id, UNIPILE_ID_BYTES - 1);
    check_plain(item->person, PROVIDER_ID_MAX_BYTES);
    FUZZ_CHECK(item->text != NULL && item->at_ms >= 0);
    FUZZ_CHECK(!item->inbound || (*item->message_id && item->at_ms > 0));
}

static void check_read(enum route route, const struct answer *answer)
{
    struct page page;
    page_decode(route, answer, "asked", &page);
    const struct unipile_read *read = &page.read;
    bool good = answer->status >= 200 && answer->status < 300;
    FUZZ_CHECK(good || read->result != UNIPILE_READ_OK);
    FUZZ_CHECK((read->result == UNIPILE_READ_OK) == (*read->error_type == '\0'));
    FUZZ_CHECK((read->account_status != NULL) == (read->result == UNIPILE_READ_ACCOUNT_BROKEN));
    FUZZ_CHECK(read->result == UNIPILE_READ_OK || (read->items_count == 0 && !*read->cursor));
    FUZZ_CHECK(read->items_count <= UNIPILE_ITEMS_MAX);
    FUZZ_CHECK(strlen(read->cursor) < UNIPILE_CURSOR_BYTES && strcmp(read->cursor, "asked") != 0);
    check_plain(read->error_type, UNIPILE_ERROR_BYTES - 1);
    check_plain(read->provider_id, PROVIDER_ID_MAX_BYTES);
    FUZZ_CHECK(route != ROUTE_PROFILE || read->result != UNIPILE_READ_OK || *read->provider_id);
    for (size_t i = 0; i < read->items_count; i++)
        check_item(&read->items[i]);
    page_deinit(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct answer answer = {.status = statuses[data[0] % SAM_ARRAY_LEN(statuses)],
                                  .bytes = (const char *)data + 1,
                                  .count = size - 1};
    check_write(&answer);
    for (int route = 0; route < ROUTE_N; route++) {
        if (!route_is_write((enum route)route))
            check_read((enum route)route, &answer);
    }
    return 0;
}
