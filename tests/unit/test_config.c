/* common/base/config: where values come from, what is refused, and how the table is shown. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/config.h"
#include "tests/test.h"

#include "common/base/banned.h"

struct sample {
    char *text;
    char *conninfo;
    char *secret;
    char *choice;
    char **list;
    int64_t duration_ms;
    int64_t number;
    int64_t any;
    bool yes;
};

static const struct config_key keys[] = {
    {"one", "text", CONFIG_TEXT, offsetof(struct sample, text), NULL, 0, 0, NULL, "hello", "t"},
    {"one", "conninfo", CONFIG_CONNINFO, offsetof(struct sample, conninfo), "dbname=x", 0, 0, NULL,
     NULL, "c"},
    {"one", "secret", CONFIG_SECRET, offsetof(struct sample, secret), "", 0, 0, NULL, "key.txt",
     "s"},
    {"two", "choice", CONFIG_CHOICE, offsetof(struct sample, choice), "red", 0, 0, "red|green",
     NULL, "ch"},
    {"two", "list", CONFIG_LIST, offsetof(struct sample, list), "", 0, 0, NULL, "a=b", "l"},
    {"two", "duration", CONFIG_DURATION, offsetof(struct sample, duration_ms), "2m", SECOND_MS,
     HOUR_MS, NULL, NULL, "d"},
    {"two", "number", CONFIG_INT, offsetof(struct sample, number), "7", 1, 10, NULL, NULL, "n"},
    {"two", "any", CONFIG_INT, offsetof(struct sample, any), "0", 0, 0, NULL, NULL, "a"},
    {"two", "yes", CONFIG_BOOL, offsetof(struct sample, yes), "false", 0, 0, NULL, NULL, "y"},
};
#define KEYS SAM_ARRAY_LEN(keys)

struct fixture {
    char folder[32];
    char path[48];
    char secret_path[48];
    struct sample values;
    struct config_source sources[SAM_ARRAY_LEN(keys)];
    struct problems problems;
};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    struct fixture *f = sam_xcalloc(1, sizeof(*f));
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/sam-config.XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    (void)snprintf(f->path, sizeof(f->path), "%s/sam.cfg", f->folder);
    (void)snprintf(f->secret_path, sizeof(f->secret_path), "%s/secret", f->folder);
    *state = f;
    return 0;
}

static void forget(struct fixture *f)
{
    config_deinit(keys, KEYS, &f->values);
    problems_deinit(&f->problems);
    memset(&f->values, 0, sizeof(f->values));
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    static const char *const variables[] = {"SAM_ONE_TEXT",
                                            "SAM_ONE_SECRET",
                                            "SAM_ONE_SECRET_FILE",
                                            "SAM_TWO_LIST",
                                            "SAM_TWO_NUMBER",
                                            "SAM_TWO_DURATION",
                                            "SAM_TWO_YES",
                                            "SAM_TWO_UNHEARD",
                                            "SAM_TWO_NUMBER_FILE",
                                            "SAM_THREE_NUMBER",
                                            "SAM_THREE_NUMBERS",
                                            "SAM_NUMBER",
                                            "SAM",
                                            "SAM_TWO_SERVICE_HOST"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(variables); i++)
        (void)unsetenv(variables[i]);
    forget(f);
    (void)unlink(f->path);
    (void)unlink(f->secret_path);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

static void load(struct fixture *f, const char *text)
{
    forget(f);
    write_file(f->path, text);
    config_load(keys, KEYS, f->path, &f->values, f->sources, &f->problems);
}

/* The problem lines with the folder taken off, one string. */
static char *told(struct fixture *f)
{
    struct buf all = BUF_INIT(100000);
    size_t n = strlen(f->folder) + 1;
    for (size_t i = 0; i < f->problems.count; i++) {
        const char *line = f->problems.lines[i];
        bool ours = strncmp(line, f->folder, n - 1) == 0;
        buf_addf(&all, "%s\n", ours ? line + n : line);
    }
    return buf_take(&all);
}

static void expect_told(struct fixture *f, const char *expected)
{
    SAM_CLEANUP(freep) char *lines = told(f);
    assert_string_equal(lines, expected);
}

