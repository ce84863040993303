"""The programs under chaos: what plays the part of each at the moment, and how each may end."""

import contextlib
import os
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from failpoints import Failpoints
from waiting import wait_for

# Programs of their own, which are ended at the places of common/base/failpoint.h.
STEPS = ("worker_steps1", "worker_steps2", "producer_steps")
READY_SECONDS = 120
LEAVE_SECONDS = 60  # drain time, and what a server that is away adds to it


class Role:
    """A producer or a worker that is started anew after each end; one after the other."""

    def __init__(self, start):
        self.lock = threading.Lock()  # held by the fault that it meets
        self._start = start
        self.daemon = start()

    def again(self):
        self.daemon = self._start()

    def kill(self):
        self.daemon.must_run()  # nobody else has ended it
        self.daemon.kill()

    def leave(self):
        self.daemon.must_run()
        end_by_term(self.daemon)


def end_by_term(daemon):
    """It leaves by itself within its drain time. What was under way meanwhile may have been lost to
    a fault: then it leaves with 1, and that is as it must be; a sanitizer's word is not."""
    daemon.stop(LEAVE_SECONDS)
    daemon.killed = True


def in_flight(daemon):
    try:
        with urllib.request.urlopen(daemon.admin + "/metrics", timeout=0.5) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return 0
    return sum(int(line.rsplit(" ", 1)[1]) for line in lines
               if line.startswith("sam_calls_in_flight "))  # fmt: skip


class Fleet:
    """Programs die with the thread that has started them (sam_test.Process): all are started by one
    that stays as long as this object."""

    def __init__(self, test, workers, producers):
        self._starter = ThreadPoolExecutor(1)

        def by_starter(start, **environment):
            return lambda: self._starter.submit(start, ready=False, **environment).result()

        worker = by_starter(test.start_worker)
        producer = by_starter(test.start_producer)
        self._worker = worker
        self._lock = threading.Lock()
        self._more = []
        self.scaling = threading.Lock()  # held by who changes how many workers there are
        self.roles = {f"worker{n + 1}": Role(worker) for n in range(workers)}
        self.roles |= {f"producer{n + 1}": Role(producer) for n in range(producers)}
        self.points = {lane: Failpoints(os.path.join(test.folder, lane)) for lane in STEPS}
        for lane, points in self.points.items():
            start = test.start_worker if lane.startswith("worker") else test.start_producer
            self.roles[lane] = Role(by_starter(start, **points.environment))

    def more(self):
        """One worker more; less() makes it leave."""
        daemon = self._worker()
        with self._lock:
            self._more.append(daemon)
        return daemon

    def less(self, daemon):
        with self._lock:
            self._more.remove(daemon)
        end_by_term(daemon)

    @contextlib.contextmanager
    def no_worker(self):
        """All of them leave; they are started again afterwards. Their faults wait meanwhile."""
        roles = [role for name, role in self.roles.items() if name.startswith("worker")]
        with contextlib.ExitStack() as held:
            held.enter_context(self.scaling)
            for role in roles:
                held.enter_context(role.lock)
            with ThreadPoolExecutor() as side_by_side:
                list(side_by_side.map(Role.leave, roles))
            try:
                yield
            finally:
                for role in roles:
                    role.again()

    def daemons(self):
        with self._lock:
            return [role.daemon for role in self.roles.values()] + list(self._more)

    def wait_until_ready(self):
        for role in self.roles.values():
            wait_for(f"{role.daemon.name} to be ready", role.daemon.ready, READY_SECONDS,
                     [role.daemon])  # fmt: skip

    def says(self):
        """Lines: whether each program is ready, and what waits in it."""
        for daemon in self.daemons():
            _, reasons = daemon.get("/readyz")
            _, metrics = daemon.get("/metrics")
            waits = [line.split("queue=")[1] for line in metrics.splitlines()
                     if line.startswith("sam_queue_length{") and not line.endswith(" 0")]
            yield f"{daemon.name}: {', '.join(reasons.split(chr(10)))} {' '.join(waits)}"

    def calls_under_way(self):
        """Of all workers, by their own word; one that is frozen or away says nothing."""
        return sum(in_flight(role.daemon) for name, role in self.roles.items()
                   if name.startswith("worker"))  # fmt: skip

    def ended_by_themselves(self):
        return [f"{d.name} ended by itself" for d in self.daemons() if not d.running()]
