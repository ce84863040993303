#include "worker/unwritten.h"

#include <errno.h>

#include "common/base/banned.h"

const char *unwritten_text(int error)
{
    switch (error) {
    case -EMSGSIZE:
        return "larger than max.message.bytes of the topic";
    case -EACCES:
        return "an ACL forbids it";
    case -EAGAIN:
        return "the producer's queue is full";
    case -ENOENT:
        return "there is no such topic or partition";
    case -ETIMEDOUT:
    case -ECANCELED:
        return "no acknowledgement in time: slow, or too few replicas in sync";
    default:
        return "refused";
    }
}
