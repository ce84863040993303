"""samctl ledger replay: events are applied again, and nothing is sent again."""

import datetime
import unittest

import moments
from campaign_test import HELLO
from ledger_test import LedgerTest


def written(record):
    """The second in which Kafka was given it."""
    at = datetime.datetime.fromtimestamp(record["ts"] / 1000, moments.UTC)
    return moments.text(at)


class Replay(LedgerTest):
    def test_a_running_campaign_applies_all_again_twice(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 40)
        end = {}
        for sent in (4, 8):
            self.wait_until_sent(sent)
            self.wait_for("the first replay", lambda: self.reached(end))
            end = self.positions()
            rows = self.ledger("replay", "--from", "beginning")["partition"]
            self.assertEqual([row["partition"] for row in rows], [0, 1, 2, 3])
            self.assertEqual({row["position"] for row in rows}, {0})
            self.assertGreater(sum(row["again"] for row in rows), sent)
            for row in rows:
                self.assertEqual(row["again"], row["before"])
        self.wait_until_completed("c")
        self.judge(40)
        for daemon in (self.worker, self.producer):
            self.assertIn("gate_shut", daemon.log())
        self.wait_for("all to be applied", self.all_is_applied)

    def test_a_worker_that_rests_notices_by_itself(self):
        self.prepare()
        self.start_both()
        self.assertEqual(self.producer.stop(), 0)
        end = self.positions()
        self.ledger("replay", "--from", "beginning")
        self.wait_for("the positions", lambda: self.reached(end))
        self.wait_for("all to be applied", self.all_is_applied)

    def some_events(self):
        """A partition at rest that has at least five events, and its records."""
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 6)
        self.wait_until_completed("c")
        for daemon in (self.producer, self.worker):
            self.assertEqual(daemon.stop(), 0)
        self.start_worker()
        self.wait_for("all to be applied", self.all_is_applied)
        self.assertEqual(self.processes[-1].stop(), 0)
        partition, position = max(self.positions().items(), key=lambda each: each[1])
        self.assertGreater(position, 5)
        records = [record for record in self.kafka.records(self.topic("sam.events"))
                   if record["partition"] == partition]  # fmt: skip
        return partition, position, {record["offset"]: record for record in records}

    def last_event_id(self, partition):
        return self.database.value(
            f"SELECT last_event_id FROM ledger_positions WHERE partition = {partition}"
        )

    def test_where_a_partition_goes(self):
        partition, position, records = self.some_events()
        before = self.positions()
        one = ("replay", "--partition", str(partition), "--from")
        (row,) = self.ledger(*one, str(position))["partition"]
        self.assertEqual((row["before"], row["position"], row["again"]), (position, position, 0))
        (row,) = self.ledger(*one, "3")["partition"]
        self.assertEqual((row["before"], row["position"]), (position, 3))
        self.assertEqual(row["again"], position - 3)
        self.assertEqual(self.last_event_id(partition), records[2]["headers"]["ce_id"])
        self.assertEqual(self.positions(), {**before, partition: 3})
        self.assertIn("its position is 3", self.refused(*one, "4"))
        self.assertIn("its position is 3", self.refused(*one, "9" * 30))
        later = moments.text(moments.now() + datetime.timedelta(minutes=1))
        for row in self.ledger("replay", "--from", later)["partition"]:
            self.assertEqual(row["again"], 0)
        (row,) = self.ledger(*one, written(records[1]))["partition"]
        self.assertLessEqual(row["position"], 1)
        (row,) = self.ledger(*one, "beginning")["partition"]
        self.assertEqual(row["position"], 0)
        self.assertFalse(self.last_event_id(partition))
        self.start_both()
        self.wait_for("all to be applied", self.all_is_applied)
        self.trim({partition: 2})
        for words in (("beginning",), ("1",)):
            (row,) = self.ledger(*one, *words)["partition"]
            self.assertEqual(row["position"], 2)
            self.assertEqual(row["note"], "the log begins here, not earlier")
        self.wait_for("all to be applied", self.all_is_applied)
        self.judge(6)

    def test_wrong_words(self):
        self.install()
        for words in ((), ("--from", "yesterday"), ("--from", "-1"), ("--from", ""),
                      ("--from", "5"), ("--partition", "x", "--from", "beginning"),
                      ("--partition", "-1", "--from", "beginning"),
                      ("--partition", "1", "--from", "5x"), ("word",)):  # fmt: skip
            with self.subTest(words):
                self.refused("replay", *words, code=2)
        self.assertIn("no ledger yet", self.refused("replay", "--from", "beginning"))
        self.database.execute("INSERT INTO ledger (ledger_id) VALUES (gen_random_uuid())")
        told = self.refused("replay", "--partition", "4", "--from", "beginning")
        self.assertIn("has 0 to 3", told)
        self.database.execute("INSERT INTO ledger_positions VALUES (1, 7)")
        self.assertIn("samctl ledger reset", self.refused("replay", "--from", "beginning"))
        self.assertEqual(self.positions(), {1: 7})
        self.config["kafka"]["topic_prefix"] += "other-"
        self.write_config()
        self.assertIn("has no topic", self.refused("replay", "--from", "beginning"))


if __name__ == "__main__":
    unittest.main()
