"""What breaks, when, and in which order: all of it drawn from the seed.

A lane is a row of faults, one after the other, of one thing that can break; lanes run side by side.
Each fault has a Random of its own, so that what it does is the same whatever the others did before.
"""

import random
from dataclasses import dataclass

from failpoints import OF_PRODUCERS, names


@dataclass(frozen=True)
class Lane:
    gap: tuple  # seconds from the end of a fault to the next, least and most
    kinds: dict  # kind -> weight; a method of Faults, and what it is told
    each: bool = False  # all of them come, as often as they weigh, before the next round


PROGRAM = {"kill": 4, "freeze": 3, "freeze_for_long": 1, "leave": 2}
WIRE = {"cut": 4, "refuse": 1, "hold": 3, "delay": 2}
OF_WORKERS = [name for name in names() if name not in OF_PRODUCERS]


def steps(places):
    """Killed or frozen at each."""
    return {f"{how} {place}": weight for place in places
            for how, weight in (("die_at", 2), ("freeze_at", 1))}  # fmt: skip


# So that sends go on in between: what nobody is under way for finds nothing. Of the writes few are
# broken: ten unknown outcomes of fifty stop a worker's claims for a minute, and a 429 has its
# account rest for a quarter of an hour. A producer that dies behind its commit keeps the accounts
# of that batch waiting for two minutes.
LANES = {
    "worker1": Lane((15, 35), PROGRAM),
    "worker2": Lane((15, 35), PROGRAM),
    "producer1": Lane((4, 12), PROGRAM),
    "producer2": Lane((4, 12), PROGRAM),
    "worker_steps1": Lane((2, 5), steps(OF_WORKERS), each=True),
    "worker_steps2": Lane((2, 5), steps(OF_WORKERS), each=True),
    "producer_steps": Lane((15, 30), steps(OF_PRODUCERS), each=True),
    "scale": Lane((20, 40), {"one_worker_more": 1}),
    "sessions": Lane((1, 4), {"end_a_session": 12, "end_all_sessions": 1}),
    "postgres": Lane((20, 35), {"restart_postgres": 1, "crash_postgres": 1}),
    "kafka": Lane((35, 60), {"restart_kafka": 1, "crash_kafka": 1, "freeze_kafka": 1}),
    "offsets": Lane((40, 60), {"set_offsets_back": 1}),
    "dumps": Lane((15, 30), {"load_a_dump": 1}),
    "wire_postgres": Lane((4, 10), WIRE),
    "wire_kafka": Lane((4, 10), WIRE),
    "wire_unipile": Lane((4, 10), WIRE),
    "unipile": Lane((0.3, 1.0), {"break_a_read": 7, "break_a_write": 1}),
}


def faults_of(lane, seed):
    """The faults of a lane without an end: (seconds to wait before, kind, its Random)."""
    drawn = random.Random(f"{seed} {lane}")
    kinds, weights = zip(*LANES[lane].kinds.items())
    coming = []
    while True:
        if not coming:
            coming = (drawn.sample(kinds, sum(weights), counts=weights) if LANES[lane].each
                      else drawn.choices(kinds, weights))  # fmt: skip
        gap = drawn.uniform(*LANES[lane].gap)
        yield gap, coming.pop(), random.Random(drawn.random())
