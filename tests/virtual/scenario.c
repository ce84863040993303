/* The scenario on stdin, one thing a line, blanks between the words; moments and spans in ms:
 *   account NAME ZONE SPACING JITTER DAILY INVITATIONS WEEKLY MESSAGES VIEWS SPREAD RAMP_DAYS FROM
 *   ends NOT_EXECUTED REFUSED UNKNOWN UNTRIED THROTTLED INVITATIONS LONG (of a thousand calls)
 *   notes MONTHLY (of a free plan)
 *   own DATE...
 *   campaign TYPE ZONE COUNTRY SUBDIVISION OPENS CLOSES WEEKEND HOLIDAYS CAP START END NOTE
 * DELAY... person CAMPAIGN ARRIVES ACCEPTS_AFTER change AT KIND VALUE [ZONE] run START END SEED
 * "-" is no subdivision, and no note; own dates are of all campaigns that follow; one DELAY for
 * each step (the first 0). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "producer/texts.h"
#include "tests/virtual/world.h"

#include "common/base/banned.h"

#define LINE_BYTES 1024

struct words {
    char line[LINE_BYTES];
    char *rest;
};

static SAM_NORETURN void refuse(const char *what)
{
    (void)fprintf(stderr, "virtual_year: the scenario: %s\n", what);
    exit(2);
}

static char *word(struct words *w)
{
    char *found = strtok_r(w->rest, " \n", &w->rest);
    if (!found)
        refuse("a line is too short");
    return found;
}

static int64_t number(struct words *w)
{
    char *end;
    char *text = word(w);
    int64_t n = strtoll(text, &end, 10);
    if (*end)
        refuse(text);
    return n;
}

static void name(struct words *w, char *out, size_t out_bytes)
{
    (void)snprintf(out, out_bytes, "%s", word(w));
}

static const struct zone *zone_of(const char *text)
{
    const struct zone *zone = zone_find(text);
    if (!zone)
        refuse(text);
    return zone;
}

static void read_account(struct words *words, struct world *w)
{
    name(words, w->account, sizeof(w->account));
    name(words, w->zone, sizeof(w->zone));
    (void)zone_of(w->zone);
    w->limits = (struct policy_limits){.spacing_ms = number(words)};
    w->limits.jitter_ms = number(words);
    w->limits.daily_cap = number(words);
    w->limits.daily_invitations = number(words);
    w->limits.weekly_invitations = number(words);
    w->limits.daily_messages = number(words);
    w->limits.daily_profile_views = number(words);
    w->limits.spread = number(words) != 0;
    w->limits.monthly_notes = MONTHLY_NOTES_ANY;
    w->ramp_days = number(words);
    w->ramp_from_ms = number(words);
}

static void read_ends(struct words *words, struct world *w)
{
    for (size_t i = END_SENT + 1; i < WORLD_ENDS_N; i++)
        w->odds[i] = number(words);
    w->odds_long = number(words);
}

static void message_type(bool connector, int64_t step, char *out, size_t out_bytes)
{
    if (connector && step == 0)
        (void)snprintf(out, out_bytes, "connection_request");
    else if (connector)
        (void)snprintf(out, out_bytes, "follow_up_%" PRId64, step);
    else
        (void)snprintf(out, out_bytes, "direct_message_%" PRId64, step + 1);
}

/* Notes and messages of one word: texts are no part of the year. */
static void write_steps(struct world *w, struct world_campaign *c, size_t at)
{
    char json[LINE_BYTES] = "";
    char why[200];
    size_t n = 0;
    bool connector = c->type == CAMPAIGN_CONNECTOR;
    struct uuid id = {.b = {(unsigned char)(at + 1)}};
    for (int64_t i = 0; i < c->steps; i++) {
        char type[40];
        message_type(connector, i, type, sizeof(type));
        n += (size_t)snprintf(
            json + n, sizeof(json) - n,
            "%s{\"message_type\":\"%s\",\"text\":\"%s\",\"after_ms\":%" PRId64 "}", i ? "," : "[",
            type, connector && i == 0 && !c->noted ? "" : "Hello", c->after_ms[i]);
    }
    (void)snprintf(json + n, sizeof(json) - n, "]");
    c->texts = texts_campaign(w->texts, &id, json, why, sizeof(why));
    if (!c->texts)
        refuse(why);
}

static void read_note(struct words *words, struct world_campaign *c)
{
    const char *note = word(words);
    c->noted = strcmp(note, "-") != 0;
    if (c->noted && note_limit_parse(note, &c->on_note_limit) != 0)
        refuse(note);
}

