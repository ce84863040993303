"""Runs the faults. A kind is a method here or of the parts; it breaks something, has mended it when
it returns, and returns what to call it in the table (and which account alone it was for), or None
where nothing came to it."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass

import schedule
from server_faults import ServerFaults
from step_faults import StepFaults
from wire_faults import UNIPILE_TIMEOUT, WireFaults

SESSION_SECONDS = 6  # session.timeout.ms of the workers
UNKNOWN_SECONDS = 15 + UNIPILE_TIMEOUT + 10  # start_by before, and the margin after it


@dataclass(frozen=True)
class Hit:
    """One fault that happened: what it was, from when to when, how many calls were under way."""

    lane: str
    kind: str
    begun: float  # of time.time()
    ended: float
    calls: int
    account: str = None  # its Unipile id; such a fault waits for the account's next call


class Faults:
    """Runs the lanes, each in a thread, until stop(); keeps what happened."""

    def __init__(self, test, fleet):
        self.test = test
        self.fleet = fleet
        self.hits = []
        self.errors = []
        self.over = threading.Event()
        self._threads = []
        self._begun = time.monotonic()
        self.steps = StepFaults(test, fleet, self.span)
        self._parts = (self, ServerFaults(test, fleet, self.span), WireFaults(test, self.span),
                       self.steps)  # fmt: skip

    def start(self, lane, faults):
        thread = threading.Thread(target=self._run, args=(lane, faults), name=lane, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self, seconds):
        """No fault begins any more; those under way are mended. False: one never came back."""
        self.over.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]

    def _run(self, lane, faults):
        for gap, kind, drawn in faults:
            if self.over.wait(gap) or self.over.wait(self._calm_left(lane)):
                return
            calls, begun = self.fleet.calls_under_way(), time.time()
            try:
                name, *told = kind.split()
                done = self._method(name)(lane, drawn, *told)
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(f"{lane} {kind}: {error!r}")
                return
            if not done:
                continue
            name, account = done if isinstance(done, tuple) else (done, None)
            self.hits.append(Hit(lane, name, begun, time.time(), calls, account))

    def _calm_left(self, lane):
        return schedule.calm_left(lane, time.monotonic() - self._begun)

    def _method(self, kind):
        (part,) = (part for part in self._parts if hasattr(part, kind))
        return getattr(part, kind)

    def table(self):
        """Lines: fault kind, how often, calls under way when it hit."""
        kinds = defaultdict(list)
        for hit in self.hits:
            kinds[hit.kind].append(hit.calls)
        yield f"{'fault':<34} {'times':>6} {'calls under way, in all':>24} {'at most':>8}"
        for kind, calls in sorted(kinds.items()):
            yield f"{kind:<34} {len(calls):>6} {sum(calls):>24} {max(calls):>8}"

    def span(self, seconds):
        """The length of a fault; cut short, and true, when all faults cease."""
        return self.over.wait(seconds)

    # ---- programs: the lane is the name of the role ----

    def kill(self, lane, drawn):
        role = self.fleet.roles[lane]
        with role.lock:
            role.kill()
            self.span(drawn.uniform(0, 2))
            role.again()
        return f"SIGKILL of a {lane[:-1]}"

    def freeze(self, lane, drawn, least=SESSION_SECONDS + 1, most=SESSION_SECONDS + 4):
        role = self.fleet.roles[lane]
        with role.lock:
            role.daemon.freeze()
            try:
                self.span(drawn.uniform(least, most))
            finally:
                role.daemon.thaw()
        return f"SIGSTOP of a {lane[:-1]}, {least} s and more"

    def freeze_for_long(self, lane, drawn):
        return self.freeze(lane, drawn, UNKNOWN_SECONDS + 1, UNKNOWN_SECONDS + 4)

    def leave(self, lane, drawn):
        role = self.fleet.roles[lane]
        with role.lock:
            role.leave()
            self.span(drawn.uniform(0, 2))
            role.again()
        return f"SIGTERM of a {lane[:-1]}"

    def one_worker_more(self, _, drawn):
        with self.fleet.scaling:
            daemon = self.fleet.more()
            self.span(drawn.uniform(5, 10))
            self.fleet.less(daemon)
        return "a worker more, then less"
