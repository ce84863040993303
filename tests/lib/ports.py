"""Ports for programs that are told where to listen, each for this test program alone.

The kernel would give one that is free just now, and a connection or another test may have it before
the program listens. So they come from below the kernel's own range, and a name that is gone when
this process is keeps the other tests from them.
"""

import random
import socket

RANGE = range(10000, 30000)
_mine = []  # open sockets that bear the names


def _is_free(port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """A port of the loopback that nobody listens on, and that no other test is given."""
    for port in random.sample(RANGE, len(RANGE)):
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0sam-test-port-{port}")
        except OSError:
            name.close()
            continue
        _mine.append(name)
        if _is_free(port):
            return port
    raise AssertionError(f"no free port in {RANGE}")
