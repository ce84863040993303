"""deploy/runbooks/kafka-moved.md, followed from one real cluster to another while a campaign is
under way: the ledger comes along, nobody is on hold, nothing goes twice."""

import re
import unittest

import runbooks
from kafka_book import TEXTS, KafkaBook
from sam_test import full_length

OTHERS = "The offsets are others"
PEOPLE = 60
SENDS = PEOPLE * len(TEXTS)


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
        """Steps 1 to 3."""
        self.assertIn("sam.events", self.follow("What to do"))
        self.follow("What to do")
        self.addCleanup(self.shell.result, 'kill "$(cat mirror.pid)"')
        self.assertIn(self.topic("sam.events"), self.follow("What to do"))

    def begins(self):
        """Where the old log's partitions begin."""
        out = self.follow("Before: does it fit?")
        return {line.rsplit(":", 1)[1] for line in out.splitlines()}

    def stop_in_order(self):
        """Step 4."""
        self.assertEqual(self.producer.stop(), 0)
        self.wait_for("all to be applied", self.all_is_applied, 60)
        self.assertIn("position", self.follow("What to do"))
        self.stop_all()

    def wait_for_the_copy(self, heading):
        """Two blocks: as many, and the same."""
        above, compare = self.blocks.pop(0)
        self.assertEqual(above, heading)
        self.wait_for("the copy to end", lambda: self.shell.result(compare).returncode == 0, 90)
        one, other = self.follow(heading).splitlines()
        self.assertEqual(one, other)

    def start_on_the_new_one(self):
        self.config["kafka"]["bootstrap_servers"] = self.new.address
        self.write_config()
        self.let_lost_jobs_end()
        self.start_both()
        self.second = self.start_worker()
        self.listen_as_said(self.producer, self.worker)

    def fits(self):
        done = self.shell.result(self.blocks.pop(0)[1])
        return done.stdout + done.stderr

    def test_the_ledger_comes_along(self):
        self.begin()
        backup = self.dump()
        self.assertEqual(self.begins(), {"0"})
        self.mirror()
        self.stop_in_order()
        self.wait_for_the_copy("What to do")
        self.assertIn("nothing is to be reset", self.fits())
        written = self.simulator.audit()["writes"]
        self.assertLess(written, SENDS)
        self.start_on_the_new_one()
        self.assertRegex(self.follow("Is it over?"), r"(?s)producer .*ready.*worker .*ready")
        self.assertEqual({above for above, _ in self.blocks}, {OTHERS})
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

    @full_length
    def test_a_ledger_that_does_not_begin_at_0(self):
        """Its records stand at other offsets in the copy; it is whole, so nobody is put on hold."""
        self.begin()
        self.trim(dict.fromkeys(self.positions(), 1))
        self.assertEqual(self.begins(), {"1"})
        self.mirror()
        self.stop_in_order()
        self.blocks = [block for block in self.blocks if block[0] == OTHERS]
        self.wait_for_the_copy(OTHERS)
        self.one_that_lacks_the_last_event()
        before = self.positions()
        self.assertIn("samctl ledger reset", self.shell.result("on_new ledger status").stdout)
        self.assertIn("nobody is put on hold", self.follow(OTHERS))
        self.assertEqual(self.positions(), before)
        self.follow(OTHERS)
        self.assertEqual(self.positions(), {p: offset - 1 for p, offset in before.items()})
        self.assertIn("nothing is to be reset", self.shell.result("on_new ledger reset").stderr)
        self.assertLess(self.simulator.audit()["writes"], SENDS)
        self.start_on_the_new_one()
        self.wait_until_completed("c")
        self.judge(SENDS)
        self.assertEqual(self.held(), set())

    def one_that_lacks_the_last_event(self):
        """A copy that is not whole is no copy: nothing is changed."""
        one = "UPDATE ledger_positions SET last_event_id = {} WHERE partition = 2"
        known = self.database.value("SELECT last_event_id FROM ledger_positions "
                                    "WHERE partition = 2")  # fmt: skip
        before = self.positions()
        for lost, why in (("gen_random_uuid()", "not among the last 1000"),
                          ("NULL", "there is no event to look for")):  # fmt: skip
            self.database.execute(one.format(lost))
            done = self.shell.result("on_new ledger reset --copied --yes")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stderr, f"partition 2: .*{why} .*changed")
            self.assertEqual((self.positions(), self.held()), (before, set()))
        self.database.execute(one.format(f"'{known}'"))

    def restore_on_the_new_one(self, backup):
        self.assertEqual(self.second.stop(), 0)
        self.restore(backup)
        self.start_both()


if __name__ == "__main__":
    unittest.main()
