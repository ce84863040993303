#include "tests/simulator/ids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

#define PROVIDER_ID_MIN 12
#define PROVIDER_ID_MAX 160

/* An odd factor and its inverse modulo 2^64. */
#define SCRAMBLE    UINT64_C(0x9e3779b97f4a7c15)
#define UNSCRAMBLE  UINT64_C(0xf1de83e19937733d)
#define ID_DIGITS   16
#define INVITE_BASE UINT64_C(7000000000000000000)

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t id_hash(uint64_t seed, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t h = mix(seed ^ n);
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = (h ^ mix(word)) * SCRAMBLE;
    }
    uint64_t rest = 0;
    memcpy(&rest, p, n);
    return mix((h ^ mix(rest)) * SCRAMBLE);
}

uint64_t id_hash_text(uint64_t seed, const char *text)
{
    return id_hash(seed, text, strlen(text));
}

bool id_chance(const char *text, const char *topic, int percent)
{
    return (int)(id_hash_text(id_hash_text(0, topic), text) % 100) < percent;
}

void provider_id_of(const char *slug, const char *scope, char out[PROVIDER_ID_BYTES])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *head = "ACoAA";
    uint64_t h = id_hash_text(scope ? id_hash_text(1, scope) : 0, slug);
    size_t n = strlen(head);
    memcpy(out, head, n);
    for (int i = 0; n < PROVIDER_ID_BYTES - 1; n++, i++) {
        if (i == 10) {
            h = mix(h + SCRAMBLE);
            i = 0;
        }
        out[n] = digits[(h >> (6 * i)) & 63];
    }
    out[n] = '\0';
}

bool provider_id_looks_right(const char *text)
{
    size_t n = strlen(text);
    if (n < PROVIDER_ID_MIN || n > PROVIDER_ID_MAX || strncmp(text, "ACo", 3) != 0)
        return false;
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

void id_text(enum id_kind kind, uint64_t number, char out[ID_BYTES])
{
    (void)snprintf(out, ID_BYTES, "%c%016" PRIx64, (char)kind, number * SCRAMBLE);
}

int id_parse(enum id_kind kind, const char *text, uint64_t *ret_number)
{
    const char *digits = text + 1;
    if (text[0] != (char)kind || strlen(digits) != ID_DIGITS ||
        strspn(digits, "0123456789abcdef") != ID_DIGITS)
        return -EINVAL;
    *ret_number = strtoull(digits, NULL, 16) * UNSCRAMBLE;
    return 0;
}

void invitation_id_text(uint64_t number, char out[ID_BYTES])
{
    (void)snprintf(out, ID_BYTES, "%" PRIu64, INVITE_BASE + number);
}

int invitation_id_parse(const char *text, uint64_t *ret_number)
{
    size_t n = strspn(text, "0123456789");
    if (n != 19 || text[n])
        return -EINVAL;
    uint64_t value = strtoull(text, NULL, 10);
    if (value <= INVITE_BASE)
        return -EINVAL;
    *ret_number = value - INVITE_BASE;
    return 0;
}
