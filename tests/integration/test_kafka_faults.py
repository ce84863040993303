"""Kafka of three brokers, of which one dies, leaves, or is missed: the programs stay up, send
nobody twice, and go on by themselves."""

import json
import re
import time
import unittest

from campaign_test import HELLO, CampaignTest
from kafka_cluster import NODES, KafkaCluster
from sam_test import full_length
from waiting import PATIENCE, run

BACK_SECONDS = 12  # of which 6 are the session of who was not heard of (tests/FAULTS.md)
TOPICS = ("sam.jobs", "sam.sync", "sam.events")


class ThreeBrokers(CampaignTest):
    accounts = ("a1", "a2", "a3", "a4")
    people = 160

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kafka = KafkaCluster(cls.kafka.folder + "-cluster")
        cls.addClassCleanup(cls.kafka.stop)
        cls.kafka.start()

    def setUp(self):
        super().setUp()
        self.config["kafka"]["replication_factor"] = len(NODES)
        self.addCleanup(self.all_nodes_run)

    def all_nodes_run(self):
        for node in self.kafka.nodes.values():
            node.start()

    def begin(self):
        self.prepare(options=["--latency", "20-100"])
        self.start_both()
        self.workers = (self.worker, self.start_worker())
        self.daemons = (*self.workers, self.producer)
        self.campaign("c", "messenger", HELLO, self.people)
        self.wait_until_sent(8)

    # ---- what the cluster says ----

    def metadata(self):
        """As a broker has it that is up: topic -> its partitions."""
        for node in self.kafka.nodes.values():
            if node.is_up():
                said = json.loads(run("kcat", "-q", "-L", "-J", "-b", node.address))
                return {topic["topic"]: topic["partitions"] for topic in said["topics"]}
        raise AssertionError("no broker runs")

    def leader(self, topic, partition=0):
        return self.metadata()[self.topic(topic)][partition]["leader"]

    def whole(self, nodes):
        """Whether every partition of ours is led by one of these, and all of them are in sync."""
        topics = self.metadata()
        parts = [part for topic in TOPICS for part in topics[self.topic(topic)]]
        return all(
            part["leader"] in nodes and {isr["id"] for isr in part["isrs"]} == set(nodes)
            for part in parts
        )

    def wait_until_whole(self, *nodes):
        self.wait_for("leaders", lambda: self.whole(nodes), 30)

    def coordinator(self, group):
        said = self.kafka.tool("ConsumerGroupCommand", "--describe", "--state", "--group",
                               self.topic_prefix + group)  # fmt: skip
        return int(re.search(r"127\.0\.0\.1:\d+\s+\((\d+)\)", said).group(1))

    # ---- what SAM does ----

    def wait_until_all_send(self):
        """Each account, from now on, within the time that is promised."""
        begun = time.time()

        def sent_again():
            late = [c for c in self.calls() if c["at_ms"] > begun * 1000 and c["executed"]]
            return {call["account"] for call in late} == {"U" + name for name in self.accounts}

        self.wait_for("every account to send", sent_again)
        took = time.time() - begun
        self.assertLess(took, BACK_SECONDS * PATIENCE)

    def all_sent(self):
        """Once each; what else was begun never left."""
        self.wait_until_ended(120)
        self.judge(self.people)
        self.assertLessEqual(set(self.attempts()), {"sent", "not_executed"})
        tried = "send_attempts WHERE outcome = 'not_executed' AND NOT untried"
        self.assertEqual(self.count(tried), 0)
        for daemon in self.daemons:
            self.assertTrue(daemon.running(), daemon.name)
            self.wait_for("it to be ready", daemon.ready, 20)
            self.assertNotIn("kafka_producer_broken", daemon.log())

    def dies(self, node):
        """And the others take what it led; then it comes back."""
        self.kafka.nodes[node].kill()
        self.wait_until_whole(*(other for other in NODES if other != node))
        self.wait_until_all_send()
        self.kafka.nodes[node].start()
        self.wait_until_whole(*NODES)

    def test_a_leader_of_the_ledger_dies(self):
        self.begin()
        self.dies(self.leader("sam.events"))
        self.all_sent()

    @full_length
    def test_the_coordinator_of_the_workers_dies(self):
        self.begin()
        self.dies(self.coordinator("sam-workers"))
        self.all_sent()

    @full_length
    def test_the_coordinator_of_the_ledger_dies(self):
        self.begin()
        self.dies(self.coordinator("sam-ledger"))
        self.all_sent()

    @full_length
    def test_one_broker_after_the_other_is_restarted(self):
        """In order, as an update of Kafka does it: leaders move before a broker goes."""
        self.begin()
        for node in self.kafka.nodes.values():
            node.stop()
            node.start()
            self.wait_until_whole(*NODES)
        self.wait_until_all_send()
        self.all_sent()

    def test_too_few_replicas_for_the_ledger(self):
        """Nothing is claimed meanwhile, and both say why."""
        self.begin()
        events = ("--alter", "--entity-type", "topics", "--entity-name", self.topic("sam.events"))
        self.kafka.tool("ConfigCommand", *events, "--add-config", "min.insync.replicas=3")
        node = next(n for n in NODES if n != self.leader("sam.events"))
        self.kafka.nodes[node].kill()
        written = self.writes_end(within=20)
        self.assertLess(written, self.people)
        reason = re.compile("Kafka does not take .*no acknowledgement in time: slow, or too few "
                            "replicas in sync")  # fmt: skip
        self.wait_for("the reason", lambda: any(
            reason.search(worker.get("/readyz")[1]) for worker in self.workers), 60)  # fmt: skip
        self.assertEqual(self.simulator.audit()["writes"], written)
        for daemon in self.daemons:
            self.assertEqual(daemon.get("/healthz")[0], 200)
        self.kafka.nodes[node].start()
        self.wait_until_whole(*NODES)
        self.wait_until_all_send()
        self.all_sent()


if __name__ == "__main__":
    unittest.main()
