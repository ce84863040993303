#include "producer/ctl/campaign_columns.h"

#include <string.h>

#include "common/model/template.h"

#include "common/base/banned.h"

#define SHOWN_BYTES 1000 /* of the names that there are */

/* $1 campaign. Who was rejected does not take part. The second is slow with many people, and asked
 * only when the header does not answer. */
#define PEOPLE_OF_CAMPAIGN                                                                         \
    "(SELECT d.custom FROM prospect_approval_data d WHERE d.campaign_id = $1 "                     \
    "AND d.status = 'pending' UNION ALL SELECT q.custom FROM campaign_prospects q "                \
    "WHERE q.campaign_id = $1) p "
static const char anybody_sql[] = "SELECT EXISTS (SELECT FROM " PEOPLE_OF_CAMPAIGN ")";
static const char names_sql[] =
    "SELECT DISTINCT k FROM " PEOPLE_OF_CAMPAIGN
    "CROSS JOIN LATERAL jsonb_object_keys(p.custom) k WHERE p.custom IS NOT NULL ORDER BY k";
static const char steps_sql[] = "SELECT steps::text FROM campaigns WHERE id = $1";
/* $1 workspace, $2 name. */
static const char campaign_sql[] =
    "SELECT id FROM campaigns WHERE workspace_id = $1 AND name = $2 AND status <> 'stopped'";

struct names {
    bool asked;
    bool anybody;
    struct pg_result *rows; /* owned */
};

static enum ctl_exit ask_names(const struct campaign_columns *x, struct ctl *c, struct names *n)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *anybody = NULL;
    if (n->asked)
        return CTL_DONE;
    pg_add_uuid(ctl_params(c), x->campaign_id);
    enum ctl_exit e = ctl_query(c, anybody_sql, &anybody);
    if (e)
        return e;
    pg_add_uuid(ctl_params(c), x->campaign_id);
    if ((e = ctl_query(c, names_sql, &n->rows)))
        return e;
    n->anybody = pg_bool(anybody, 0, 0);
    n->asked = true;
    return CTL_DONE;
}

static bool somebody_has(const struct names *n, const char *name)
{
    for (int i = 0; i < pg_rows(n->rows); i++) {
        if (people_column_same(pg_text(n->rows, i, 0), name))
            return true;
    }
    return false;
}

static void add_name(struct buf *out, const char *name)
{
    buf_addf(out, "%s{custom.%s}", out->len ? ", " : "", name);
}

static void add_problem(const struct campaign_columns *x, const struct names *n,
                        const struct campaign_step *step, const char *name,
                        struct problems *problems)
{
    struct buf there SAM_CLEANUP(buf_deinit) = BUF_INIT(SHOWN_BYTES);
    for (size_t i = 0; x->header && i < x->header->custom_count; i++)
        add_name(&there, x->header->custom[i].name);
    for (int i = 0; i < pg_rows(n->rows); i++) {
        const char *known = pg_text(n->rows, i, 0);
        if (!x->header || !people_columns_has_custom(x->header, known))
            add_name(&there, known);
    }
    problems_add(problems, "%s: message_templates.%s: {custom.%s}: nobody has this column; %s%s%s",
                 x->label, step->message_type, name, there.len ? "there are " : "there is none",
                 buf_text(&there), there.overflow ? " …" : "");
}

static enum ctl_exit check_step(const struct campaign_columns *x, struct ctl *c, struct names *n,
                                const struct campaign_step *step, struct problems *problems)
{
    SAM_CLEANUP(problems_deinit) struct problems none = PROBLEMS_INIT; /* told when it was saved */
    struct template *t SAM_CLEANUP(template_freep) = template_compile("", step->text, &none);
    size_t at = 0;
    const char *name;
    while (t && (name = template_next_custom(t, &at))) {
        if (x->header && people_columns_has_custom(x->header, name))
            continue;
        enum ctl_exit e = ask_names(x, c, n);
        if (e)
            return e;
        if ((x->header || n->anybody) && !somebody_has(n, name))
            add_problem(x, n, step, name, problems);
    }
    return CTL_DONE;
}

enum ctl_exit campaign_columns_check(const struct campaign_columns *x, struct ctl *c,
                                     struct problems *problems)
{
    struct names n = {.asked = false};
    enum ctl_exit e = CTL_DONE;
    for (size_t i = 0; !e && i < x->steps_count; i++)
        e = check_step(x, c, &n, &x->steps[i], problems);
    pg_result_free(n.rows);
    return e;
}

enum ctl_exit campaign_columns_check_saved(struct campaign_columns x, struct ctl *c,
                                           struct problems *problems)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    struct campaign_step steps[CAMPAIGN_STEPS_MAX];
    size_t count = 0;
    pg_add_uuid(ctl_params(c), x.campaign_id);
    enum ctl_exit e = ctl_query(c, steps_sql, &r);
    if (e)
        return e;
    const char *json = pg_rows(r) ? pg_text(r, 0, 0) : "";
    if (campaign_steps_from_json(json, strlen(json), steps, &count) != 0)
        return ctl_fail("the campaign's texts cannot be used: campaigns.steps cannot be read");
    x.steps = steps;
    x.steps_count = count;
    e = campaign_columns_check(&x, c, problems);
    campaign_steps_deinit(steps, count);
    return e;
}

enum ctl_exit campaign_columns_check_file(const struct campaign_file *f,
                                          const struct uuid *workspace_id, struct ctl *c)
{
    SAM_CLEANUP(problems_deinit) struct problems problems = PROBLEMS_INIT;
    SAM_CLEANUP(pg_result_freep) struct pg_result *r = NULL;
    pg_add_uuid(ctl_params(c), workspace_id);
    pg_add_text(&c->params, f->name);
    enum ctl_exit e = ctl_query(c, campaign_sql, &r);
    if (e || pg_rows(r) == 0)
        return e;
    struct uuid id = pg_uuid(r, 0, 0);
    const struct campaign_columns x = {.label = c->args.words[0],
                                       .campaign_id = &id,
                                       .steps = f->steps,
                                       .steps_count = f->steps_count};
    e = campaign_columns_check(&x, c, &problems);
    return e ? e : ctl_problems(&problems);
}
