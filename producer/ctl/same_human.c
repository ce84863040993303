#include "producer/ctl/same_human.h"

#include "common/base/banned.h"

enum ctl_exit same_human_read(struct ctl *c, const char *text, struct same_human *ret)
{
    *ret = (struct same_human){.identity = {.text = ""}};
    enum ctl_exit e;
    if ((e = ctl_connect(c)) || (e = lookup_workspace(c, &ret->workspace)))
        return e;
    if (uuid_parse(text, &ret->id) == 0)
        return CTL_DONE;
    enum identity_problem bad = identity_parse(text, &ret->identity);
    return bad == IDENTITY_OK ? CTL_DONE : ctl_fail("%.100s: %s", text, identity_problem_text(bad));
}

void same_human_params(struct ctl *c, const struct same_human *h)
{
    bool by_id = !uuid_is_null(&h->id);
    bool by_vanity = !by_id && h->identity.kind == IDENTITY_VANITY;
    pg_add_uuid(ctl_params(c), &h->workspace.id);
    pg_add_uuid(&c->params, by_id ? &h->id : NULL);
    pg_add_text(&c->params, by_vanity ? h->identity.text : NULL);
    pg_add_text(&c->params, by_id || by_vanity ? NULL : h->identity.text);
}
