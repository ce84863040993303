#include "producer/ctl/person_opt_out.h"

#include "producer/ctl/blocklist.h"

#include "common/base/banned.h"

/* Under all names that the imports have told. $1 workspace, $2 name. */
static const char names_sql[] =
    "SELECT d.vanity, d.provider_id, c.name FROM campaigns c JOIN prospect_approval_data d "
    "ON d.campaign_id = c.id AND (d.vanity = $2 OR d.provider_id = $2) WHERE c.workspace_id = $1 "
    "AND d.status = 'pending' ORDER BY c.name";
/* $1 workspace, $2 text[] names. */
static const char reject_sql[] =
    "UPDATE prospect_approval_data d SET status = 'rejected', decided_at = sam_now() "
    "FROM campaigns c WHERE c.workspace_id = $1 AND d.campaign_id = c.id AND d.status = 'pending' "
    "AND (d.vanity = ANY ($2) OR d.provider_id = ANY ($2))";

static void add_name(struct block_entries *b, const char *name)
{
    if (!*name)
        return;
    b->rows = sam_xrealloc(b->rows, (b->count + 1) * sizeof(*b->rows));
    b->rows[b->count++] =
        (struct block_entry){.value = sam_xstrdup(name), .given = sam_xstrdup(name)};
}

static enum pg_failure opt_out(struct ctl *c, void *arg)
{
    struct blocklist_change *b = arg;
    enum pg_failure failure = blocklist_add(c, b);
    if (failure)
        return failure;
    pg_add_uuid(ctl_params(c), &b->workspace_id);
    block_entries_add_values(b->entries, &c->params);
    return pg_exec(c->pg, reject_sql, &c->params, NULL);
}

static void report_opt_out(const struct ctl *c, const struct pg_result *waiting, const char *name)
{
    for (int row = 0; row < pg_rows(waiting); row++) {
        ctl_result(c, "person", name, "campaign", pg_text(waiting, row, 2), "status", "rejected",
                   "blocklist", "person", NULL);
        ctl_say(c, "campaign %s: %s was not approved yet, and is rejected now",
                pg_text(waiting, row, 2), name);
    }
    if (pg_rows(waiting) == 0) {
        ctl_result(c, "person", name, "campaign", NULL, "status", NULL, "blocklist", "person",
                   NULL);
        ctl_say(c, "%s takes part in no campaign", name);
    }
    ctl_say(c,
            "%s stands on the blocklist of the workspace now: nothing is sent to them, whoever "
            "imports them; `samctl blocklist remove person %s` takes that back",
            name, name);
}

enum ctl_exit person_opt_out_absent(struct ctl *c, const char *text)
{
    SAM_CLEANUP(block_entries_deinit) struct block_entries entries = {.kind = BLOCK_PERSON};
    SAM_CLEANUP(pg_result_freep) struct pg_result *waiting = NULL;
    struct blocklist_change b = {.entries = &entries, .again = true};
    struct lookup_workspace w;
    struct identity id;
    enum identity_problem bad = identity_parse(text, &id);
    enum ctl_exit e;
    if (bad != IDENTITY_OK)
        return ctl_fail("%.100s: %s", text, identity_problem_text(bad));
    if ((e = lookup_workspace(c, &w)))
        return e;
    pg_add_uuid(ctl_params(c), &w.id);
    pg_add_text(&c->params, id.text);
    if ((e = ctl_query(c, names_sql, &waiting)))
        return e;
    add_name(&entries, id.text);
    for (int row = 0; row < pg_rows(waiting); row++) {
        add_name(&entries, pg_text(waiting, row, 0));
        add_name(&entries, pg_text(waiting, row, 1));
    }
    b.workspace_id = w.id;
    if (!(e = ctl_transaction(c, opt_out, &b)))
        report_opt_out(c, waiting, id.text);
    if (!e)
        block_tell_note(&b.tell, c);
    blocklist_change_deinit(&b);
    return e;
}
