"""What breaks, when, and in which order: all of it drawn from the seed.

A lane is a row of faults, one after the other, of one thing that can break; lanes run side by side.
Each fault has a Random of its own, so that what it does is the same whatever the others did before.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Lane:
    gap: tuple  # seconds from the end of a fault to the next, least and most
    kinds: dict  # kind -> weight; each is a method of Faults


PROGRAM = {"kill": 4, "freeze": 3, "freeze_for_long": 1, "leave": 2}
LANES = {
    "worker1": Lane((8, 20), PROGRAM),
    "worker2": Lane((8, 20), PROGRAM),
    "worker3": Lane((8, 20), PROGRAM),
    "producer1": Lane((4, 12), PROGRAM),
    "producer2": Lane((4, 12), PROGRAM),
    "scale": Lane((10, 20), {"one_worker_more": 1}),
}


def faults_of(lane, seed):
    """The faults of a lane without an end: (seconds to wait before, kind, its Random)."""
    drawn = random.Random(f"{seed} {lane}")
    kinds, weights = zip(*LANES[lane].kinds.items())
    while True:
        gap = drawn.uniform(*LANES[lane].gap)
        (kind,) = drawn.choices(kinds, weights)
        yield gap, kind, random.Random(drawn.random())
