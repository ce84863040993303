"""A fatal error of a worker's Kafka producer while calls are under way: their ends are known, the
worker makes room for another one, and nobody is written to twice."""

import signal
import unittest

from campaign_test import CampaignTest

TOPICS = {"sam.jobs": 4, "sam.sync": 4, "sam.events": 4, "sam.accounts": 4, "dlq.sam.jobs": 1}
ENDS = "outbox WHERE published_at IS NULL AND event_type = 'sam.attempt.ended.v1'"


class BrokenProducer(CampaignTest):
    """By sam-devbroker: Kafka itself breaks a producer only when it has lost what it had."""

    accounts = ("a1", "a2", "a3", "a4")

    def test_the_ends_of_calls_go_by_the_outbox(self):
        self.config["unipile"]["timeout"] = "20s"
        self.broker = self.start_devbroker(TOPICS)
        self.prepare(options=["--latency", "3000-4000"])
        self.start_both()
        hello = {"direct_message_1": "Hello {first_name}"}
        people = self.campaign("out", "messenger", hello, 8)
        begun = "send_attempts WHERE kind <> 'profile_view' AND outcome IS NULL"
        self.wait_for("calls of three accounts", lambda: self.count(begun) >= 3, 60)
        self.producer.freeze()  # the worker is the next to produce
        self.broker.signal(signal.SIGUSR1)
        self.worker.killed = True  # leaves with 1
        self.assertEqual(self.worker.wait_exit(60), 1)
        self.assertIn("kafka_producer_lost", self.worker.log())
        self.assertIn("leaving how=drained", self.worker.log())
        self.assertGreater(self.count(ENDS), 0)
        self.assertEqual(self.count("send_queue WHERE status = 'unknown'"), 0)
        self.producer.thaw()
        self.worker = self.start_worker()
        self.wait_until_ended(120)
        self.assertEqual(self.count(ENDS), 0)
        self.judge(len(people))
        self.assertEqual({person: len(calls) for person, calls in self.arrived().items()},
                         dict.fromkeys(people, 1))  # fmt: skip


if __name__ == "__main__":
    unittest.main()
