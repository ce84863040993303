/* tests/golden: a record of each form that any release has written, with what must come out of it.
 * Kafka keeps the ledger for ever: whatever stands there must be read by every later program.
 *
 * A file is never edited and never removed; its mark stands in MARKS. What the encoders write today
 * is among them: after a change of the format SAM_WRITE_DOCS=1 adds what is missing, beside the
 * files of before. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fnv1a.h"
#include "tests/test.h"
#include "tests/unit/golden_fields.h"
#include "tests/unit/golden_samples.h"

#include "common/base/banned.h"

#define FOLDER    "tests/golden"
#define MARKS     FOLDER "/MARKS"
#define FILE_MAX  20000
#define FILES_MAX 1000

/* "TYPE\nRECORD\n", then the fields. */
struct golden {
    char *name; /* owned */
    char *text; /* owned; of the whole file */
    char *type; /* owned */
    char *record;
    const char *fields; /* in text */
};

static struct golden files[FILES_MAX];
static size_t files_count;

static char *file_text(const char *path)
{
    char *text = sam_xcalloc(1, FILE_MAX + 1);
    FILE *f = fopen(path, "re");
    if (!f)
        fail_msg("%s: %s", path, strerror(errno));
    size_t n = fread(text, 1, FILE_MAX, f);
    assert_true(n < FILE_MAX);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void load(const char *name)
{
    char path[300];
    struct golden *g = &files[files_count++];
    assert_true(files_count < FILES_MAX);
    (void)snprintf(path, sizeof(path), FOLDER "/%s", name);
    g->name = sam_xstrdup(name);
    g->text = file_text(path);
    size_t type = strcspn(g->text, "\n");
    assert_int_equal(g->text[type], '\n');
    size_t record = strcspn(g->text + type + 1, "\n");
    assert_int_equal(g->text[type + 1 + record], '\n');
    g->type = sam_xasprintf("%.*s", (int)type, g->text);
    g->record = sam_xasprintf("%.*s", (int)record, g->text + type + 1);
    g->fields = g->text + type + 1 + record + 1;
}

static int set_up(void **state SAM_UNUSED)
{
    struct dirent **entries = NULL;
    int count = scandir(FOLDER, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (strncmp(entries[i]->d_name, "sam.", 4) == 0)
            load(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return count < 0 ? -1 : 0;
}

static int tear_down(void **state SAM_UNUSED)
{
    for (; files_count > 0; files_count--) {
        struct golden *g = &files[files_count - 1];
        free(g->name);
        free(g->text);
        free(g->type);
        free(g->record);
    }
    return 0;
}

/* What the record says, as the decoder of its topic reads it; false: told in out. */
static bool read_fields(const char *type, const char *record, struct buf *out)
{
    char why[RECORD_WHY_BYTES] = "";
    struct job job;
    struct sync_job sync_job;
    struct event event;
    int r;
    buf_reset(out);
    if (strcmp(type, JOB_TYPE) == 0) {
        if ((r = job_decode(record, strlen(record), &job, why)) == 0)
            job_fields(&job, out);
    } else if (strcmp(type, SYNC_TYPE) == 0) {
        if ((r = sync_job_decode(record, strlen(record), &sync_job, why)) == 0)
            sync_fields(&sync_job, out);
    } else if ((r = event_decode(type, record, strlen(record), &event, why)) == 0) {
        event_fields(&event, out);
    }
    if (r != 0)
        buf_addf(out, "it is not read: %s", why);
    return r == 0;
}

static void test_each_is_read_and_says_what_it_said(void **state SAM_UNUSED)
{
    struct buf out = BUF_INIT(FILE_MAX);
    for (size_t i = 0; i < files_count; i++) {
        const struct golden *g = &files[i];
        if (!read_fields(g->type, g->record, &out) || strcmp(buf_text(&out), g->fields) != 0)
            fail_msg(FOLDER "/%s is a record that stands in somebody's Kafka. It must say\n%s"
                            "and says\n%s",
                     g->name, g->fields, buf_text(&out));
    }
    buf_deinit(&out);
}

/* ---- the present form ------------------------------------------------------------------------ */

static size_t missing;

static bool is_there(const char *type, const char *record)
{
    for (size_t i = 0; i < files_count; i++) {
        if (strcmp(files[i].type, type) == 0 && strcmp(files[i].record, record) == 0)
            return true;
    }
    return false;
}

/* Beside what is there: "x" refuses to open a file that exists. */
static FILE *new_file(const char *type, const char *name, char *ret_name, size_t name_bytes)
{
    char path[300];
    FILE *f = NULL;
    for (int form = 1; !f; form++) {
        (void)snprintf(ret_name, name_bytes, "%s-%s-%d", type, name, form);
        (void)snprintf(path, sizeof(path), FOLDER "/%s", ret_name);
        f = fopen(path, "wxe");
        assert_true(f || errno == EEXIST);
    }
    return f;
}

static void add_mark(const char *name, const char *text)
{
    FILE *f = fopen(MARKS, "ae");
    assert_non_null(f);
    assert_true(fprintf(f, "%016" PRIx64 " %s\n", fnv1a_mark(text), name) > 0);
    assert_int_equal(fclose(f), 0);
}

static void write_sample(const char *type, const char *name, const char *record, const char *fields)
{
    char file_name[200];
    struct buf text SAM_CLEANUP(buf_deinit) = BUF_INIT(FILE_MAX);
    buf_addf(&text, "%s\n%s\n%s", type, record, fields);
    FILE *f = new_file(type, name, file_name, sizeof(file_name));
    assert_int_equal(fwrite(buf_text(&text), 1, text.len, f), text.len);
    assert_int_equal(fclose(f), 0);
    add_mark(file_name, buf_text(&text));
    load(file_name);
}

/* What was given to the encoder comes out of the decoder, so that no new file holds a fault. */
static void check_sample(const char *type, const char *name, const struct buf *record,
                         const struct buf *fields)
{
    struct buf out SAM_CLEANUP(buf_deinit) = BUF_INIT(FILE_MAX);
    (void)read_fields(type, buf_text(record), &out);
    assert_string_equal(buf_text(&out), buf_text(fields));
    if (is_there(type, buf_text(record)))
        return;
    if (getenv("SAM_WRITE_DOCS")) {
        write_sample(type, name, buf_text(record), buf_text(fields));
        return;
    }
    print_error("%s %s is written in a form that is in no file: %s\n", type, name,
                buf_text(record));
    missing++;
}

static void test_what_is_written_today_is_among_them(void **state SAM_UNUSED)
{
    missing = 0;
    samples(check_sample);
    if (missing)
        fail_msg(
            "%zu are missing. May a program of before read them (CONTRIBUTING.md, \"Readers of "
            "new values\")? Then SAM_WRITE_DOCS=1 build/dev/tests/unit_test_golden adds files",
            missing);
}

static bool has_type(const char *type)
{
    for (size_t i = 0; i < files_count; i++) {
        if (strcmp(files[i].type, type) == 0)
            return true;
    }
    return false;
}

static void test_each_type_has_a_file(void **state SAM_UNUSED)
{
    assert_true(has_type(JOB_TYPE));
    assert_true(has_type(SYNC_TYPE));
    for (int type = 0; type < EVENT_TYPE_N; type++)
        assert_true(has_type(event_type_name((enum event_type)type)));
}

/* ---- nobody edits them ----------------------------------------------------------------------- */

static void test_no_file_was_edited_or_removed(void **state SAM_UNUSED)
{
    char line[320];
    size_t lines = 0;
    SAM_CLEANUP(freep) char *marks = file_text(MARKS);
    for (size_t i = 0; i < files_count; i++) {
        (void)snprintf(line, sizeof(line), "%016" PRIx64 " %s\n", fnv1a_mark(files[i].text),
                       files[i].name);
        if (!strstr(marks, line))
            fail_msg(FOLDER "/%s was edited, or is not in MARKS. An old record is what it is: put "
                            "the file back, and add another one for another form. A new file by "
                            "hand has the line: %s",
                     files[i].name, line);
    }
    for (const char *p = marks; (p = strchr(p, '\n')); p++)
        lines++;
    if (lines != files_count)
        fail_msg("MARKS has %zu files, " FOLDER " %zu: none is ever removed", lines, files_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_read_and_says_what_it_said),
        cmocka_unit_test(test_what_is_written_today_is_among_them),
        cmocka_unit_test(test_each_type_has_a_file),
        cmocka_unit_test(test_no_file_was_edited_or_removed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
