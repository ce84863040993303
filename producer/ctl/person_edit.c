/* person edit: what a list had wrong about somebody is put right, before the first message. Read
 * and judged as a line of people.csv is (people_row.h). */
#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/model/block_keys.h"
#include "common/model/doubtful.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/people.h"
#include "producer/ctl/people_row.h"
#include "producer/ctl/schedule.h"
#include "producer/ctl/waiting_texts.h"

#include "common/base/banned.h"

#define CUSTOM_PREFIX "custom."

/* $1 person, $2..$5 whether first_name, last_name, company, title are given, $6..$9 their values,
 * $10 text[] columns of their own that are given, in normal form, $11 jsonb those with a value. The
 * normal form is people_column_normal()'s, as far as the names of a list's columns go. */
#define EDIT(table)                                                                                \
    "UPDATE " table " p SET first_name = CASE WHEN $2 THEN $6 ELSE p.first_name END, "             \
    "last_name = CASE WHEN $3 THEN $7 ELSE p.last_name END, "                                      \
    "company = CASE WHEN $4 THEN $8 ELSE p.company END, "                                          \
    "title = CASE WHEN $5 THEN $9 ELSE p.title END, custom = nullif("                              \
    "(SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') "                                    \
    "FROM jsonb_each(coalesce(p.custom, '{}')) e WHERE lower(regexp_replace(e.key, "               \
    "'[[:space:]_.-]', '', 'g')) <> ALL ($10)) || coalesce($11, '{}'), '{}') WHERE p.id = $1 "
static const char waiting_sql[] =
    EDIT("prospect_approval_data") "AND p.status <> 'rejected' RETURNING p.company, p.custom::text";
/* Somebody whose first message is on its way, or may have gone, has been told the old values. */
static const char person_sql[] = EDIT(
    "campaign_prospects") "AND p.contacted_at IS NULL AND p.status IN ('pending', 'approved', "
                          "'connected') "
                          "AND NOT EXISTS (SELECT FROM send_queue i WHERE i.prospect_id = p.id "
                          "AND i.status IN ('sending', 'sent', 'unknown')) RETURNING p.company, "
                          "p.custom::text";
/* $1 person, $2 keys. A text that could not be made may be right now; it is tried below. */
static const char keys_sql[] =
    "UPDATE campaign_prospects SET block_keys = $2::text[], doubt_waived = false, hold_reason = "
    "CASE WHEN hold_reason = 'text_invalid' THEN NULL ELSE hold_reason END WHERE id = $1";
static const char waiting_keys_sql[] =
    "UPDATE prospect_approval_data SET block_keys = $2::text[] WHERE id = $1";
/* Who was imported and not approved. $1 workspace, $2 name, $3 campaign or NULL. */
static const char not_approved_sql[] =
    "SELECT d.id, c.name FROM campaigns c JOIN prospect_approval_data d ON d.campaign_id = c.id "
    "AND (d.vanity = $2 OR d.provider_id = $2) WHERE c.workspace_id = $1 "
    "AND d.status = 'pending' AND ($3::uuid IS NULL OR c.id = $3) ORDER BY c.name";

struct edit {
    bool given[PEOPLE_COLUMN_N];
    struct people_columns columns;
    struct people_row row;
    char **words;                /* owned: what columns and row borrow from */
    const struct person *person; /* NULL = not approved yet */
    struct uuid id;
    struct waiting_texts texts;
};

/* ---- what is to be changed ------------------------------------------------------------------ */

/* As the reader of a file has its fields; the end is cut off in place. */
static const char *without_blanks(char *text)
{
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'); n--)
        text[n - 1] = '\0';
    return text;
}

/* name=value as a field of a header and one of a line; the name is cut off in place. */
static void read_word(struct edit *x, char *word, const char **ret_name, const char **ret_value,
                      struct problems *problems)
{
    char *equals = strchr(word, '=');
    if (!equals || equals == word) {
        problems_add(problems, "%.60s: is not NAME=VALUE", word);
        return;
    }
    *equals = '\0';
    bool own = strncmp(word, CUSTOM_PREFIX, strlen(CUSTOM_PREFIX)) == 0;
    *ret_name = own ? word + strlen(CUSTOM_PREFIX) : word;
    *ret_value = without_blanks(equals + 1);
    enum people_column column = people_column_find(*ret_name, NULL);
    bool standard = column == PEOPLE_FIRST_NAME || column == PEOPLE_LAST_NAME ||
                    column == PEOPLE_COMPANY || column == PEOPLE_TITLE;
    SAM_CLEANUP(freep) char *normal = people_column_normal(*ret_name);
    if (standard)
        x->given[column] = true;
    else if (column != PEOPLE_COLUMN_N)
        problems_add(problems, "%s: says who they are, or who writes to them: it cannot be edited",
                     *ret_name);
    else if (!own || !*normal)
        problems_add(problems,
                     "%.60s: first_name, last_name, company, title or custom.NAME can be edited",
                     word);
    if (!utf8_valid(*ret_name, strlen(*ret_name)) || !utf8_valid(*ret_value, strlen(*ret_value)))
        problems_add(problems, "a name or a value is not UTF-8");
}