static void test_defaults(void **state)
{
    struct fixture *f = *state;
    load(f, "one: { text = \"x\"; };\n");
    expect_told(f, "");
    assert_string_equal(f->values.text, "x");
    assert_string_equal(f->values.conninfo, "dbname=x");
    assert_string_equal(f->values.secret, "");
    assert_string_equal(f->values.choice, "red");
    assert_null(f->values.list[0]);
    assert_int_equal(f->values.duration_ms, 120000);
    assert_int_equal(f->values.number, 7);
    assert_false(f->values.yes);
    assert_string_equal(f->sources[8].text, "default");
    assert_true(f->sources[8].good);
}

static void test_values_of_the_file(void **state)
{
    struct fixture *f = *state;
    load(f, "one: { text = \"x\"; conninfo = \"dbname=y\"; secret = \"s\"; };\n"
            "two: { choice = \"green\"; list = [ \"a=1\", \"b=2,3\" ]; duration = \"90s\";\n"
            "  number = 10; any = 5000000000L; yes = true; };\n");
    expect_told(f, "");
    assert_string_equal(f->values.choice, "green");
    assert_string_equal(f->values.list[1], "b=2,3");
    assert_null(f->values.list[2]);
    assert_int_equal(f->values.duration_ms, 90000);
    assert_int_equal(f->values.number, 10);
    assert_int_equal(f->values.any, INT64_C(5000000000));
    assert_true(f->values.yes);
    assert_non_null(strstr(f->sources[6].text, "sam.cfg:3"));
}

static void test_environment_wins(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("SAM_TWO_NUMBER", "3", 1), 0);
    assert_int_equal(setenv("SAM_TWO_LIST", " a=1 , b=2,", 1), 0);
    assert_int_equal(setenv("SAM_TWO_YES", "true", 1), 0);
    load(f, "one: { text = \"x\"; };\ntwo: { number = 10; };\n");
    expect_told(f, "");
    assert_int_equal(f->values.number, 3);
    assert_string_equal(f->values.list[0], "a=1");
    assert_string_equal(f->values.list[1], "b=2");
    assert_null(f->values.list[2]);
    assert_true(f->values.yes);
    assert_string_equal(f->sources[6].text, "environment SAM_TWO_NUMBER");
}

static void test_mistyped_variables_are_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("SAM_TWO_UNHEARD", "of", 1), 0);
    assert_int_equal(setenv("SAM_TWO_NUMBER_FILE", "no secret", 1), 0);
    assert_int_equal(setenv("SAM_THREE_NUMBER", "in no section of ours", 1), 0);
    assert_int_equal(setenv("SAM_THREE_NUMBERS", "of somebody else", 1), 0);
    assert_int_equal(setenv("SAM_NUMBER", "of somebody else", 1), 0);
    assert_int_equal(setenv("SAM", "of somebody else", 1), 0);
    assert_int_equal(setenv("SAM_TWO_SERVICE_HOST", "of Kubernetes", 1), 0);
    load(f, "one: { text = \"x\"; };\ntwo: { number = 10; };\n");
    assert_int_equal(f->problems.count, 3);
    for (size_t i = 0; i < 3; i++) {
        bool other = strstr(f->problems.lines[i], "SAM_THREE_NUMBER") != NULL;
        assert_non_null(strstr(f->problems.lines[i], other ? "no such section" : "no such key"));
    }
}

static void test_environment_alone(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("SAM_ONE_TEXT", "from outside", 1), 0);
    config_load(keys, KEYS, NULL, &f->values, f->sources, &f->problems);
    expect_told(f, "");
    assert_string_equal(f->values.text, "from outside");
}

static void test_secrets_from_files(void **state)
{
    struct fixture *f = *state;
    char text[200];
    write_file(f->secret_path, "hidden\r\nsecond line\n");
    (void)snprintf(text, sizeof(text), "one: { text = \"x\"; secret_file = \"%s\"; };\n",
                   f->secret_path);
    load(f, text);
    expect_told(f, "");
    assert_string_equal(f->values.secret, "hidden");
    assert_int_equal(setenv("SAM_ONE_SECRET_FILE", f->secret_path, 1), 0);
    load(f, "one: { text = \"x\"; secret = \"plain\"; };\n");
    expect_told(f, "");
    assert_string_equal(f->values.secret, "hidden");
    assert_int_equal(setenv("SAM_ONE_SECRET", "both", 1), 0);
    load(f, "one: { text = \"x\"; };\n");
    expect_told(f, "environment SAM_ONE_SECRET_FILE: one.secret: is set beside the variable "
                   "without _FILE; keep one of them\n");
}

