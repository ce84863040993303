/* common/model/identity: every spelling of one human gives one form, and nothing else gives one. */
#include <stdbool.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/model/identity.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define ID "ACoAAB1c2d3-_e4F5"

static const struct {
    const char *text;
    const char *want;
} spellings[] = {
    {"https://www.linkedin.com/in/john-doe", "john-doe"},
    {"https://www.linkedin.com/in/john-doe/", "john-doe"},
    {"http://linkedin.com/in/john-doe", "john-doe"},
    {"HTTPS://WWW.LINKEDIN.COM/IN/John-Doe", "john-doe"},
    {"https://de.linkedin.com/in/john-doe", "john-doe"},
    {"https://m.linkedin.com/in/john-doe", "john-doe"},
    {"https://www.linkedin.com/mwlite/in/john-doe", "john-doe"},
    {"https://www.linkedin.com/m/in/john-doe/", "john-doe"},
    {"//www.linkedin.com/in/john-doe", "john-doe"},
    {"www.linkedin.com/in/john-doe", "john-doe"},
    {"linkedin.com/in/john-doe", "john-doe"},
    {"https://www.linkedin.com/in/john-doe/de", "john-doe"},
    {"https://www.linkedin.com/in/john-doe/en/?originalSubdomain=uk", "john-doe"},
    {"https://www.linkedin.com/in/john-doe/details/experience/", "john-doe"},
    {"https://www.linkedin.com/in/john-doe?trk=public_profile", "john-doe"},
    {"https://www.linkedin.com/in/john-doe#about", "john-doe"},
    {"https://www.linkedin.com/in/john-doe?u=https://evil.example/in/x", "john-doe"},
    {"/in/john-doe", "john-doe"},
    {"in/john-doe/", "john-doe"},
    {"@john-doe", "john-doe"},
    {"john-doe", "john-doe"},
    {"John-Doe", "john-doe"},
    {" \t\r\n john-doe \n", "john-doe"},
    {"\xef\xbb\xbf\xc2\xa0john-doe\xe2\x80\x8b", "john-doe"}, /* BOM, no-break, zero width */
    {"john.doe", "john.doe"},
    {"john_doe", "john_doe"},
    {"o'brien", "o'brien"},
    {"12345", "12345"},
    /* one letter, three spellings: percent-encoded, composed, decomposed */
    {"https://www.linkedin.com/in/j%C3%B6rg", "j\xc3\xb6rg"},
    {"https://www.linkedin.com/in/j%c3%96rg", "j\xc3\xb6rg"},
    {"j\xc3\xb6rg", "j\xc3\xb6rg"},
    {"jo\xcc\x88rg", "j\xc3\xb6rg"},
    {"https://cn.linkedin.com/in/%E6%9D%8E%E6%98%8E-1", "\xe6\x9d\x8e\xe6\x98\x8e-1"},
    {"john%2Ddoe", "john-doe"},
    {"john%30", "john0"},
    /* people, not ids */
    {"ACosta", "acosta"},
    {"https://www.linkedin.com/in/ACosta-Maria-123", "acosta-maria-123"},
    {"ACoAA", "acoaa"},
    {"AEinstein-relativity-1905", "aeinstein-relativity-1905"},
    {"me-and-you", "me-and-you"},
    {"invited", "invited"},
    {"profile", "profile"},
};

static void test_spellings_of_a_vanity_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(spellings); i++) {
        struct identity id = {.kind = IDENTITY_PROVIDER_ID};
        enum identity_problem p = identity_parse(spellings[i].text, &id);
        if (p != IDENTITY_OK)
            fail_msg("%s: %s", spellings[i].text, identity_problem_text(p));
        assert_string_equal(id.text, spellings[i].want);
        assert_int_equal(id.kind, IDENTITY_VANITY);
        /* the normal form is its own */
        struct identity again = {.kind = IDENTITY_PROVIDER_ID};
        assert_int_equal(identity_parse(id.text, &again), IDENTITY_OK);
        assert_string_equal(again.text, id.text);
        assert_int_equal(again.kind, IDENTITY_VANITY);
    }
}

