#include "producer/ctl/doctor_http.h"

#include <curl/curl.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

#define TIMEOUT_MS 15000L

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
    struct buf *body = ctx;
    buf_add(body, bytes, size * n);
    return body->overflow ? 0 : size * n; /* 0 ends the transfer */
}

static CURLcode perform(CURL *curl, const struct settings *s, const char *url,
                        struct doctor_http *h)
{
    char *type = NULL;
    SAM_CLEANUP(freep) char *key = sam_xasprintf("X-API-KEY: %s", s->unipile.api_key);
    struct curl_slist *headers = curl_slist_append(NULL, "accept: application/json");
    headers = curl_slist_append(headers, key);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &h->body);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)s->unipile.connect_timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY,
                           ""); /* as the worker: the key is for Unipile only */
    CURLcode code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &h->status);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    h->json = !type || strcasestr(type, "json");
    curl_slist_free_all(headers);
    return code;
}

int doctor_http_get(const struct settings *s, const char *path, struct doctor_http *ret,
                    char why[DOCTOR_HTTP_WHY_BYTES])
{
    char text[CURL_ERROR_SIZE] = "";
    SAM_CLEANUP(freep) char *url = sam_xasprintf("%s%s", s->unipile.base_url, path);
    *ret = (struct doctor_http){.body = BUF_INIT(DOCTOR_HTTP_BODY_BYTES)};
    CURL *curl = curl_easy_init();
    if (!curl) {
        (void)snprintf(why, DOCTOR_HTTP_WHY_BYTES, "libcurl cannot start");
        return -ENOTCONN;
    }
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    CURLcode code = perform(curl, s, url, ret);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK)
        return 0;
    if (ret->body.overflow)
        (void)snprintf(why, DOCTOR_HTTP_WHY_BYTES, "the answer is longer than %d MB",
                       DOCTOR_HTTP_BODY_BYTES >> 20);
    else
        (void)snprintf(why, DOCTOR_HTTP_WHY_BYTES, "%s", text[0] ? text : curl_easy_strerror(code));
    return -ENOTCONN;
}

void doctor_http_deinit(struct doctor_http *h)
{
    buf_deinit(&h->body);
}

char *doctor_http_escape(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0);
    char *copy = sam_xstrdup(escaped ? escaped : "");
    curl_free(escaped);
    return copy;
}

bool doctor_http_is_stranger(const struct doctor_http *h)
{
    if (h->status >= 300 && h->status < 400)
        return true;
    if (h->status < 200 || h->status >= 300)
        return false;
    struct json_object *page = json_tokener_parse(buf_text(&h->body));
    bool is_object = json_object_is_type(page, json_type_object);
    json_object_put(page);
    return !h->json || !is_object;
}

const char *doctor_http_advice(long status)
{
    if (status == 401 || status == 403)
        return "the key is refused: check unipile.api_key";
    if (status == 404)
        return "there is no Unipile API there: check unipile.base_url";
    if (status == 429)
        return "too many requests: wait";
    if (status >= 500)
        return "Unipile has trouble: wait, or ask its support";
    return "check unipile.base_url: an answer that is not Unipile's";
}
