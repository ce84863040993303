#include <inttypes.h>

#include "common/base/clock.h"
#include "common/model/campaign_keys.h"

#include "common/base/banned.h"

static void add_key(struct buf *out, const char *key)
{
    buf_addc(out, out->len == 0 ? '{' : ',');
    buf_add_json(out, key);
    buf_addc(out, ':');
}

static void add_text(struct buf *out, const char *key, const char *value)
{
    if (!value)
        return;
    add_key(out, key);
    buf_add_json(out, value);
}

/* at_ms: 0 and TIME_NEVER_MS are left out. */
static void add_moment(struct buf *out, const char *key, int64_t at_ms)
{
    char text[TIME_TEXT_BYTES];
    if (at_ms == 0 || at_ms >= TIME_NEVER_MS)
        return;
    time_format_utc(at_ms, text);
    add_text(out, key, text);
}

static void add_span(struct buf *out, int64_t ms)
{
    char text[DURATION_TEXT_BYTES];
    duration_format(ms, text);
    buf_add_json(out, text);
}

static void add_accounts(struct buf *out, const struct campaign_file *f)
{
    add_key(out, "accounts");
    for (size_t i = 0; i < f->accounts_count; i++) {
        buf_addc(out, i ? ',' : '[');
        buf_add_json(out, f->accounts[i]);
    }
    buf_adds(out, f->accounts_count ? "]" : "[]");
}

static void add_weekend(struct buf *out, int mask)
{
    bool any = false;
    if (mask < 0)
        return;
    add_key(out, "weekend");
    buf_addc(out, '[');
    for (int day = 0; day < 7; day++) {
        if (!(mask & 1 << day))
            continue;
        buf_adds(out, any ? "," : "");
        buf_add_json(out, campaign_days[day]);
        any = true;
    }
    buf_addc(out, ']');
}

static void add_messages(struct buf *out, const struct campaign_file *f)
{
    add_key(out, "message_templates");
    buf_addc(out, '{');
    for (size_t i = 0; i < f->steps_count; i++) {
        const struct campaign_step *step = &f->steps[i];
        buf_adds(out, i ? "," : "");
        buf_add_json(out, step->message_type);
        buf_addc(out, ':');
        if (i > 0) {
            buf_adds(out, "{\"after\":");
            add_span(out, step->after_ms);
            buf_adds(out, ",\"text\":");
        }
        buf_add_json(out, step->text);
        buf_adds(out, i ? "}" : "");
    }
    buf_addc(out, '}');
}

void campaign_file_write(const struct campaign_file *f, struct buf *out)
{
    add_text(out, "workspace", f->workspace);
    add_text(out, "name", f->name);
    add_text(out, "campaign_type", campaign_type_name(f->type));
    add_accounts(out, f);
    add_text(out, "country", f->country);
    add_text(out, "subdivision", f->subdivision);
    add_text(out, "timezone", f->timezone);
    add_key(out, "hours");
    buf_addf(out, "{\"from\":\"%02d:%02d\",\"to\":\"%02d:%02d\"}", f->opens_minute / 60,
             f->opens_minute % 60, f->closes_minute / 60, f->closes_minute % 60);
    add_weekend(out, f->weekend_mask);
    add_key(out, "holidays");
    buf_adds(out, f->holidays ? "true" : "false");
    add_text(out, "on_note_limit", note_limit_name(f->on_note_limit));
    add_key(out, "give_up_after");
    add_span(out, f->give_up_after_ms);
    add_moment(out, "start_at", f->start_at_ms);
    add_moment(out, "end_at", f->end_at_ms);
    if (f->daily_cap > 0) {
        add_key(out, "daily_cap");
        buf_add_i64(out, f->daily_cap);
    }
    if (f->contact_again_after_ms > 0) {
        add_key(out, "contact_again_after");
        add_span(out, f->contact_again_after_ms);
    }
    add_messages(out, f);
    buf_addc(out, '}');
}