static void read_campaign(struct words *words, struct world *w)
{
    if (w->campaigns_count == WORLD_CAMPAIGNS_MAX)
        refuse("too many campaigns");
    struct world_campaign *c = &w->campaigns[w->campaigns_count];
    struct calendar *k = &c->calendar;
    *c = (struct world_campaign){.calendar.own_days = w->own_days};
    if (campaign_type_parse(word(words), &c->type) != 0)
        refuse("an unknown type of campaign");
    k->zone = zone_of(word(words));
    name(words, k->country, sizeof(k->country));
    name(words, k->subdivision, sizeof(k->subdivision));
    if (strcmp(k->subdivision, "-") == 0)
        k->subdivision[0] = '\0';
    k->opens_minute = (int)number(words);
    k->closes_minute = (int)number(words);
    k->weekend_mask = (int)number(words);
    k->holidays = number(words) != 0;
    c->daily_cap = number(words);
    c->start_at_ms = number(words);
    c->end_at_ms = number(words);
    read_note(words, c);
    while (c->steps < WORLD_STEPS_MAX && words->rest && *words->rest)
        c->after_ms[c->steps++] = number(words);
    write_steps(w, c, w->campaigns_count++);
}

static void read_person(struct words *words, struct world *w)
{
    if (w->people_count % 256 == 0)
        w->people = sam_xrealloc(w->people, (w->people_count + 256) * sizeof(*w->people));
    struct world_person *p = &w->people[w->people_count];
    *p = (struct world_person){.id = (int64_t)w->people_count++, .campaign = number(words)};
    p->arrives_at_ms = number(words);
    p->accepts_after_ms = number(words);
    if (p->campaign < 0 || (size_t)p->campaign >= w->campaigns_count)
        refuse("a person of no campaign");
    p->status =
        w->campaigns[p->campaign].type == CAMPAIGN_CONNECTOR ? PERSON_PENDING : PERSON_APPROVED;
}

static void read_change(struct words *words, struct world *w)
{
    static const char *const kinds[] = {WORLD_CHANGES_MAP(WORLD_NAME)};
    if (w->changes_count % 16 == 0)
        w->changes = sam_xrealloc(w->changes, (w->changes_count + 16) * sizeof(*w->changes));
    struct world_change *c = &w->changes[w->changes_count++];
    *c = (struct world_change){.at_ms = number(words)};
    const char *kind = word(words);
    size_t i = 0;
    while (i < SAM_ARRAY_LEN(kinds) && strcmp(kinds[i], kind) != 0)
        i++;
    if (i == SAM_ARRAY_LEN(kinds))
        refuse(kind);
    c->kind = (enum change_kind)i;
    c->value_ms = number(words);
    if (c->kind != CHANGE_ZONE)
        return;
    name(words, c->zone, sizeof(c->zone));
    (void)zone_of(c->zone);
}

static void read_run(struct words *words, struct world *w)
{
    w->now_ms = number(words);
    w->end_ms = number(words);
    draws_begin((uint64_t)number(words));
}

bool scenario_read(struct world *w)
{
    struct words words;
    memset(w, 0, sizeof(*w));
    w->texts = texts_new();
    w->batch = sam_xcalloc(1, sizeof(*w->batch));
    while (fgets(words.line, sizeof(words.line), stdin)) {
        words.rest = words.line;
        const char *what = word(&words);
        if (strcmp(what, "account") == 0) {
            read_account(&words, w);
        } else if (strcmp(what, "ends") == 0) {
            read_ends(&words, w);
        } else if (strcmp(what, "notes") == 0) {
            w->limits.monthly_notes = number(&words);
        } else if (strcmp(what, "own") == 0) {
            (void)snprintf(w->own_days, sizeof(w->own_days), "%s", words.rest);
        } else if (strcmp(what, "campaign") == 0) {
            read_campaign(&words, w);
        } else if (strcmp(what, "person") == 0) {
            read_person(&words, w);
        } else if (strcmp(what, "change") == 0) {
            read_change(&words, w);
        } else if (strcmp(what, "run") == 0) {
            read_run(&words, w);
            return true;
        } else {
            refuse(what);
        }
    }
    return false;
}

void world_deinit(struct world *w)
{
    texts_free(w->texts);
    free(w->batch);
    free(w->people);
    free(w->calls);
    free(w->changes);
}
