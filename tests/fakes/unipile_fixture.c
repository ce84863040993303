#include "tests/fakes/unipile_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

static void on_deadline(void *ctx)
{
    struct fixture *f = ctx;
    f->late = true;
    loop_stop(f->loop);
}

int fixture_setup(void **state)
{
    struct fixture *f = sam_xcalloc(1, sizeof(*f));
    f->loop = loop_new();
    f->log_file = open_memstream(&f->log_text, &f->log_bytes);
    assert_non_null(f->loop);
    assert_non_null(f->log_file);
    log_init(&f->log, "test", f->log_file, LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
    f->deadline.fn = on_deadline;
    f->deadline.ctx = f;
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    unipile_free(f->u);
    peer_free(f->peer);
    loop_timer_cancel(f->loop, &f->deadline);
    loop_free(f->loop);
    assert_int_equal(fclose(f->log_file), 0);
    /* whatever the test did */
    assert_null(strstr(f->log_text, KEY));
    assert_null(strstr(f->log_text, TEXT));
    assert_null(strstr(f->log_text, "jane")); /* who is looked up in these tests */
    free(f->log_text);
    free(f);
    return 0;
}

void fixture_connect(struct fixture *f, const char *url, int64_t timeout_ms, size_t max_in_flight)
{
    char why[256] = "";
    const struct unipile_options options = {.base_url = url,
                                            .api_key = KEY,
                                            .timeout_ms = timeout_ms,
                                            .connect_timeout_ms = timeout_ms,
                                            .max_in_flight = max_in_flight};
    if (unipile_new(f->loop, &f->log, &options, &f->u, why, sizeof(why)) != 0)
        fail_msg("unipile_new: %s", why);
}

void fixture_start(struct fixture *f, int64_t timeout_ms, const struct peer_step *steps,
                   size_t count)
{
    f->peer = peer_new(steps, count);
    fixture_connect(f, peer_url(f->peer), timeout_ms, 16);
}

void fixture_wait(struct fixture *f)
{
    loop_timer_after(f->loop, &f->deadline, DEADLINE_MS);
    assert_int_equal(loop_run(f->loop), 0);
    if (f->late)
        fail_msg("%zu answers did not come", f->left);
}

void fixture_answered(struct fixture *f)
{
    assert_true(f->left > 0);
    if (--f->left == 0)
        loop_stop(f->loop);
}

void on_written(void *ctx, const struct unipile_outcome *o)
{
    struct written *w = ctx;
    assert_false(w->done);
    w->done = true;
    w->o = *o;
    fixture_answered(w->fixture);
}

struct unipile_write write_of(enum call_kind kind)
{
    return (struct unipile_write){.kind = kind,
                                  .account = "acc1",
                                  .recipient = "ACoAAB1",
                                  .text = TEXT,
                                  .start_by_boot_ms = clock_boot_ms() + DEADLINE_MS};
}

void write_begin(struct fixture *f, const struct unipile_write *write, struct written *w)
{
    *w = (struct written){.fixture = f};
    f->left++;
    unipile_send(f->u, write, on_written, w);
    assert_false(w->done); /* never from within */
}

struct unipile_outcome write_call(struct fixture *f, enum call_kind kind)
{
    struct written w;
    const struct unipile_write write = write_of(kind);
    write_begin(f, &write, &w);
    fixture_wait(f);
    assert_int_equal(unipile_in_flight(f->u), 0);
    return w.o;
}

void on_read(void *ctx, const struct unipile_read *read)
{
    struct seen *s = ctx;
    assert_false(s->done);
    s->done = true;
    s->read = *read;
    (void)snprintf(s->cursor, sizeof(s->cursor), "%s", read->cursor);
    if (read->items_count) {
        (void)snprintf(s->first_person, sizeof(s->first_person), "%s", read->items[0].person);
        (void)snprintf(s->first_text, sizeof(s->first_text), "%s", read->items[0].text);
    }
    for (size_t i = read->items_count; i > 0; i--) {
        const struct unipile_item *item = &read->items[i - 1];
        s->inbound_count += item->inbound;
        if (item->inbound)
            (void)snprintf(s->inbound_person, sizeof(s->inbound_person), "%s", item->person);
    }
    fixture_answered(s->fixture);
}

struct seen profile_call(struct fixture *f, const char *name)
{
    struct seen s = {.fixture = f};
    f->left++;
    unipile_profile(f->u, "acc1", name, on_read, &s);
    assert_false(s.done);
    fixture_wait(f);
    return s;
}

void expect_outcome(const struct unipile_outcome *o, enum outcome outcome, int http_status,
                    const char *error_type)
{
    if (o->outcome != outcome || o->http_status != http_status ||
        strcmp(o->error_type, error_type) != 0)
        fail_msg("wanted %s %d \"%s\", got %s %d \"%s\"", outcome_name(outcome), http_status,
                 error_type, outcome_name(o->outcome), o->http_status, o->error_type);
}

const char *request_body(const char *request)
{
    return strstr(request, "\r\n\r\n") + 4;
}

void expect_line(const char *request, const char *line)
{
    if (!strcasestr(request, line))
        fail_msg("no \"%s\" in:\n%s", line, request);
}

void expect_our_head(const char *request)
{
    expect_line(request, "\r\nX-API-KEY: " KEY "\r\n");
    expect_line(request, "\r\nAccept: application/json\r\n");
    assert_null(strcasestr(request, "\r\nExpect:"));
    assert_null(strcasestr(request, "\r\nCookie:"));
    assert_null(strcasestr(request, "\r\nTransfer-Encoding:"));
    assert_null(strcasestr(request, "\r\nUpgrade:"));
}

void fixture_turn(struct fixture *f, int64_t for_ms)
{
    loop_timer_after(f->loop, &f->deadline, for_ms);
    assert_int_equal(loop_run(f->loop), 0);
    f->late = false;
}
