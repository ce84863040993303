/* producer/texts: what a batch has borrowed stays whole, however many campaigns there are. */
#include <stdio.h>
#include <string.h>

#include "producer/texts.h"
#include "tests/test.h"

#include "common/base/banned.h"

#define MANY 1500

static struct texts_campaign *compiled(struct texts *t, int n)
{
    char steps[200];
    char why[100] = "";
    struct uuid id = {{0}};
    memcpy(id.b, &n, sizeof(n));
    (void)snprintf(steps, sizeof(steps),
                   "[{\"message_type\":\"direct_message_1\",\"text\":\"Hi {first_name}, %d\","
                   "\"after_ms\":0}]",
                   n);
    struct texts_campaign *c = texts_campaign(t, &id, steps, why, sizeof(why));
    assert_non_null(c);
    return c;
}

static void assert_text(const struct texts_campaign *c, int n)
{
    char wanted[50];
    struct texts_result result;
    struct buf out = BUF_INIT(1000);
    struct texts_person person = {.first_name = "Ada"};
    (void)snprintf(wanted, sizeof(wanted), "Hi Ada, %d", n);
    assert_int_equal(texts_render(c, 0, &person, &out, &result), TEMPLATE_OK);
    assert_int_equal(result.note, NOTE_AS_WRITTEN);
    assert_string_equal(buf_text(&out), wanted);
    buf_deinit(&out);
}

static void test_many_campaigns_at_once(void **state)
{
    (void)state;
    static struct texts_campaign *borrowed[MANY];
    struct texts *t = texts_new();
    for (int i = 0; i < MANY; i++)
        borrowed[i] = compiled(t, i);
    for (int i = 0; i < MANY; i++)
        assert_text(borrowed[i], i);
    texts_trim(t);
    assert_text(compiled(t, 7), 7);
    texts_free(t);
}

static void test_few_campaigns_are_kept(void **state)
{
    (void)state;
    struct texts *t = texts_new();
    struct texts_campaign *c = compiled(t, 1);
    texts_trim(t);
    assert_ptr_equal(compiled(t, 1), c);
    texts_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many_campaigns_at_once),
                                       cmocka_unit_test(test_few_campaigns_are_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
