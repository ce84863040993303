#include "common/adapters/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/adapters/metric_names.h"
#include "common/adapters/migrate.h"
#include "common/adapters/startup.h"

#include "common/base/banned.h"

static const char as_root[] =
    "it runs as root: start the image as user 10001 (Kubernetes: runAsNonRoot, runAsUser)";
static const char writable[] =
    "its root can be written to: start the image with a read-only one (docker --read-only; "
    "Kubernetes: readOnlyRootFilesystem)";

/* Whoever it is: a user without the rights finds them once something else lets him be root. */
static bool root_can_be_written(void)
{
    struct statvfs root;
    return statvfs("/", &root) == 0 && !(root.f_flag & ST_RDONLY);
}

/* What an image promises is up to whoever starts it: its user, and a root that nobody can write to.
 * SAM does its work all the same, but is not ready, so that a rollout stops here. */
static void look_at_container(struct log *log, struct admin *admin)
{
    if (!getenv("SAM_CONTAINER"))
        return;
    if (geteuid() == 0) {
        log_warn(log, "runs_as_root", LOG_MSG(as_root));
        admin_reason_set(admin, "user", as_root);
    }
    if (root_can_be_written()) {
        log_warn(log, "root_writable", LOG_MSG(writable));
        admin_reason_set(admin, "root", writable);
    }
}

int daemon_main(int argc, char **argv, const struct daemon *daemon)
{
    int code = 0;
    struct log log;
    char why[300] = "";
    struct settings *settings SAM_CLEANUP(settings_freep) =
        settings_main(argc, argv, daemon->usage, &code);
    if (!settings)
        return code;
    settings_log(settings, daemon->program, &log);
    startup_block_signals();
    struct metrics *metrics SAM_CLEANUP(metrics_freep) = metrics_new(daemon->metrics, metric_names);
    metrics_watch_log(metrics, &log);
    struct admin *admin SAM_CLEANUP(admin_freep) = NULL;
    const struct admin_options options = {.listen = daemon->listen(settings),
                                          .token_file = settings->admin.token_file,
                                          .metrics = metrics};
    if (admin_new(&options, &admin, why, sizeof(why)) != 0) {
        (void)fprintf(stderr, "%s\n", why);
        return 2;
    }
    log_info(&log, "started", LOG_STR("version", SAM_VERSION), LOG_INT("schema", migrate_version()),
             LOG_STR("listen", admin_address(admin)));
    look_at_container(&log, admin);
    const struct daemon_parts parts = {daemon->program, settings, &log, metrics, admin};
    code = daemon->run(&parts);
    log_info(&log, "stopped", LOG_INT("exit", code));
    return code;
}
