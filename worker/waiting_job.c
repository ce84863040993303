#include "worker/waiting_job.h"

#include "common/base/banned.h"

struct waiting_next waiting_job_next(int64_t now, int64_t due, bool prepared)
{
    int64_t from = prepared ? due : due - PREPARED_FOR_MS / 2;
    if (from > now)
        return (struct waiting_next){.step = WAITING_LATER, .at_boot_ms = from};
    return (struct waiting_next){.step = prepared ? WAITING_CLAIM : WAITING_READ};
}
