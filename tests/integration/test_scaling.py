"""From one worker to four and back to two, under load."""

import signal
import unittest

from load_test import LoadTest

OWNED = 'sam_assigned_partitions{topic="sam.jobs"}'


class Scaling(LoadTest):
    def wait_until_shared(self, workers):
        """Everybody has partitions, and all together have all of them."""

        def shared():
            owned = [worker.metric(OWNED) for worker in workers]
            return min(owned) > 0 and sum(owned) == self.config["kafka"]["partitions"]

        self.wait_for("partitions for all", shared, 60)

    def phase(self, workers):
        self.wait_until_shared(workers)
        self.wait_until_all_went_on()
        return f"{self.rate():.0f} with {len(workers)}"

    def test_one_four_two(self):
        self.prepare()
        self.start_both()
        self.begin()
        rates = [self.phase([self.worker])]
        workers = [self.worker] + [self.start_worker(ready=False) for _ in range(3)]
        rates.append(self.phase(workers))
        for worker in workers[:2]:
            worker.signal(signal.SIGTERM)
        for worker in workers[:2]:
            self.assertEqual(worker.wait_exit(), 0)
        rates.append(self.phase(workers[2:]))
        self.assertEqual(self.end()["unknown"], 0)
        self.judge_pauses("1, 4, 2 workers")
        print(f"figure: arrivals a second, bound by spacing at {len(self.accounts)}: "
              + ", ".join(rates), flush=True)  # fmt: skip


if __name__ == "__main__":
    unittest.main()
