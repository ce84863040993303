#include "tests/simulator/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/simulator/ids.h"

#include "common/base/banned.h"

#define FILE_BUFFER_BYTES (1 << 18)
#define LINE_MAX_BYTES    4096
#define CHUNK_BYTES       65536

struct entry {
    int64_t at_ms;
    int64_t at_us; /* monotonic */
    uint64_t text_hash;
    const char *route;   /* static */
    const char *account; /* in `words` */
    const char *person;
    const char *error;
    uint32_t text_bytes;
    uint16_t status;
    bool executed;
    bool answered;
};

struct journal {
    int fd;    /* -1 = no file */
    int error; /* of the file; from then on nothing is written */
    struct buf waiting;
    uint64_t last;         /* number of the newest entry */
    struct entry *entries; /* ring of JOURNAL_KEPT, grows to that */
    size_t cap;
    GStringChunk *words;
};

int journal_new(const char *path, struct journal **ret)
{
    int fd = -1;
    if (path) {
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            return -errno;
    }
    struct journal *j = sam_xcalloc(1, sizeof(*j));
    j->fd = fd;
    buf_init(&j->waiting, FILE_BUFFER_BYTES + LINE_MAX_BYTES);
    j->words = g_string_chunk_new(CHUNK_BYTES);
    *ret = j;
    return 0;
}

void journal_reset(struct journal *j)
{
    free(j->entries);
    j->entries = NULL;
    j->cap = 0;
    j->last = 0;
    g_string_chunk_clear(j->words);
}

void journal_free(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0) {
        (void)!journal_flush(j);
        (void)close(j->fd);
    }
    buf_deinit(&j->waiting);
    free(j->entries);
    g_string_chunk_free(j->words);
    free(j);
}

int journal_flush(struct journal *j)
{
    size_t done = 0;
    while (done < j->waiting.len && !j->error) {
        ssize_t n = write(j->fd, j->waiting.data + done, j->waiting.len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            j->error = -errno;
    }
    buf_reset(&j->waiting);
    return j->error;
}

static void write_entry(const struct entry *e, uint64_t number, struct buf *out)
{
    char at[TIME_TEXT_BYTES];
    time_format_utc(e->at_ms, at);
    buf_adds(out, "{\"n\":");
    buf_add_i64(out, (int64_t)number);
    buf_adds(out, ",\"at\":\"");
    buf_adds(out, at);
    buf_adds(out, "\",\"at_ms\":");
    buf_add_i64(out, e->at_ms);
    buf_adds(out, ",\"at_us\":");
    buf_add_i64(out, e->at_us);
    buf_adds(out, ",\"route\":\"");
    buf_adds(out, e->route);
    buf_adds(out, "\",\"account\":");
    buf_add_json(out, e->account);
    buf_adds(out, ",\"person\":");
    buf_add_json(out, e->person);
    buf_adds(out, ",\"status\":");
    buf_add_i64(out, e->answered ? e->status : 0);
    buf_adds(out, ",\"error\":");
    buf_add_json(out, e->error);
    buf_adds(out, e->executed ? ",\"executed\":true" : ",\"executed\":false");
    if (e->text_hash) {
        buf_addf(out, ",\"text_bytes\":%" PRIu32 ",\"text_hash\":\"%016" PRIx64 "\"", e->text_bytes,
                 e->text_hash);
    }
    buf_addc(out, '}');
}

static struct entry *next_entry(struct journal *j)
{
    if (j->last >= j->cap && j->cap < JOURNAL_KEPT) {
        j->cap = j->cap ? j->cap * 2 : 1024;
        j->entries = sam_xrealloc(j->entries, j->cap * sizeof(*j->entries));
    }
    return &j->entries[j->last++ % j->cap];
}

static const char *keep(struct journal *j, const char *word)
{
    return *word ? g_string_chunk_insert_const(j->words, word) : NULL;
}

void journal_add(struct journal *j, const struct request *r, const char *route)
{
    struct entry *e = next_entry(j);
    *e = (struct entry){.at_ms = r->arrived_at_ms,
                        .at_us = r->arrived_us,
                        .route = route,
                        .account = keep(j, r->account),
                        .person = keep(j, r->person),
                        .error = keep(j, r->error),
                        .status = (uint16_t)r->status,
                        .executed = r->executed,
                        .answered = r->delivery != DELIVERY_CUT && r->delivery != DELIVERY_HANG};
    if (r->text) {
        size_t n = strlen(r->text);
        e->text_bytes = (uint32_t)n;
        e->text_hash = id_hash(0, r->text, n) | 1;
    }
    if (j->fd < 0)
        return;
    write_entry(e, j->last, &j->waiting);
    buf_addc(&j->waiting, '\n');
    if (j->waiting.len >= FILE_BUFFER_BYTES)
        (void)!journal_flush(j);
}

void journal_read(const struct journal *j, uint64_t after, uint64_t limit, struct buf *out)
{
    uint64_t oldest = j->last > j->cap ? j->last - j->cap : 0;
    uint64_t from = after > oldest ? after : oldest;
    buf_addc(out, '[');
    for (uint64_t n = from; n < j->last && n - from < limit; n++) {
        if (n > from)
            buf_addc(out, ',');
        write_entry(&j->entries[n % j->cap], n + 1, out);
    }
    buf_addc(out, ']');
}
