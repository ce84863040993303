/* What samctl reads of Unipile, over any bytes: whether it is Unipile at all, what it says of an
 * account. The first byte chooses the status, the rest is the body. */
#include <string.h>

#include "common/base/attr.h"
#include "producer/ctl/unipile_account.h"
#include "producer/ctl/unipile_get.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

#define BODY_BYTES 65536

static const long statuses[] = {200, 204, 301, 307, 401, 403, 404, 429, 500, 504, 999};

static void check_account(const char *text)
{
    struct json_object *account = json_tokener_parse(text);
    FUZZ_CHECK(unipile_account_status(account) != NULL);
    FUZZ_CHECK(unipile_text(account, "id") != NULL);
    FUZZ_CHECK(unipile_text(unipile_member(account, "connection_params"), "im") != NULL);
    json_object_put(account);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > BODY_BYTES)
        return 0;
    struct http_get h = {.status = statuses[data[0] % SAM_ARRAY_LEN(statuses)],
                         .json = data[0] < 128,
                         .body = BUF_INIT(BODY_BYTES)};
    buf_add(&h.body, (const char *)data + 1, size - 1);
    bool stranger = unipile_get_is_stranger(&h);
    FUZZ_CHECK(h.status < 300 || stranger == (h.status < 400));
    FUZZ_CHECK(h.status > 299 || stranger || h.json);
    FUZZ_CHECK(*unipile_get_advice(h.status));
    check_account(buf_text(&h.body));
    buf_deinit(&h.body);
    return 0;
}
