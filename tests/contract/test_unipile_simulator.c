/* worker/unipile against sam-simulator: the whole story of a person, and every fault that the
 * simulator knows, judged by what it executed. */
#include <curl/curl.h>
#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "tests/fakes/unipile_fixture.h"

#include "common/base/banned.h"

#define FOLDER_BYTES 64
#define TIMEOUT_MS   1500 /* of calls that the simulator lets hang */

struct simulated {
    struct fixture *f;
    pid_t pid;
    char folder[FOLDER_BYTES];
    char url[128];
};

/* ---- the simulator as a process ------------------------------------------------------------- */

static void run_simulator(const struct simulated *s, const char *anyone)
{
    char *path SAM_CLEANUP(freep) = sam_xasprintf("%s/sam-simulator", getenv("SAM_BIN"));
    char *file SAM_CLEANUP(freep) = sam_xasprintf("%s/address", s->folder);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
    (void)!freopen("/dev/null", "w", stdout);
    (void)!freopen("/dev/null", "w", stderr);
    (void)execl(path, "sam-simulator", "--address-file", file, "--api-key", KEY, "--accept-percent",
                "100", "--reply-percent", "100", anyone, NULL);
    _exit(127);
}

static bool read_address(struct simulated *s)
{
    char *path SAM_CLEANUP(freep) = sam_xasprintf("%s/address", s->folder);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool good = fgets(s->url, sizeof(s->url), file) != NULL;
    assert_int_equal(fclose(file), 0);
    assert_int_equal(unlink(path), 0);
    s->url[strcspn(s->url, "\n")] = '\0';
    return good;
}

static void start_simulator(struct simulated *s, struct fixture *f, const char *anyone)
{
    *s = (struct simulated){.f = f, .folder = "/tmp/sam-unipile-XXXXXX"};
    assert_non_null(getenv("SAM_BIN"));
    assert_non_null(mkdtemp(s->folder));
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0)
        run_simulator(s, anyone);
    int64_t until = clock_boot_ms() + DEADLINE_MS;
    while (!read_address(s)) {
        if (clock_boot_ms() > until || waitpid(s->pid, NULL, WNOHANG) != 0)
            fail_msg("sam-simulator does not start");
        fixture_turn(f, 10);
    }
    fixture_connect(f, s->url, TIMEOUT_MS, 16);
}

