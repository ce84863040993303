"""What breaks, when, and in which order: all of it drawn from the seed.

A lane is a row of faults, one after the other, of one thing that can break; lanes run side by side.
Each fault has a Random of its own, so that what it does is the same whatever the others did before.

Storm and calm take turns. In a storm all lanes run, and little is sent: a group that loses or wins
a member stands until the session of one that is dead or frozen is over, and so does everybody while
a server is away. In a calm only those lanes run that need sends to break.
"""

import random
from dataclasses import dataclass

from failpoints import OF_PRODUCERS, names

STORM_SECONDS, CALM_SECONDS = 40, 40


@dataclass(frozen=True)
class Lane:
    gap: tuple  # seconds from the end of a fault to the next, least and most
    kinds: dict  # kind -> weight; a method of Faults, and what it is told
    calm: bool = False  # runs in a calm, too
    each: bool = False  # all places come before one of them comes again


PROGRAM = {"kill": 4, "freeze": 3, "freeze_for_long": 1, "leave": 2}
WIRE = {"cut": 4, "refuse": 1, "hold": 3, "delay": 2}
OF_WORKERS = [name for name in names() if name not in OF_PRODUCERS]
HOW = {"die_at": 2, "freeze_at": 1}


def steps(places):
    """Killed or frozen at each."""
    return {f"{how} {place}": weight for place in places for how, weight in HOW.items()}


# Of the writes few are broken: ten unknown outcomes of fifty stop a worker's claims for a minute,
# and a 429 has its account rest for a quarter of an hour. A producer that dies behind its commit
# keeps the accounts of that batch waiting for two minutes.
LANES = {
    "worker1": Lane((15, 35), PROGRAM),
    "worker2": Lane((15, 35), PROGRAM),
    "producer1": Lane((4, 12), PROGRAM),
    "producer2": Lane((4, 12), PROGRAM),
    "worker_steps1": Lane((1, 3), steps(OF_WORKERS), calm=True, each=True),
    "worker_steps2": Lane((1, 3), steps(OF_WORKERS), calm=True, each=True),
    "producer_steps": Lane((15, 30), steps(OF_PRODUCERS), calm=True, each=True),
    "scale": Lane((20, 40), {"one_worker_more": 1}),
    "sessions": Lane((2, 6), {"end_a_session": 12, "end_all_sessions": 1}, calm=True),
    "postgres": Lane((20, 35), {"restart_postgres": 1, "crash_postgres": 1}),
    "kafka": Lane((35, 60), {"restart_kafka": 1, "crash_kafka": 1, "freeze_kafka": 1}),
    "offsets": Lane((40, 60), {"set_offsets_back": 1}),
    "dumps": Lane((15, 30), {"load_a_dump": 1}),
    "wire_postgres": Lane((4, 10), WIRE),
    "wire_kafka": Lane((4, 10), WIRE),
    "wire_unipile": Lane((4, 10), WIRE),
    "unipile": Lane((0.2, 0.6), {"break_a_read": 10, "break_a_write": 1}, calm=True),
}


def calm_left(lane, seconds):
    """How long the lane waits for the next storm, so many seconds after the first began."""
    into = seconds % (STORM_SECONDS + CALM_SECONDS)
    if LANES[lane].calm or into < STORM_SECONDS:
        return 0
    return STORM_SECONDS + CALM_SECONDS - into


def _each_place(kinds, drawn):
    """A round: each place, as often as it weighs, and all of them before one comes again."""
    places = list(dict.fromkeys(kind.split()[1] for kind in kinds))
    hows = drawn.sample(list(HOW), sum(HOW.values()), counts=list(HOW.values()))
    return [f"{how} {place}" for how in hows for place in drawn.sample(places, len(places))]


def faults_of(lane, seed):
    """The faults of a lane without an end: (seconds to wait before, kind, its Random)."""
    drawn = random.Random(f"{seed} {lane}")
    kinds, weights = zip(*LANES[lane].kinds.items())
    coming = []
    while True:
        if not coming:
            coming = (_each_place(kinds, drawn) if LANES[lane].each
                      else drawn.choices(kinds, weights))  # fmt: skip
        gap = drawn.uniform(*LANES[lane].gap)
        yield gap, coming.pop(), random.Random(drawn.random())
