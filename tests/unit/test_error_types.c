/* Each error type of Unipile, by the list tests/cases/error_types.csv: its row in the table of
 * common/model/outcome.c, and what apply makes of it for item, step, person and account. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/outcome.h"
#include "tests/test.h"
#include "tests/unit/apply_batch.h"
#include "tests/unit/case_file.h"

#include "common/base/banned.h"

#define CASES "tests/cases/error_types.csv"

struct expected {
    const char *type;
    const char *http; /* documents only: the type decides */
    const char *outcome;
    const char *item;
    const char *step;
    const char *person;
    const char *account;
    const char *wait;
};

struct rows {
    struct apply_account account;
    struct apply_person person;
    struct apply_item item;
    struct apply_attempt attempt;
    struct apply_batch b;
};

/* An invitation that is sending. */
static void begin(struct rows *r)
{
    memset(r, 0, sizeof(*r));
    r->account = (struct apply_account){.id = id(ACCOUNT), .status = ACCOUNT_ACTIVE};
    r->person = (struct apply_person){.id = id(PERSON),
                                      .account_id = id(ACCOUNT),
                                      .campaign_id = id(CAMPAIGN),
                                      .type = CAMPAIGN_CONNECTOR,
                                      .steps_count = 2};
    r->item = (struct apply_item){.id = id(ITEM),
                                  .account_id = id(ACCOUNT),
                                  .campaign_id = id(CAMPAIGN),
                                  .person_id = id(PERSON),
                                  .status = ITEM_SENDING,
                                  .loaded = ITEM_SENDING,
                                  .attempt_id = id(ATTEMPT)};
    r->attempt = (struct apply_attempt){.id = id(ATTEMPT), .item_id = id(ITEM)};
    r->b = (struct apply_batch){.accounts = &r->account,
                                .accounts_count = 1,
                                .items = &r->item,
                                .items_count = 1,
                                .people = &r->person,
                                .people_count = 1,
                                .attempts = &r->attempt,
                                .attempts_count = 1};
}

static void apply(struct rows *r, const struct error_type *t, enum call_kind kind)
{
    struct event e = ended(t->outcome, kind);
    e.attempt.refusal = t->refusal;
    e.attempt.wait_ms = t->wait_ms;
    (void)snprintf(e.attempt.error_type, sizeof(e.attempt.error_type), "%s", t->type);
    (void)snprintf(e.attempt.account_status, sizeof(e.attempt.account_status), "%s",
                   t->account_status ? t->account_status : "");
    apply_event(&r->b, &e);
}

/* "6h", "15m", "-". */
static int64_t wait_of(const char *text)
{
    char *unit = NULL;
    int64_t n = strtoll(text, &unit, 10);
    return strcmp(text, "-") == 0 ? 0 : n * (*unit == 'h' ? HOUR_MS : MINUTE_MS);
}

static void same(const struct expected *x, const char *what, const char *want, const char *got)
{
    if (strcmp(want, got) != 0)
        fail_msg("%s: %s is %s, not %s", x->type, what, got, want);
}

static const char *item_word(enum item_status status)
{
    return status == ITEM_PENDING ? "waits" : item_status_name(status);
}

static const char *person_word(const struct apply_person *p)
{
    if (p->status != PERSON_PENDING)
        return person_status_name(p->status);
    return p->hold_reason[0] ? "held" : "on";
}

static const char *account_word(const struct rows *r)
{
    if (r->item.reason == REASON_SETUP_BROKEN)
        return "key";
    if (r->account.status == ACCOUNT_RESTING)
        return "rests";
    if (r->account.invitations_rest.until_ms)
        return "invitations";
    return r->account.status == ACCOUNT_ACTIVE ? "on" : account_status_name(r->account.status);
}

static void check_row(const struct expected *x, const struct error_type *t)
{
    struct rows r;
    begin(&r);
    apply(&r, t, CALL_INVITATION);
    same(x, "class", x->outcome, outcome_name(t->outcome));
    same(x, "item", x->item, item_word(r.item.status));
    same(x, "step", x->step, r.item.reason == REASON_TEXT_REFUSED ? "stops" : "on");
    same(x, "person", x->person, person_word(&r.person));
    same(x, "account", x->account, account_word(&r));
    if (t->wait_ms != wait_of(x->wait))
        fail_msg("%s: waits %lld ms, not %s", x->type, (long long)t->wait_ms, x->wait);
    if (t->wait_ms > 0)
        assert_true(r.item.scheduled_ms >= NOW + t->wait_ms);
    begin(&r);
    apply(&r, t, CALL_MESSAGE);
    same(x, "account after a message",
         strcmp(x->account, "invitations") == 0 ? "rests" : x->account, account_word(&r));
}

static size_t check_line(char *line)
{
    const char *fields[8];
    case_fields(line, fields, SAM_ARRAY_LEN(fields));
    const struct expected x = {fields[0], fields[1], fields[2], fields[3],
                               fields[4], fields[5], fields[6], fields[7]};
    const struct error_type *t = error_type_find(x.type);
    if (!t) {
        print_error("%s: not in the table\n", x.type);
        return 1;
    }
    check_row(&x, t);
    return 0;
}

static void test_each_type_means_what_the_list_says(void **state)
{
    (void)state;
    /* and the table has none that the list does not have */
    assert_int_equal(case_file(CASES, check_line), ERROR_TYPES_N);
}

/* No type twice: else a row of the list would hide one that the list does not have. */
static void test_the_table_has_each_type_once(void **state)
{
    size_t count = 0;
    const struct error_type *types = error_types(&count);
    (void)state;
    assert_int_equal(count, ERROR_TYPES_N);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(error_type_find(types[i].type), &types[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_type_means_what_the_list_says),
        cmocka_unit_test(test_the_table_has_each_type_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
