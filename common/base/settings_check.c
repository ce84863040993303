#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/settings_internal.h"

#include "common/base/banned.h"

/* Bounds that no setting and no account may pass (interface.md section 2). */
static const struct bound {
    const char *name;
    int64_t min;
    int64_t max;
    bool duration;
} bounds[] = {
    {"spacing", 30 * SECOND_MS, INT64_MAX, true},
    {"daily_cap", 0, 150, false},
    {"daily_invitations", 0, 80, false},
    {"weekly_invitations", 0, 200, false},
    {"daily_messages", 0, 150, false},
};

#define RECONCILE_AFTER_MIN_MS (15 * MINUTE_MS)

/* What the promises of SAM depend on cannot be set by hand. Aliases stand here too. */
static const char *const refused_properties[] = {"acks",
                                                 "allow.auto.create.topics",
                                                 "auto.commit.interval.ms",
                                                 "auto.offset.reset",
                                                 "bootstrap.servers",
                                                 "client.id",
                                                 "delivery.timeout.ms",
                                                 "enable.auto.commit",
                                                 "enable.auto.offset.store",
                                                 "enable.gapless.guarantee",
                                                 "enable.idempotence",
                                                 "enable.partition.eof",
                                                 "group.id",
                                                 "group.instance.id",
                                                 "heartbeat.interval.ms",
                                                 "isolation.level",
                                                 "max.in.flight",
                                                 "max.in.flight.requests.per.connection",
                                                 "max.poll.interval.ms",
                                                 "message.send.max.retries",
                                                 "message.timeout.ms",
                                                 "metadata.broker.list",
                                                 "partition.assignment.strategy",
                                                 "partitioner",
                                                 "request.required.acks",
                                                 "retries",
                                                 "session.timeout.ms",
                                                 "topic.blacklist",
                                                 "transactional.id"};

SAM_PRINTF(5, 6)
static void wrong(struct problems *problems, const struct settings *s, const char *section,
                  const char *key, const char *fmt, ...)
{
    const struct config_source *source = settings_source(s, section, key);
    struct buf what = BUF_INIT(1000);
    va_list ap;
    if (!source->good) /* told already */
        return;
    va_start(ap, fmt);
    buf_vaddf(&what, fmt, ap);
    va_end(ap);
    problems_add(problems, "%s: %s.%s: %s", source->text, section, key, buf_text(&what));
    buf_deinit(&what);
}

/* ---- limits ------------------------------------------------------------------------------ */

static bool loopback_host(const char *host, size_t n)
{
    return (n == 9 && strncmp(host, "127.0.0.1", n) == 0) ||
           (n == 9 && strncmp(host, "localhost", n) == 0) ||
           (n == 5 && strncmp(host, "[::1]", n) == 0);
}

/* Bytes of the host at the beginning of "host:port/path"; an IPv6 address has brackets. */
static size_t host_bytes(const char *text)
{
    if (*text == '[') {
        const char *end = strchr(text, ']');
        return end ? (size_t)(end + 1 - text) : strlen(text);
    }
    return strcspn(text, ":/");
}

bool settings_loopback(const struct settings *s)
{
    const char *host = s->unipile.base_url ? strstr(s->unipile.base_url, "://") : NULL;
    return host && loopback_host(host + 3, host_bytes(host + 3));
}

static void bound_text(const struct bound *b, char *out, size_t bytes)
{
    if (b->duration) {
        char least[DURATION_TEXT_BYTES];
        duration_format(b->min, least);
        (void)snprintf(out, bytes, "%s or more", least);
    } else {
        (void)snprintf(out, bytes, "%" PRId64 " or less", b->max);
    }
}

/* NULL: there is none in force. */
static const struct bound *bound_of(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(bounds) && !settings_loopback(s); i++) {
        if (strcmp(bounds[i].name, name) == 0)
            return &bounds[i];
    }
    return NULL;
}

bool settings_limit_ok(const struct settings *s, const char *name, int64_t value, char *why,
                       size_t why_bytes)
{
    const struct bound *b = bound_of(s, name);
    char text[64];
    if (!config_in_range(settings_key("limits", name), value, why, why_bytes))
        return false;
    if (!b || (value >= b->min && value <= b->max))
        return true;
    bound_text(b, text, sizeof(text));
    (void)snprintf(why, why_bytes, "must be %s: a hard bound that keeps accounts from harm", text);
    return false;
}

int64_t settings_limit_within(const struct settings *s, const char *name, int64_t value)
{
    const struct bound *b = bound_of(s, name);
    if (!b)
        return value;
    return value < b->min ? b->min : value > b->max ? b->max : value;
}

