"""deploy/runbooks/kafka-partitions.md, followed under load: accounts move to other partitions, and
their spacing, their limits and their history go with them."""

import unittest

import runbooks
from campaign_test import FridayTest
from kafka_book import TEXTS, KafkaBook
from sam_test import full_length

CAP = 12  # of each account's day, less than there is to send
BEFORE, AFTER = "4", "6"
KEYED = ("sam.jobs", "sam.sync", "sam.events")


class Partitions(KafkaBook, FridayTest):
    page = "kafka-partitions.md"
    accounts = tuple(f"a{n:02}" for n in range(12))
    spacing_ms = 2000  # what they have to send outlasts Kafka's tools

    def begin(self):
        self.config["limits"]["daily_cap"] = CAP
        self.prepare_on_friday(options=("--latency", "20-200"))
        self.start_both()
        self.second = self.start_worker()
        self.campaign("c", "messenger", TEXTS, 10 * len(self.accounts))
        self.wait_until_sent(2 * len(self.accounts))

    def open_the_page(self, fewer):
        self.assertLess(self.simulator.audit()["writes"], CAP * len(self.accounts) - 20)
        (_, top), *rest = runbooks.blocks(self.page)
        self.read(top, PARTITIONS=AFTER, FEWER=" ".join(fewer))
        self.blocks = rest

    def add_partitions(self):
        """Steps 3 to 7."""
        self.assertRegex(self.follow("What to do"), rf"Topic: {self.topic('sam.sync')}\t")
        self.follow("What to do")
        self.config["kafka"]["partitions"] = int(AFTER)
        self.write_config()
        self.follow("What to do")
        out = self.follow("What to do")
        for topic in (*KEYED, "sam.accounts"):
            self.assertRegex(out, rf"{self.topic(topic)} +ok +{AFTER} partitions")

    def start_all(self):
        self.let_lost_jobs_end()
        self.start_both()
        self.second = self.start_worker()
        self.listen_as_said(self.producer, self.worker)

    def it_is_over(self):
        self.assertRegex(self.follow("Is it over?"), r"(?s)producer .*ready.*worker .*ready")
        self.assertEqual(self.blocks, [])
        self.wait_for("all to be applied", self.all_is_applied, 60)
        self.assertEqual(set(self.partitions()), set(range(int(AFTER))))

    def all_send_up_to_their_cap(self):
        total = CAP * len(self.accounts)
        self.wait_until_sent(total, 90)
        waiting = "send_queue WHERE status IN ('published', 'sending')"
        self.wait_for("what is under way to end", lambda: self.count(waiting) == 0)
        self.judge(total)
        self.assertEqual(self.simulator.audit(0, CAP)["cap_breaks"], 0)

    def moved(self):
        """Accounts whose events are in two partitions: history that a restore must put together."""
        where = {}
        for record in self.kafka.records(self.topic("sam.events")):
            if "attempt" in record["headers"]["ce_type"]:
                where.setdefault(record["key"], set()).add(record["partition"])
        return [account for account, partitions in where.items() if len(partitions) > 1]

    def test_on_purpose_and_then_a_restore_from_before(self):
        self.begin()
        self.open_the_page(KEYED)
        self.assertEqual(self.producer.stop(), 0)
        self.wait_for("all to be applied", self.all_is_applied, 60)
        self.assertIn("position", self.follow("What to do"))
        backup = self.dump()
        self.stop_all()
        self.add_partitions()
        self.start_all()
        self.it_is_over()
        self.all_send_up_to_their_cap()
        self.assertTrue(self.moved())
        known = self.books()

        self.assertEqual(self.second.stop(), 0)
        self.restore(backup)
        self.assertNotEqual(self.books(), known)
        self.start_all()
        self.wait_for("all to be applied", self.all_is_applied, 60)
        self.wait_for("all to be learned", lambda: self.books() == known)
        self.all_send_up_to_their_cap()

    @full_length
    def test_somebody_has_added_some_to_two_topics_while_all_runs(self):
        self.begin()
        for topic in ("sam.events", "sam.jobs"):
            self.kafka.tool("TopicCommand", "--alter", "--topic", self.topic(topic), "--partitions",
                            AFTER)  # fmt: skip
        why = f"has {AFTER} partitions, it had {BEFORE} when this process began"
        for daemon in self.daemons():
            self.wait_for(why, lambda d=daemon: why in d.get("/readyz")[1])
        written = self.writes_end()
        self.open_the_page(["sam.sync"])
        self.stop_all()
        self.follow("What to do")
        self.add_partitions()
        self.assertEqual(self.simulator.audit()["writes"], written)
        self.start_all()
        self.it_is_over()
        self.all_send_up_to_their_cap()
        self.assertTrue(self.moved())


if __name__ == "__main__":
    unittest.main()
