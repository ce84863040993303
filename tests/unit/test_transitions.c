/* The state machines of common/model/status.c, by the list tests/cases/transitions.csv: each pair
 * of statuses is allowed where the list has it, and refused where it has not. (That the database
 * says the same is test_transitions.py's to prove.) */
#include <stdbool.h>
#include <string.h>

#include "common/base/attr.h"
#include "common/model/status.h"
#include "tests/test.h"
#include "tests/unit/case_file.h"

#include "common/base/banned.h"

#define CASES "tests/cases/transitions.csv"

static const char *person_name(int s)
{
    return person_status_name((enum person_status)s);
}

static const char *item_name(int s)
{
    return item_status_name((enum item_status)s);
}

static const char *campaign_name(int s)
{
    return campaign_status_name((enum campaign_status)s);
}

static const char *account_name(int s)
{
    return account_status_name((enum account_status)s);
}

static bool connector(int from, int to)
{
    return person_transition_allowed(CAMPAIGN_CONNECTOR, (enum person_status)from,
                                     (enum person_status)to);
}

static bool messenger(int from, int to)
{
    return person_transition_allowed(CAMPAIGN_MESSENGER, (enum person_status)from,
                                     (enum person_status)to);
}

static bool item(int from, int to)
{
    return item_transition_allowed((enum item_status)from, (enum item_status)to);
}

static bool evidence(int from, int to)
{
    return item_transition_by_evidence((enum item_status)from, (enum item_status)to);
}

static bool campaign(int from, int to)
{
    return campaign_transition_allowed((enum campaign_status)from, (enum campaign_status)to);
}

static bool account_by(enum account_cause cause, int from, int to)
{
    return account_transition_allowed(cause, (enum account_status)from, (enum account_status)to);
}

static bool by_operator(int from, int to)
{
    return account_by(ACCOUNT_BY_OPERATOR, from, to);
}

static bool by_unipile(int from, int to)
{
    return account_by(ACCOUNT_BY_UNIPILE, from, to);
}

static bool by_time(int from, int to)
{
    return account_by(ACCOUNT_BY_TIME, from, to);
}

static const struct machine {
    const char *name;
    int statuses;
    const char *(*status)(int s);
    bool (*allowed)(int from, int to);
} machines[] = {
    {"connector", PERSON_STATUS_N, person_name, connector},
    {"messenger", PERSON_STATUS_N, person_name, messenger},
    {"item", ITEM_STATUS_N, item_name, item},
    {"evidence", ITEM_STATUS_N, item_name, evidence},
    {"campaign", CAMPAIGN_STATUS_N, campaign_name, campaign},
    {"operator", ACCOUNT_STATUS_N, account_name, by_operator},
    {"unipile", ACCOUNT_STATUS_N, account_name, by_unipile},
    {"time", ACCOUNT_STATUS_N, account_name, by_time},
};

static const struct machine *machine_find(const char *name)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(machines); i++) {
        if (strcmp(machines[i].name, name) == 0)
            return &machines[i];
    }
    fail_msg("%s: no such state machine", name);
    return machines;
}

static int status_find(const struct machine *m, const char *name)
{
    for (int s = 0; s < m->statuses; s++) {
        if (strcmp(m->status(s), name) == 0)
            return s;
    }
    fail_msg("%s: no status %s", m->name, name);
    return -1;
}

/* "connected messaging", "-" */
static void read_targets(const struct machine *m, const char *list, bool *ret_to)
{
    char *rest = strdupa(list);
    while (rest && strcmp(list, "-") != 0)
        ret_to[status_find(m, strsep(&rest, " "))] = true;
}

/* How often a status of a machine has a row. */
static int rows_of[SAM_ARRAY_LEN(machines)][PERSON_STATUS_N]; /* they have the most statuses */

/* "connector,pending,connected replied": the whole row of the product. */
static size_t judge_row(char *line)
{
    const char *fields[3];
    case_fields(line, fields, SAM_ARRAY_LEN(fields));
    const struct machine *m = machine_find(fields[0]);
    int from = status_find(m, fields[1]);
    bool want[PERSON_STATUS_N] = {false};
    read_targets(m, fields[2], want);
    want[from] = true; /* no change */
    rows_of[m - machines][from]++;
    size_t wrong = 0;
    for (int to = 0; to < m->statuses; to++) {
        if (m->allowed(from, to) == want[to])
            continue;
        print_error("%s: %s -> %s is %s\n", m->name, m->status(from), m->status(to),
                    want[to] ? "refused" : "allowed");
        wrong++;
    }
    return wrong;
}

static void test_each_status_moves_as_the_list_says(void **state)
{
    size_t wrong = 0;
    (void)state;
    (void)case_file(CASES, judge_row);
    for (size_t i = 0; i < SAM_ARRAY_LEN(machines); i++) {
        for (int from = 0; from < machines[i].statuses; from++) {
            if (rows_of[i][from] == 1)
                continue;
            print_error("%s,%s has %d rows, not one\n", machines[i].name, machines[i].status(from),
                        rows_of[i][from]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_status_moves_as_the_list_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
