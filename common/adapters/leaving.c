#include "common/adapters/leaving.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/attr.h"

#include "common/base/banned.h"

struct leaving {
    struct log *log;
    int64_t ms;
};

static void *end(void *arg)
{
    const struct leaving *l = arg;
    (void)poll(NULL, 0, (int)l->ms);
    log_error(l->log, "left_at_once",
              LOG_MSG("what this process still waited for has not ended: a call of which nobody "
                      "has the end is unknown, and is looked for"));
    _exit(1);
}

void leaving_within(struct log *log, int64_t ms)
{
    pthread_t thread;
    struct leaving *l = sam_xcalloc(1, sizeof(*l)); /* the thread's, to the end of the process */
    *l = (struct leaving){log, ms};
    int r = pthread_create(&thread, NULL, end, l);
    if (r == 0) {
        (void)pthread_detach(thread);
        return;
    }
    log_warn(log, "leaves_unwatched", LOG_STR("error", strerror(r)));
    free(l);
}