static void test_bad_secret_files(void **state)
{
    struct fixture *f = *state;
    load(f, "one: { text = \"x\"; secret_file = \"/nowhere/key\"; };\n");
    expect_told(f, "sam.cfg:1: one.secret_file: /nowhere/key cannot be read: No such file or "
                   "directory; write the secret into its first line, or name another file\n");
    load(f, "one: { text = \"x\"; secret = \"a\"; secret_file = \"b\"; };\n");
    expect_told(f, "sam.cfg:1: one.secret_file: stands beside secret; keep one of them\n");
    load(f, "one: { text = \"x\"; secret_file = 7; };\n");
    expect_told(f, "sam.cfg:1: one.secret_file: must be a path in quotes\n");
}

static void expect_bad_secret(struct fixture *f, const char *path, const char *why)
{
    char said[300];
    assert_int_equal(setenv("SAM_ONE_SECRET_FILE", path, 1), 0);
    load(f, "one: { text = \"x\"; };\n");
    (void)snprintf(said, sizeof(said),
                   "environment SAM_ONE_SECRET_FILE: one.secret_file: %s %s; write the secret into "
                   "its first line, or name another file\n",
                   path, why);
    expect_told(f, said);
}

/* None of these may become a secret, nor a part of one. */
static void test_secret_files_without_a_secret(void **state)
{
    struct fixture *f = *state;
    char line[4200];
    write_file(f->secret_path, "");
    expect_bad_secret(f, f->secret_path, "has nothing in its first line");
    write_file(f->secret_path, "\nsecond line\n");
    expect_bad_secret(f, f->secret_path, "has nothing in its first line");
    expect_bad_secret(f, f->folder, "cannot be read: Is a directory");
    memset(line, 'a', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    write_file(f->secret_path, line);
    expect_bad_secret(f, f->secret_path, "has a first line of 4095 bytes or more");
    line[4094] = '\0';
    write_file(f->secret_path, line);
    load(f, "one: { text = \"x\"; };\n");
    expect_told(f, "");
    assert_string_equal(f->values.secret, line);
    FILE *file = fopen(f->secret_path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite("a\0b\n", 1, 4, file), 4);
    assert_int_equal(fclose(file), 0);
    expect_bad_secret(f, f->secret_path, "is no text: there is a zero byte in it");
}

static void test_all_problems_at_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("SAM_TWO_DURATION", "2 min", 1), 0);
    load(f, "one: { text = \"\"; txet = 1; };\n"
            "two: { choice = \"blue\";\n"
            "  list = [ 1 ];\n"
            "  number = 11; yes = \"true\"; any = -1;\n"
            "};\n"
            "three: { };\n");
    expect_told(
        f, "sam.cfg:1: one.txet: no such key (see `samctl config sample`)\n"
           "sam.cfg:6: three: no such section (see `samctl config sample`)\n"
           "sam.cfg:1: one.text: must not be empty\n"
           "sam.cfg:2: two.choice: must be one of red|green\n"
           "sam.cfg:3: two.list: must be a list of texts, like [ \"a\", \"b\" ]\n"
           "environment SAM_TWO_DURATION: two.duration: must be a duration with its unit, like "
           "\"90s\", \"2m\", \"1h30m\"\n"
           "sam.cfg:4: two.number: out of range: 1 to 10\n"
           "sam.cfg:4: two.any: must not be negative\n"
           "sam.cfg:4: two.yes: must be true or false without quotes\n");
    assert_false(f->sources[6].good);
}

static void test_wrong_types(void **state)
{
    struct fixture *f = *state;
    load(f, "one: { text = 5; };\ntwo: { duration = 120; number = \"7\"; list = \"a\"; };\n");
    expect_told(f, "sam.cfg:1: one.text: must be a text in quotes\n"
                   "sam.cfg:2: two.list: must be a list of texts, like [ \"a\", \"b\" ]\n"
                   "sam.cfg:2: two.duration: must be a duration in quotes with its unit, like "
                   "\"2m\"\n"
                   "sam.cfg:2: two.number: must be a whole number without quotes\n");
    load(f, "one: { text = \"x\"; };\ntwo = 5;\n");
    expect_told(f, "sam.cfg:2: two: must be a section: { ... } (see `samctl config sample`)\n");
    load(f, "one: { text = \"x\"; };\ntwo: { duration = \"2h\"; };\n");
    expect_told(f, "sam.cfg:2: two.duration: out of range: 1s to 1h\n");
}

