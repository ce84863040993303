#include "common/model/text_limit.h"

#include <string.h>

#include "common/base/utf8.h"

#include "common/base/banned.h"

bool text_limit_note(const char *message_type)
{
    return strcmp(message_type, "connection_request") == 0;
}

size_t text_limit_max(const char *message_type, enum account_plan plan)
{
    if (!text_limit_note(message_type))
        return MESSAGE_LENGTH_MAX;
    switch (plan) {
    case PLAN_PREMIUM:
    case PLAN_SALES_NAVIGATOR:
    case PLAN_RECRUITER:
        return NOTE_LENGTH_MAX_PAID;
    case PLAN_FREE:
    case ACCOUNT_PLAN_N:
        break;
    }
    return NOTE_LENGTH_MAX_FREE;
}

size_t text_limit_length(const char *text, size_t n)
{
    return utf8_utf16_units(text, n);
}

void text_limit_cut(struct buf *text, size_t max)
{
    static const char blanks[] = " \n\t";
    size_t at = 0;
    size_t word = 0; /* end of the last whole word that fits */
    size_t length = 0;
    while (at < text->len) {
        size_t bytes = utf8_sequence_bytes(text->data + at, text->len - at);
        bool in_word = !strchr(blanks, text->data[at]);
        length += text_limit_length(text->data + at, bytes);
        if (length > max)
            break;
        at += bytes;
        if (in_word && (at == text->len || strchr(blanks, text->data[at])))
            word = at;
    }
    if (at == text->len)
        return;
    text->len = word ? word : at;
    text->data[text->len] = '\0';
}
