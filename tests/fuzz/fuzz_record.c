/* The records of Kafka over any bytes: what decodes must say the same when it is written again. */
#include <string.h>

#include "common/model/account_state.h"
#include "common/model/event.h"
#include "common/model/job.h"
#include "tests/fuzz/fuzz.h"

#include "common/base/banned.h"

/* Written and read again, twice: the second text must be the first. */
static void check_job(const char *value, size_t n)
{
    struct job job;
    char why[RECORD_WHY_BYTES] = "";
    if (job_decode(value, n, &job, why) != 0) {
        FUZZ_CHECK(why[0] != '\0' && strlen(why) < sizeof(why));
        return;
    }
    struct buf first = BUF_INIT(RECORD_MAX_BYTES);
    struct buf second = BUF_INIT(RECORD_MAX_BYTES);
    job_encode(&job, &first);
    FUZZ_CHECK(!first.overflow);
    FUZZ_CHECK(job_decode(buf_text(&first), first.len, &job, why) == 0);
    job_encode(&job, &second);
    FUZZ_CHECK(strcmp(buf_text(&first), buf_text(&second)) == 0);
    buf_deinit(&first);
    buf_deinit(&second);
}

static void check_sync_job(const char *value, size_t n)
{
    struct sync_job job;
    char why[RECORD_WHY_BYTES] = "";
    if (sync_job_decode(value, n, &job, why) != 0) {
        FUZZ_CHECK(why[0] != '\0' && strlen(why) < sizeof(why));
        return;
    }
    struct buf first = BUF_INIT(RECORD_MAX_BYTES);
    struct buf second = BUF_INIT(RECORD_MAX_BYTES);
    sync_job_encode(&job, &first);
    FUZZ_CHECK(!first.overflow);
    FUZZ_CHECK(sync_job_decode(buf_text(&first), first.len, &job, why) == 0);
    sync_job_encode(&job, &second);
    FUZZ_CHECK(strcmp(buf_text(&first), buf_text(&second)) == 0);
    buf_deinit(&first);
    buf_deinit(&second);
}

static void check_account_state(const char *value, size_t n)
{
    struct account_state state;
    char why[RECORD_WHY_BYTES] = "";
    if (account_state_decode(value, n, &state, why) != 0) {
        FUZZ_CHECK(why[0] != '\0' && strlen(why) < sizeof(why));
        return;
    }
    struct buf first = BUF_INIT(RECORD_MAX_BYTES);
    uint64_t digest = account_state_digest(&state);
    account_state_encode(&state, &first);
    FUZZ_CHECK(!first.overflow && digest != 0);
    FUZZ_CHECK(account_state_decode(buf_text(&first), first.len, &state, why) == 0);
    FUZZ_CHECK(account_state_digest(&state) == digest);
    buf_deinit(&first);
}

static void check_event(const char *type, const char *value, size_t n)
{
    struct event event;
    char why[RECORD_WHY_BYTES] = "";
    if (event_decode(type, value, n, &event, why) != 0) {
        FUZZ_CHECK(why[0] != '\0' && strlen(why) < sizeof(why));
        return;
    }
    struct buf first = BUF_INIT(RECORD_MAX_BYTES);
    struct buf second = BUF_INIT(RECORD_MAX_BYTES);
    event_encode(&event, &first);
    FUZZ_CHECK(!first.overflow);
    FUZZ_CHECK(event_decode(type, buf_text(&first), first.len, &event, why) == 0);
    event_encode(&event, &second);
    FUZZ_CHECK(strcmp(buf_text(&first), buf_text(&second)) == 0);
    buf_deinit(&first);
    buf_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *value = (const char *)data;
    check_job(value, size);
    check_sync_job(value, size);
    check_account_state(value, size);
    for (int type = 0; type < EVENT_TYPE_N; type++)
        check_event(event_type_name((enum event_type)type), value, size);
    check_event("sam.nothing.v9", value, size);
    return 0;
}
