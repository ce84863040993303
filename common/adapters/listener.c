#include "common/adapters/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/banned.h"

#define BACKLOG        64
#define HOST_MAX_BYTES 255

static int refuse(int error, const char *text, const char *what, char *why, size_t why_bytes)
{
    (void)snprintf(why, why_bytes, "\"%.300s\": %s", text, what);
    return error;
}

/* Splits "host:port" and "[v6]:port". NULL = fine, else what is wrong. */
static const char *split(const char *text, char host[HOST_MAX_BYTES + 1], const char **ret_port)
{
    const char *colon = strrchr(text, ':');
    if (!colon || strchr(text, '/'))
        return "not host:port; write for example \"127.0.0.1:9464\"";
    const char *begin = text;
    size_t n = (size_t)(colon - text);
    if (*text == '[') {
        if (n < 2 || text[n - 1] != ']')
            return "not [address]:port";
        begin++;
        n -= 2;
    } else if (memchr(text, ':', n)) {
        return "an IPv6 address stands in brackets: \"[::1]:9464\"";
    }
    if (n == 0)
        return "no host before the port; \"0.0.0.0:PORT\" is every IPv4 address";
    if (n > HOST_MAX_BYTES)
        return "the host is too long";
    memcpy(host, begin, n);
    host[n] = '\0';
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits == 0 || digits > 5 || colon[1 + digits] || strtol(colon + 1, NULL, 10) > 65535)
        return "the port is not a number from 0 to 65535";
    *ret_port = colon + 1;
    return NULL;
}

static int open_one(const struct addrinfo *a)
{
    const int on = 1;
    const int off = 0;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int error = -errno;
        (void)close(fd);
        return error;
    }
    return fd;
}

static int describe(int fd, struct listener *l)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } bound = {.six = {0}};
    socklen_t n = sizeof(bound);
    char host[INET6_ADDRSTRLEN] = "";
    if (getsockname(fd, &bound.any, &n) != 0)
        return -errno;
    if (bound.any.sa_family == AF_INET6) {
        const struct in6_addr *a = &bound.six.sin6_addr;
        l->loopback = IN6_IS_ADDR_LOOPBACK(a) ||
                      (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == IN_LOOPBACKNET);
        (void)inet_ntop(AF_INET6, a, host, sizeof(host));
        (void)snprintf(l->address, sizeof(l->address), "[%s]:%d", host, ntohs(bound.six.sin6_port));
    } else {
        l->loopback = ntohl(bound.four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
        (void)inet_ntop(AF_INET, &bound.four.sin_addr, host, sizeof(host));
        (void)snprintf(l->address, sizeof(l->address), "%s:%d", host, ntohs(bound.four.sin_port));
    }
    return 0;
}

int listener_open(const char *text, struct listener *ret, char *why, size_t why_bytes)
{
    char host[HOST_MAX_BYTES + 1];
    const char *port;
    const char *wrong = split(text, host, &port);
    if (wrong)
        return refuse(-EINVAL, text, wrong, why, why_bytes);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed)
        return refuse(-ENOENT, text, gai_strerror(failed), why, why_bytes);
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
        fd = open_one(a);
    freeaddrinfo(found);
    struct listener l = {.fd = fd};
    int error = fd < 0 ? fd : describe(fd, &l);
    if (error) {
        if (fd >= 0)
            (void)close(fd);
        return refuse(error, text,
                      error == -EADDRINUSE ? "another program listens there; choose another port"
                                           : strerror(-error),
                      why, why_bytes);
    }
    *ret = l;
    return 0;
}
