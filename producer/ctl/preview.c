/* preview: every person's texts are rendered; what cannot be sent is counted, and a few are shown,
 * first those of people whose name or data looks doubtful. */
#include "producer/ctl/preview.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/model/doubtful.h"
#include "producer/ctl/campaign_columns.h"
#include "producer/ctl/commands.h"
#include "producer/ctl/contacted_before.h"
#include "producer/ctl/people.h"

#include "common/base/banned.h"

#define SHOWN_USUAL 3
#define SHOWN_MAX   1000000
#define FETCH_ROWS  "2000"
#define TEXT_BYTES  (64 << 10)
#define TROUBLE_MAX 50       /* kinds of problems that are counted apart */
#define NO_STEP     SIZE_MAX /* of a doubt: it concerns the person */

/* Who waits for approval, and who takes part already. $1 campaign, $2 person or NULL. */
static const char people_sql[] =
    "DECLARE preview NO SCROLL CURSOR FOR SELECT p.who, p.id, " PREVIEW_PERSON_COLUMNS
    "FROM (SELECT coalesce(d.vanity, d.provider_id) AS who, d.id, d.account_id, d.first_name, "
    "d.last_name, d.company, d.title, d.custom FROM prospect_approval_data d "
    "WHERE d.campaign_id = $1 AND d.status = 'pending' UNION ALL "
    "SELECT coalesce(q.vanity, q.provider_id), q.id, q.account_id, q.first_name, q.last_name, "
    "q.company, q.title, q.custom FROM campaign_prospects q WHERE q.campaign_id = $1) p "
    "JOIN linkedin_accounts a ON a.id = p.account_id "
    "WHERE $2::text IS NULL OR p.who = $2 ORDER BY p.id";
static const char campaign_sql[] = "SELECT steps::text, on_note_limit FROM campaigns WHERE id = $1";

/* The people are walked over several times: to count, and to show. */
enum walk { WALK_COUNT, WALK_SHOW_DOUBTFUL, WALK_SHOW_OTHERS };

struct trouble {
    size_t step;
    char problem[PREVIEW_PROBLEM_BYTES];
    enum note_done note; /* not as written: it is sent, but changed */
    int64_t people;
    char example[VANITY_MAX_BYTES + 1];
};

struct preview {
    struct ctl *c;
    struct texts *cache;
    struct texts_campaign *texts; /* borrowed from the cache */
    enum note_limit on_limit;
    int64_t shown_max;
    enum walk walk;
    int64_t people;
    int64_t shown;
    int64_t unsendable;        /* texts */
    int64_t doubtful;          /* people */
    bool has[PEOPLE_COLUMN_N]; /* somebody has it */
    struct trouble *troubles;  /* owned */
    size_t troubles_count;
    struct buf text;
    struct contacted_before before;
    struct table table;       /* JSON only */
    struct problems problems; /* of the campaign as a whole */
};

struct texts_person preview_person(const struct pg_result *r, int row, int first_col,
                                   enum note_limit on_limit)
{
    struct texts_person p = {.first_name = pg_text(r, row, first_col),
                             .last_name = pg_text(r, row, first_col + 1),
                             .company = pg_text(r, row, first_col + 2),
                             .title = pg_text(r, row, first_col + 3),
                             .custom_json = pg_text(r, row, first_col + 4),
                             .on_limit = on_limit};
    if (account_plan_parse(pg_text(r, row, first_col + 5), &p.plan) != 0)
        p.plan = PLAN_FREE;
    return p;
}

bool preview_render(const struct texts_campaign *texts, size_t step,
                    const struct texts_person *person, struct buf *out, enum note_done *ret_note,
                    char problem[PREVIEW_PROBLEM_BYTES])
{
    struct texts_result result = {.detail = ""};
    const char *detail = result.detail;
    switch (texts_render(texts, step, person, out, &result)) {
    case TEMPLATE_OK:
        *ret_note = result.note;
        return true;
    case TEMPLATE_MISSING:
        (void)snprintf(problem, PREVIEW_PROBLEM_BYTES, "%s is missing and has no fallback", detail);
        break;
    case TEMPLATE_TOO_LONG:
        (void)snprintf(problem, PREVIEW_PROBLEM_BYTES, "too long: %s", detail);
        break;
    case TEMPLATE_INVALID:
        (void)snprintf(problem, PREVIEW_PROBLEM_BYTES, "cannot be sent: %s", detail);
        break;
    }
    return false;
}

