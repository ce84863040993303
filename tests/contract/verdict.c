/* verdict - what C says about records, users' files and statuses, for tests that compare it with
 * something else.
 *
 * verdict names: the lists of names as one JSON object. verdict transitions: a line "TABLE FROM TO
 * allowed|refused" for each pair of statuses. verdict holidays: reads "COUNTRY<tab>SUBDIVISION",
 * prints "COUNTRY SUBDIVISION DAY holiday|worked" (by tabs) for each. verdict weekends: reads
 * "COUNTRY<tab>DAY", prints "COUNTRY<tab>MASK" for each. Without an argument: reads
 * lines "TYPE<tab>VALUE" and answers each with "good VALUE as C writes it again" or "bad WHY".
 * TYPE: a record's, or "campaign" (written again: its messages), or "identity" (VALUE: the text as
 * it is). */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/problems.h"
#include "common/model/account_state.h"
#include "common/model/calendar.h"
#include "common/model/campaign_file.h"
#include "common/model/event.h"
#include "common/model/identity.h"
#include "common/model/job.h"
#include "common/model/status.h"

#include "common/base/banned.h"

#define WHY_BYTES 2000

static int judge_campaign(const char *value, size_t n, struct buf *again, char *why)
{
    struct problems problems = PROBLEMS_INIT;
    struct campaign_file *f SAM_CLEANUP(campaign_file_freep) =
        campaign_file_parse("file", value, n, &problems);
    size_t used = 0;
    for (size_t i = 0; i < problems.count && used < WHY_BYTES; i++)
        used += (size_t)snprintf(why + used, WHY_BYTES - used, "%s; ", problems.lines[i]);
    /* Taken with a problem, or refused without one, would be a bug that no schema shows. */
    if (problems_any(&problems) != !f)
        abort();
    problems_deinit(&problems);
    if (!f)
        return -1;
    char *steps SAM_CLEANUP(freep) = campaign_steps_to_json(f->steps, f->steps_count);
    buf_adds(again, steps);
    return 0;
}

static int judge_identity(char *value, size_t n, struct buf *again, char *why)
{
    struct identity identity;
    value[n] = '\0';
    enum identity_problem problem = identity_parse(value, &identity);
    if (problem == IDENTITY_OK)
        buf_adds(again, identity.text);
    (void)snprintf(why, WHY_BYTES, "%s", identity_problem_text(problem));
    return problem == IDENTITY_OK ? 0 : -1;
}

/* 0 good, and the record written again in `again`. */
static int judge_record(const char *type, const char *value, size_t n, struct buf *again, char *why)
{
    static struct event event; /* large */
    struct job job;
    struct sync_job sync_job;
    struct account_state state;
    int result;
    if (strcmp(type, JOB_TYPE) == 0) {
        result = job_decode(value, n, &job, why);
        if (result == 0)
            job_encode(&job, again);
    } else if (strcmp(type, SYNC_TYPE) == 0) {
        result = sync_job_decode(value, n, &sync_job, why);
        if (result == 0)
            sync_job_encode(&sync_job, again);
    } else if (strcmp(type, ACCOUNT_STATE_TYPE) == 0) {
        result = account_state_decode(value, n, &state, why);
        if (result == 0)
            account_state_encode(&state, again);
    } else {
        result = event_decode(type, value, n, &event, why);
        if (result == 0)
            event_encode(&event, again);
    }
    return result;
}

static int judge(const char *type, char *value, size_t n, struct buf *again, char *why)
{
    if (strcmp(type, "campaign") == 0)
        return judge_campaign(value, n, again, why);
    if (strcmp(type, "identity") == 0)
        return judge_identity(value, n, again, why);
    return judge_record(type, value, n, again, why);
}

static int judge_lines(void)
{
    char *line SAM_CLEANUP(freep) = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct buf again = BUF_INIT((size_t)2 * CAMPAIGN_FILE_MAX_BYTES);
        char why[WHY_BYTES] = "";
        char *tab = memchr(line, '\t', (size_t)n);
        if (!tab || line[n - 1] != '\n')
            return 2;
        *tab = '\0';
        if (judge(line, tab + 1, (size_t)(line + n - 1 - (tab + 1)), &again, why) == 0)
            (void)printf("good %s\n", buf_text(&again));
        else
            (void)printf("bad %s\n", why);
        buf_deinit(&again);
    }
    return 0;
}

#define PRINT_NAMES(list, type, name, count)                                                       \
    do {                                                                                           \
        (void)printf("%s\"%s\": [", first ? "{" : ",\n ", list);                                   \
        for (int i_ = 0; i_ < (count); i_++)                                                       \
            (void)printf("%s\"%s\"", i_ ? ", " : "", name((enum type)i_));                         \
        (void)printf("]");                                                                         \
        first = 0;                                                                                 \
    } while (0)