/* The words as a file of one line; "x" stands for the person, whom nobody looks at. */
static enum ctl_exit read_words(struct edit *x, struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    const char *names[CSV_FIELDS_MAX] = {"linkedin_url"};
    const char *values[CSV_FIELDS_MAX] = {"x"};
    char why[PEOPLE_WHY_BYTES];
    size_t n = c->args.words_count;
    if (n > CSV_FIELDS_MAX)
        return ctl_wrong_use("at most %d values at once", CSV_FIELDS_MAX - 1);
    x->words = sam_xcalloc(n, sizeof(*x->words)); /* [0] is the person */
    for (size_t i = 1; i < n; i++) {
        x->words[i] = sam_xstrdup(c->args.words[i]);
        read_word(x, x->words[i], &names[i], &values[i], &problems);
    }
    struct csv_row header = {.fields = names, .count = n, .line = 1};
    struct csv_row line = {.fields = values, .count = n, .line = 2};
    if (!problems_any(&problems))
        people_columns_read(&x->columns, "person edit", &header, &problems);
    if (!problems_any(&problems) && !people_row_read(&x->row, &x->columns, &line, why))
        problems_add(&problems, "%s", why);
    return ctl_problems(&problems);
}

static void edit_deinit(struct edit *x, const struct ctl *c)
{
    for (size_t i = 1; x->words && i < c->args.words_count; i++)
        free(x->words[i]);
    free(x->words);
    people_columns_deinit(&x->columns);
    people_row_deinit(&x->row);
}

/* ---- the change ------------------------------------------------------------------------------ */

static void add_params(const struct edit *x, struct pg_params *params)
{
    static const enum people_column columns[] = {PEOPLE_FIRST_NAME, PEOPLE_LAST_NAME,
                                                 PEOPLE_COMPANY, PEOPLE_TITLE};
    pg_add_uuid(params, &x->id);
    for (size_t i = 0; i < SAM_ARRAY_LEN(columns); i++)
        pg_add_bool(params, x->given[columns[i]]);
    for (size_t i = 0; i < SAM_ARRAY_LEN(columns); i++)
        pg_add_text(params, x->row.texts[columns[i]]);
    pg_array_open(params, PG_ARRAY_TEXT);
    for (size_t i = 0; i < x->columns.custom_count; i++) {
        SAM_CLEANUP(freep) char *normal = people_column_normal(x->columns.custom[i].name);
        pg_item_text(params, normal);
    }
    pg_array_close(params);
    pg_add_json(params, x->row.custom.len ? buf_text(&x->row.custom) : NULL);
}

/* The keys of what the row has now (result: company, custom). */
static enum pg_failure write_keys(struct ctl *c, const struct edit *x, const struct pg_result *r,
                                  const char *sql)
{
    struct block_keys keys;
    block_keys_read(&keys, pg_text(r, 0, 0), pg_text(r, 0, 1));
    SAM_CLEANUP(freep) char *array = block_keys_array(&keys);
    block_keys_deinit(&keys);
    pg_add_uuid(ctl_params(c), &x->id);
    pg_add_text(&c->params, array);
    return pg_exec(c->pg, sql, &c->params, NULL);
}

/* The row of the import, which a corrected file is compared with. */
static enum pg_failure edit_imported(struct ctl *c, const struct edit *x, int *ret_rows)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    add_params(x, ctl_params(c));
    enum pg_failure failure = pg_exec(c->pg, waiting_sql, &c->params, &r);
    if (failure)
        return failure;
    *ret_rows = pg_rows(r);
    return *ret_rows ? write_keys(c, x, r, waiting_keys_sql) : PG_FINE;
}

static enum pg_failure edit_waiting(struct ctl *c, void *arg)
{
    int rows = 0;
    enum pg_failure failure = edit_imported(c, arg, &rows);
    return failure || rows
               ? failure
               : ctl_refuse(c, "the person's status has just changed; look and try again");
}

