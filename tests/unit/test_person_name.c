/* The profile's name and the imported one: what is clearly somebody else, and what is not. */
#include "common/base/attr.h"
#include "common/model/person_name.h"
#include "tests/test.h"

#include "common/base/banned.h"

struct row {
    const char *first;
    const char *last;
    const char *profile_first;
    const char *profile_last;
};

static void test_the_same_person(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Anna", "Müller", "anna", "MULLER"},
        {"Jörg", "Weiß", "Joerg", "Weiss"},
        {"Anna", "Müller", "Müller", "Anna"},
        {"Anna", "Müller", "Anna Maria", "Schmidt"}, /* married */
        {"Alex", "Kim", "Alexander (Alex)", "Petrov"},
        {"Bob", "Smith", "Robert \"Bob\"", "Jones"},
        {"Robert", "Smith", "Bob", "Smith-Jones, PhD"},
        {"Łukasz", "Wójcik", "Lukasz", "W."},
        {"Søren", "O'Neil", "Soren", "ONeil"},
        {"Dr. Anna", "Müller", "Anna", "M."},
        {"Иван", "Петров", "Ivan", "Petrov"}, /* cannot be compared */
        {"Ivan", "Petrov", "Иван", "Петров"},
        {"李", "小龙", "Bruce", "Lee"},
        {"Bob", "", "Robert", "Smith"}, /* only a first name: a nickname is likely */
        {"", "", "Robert", "Smith"},
        {"Anna", "Müller", "", ""},
        {"A", "M", "Bob", "Smith"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        assert_false(person_name_differs(r->first, r->last, r->profile_first, r->profile_last));
    }
}

static void test_somebody_else(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Anna", "Müller", "Robert", "Smith"},
        {"Jane", "Doe", "LinkedIn", "Member"},
        {"José", "García", "Ana", "Lopez"},
        {"Maria", "Rossi", "Marco", "Bianchi"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        assert_true(person_name_differs(r->first, r->last, r->profile_first, r->profile_last));
    }
    /* no text at all */
    assert_false(person_name_differs("Bad", "\xff\xfe", "Robert", "Smith"));
}

static void test_long_names_are_cut(void **state)
{
    char name[4096];
    (void)state;
    for (size_t i = 0; i < sizeof(name); i++)
        name[i] = i % 100 == 99 ? ' ' : 'x';
    name[sizeof(name) - 1] = '\0';
    assert_false(person_name_differs(name, name, name, name));
    assert_true(person_name_differs(name, name, "Robert", "Smith"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_person),
        cmocka_unit_test(test_somebody_else),
        cmocka_unit_test(test_long_names_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
