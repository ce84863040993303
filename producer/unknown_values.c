#include "producer/unknown_values.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

void unknown_values_add(struct unknown_values *u, struct producer *p, const char *column,
                        const char *value)
{
    char sentence[sizeof(p->left_out)];
    for (size_t i = 0; i < u->count; i++) {
        if (strcmp(u->values[i], value) == 0)
            return;
    }
    pg_value_text(column, value, sentence, sizeof(sentence));
    producer_left_out(p, sentence);
    u->values = sam_xrealloc(u->values, (u->count + 1) * sizeof(*u->values));
    u->values[u->count++] = sam_xstrdup(value);
}

void unknown_values_param(const struct unknown_values *u, struct pg_params *params)
{
    PG_COLUMN(params, PG_ARRAY_TEXT, u->count, true, pg_item_text(params, u->values[i]));
}

void unknown_values_deinit(struct unknown_values *u)
{
    for (size_t i = 0; i < u->count; i++)
        free(u->values[i]);
    free(u->values);
    *u = (struct unknown_values){.count = 0};
}
