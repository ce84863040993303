/* producer/ctl/reply_texts.h - what people wrote, read from Unipile when an operator asks: SAM
 * keeps of a reply its class, time and ids, in Postgres as in the ledger, never the text. Nothing
 * that is read here is kept. Unipile answers from its own store: these reads touch no limit of
 * LinkedIn's. */
#ifndef SAM_CTL_REPLY_TEXTS_H
#define SAM_CTL_REPLY_TEXTS_H

#include "producer/ctl/ctl.h"

struct json_object;

struct reply_texts {
    struct ctl *c;
    char *chat_id;             /* owned: of the chat that was read last; NULL = none */
    struct json_object *texts; /* owned: its messages so far, id -> text */
    char *cursor;              /* owned: of its next page; NULL = all was read */
    int pages;
};

/* Deinit it in any case. */
void reply_texts_init(struct reply_texts *t, struct ctl *c);
void reply_texts_deinit(struct reply_texts *t);

/* *ret: NULL when Unipile does not have the message (any more), or not among the latest thousand of
 * its chat; valid until the next call. Told when Unipile does not answer as it should. */
SAM_MUSTCHECK enum ctl_exit reply_texts_find(struct reply_texts *t, const char *chat_id,
                                             const char *message_id, const char **ret);

#endif
