"""Postgres and Kafka that are not there at the start, go away, and come back: nothing is lost,
nothing is sent twice."""

import os
import signal
import unittest

from campaign_test import CampaignTest

ONE = {"direct_message_1": "Hello {first_name}"}

CLAIM_UNDER_WAY = (
    "pg_stat_activity WHERE datname = current_database() AND application_name LIKE "
    "'sam-worker claim%' AND state = 'idle in transaction' "
    "AND state_change < clock_timestamp() - interval '300 ms'"
)


class Outage(CampaignTest):
    private_servers = True
    accounts = ("a1", "a2", "a3", "a4")

    def start_some(self, people=40, latency="50-200"):
        self.prepare(options=["--latency", latency])
        self.start_both()
        self.start_worker()
        self.campaign("out", "messenger", ONE, people)
        self.wait_for("six sends", lambda: self.sent() >= 6)

    def all_sent(self, people=40):
        self.wait_until_ended(120)
        self.assertEqual(self.items(), {"sent": people})
        self.judge(people)

    def not_ready(self, what):
        """Producer and worker live, are not ready, and say what they miss."""
        for daemon in (self.worker, self.producer):
            self.wait_for("the reason", lambda d=daemon: what in d.get("/readyz")[1], 20)
            self.assertEqual((daemon.get("/readyz")[0], daemon.get("/healthz")[0]), (503, 200))

    def nothing_since(self, written):
        self.assertEqual(self.simulator.audit()["writes"], written)

    def test_postgres_crashes_and_comes_back(self):
        self.start_some()
        self.postgres.kill()
        written = self.writes_end(within=20)
        self.assertLess(written, 40)
        self.not_ready("postgres")
        self.nothing_since(written)
        self.postgres.start()
        self.all_sent()

    def test_a_plan_that_postgres_forgets_is_made_again(self):
        """Its commit does not wait for the disk; nothing that would has built on it yet."""
        self.database.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        self.database.execute("SELECT pg_reload_conf()")
        self.prepare()
        self.start_both()
        self.campaign("later", "messenger", ONE, 40, start=False)
        self.database.execute("UPDATE campaigns SET start_at = now() + interval '2 hours'")
        self.samctl("campaign", "start", "later")
        self.wait_for("the plan", lambda: self.count("send_queue") == 40)
        self.postgres.kill()
        self.postgres.start()
        self.wait_for("the plan", lambda: self.count("send_queue") == 40)
        self.assertEqual(self.count("campaign_prospects WHERE next_at IS NOT NULL"), 0)
        self.assertEqual(self.items(), {"pending": 40})

    def test_kafka_stops_and_comes_back(self):
        self.start_some()
        self.kafka.stop()
        written = self.writes_end(within=20)
        self.assertLess(written, 40)
        self.not_ready("kafka: no broker is connected")
        for daemon in (self.worker, self.producer):
            self.wait_for("the gauge", lambda d=daemon: d.metric("sam_kafka_up") == 0, 20)
            self.wait_for("an error", lambda d=daemon: d.metric("sam_kafka_errors_total") > 0)
        self.samctl("account", "pause", "a1")  # its event cannot go to the ledger now
        turns = self.turns()
        self.wait_for("the producer to go round", lambda: self.turns() > turns + 20, 20)
        self.assertEqual(self.producer.get("/healthz")[0], 200)
        self.assertEqual(self.count("outbox WHERE published_at IS NULL"), 1)
        self.samctl("account", "resume", "a1")
        self.nothing_since(written)
        self.kafka.start()
        self.all_sent()
        for daemon in (self.worker, self.producer):
            self.wait_for("the gauge", lambda d=daemon: d.metric("sam_kafka_up") == 1, 20)

    def test_workers_leave_while_kafka_is_away(self):
        """The ends of calls that were under way go by the outbox: none becomes unknown."""
        self.config["worker"]["drain_timeout"] = "8s"
        self.start_some(people=16, latency="2000-2500")
        workers = [p for p in self.processes if p is not self.producer]
        writes = "send_attempts WHERE ended_at IS NULL AND start_by > sam_now() + interval '14 s'"
        self.wait_for("writes that have just begun", lambda: self.count(writes) > 1)
        self.kafka.kill()
        for worker in workers:
            worker.signal(signal.SIGTERM)
        for worker in workers:
            self.assertEqual(worker.wait_exit(60), 0)
        left = "outbox WHERE published_at IS NULL AND event_type = 'sam.attempt.ended.v1'"
        self.assertGreater(self.count(left), 0)
        self.kafka.start()
        self.start_worker()
        self.all_sent(16)

    def test_a_claim_that_kafka_acknowledges_while_the_worker_leaves(self):
        """It is not committed any more: the attempt would never end, and the item be unknown."""
        self.config["limits"]["spacing"] = "3s"
        self.prepare()
        self.start_both()
        self.campaign("out", "messenger", ONE, 8)
        self.wait_until_sent(2)
        self.wait_for("a job", lambda: self.worker.metric("sam_jobs_waiting") > 0)
        with open(os.path.join(self.kafka.folder, "pid"), encoding="ascii") as file:
            broker = int(file.read())
        os.kill(broker, signal.SIGSTOP)
        try:
            self.wait_for("a claim", lambda: self.count(CLAIM_UNDER_WAY) > 0)
            self.worker.killed = True  # leaves with 1
            self.worker.signal(signal.SIGTERM)
            self.wait_for("the drain", lambda: "draining" in self.worker.log())
            self.worker.signal(signal.SIGTERM)
            self.wait_for("the end", lambda: "leaving how=second_signal" in self.worker.log())
        finally:
            os.kill(broker, signal.SIGCONT)
        self.assertEqual(self.worker.wait_exit(), 1)
        self.start_worker()
        self.all_sent(8)

    def turns(self):
        return self.producer.metric("sam_loop_turn_seconds_count")

    def test_daemons_wait_for_postgres_and_say_so(self):
        self.prepare()
        self.postgres.stop()
        worker = self.start_worker(ready=False)
        producer = self.start_producer(ready=False)
        for daemon in (worker, producer):
            self.wait_for("the line", lambda d=daemon: "waiting_for what=postgres" in d.log())
            self.assertIn("postgres", daemon.get("/readyz")[1])
            self.assertEqual(daemon.get("/healthz")[0], 200)
            self.assertIn("\nsam_postgres_up 0\n", daemon.get("/metrics")[1])  # there, and 0
        self.postgres.start()
        self.wait_for("the worker", worker.ready, 60)
        self.wait_for("the producer", producer.ready, 60)

    def test_a_worker_says_that_it_is_not_told_what_is_paused(self):
        self.prepare()
        worker = self.start_worker()
        self.database.execute("ALTER TABLE workspaces RENAME TO others")
        what = 'clock: Postgres does not tell the time and what is paused: relation "workspaces"'
        self.wait_for("the reason", lambda: what in worker.get("/readyz")[1])
        self.assertIn("clock_untold", worker.log())
        self.database.execute("ALTER TABLE others RENAME TO workspaces")
        self.wait_for("the worker", worker.ready)

    def test_daemons_wait_for_kafka_and_say_so(self):
        self.prepare()
        self.kafka.stop()
        worker = self.start_worker(ready=False)
        self.wait_for("the line", lambda: "waiting_for what=kafka" in worker.log())
        for line in ("sam_postgres_up 1", "sam_kafka_up 0"):
            self.assertIn(f"\n{line}\n", worker.get("/metrics")[1])
        self.kafka.start()
        self.wait_for("the worker", worker.ready, 60)

    def test_a_worker_waits_for_a_missing_topic_and_says_so(self):
        self.prepare()
        dead = self.topic("dlq.sam.jobs")
        self.kafka.tool("TopicCommand", "--delete", "--topic", dead)
        worker = self.start_worker(ready=False)
        what = f"no topic {dead}, or no right to describe it: run samctl topics create"
        self.wait_for("the reason", lambda: what in worker.get("/readyz")[1])
        self.samctl("topics", "create")
        self.wait_for("the worker", worker.ready, 60)


if __name__ == "__main__":
    unittest.main()