static void test_what_is_missing_and_unreadable(void **state)
{
    struct fixture *f = *state;
    load(f, "two: { };\n");
    expect_told(f, "sam.cfg: one.text: required; set it in the file or by SAM_ONE_TEXT\n");
    load(f, "one: {\n  text = ;\n};\n");
    expect_told(f, "sam.cfg:2: syntax error\n");
    forget(f);
    config_load(keys, KEYS, "/nowhere/sam.cfg", &f->values, f->sources, &f->problems);
    expect_told(f, "/nowhere/sam.cfg: cannot be read: No such file or directory\n");
}

static void test_print_masks(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *conninfo;
        const char *shown;
    } rows[] = {
        {"dbname=sam user=u", "dbname=sam user=u"},
        {"password=geheim dbname=sam", "password=**** dbname=sam"},
        {"dbname=sam password = 'ge\\'heim x' port=1", "dbname=sam password = **** port=1"},
        {"password=g\\ heim dbname=sam", "password=**** dbname=sam"},
        {"password=g\\\\heim dbname=sam", "password=**** dbname=sam"},
        {"host=h sslpassword=a", "host=h sslpassword=****"},
        {"postgresql://u:ge/heim@h:1/sam", "postgresql://u:****@h:1/sam"},
        {"postgresql://u:geheim@h:1/sam", "postgresql://u:****@h:1/sam"},
        {"postgres://u@h/sam?password=geheim&x=y", "postgres://u@h/sam?password=****&x=y"},
        {"postgres://h/sam", "postgres://h/sam"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        char text[300];
        char expected[200];
        struct buf out = BUF_INIT(10000);
        (void)snprintf(text, sizeof(text), "one: { text = \"x\"; secret = \"geheim\"; };\n");
        load(f, text);
        free(f->values.conninfo);
        f->values.conninfo = sam_xstrdup(rows[i].conninfo);
        config_print(keys, KEYS, &f->values, f->sources, &out);
        (void)snprintf(expected, sizeof(expected), "one.conninfo = \"%s\"  //", rows[i].shown);
        assert_non_null(strstr(buf_text(&out), expected));
        assert_null(strstr(buf_text(&out), "heim"));
        assert_non_null(strstr(buf_text(&out), "two.duration = \"2m\"  // default\n"));
        buf_deinit(&out);
    }
}

static void test_sample_and_document(void **state)
{
    struct fixture *f = *state;
    SAM_CLEANUP(buf_deinit) struct buf out = BUF_INIT(10000);
    config_sample(keys, KEYS, &out);
    assert_string_equal(buf_text(&out), "one: {\n"
                                        "  // t (required)\n  text = \"hello\";\n"
                                        "  // c\n  conninfo = \"dbname=x\";\n"
                                        "  // s\n  secret_file = \"key.txt\";\n"
                                        "  // or secret = \"...\";\n"
                                        "};\n\ntwo: {\n"
                                        "  // ch: red|green\n  choice = \"red\";\n"
                                        "  // l\n  list = [ ]; // e.g. [ \"a=b\" ]\n"
                                        "  // d\n  duration = \"2m\";\n"
                                        "  // n\n  number = 7;\n"
                                        "  // a\n  any = 0;\n"
                                        "  // y\n  yes = false;\n"
                                        "};\n");
    buf_reset(&out);
    config_document(keys, KEYS, &out);
    assert_non_null(strstr(buf_text(&out),
                           "| `two.choice` | `SAM_TWO_CHOICE` | red\\|green | `red` |  | ch |\n"));
    assert_non_null(strstr(buf_text(&out), "| `two.duration` | `SAM_TWO_DURATION` | duration | "
                                           "`2m` | 1s to 1h | d |\n"));
    (void)f;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_of_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_environment_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mistyped_variables_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_environment_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets_from_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_secret_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secret_files_without_a_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_problems_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_missing_and_unreadable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_print_masks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sample_and_document, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
