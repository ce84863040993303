#include "tests/simulator/errors.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/banned.h"

static const char later[] = "You have reached a temporary provider limit. Please try again later.";

/* Titles and details are Unipile's where they are known, else in its manner. */
static const struct error_text table[] = {
    {"invalid_parameters", 400, "Invalid parameters",
     "One or more request parameters are invalid or missing."},
    {"missing_parameters", 400, "Missing parameters",
     "One or more request parameters are missing."},
    {"malformed_request", 400, "Malformed request", "The request is malformed."},
    {"content_too_large", 400, "Content too large", "The provided content is too large."},
    {"too_many_characters", 400, "Too many characters",
     "The provided content exceeds the character limit."},
    {"invalid_cursor", 400, "Invalid cursor", "The provided cursor is invalid."},
    {"missing_credentials", 401, "Missing credentials", NULL},
    {"disconnected_account", 401, "Disconnected account",
     "The account appears to be disconnected from the provider service."},
    {"insufficient_privileges", 401, "Insufficient privileges",
     "This resource seems to be out of your scopes."},
    {"checkpoint_error", 401, "Checkpoint error",
     "The provider asks for a checkpoint to be solved."},
    {"account_restricted", 403, "Account restricted",
     "Access to this account has been restricted by the provider."},
    {"feature_not_subscribed", 403, "Feature not subscribed",
     "The requested feature has not been subscribed to."},
    {"resource_access_restricted", 403, "Resource access restricted",
     "Access to this resource has been restricted by the provider."},
    {"resource_not_found", 404, "Resource not found.", "The requested resource were not found."},
    {"unsupported_media_type", 415, "Unsupported media",
     "The media has been rejected by the provider."},
    {"already_connected", 422, "Already connected",
     "The recipient is already a first degree connection."},
    {"already_invited_recently", 422, "Should delay new invitation to this recipient",
     "An invitation has already been sent recently to this recipient. Please try again later."},
    {"blocked_recipient", 422, "Blocked recipient", "The recipient has been blocked."},
    {"cannot_invite_attendee", 422, "Cannot invite attendee", "The attendee cannot be invited."},
    {"cannot_resend_yet", 422, "Cannot resend yet", later},
    {"connection_limit_reached", 422, "Connection limit reached", later},
    {"insufficient_credits", 422, "Insufficient credits",
     "The account has not enough credits to do this."},
    {"invalid_message", 422, "Message couldn't pass validation",
     "The message has been rejected by the provider."},
    {"invalid_recipient", 422, "Recipient cannot be reached",
     "Make sure that the recipient ID is valid and that the corresponding profile is not locked."},
    {"limit_exceeded", 422, "Limit exceeded", later},
    {"no_connection_with_recipient", 422, "Recipient cannot be reached",
     "The recipient appears not to be first degree connection."},
    {"not_allowed_inmail", 422, "InMail not allowed", "The recipient does not accept InMail."},
    {"user_unreachable", 422, "Recipient cannot be reached", "The user cannot be reached."},
    {"too_many_requests", 429, "Too many requests",
     "The provider cannot accept any more requests at the moment. Please try again later."},
    {"unexpected_error", 500, "Unexpected error",
     "Something went wrong. Please try again, and if the issue persists, contact support."},
    {"provider_error", 500, "Provider error",
     "The provider is experiencing operational problems. Please try again later."},
    {"feature_not_implemented", 501, "Missing feature", "The feature is not implemented."},
    {"no_client_session", 503, "No client session", "No client session is currently running."},
    {"network_down", 503, "Network down",
     "Network is down on server side. Please wait a moment and retry."},
    {"service_unavailable", 503, "Service unavailable", "Please try again later."},
    {"request_timeout", 504, "Request timed out",
     "Request Timeout. Please try again, and if the issue persists, contact support."},
};

static const char *bare(const char *type)
{
    static const char prefix[] = "errors/";
    return strncmp(type, prefix, sizeof(prefix) - 1) == 0 ? type + sizeof(prefix) - 1 : type;
}

const struct error_text *error_find(const char *type)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(table); i++) {
        if (strcmp(table[i].type, bare(type)) == 0)
            return &table[i];
    }
    return NULL;
}

void error_answer_any(struct request *r, const struct error_text *error)
{
    const char *type = bare(error->type);
    r->status = error->status;
    (void)snprintf(r->error, sizeof(r->error), "%s", type);
    buf_reset(&r->answer);
    buf_addf(&r->answer, "{\"status\":%u,\"type\":\"errors/", error->status);
    buf_adds(&r->answer, r->error);
    buf_adds(&r->answer, "\",\"title\":");
    buf_add_json(&r->answer, error->title);
    if (error->detail) {
        buf_adds(&r->answer, ",\"detail\":");
        buf_add_json(&r->answer, error->detail);
    }
    buf_addc(&r->answer, '}');
}

void error_answer_detail(struct request *r, const char *type, const char *detail)
{
    const struct error_text *found = error_find(type);
    assert(found);
    struct error_text error = *found;
    error.detail = detail;
    error_answer_any(r, &error);
}

void error_answer(struct request *r, const char *type)
{
    const struct error_text *found = error_find(type);
    assert(found);
    error_answer_any(r, found);
}

void error_not_found(struct request *r, const char *what)
{
    char detail[128];
    (void)snprintf(detail, sizeof(detail), "The requested resource were not found.\n%s", what);
    error_answer_detail(r, "resource_not_found", detail);
}