static const struct column columns[] = {
    {"kind", NULL, COLUMN_TEXT},         {"person", NULL, COLUMN_TEXT},
    {"message_type", NULL, COLUMN_TEXT}, {"text", NULL, COLUMN_TEXT},
    {"problem", NULL, COLUMN_TEXT},      {"people", NULL, COLUMN_NUMBER},
    {"doubt", NULL, COLUMN_TEXT},        {"note", NULL, COLUMN_TEXT}};

/* What stands in the person's data that no human would have written; false: nothing. */
static bool find_doubt(const struct texts_person *person, char doubt[PREVIEW_PROBLEM_BYTES])
{
    const struct {
        const char *where;
        const char *what;
    } rows[] = {{"first_name", doubtful_name(person->first_name)},
                {"last_name", doubtful_name(person->last_name)},
                {"company", doubtful_text(person->company)},
                {"title", doubtful_text(person->title)},
                {"another column", doubtful_text(person->custom_json)}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(rows); i++) {
        if (!rows[i].what)
            continue;
        (void)snprintf(doubt, PREVIEW_PROBLEM_BYTES, "%s has %s", rows[i].where, rows[i].what);
        return true;
    }
    return false;
}

static void write_message(struct preview *p, const char *who, const char *doubt, const char *type,
                          const char *problem, enum note_done note)
{
    table_text(&p->table, "message");
    table_text(&p->table, who);
    table_text(&p->table, type);
    table_text(&p->table, problem ? NULL : buf_text(&p->text));
    table_text(&p->table, problem);
    table_null(&p->table);
    table_text(&p->table, doubt);
    table_text(&p->table, problem ? NULL : note_done_name(note));
}

/* what, and in brackets what is to be said of it; NULL = nothing. */
static void print_line(const char *mark, const char *what, const char *label, const char *said)
{
    (void)printf("%s %s", mark, what);
    if (said)
        (void)printf(" (%s%s)", label, said);
    (void)printf("\n");
}

/* doubt, problem: NULL = none; note: of a text without a problem. */
static void show_text(struct preview *p, const char *who, const char *doubt, size_t step,
                      const char *problem, enum note_done note)
{
    const char *type = texts_step(p->texts, step)->message_type;
    if (p->c->json) {
        write_message(p, who, doubt, type, problem, note);
        return;
    }
    if (step == 0)
        print_line("==", who, "doubtful: ", doubt);
    if (problem) {
        (void)printf("-- %s: NOT SENT: %s\n\n", type, problem);
        return;
    }
    print_line("--", type, "", note_done_sentence(note));
    (void)printf("%s\n\n", p->text.len ? buf_text(&p->text) : "(no note)");
}

static void count_trouble(struct preview *p, const char *who, size_t step, const char *problem,
                          enum note_done note)
{
    for (size_t i = 0; i < p->troubles_count; i++) {
        struct trouble *t = &p->troubles[i];
        if (t->step == step && strcmp(t->problem, problem) == 0) {
            t->people++;
            return;
        }
    }
    if (p->troubles_count == TROUBLE_MAX)
        return;
    struct trouble *t = &p->troubles[p->troubles_count++];
    t->step = step;
    t->people = 1;
    t->note = note;
    (void)snprintf(t->problem, sizeof(t->problem), "%s", problem);
    (void)snprintf(t->example, sizeof(t->example), "%s", who);
}

static void show_person(struct preview *p, const char *who, const struct texts_person *person,
                        const char *doubt)
{
    for (size_t step = 0; step < texts_steps(p->texts); step++) {
        char problem[PREVIEW_PROBLEM_BYTES];
        enum note_done note = NOTE_AS_WRITTEN;
        bool good = preview_render(p->texts, step, person, &p->text, &note, problem);
        show_text(p, who, doubt, step, good ? NULL : problem, note);
    }
    p->shown++;
}

