"""One request of Kafka's protocol, for which a tool of Kafka's would start a JVM."""

import socket
import struct

DELETE_TOPICS, VERSION = 20, 1
SECONDS = 30
UNKNOWN_TOPIC = 3


def _string(text):
    return struct.pack(">h", len(text)) + text.encode("ascii")


def _receive(connection, size):
    found = b""
    while len(found) < size:
        piece = connection.recv(size - len(found))
        if not piece:
            raise ConnectionError("Kafka has ended the connection")
        found += piece
    return found


def delete_topics(address, topics):
    """Those that are there. A broker with a few thousand topics answers to little else but what
    asks for all of them."""
    host, port = address.rsplit(":", 1)
    names = b"".join(map(_string, topics))
    request = (struct.pack(">hhi", DELETE_TOPICS, VERSION, 1) + _string("tests")
               + struct.pack(">i", len(topics)) + names
               + struct.pack(">i", SECONDS * 1000))  # fmt: skip
    with socket.create_connection((host, int(port)), SECONDS) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _receive(connection, 4))
        answer = _receive(connection, size)
    at = 12  # correlation id, throttle time, count
    for _ in range(struct.unpack(">i", answer[8:12])[0]):
        (length,) = struct.unpack(">h", answer[at : at + 2])
        name = answer[at + 2 : at + 2 + length].decode("ascii")
        at += 2 + length
        (error,) = struct.unpack(">h", answer[at : at + 2])
        at += 2
        if error not in (0, UNKNOWN_TOPIC):
            raise AssertionError(f"Kafka does not delete {name}: error {error}")
