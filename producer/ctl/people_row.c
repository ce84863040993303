#include "producer/ctl/people_row.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/model/placeholder.h"
#include "common/model/spreadsheet_cell.h"
#include "producer/ctl/swallowed.h"

#include "common/base/banned.h"

#define CUSTOM_MAX_BYTES      (256 << 10)
#define CUSTOM_NAME_MAX_BYTES 60

/* ---- header -------------------------------------------------------------------------------- */

static char *custom_name(const char *text)
{
    char *name = sam_xstrdup(text);
    for (char *c = name; *c; c++)
        *c = *c == ' ' || *c == '-' || *c == '.' ? '_' : *c;
    return name;
}

bool people_columns_has_custom(const struct people_columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->custom_count; i++) {
        if (people_column_same(columns->custom[i].name, name))
            return true;
    }
    return false;
}

static void add_custom(struct people_columns *columns, const char *label, size_t field,
                       const struct csv_row *header, struct problems *problems)
{
    const char *text = spreadsheet_cell_content(header->fields[field]);
    if (strcmp(text, PEOPLE_REJECTED_LINE) == 0 || strcmp(text, PEOPLE_REJECTED_REASON) == 0)
        return;
    SAM_CLEANUP(freep) char *normal = people_column_normal(text);
    if (!*normal)
        return; /* a column without a name: nobody can refer to it */
    if (strlen(text) > CUSTOM_NAME_MAX_BYTES) {
        problems_add(problems, "%s:%zu: the name of column %zu is longer than %d bytes", label,
                     header->line, field + 1, CUSTOM_NAME_MAX_BYTES);
        return;
    }
    char *name = custom_name(text);
    if (people_columns_has_custom(columns, name)) {
        problems_add(problems, "%s:%zu: there are two columns %s", label, header->line, name);
        free(name);
        return;
    }
    columns->custom[columns->custom_count].field = field;
    columns->custom[columns->custom_count++].name = name;
}

/* A standard column by its own name. */
static void add_standard(struct people_columns *columns, const char *label, size_t field,
                         const struct csv_row *header, struct problems *problems)
{
    bool own_name = false;
    enum people_column known = people_column_find(header->fields[field], &own_name);
    if (!own_name)
        return;
    if (columns->known[known] >= 0)
        problems_add(problems, "%s:%zu: there are two columns %s", label, header->line,
                     people_column_name(known));
    else
        columns->known[known] = (int)field;
}

/* All the rest: a standard column by another of its names where that is the only one, or the user's
 * own. Two that could be the same one are refused: which one is meant, only the user knows. */
static void add_other(struct people_columns *columns, const char *label, size_t field,
                      const struct csv_row *header, struct problems *problems)
{
    bool own_name = false;
    enum people_column known = people_column_find(header->fields[field], &own_name);
    if (own_name)
        return;
    int taken = known < PEOPLE_COLUMN_N ? columns->known[known] : -1;
    if (known == PEOPLE_COLUMN_N ||
        (taken >= 0 && people_column_same(header->fields[taken], people_column_name(known))))
        add_custom(columns, label, field, header, problems);
    else if (taken >= 0)
        problems_add(problems,
                     "%s:%zu: the columns \"%.40s\" and \"%.40s\" can both be %s: name the one "
                     "that is meant %s",
                     label, header->line, header->fields[taken], header->fields[field],
                     people_column_name(known), people_column_name(known));
    else
        columns->known[known] = (int)field;
}

/* The row's only text; NULL when it has none or several. */
static const char *only_field(const struct csv_row *row)
{
    const char *only = NULL;
    for (size_t i = 0; i < row->count; i++) {
        if (*row->fields[i] && only)
            return NULL;
        only = *row->fields[i] ? row->fields[i] : only;
    }
    return only;
}

bool people_columns_preamble(struct people_columns *columns, const struct csv_row *row)
{
    const char *only = only_field(row);
    if (!columns->preamble && only) /* "Notes:", in whatever language */
        columns->preamble = *only && only[strlen(only) - 1] == ':';
    return columns->preamble && only;
}

void people_columns_read(struct people_columns *columns, const char *label,
                         const struct csv_row *header, struct problems *problems)
{
    *columns = (struct people_columns){.count = header->count};
    for (size_t i = 0; i < PEOPLE_COLUMN_N; i++)
        columns->known[i] = -1;
    if (header->problem) {
        problems_add(problems, "%s:%zu: %s", label, header->line, header->problem);
        return;
    }
    for (size_t i = 0; i < header->count; i++)
        add_standard(columns, label, i, header, problems);
    for (size_t i = 0; i < header->count; i++)
        add_other(columns, label, i, header, problems);
    if (columns->known[PEOPLE_LINKEDIN_URL] < 0 && columns->known[PEOPLE_LINKEDIN_USER_ID] < 0)
        problems_add(problems,
                     "%s:%zu: the first line must name the columns, with linkedin_url or "
                     "linkedin_user_id among them; it has %zu, the first is \"%.40s\"",
                     label, header->line, header->count, header->count ? header->fields[0] : "");
}

void people_columns_deinit(struct people_columns *columns)
{
    for (size_t i = 0; i < columns->custom_count; i++)
        free(columns->custom[i].name);
    columns->custom_count = 0;
}

/* ---- rows ---------------------------------------------------------------------------------- */

void people_row_init(struct people_row *p)
{
    *p = (struct people_row){.custom = BUF_INIT(CUSTOM_MAX_BYTES)};
}