static enum pg_failure edit_person(struct ctl *c, void *arg)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    SAM_CLEANUP(schedule_deinit) struct schedule s = {.count = 0};
    struct edit *x = arg;
    int rows = 0;
    enum pg_failure failure = schedule_lock_account(&s, c, &x->person->account_id);
    if (failure)
        return failure;
    add_params(x, ctl_params(c));
    if ((failure = pg_exec(c->pg, person_sql, &c->params, &r)))
        return failure;
    if (pg_rows(r) == 0)
        return ctl_refuse(c,
                          "campaign %s (%s): the person has been written to already, or has ended: "
                          "only who was not contacted yet can be edited",
                          x->person->campaign, person_status_name(x->person->status));
    failure = write_keys(c, x, r, keys_sql);
    if (!failure)
        failure = edit_imported(c, x, &rows);
    x->texts = (struct waiting_texts){
        .campaign_id = &x->person->campaign_id, .prospect_id = &x->id, .accounts = &s};
    if (!failure)
        failure = waiting_texts_refresh(&x->texts, c);
    if (!failure)
        failure = schedule_release(&s, c, (const char *const[]){"person_held", NULL}, NULL, &x->id);
    return failure ? failure : schedule_kick(&s, c);
}

/* ---- the command ----------------------------------------------------------------------------- */

static void report_person(const struct ctl *c, const struct edit *x, const char *campaign)
{
    char id[UUID_TEXT_BYTES];
    const char *problem = x->texts.held ? x->texts.problem : NULL;
    uuid_format(&x->id, id);
    ctl_result(c, "person_id", id, "campaign", campaign, "text",
               x->texts.held ? "held" : (x->texts.changed ? "changed" : "unchanged"), "problem",
               problem, NULL);
    ctl_say(c, "campaign %s: changed%s", campaign,
            x->texts.changed ? ", and the text that waits was written anew" : "");
    if (problem)
        ctl_say(c, "campaign %s: the person is on hold, their text cannot be sent: %s", campaign,
                problem);
}

/* What an import would say of the values. */
static void report_values(const struct ctl *c, const struct edit *x)
{
    static const enum people_column names[] = {PEOPLE_FIRST_NAME, PEOPLE_LAST_NAME};
    static const enum people_column texts[] = {PEOPLE_COMPANY, PEOPLE_TITLE};
    const char *what;
    if (x->row.emptied > 0)
        ctl_say(c, "note: values that no person has (null, N/A, #REF!, an address as a name) count "
                   "as empty: the text's fallback, or the person is held");
    for (size_t i = 0; i < SAM_ARRAY_LEN(names); i++) {
        if ((what = doubtful_name(x->row.texts[names[i]])))
            ctl_say(c, "note: %s has %s; preview shows it first", people_column_name(names[i]),
                    what);
        if ((what = doubtful_text(x->row.texts[texts[i]])))
            ctl_say(c, "note: %s has %s; preview shows it first", people_column_name(texts[i]),
                    what);
    }
}

static enum ctl_exit edit_people(struct ctl *c, struct edit *x, const struct people *people)
{
    size_t changed = 0;
    for (size_t i = 0; i < people->count; i++) {
        x->person = &people->rows[i];
        x->id = x->person->id;
        enum ctl_exit e = ctl_transaction(c, edit_person, x);
        if (e && !c->refused)
            return e;
        if (e)
            continue;
        changed++;
        report_person(c, x, x->person->campaign);
    }
    return changed ? CTL_DONE : CTL_FAILED;
}

/* *ret_found: somebody of this name waits for approval. */
static enum ctl_exit edit_not_approved(struct ctl *c, struct edit *x, bool *ret_found)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct lookup_workspace w;
    struct lookup_campaign campaign;
    struct identity id;
    bool of_campaign = args_has(&c->args, "campaign");
    enum ctl_exit e;
    *ret_found = false;
    if (identity_parse(c->args.words[0], &id) != IDENTITY_OK)
        return CTL_DONE;
    if ((e = lookup_workspace(c, &w)) ||
        (of_campaign && (e = lookup_campaign_option(c, &campaign))))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    pg_add_text(&c->params, id.text);
    pg_add_uuid(&c->params, of_campaign ? &campaign.id : NULL);
    if ((e = ctl_query(c, not_approved_sql, &r)))
        return e;
    for (int row = 0; !e && row < pg_rows(r); row++) {
        *ret_found = true;
        x->id = pg_uuid(r, row, 0);
        x->texts = (struct waiting_texts){.changed = 0};
        if (!(e = ctl_transaction(c, edit_waiting, x)))
            report_person(c, x, pg_text(r, row, 1));
    }
    return e;
}

enum ctl_exit command_person_edit(struct ctl *c)
{
    SAM_CLEANUP(people_deinit) struct people people = {.count = 0};
    struct edit x = {.person = NULL};
    bool waits = false;
    people_row_init(&x.row);
    enum ctl_exit e = read_words(&x, c);
    if (!e && !(e = ctl_connect(c)) && !(e = edit_not_approved(c, &x, &waits)))
        e = waits ? people_find_named(c, c->args.words[0], &people)
                  : people_find(c, c->args.words[0], &people);
    if (!e && people.count > 0)
        e = edit_people(c, &x, &people);
    if (!e)
        report_values(c, &x);
    edit_deinit(&x, c);
    return e;
}
