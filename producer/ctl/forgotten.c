#include "producer/ctl/forgotten.h"

#include <glib.h>
#include <string.h>

#include "common/base/uuid.h"
#include "common/model/identity.h"

#include "common/base/banned.h"

#define KEY_BYTES    32
#define SHA256_BYTES 32

static const char key_sql[] = "SELECT k.key FROM forget_key k";
static const char hashes_sql[] = "SELECT f.hash FROM forgotten f WHERE f.workspace_id = $1";

struct forgotten {
    guint8 key[KEY_BYTES];
    char workspace[UUID_TEXT_BYTES];
    struct pg_result *rows; /* owned: the texts of hashes */
    GHashTable *hashes;     /* owned */
};

enum ctl_exit forgotten_load(struct ctl *c, const struct uuid *workspace_id, struct forgotten **ret)
{
    SAM_CLEANUP(pg_result_freep) struct pg_result *key = NULL;
    struct forgotten *f = sam_xcalloc(1, sizeof(*f));
    enum ctl_exit e;
    *ret = f;
    uuid_format(workspace_id, f->workspace);
    f->hashes = g_hash_table_new(g_str_hash, g_str_equal);
    ctl_params(c);
    if ((e = ctl_query(c, key_sql, &key)))
        return e;
    if (pg_rows(key) != 1 || pg_text_bytes(key, 0, 0) != KEY_BYTES)
        return ctl_fail("the database has no key for the hashes of forgotten people (forget_key)");
    memcpy(f->key, pg_text(key, 0, 0), KEY_BYTES);
    pg_add_uuid(ctl_params(c), workspace_id);
    if ((e = ctl_query(c, hashes_sql, &f->rows)))
        return e;
    for (int row = 0; row < pg_rows(f->rows); row++)
        (void)g_hash_table_add(f->hashes, (gpointer)(uintptr_t)pg_text(f->rows, row, 0));
    return CTL_DONE;
}

struct forgotten *forgotten_free(struct forgotten *f)
{
    if (!f)
        return NULL;
    g_hash_table_destroy(f->hashes);
    pg_result_free(f->rows);
    free(f);
    return NULL;
}

/* sha256(key || sha256(key || workspace || kind:identity)) */
char *forgotten_hash(const struct forgotten *f, char kind, const char *identity)
{
    guint8 inner[SHA256_BYTES];
    gsize bytes = sizeof(inner);
    const guint8 mark[2] = {(guint8)kind, ':'};
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, f->key, KEY_BYTES);
    g_checksum_update(sum, (const guint8 *)f->workspace, (gssize)strlen(f->workspace));
    g_checksum_update(sum, mark, sizeof(mark));
    g_checksum_update(sum, (const guint8 *)identity, (gssize)strlen(identity));
    g_checksum_get_digest(sum, inner, &bytes);
    g_checksum_reset(sum);
    g_checksum_update(sum, f->key, KEY_BYTES);
    g_checksum_update(sum, inner, sizeof(inner));
    char *hash = sam_xasprintf(IDENTITY_FORGOTTEN "%s", g_checksum_get_string(sum));
    g_checksum_free(sum);
    return hash;
}

static bool has(const struct forgotten *f, char kind, const char *identity)
{
    if (!*identity)
        return false;
    SAM_CLEANUP(freep) char *hash = forgotten_hash(f, kind, identity);
    return g_hash_table_contains(f->hashes, hash);
}

bool forgotten_has(const struct forgotten *f, const char *vanity, const char *provider_id)
{
    if (g_hash_table_size(f->hashes) == 0)
        return false;
    return has(f, 'v', vanity) || has(f, 'p', provider_id);
}
