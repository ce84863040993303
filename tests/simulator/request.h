/* tests/simulator/request.h - one call: what was asked, what is answered, what the journal keeps.
 *
 * http.c makes it and delivers its answer; routes fill in the rest. */
#ifndef SAM_SIMULATOR_REQUEST_H
#define SAM_SIMULATOR_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"

struct fault;
struct json_object;
struct person;

/* How the answer leaves. */
enum delivery {
    DELIVERY_WHOLE,
    DELIVERY_CUT,      /* the connection closes instead */
    DELIVERY_HANG,     /* nothing comes, until the caller leaves or HANG_MAX_MS have passed */
    DELIVERY_TRUNCATE, /* half of the promised bytes, then the connection closes */
    DELIVERY_ENDLESS   /* bytes without an end */
};

#define REQUEST_ID_BYTES    192
#define REQUEST_ERROR_BYTES 64

struct request {
    const char *method;
    const char *path; /* unescaped, without the query */
    const char *content_type;
    const char *api_key;
    struct buf body; /* may be written into by its readers */
    bool body_too_large;
    int64_t arrived_us;              /* monotonic; when its head was there */
    int64_t arrived_at_ms;           /* the simulator's clock */
    char variable[REQUEST_ID_BYTES]; /* the free segment of the path */

    unsigned status;
    const char *content_type_out; /* NULL = application/json */
    struct buf answer;            /* JSON */
    enum delivery delivery;
    int64_t delay_ms;
    int64_t retry_after_s; /* 0 = no such header */

    /* For the journal; "" = not known. */
    char account[REQUEST_ID_BYTES];
    char person[REQUEST_ID_BYTES];
    char error[REQUEST_ERROR_BYTES];
    const char *text;         /* of a write, within `body` or `json`; NULL = none */
    struct json_object *json; /* owned; what `text` may point into */
    struct person *target;    /* of a write; NULL = not known */
    bool executed;            /* a write that took effect */
    bool starts_chat;
    const char *route; /* its name, and that of its group; static */
    const char *route_group;
    struct fault *fault; /* that was met; NULL = none */
};

/* The value of a query parameter, NULL = absent; valid as long as the request. */
const char *request_query(const struct request *r, const char *name);
/* The same as a whole number; 0 done (fallback when absent), -EINVAL not one within min..max. */
SAM_MUSTCHECK int request_query_number(const struct request *r, const char *name, int64_t fallback,
                                       const int64_t range[2], int64_t *ret);

#endif
