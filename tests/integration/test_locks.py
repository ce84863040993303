"""A table that is locked for long (VACUUM FULL, an ALTER): SAM waits, and blames no event."""

import signal
import subprocess
import unittest

from campaign_test import HELLO, CampaignTest


class Locked(CampaignTest):
    def lock(self, table):
        """A session that holds the table until the end of its input."""
        session = subprocess.Popen(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.database.conninfo],
            stdin=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(self.release, session)
        session.stdin.write(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;\n")
        session.stdin.flush()
        held = (
            f"pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessExclusiveLock' "
            "AND granted"
        )
        self.wait_for("the lock", lambda: self.count(held) == 1)
        return session

    def release(self, session):
        session.stdin.close()
        self.assertEqual(session.wait(30), 0)

    def failed(self, worker):
        return worker.log().count("postgres_prepare_failed")

    def cancelled(self):
        """Ends all waits for the lock at once, like a statement_timeout: True."""
        self.database.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        )
        return True

    def test_events_that_a_fresh_worker_finds_while_a_table_is_locked(self):
        """None of its statements is prepared yet: it is the PREPARE that waits in vain."""
        self.prepare()
        self.start_both()
        self.worker.signal(signal.SIGTERM)
        self.assertEqual(self.worker.wait_exit(), 0)
        self.campaign("c", "messenger", HELLO, 6)
        outbox = "outbox WHERE published_at IS NULL"
        self.wait_for("the start in the ledger", lambda: self.count(outbox) == 0)
        session = self.lock("campaign_prospects")
        worker = self.start_worker(ready=False)
        self.wait_for("it to wait", lambda: self.failed(worker) > 0)
        self.wait_for("it to wait again", lambda: self.cancelled() and self.failed(worker) > 4, 60)
        self.assertEqual(self.count("ledger_aside"), 0)
        self.assertEqual(self.count("linkedin_accounts WHERE blocked_reason IS NOT NULL"), 0)
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.release(session)
        self.wait_until_ended()
        self.assertEqual(self.items(), {"sent": 6})
        self.assertEqual(self.count("ledger_aside"), 0)
        self.assertNotIn("ledger_batch_refused", worker.log())
        self.judge(6)


if __name__ == "__main__":
    unittest.main()
