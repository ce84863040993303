"""How the topics are kept: nothing begins while one of them would lose jobs or history."""

import json
import re
import unittest

from sam_test import SamTest

NAMES = ("sam.jobs", "sam.sync", "sam.events", "dlq.sam.jobs")
DAY_MS = 24 * 3600 * 1000


class TopicConfigs(SamTest):
    def setUp(self):
        super().setUp()
        self.start_simulator()
        self.write_config()

    def alter(self, name, *what):
        self.kafka.tool("ConfigCommand", "--alter", "--entity-type", "topics",
                        "--entity-name", self.topic(name), *what)  # fmt: skip

    def doctor(self, name):
        """[(result, detail), ...] of one topic."""
        done = self.samctl_result("doctor", "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return [(r["result"], r["detail"]) for r in rows if r["check"] == self.topic(name)]

    def assert_failed(self, name, *texts):
        rows = self.doctor(name)
        self.assertEqual([result for result, _ in rows], ["failed"] * len(texts), rows)
        for text, (_, detail) in zip(texts, rows):
            self.assertIn(text, detail)

    def waits(self, program, text):
        """It lives, is not ready, and says why, until the topic is mended."""
        self.wait_for("the reason", lambda: text in program.get("/readyz")[1])
        self.assertEqual((program.get("/readyz")[0], program.get("/healthz")[0]), (503, 200))
        self.assertIn(text, program.log())

    def test_what_loses_jobs_or_history_is_refused(self):
        self.samctl("migrate")
        self.samctl("topics", "create")
        self.assertEqual([self.doctor(name)[0][0] for name in NAMES], ["ok"] * 4)
        bounds = f"retention.ms={7 * DAY_MS},retention.bytes=1000000000,max.message.bytes=9000"
        self.alter("sam.events", "--add-config", bounds)
        self.alter("dlq.sam.jobs", "--add-config", "cleanup.policy=[compact,delete]")
        events = [f"has retention.ms={7 * DAY_MS}, it must be -1 (for ever)",
                  "has retention.bytes=1000000000, it must be -1",
                  "has max.message.bytes=9000, it must be 32768 or more"]  # fmt: skip
        self.alter("sam.accounts", "--add-config", "cleanup.policy=delete")
        self.alter("sam.jobs", "--add-config", "cleanup.policy=compact")
        dead = "has cleanup.policy=compact,delete, it must be delete"
        jobs = f"{self.topic('sam.jobs')} has cleanup.policy=compact, it must be delete"
        self.assert_failed("sam.events", *events)
        self.assert_failed("dlq.sam.jobs", dead)
        self.assert_failed("sam.accounts", "has cleanup.policy=delete, it must be compact")
        self.assert_failed("sam.jobs", "has cleanup.policy=compact, it must be delete")
        programs = self.start_worker(ready=False), self.start_producer(ready=False)
        for program in programs:
            self.waits(program, jobs)
        self.alter("sam.jobs", "--delete-config", "cleanup.policy")
        for program in programs:
            self.waits(program, events[0])
        self.alter("sam.events", "--delete-config", "retention.bytes,max.message.bytes",
                   "--add-config", "retention.ms=-1")  # fmt: skip
        for program in programs:
            self.waits(program, dead)
        self.alter("dlq.sam.jobs", "--delete-config", "cleanup.policy")
        for program in programs:
            self.wait_for("it to go on by itself", program.ready)

    def test_a_ledger_that_one_broker_can_take_away_is_refused(self):
        """The broker is one, so is each replica; the config says what is meant."""
        self.samctl("migrate")
        self.samctl("topics", "create")
        self.config["kafka"]["replication_factor"] = 3
        self.write_config()
        few = "has 1 replica, kafka.replication_factor says 3: set the config to what is there, or "
        least = "has min.insync.replicas=1, it must be 2 or more: else one broker that is lost"
        self.assert_failed("sam.events", least, few)
        for name in ("sam.jobs", "sam.sync", "dlq.sam.jobs", "sam.accounts"):
            ((result, detail),) = self.doctor(name)
            self.assertEqual(result, "note", detail)  # a lost job is published anew
            self.assertIn(few, detail)
        done = self.samctl_result("topics", "create")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.topic('sam.events')} {few}", done.stderr)
        self.assertIn(f"{self.topic('sam.events')} {least}", done.stderr)
        self.assertEqual(done.stderr.count(few), 1)
        for program in (self.start_worker(ready=False), self.start_producer(ready=False)):
            self.waits(program, f"{self.topic('sam.events')} {few}")
        self.alter("sam.events", "--add-config", "min.insync.replicas=2")
        self.assert_failed("sam.events", few)

    def test_topics_create_says_what_mends_a_topic_that_was_there(self):
        self.samctl("topics", "create")
        self.alter("sam.events", "--add-config", f"retention.ms={DAY_MS}")
        done = self.samctl_result("topics", "create")
        self.assertEqual(done.returncode, 1)
        found = re.search(r"kafka-configs\.sh --bootstrap-server (\S+) (.*)", done.stderr)
        self.assertEqual(found[1], self.kafka.address)
        self.kafka.tool("ConfigCommand", *found[2].split())
        self.samctl("topics", "create")
        self.assertEqual(self.doctor("sam.events")[0][0], "ok")

    def test_who_knows_his_oldest_backup_may_keep_the_ledger_for_a_time(self):
        self.config["kafka"]["ledger_retention"] = "30d"
        self.write_config()
        self.samctl("migrate")
        self.samctl("topics", "create")
        described = self.kafka.tool("TopicCommand", "--describe", "--topic",
                                    self.topic("sam.events"))  # fmt: skip
        self.assertIn(f"retention.ms={30 * DAY_MS}", described)
        self.start_worker()
        self.config["kafka"]["ledger_retention"] = "31d"
        self.write_config()
        short = f"has retention.ms={30 * DAY_MS}, it must be {31 * DAY_MS} (31d) or more"
        self.assert_failed("sam.events", short)
        self.waits(self.start_producer(ready=False), short)

    def test_who_alters_the_ledger_while_all_runs_is_told(self):
        """Nothing is lost yet, so nothing stops; but the next start would wait."""
        self.samctl("migrate")
        self.samctl("topics", "create")
        worker, producer = self.start_worker(), self.start_producer()
        self.alter("sam.events", "--add-config", f"retention.ms={DAY_MS}")
        for daemon in (worker, producer):
            self.wait_for("the line", lambda d=daemon: "topic_badly_kept" in d.log(), 40)
            self.assertIn(f"{self.topic('sam.events')} has retention.ms={DAY_MS}", daemon.log())
            self.assertEqual(daemon.metric("sam_topics_badly_kept"), 1)
            self.assertTrue(daemon.ready())
        self.alter("sam.events", "--add-config", "retention.ms=-1")
        for daemon in (worker, producer):
            self.wait_for("the gauge", lambda d=daemon: d.metric("sam_topics_badly_kept") == 0, 40)

    def test_a_broker_that_does_not_tell_is_believed_and_named(self):
        """An ACL without DescribeConfigs, or a provider's broker: here librdkafka's own."""
        self.start_devbroker({t: 1 if t.startswith("dlq") else 4 for t in NAMES})
        self.samctl("migrate")
        rows = self.doctor("sam.events")
        self.assertEqual([result for result, _ in rows], ["note", "ok"])
        for text in ("cleanup.policy", "retention.ms", "retention.bytes", "max.message.bytes",
                     "min.insync.replicas"):  # fmt: skip
            self.assertIn(text, rows[0][1])
        worker = self.start_worker(ready=False)
        self.wait_for("the warning", lambda: "topic_configs_unknown" in worker.log())
        # an installation of before has no sam.accounts, and goes on
        self.wait_for("the other", lambda: "view_not_kept" in worker.log())
        self.assertIn(f"no topic {self.topic('sam.accounts')}", worker.log())
        worker.stop()


if __name__ == "__main__":
    unittest.main()