static void test_spellings_of_an_id(void **state)
{
    (void)state;
    static const char *const rows[] = {
        ID,
        " " ID "\n",
        "https://www.linkedin.com/in/" ID,
        "https://www.linkedin.com/in/" ID "/?x=1",
        "in/" ID,
    };
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        struct identity id = {.kind = IDENTITY_VANITY};
        assert_int_equal(identity_parse(rows[i], &id), IDENTITY_OK);
        assert_int_equal(id.kind, IDENTITY_PROVIDER_ID);
        assert_string_equal(id.text, ID); /* its capitals count */
    }
}

static const struct {
    const char *text;
    enum identity_problem want;
} refused[] = {
    {"", IDENTITY_EMPTY},
    {" \t\n", IDENTITY_EMPTY},
    {"\xc2\xa0\xe2\x80\x8b", IDENTITY_EMPTY},
    {"https://www.linkedin.com/in/", IDENTITY_EMPTY},
    {"https://www.linkedin.com/in/?x=john", IDENTITY_EMPTY},

    {"https://example.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"https://linkedin.com.example.org/in/john", IDENTITY_NOT_LINKEDIN},
    {"https://notlinkedin.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"https://linkedin.com@example.org/in/john", IDENTITY_NOT_LINKEDIN},
    {"https://example.org/?u=https://linkedin.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"https://example.org/linkedin.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"https://lnkd.in/abc", IDENTITY_NOT_LINKEDIN},
    {"example.org/in/john", IDENTITY_NOT_LINKEDIN},
    {"ftp://linkedin.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"sftp://linkedin.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"ldaps://linkedin.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"h://linkedin.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"https://", IDENTITY_NOT_LINKEDIN},
    {"https://a b.linkedin.com/in/john", IDENTITY_NOT_LINKEDIN},
    {"https://john@de.linkedin.com/in/john", IDENTITY_NOT_LINKEDIN},

    {"https://www.linkedin.com", IDENTITY_NOT_A_PERSON},
    {"linkedin.com", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/feed/", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/company/acme", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/school/acme", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/posts/john_1", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/sales/lead/ACwAAB1,NAME", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/profile/view?id=john", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/pub/john-doe/1/2a/b34", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/pub/dir/John/Doe", IDENTITY_NOT_A_PERSON},
    {"https://www.linkedin.com/inbox/john", IDENTITY_NOT_A_PERSON},

    {"ACwAAB1c2d3e4f5", IDENTITY_BAD_CHARACTERS},
    {"AEMAAB1c2d3e4f5", IDENTITY_BAD_CHARACTERS},
    {"AEsAAB1c2d3e4f5", IDENTITY_BAD_CHARACTERS},
    {"https://www.linkedin.com/in/ACwAAB1c2d3e4f5", IDENTITY_BAD_CHARACTERS},
    {"John Doe", IDENTITY_BAD_CHARACTERS},
    {"john@example.org", IDENTITY_BAD_CHARACTERS},
    {"john/doe", IDENTITY_BAD_CHARACTERS},
    {"john,doe", IDENTITY_BAD_CHARACTERS},
    {"john%00evil", IDENTITY_BAD_CHARACTERS},
    {"john%2Fdoe", IDENTITY_BAD_CHARACTERS},
    {"john%3Fx", IDENTITY_BAD_CHARACTERS},
    {"john%", IDENTITY_BAD_CHARACTERS},
    {"john%4", IDENTITY_BAD_CHARACTERS},
    {"john%z1", IDENTITY_BAD_CHARACTERS},
    {"john%4z", IDENTITY_BAD_CHARACTERS},
    {"john%FF", IDENTITY_BAD_CHARACTERS},
    {"john%C3", IDENTITY_BAD_CHARACTERS},
    {"john\xff", IDENTITY_BAD_CHARACTERS},
    {"\xc3john", IDENTITY_BAD_CHARACTERS},
    {"jo\xc2\xa0hn", IDENTITY_BAD_CHARACTERS},
    {"jo\x01hn", IDENTITY_BAD_CHARACTERS},
    {"jo\\hn", IDENTITY_BAD_CHARACTERS},
    {"john\xcd\xbe", IDENTITY_BAD_CHARACTERS}, /* U+037E, which is ";" when composed */
    {"{first_name}", IDENTITY_BAD_CHARACTERS},
    {".", IDENTITY_BAD_CHARACTERS},
    {"..", IDENTITY_BAD_CHARACTERS},
    {"%2e%2e", IDENTITY_BAD_CHARACTERS},
    {"-", IDENTITY_BAD_CHARACTERS},
    {"https://linkedin.com/in/de.linkedin.com", IDENTITY_BAD_CHARACTERS},
    {"me", IDENTITY_BAD_CHARACTERS},
    {"https://www.linkedin.com/in/me/", IDENTITY_BAD_CHARACTERS},
    {"Relations", IDENTITY_BAD_CHARACTERS},
    {"followers", IDENTITY_BAD_CHARACTERS},
    {"following", IDENTITY_BAD_CHARACTERS},
    {"invite", IDENTITY_BAD_CHARACTERS},
};

static void test_what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(refused); i++) {
        struct identity id;
        struct identity before;
        memset(&id, 0x5a, sizeof(id));
        before = id;
        enum identity_problem p = identity_parse(refused[i].text, &id);
        if (p != refused[i].want)
            fail_msg("\"%s\": %s", refused[i].text, identity_problem_text(p));
        assert_memory_equal(&id, &before, sizeof(id));
    }
}

static void test_lengths(void **state)
{
    (void)state;
    char text[3000];
    struct identity id;
    memset(text, 'a', sizeof(text));
    text[VANITY_MAX_BYTES] = '\0';
    assert_int_equal(identity_parse(text, &id), IDENTITY_OK);
    assert_int_equal(strlen(id.text), VANITY_MAX_BYTES);
    text[VANITY_MAX_BYTES] = 'a';
    text[VANITY_MAX_BYTES + 1] = '\0';
    assert_int_equal(identity_parse(text, &id), IDENTITY_BAD_CHARACTERS);
    text[VANITY_MAX_BYTES + 1] = 'a';
    text[2048] = '\0'; /* what is looked at, at most */
    assert_int_equal(identity_parse(text, &id), IDENTITY_BAD_CHARACTERS);
    text[2048] = 'a';
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(identity_parse(text, &id), IDENTITY_BAD_CHARACTERS);
    memset(text, ' ', sizeof(text) - 5); /* blanks do not count */
    memcpy(text + sizeof(text) - 5, "john", 5);
    assert_int_equal(identity_parse(text, &id), IDENTITY_OK);
    assert_string_equal(id.text, "john");

    assert_int_equal(identity_parse("ACoAAB", &id), IDENTITY_OK);
    assert_int_equal(id.kind, IDENTITY_PROVIDER_ID);
    memset(text, 'A', sizeof(text));
    memcpy(text, "ACoAA", 5);
    text[PROVIDER_ID_MAX_BYTES] = '\0';
    assert_int_equal(identity_parse(text, &id), IDENTITY_OK);
    assert_int_equal(id.kind, IDENTITY_PROVIDER_ID);
    assert_int_equal(strlen(id.text), PROVIDER_ID_MAX_BYTES);
    /* a letter that grows when it is folded does not overrun: U+023A has 2 bytes, U+2C65 has 3 */
    for (size_t i = 0; i < VANITY_MAX_BYTES; i += 2)
        memcpy(text + i, "\xc8\xba", 2);
    text[VANITY_MAX_BYTES] = '\0';
    assert_int_equal(identity_parse(text, &id), IDENTITY_BAD_CHARACTERS);
}

static void test_each_problem_has_its_sentence(void **state)
{
    (void)state;
    for (int i = IDENTITY_OK; i <= IDENTITY_BAD_CHARACTERS; i++) {
        for (int j = IDENTITY_OK; j < i; j++)
            assert_string_not_equal(identity_problem_text((enum identity_problem)i),
                                    identity_problem_text((enum identity_problem)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings_of_a_vanity_name),
        cmocka_unit_test(test_spellings_of_an_id),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_each_problem_has_its_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
