/* What the steps of a schema mean, and who runs on it; without a database. */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/adapters/migrate.h"

#include "common/base/banned.h"

#define OLDEST_LINE "-- oldest program: "
#define ITS_OWN     "its own"

const char *migrate_step_state_name(enum migrate_step_state s)
{
    static const char *const names[] = {"applied", "waiting", "changed", "unknown"};
    static_assert(SAM_ARRAY_LEN(names) == MIGRATE_STEP_STATE_N, "one name each");
    return s < MIGRATE_STEP_STATE_N ? names[s] : "?";
}

/* Of the comment that a file begins with; NULL when it is not there. */
static const char *find_line(const char *text)
{
    while (strncmp(text, "--", 2) == 0) {
        if (strncmp(text, OLDEST_LINE, strlen(OLDEST_LINE)) == 0)
            return text + strlen(OLDEST_LINE);
        const char *end = strchr(text, '\n');
        text = end ? end + 1 : "";
    }
    return NULL;
}

int migrate_oldest_program(int version, const char *text)
{
    char word[16] = "";
    int n = 0;
    const char *line = find_line(text);
    if (!line)
        return 0;
    (void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(line, "\n"), line);
    if (strcmp(word, ITS_OWN) == 0)
        return version;
    for (const char *c = word; *c; c++) {
        if (!isdigit((unsigned char)*c) || c - word >= 3)
            return -1;
        n = n * 10 + (*c - '0');
    }
    return strlen(word) == 3 && n >= MIGRATE_LAST_WITHOUT_LINE && n < version ? n : -1;
}

/* The first that holds us off, or the first of all that we do not know. */
static const struct migrate_step *first_unknown(const struct migrate_status *s, int own,
                                                bool *ret_refused)
{
    const struct migrate_step *found = NULL;
    *ret_refused = false;
    for (size_t i = 0; i < s->count; i++) {
        const struct migrate_step *step = &s->steps[i];
        if (step->state != MIGRATE_STEP_UNKNOWN)
            continue;
        if (step->oldest_program > own) {
            *ret_refused = true;
            return step;
        }
        if (!found)
            found = step;
    }
    return found;
}

void migrate_judge(struct migrate_status *s, bool exists, int own)
{
    const struct migrate_step *first[MIGRATE_STEP_STATE_N] = {NULL};
    bool refused = false;
    for (size_t i = s->count; i-- > 0;)
        first[s->steps[i].state] = &s->steps[i];
    const struct migrate_step *waiting = first[MIGRATE_STEP_WAITING];
    const struct migrate_step *unknown = first_unknown(s, own, &refused);
    const struct migrate_step *changed = first[MIGRATE_STEP_CHANGED];
    s->state = MIGRATE_EQUAL;
    s->why[0] = '\0';
    if (refused || (unknown && waiting)) { /* the latter: two lines of releases */
        s->state = MIGRATE_NEWER;
        (void)snprintf(s->why, sizeof(s->why),
                       "this program is older than the database, which has %s: upgrade the program",
                       unknown->name);
    } else if (changed) {
        s->state = MIGRATE_CHANGED;
        (void)snprintf(s->why, sizeof(s->why),
                       "%s is not the file that was applied to this database: use the program that "
                       "the database was made with, or one of a release",
                       changed->name);
    } else if (waiting) {
        s->state = exists ? MIGRATE_OLDER : MIGRATE_ABSENT;
        (void)snprintf(s->why, sizeof(s->why), "%s: run `samctl migrate`",
                       exists ? "the database is older than this program"
                              : "the database has no schema of SAM yet");
    } else if (unknown) {
        s->state = MIGRATE_AHEAD;
        (void)snprintf(s->why, sizeof(s->why),
                       "the database has %s of a later release, on which this program (%03d) runs: "
                       "nothing to do until it is upgraded too",
                       unknown->name, own);
    }
}

void migrate_tell_rolling(const struct migrate_status *s, char ret[MIGRATE_WHY_BYTES])
{
    const struct migrate_step *most = NULL;
    int has = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct migrate_step *step = &s->steps[i];
        if (step->state != MIGRATE_STEP_WAITING)
            has = step->version;
        else if (!most || step->oldest_program > most->oldest_program)
            most = step;
    }
    ret[0] = '\0';
    if (!most || s->state != MIGRATE_OLDER)
        return;
    if (most->oldest_program <= has)
        (void)snprintf(ret, MIGRATE_WHY_BYTES,
                       "programs from %03d on may go on running while this is applied; stop older "
                       "ones first",
                       most->oldest_program);
    else
        (void)snprintf(ret, MIGRATE_WHY_BYTES,
                       "stop all programs before this is applied: none of before runs on %s",
                       most->name);
}
