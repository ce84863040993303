"""Requests of Kafka's protocol, for each of which a tool of Kafka's would start a JVM.

https://kafka.apache.org/protocol has their fields; all of a version without tagged fields.
"""

import itertools
import socket
import struct

DELETE_TOPICS, CREATE_ACLS, DELETE_ACLS = 20, 30, 31
VERSION = 1
SECONDS = 30
UNKNOWN_TOPIC = 3
# AclOperation, AclPermissionType, ResourceType and PatternType of Kafka's own Java.
OPERATIONS = {name: 2 + place for place, name in enumerate(
    ("all", "read", "write", "create", "delete", "alter", "describe", "clusteraction",
     "describeconfigs", "alterconfigs", "idempotentwrite"))}  # fmt: skip
DECISIONS = {"deny": 2, "allow": 3}
RESOURCES = {"topic": 2, "group": 3}
LITERAL = 3


def _string(text):
    return struct.pack(">h", len(text)) + text.encode("ascii")


class Answer:
    """What came back, read from its beginning on."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def number(self, form):
        (number,) = struct.unpack_from(">" + form, self.text, self.at)
        self.at += struct.calcsize(form)
        return number

    def string(self):
        """None where there is none."""
        length = self.number("h")
        if length < 0:
            return None
        self.at += length
        return self.text[self.at - length : self.at].decode("utf-8")


def _receive(connection, size):
    found = b""
    while len(found) < size:
        piece = connection.recv(size - len(found))
        if not piece:
            raise ConnectionError("Kafka has ended the connection")
        found += piece
    return found


def _ask(address, what, body):
    """The Answer, at the count of what it is about."""
    host, port = address.rsplit(":", 1)
    request = struct.pack(">hhi", what, VERSION, 1) + _string("tests") + body
    with socket.create_connection((host, int(port)), SECONDS) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _receive(connection, 4))
        answer = Answer(_receive(connection, size))
    answer.number("i")  # of the request
    answer.number("i")  # how long the broker had it wait
    return answer


def delete_topics(address, topics):
    """Those that are there. A broker with a few thousand topics answers to little else but what
    asks for all of them."""
    answer = _ask(address, DELETE_TOPICS, struct.pack(">i", len(topics))
                  + b"".join(map(_string, topics)) + struct.pack(">i", SECONDS * 1000))  # fmt: skip
    for _ in range(answer.number("i")):
        name, error = answer.string(), answer.number("h")
        if error not in (0, UNKNOWN_TOPIC):
            raise AssertionError(f"Kafka does not delete {name}: error {error}")


def change_acls(address, verb, decision, users, operations, resources):
    """verb: add or remove; resources: (topic or group, its name, * = any)."""
    acls = [struct.pack(">b", RESOURCES[kind]) + _string(name) + struct.pack(">b", LITERAL)
            + _string(f"User:{user}") + _string("*")
            + struct.pack(">bb", OPERATIONS[operation.lower()], DECISIONS[decision])
            for user, operation, (kind, name) in itertools.product(users, operations, resources)
            ]  # fmt: skip
    answer = _ask(address, CREATE_ACLS if verb == "add" else DELETE_ACLS,
                  struct.pack(">i", len(acls)) + b"".join(acls))  # fmt: skip
    for _ in range(answer.number("i")):
        error, why = answer.number("h"), answer.string()
        if error:
            raise AssertionError(f"Kafka does not {verb} {resources}: error {error}, {why}")
        if verb == "remove" and _skip_removed(answer) == 0:
            raise AssertionError(f"nothing to remove: {users}, {operations}, {resources}")


def _skip_removed(answer):
    """How many there were."""
    count = answer.number("i")
    for _ in range(count):
        for form in "hsbsbssbb":
            answer.string() if form == "s" else answer.number(form)
    return count
