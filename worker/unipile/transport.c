/* The one place that knows libcurl's codes. They only give words for people: whether a call may
 * have been executed is not read from them but from whether its body has begun to leave (call.c),
 * since one code (a timeout, an unsupported protocol) can stand on both sides of that moment. */
#include "worker/unipile/client_internal.h"

#include "common/base/banned.h"

#pragma GCC diagnostic ignored "-Wswitch-enum"

const char *transport_word(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return "";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "resolve";
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_NO_CONNECTION_AVAILABLE:
        return "connect";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
        return "tls";
    case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
    case CURLE_SEND_ERROR:
        return "send";
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_SHUTDOWN_FAILED:
    /* what libcurl would have repeated if it could have read the body again */
    case CURLE_SEND_FAIL_REWIND:
        return "cut";
    default:
        return "protocol";
    }
}
