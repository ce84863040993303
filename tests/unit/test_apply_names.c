/* By which names a person is known once a profile has told them. */
#include <stdio.h>
#include <string.h>

#include "tests/test.h"
#include "worker/apply_person.h"

#include "common/base/banned.h"

#define HASH "forgotten:0000000000000000000000000000000000000000000000000000000000000000"

static void check(const char *vanity, const char *provider_id, const char *want_vanity,
                  const char *want_provider_id)
{
    struct apply_person p = {.type = CAMPAIGN_MESSENGER, .status = PERSON_APPROVED};
    const struct event e = {
        .type = EVENT_PERSON,
        .person = {.finding = FINDING_RESOLVED, .provider_id = "ACo-new", .vanity = "kim"}};
    (void)snprintf(p.vanity, sizeof(p.vanity), "%s", vanity);
    (void)snprintf(p.provider_id, sizeof(p.provider_id), "%s", provider_id);
    apply_person_event(&p, &e);
    apply_person_name(&p, e.person.vanity);
    assert_string_equal(p.vanity, want_vanity);
    assert_string_equal(p.provider_id, want_provider_id);
}

/* Ids are as the account sees them: the imported one may be another account's. A public name stays,
 * for the campaign knows the person by it. */
static void test_what_a_profile_tells(void **state)
{
    (void)state;
    check("kim", "", "kim", "ACo-new");
    check("", "ACo-old", "kim", "ACo-new");
    check("kim-lee", "ACo-old", "kim-lee", "ACo-new");
}

/* A profile that is told late brings nothing back. */
static void test_who_was_forgotten(void **state)
{
    (void)state;
    check(HASH, "", HASH, "");
    check("", HASH, "", HASH);
    check(HASH, HASH, HASH, HASH);
}

/* Nothing can be sent to who cannot be found, a follow-up to somebody who was connected already
 * neither; whom we have written to has other ends. */
static void test_who_is_not_found(void **state)
{
    (void)state;
    const struct event e = {.type = EVENT_PERSON, .person = {.finding = FINDING_NOT_FOUND}};
    struct apply_person p = {.type = CAMPAIGN_CONNECTOR, .status = PERSON_CONNECTED};
    apply_person_event(&p, &e);
    assert_int_equal(p.status, PERSON_FAILED);
    assert_string_equal(p.status_reason, "profile_not_found");
    assert_int_equal(p.cancel, REASON_PROFILE_NOT_FOUND);
    p = (struct apply_person){
        .type = CAMPAIGN_CONNECTOR, .status = PERSON_CONNECTED, .last_sent_at_ms = 1};
    apply_person_event(&p, &e);
    assert_int_equal(p.status, PERSON_CONNECTED);
    assert_int_equal(p.cancel, REASON_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_a_profile_tells),
                                       cmocka_unit_test(test_who_was_forgotten),
                                       cmocka_unit_test(test_who_is_not_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
