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

/* The last name agrees; the first names are written differently. */
static void test_the_same_first_name(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Anna", "Schmidt", "Schmidt", "Anna"}, /* last name first */
        {"Schmidt", "Anna", "Anna", "Schmidt"},
        {"Bob", "Smith", "Smith", "Robert"},
        {"Anna", "Schmidt", "Anna Maria", "Schmidt"}, /* middle names */
        {"Maria", "Schmidt", "Anna Maria", "Schmidt"},
        {"Anna", "Schmidt", "Maria", "Anna Schmidt"},
        {"Maria", "Anna Schmidt", "Anna", "Schmidt"},
        {"A.", "Schmidt", "Peter", "Schmidt"}, /* an initial is no first name */
        {"Peter", "Schmidt", "A.", "Schmidt"},
        {"A. Peter", "Schmidt", "Anna", "Schmidt"},
        {"J. Robert", "Smith", "Julius", "Smith"},
        {"Bob", "Smith", "William (Bob)", "Smith"}, /* nicknames */
        {"Bob", "Smith", "William \"Bob\" J.", "Smith"},
        {"Bill", "Smith", "William", "Smith"},
        {"Michael", "Smith", "Mike", "Smith"},
        {"Peggy", "Smith", "Margaret", "Smith"},
        {"Liz", "Smith", "Elizabeth", "Smith"},
        {"Alex", "Schmidt", "Alexander", "Schmidt"},
        {"Sascha", "Schmidt", "Alexander", "Schmidt"},
        {"Tina", "Schmidt", "Christina", "Schmidt"},
        {"Hans-Peter", "Schmidt", "Peter", "Schmidt"}, /* double names */
        {"Annemarie", "Schmidt", "Marie", "Schmidt"},
        {"Dr. Anna", "Schmidt", "Anna", "Schmidt"}, /* titles */
        {"Anna", "Schmidt", "Prof. Dr.", "Schmidt"},
        {"Jörg", "Weiß", "Joerg", "Weiss"}, /* other spellings */
        {"Yuri", "Ivanov", "Iouri", "Ivanov"},
        {"Evgeny", "Ivanov", "Yevgeny", "Ivanov"},
        {"Carl", "Schmidt", "Karl", "Schmidt"},
        {"Wladimir", "Ivanov", "Vladimir", "Ivanov"},
        {"Саша", "Иванов", "Александр", "Иванов"},
        {"Евгений", "Иванов", "Женя", "Иванов"},
        {"Иван", "Иванов", "Peter", "Ivanov"}, /* two scripts */
        {"Anna", "Schmidt", "Schmidt", ""},    /* not both names are given */
        {"Anna", "Schmidt", "", "Schmidt"},
        {"", "Schmidt", "Peter", "Schmidt"},
        {"Anna", "", "Peter", ""},
        {"Anna", "", "Schmidt", "Anna"}, /* only a first name: it is there */
        {"Anna", "M.", "Maria", "Anna Schmidt"},
        {"Anna", "", "A.", "Schmidt"},
        {"Anna", "Schmidt", "Anna", "Petrov"},   /* married */
        {"Ben", "Miller", "Benjamin", "Miller"}, /* what is a title beside another word */
        {"Minh", "Le", "Minh", "Le"},
        {"Ludwig", "van Beethoven", "Ludwig", "Beethoven"},
        {"Md", "Rahman", "Mohammed", "Rahman"},
        {"Stefan", "Schmidt", "Stephan", "Schmidt"}, /* of two languages */
        {"Aleksandr", "Ivanov", "Alexandre", "Ivanov"},
        {"Sofia", "Rossi", "Sophie", "Rossi"},
        {"Sara", "Cohen", "Sarah", "Cohen"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        if (person_name_differs(r->first, r->last, r->profile_first, r->profile_last))
            fail_msg("%s %s is held for %s %s", r->first, r->last, r->profile_first,
                     r->profile_last);
    }
}

/* The last name agrees, as in a family, or only what many names have does. */
static void test_another_first_name(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Anna", "Schmidt", "Peter", "Schmidt"},
        {"Anna", "Schmidt", "Schmidt", "Peter"},
        {"Schmidt", "Peter", "Anna", "Schmidt"},
        {"Anna", "Schmidt-Meyer", "Peter", "Schmidt-Meyer"},
        {"Anna Maria", "Schmidt", "Peter Paul", "Schmidt"},
        {"Dr. Anna", "Schmidt", "Dr. Peter", "Schmidt"},
        {"Dr. Anna", "Müller", "Dr. Robert", "Smith"},
        {"Maria", "de Rossi", "Robert", "de Bianchi"},
        {"Anna", "Schmidt, MBA", "Robert", "Smith, MBA"},
        {"Wei", "Chen", "Michael", "Chen"},
        {"Maria", "Schmidt", "Michael", "Schmidt"}, /* the same initial, in full */
        {"Anna", "Schmidt", "Andrea", "Schmidt"},
        {"Anna", "", "Peter", "Schmidt"}, /* only a first name is known */
        {"Anna", "S.", "Peter", "Schmidt"},
        {"Ben", "Miller", "Anna", "Schmidt"}, /* names that are titles beside others */
        {"Ben", "Miller", "Anna", "Miller"},
        {"Minh", "Le", "Peter", "Schmidt"},
        {"Al", "Green", "Tom", "Green"},
        {"Анна", "Петрова", "Сергей", "Петров"},
        {"Анна", "Петрова", "Сергей", "Смирнов"},
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        if (!person_name_differs(r->first, r->last, r->profile_first, r->profile_last))
            fail_msg("%s %s passes as %s %s", r->profile_first, r->profile_last, r->first, r->last);
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
        cmocka_unit_test(test_the_same_person),    cmocka_unit_test(test_the_same_first_name),
        cmocka_unit_test(test_another_first_name), cmocka_unit_test(test_somebody_else),
        cmocka_unit_test(test_long_names_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
