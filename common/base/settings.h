/* common/base/settings.h - sam.cfg: every setting of the three programs, and how they are read.
 *
 * One table (settings.c) fills the struct, prints the sample and --print-config, and is
 * SETTINGS.md. Durations are in ms. */
#ifndef SAM_BASE_SETTINGS_H
#define SAM_BASE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/log.h"

struct settings {
    struct {
        char *conninfo;
    } postgres;
    struct {
        char *bootstrap_servers;
        char *topic_prefix;
        int64_t partitions;
        int64_t replication_factor;
        int64_t ledger_retention_ms; /* CONFIG_FOREVER, or how long sam.events is kept */
        char **properties;           /* "key=value", NULL-terminated */
    } kafka;
    struct {
        char *base_url; /* without a slash at its end */
        char *api_key;
        int64_t timeout_ms;
        int64_t connect_timeout_ms;
        int64_t max_in_flight;
    } unipile;
    struct {
        int64_t spacing_ms;
        int64_t jitter_ms;
        int64_t daily_cap;
        int64_t daily_invitations;
        int64_t weekly_invitations;
        int64_t daily_messages;
        int64_t daily_profile_views;
        int64_t monthly_notes;
        char *pace;
    } limits;
    struct {
        int64_t tick_ms;
        int64_t plan_horizon_ms;
        int64_t replies_every_ms;
        int64_t relations_every_ms;
        char *listen;
    } producer;
    struct {
        int64_t batch;
        int64_t drain_timeout_ms;
        int64_t reconcile_after_ms;
        bool resend_unknown;
        char **opt_out_words; /* NULL-terminated */
        char *listen;
    } worker;
    struct {
        char *token_file;
    } admin;
    struct {
        char *level;
        char *format;
    } log;
    struct config_source sources[CONFIG_KEYS_MAX];
};

/* NULL: problems tell all that is wrong. path NULL: ./sam.cfg, then /etc/sam/sam.cfg, whichever is
 * there; else environment and defaults alone. */
struct settings *settings_load(const char *path, struct problems *problems);
void settings_free(struct settings *s);
SAM_DEFINE_FREEP(settings)

/* Where a key's value came from, for messages about it: "sam.cfg:12", "environment SAM_…". */
const struct config_source *settings_source(const struct settings *s, const char *section,
                                            const char *key);

void settings_sample(struct buf *out);
void settings_print(const struct settings *s, struct buf *out);
void settings_document(struct buf *out);

/* A record has 16 KiB at most (common/model/record.h), and headers and a key beside it: neither our
 * producer nor a topic may take less. */
#define SETTINGS_MESSAGE_BYTES_LEAST 32768

/* May `limits.name`, in sam.cfg or as an account's own value, be this? The key's range, and the
 * hard bounds (interface.md section 2), which are lifted while base_url is a loopback address.
 * false: why names the bound. */
bool settings_limit_ok(const struct settings *s, const char *name, int64_t value, char *why,
                       size_t why_bytes);
/* The value, or the hard bound that it lies beyond: for values that nobody has checked. */
int64_t settings_limit_within(const struct settings *s, const char *name, int64_t value);
/* Is the Unipile base URL on this machine (a simulator)? */
bool settings_loopback(const struct settings *s);
/* topic_prefix + name; `dlq.` stays in front. Owned by the caller. */
char *settings_topic(const struct settings *s, const char *name);
void settings_log(const struct settings *s, const char *program, struct log *ret_log);

/* The command line that the programs share: -c FILE, --help, --version, --print-config. Returns the
 * settings; NULL: leave with *ret_exit (0, or 2 after an error that was printed). usage: printed by
 * --help. */
struct settings *settings_main(int argc, char **argv, const char *usage, int *ret_exit);

#endif
