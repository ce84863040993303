"""A table that is locked for long (VACUUM FULL, an ALTER): SAM waits, and blames no event."""

import signal
import subprocess
import unittest

from campaign_test import HELLO, CampaignTest


class Locked(CampaignTest):
    def session(self, sql):
        """A session that holds what the statement locks until the end of its input."""
        session = subprocess.Popen(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.database.conninfo],
            stdin=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(self.release, session)
        session.stdin.write(f"BEGIN; {sql};\n")
        session.stdin.flush()
        return session

    def lock(self, table):
        session = self.session(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        held = (
            f"pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessExclusiveLock' "
            "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = "
            "current_database())"
        )
        self.wait_for("the lock", lambda: self.count(held) == 1)
        return session

    def lock_schedule(self, account):
        """As a worker does that enters an event of the account."""
        session = self.session(f"SELECT FROM account_schedule WHERE account_id = {account} "
                               "FOR UPDATE")  # fmt: skip
        held = (
            "pg_stat_activity WHERE state LIKE 'idle in%' AND query LIKE '%UPDATE;' "
            "AND datname = current_database()"
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

    def test_what_an_operator_changes_while_an_event_waits_for_the_account(self):
        """The pause of the ledger is older than the resume that it has waited for."""
        self.prepare()
        self.worker = self.start_worker()
        self.samctl("account", "pause", "anna")
        anna = "(SELECT id FROM linkedin_accounts WHERE name = 'anna')"
        session = self.lock_schedule(anna)
        self.start_producer(ready=False)
        waits = (
            "pg_stat_activity WHERE application_name LIKE 'sam-worker%' "
            "AND wait_event_type = 'Lock' AND datname = current_database()"
        )
        self.wait_for("the event to wait", lambda: self.count(waits) > 0)
        session.stdin.write(
            "UPDATE linkedin_accounts SET status = 'active', version = version + 1 "
            f"WHERE id = {anna}; COMMIT;\n"
        )
        self.release(session)
        said = self.samctl("account", "resume", "anna")  # once the ledger is applied
        self.assertIn("is active already", said)

    def test_other_limits_reach_an_account_once_it_is_free(self):
        """A look of the producer passes it over; the next one comes soon, not in a minute."""
        self.prepare()
        session = self.lock_schedule("(SELECT id FROM linkedin_accounts WHERE name = 'anna')")
        self.start_producer(ready=False)  # without a worker it never is
        told = "account_schedule WHERE planned_with <> 0"
        self.wait_for("the look that takes ben alone", lambda: self.count(told) == 1)
        self.release(session)
        self.wait_for("a look that takes anna", lambda: self.count(told) == 2, 15)


if __name__ == "__main__":
    unittest.main()