static void stop_simulator(struct simulated *s)
{
    int status = 0;
    assert_int_equal(kill(s->pid, SIGTERM), 0);
    while (waitpid(s->pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(rmdir(s->folder), 0);
}

/* ---- what is asked of it beside the API ----------------------------------------------------- */

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    buf_add(ctx, bytes, size * count);
    return size * count;
}

/* body NULL = GET. The caller puts the answer. */
static struct json_object *control(const struct simulated *s, const char *path, const char *body)
{
    char *url SAM_CLEANUP(freep) = sam_xasprintf("%s%s", s->url, path);
    struct buf out = BUF_INIT(1 << 20);
    long status = 0;
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &out);
    if (body)
        (void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
    assert_int_equal(curl_easy_perform(easy), CURLE_OK);
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    if (status != 200)
        fail_msg("%s: %ld %s", path, status, buf_text(&out));
    struct json_object *json = json_tokener_parse(buf_text(&out));
    buf_deinit(&out);
    return json;
}

static int64_t audited(const struct simulated *s, const char *key)
{
    struct json_object *value = NULL;
    struct json_object *audit = control(s, "/audit", NULL);
    assert_true(json_object_object_get_ex(audit, key, &value));
    int64_t n = json_object_get_int64(value);
    json_object_put(audit);
    return n;
}

/* ---- the story ------------------------------------------------------------------------------ */

static struct unipile_outcome write_to(struct fixture *f, enum call_kind kind, const char *person)
{
    struct written w;
    struct unipile_write write = write_of(kind);
    write.recipient = person;
    write_begin(f, &write, &w);
    fixture_wait(f);
    return w.o;
}

static void test_from_the_invitation_to_the_reply(void **state)
{
    struct fixture *f = *state;
    struct simulated s;
    start_simulator(&s, f, "--anyone");
    struct seen who = profile_call(f, "j\xc3\xb6rg-m\xc3\xbcller");
    assert_int_equal(who.read.result, UNIPILE_READ_OK);
    assert_false(who.read.first_degree);
    const char *id = who.read.provider_id;
    struct unipile_outcome o = write_to(f, CALL_INVITATION, id); /* is accepted at once */
    expect_outcome(&o, OUTCOME_SENT, 200, "");
    assert_true(*o.invitation_id != '\0');
    who = profile_call(f, "j\xc3\xb6rg-m\xc3\xbcller");
    assert_true(who.read.first_degree);
    struct seen invited = {.fixture = f};
    f->left++;
    unipile_invited(f->u, "acc1", "", on_read, &invited);
    fixture_wait(f);
    assert_int_equal(invited.read.result, UNIPILE_READ_OK);
    assert_int_equal(invited.read.items_count, 0); /* none is pending any more */
    struct seen relations = {.fixture = f};
    f->left++;
    unipile_relations(f->u, "acc1", "", on_read, &relations);
    fixture_wait(f);
    assert_int_equal(relations.read.result, UNIPILE_READ_OK);
    assert_int_equal(relations.read.items_count, 1);
    assert_string_equal(relations.first_person, id);
    o = write_to(f, CALL_INVITATION, id);
    expect_outcome(&o, OUTCOME_REFUSED, 422, "already_connected");
    assert_int_equal(o.refusal, REFUSAL_CONNECTED);
    o = write_to(f, CALL_MESSAGE, id); /* is replied to at once */
    expect_outcome(&o, OUTCOME_SENT, 201, "");
    struct seen chats = {.fixture = f};
    f->left++;
    unipile_chats_with(f->u, "acc1", id, on_read, &chats);
    fixture_wait(f);
    assert_int_equal(chats.read.result, UNIPILE_READ_OK);
    assert_int_equal(chats.read.items_count, 1);
    struct seen messages = {.fixture = f};
    f->left++;
    unipile_chat_messages(f->u, "acc1", o.chat_id, 1000, on_read, &messages);
    fixture_wait(f);
    assert_int_equal(messages.read.result, UNIPILE_READ_OK);
    assert_int_equal(messages.read.items_count, 3); /* note, message, reply */
    assert_int_equal(messages.inbound_count, 1);
    assert_string_equal(messages.inbound_person, id);
    struct seen all = {.fixture = f};
    f->left++;
    unipile_messages(f->u, "acc1", clock_wall_ms() - HOUR_MS, "", on_read, &all);
    fixture_wait(f);
    assert_int_equal(all.read.result, UNIPILE_READ_OK);
    assert_int_equal(all.read.items_count, 3);
    assert_string_equal(all.inbound_person, id);
    assert_int_equal(audited(&s, "accepted"), 2);
    assert_int_equal(audited(&s, "writes"), 3);
    stop_simulator(&s);
}

static void test_who_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct simulated s;
    start_simulator(&s, f, NULL); /* no account, nobody */
    struct seen who = profile_call(f, "jane");
    assert_int_equal(who.read.result, UNIPILE_READ_ACCOUNT_BROKEN);
    struct unipile_outcome o = write_to(f, CALL_INVITATION, "ACoAABBCCDDEEFF");
    expect_outcome(&o, OUTCOME_ACCOUNT_BROKEN, 404, "resource_not_found");
    struct seen key = {.fixture = f};
    f->left++;
    unipile_check(f->u, on_read, &key);
    fixture_wait(f);
    assert_int_equal(key.read.result, UNIPILE_READ_OK);
    stop_simulator(&s);
}

static void test_wrong_key(void **state)
{
    struct fixture *f = *state;
    struct simulated s;
    char why[256];
    start_simulator(&s, f, "--anyone");
    unipile_free(f->u);
    f->u = NULL;
    const struct unipile_options options = {.base_url = s.url,
                                            .api_key = "another-key",
                                            .timeout_ms = TIMEOUT_MS,
                                            .connect_timeout_ms = TIMEOUT_MS,
                                            .max_in_flight = 4};
    assert_int_equal(unipile_new(f->loop, &f->log, &options, &f->u, why, sizeof(why)), 0);
    struct unipile_outcome o = write_call(f, CALL_INVITATION);
    expect_outcome(&o, OUTCOME_SETUP_BROKEN, 401, "missing_credentials");
    struct seen key = {.fixture = f};
    f->left++;
    unipile_check(f->u, on_read, &key);
    fixture_wait(f);
    assert_int_equal(key.read.result, UNIPILE_READ_SETUP_BROKEN);
    stop_simulator(&s);
}

/* ---- faults --------------------------------------------------------------------------------- */

