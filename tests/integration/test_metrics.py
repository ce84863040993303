"""What the programs count: against what there is in Kafka, and while Postgres fails."""

import unittest

from campaign_test import HELLO, CampaignTest
from sam_test import Process

PRODUCED = "sam_kafka_produced_total"
RETRIES = 'sam_postgres_failures_total{class="retry"}'


class Metrics(CampaignTest):
    def test_every_record_that_kafka_has_is_counted(self):
        self.config["producer"].update({"replies_every": "1h", "relations_every": "1h"})
        self.prepare()
        self.start_both()
        self.campaign("m", "messenger", HELLO, 6)
        self.wait_until_completed("m")
        self.wait_for("the outbox", lambda: self.count("outbox WHERE published_at IS NULL") == 0)
        daemons = (self.worker, self.producer)
        self.wait_for("all of them", lambda: sum(d.metric(PRODUCED) for d in daemons)
                      == self.records())  # fmt: skip
        self.assertGreater(self.producer.metric(PRODUCED), 6)

    def records(self):
        return sum(len(self.kafka.records(self.topic(name)))
                   for name in ("sam.jobs", "sam.sync", "sam.events"))  # fmt: skip

    def test_what_fails_in_the_ledger_is_counted(self):
        self.prepare()
        self.start_both()
        psql = ["psql", "-X", "-q", "-d", self.database.conninfo, "-c"]
        sql = "LOCK TABLE ledger_positions IN EXCLUSIVE MODE; SELECT pg_sleep(600)"
        lock = Process("lock", [*psql, sql], self.folder)
        self.campaign("m", "messenger", HELLO, 6)
        self.wait_for("the failure", lambda: self.worker.metric(RETRIES) > 0)
        self.database.execute_elsewhere(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LOCK TABLE%'"
        )
        self.assertEqual(lock.wait_exit(), 1)
        self.wait_until_completed("m")
        self.judge(6)

    def test_one_session_that_is_away_is_told(self):
        self.prepare()
        worker = self.start_worker()
        self.wait_for("all sessions", lambda: worker.metric("sam_postgres_up") == 1)
        self.let_connect(False)
        self.database.execute_elsewhere(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{self.database.name}' AND application_name = 'sam-worker claim 2'"
        )
        self.wait_for("the gauge", lambda: worker.metric("sam_postgres_up") == 0)
        self.let_connect(True)
        self.wait_for("the gauge", lambda: worker.metric("sam_postgres_up") == 1)

    def test_a_worker_that_is_gone_shows_at_the_producer(self):
        """A published message is late after a minute; the sweep, which gives it another time and
        publishes it anew, does not hide for how long it has waited."""
        self.prepare()
        self.start_both()
        self.wait_for("the gauges", lambda: self.gauge("active") == 2)
        self.assertEqual((self.gauge("overdue"), self.gauge("oldest")), (0, 0))
        self.assertNotIn("sam_last_send_seconds", self.producer.get("/metrics")[1])
        self.assertEqual(self.worker.stop(), 0)
        self.campaign("m", "messenger", HELLO, 6)
        published = "send_queue WHERE status = 'published' AND unclaimed = "
        self.wait_for("both accounts' first", lambda: self.count(published + "0") == 2)
        self.database.shift_clock("90 seconds")
        self.wait_for("the late ones", lambda: self.gauge("overdue") == 6)
        self.wait_for("their age", lambda: 90 <= self.gauge("oldest") < 120)
        self.database.shift_clock("125 seconds")
        self.wait_for("the sweep", lambda: self.count(published + "1") == 2)
        self.wait_for("a greater age", lambda: self.gauge("oldest") > 120)
        self.assertGreaterEqual(self.gauge("overdue"), 2)  # who waits behind gets other times
        self.worker = self.start_worker()
        self.wait_until_completed("m")
        self.wait_for("nothing to be late", lambda: self.gauge("overdue") == 0)
        self.assertEqual(self.gauge("oldest"), 0)
        self.assertIn("sam_last_send_seconds", self.producer.get("/metrics")[1])
        self.assertLess(self.gauge("last_send"), 60)
        self.judge(6)

    def test_what_stands_in_postgres_is_shown(self):
        self.prepare()
        self.start_both()
        self.wait_for("the gauges", lambda: self.gauge("active") == 2)
        self.samctl("account", "pause", "anna")
        self.wait_for("the pause", lambda: self.gauge("paused") == 1)
        self.assertEqual((self.gauge("active"), self.gauge("resting")), (1, 0))
        self.database.execute("UPDATE linkedin_accounts SET blocked_reason = 'x'")
        self.database.execute(  # it has no account, so Kafka never gets it
            "INSERT INTO outbox (id, record_key, event_type, payload, created_at) SELECT "
            "gen_random_uuid(), 'x', 'sam.person.v1', '{}', sam_now() - interval '1 hour'"
        )
        self.wait_for("the blocked ones", lambda: self.gauge("blocked") == 2)
        self.wait_for("the outbox", lambda: 3600 <= self.gauge("outbox") < 3700)
        for table in ("send_queue", "account_schedule"):
            self.assertIn(f'sam_dead_rows{{table="{table}"}} ', self.producer.get("/metrics")[1])
        self.database.execute("UPDATE linkedin_accounts SET blocked_reason = NULL")
        self.database.execute("DELETE FROM outbox WHERE record_key = 'x'")
        self.samctl("account", "resume", "anna")
        self.wait_for("the resume", lambda: self.gauge("active") == 2)
        self.assertEqual([self.gauge(name) for name in ("paused", "blocked", "outbox")], [0, 0, 0])
        self.assertEqual(self.worker.metric('sam_rebalances_total{topic="sam.jobs"}'), 1)
        self.assertGreaterEqual(self.worker.metric('sam_rebalances_total{topic="sam.events"}'), 1)

    def gauge(self, name):
        names = {"overdue": "sam_items_overdue", "oldest": "sam_oldest_due_seconds",
                 "last_send": "sam_last_send_seconds", "blocked": "sam_accounts_blocked",
                 "outbox": "sam_outbox_oldest_seconds"}
        return self.producer.metric(names.get(name, f'sam_accounts{{status="{name}"}}'))

    def let_connect(self, allowed):
        self.database.execute_elsewhere(
            f'ALTER DATABASE "{self.database.name}" ALLOW_CONNECTIONS {str(allowed).lower()}'
        )


if __name__ == "__main__":
    unittest.main()
