

#include "producer/ctl/reply_texts.h"

#include <json.h>
#include <string.h>

#include "producer/ctl/unipile_get.h"

#include "common/base/banned.h"

#define PAGES_MAX 10 /* of 100 messages */

void reply_texts_init(struct reply_texts *t, struct ctl *c)
{
    *t = (struct reply_texts){.c = c};
}

void reply_texts_deinit(struct reply_texts *t)
{
    json_object_put(t->texts);
    free(t->chat_id);
    free(t->cursor);
    t->texts = NULL;
    t->chat_id = NULL;
    t->cursor = NULL;
}

static void begin_chat(struct reply_texts *t, const char *chat_id)
{
    reply_texts_deinit(t);
    t->chat_id = sam_xstrdup(chat_id);
    t->texts = json_object_new_object();
    t->pages = 0;
}

/* NULL: not there, or no text. */
static const char *text_of(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;
    if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

static enum ctl_exit read_page(struct reply_texts *t, const struct http_get *h)
{
    struct json_object *items = NULL;
    if (unipile_get_is_stranger(h))
        return ctl_fail("what answers (%ld) is %s", h->status, UNIPILE_GET_STRANGER);
    if (h->status == 404) /* the chat is gone */
        return CTL_DONE;
    if (h->status < 200 || h->status > 299)
        return ctl_fail("Unipile answers %ld: %s", h->status, unipile_get_advice(h->status));
    struct json_object *page = json_tokener_parse(buf_text(&h->body));
    if (!json_object_is_type(page, json_type_object) ||
        !json_object_object_get_ex(page, "items", &items) ||
        !json_object_is_type(items, json_type_array)) {
        json_object_put(page);
        return ctl_fail("Unipile's answer is no list of messages: check unipile.base_url");
    }
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *message = json_object_array_get_idx(items, i);
        const char *id = text_of(message, "id");
        const char *text = text_of(message, "text");
        if (id && text)
            (void)json_object_object_add(t->texts, id, json_object_new_string(text));
    }
    const char *cursor = text_of(page, "cursor");
    t->cursor = cursor && *cursor ? sam_xstrdup(cursor) : NULL;
    json_object_put(page);
    return CTL_DONE;
}

static enum ctl_exit next_page(struct reply_texts *t)
{
    struct http_get h;
    char why[HTTP_GET_WHY_BYTES];
    SAM_CLEANUP(freep) char *chat = http_get_escape(t->chat_id);
    SAM_CLEANUP(freep) char *cursor = t->cursor ? http_get_escape(t->cursor) : NULL;
    SAM_CLEANUP(freep)
    char *path = sam_xasprintf("/api/v1/chats/%s/messages?limit=100%s%s", chat,
                               cursor ? "&cursor=" : "", cursor ? cursor : "");
    free(t->cursor);
    t->cursor = NULL;
    t->pages++;
    enum ctl_exit e = unipile_get(t->c->settings, path, &h, why) == 0
                          ? read_page(t, &h)
                          : ctl_fail("Unipile at %s: %s", t->c->settings->unipile.base_url, why);
    http_get_deinit(&h);
    return e;
}

enum ctl_exit reply_texts_find(struct reply_texts *t, const char *chat_id, const char *message_id,
                               const char **ret)
{
    enum ctl_exit e = CTL_DONE;
    *ret = NULL;
    if (!*chat_id)
        return CTL_DONE;
    if (!t->chat_id || strcmp(t->chat_id, chat_id) != 0)
        begin_chat(t, chat_id);
    while (!(*ret = text_of(t->texts, message_id)) && t->pages < PAGES_MAX &&
           (t->pages == 0 || t->cursor)) {
        if ((e = next_page(t)))
            return e;
    }
    return e;
}
