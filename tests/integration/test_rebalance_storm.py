"""Workers that join and leave all the time, under load: a rebalance before the last one is over.
Each send is made once, every account goes on, and no worker is thrown out of its groups."""

import signal
import unittest

from load_test import LoadTest
from sam_test import FULL

TURNS = 24 if FULL else 8
# What librdkafka and we say when a group has given a member up.
THROWN_OUT = ("lost=true", "SESSTMOUT", "MAXPOLL", "fatal=true")


class Storm(LoadTest):
    def joins(self):
        worker = self.start_worker(ready=False)
        self.workers.append(worker)
        self.wait_for("it to begin", lambda: "started version" in worker.log(), 60)

    def leaves(self):
        """The oldest but the one that stays: whatever it was given goes to others again."""
        worker = self.workers.pop(1)
        self.processes.remove(worker)  # its end is none of those that nobody expects
        self.left.append(worker)
        worker.signal(signal.SIGTERM)

    def test_join_and_leave(self):
        self.prepare()
        self.start_both()
        self.workers, self.left = [self.worker], []
        self.begin()
        for turn in range(TURNS):
            self.joins()
            if turn % 2:  # two at once, then both of them go while the next one comes
                self.leaves()
                self.leaves()
            self.wait_until_some_sent()
        for worker in self.left:
            self.assertEqual((worker.wait_exit(), worker.complaints()), (0, []))
        self.wait_until_all_went_on()
        self.assertEqual(self.end()["unknown"], 0)
        self.judge_pauses(f"{TURNS} workers joined, {len(self.left)} left")
        for process in (*self.processes, *self.left):
            for word in THROWN_OUT:
                self.assertNotIn(word, process.log(), process.name)

    def wait_until_some_sent(self):
        """So that what is broken is broken while it works: a storm in which nothing is sent any
        more ends here."""
        before = self.simulator.audit()["accepted"]
        enough = before + len(self.accounts) / 2
        self.wait_for("sends", lambda: self.simulator.audit()["accepted"] >= enough, 20)


if __name__ == "__main__":
    unittest.main()