void settings_document_bounds(struct buf *out)
{
    buf_adds(out, "\n## Hard bounds\n\nOf the config and of each account's own values. They are "
                  "lifted only while `unipile.base_url` is a loopback address (a simulator).\n\n"
                  "| limit | bound |\n| --- | --- |\n");
    for (size_t i = 0; i < SAM_ARRAY_LEN(bounds); i++) {
        char text[64];
        bound_text(&bounds[i], text, sizeof(text));
        buf_addf(out, "| `%s` | %s |\n", bounds[i].name, text);
    }
    buf_addf(out, "| `worker.reconcile_after` | 15m or more |\n\n## Refused `kafka.properties`\n\n"
                  "SAM sets these itself, its promises depend on them:\n");
    for (size_t i = 0; i < SAM_ARRAY_LEN(refused_properties); i++)
        buf_addf(out, "%s`%s`", i == 0 ? "" : i % 4 ? " " : "\n", refused_properties[i]);
    buf_adds(out, "\n");
}

static void check_limits(const struct settings *s, struct problems *problems)
{
    const struct {
        const char *name;
        int64_t value;
    } rows[] = {{"spacing", s->limits.spacing_ms},
                {"daily_cap", s->limits.daily_cap},
                {"daily_invitations", s->limits.daily_invitations},
                {"weekly_invitations", s->limits.weekly_invitations},
                {"daily_messages", s->limits.daily_messages}};
    char why[120];
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        if (!settings_limit_ok(s, rows[i].name, rows[i].value, why, sizeof(why)))
            wrong(problems, s, "limits", rows[i].name, "%s", why);
    }
    if (s->worker.reconcile_after_ms < RECONCILE_AFTER_MIN_MS && !settings_loopback(s))
        wrong(problems, s, "worker", "reconcile_after",
              "must be 15m or more: what Unipile lists may lag behind that much");
}

/* ---- Unipile, Kafka, listen addresses ------------------------------------------------------ */

static void check_base_url(struct settings *s, struct problems *problems)
{
    char *url = s->unipile.base_url;
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/')
        url[--n] = '\0';
    bool plain = strncmp(url, "http://", 7) == 0;
    const char *host = strstr(url, "://");
    if (!plain && strncmp(url, "https://", 8) != 0)
        wrong(problems, s, "unipile", "base_url", "must begin with https://");
    else if (host_bytes(host + 3) == 0 || strpbrk(host + 3, "/?#@ "))
        wrong(problems, s, "unipile", "base_url",
              "must be https://host:port and nothing more, as Unipile's dashboard shows it");
    else if (plain && !settings_loopback(s))
        wrong(problems, s, "unipile", "base_url",
              "http:// is for this machine only, the key would travel in the clear; use https://");
}

static void check_property(const struct settings *s, const char *p, struct problems *problems)
{
    size_t n = config_name_bytes(p);
    if (n == 0 || p[n] != '=') {
        wrong(problems, s, "kafka", "properties", "\"%.*s\": must be \"key=value\"", (int)n, p);
        return;
    }
    if (strncmp(p, "message.max.bytes=", n + 1) == 0 &&
        strtoll(p + n + 1, NULL, 10) < SETTINGS_MESSAGE_BYTES_LEAST)
        wrong(problems, s, "kafka", "properties",
              "message.max.bytes must be %d or more: no call is made whose record Kafka does not "
              "take",
              SETTINGS_MESSAGE_BYTES_LEAST);
    for (size_t i = 0; i < SAM_ARRAY_LEN(refused_properties); i++) {
        if (strlen(refused_properties[i]) == n && strncmp(p, refused_properties[i], n) == 0)
            wrong(problems, s, "kafka", "properties",
                  "%.*s is set by SAM, its promises depend on it; take it out", (int)n, p);
    }
}

/* host:port; false: it is not. */
static bool listen_ok(const char *text)
{
    size_t n = host_bytes(text);
    const char *port = text + n;
    if (n == 0 || *port++ != ':' || !*port || strlen(port) > 5 ||
        strspn(port, "0123456789") != strlen(port))
        return false;
    long number = strtol(port, NULL, 10);
    return number <= 65535; /* 0: a free one, told at the start */
}

static void check_listen(const struct settings *s, const char *section, const char *address,
                         struct problems *problems)
{
    if (!address)
        return;
    if (!listen_ok(address))
        wrong(problems, s, section, "listen", "must be host:port, like \"127.0.0.1:9464\"");
    else if (!loopback_host(address, host_bytes(address)) && s->admin.token_file &&
             !*s->admin.token_file)
        wrong(problems, s, section, "listen",
              "others can reach this address: set admin.token_file (or listen on 127.0.0.1)");
}

void settings_check(struct settings *s, struct problems *problems)
{
    if (s->unipile.base_url) {
        check_base_url(s, problems);
        check_limits(s, problems);
    }
    for (size_t i = 0; s->kafka.properties && s->kafka.properties[i]; i++)
        check_property(s, s->kafka.properties[i], problems);
    check_listen(s, "producer", s->producer.listen, problems);
    check_listen(s, "worker", s->worker.listen, problems);
}
