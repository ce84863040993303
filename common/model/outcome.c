#include "common/model/outcome.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/model/names.h"

#include "common/base/banned.h"

NAMES_DEFINE(outcome, OUTCOME_MAP, OUTCOME_N)
NAMES_DEFINE(refusal, REFUSAL_MAP, REFUSAL_N)

#define THROTTLED(type, wait)                                                                      \
    {                                                                                              \
        type, OUTCOME_THROTTLED, REFUSAL_HOLD, wait, false, NULL                                   \
    }
#define INVITATIONS(type, wait)                                                                    \
    {                                                                                              \
        type, OUTCOME_THROTTLED, REFUSAL_HOLD, wait, true, NULL                                    \
    }
#define REFUSED(type, how)                                                                         \
    {                                                                                              \
        type, OUTCOME_REFUSED, how, 0, false, NULL                                                 \
    }
#define LATER(type, wait)                                                                          \
    {                                                                                              \
        type, OUTCOME_REFUSED, REFUSAL_LATER, wait, false, NULL                                    \
    }
#define BROKEN(type, status)                                                                       \
    {                                                                                              \
        type, OUTCOME_ACCOUNT_BROKEN, REFUSAL_HOLD, 0, false, status                               \
    }
#define SETUP(type)                                                                                \
    {                                                                                              \
        type, OUTCOME_SETUP_BROKEN, REFUSAL_HOLD, 0, false, NULL                                   \
    }
#define UNKNOWN(type)                                                                              \
    {                                                                                              \
        type, OUTCOME_UNKNOWN, REFUSAL_HOLD, 0, false, NULL                                        \
    }

/* What each type means when a write call drew it. A 4xx says that nothing was executed; no type of
 * a 5xx is documented to say so, whatever its name suggests. */
