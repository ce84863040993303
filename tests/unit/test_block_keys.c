/* common/model/block_keys: what of the blocklist a person's columns mean. */
#include <string.h>

#include "common/base/attr.h"
#include "common/model/block_keys.h"
#include "tests/test.h"

#include "common/base/banned.h"

static void test_companies(void **state)
{
    static const char *const pairs[][2] = {{"ACME, Inc.", "acme inc"},
                                           {" Müller  & Söhne ", "muller sohne"},
                                           {"+++", "+++"},
                                           {"株式会社", "株式会社"}};
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(pairs); i++) {
        SAM_CLEANUP(freep) char *made = block_company(pairs[i][0]);
        assert_non_null(made);
        assert_string_equal(made, pairs[i][1]);
    }
    assert_null(block_company("  "));
}

static void test_domains(void **state)
{
    static const char *const pairs[][2] = {
        {"acme.com", "acme.com"},
        {" WWW.Acme.COM. ", "acme.com"},
        {"https://www.acme.com:8443/about?x=a@b.c", "acme.com"},
        {"mailto:Anna.B@Mail.Acme.com?subject=x", "mail.acme.com"},
        {"@acme.com", "acme.com"},
        {"müller.de", "xn--mller-kva.de"},
        {"XN--MLLER-KVA.de", "xn--mller-kva.de"}};
    static const char *const none[] = {"",          "acme", "10.0.0.1", "a..b",
                                       "acme com.", "-",    "http://",  "@"};
    (void)state;
    for (size_t i = 0; i < SAM_ARRAY_LEN(pairs); i++) {
        SAM_CLEANUP(freep) char *made = block_domain(pairs[i][0]);
        if (!made)
            fail_msg("%s is a domain", pairs[i][0]);
        assert_string_equal(made, pairs[i][1]);
    }
    for (size_t i = 0; i < SAM_ARRAY_LEN(none); i++) {
        SAM_CLEANUP(freep) char *made = block_domain(none[i]);
        if (made)
            fail_msg("%s is no domain", none[i]);
    }
}

static void expect_keys(const char *company, const char *custom, const char *want)
{
    struct block_keys k;
    block_keys_read(&k, company, custom);
    SAM_CLEANUP(freep) char *made = block_keys_array(&k);
    assert_string_equal(made, want);
    block_keys_deinit(&k);
}

static void test_keys_of_a_person(void **state)
{
    (void)state;
    expect_keys(NULL, NULL, "{}");
    expect_keys(NULL, "not json", "{}");
    expect_keys("Acme \"1\" \\", NULL, "{\"company:acme 1\"}");
    expect_keys("\"\\\"", NULL, "{\"company:\\\"\\\\\\\"\"}");
    expect_keys(
        "Acme", "{\"Work E-Mail\":\"a@mail.acme.com, b@bolt.io\",\"topic\":\"cy.com\"}",
        "{\"company:acme\",\"domain:mail.acme.com\",\"domain:acme.com\",\"domain:bolt.io\"}");
    expect_keys(NULL, "{\"Company Name\":\"Bolt\",\"website\":\"https://www.bolt.io/x\"}",
                "{\"company:bolt\",\"domain:bolt.io\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_companies),
                                       cmocka_unit_test(test_domains),
                                       cmocka_unit_test(test_keys_of_a_person)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