static int print_names(void)
{
    int first = 1;
    PRINT_NAMES("call_kind", call_kind, call_kind_name, CALL_KIND_N);
    PRINT_NAMES("sync_kind", sync_kind, sync_kind_name, SYNC_KIND_N);
    PRINT_NAMES("outcome", outcome, outcome_name, OUTCOME_N);
    PRINT_NAMES("refusal", refusal, refusal_name, REFUSAL_N);
    PRINT_NAMES("finding", finding, finding_name, FINDING_N);
    PRINT_NAMES("reply_class", reply_class, reply_class_name, REPLY_CLASS_N);
    PRINT_NAMES("person_status", person_status, person_status_name, PERSON_STATUS_N);
    PRINT_NAMES("workspace_status", workspace_status, workspace_status_name, WORKSPACE_STATUS_N);
    PRINT_NAMES("campaign_status", campaign_status, campaign_status_name, CAMPAIGN_STATUS_N);
    PRINT_NAMES("account_status", account_status, account_status_name, ACCOUNT_STATUS_N);
    PRINT_NAMES("reason", reason, reason_name, REASON_N);
    PRINT_NAMES("block_kind", block_kind, block_kind_name, BLOCK_KIND_N);
    PRINT_NAMES("campaign_type", campaign_type, campaign_type_name, CAMPAIGN_TYPE_N);
    PRINT_NAMES("note_limit", note_limit, note_limit_name, NOTE_LIMIT_N);
    PRINT_NAMES("event_type", event_type, event_type_name, EVENT_TYPE_N);
    (void)printf("}\n");
    return 0;
}

static void print_move(const char *table, const char *from, const char *to, bool allowed)
{
    (void)printf("%s %s %s %s\n", table, from, to, allowed ? "allowed" : "refused");
}

static void print_person_moves(enum campaign_type type)
{
    for (int i = 0; i < PERSON_STATUS_N * PERSON_STATUS_N; i++) {
        enum person_status from = (enum person_status)(i / PERSON_STATUS_N);
        enum person_status to = (enum person_status)(i % PERSON_STATUS_N);
        print_move(campaign_type_name(type), person_status_name(from), person_status_name(to),
                   person_transition_allowed(type, from, to));
    }
}

static int print_transitions(void)
{
    print_person_moves(CAMPAIGN_CONNECTOR);
    print_person_moves(CAMPAIGN_MESSENGER);
    for (int i = 0; i < ITEM_STATUS_N * ITEM_STATUS_N; i++) {
        enum item_status from = (enum item_status)(i / ITEM_STATUS_N);
        enum item_status to = (enum item_status)(i % ITEM_STATUS_N);
        print_move("item", item_status_name(from), item_status_name(to),
                   item_transition_by_evidence(from, to));
    }
    for (int i = 0; i < CAMPAIGN_STATUS_N * CAMPAIGN_STATUS_N; i++) {
        enum campaign_status from = (enum campaign_status)(i / CAMPAIGN_STATUS_N);
        enum campaign_status to = (enum campaign_status)(i % CAMPAIGN_STATUS_N);
        print_move("campaign", campaign_status_name(from), campaign_status_name(to),
                   campaign_transition_allowed(from, to));
    }
    for (int i = 0; i < ACCOUNT_STATUS_N * ACCOUNT_STATUS_N; i++) {
        enum account_status from = (enum account_status)(i / ACCOUNT_STATUS_N);
        enum account_status to = (enum account_status)(i % ACCOUNT_STATUS_N);
        print_move("account", account_status_name(from), account_status_name(to),
                   account_transition_allowed(ACCOUNT_BY_OPERATOR, from, to) ||
                       account_transition_allowed(ACCOUNT_BY_UNIPILE, from, to));
    }
    return 0;
}

#define FIRST_DAY INT64_C(20089) /* 2025-01-01 */

static void print_days(const char *country, const char *subdivision)
{
    char text[DAY_TEXT_BYTES];
    const struct holiday_table *t = holiday_table_find(country, subdivision);
    for (int64_t day = FIRST_DAY; t && day <= HOLIDAY_TABLE_LAST_DAY; day++) {
        enum day_kind kind = holiday_table_day(t, day, NULL);
        if (kind == DAY_USUAL)
            continue;
        day_format(day, text);
        (void)printf("%s\t%s\t%s\t%s\n", country, subdivision, text,
                     kind == DAY_WORKED ? "worked" : "holiday");
    }
}

static int print_holidays(void)
{
    char line[200];
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        if (!tab)
            return 2;
        *tab = '\0';
        print_days(line, tab + 1);
    }
    holiday_tables_clear();
    return 0;
}

static int print_weekends(void)
{
    char line[200];
    while (fgets(line, sizeof(line), stdin)) {
        int64_t day = 0;
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        if (!tab || day_parse(tab + 1, &day) != 0)
            return 2;
        *tab = '\0';
        (void)printf("%s\t%u\n", line, country_weekend(line, "", day));
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "names") == 0)
        return print_names();
    if (argc == 2 && strcmp(argv[1], "transitions") == 0)
        return print_transitions();
    if (argc == 2 && strcmp(argv[1], "holidays") == 0)
        return print_holidays();
    if (argc == 2 && strcmp(argv[1], "weekends") == 0)
        return print_weekends();
    int result = argc == 1 ? judge_lines() : 2;
    zone_cache_clear();
    return result;
}
