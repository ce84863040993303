#include "worker/apply_latest.h"

#include "common/base/banned.h"

static bool campaign_goes_over(const struct event *x, const struct event *y)
{
    bool x_stops = x->campaign.status == CAMPAIGN_STOPPED;
    bool y_stops = y->campaign.status == CAMPAIGN_STOPPED;
    if (x_stops != y_stops)
        return x_stops;
    return x->campaign.version > y->campaign.version;
}

bool apply_latest_campaign(const struct event *events, size_t count, size_t i)
{
    const struct event *e = &events[i];
    if (e->type != EVENT_CAMPAIGN)
        return false;
    for (size_t j = 0; j < count; j++) {
        const struct event *other = &events[j];
        if (j == i || other->type != EVENT_CAMPAIGN ||
            !uuid_equal(&other->campaign.id, &e->campaign.id))
            continue;
        /* of two alike the later is written */
        if (campaign_goes_over(other, e) || (j > i && !campaign_goes_over(e, other)))
            return false;
    }
    return true;
}

bool apply_latest_workspace(const struct event *events, size_t count, size_t i)
{
    const struct event *e = &events[i];
    if (e->type != EVENT_WORKSPACE)
        return false;
    for (size_t j = 0; j < count; j++) {
        const struct event *other = &events[j];
        if (j == i || other->type != EVENT_WORKSPACE ||
            !uuid_equal(&other->workspace_id, &e->workspace_id))
            continue;
        if (other->workspace.version > e->workspace.version ||
            (j > i && other->workspace.version == e->workspace.version))
            return false;
    }
    return true;
}

static bool is_sync(const struct event *e)
{
    return e->type == EVENT_ACCOUNT && e->account.is_sync;
}

bool apply_latest_sync(const struct event *events, size_t count, size_t i)
{
    const struct event *e = &events[i];
    if (!is_sync(e))
        return false;
    for (size_t j = i + 1; j < count; j++) {
        const struct event *later = &events[j];
        if (is_sync(later) && uuid_equal(&later->account_id, &e->account_id) &&
            later->account.sync_kind == e->account.sync_kind &&
            later->account.dispatch == e->account.dispatch)
            return false;
    }
    return true;
}
