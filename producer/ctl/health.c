/* health: what the programs of this machine say about themselves, for those who restart them where
 * nothing else can ask (a container's health check). Needs sam.cfg, and neither database nor Kafka.
 */
#include <stdio.h>
#include <string.h>

#include "producer/ctl/commands.h"
#include "producer/ctl/http_get.h"

#include "common/base/banned.h"

#define TIMEOUT_MS 2000

static const struct column columns[] = {{"program", "program", COLUMN_TEXT},
                                        {"address", "address", COLUMN_TEXT},
                                        {"state", "state", COLUMN_TEXT},
                                        {"why", "why", COLUMN_TEXT}};

enum state { NOT_THERE, STUCK, NOT_READY, READY };

struct answer {
    enum state state;
    struct buf why;
};

/* "0.0.0.0:9465" is every address of this machine: its own one answers. Owned by the caller. */
static char *own_address(const char *listen)
{
    static const char *const every[][2] = {{"0.0.0.0:", "127.0.0.1:"}, {"[::]:", "[::1]:"}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(every); i++) {
        size_t length = strlen(every[i][0]);
        if (strncmp(listen, every[i][0], length) == 0)
            return sam_xasprintf("%s%s", every[i][1], listen + length);
    }
    return sam_xstrdup(listen);
}

/* "postgres: …\nkafka: …\n" as one line. */
static void add_line(struct buf *out, const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\r\n");
        if (length > 0)
            buf_addf(out, "%s%.*s", out->len ? "; " : "", (int)length, lines);
        lines += length;
        lines += strspn(lines, "\r\n");
    }
}

/* HTTP status, or 0: no answer. Both with why. */
static long ask(const char *address, const char *path, struct buf *why)
{
    char text[HTTP_GET_WHY_BYTES] = "";
    SAM_CLEANUP(freep) char *url = sam_xasprintf("http://%s%s", address, path);
    struct http_get g = {.url = url, .timeout_ms = TIMEOUT_MS, .connect_timeout_ms = TIMEOUT_MS};
    int r = http_get(&g, text);
    buf_reset(why);
    add_line(why, r == 0 ? buf_text(&g.body) : text);
    http_get_deinit(&g);
    return r == 0 ? g.status : 0;
}

static void look(const char *address, struct answer *a)
{
    long healthy = ask(address, "/healthz", &a->why);
    a->state = healthy == 200 ? NOT_READY : healthy ? STUCK : NOT_THERE;
    if (a->state != NOT_READY || ask(address, "/readyz", &a->why) != 200)
        return;
    a->state = READY;
    buf_reset(&a->why);
}

static void show(struct table *t, const char *program, const char *address, struct answer *a)
{
    static const char *const names[] = {"no answer", "stuck", "not ready", "ready"};
    table_text(t, program);
    table_text(t, address);
    table_text(t, names[a->state]);
    table_text(t, buf_text(&a->why));
}

/* Counts what decides the exit code. */
struct tally {
    int there;
    int stuck;
    int not_ready;
};

static void ask_program(struct ctl *c, struct table *t, const char *program, const char *listen,
                        struct tally *tally)
{
    SAM_CLEANUP(freep) char *address = own_address(listen);
    struct answer a = {.why = BUF_INIT(HTTP_GET_BODY_BYTES)};
    if (c->args.words_count == 0 || strcmp(c->args.words[0], program) == 0) {
        look(address, &a);
        show(t, program, address, &a);
        tally->there += a.state != NOT_THERE;
        tally->stuck += a.state == STUCK;
        tally->not_ready += a.state == NOT_READY;
    }
    buf_deinit(&a.why);
}

enum ctl_exit command_health(struct ctl *c)
{
    struct table t;
    struct tally tally = {0};
    const char *word = c->args.words_count ? c->args.words[0] : "worker";
    if (strcmp(word, "worker") != 0 && strcmp(word, "producer") != 0)
        return ctl_wrong_use("health asks the `producer` or the `worker`; without a name both");
    enum ctl_exit e = ctl_settings(c);
    if (e)
        return e;
    table_init(&t, columns, SAM_ARRAY_LEN(columns), c->json, stdout);
    ask_program(c, &t, "producer", c->settings->producer.listen, &tally);
    ask_program(c, &t, "worker", c->settings->worker.listen, &tally);
    table_end(&t);
    table_deinit(&t);
    bool ready = tally.not_ready == 0 || !args_has(&c->args, "ready");
    return tally.there > 0 && tally.stuck == 0 && ready ? CTL_DONE : CTL_FAILED;
}