static const struct error_type types[] = {
    /* the account is over a provider limit, of its invitations alone or of what it does at all;
     * hours, then doubling (section 3) */
    INVITATIONS("cannot_resend_yet", 6 * HOUR_MS),
    INVITATIONS("cannot_resend_within_24hrs", 24 * HOUR_MS),
    INVITATIONS("connection_limit_reached", 24 * HOUR_MS), /* of those that are pending */
    THROTTLED("limit_exceeded", 24 * HOUR_MS),
    THROTTLED("limit_too_high", 24 * HOUR_MS),
    THROTTLED("insufficient_credits", 24 * HOUR_MS),
    THROTTLED("too_many_requests", 15 * MINUTE_MS),
    /* this person, for good */
    REFUSED("invalid_recipient", REFUSAL_FAIL),
    REFUSED("blocked_recipient", REFUSAL_FAIL),
    REFUSED("user_unreachable", REFUSAL_FAIL),
    REFUSED("cannot_invite_attendee", REFUSAL_FAIL),
    REFUSED("not_allowed_inmail", REFUSAL_FAIL),
    REFUSED("cant_send_message", REFUSAL_FAIL),
    REFUSED("resource_access_restricted", REFUSAL_FAIL),
    /* the text or the request: the next person's is the same */
    REFUSED("invalid_message", REFUSAL_TEXT),
    REFUSED("invalid_parameters", REFUSAL_TEXT),
    REFUSED("missing_parameters", REFUSAL_TEXT),
    REFUSED("malformed_request", REFUSAL_TEXT),
    REFUSED("content_too_large", REFUSAL_TEXT),
    REFUSED("too_many_characters", REFUSAL_TEXT),
    REFUSED("unescaped_characters", REFUSAL_TEXT),
    REFUSED("invalid_url", REFUSAL_TEXT),
    REFUSED("invalid_request", REFUSAL_TEXT),
    REFUSED("invalid_action", REFUSAL_TEXT),
    REFUSED("unsupported_media_type", REFUSAL_TEXT),
    /* this person, in another way */
    REFUSED("already_connected", REFUSAL_CONNECTED),
    REFUSED("already_invited_recently", REFUSAL_HOLD),
    REFUSED("action_already_performed", REFUSAL_HOLD),
    REFUSED("unprocessable_entity", REFUSAL_HOLD),
    REFUSED("resource_not_found", REFUSAL_HOLD),
    REFUSED("invalid_resource_identifier", REFUSAL_HOLD),
    /* of other routes: what they would mean here is for an operator to look at */
    REFUSED("invalid_post", REFUSAL_HOLD),
    REFUSED("comments_disabled", REFUSAL_HOLD),
    REFUSED("insufficient_job_slot", REFUSAL_HOLD),
    LATER("no_connection_with_recipient", HOUR_MS),
    /* the account: logged out, or restricted */
    BROKEN("disconnected_account", "disconnected"),
    BROKEN("disconnected_feature", "disconnected"),
    BROKEN("invalid_credentials", "disconnected"),
    BROKEN("expired_credentials", "disconnected"),
    BROKEN("checkpoint_error", "disconnected"),
    BROKEN("invalid_checkpoint_solution", "disconnected"),
    BROKEN("multiple_sessions", "disconnected"),
    BROKEN("wrong_account", "disconnected"),
    BROKEN("account_mismatch", "disconnected"),
    BROKEN("session_mismatch", "disconnected"),
    BROKEN("expired_link", "disconnected"),
    BROKEN("captcha_not_supported", "disconnected"),
    BROKEN("invalid_proxy_credentials", "disconnected"),
    BROKEN("unknown_authentication_context", "disconnected"),
    BROKEN("action_required", "disconnected"),
    BROKEN("account_configuration_error", "disconnected"),
    BROKEN("invalid_account", "disconnected"),
    BROKEN("payment_error", "disconnected"),
    BROKEN("feature_not_subscribed", "disconnected"),
    BROKEN("subscription_required", "disconnected"),
    BROKEN("unauthorized", "disconnected"), /* a 422 of one account, not of our key */
    BROKEN("account_restricted", "restricted"),
    /* our key or its rights */
    SETUP("missing_credentials"),
    SETUP("insufficient_privileges"),
    SETUP("insufficient_permissions"),
    /* it may have happened */
    UNKNOWN("unexpected_error"),
    UNKNOWN("provider_error"),
    UNKNOWN("provider_unreachable"),
    UNKNOWN("authentication_intent_error"),
    UNKNOWN("request_timeout"),
    UNKNOWN("service_unavailable"),
    UNKNOWN("network_down"),
    UNKNOWN("realtime_client_not_initialized"),
    UNKNOWN("no_client_session"),
    UNKNOWN("no_channel"),
    UNKNOWN("no_handler"),
    UNKNOWN("feature_not_implemented"),
};

const struct error_type *error_type_find(const char *type)
{
    static const char prefix[] = "errors/";
    if (strncmp(type, prefix, sizeof(prefix) - 1) == 0)
        type += sizeof(prefix) - 1;
    for (size_t i = 0; i < SAM_ARRAY_LEN(types); i++) {
        if (strcmp(types[i].type, type) == 0)
            return &types[i];
    }
    return NULL;
}

_Static_assert(SAM_ARRAY_LEN(types) == ERROR_TYPES_N, "ERROR_TYPES_N counts the table's rows");

int error_type_index(const char *type)
{
    const struct error_type *row = error_type_find(type);
    return row ? (int)(row - types) : ERROR_TYPES_N;
}

const struct error_type *error_types(size_t *ret_count)
{
    *ret_count = SAM_ARRAY_LEN(types);
    return types;
}

struct error_type error_type_by_status(int http_status)
{
    if (http_status == 429)
        return (struct error_type){.type = "",
                                   .outcome = OUTCOME_THROTTLED,
                                   .refusal = REFUSAL_HOLD,
                                   .wait_ms = 15 * MINUTE_MS};
    if (http_status >= 400 && http_status < 500 && http_status != 408)
        return (struct error_type){.type = "", .outcome = OUTCOME_REFUSED, .refusal = REFUSAL_HOLD};
    return (struct error_type){.type = "", .outcome = OUTCOME_UNKNOWN, .refusal = REFUSAL_HOLD};
}