static void count_person(struct preview *p, const char *who, const struct texts_person *person,
                         const char *doubt)
{
    p->people++;
    p->has[PEOPLE_FIRST_NAME] |= *person->first_name != '\0';
    p->has[PEOPLE_LAST_NAME] |= *person->last_name != '\0';
    p->has[PEOPLE_COMPANY] |= *person->company != '\0';
    p->has[PEOPLE_TITLE] |= *person->title != '\0';
    p->doubtful += doubt ? 1 : 0;
    if (doubt)
        count_trouble(p, who, NO_STEP, doubt, NOTE_AS_WRITTEN);
    for (size_t step = 0; step < texts_steps(p->texts); step++) {
        char problem[PREVIEW_PROBLEM_BYTES];
        enum note_done note = NOTE_AS_WRITTEN;
        if (!preview_render(p->texts, step, person, &p->text, &note, problem)) {
            p->unsendable++;
            count_trouble(p, who, step, problem, NOTE_AS_WRITTEN);
        } else if (note_done_sentence(note)) {
            count_trouble(p, who, step, note_done_sentence(note), note);
        }
    }
}

static void preview_one(struct preview *p, const struct pg_result *r, int row)
{
    char doubt[PREVIEW_PROBLEM_BYTES];
    const char *who = pg_text(r, row, 0);
    struct texts_person person = preview_person(r, row, 2, p->on_limit);
    bool doubtful = find_doubt(&person, doubt);
    if (p->walk == WALK_COUNT)
        count_person(p, who, &person, doubtful ? doubt : NULL);
    else if (p->shown < p->shown_max && doubtful == (p->walk == WALK_SHOW_DOUBTFUL))
        show_person(p, who, &person, doubtful ? doubt : NULL);
}

static enum pg_failure walk_people(struct preview *p, enum walk walk)
{
    struct ctl *c = p->c;
    p->walk = walk;
    enum pg_failure failure = pg_exec(c->pg, people_sql, &c->params, NULL);
    while (!failure && (walk == WALK_COUNT || p->shown < p->shown_max)) {
        SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
        failure = pg_exec(c->pg, "FETCH " FETCH_ROWS " FROM preview", NULL, &r);
        if (failure || pg_rows(r) == 0)
            break;
        for (int row = 0; row < pg_rows(r); row++)
            preview_one(p, r, row);
    }
    return failure ? failure : pg_script(c->pg, "CLOSE preview");
}

static enum pg_failure walk(struct ctl *c, void *arg)
{
    struct preview *p = arg;
    (void)c;
    enum pg_failure failure = walk_people(p, WALK_COUNT);
    if (!failure && p->doubtful > 0)
        failure = walk_people(p, WALK_SHOW_DOUBTFUL);
    return failure ? failure : walk_people(p, WALK_SHOW_OTHERS);
}

static void report_trouble(struct preview *p, const struct trouble *t)
{
    bool doubt = t->step == NO_STEP;
    bool note = t->note != NOTE_AS_WRITTEN;
    const char *type = doubt ? NULL : texts_step(p->texts, t->step)->message_type;
    if (p->c->json) {
        table_text(&p->table, doubt ? "doubtful" : note ? "note" : "problem");
        table_text(&p->table, t->example);
        table_text(&p->table, type);
        table_null(&p->table);
        table_text(&p->table, t->problem);
        table_number(&p->table, t->people);
        table_null(&p->table);
        table_text(&p->table, note ? note_done_name(t->note) : NULL);
    }
    ctl_say(p->c, "%s: %" PRId64 " of %" PRId64 " people, e.g. %s: %s", doubt ? "doubtful" : type,
            t->people, p->people, t->example, t->problem);
}

/* A slip in the header looks like this: nobody is held, since the text has a fallback. */
static void note_missing_columns(struct preview *p)
{
    SAM_CLEANUP(problems_deinit) struct problems none = PROBLEMS_INIT; /* told when it was saved */
    for (size_t i = 0; i < texts_steps(p->texts); i++) {
        struct template *t SAM_CLEANUP(template_freep) =
            template_compile("", texts_step(p->texts, i)->text, &none);
        for (int column = 0; t && column < PEOPLE_COLUMN_N; column++) {
            if (p->has[column] || !template_uses(t, (enum people_column)column))
                continue;
            p->has[column] = true; /* told once */
            ctl_say(p->c, "note: nobody has a %s: everybody gets the fallback, or is held",
                    people_column_name((enum people_column)column));
        }
    }
}

