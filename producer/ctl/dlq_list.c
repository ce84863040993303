/* dlq list: the records that no worker could read, and why. A look: nothing is committed, and what
 * a record holds is not shown. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producer/ctl/commands.h"
#include "producer/ctl/dlq_letter.h"
#include "producer/ctl/dlq_log.h"

#include "common/base/banned.h"

#define ROWS_SHOWN 100 /* to people */
#define ROWS_MAX   10000

static const struct column columns[] = {{"letter", "letter", COLUMN_TEXT},
                                        {"partition", NULL, COLUMN_NUMBER},
                                        {"offset", NULL, COLUMN_NUMBER},
                                        {"at", "at", COLUMN_TIME},
                                        {"topic", NULL, COLUMN_TEXT},
                                        {"from_partition", NULL, COLUMN_NUMBER},
                                        {"from_offset", NULL, COLUMN_NUMBER},
                                        {NULL, "stood in", COLUMN_TEXT},
                                        {"account_id", "account", COLUMN_TEXT},
                                        {"type", "type", COLUMN_TEXT},
                                        {"bytes", "bytes", COLUMN_NUMBER},
                                        {"reason", "not read for", COLUMN_TEXT},
                                        {"lost", "cannot be put back: it", COLUMN_TEXT},
                                        {"readable", "read by this release", COLUMN_BOOL}};

struct dlq_list {
    const struct ctl *c;
    struct table table;
    struct dlq_letter *newest; /* owned; ascending in time; NULL = each is shown at once */
    size_t count;
    size_t max;
};

static void dlq_list_deinit(struct dlq_list *l)
{
    free(l->newest);
    table_deinit(&l->table);
}

static const char *text_or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static void number_or_null(struct table *t, int64_t value)
{
    if (value < 0)
        table_null(t);
    else
        table_number(t, value);
}

static void show(struct dlq_list *l, const struct dlq_letter *letter)
{
    char place[40];
    char from[DLQ_TOPIC_BYTES + 40];
    char lost[RECORD_WHY_BYTES];
    struct table *t = &l->table;
    (void)snprintf(place, sizeof(place), "%d:%" PRId64, letter->place.partition,
                   letter->place.offset);
    (void)snprintf(from, sizeof(from), "%s %d:%" PRId64, letter->topic, letter->from.partition,
                   letter->from.offset);
    table_text(t, place);
    table_number(t, letter->place.partition);
    table_number(t, letter->place.offset);
    table_time(t, letter->at_ms);
    table_text(t, text_or_null(letter->topic));
    number_or_null(t, letter->from.partition);
    number_or_null(t, letter->from.offset);
    table_text(t, letter->topic[0] && letter->from.partition >= 0 ? from
                                                                  : text_or_null(letter->topic));
    table_text(t, text_or_null(letter->account));
    table_text(t, text_or_null(letter->type));
    table_number(t, letter->bytes);
    table_text(t, text_or_null(letter->reason));
    table_text(t, dlq_letter_is_lost(l->c, letter, lost) ? lost : NULL);
    table_bool(t, !letter->refused[0]);
}

/* Into its place by time; the oldest goes when there is no room. */
static void keep(struct dlq_list *l, const struct dlq_letter *letter)
{
    size_t place = l->count;
    while (place > 0 && l->newest[place - 1].at_ms > letter->at_ms)
        place--;
    if (l->count < l->max) {
        memmove(&l->newest[place + 1], &l->newest[place],
                (l->count - place) * sizeof(l->newest[0]));
        l->count++;
    } else if (place == 0) {
        return;
    } else {
        place--;
        memmove(&l->newest[0], &l->newest[1], place * sizeof(l->newest[0]));
    }
    l->newest[place] = *letter;
}

static void on_record(void *ctx, const struct kafka_record *record)
{
    struct dlq_list *l = ctx;
    struct dlq_letter letter;
    dlq_letter_read(l->c, record, &letter);
    if (l->newest)
        keep(l, &letter);
    else
        show(l, &letter);
}

enum ctl_exit command_dlq_list(struct ctl *c)
{
    SAM_CLEANUP(dlq_log_deinit) struct dlq_log log = {.admin = NULL};
    SAM_CLEANUP(dlq_list_deinit) struct dlq_list l = {.c = c};
    char why[ARGS_WHY_BYTES];
    int64_t limit = c->json ? 0 : ROWS_SHOWN;
    if (args_number(&c->args, "limit", 1, ROWS_MAX, &limit, why) != 0)
        return ctl_wrong_use("%s", why);
    enum ctl_exit e = dlq_log_open(c, &log);
    if (e)
        return e;
    l.max = (size_t)limit;
    l.newest = limit ? sam_xcalloc(l.max, sizeof(l.newest[0])) : NULL;
    table_init(&l.table, columns, SAM_ARRAY_LEN(columns), c->json, stdout);
    for (int32_t i = 0; !e && i < log.partitions; i++)
        e = dlq_log_read(c, &log, i, limit, on_record, &l);
    for (size_t i = l.count; i > 0; i--)
        show(&l, &l.newest[i - 1]);
    table_end(&l.table);
    if (e)
        return e;
    int64_t more = dlq_log_count(&log) - (int64_t)l.table.rows;
    if (l.table.rows == 0)
        ctl_say(c, "no dead letters");
    else if (more > 0)
        ctl_say(c, "and %" PRId64 " older; --json lists all", more);
    if (l.table.rows > 0)
        ctl_say(c, "their messages go out without them: what nobody claimed is published anew");
    return CTL_DONE;
}
