"""deploy/runbooks/kafka-lost.md, followed on a Kafka that loses all it has: nothing goes twice, and
whoever may have been written to is on hold until somebody has looked."""

import unittest

from kafka_book import TEXTS, KafkaBook

PEOPLE = 24


class Lost(KafkaBook):
    page = "kafka-lost.md"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kafka = cls.own_kafka("kafka")

    def begin(self):
        self.config["worker"]["drain_timeout"] = "5s"  # there is nobody to acknowledge
        self.prepare(options=("--latency", "20-200"))
        self.start_both()
        self.start_worker()
        self.campaign("c", "messenger", TEXTS, PEOPLE)
        self.wait_until_sent(8)
        self.listen_as_said(self.producer, self.worker)
        self.read()

    def follow_from_the_empty_cluster_on(self):
        """All programs are stopped."""
        out = self.follow("What to do")
        self.assertRegex(out, r"sam.events +failed +there is no such topic")
        self.assertIn("sam.events", self.follow("What to do"))
        out = self.follow("What to do")
        self.assertIn("samctl ledger reset", out)
        self.assertEqual(self.held(), set())
        self.follow("What to do")

    def look_who_is_held(self):
        self.wait_until_told()
        self.wait_for("all to be applied", self.all_is_applied, 60)
        self.assertRegex(self.follow("Is it over?"), r"(?s)producer .*ready.*worker .*ready")
        out = self.follow("Who is on hold, and who may have been written to")
        held = self.held()
        self.assertTrue(held)
        for person in held:
            self.assertIn(f"|{person}|", out)
        return held

    def release(self, held):
        """A person looks at LinkedIn for each: who has the next message already, stays."""
        known, there = self.known(), self.at_linkedin()
        unsure = {p for p in held if there.get(p, 0) > known[p]}
        ((_, block),) = self.blocks  # nothing else is left of the page
        for person in sorted(held - unsure):
            self.shell.run(block.replace("PERSON", person))
        return unsure

    def everybody_is_accounted_for(self, unsure):
        open_items = "send_queue WHERE status IN ('pending', 'published', 'sending', 'unknown')"
        rest = ("campaign_prospects WHERE status NOT IN ('completed', 'replied') "
                "AND hold_reason IS NULL")  # fmt: skip
        self.wait_for("all who are not on hold", lambda: self.count(rest) == 0, 90)
        self.wait_for("nothing to wait", lambda: self.count(open_items) == 0)
        self.not_twice()
        there, held = self.at_linkedin(), self.held()
        known = self.known()
        self.assertLessEqual(held, unsure)
        for person in unsure - held:  # by now SAM knows of it: it was their last
            self.assertEqual(known[person], 2)
        for person, count in there.items():
            self.assertTrue(count == 2 or person in held, f"{person}: {count}")
        self.assertEqual(len(there), PEOPLE)

    def test_all_stop_and_an_empty_kafka_takes_its_place(self):
        self.begin()
        self.kafka.lose()
        self.writes_end(within=20)
        for daemon in self.daemons():
            self.wait_for("it to be told", lambda d=daemon: "kafka" in d.get("/readyz")[1])
        self.stop_all()
        written = self.simulator.audit()["writes"]
        self.kafka.start_empty()
        self.follow_from_the_empty_cluster_on()
        self.assertEqual(self.simulator.audit()["writes"], written)
        self.let_lost_jobs_end()
        self.start_both()
        self.listen_as_said(self.producer, self.worker)
        self.everybody_is_accounted_for(self.release(self.look_who_is_held()))

    def test_programs_that_nobody_has_stopped(self):
        """Against the page: they find another Kafka under them, and end; who starts them anew finds
        no topics, and then a log that does not fit."""
        self.begin()
        self.kafka.lose()
        self.writes_end(within=20)
        programs = self.daemons()
        self.kafka.start_empty()
        for daemon in programs:
            self.assertEqual(daemon.wait_exit(60), 1)
            self.processes.remove(daemon)  # 1 is what it must say
            self.assertIn("kafka_other_cluster", daemon.log())
        self.worker = self.start_worker(ready=False)
        self.producer = self.start_producer(ready=False)
        self.start_worker(ready=False)
        self.follow_from_the_empty_cluster_on()
        for daemon in self.daemons():
            self.wait_for("it to go on", daemon.ready, 90)
        self.listen_as_said(self.producer, self.worker)
        self.let_lost_jobs_end()
        self.everybody_is_accounted_for(self.release(self.look_who_is_held()))


if __name__ == "__main__":
    unittest.main()
