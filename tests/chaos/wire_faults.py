"""Faults of connections, and of what Unipile answers."""

UNIPILE_TIMEOUT = 3  # unipile.timeout of these settings

# What a call may draw: action, and what else the simulator is told of the fault.
FAULTS = (
    {"action": "cut_before"},
    {"action": "cut_after"},
    {"action": "hang"},
    {"action": "hang", "execute": True},
    {"action": "status", "status": 500, "type": "errors/provider_error"},
    {"action": "status", "status": 500, "type": "errors/provider_error", "execute": True},
    {"action": "status", "status": 504, "type": "errors/request_timeout", "execute": True},
    {"action": "truncate"},
    {"action": "not_json"},
    {"action": "delay", "delay_ms": 1500},
    {"action": "delay", "delay_ms": 2 * UNIPILE_TIMEOUT * 1000},
    # A write: the account rests for a quarter of an hour. A read: it is tried again.
    {"action": "status", "type": "errors/too_many_requests", "status": 429},
)
WRITE_ROUTES = ("invite", "chats")
READ_ROUTES = ("profile", "relations", "attendee_chats")


class WireFaults:
    """Of one test, which has wires: name -> Proxy. A lane is "wire_" and the name of one."""

    def __init__(self, test, span):
        self.test = test
        self.span = span

    def _wire(self, lane):
        name = lane.removeprefix("wire_")
        return self.test.wires[name], name.capitalize()

    def cut(self, lane, _):
        wire, name = self._wire(lane)
        wire.cut()
        return f"connections to {name} cut"

    def refuse(self, lane, drawn):
        wire, name = self._wire(lane)
        with wire.refusing():
            self.span(drawn.uniform(1, 6))
        return f"{name} not to be reached"

    def hold(self, lane, drawn):
        """Everything that is sent one way, or both, comes only afterwards."""
        wire, name = self._wire(lane)
        up, down = drawn.choice(((True, False), (False, True), (True, True)))
        with wire.holding(to_server=up, to_client=down):
            self.span(drawn.uniform(1, 8))
        return f"bytes {'to' if up else ''}{' and ' if up and down else ''}" \
               f"{'from' if down else ''} {name} held"  # fmt: skip

    def delay(self, lane, drawn):
        wire, name = self._wire(lane)
        with wire.delaying(drawn.uniform(0.02, 0.3)):
            self.span(drawn.uniform(1, 5))
        return f"bytes to and from {name} delayed"

    def break_a_read(self, _, drawn):
        return self._break("read", drawn.choice(READ_ROUTES), drawn.choice(FAULTS), drawn)

    def break_a_write(self, _, drawn):
        return self._break("write", drawn.choice(WRITE_ROUTES), drawn.choice(FAULTS), drawn)

    def _break(self, what, route, fault, drawn):
        account = "U" + drawn.choice(self.test.accounts)
        self.test.simulator.fault(route=route, account=account, **fault)
        name = fault["action"] if fault["action"] != "status" else str(fault["status"])
        done = ", executed" if fault.get("execute") else ""
        return f"Unipile: a {what} draws {name}{done}", account