static void report_contacted(struct preview *p, const char *kind,
                             const struct contacted_people *who)
{
    if (who->count == 0)
        return;
    if (p->c->json) {
        table_text(&p->table, kind);
        table_text(&p->table, who->example);
        table_null(&p->table);
        table_null(&p->table);
        table_text(&p->table, who->words);
        table_number(&p->table, who->count);
        table_null(&p->table);
        table_null(&p->table);
    }
    ctl_say(p->c, "%s: %" PRId64 " of %" PRId64 " people, e.g. %s: %s", kind, who->count, p->people,
            who->example, who->words);
}

static void report(struct preview *p)
{
    report_contacted(p, "already_contacted", &p->before.held);
    report_contacted(p, "contact_again", &p->before.again);
    if (p->people > 0 && !args_has(&p->c->args, "person"))
        note_missing_columns(p);
    for (size_t i = 0; i < p->troubles_count; i++)
        report_trouble(p, &p->troubles[i]);
    if (p->people == 0)
        ctl_say(p->c, "nobody is in the campaign yet: `samctl import people.csv --campaign %s`",
                p->c->args.words[0]);
    else if (p->unsendable > 0)
        ctl_say(p->c, "who has a text that cannot be sent is held before it, and only they");
    else if (!problems_any(&p->problems))
        ctl_say(p->c, "the texts of all %" PRId64 " people can be sent", p->people);
    if (p->doubtful > 0)
        ctl_say(p->c, "doubtful data is sent as it stands: correct the file, or reject the person "
                      "(`samctl approve --campaign C --person P --reject`)");
}

static enum ctl_exit load(struct preview *p, const struct lookup_campaign *campaign)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    char why[PREVIEW_PROBLEM_BYTES] = "";
    pg_add_uuid(ctl_params(p->c), &campaign->id);
    enum ctl_exit e = ctl_query(p->c, campaign_sql, &r);
    if (e)
        return e;
    p->texts = texts_campaign(p->cache, &campaign->id, pg_text(r, 0, 0), why, sizeof(why));
    if (!p->texts || note_limit_parse(pg_text(r, 0, 1), &p->on_limit) != 0)
        return ctl_fail("the campaign's texts cannot be used: %s", why);
    return CTL_DONE;
}

static enum ctl_exit check_columns(struct preview *p, const struct lookup_campaign *campaign)
{
    const struct campaign_columns x = {.label = p->c->args.words[0],
                                       .campaign_id = &campaign->id,
                                       .steps = texts_step(p->texts, 0),
                                       .steps_count = texts_steps(p->texts)};
    return campaign_columns_check(&x, p->c, &p->problems);
}

static enum ctl_exit preview(struct preview *p)
{
    struct ctl *c = p->c;
    struct lookup_campaign campaign;
    struct identity person = {.text = ""};
    char why[ARGS_WHY_BYTES];
    const char *who = args_get(&c->args, "person");
    enum ctl_exit e;
    if (args_number(&c->args, "limit", 0, SHOWN_MAX, &p->shown_max, why) != 0)
        return ctl_wrong_use("preview: %s", why);
    enum identity_problem bad = who ? identity_parse(who, &person) : IDENTITY_OK;
    if (bad != IDENTITY_OK)
        return ctl_fail("--person %.100s: %s", who, identity_problem_text(bad));
    if ((e = ctl_connect(c)) || (e = lookup_campaign(c, c->args.words[0], &campaign)) ||
        (e = load(p, &campaign)))
        return e;
    pg_add_uuid(ctl_params(c), &campaign.id);
    pg_add_text(&c->params, who ? person.text : NULL);
    if ((e = ctl_transaction(c, walk, p)) || (e = check_columns(p, &campaign)))
        return e;
    if (!who && (e = contacted_before(c, &campaign.id, &p->before)))
        return e;
    if (who && p->people == 0)
        return ctl_fail("%s is not in the campaign", person.text);
    report(p);
    return ctl_problems(&p->problems);
}

enum ctl_exit command_preview(struct ctl *c)
{
    struct preview p = {.c = c, .cache = texts_new(), .shown_max = SHOWN_USUAL};
    buf_init(&p.text, TEXT_BYTES);
    p.troubles = sam_xcalloc(TROUBLE_MAX, sizeof(*p.troubles));
    table_init(&p.table, columns, SAM_ARRAY_LEN(columns), true, stdout);
    enum ctl_exit e = preview(&p);
    table_deinit(&p.table);
    free(p.troubles);
    buf_deinit(&p.text);
    texts_free(p.cache);
    problems_deinit(&p.problems);
    return e;
}
