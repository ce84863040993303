"""deploy/runbooks/kafka-moved.md, followed from one real cluster to another while a campaign is
under way: the ledger comes along, nobody is on hold, nothing goes twice."""

import re
import unittest

import runbooks
from kafka_book import TEXTS, KafkaBook

PEOPLE = 60
SENDS = PEOPLE * len(TEXTS)
LOST_JOB_ENDS = "UPDATE send_queue SET sweep_at = sam_now() WHERE status = 'published'"


class Moved(KafkaBook):
    page = "kafka-moved.md"
    accounts = ("anna", "ben", "carl", "dora")
    spacing_ms = 1500

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new = cls.own_kafka("new")

    def begin(self):
        self.prepare(options=("--latency", "20-200"))
        self.start_both()
        self.second = self.start_worker()
        self.campaign("c", "messenger", TEXTS, PEOPLE)
        self.wait_until_sent(8)
        (_, top), *rest = runbooks.blocks(self.page)
        self.read(top, NEW=self.new.address, REPLICAS="1")
        self.blocks = rest

    def mirror(self):
        """Steps 1 to 6, to a copy that is complete."""
        out = self.follow("Before: does it fit?")
        self.assertTrue(all(line.endswith(":0") for line in out.splitlines()), out)
        self.assertIn("sam.events", self.follow("What to do"))
        self.follow("What to do")
        self.addCleanup(self.shell.result, 'kill "$(cat mirror.pid)"')
        self.assertIn(self.topic("sam.events"), self.follow("What to do"))

    def follow_to_the_end_of_the_copy(self):
        self.assertEqual(self.producer.stop(), 0)
        self.wait_for("all to be applied", self.all_is_applied, 60)
        self.assertIn("position", self.follow("What to do"))
        self.stop_all()
        _, compare = self.blocks.pop(0)
        self.wait_for("the copy to end", lambda: self.shell.result(compare).returncode == 0, 90)
        one, other = self.follow("What to do").splitlines()
        self.assertEqual(one, other)

    def start_on_the_new_one(self):
        self.config["kafka"]["bootstrap_servers"] = self.new.address
        self.write_config()
        self.database.execute(LOST_JOB_ENDS)  # its two minutes are over
        self.start_both()
        self.second = self.start_worker()
        self.listen_as_said(self.producer, self.worker)

    def fits(self):
        done = self.shell.result(self.blocks.pop(0)[1])
        return done.stdout + done.stderr

    def books(self):
        return self.database.rows(
            "SELECT p.vanity, p.status, count(m.id) FROM campaign_prospects p LEFT JOIN "
            "campaign_messages m ON m.prospect_id = p.id GROUP BY 1, 2 ORDER BY 1"
        )

    def test_the_ledger_comes_along(self):
        self.begin()
        backup = self.dump()
        self.mirror()
        self.follow_to_the_end_of_the_copy()
        self.assertIn("nothing is to be reset", self.fits())
        written = self.simulator.audit()["writes"]
        self.assertLess(written, SENDS)
        self.start_on_the_new_one()
        self.assertRegex(self.follow("Is it over?"), r"(?s)producer .*ready.*worker .*ready")
        self.assertEqual(self.blocks, [])
        self.one_that_was_forgotten_on_the_old_one()
        self.wait_until_completed("c")
        self.judge(SENDS)
        self.assertEqual(self.held(), set())

        known = self.books()
        self.restore_on_the_new_one(backup)
        self.wait_for("all to be learned", lambda: self.books() == known, 60)
        self.wait_for("all to be applied", self.all_is_applied, 60)
        self.judge(SENDS)

    def one_that_was_forgotten_on_the_old_one(self):
        """It says so and sends nothing; the others go on once it is gone."""
        old = self.start_worker(ready=False, SAM_KAFKA_BOOTSTRAP_SERVERS=self.kafka.address)
        why = "the log ends before the position"
        self.wait_for(why, lambda: re.search(why, old.get("/readyz")[1]), 60)
        calls = [line for line in old.get("/metrics")[1].splitlines()
                 if re.match(r'sam_calls_total\{.*outcome="sent"', line)]  # fmt: skip
        self.assertTrue(calls)
        self.assertEqual({line.rsplit(" ", 1)[1] for line in calls}, {"0"})
        self.assertEqual(old.stop(), 0)

    def restore_on_the_new_one(self, backup):
        self.assertEqual(self.second.stop(), 0)
        self.restore(backup)
        self.start_both()


if __name__ == "__main__":
    unittest.main()