static const struct {
    const char *fault;
    const char *error_type;
    enum outcome outcome;
    int http_status;
    int executed;
} faults[] = {
    {"\"action\":\"cut_before\"", "cut", OUTCOME_UNKNOWN, 0, 0},
    {"\"action\":\"cut_after\"", "cut", OUTCOME_UNKNOWN, 0, 1},
    {"\"action\":\"hang\"", "timeout", OUTCOME_UNKNOWN, 0, 0},
    {"\"action\":\"hang\",\"execute\":true", "timeout", OUTCOME_UNKNOWN, 0, 1},
    {"\"action\":\"truncate\"", "", OUTCOME_SENT, 200, 1},
    {"\"action\":\"not_json\"", "not_unipile", OUTCOME_UNKNOWN, 200, 1},
    {"\"action\":\"huge\"", "", OUTCOME_SENT, 200, 1},
    {"\"action\":\"endless\"", "", OUTCOME_SENT, 200, 1},
    {"\"action\":\"null_ids\"", "", OUTCOME_SENT, 200, 1},
    {"\"action\":\"status\",\"status\":504,\"execute\":true,\"type\":\"errors/request_timeout\"",
     "request_timeout", OUTCOME_UNKNOWN, 504, 1},
    {"\"action\":\"status\",\"status\":500", NULL, OUTCOME_UNKNOWN, 500, 0},
    {"\"action\":\"status\",\"status\":429,\"type\":\"errors/too_many_requests\"",
     "too_many_requests", OUTCOME_THROTTLED, 429, 0},
    {"\"action\":\"status\",\"status\":422,\"type\":\"errors/cannot_resend_yet\"",
     "cannot_resend_yet", OUTCOME_THROTTLED, 422, 0},
    {"\"action\":\"status\",\"status\":403,\"type\":\"errors/account_restricted\"",
     "account_restricted", OUTCOME_ACCOUNT_BROKEN, 403, 0},
    {"\"action\":\"status\",\"status\":422,\"type\":\"errors/of_tomorrow\"", "of_tomorrow",
     OUTCOME_REFUSED, 422, 0},
};

/* Every call follows an ordinary one, so that it goes over a used connection. Each person is
 * another one: whatever was repeated would count as a duplicate, and as a write too many. */
static void test_faults(void **state)
{
    struct fixture *f = *state;
    struct simulated s;
    int64_t accepted = 0;
    start_simulator(&s, f, "--anyone");
    for (size_t i = 0; i < SAM_ARRAY_LEN(faults); i++) {
        char person[32];
        (void)snprintf(person, sizeof(person), "ACoAABBCCDDEE%02zua", i);
        struct unipile_outcome o = write_to(f, CALL_INVITATION, person);
        expect_outcome(&o, OUTCOME_SENT, 200, "");
        char *fault SAM_CLEANUP(freep) =
            sam_xasprintf("{\"route\":\"invite\",%s}", faults[i].fault);
        json_object_put(control(&s, "/fault", fault));
        person[strlen(person) - 1] = 'b';
        o = write_to(f, CALL_INVITATION, person);
        const char *wanted = faults[i].error_type ? faults[i].error_type : o.error_type;
        if (o.outcome != faults[i].outcome || o.http_status != faults[i].http_status ||
            strcmp(o.error_type, wanted) != 0)
            fail_msg("%s: %s %d \"%s\"", faults[i].fault, outcome_name(o.outcome), o.http_status,
                     o.error_type);
        accepted += 1 + faults[i].executed;
        if (audited(&s, "accepted") != accepted)
            fail_msg("%s: %lld were executed, not %lld", faults[i].fault,
                     (long long)audited(&s, "accepted"), (long long)accepted);
    }
    assert_int_equal(audited(&s, "writes"), 2 * SAM_ARRAY_LEN(faults));
    assert_int_equal(audited(&s, "duplicates"), 0);
    assert_int_equal(audited(&s, "refused_duplicates"), 0);
    stop_simulator(&s);
}

static void test_a_cursor_that_repeats(void **state)
{
    struct fixture *f = *state;
    struct simulated s;
    struct seen page = {.fixture = f};
    start_simulator(&s, f, "--anyone");
    json_object_put(control(&s, "/fault",
                            "{\"route\":\"relations\",\"action\":\"repeat_cursor\",\"count\":9}"));
    for (int i = 0; i < 9 && page.read.result == UNIPILE_READ_OK; i++) {
        char cursor[UNIPILE_CURSOR_BYTES];
        memcpy(cursor, page.cursor, sizeof(cursor));
        page = (struct seen){.fixture = f};
        f->left++;
        unipile_relations(f->u, "acc1", cursor, on_read, &page);
        fixture_wait(f);
    }
    assert_int_equal(page.read.result, UNIPILE_READ_RETRY);
    stop_simulator(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_from_the_invitation_to_the_reply),
        FIXTURE_TEST(test_who_is_not_there),
        FIXTURE_TEST(test_wrong_key),
        FIXTURE_TEST(test_faults),
        FIXTURE_TEST(test_a_cursor_that_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
