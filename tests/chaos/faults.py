"""The kinds of faults: each method is one, breaks something, and has mended it when it returns."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass

SESSION_SECONDS = 6  # session.timeout.ms of the workers
UNKNOWN_SECONDS = 15 + 3 + 10  # start_by, unipile.timeout of these settings, margin


@dataclass(frozen=True)
class Hit:
    """One fault that happened: what it was, from when to when, how many calls were under way."""

    lane: str
    kind: str
    begun: float  # of time.time()
    ended: float
    calls: int


class Faults:
    """Runs the lanes, each in a thread, until stop(); keeps what happened."""

    def __init__(self, test, fleet):
        self.test = test
        self.fleet = fleet
        self.hits = []
        self.errors = []
        self.over = threading.Event()
        self._threads = []

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
            if self.over.wait(gap):
                return
            calls, begun = self.fleet.calls_under_way(), time.time()
            try:
                done = getattr(self, kind)(lane, drawn)
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(f"{lane} {kind}: {error}")
                return
            self.hits.append(Hit(lane, done or kind, begun, time.time(), calls))

    def table(self):
        """Lines: fault kind, how often, calls under way when it hit."""
        kinds = defaultdict(list)
        for hit in self.hits:
            kinds[hit.kind].append(hit.calls)
        yield f"{'fault':<34} {'times':>6} {'calls under way, in all':>24} {'at most':>8}"
        for kind, calls in sorted(kinds.items()):
            yield f"{kind:<34} {len(calls):>6} {sum(calls):>24} {max(calls):>8}"

    def span(self, seconds):
        """The length of a fault; cut short when all faults cease."""
        self.over.wait(seconds)

    # ---- programs: the lane is the name of the role ----

    def kill(self, lane, drawn):
        role = self.fleet.roles[lane]
        role.kill()
        self.span(drawn.uniform(0, 2))
        role.again()
        return f"SIGKILL of a {lane[:-1]}"

    def freeze(self, lane, drawn, least=SESSION_SECONDS + 1, most=SESSION_SECONDS + 4):
        daemon = self.fleet.roles[lane].daemon
        daemon.freeze()
        try:
            self.span(drawn.uniform(least, most))
        finally:
            daemon.thaw()
        return f"SIGSTOP of a {lane[:-1]}, {least} s and more"

    def freeze_for_long(self, lane, drawn):
        return self.freeze(lane, drawn, UNKNOWN_SECONDS + 1, UNKNOWN_SECONDS + 4)

    def leave(self, lane, drawn):
        role = self.fleet.roles[lane]
        role.leave()
        self.span(drawn.uniform(0, 2))
        role.again()
        return f"SIGTERM of a {lane[:-1]}"

    def one_worker_more(self, _, drawn):
        daemon = self.fleet.more()
        self.span(drawn.uniform(5, 10))
        self.fleet.less(daemon)
        return "a worker more, then less"
