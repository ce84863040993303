/* verdict - what C says about records, for test_schemas.py.
 *
 * verdict names: the lists of names as one JSON object. Without an argument: reads lines "TYPE<tab>
 * VALUE" and answers each with "good VALUE as C writes it again" or "bad WHY". */
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/model/event.h"
#include "common/model/job.h"

#include "common/base/banned.h"

/* 0 good, and the record written again in `again`. */
static int judge(const char *type, const char *value, size_t n, struct buf *again, char *why)
{
    static struct event event; /* large */
    struct job job;
    struct sync_job sync_job;
    int result;
    if (strcmp(type, JOB_TYPE) == 0) {
        result = job_decode(value, n, &job, why);
        if (result == 0)
            job_encode(&job, again);
    } else if (strcmp(type, SYNC_TYPE) == 0) {
        result = sync_job_decode(value, n, &sync_job, why);
        if (result == 0)
            sync_job_encode(&sync_job, again);
    } else {
        result = event_decode(type, value, n, &event, why);
        if (result == 0)
            event_encode(&event, again);
    }
    return result;
}

static int judge_lines(void)
{
    char *line SAM_CLEANUP(freep) = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct buf again = BUF_INIT((size_t)2 * RECORD_MAX_BYTES);
        char why[RECORD_WHY_BYTES] = "";
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
    PRINT_NAMES("campaign_status", campaign_status, campaign_status_name, CAMPAIGN_STATUS_N);
    PRINT_NAMES("account_status", account_status, account_status_name, ACCOUNT_STATUS_N);
    PRINT_NAMES("event_type", event_type, event_type_name, EVENT_TYPE_N);
    (void)printf("}\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "names") == 0)
        return print_names();
    return argc == 1 ? judge_lines() : 2;
}
