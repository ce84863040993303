"""Kafka's own default: a broker that makes a topic of one partition when somebody asks for it."""

import json
import os
import unittest

from sam_test import SamTest

NAMES = ("sam.jobs", "sam.sync", "sam.events", "dlq.sam.jobs", "sam.accounts")


class AutoCreate(SamTest):
    private_servers = True

    @classmethod
    def setUpClass(cls):
        os.environ["SAM_TEST_AUTO_CREATE"] = "true"
        try:
            super().setUpClass()
        finally:
            del os.environ["SAM_TEST_AUTO_CREATE"]

    def setUp(self):
        super().setUp()
        self.start_simulator()
        self.write_config()

    def topics(self):
        return [name for name in self.kafka.tool("TopicCommand", "--list").split()
                if name in [self.topic(n) for n in NAMES]]  # fmt: skip

    def test_looking_makes_nothing_and_create_makes_them_as_they_must_be(self):
        self.assertEqual([t["exists"] for t in self.samctl_json("topics", "show")], [False] * 5)
        done = self.samctl_result("doctor", "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([r["result"] for r in rows if r["check"] == self.topic("sam.events")],
                         ["failed"])  # fmt: skip
        self.assertEqual(self.topics(), [])
        self.assertEqual([t["result"] for t in self.samctl_json("topics", "create")], ["made"] * 5)
        shown = self.samctl_json("topics", "show")
        self.assertEqual([t["partitions"] for t in shown], [4, 4, 4, 1, 4])

    def test_topics_that_the_broker_has_made_are_refused(self):
        """Three of one partition: they agree with each other, but not with the config."""
        for name in NAMES:
            self.kafka.tool("TopicCommand", "--create", "--topic", self.topic(name),
                            "--partitions", "1")  # fmt: skip
        few = "has 1 partition, kafka.partitions says 4"
        done = self.samctl_result("topics", "create", "--json")
        self.assertIn(few, done.stderr)
        self.assertEqual([json.loads(line)["partitions"] for line in done.stdout.splitlines()],
                         [1] * 5)  # fmt: skip
        self.assertIn(few, self.samctl_result("doctor", "--json").stdout)
        self.samctl("migrate")
        worker = self.start_worker(ready=False)
        self.wait_for("the reason", lambda: few in worker.get("/readyz")[1])
        self.assertEqual(worker.get("/readyz")[0], 503)

    def test_a_daemon_that_waits_for_its_topics_makes_none(self):
        self.samctl("migrate")
        worker = self.start_worker(ready=False)
        self.wait_for("the reason", lambda: "no topic" in worker.get("/readyz")[1])
        self.assertEqual(self.topics(), [])


if __name__ == "__main__":
    unittest.main()
