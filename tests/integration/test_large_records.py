"""Records that are larger than Kafka takes, of the producer: jobs, and what operators have done.
They wait, with a reason, and go when there is room; nothing is lost, nobody is written to twice."""

import unittest

from campaign_test import HELLO, CampaignTest


class TooLarge(CampaignTest):
    accounts = ("a1", "a2")

    def narrow(self, topic, limit):
        """None: as before."""
        how = ("--add-config", f"max.message.bytes={limit}") if limit else (
            "--delete-config", "max.message.bytes")  # fmt: skip
        self.kafka.tool("ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name",
                        self.topic(topic), *how)  # fmt: skip

    def begin(self):
        self.prepare()
        self.start_both()

    def assert_told(self, daemon, topic):
        """The topic is named, once in the log; Kafka is not said to be away."""
        said = f"Kafka does not take records of {self.topic(topic)}: larger than max.message.bytes"
        self.wait_for("the reason", lambda: said in daemon.get("/readyz")[1])
        self.assertEqual(daemon.log().count("kafka_untaken"), 1)
        self.assertNotIn("no broker is connected", daemon.get("/readyz")[1])
        self.assertEqual(daemon.metric("sam_kafka_up"), 1)
        self.assertEqual(daemon.get("/healthz")[0], 200)

    def test_a_job(self):
        self.begin()
        self.narrow("sam.jobs", 100)
        self.campaign("c", "messenger", HELLO, 6)
        failures = self.producer.metric("sam_kafka_failures_total")
        self.assert_told(self.producer, "sam.jobs")
        self.wait_for("tries", lambda: (
            self.producer.metric("sam_kafka_failures_total") >= failures + 3))  # fmt: skip
        self.assert_told(self.producer, "sam.jobs")
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.narrow("sam.jobs", None)
        self.wait_until_ended()
        self.judge(6)
        self.wait_for("it to be well", self.producer.ready)

    def test_what_an_operator_has_done(self):
        """It holds at once, by Postgres; its event waits in the outbox and goes later."""
        self.begin()
        self.narrow("sam.events", 200)
        self.samctl("account", "pause", "a1")
        self.assert_told(self.producer, "sam.events")
        waits = "outbox WHERE published_at IS NULL"
        self.assertEqual(self.count(waits), 1)
        self.campaign("c", "messenger", HELLO, 2)
        self.narrow("sam.events", None)
        self.wait_for("the event to go", lambda: self.count(waits) == 0)
        self.wait_for("it to be well", self.producer.ready)
        self.samctl("account", "resume", "a1")
        self.wait_until_ended()
        self.judge(2)


if __name__ == "__main__":
    unittest.main()