void people_row_deinit(struct people_row *p)
{
    buf_deinit(&p->custom);
}

static const char *field_of(const struct csv_row *row, int index)
{
    if (index < 0 || (size_t)index >= row->count || !*row->fields[index])
        return NULL;
    return spreadsheet_cell_content(row->fields[index]);
}

/* Empty is also what a program writes for nothing. */
static const char *value_of(struct people_row *p, const struct csv_row *row, int index, bool name)
{
    const char *text = field_of(row, index);
    if (!text || !(name ? placeholder_name(text) : placeholder_value(text)))
        return text;
    p->emptied++;
    return NULL;
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    }
    return false;
}

static bool read_texts(struct people_row *p, const struct people_columns *columns,
                       const struct csv_row *row, char why[PEOPLE_WHY_BYTES])
{
    for (int i = 0; i < PEOPLE_COLUMN_N; i++) {
        bool name = i == PEOPLE_FIRST_NAME || i == PEOPLE_LAST_NAME;
        p->texts[i] = value_of(p, row, columns->known[i], name);
        if (!p->texts[i])
            continue;
        if (strlen(p->texts[i]) > PEOPLE_TEXT_MAX_BYTES) {
            (void)snprintf(why, PEOPLE_WHY_BYTES, "%s is longer than %d bytes",
                           people_column_name((enum people_column)i), PEOPLE_TEXT_MAX_BYTES);
            return false;
        }
        if (has_control(p->texts[i])) {
            (void)snprintf(why, PEOPLE_WHY_BYTES, "%s holds a line break or control character",
                           people_column_name((enum people_column)i));
            return false;
        }
    }
    return true;
}

/* One of the two columns; either may hold either kind. */
static bool read_identity(struct people_row *p, enum people_column column,
                          char why[PEOPLE_WHY_BYTES])
{
    struct identity id;
    if (!p->texts[column])
        return true;
    enum identity_problem problem = identity_parse(p->texts[column], &id);
    if (problem != IDENTITY_OK) {
        (void)snprintf(why, PEOPLE_WHY_BYTES, "%s: %s", people_column_name(column),
                       identity_problem_text(problem));
        return false;
    }
    char *place = id.kind == IDENTITY_VANITY ? p->vanity : p->provider_id;
    size_t bytes = id.kind == IDENTITY_VANITY ? sizeof(p->vanity) : sizeof(p->provider_id);
    if (*place && strcmp(place, id.text) != 0) {
        (void)snprintf(why, PEOPLE_WHY_BYTES, "linkedin_url and linkedin_user_id name two people");
        return false;
    }
    if (strlen(id.text) >= bytes) {
        (void)snprintf(why, PEOPLE_WHY_BYTES, "%s is too long", people_column_name(column));
        return false;
    }
    memcpy(place, id.text, strlen(id.text) + 1);
    return true;
}

static bool read_custom(struct people_row *p, const struct people_columns *columns,
                        const struct csv_row *row, char why[PEOPLE_WHY_BYTES])
{
    buf_reset(&p->custom);
    for (size_t i = 0; i < columns->custom_count; i++) {
        const char *text = value_of(p, row, (int)columns->custom[i].field, false);
        if (!text)
            continue;
        if (strlen(text) > PEOPLE_CUSTOM_MAX_BYTES) {
            (void)snprintf(why, PEOPLE_WHY_BYTES, "%s is longer than %d bytes",
                           columns->custom[i].name, PEOPLE_CUSTOM_MAX_BYTES);
            return false;
        }
        buf_addc(&p->custom, p->custom.len ? ',' : '{');
        buf_add_json(&p->custom, columns->custom[i].name);
        buf_addc(&p->custom, ':');
        buf_add_json(&p->custom, text);
    }
    if (p->custom.len)
        buf_addc(&p->custom, '}');
    if (p->custom.overflow)
        (void)snprintf(why, PEOPLE_WHY_BYTES, "its own columns are too large together");
    return !p->custom.overflow;
}

bool people_row_read(struct people_row *p, const struct people_columns *columns,
                     const struct csv_row *row, char why[PEOPLE_WHY_BYTES])
{
    p->vanity[0] = '\0';
    p->provider_id[0] = '\0';
    p->emptied = 0;
    if (row->problem) {
        (void)snprintf(why, PEOPLE_WHY_BYTES, "%s", row->problem);
        return false;
    }
    size_t last = swallowed_to_line(columns, row);
    if (last) {
        (void)snprintf(why, PEOPLE_WHY_BYTES,
                       "a value has swallowed what looks like further lines, up to line %zu: is "
                       "there a quote too many?",
                       last);
        return false;
    }
    if (row->count > columns->count) {
        (void)snprintf(why, PEOPLE_WHY_BYTES,
                       "has %zu fields, the first line %zu; a separator inside a value needs "
                       "quotes",
                       row->count, columns->count);
        return false;
    }
    if (!read_texts(p, columns, row, why) || !read_identity(p, PEOPLE_LINKEDIN_URL, why) ||
        !read_identity(p, PEOPLE_LINKEDIN_USER_ID, why))
        return false;
    if (!p->vanity[0] && !p->provider_id[0]) {
        (void)snprintf(why, PEOPLE_WHY_BYTES, "has neither linkedin_url nor linkedin_user_id");
        return false;
    }
    return read_custom(p, columns, row, why);
}
