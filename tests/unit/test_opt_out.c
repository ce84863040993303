/* Who asks not to be written to any more, and who only uses the words. */
#include <string.h>

#include "common/base/attr.h"
#include "common/model/opt_out.h"
#include "tests/test.h"

#include "common/base/banned.h"

static const char *const own[] = {"Nein, danke!", "  ", "kei Werbig", NULL};

static void test_opt_outs(void **state)
{
    (void)state;
    static const char *const texts[] = {"STOP",
                                        "stop.",
                                        "Please stop!",
                                        "Stop, please.",
                                        "unsubscribe",
                                        "Unsubscribe me, thanks",
                                        "DÉSABONNER",
                                        "De\xcc\x81sabonner svp",
                                        "Please remove me from your list.",
                                        "Don't contact me again",
                                        "don\xe2\x80\x99t message me",
                                        "Stop messaging me, I told you",
                                        "Bitte nicht mehr kontaktieren",
                                        "Lassen Sie mich in Ruhe!",
                                        "ABMELDEN",
                                        "Merci de ne plus me contacter",
                                        "Arrêtez !",
                                        "No me escriba más",
                                        "Darse de baja",
                                        "Non mi contatti",
                                        "Não me contate",
                                        "Graag niet meer benaderen",
                                        "Nein danke",
                                        "Kei Werbig, bitte"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(texts); i++) {
        if (!opt_out_wanted(texts[i], own))
            fail_msg("a reply: %s", texts[i]);
    }
}

static void test_replies(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "can you stop by Thursday?",
        "Let's not stop here",
        "",
        " ",
        "!",
        "No",
        "Not interested",
        "I could not unsubscribe from the webinar, can you help?",
        "bus stop",
        "nonstop",
        "We remove waste for a living",
        "my opt out rate is 3%",
        "Please",
        "thanks",
        "\xff\xfe",
        "I will be away until Monday. Please do not hesitate to contact me again",
        "Bitte nicht mehr als 3 Termine vorschlagen",
        "Basta pasta is our favourite place"};
    for (size_t i = 0; i < SAM_ARRAY_LEN(texts); i++) {
        if (opt_out_wanted(texts[i], NULL) || opt_out_wanted(texts[i], own))
            fail_msg("an opt-out: %s", texts[i]);
    }
}

static void test_a_long_letter_is_a_reply(void **state)
{
    char text[400];
    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 5 ? 'a' : ' ';
    memcpy(text, "stop messaging", strlen("stop messaging"));
    text[sizeof(text) - 1] = '\0';
    assert_false(opt_out_wanted(text, own));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opt_outs),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_a_long_letter_is_a_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
