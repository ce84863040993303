#include "producer/ctl/http_get.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
    struct buf *body = ctx;
    buf_add(body, bytes, size * n);
    return body->overflow ? 0 : size * n; /* 0 ends the transfer */
}

static CURLcode perform(CURL *curl, struct http_get *g)
{
    char *type = NULL;
    struct curl_slist *headers = curl_slist_append(NULL, "accept: application/json");
    if (g->header)
        headers = curl_slist_append(headers, g->header);
    (void)curl_easy_setopt(curl, CURLOPT_URL, g->url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &g->body);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, g->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, g->connect_timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    CURLcode code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &g->status);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    g->json = !type || strcasestr(type, "json");
    curl_slist_free_all(headers);
    return code;
}

int http_get(struct http_get *g, char why[HTTP_GET_WHY_BYTES])
{
    char text[CURL_ERROR_SIZE] = "";
    g->body = (struct buf)BUF_INIT(HTTP_GET_BODY_BYTES);
    CURL *curl = curl_easy_init();
    if (!curl) {
        (void)snprintf(why, HTTP_GET_WHY_BYTES, "libcurl cannot start");
        return -ENOTCONN;
    }
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    CURLcode code = perform(curl, g);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK)
        return 0;
    if (g->body.overflow)
        (void)snprintf(why, HTTP_GET_WHY_BYTES, "the answer is longer than %d MB",
                       HTTP_GET_BODY_BYTES >> 20);
    else
        (void)snprintf(why, HTTP_GET_WHY_BYTES, "%s", text[0] ? text : curl_easy_strerror(code));
    return -ENOTCONN;
}

void http_get_deinit(struct http_get *g)
{
    buf_deinit(&g->body);
}

char *http_get_escape(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0);
    char *copy = sam_xstrdup(escaped ? escaped : "");
    curl_free(escaped);
    return copy;
}
