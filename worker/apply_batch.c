/* The rows of a batch: sorted, and found by what an event names. */
#include <stdlib.h>
#include <string.h>

#include "worker/apply.h"

#include "common/base/banned.h"

static int by_account(const void *x, const void *y)
{
    return uuid_compare(&((const struct apply_account *)x)->id,
                        &((const struct apply_account *)y)->id);
}

static int by_item(const void *x, const void *y)
{
    return uuid_compare(&((const struct apply_item *)x)->id, &((const struct apply_item *)y)->id);
}

static int by_person(const void *x, const void *y)
{
    return uuid_compare(&((const struct apply_person *)x)->id,
                        &((const struct apply_person *)y)->id);
}

static int by_attempt(const void *x, const void *y)
{
    return uuid_compare(&((const struct apply_attempt *)x)->id,
                        &((const struct apply_attempt *)y)->id);
}

static void sort(void *array, size_t count, size_t size, int (*by)(const void *, const void *))
{
    if (count > 1)
        qsort(array, count, size, by);
}

void apply_index(struct apply_batch *b)
{
    sort(b->accounts, b->accounts_count, sizeof(*b->accounts), by_account);
    sort(b->items, b->items_count, sizeof(*b->items), by_item);
    sort(b->people, b->people_count, sizeof(*b->people), by_person);
    sort(b->attempts, b->attempts_count, sizeof(*b->attempts), by_attempt);
}

void apply_deinit(struct apply_batch *b)
{
    free(b->accounts);
    free(b->items);
    free(b->people);
    free(b->attempts);
    memset(b, 0, sizeof(*b));
}

struct apply_account *apply_account(struct apply_batch *b, const struct uuid *id)
{
    struct apply_account key = {.id = *id};
    return b->accounts_count
               ? bsearch(&key, b->accounts, b->accounts_count, sizeof(key), by_account)
               : NULL;
}

struct apply_person *apply_person(struct apply_batch *b, const struct uuid *id)
{
    struct apply_person key = {.id = *id};
    return b->people_count ? bsearch(&key, b->people, b->people_count, sizeof(key), by_person)
                           : NULL;
}

struct apply_attempt *apply_attempt(struct apply_batch *b, const struct uuid *id)
{
    struct apply_attempt key = {.id = *id};
    return b->attempts_count
               ? bsearch(&key, b->attempts, b->attempts_count, sizeof(key), by_attempt)
               : NULL;
}

/* By id; a database that was restored may have planned the same message under another id. */
struct apply_item *apply_item(struct apply_batch *b, const struct event_attempt *a)
{
    struct apply_item key = {.id = a->item_id};
    struct apply_item *item =
        b->items_count ? bsearch(&key, b->items, b->items_count, sizeof(key), by_item) : NULL;
    for (size_t i = 0; !item && i < b->items_count; i++) {
        struct apply_item *other = &b->items[i];
        if (uuid_equal(&other->person_id, &a->person_id) &&
            uuid_equal(&other->campaign_id, &a->campaign_id) &&
            strcmp(other->message_type, a->message_type) == 0)
            item = other;
    }
    /* its attempts count under the id that the item has now */
    for (size_t i = 0; item && !uuid_equal(&item->id, &a->item_id) && i < b->attempts_count; i++) {
        if (uuid_equal(&b->attempts[i].item_id, &a->item_id))
            b->attempts[i].item_id = item->id;
    }
    return item;
}
