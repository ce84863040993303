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

    def let_connect(self, allowed):
        self.database.execute_elsewhere(
            f'ALTER DATABASE "{self.database.name}" ALLOW_CONNECTIONS {str(allowed).lower()}'
        )


if __name__ == "__main__":
    unittest.main()
