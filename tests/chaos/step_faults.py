"""A program is killed, or stands still, just between two steps of its own: at the places of
common/base/failpoint.h. A lane has a program of its own for it, which alone comes to them."""

import time
from collections import Counter

from failpoints import names
from fleet import STEPS
from waiting import PATIENCE, wait_for

SAMCTL_SECONDS = 60  # Postgres may be away
SESSION_SECONDS = 6  # session.timeout.ms of the workers
# Until somebody comes there. What looks finds needs a call that was cut, and then its time.
COME_SECONDS, LOOKED_SECONDS = 30, 60
# Each place has to be hit so often, with a call under way, in so many minutes.
HITS_EACH, HITS_MINUTES = 3, 10
# At these it is a send of the program's own that is under way.
OF_A_SEND = ("claim_written", "started_produced", "started_acked", "claim_committed", "call_body",
             "call_answered", "ended_produced")  # fmt: skip


class StepFaults:
    """Of one test; span(seconds) waits for the length of a fault, and says if all are over."""

    def __init__(self, test, fleet, span):
        self.test = test
        self.fleet = fleet
        self.span = span
        self.hits = Counter()  # of places, with a call under way

    def die_at(self, lane, drawn, place):
        role = self.fleet.roles[lane]
        with role.lock:
            if not self._comes(lane, drawn, place, "kill"):
                return None
            role.daemon.wait_for_death()
            self.span(drawn.uniform(0, 1))
            role.again()
        return f"SIGKILL at {place}"

    def freeze_at(self, lane, drawn, place):
        role = self.fleet.roles[lane]
        with role.lock:
            if not self._comes(lane, drawn, place, "stop"):
                return None
            try:
                self.span(drawn.uniform(SESSION_SECONDS + 1, SESSION_SECONDS + 4))
            finally:
                role.daemon.thaw()
        return f"SIGSTOP at {place}"

    def _comes(self, lane, drawn, place, how):
        """Whether the lane's program came there before the time was over."""
        points = self.fleet.points[lane]
        self._wait_for_calls()
        points.arm(place, how)
        if place == "outbox_acked":
            self._write_to_the_outbox(drawn)
        seconds = LOOKED_SECONDS if place == "looked" else COME_SECONDS
        deadline = time.monotonic() + seconds * PATIENCE
        while not points.hit(place, how):
            if self.span(0.05) or time.monotonic() > deadline:
                if points.disarm(place, how):
                    return False
        if place in OF_A_SEND or self.fleet.calls_under_way():
            self.hits[place] += 1
        return True

    def _wait_for_calls(self):
        """A place that is hit while nobody does anything shows little."""
        deadline = time.monotonic() + COME_SECONDS * PATIENCE
        while not self.fleet.calls_under_way() and time.monotonic() < deadline:
            if self.span(0.1):
                return

    def table(self):
        """A line: how often each place was hit with a call under way."""
        yield "with a call under way: " + ", ".join(f"{place} {self.hits[place]}"
                                                    for place in names())  # fmt: skip

    def missing(self, options):
        """Complaints: places that a run of this length has to come to, and has not."""
        least = int(options.minutes * HITS_EACH / HITS_MINUTES)
        return [f"{place} was hit {self.hits[place]} times with a call under way, not {least}"
                for place in names() if self.hits[place] < least
                and set(STEPS) <= set(options.only)]  # fmt: skip

    def _write_to_the_outbox(self, drawn):
        """What a person does to an account goes to the ledger by it."""
        account = drawn.choice(self.test.accounts)
        for word in ("pause", "resume"):
            wait_for(f"account {word}", lambda w=word: self._samctl("account", w, account),
                     SAMCTL_SECONDS)  # fmt: skip

    def _samctl(self, *words):
        return self.test.samctl_result(*words).returncode == 0
