#include "common/base/failpoint.h"

#ifdef SAM_FAILPOINTS

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/banned.h"

#define NAME_ROW(id, name) name,
static const char *const names[] = {FAILPOINT_MAP(NAME_ROW)};
#undef NAME_ROW

static void hit(const char *dir, enum failpoint place, const char *ending, int signal)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/%s.%s", dir, names[place], ending);
    if (unlink(path) == 0) /* only one of those who see it removes it */
        (void)raise(signal);
}

void failpoint(enum failpoint place)
{
    const char *dir = getenv("SAM_FAILPOINT_DIR");
    if (!dir)
        return;
    hit(dir, place, "kill", SIGKILL);
    hit(dir, place, "stop", SIGSTOP);
}

#endif
