"""A database that a later release has migrated, and the programs of this one: files of which they
know nothing say whether they may go on."""

import json
import unittest

from campaign_test import HELLO, CampaignTest
from psql_session import PsqlSession
from sam_test import PATIENCE

KNOWS = "-c sam.knows=later"

HOT_TABLES = ("campaigns", "campaign_prospects", "send_queue", "send_attempts", "campaign_messages",
              "linkedin_accounts", "account_schedule", "sync_schedule", "ledger_positions",
              "ledger")  # fmt: skip


class SchemaAhead(CampaignTest):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.own = self.count("schema_migrations")

    def later(self, version, oldest):
        """As a later release's `samctl migrate` leaves it; oldest: None = its own."""
        self.database.execute(
            "INSERT INTO schema_migrations (version, name, checksum, oldest_program) "
            f"VALUES ({version}, '{version}_later.sql', 'x', {oldest or 'NULL'})"
        )

    def forget_later(self):
        """As when the backup of before is loaded."""
        self.database.execute(f"DELETE FROM schema_migrations WHERE version > {self.own}")

    def more_columns(self):
        """What an older program must stand: in every table that programs hold plans for."""
        for table in HOT_TABLES:
            self.database.execute(f"ALTER TABLE {table} ADD COLUMN later text DEFAULT 'x'")

    def lose_sessions(self):
        self.database.execute_elsewhere(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{self.database.name}' AND application_name LIKE 'sam-%'"
        )

    def refused_start(self, says):
        for start in (self.start_producer, self.start_worker):
            process = start(ready=False)
            self.assertEqual(process.wait_exit(), 1)
            self.assertIn("cannot_start", process.log())
            self.assertIn(says, process.log())
            self.processes.remove(process)  # 1 is what it must say

    def test_programs_start_and_work_where_they_may(self):
        self.more_columns()
        self.later(998, self.own)
        self.later(999, self.own - 1)
        self.start_both()
        told = f"has 998_later.sql of a later release, on which this program ({self.own:03d}) runs"
        for daemon in (self.producer, self.worker):
            self.assertIn("schema_ahead", daemon.log())
            self.assertIn(told, daemon.log())
        self.campaign("c", "messenger", HELLO, 6)
        self.wait_until_completed("c")
        self.judge(6)
        self.assertIn(told, self.samctl("migrate"))
        self.assertEqual(self.count("schema_migrations"), self.own + 2)
        self.assertIn(told, self.samctl("migrate", "--status"))
        steps = self.samctl_json("migrate", "--status")
        self.assertEqual([(s["state"], s["oldest_program"]) for s in steps[-2:]],
                         [("unknown", self.own), ("unknown", self.own - 1)])  # fmt: skip
        self.assertEqual([s["oldest_program"] for s in steps[:24]], list(range(1, 25)))
        checks = [json.loads(line) for line in
                  self.samctl_result("doctor", "--json").stdout.splitlines()]  # fmt: skip
        (schema,) = [c for c in checks if c["check"] == "schema"]
        self.assertEqual(schema["result"], "note")
        self.assertIn(told, schema["detail"])

    def test_one_file_of_several_that_needs_a_later_program(self):
        self.later(998, self.own)
        self.later(999, None)
        says = "older than the database, which has 999_later.sql: upgrade the program"
        self.refused_start(says)
        for words in (("status",), ("migrate",), ("migrate", "--status")):
            done = self.samctl_result(*words)
            self.assertEqual(done.returncode, 1)
            self.assertIn(says, done.stderr)
        self.database.execute("DELETE FROM schema_migrations WHERE version = 999")
        self.later(997, self.own + 1)
        self.refused_start("which has 997_later.sql: upgrade the program")

    def test_a_table_of_before_that_tells_of_no_program(self):
        """Made by a program that knew no such column."""
        self.database.execute("ALTER TABLE schema_migrations DROP COLUMN oldest_program")
        self.start_both()
        self.campaign("c", "messenger", HELLO, 4)
        self.wait_until_completed("c")
        self.assertNotIn("schema_ahead", self.producer.log())
        for daemon in (self.producer, self.worker):  # a worker that sees it ends by itself, with 1
            self.assertEqual(daemon.stop(), 0)
        self.database.execute(
            "INSERT INTO schema_migrations VALUES (999, '999_later.sql', 'x')"
        )
        self.refused_start("which has 999_later.sql: upgrade the program")

    def test_programs_go_on_while_the_schema_goes_ahead(self):
        """What they hold plans for changes under them; they lose their sessions; one is killed and
        starts anew in the middle of it."""
        self.start_both()
        self.campaign("c", "messenger", HELLO, 60)
        self.wait_until_sent(6)
        self.more_columns()
        self.later(999, self.own)
        self.wait_until_sent(16)
        self.lose_sessions()
        self.wait_until_sent(26, 60)
        self.wait_for("the producer to tell", lambda: "schema_ahead" in self.producer.log())
        self.worker.stop()
        self.producer.kill()
        self.start_both()
        self.wait_until_ended(180)  # what was published and not produced is swept after 2 minutes
        self.wait_until_completed("c")
        self.judge(60)

    def let_some_know(self):
        """Programs that are started with KNOWS see nothing of later files: as if they had them."""
        self.database.execute(
            "ALTER TABLE schema_migrations RENAME TO all_migrations; "
            "CREATE VIEW schema_migrations AS SELECT * FROM all_migrations "
            f"WHERE version <= {self.own} OR current_setting('sam.knows', true) IS NULL"
        )

    def outdated(self, worker):
        """It ends by itself, having said why."""
        self.assertEqual(worker.wait_exit(60), 1)
        self.processes.remove(worker)  # 1 is what it must say
        self.assertIn(f"which needs programs from 999 on (this is {self.own:03d})", worker.log())
        self.assertIn("leaving how=drained", worker.log())

    def test_programs_that_run_stop_where_they_may_not(self):
        """Somebody migrates, and has forgotten to stop them. Those that know the schema go on with
        the partitions."""
        self.let_some_know()
        self.start_both()
        old, forgotten = self.worker, self.producer
        self.start_worker(PGOPTIONS=KNOWS)
        self.start_producer(PGOPTIONS=KNOWS)
        self.campaign("c", "messenger", HELLO, 60)
        self.wait_until_sent(6)
        self.later(999, None)
        says = f"which needs programs from 999 on (this is {self.own:03d}): upgrade the program"
        self.outdated(old)
        self.wait_for("the reason", lambda: says in forgotten.get("/readyz")[1])
        self.assertLess(self.sent(), 60)
        self.wait_until_completed("c")
        self.judge(60)
        self.lose_sessions()
        older = "older than the database, which has 999_later.sql"
        self.wait_for("the reason", lambda: older in forgotten.get("/readyz")[1])
        self.assertTrue(forgotten.running())

    def test_nothing_is_sent_where_only_outdated_programs_run(self):
        self.start_both()
        self.campaign("c", "messenger", HELLO, 60)
        self.wait_until_sent(6)
        self.later(999, None)
        self.outdated(self.worker)
        stopped_at = self.writes_end(within=5)
        self.assertLess(stopped_at, 60)
        self.refused_start("older than the database, which has 999_later.sql")
        self.forget_later()
        self.start_worker()
        self.wait_until_completed("c")
        self.judge(60)

    def test_an_outdated_worker_halts_nothing(self):
        """It reads an event that it does not know before it learns of the schema."""
        self.start_both()
        migrate = PsqlSession(self.database.conninfo, 60 * PATIENCE)
        self.addCleanup(migrate.close)
        migrate.ask("BEGIN")
        migrate.ask("INSERT INTO schema_migrations VALUES (999, '999_later.sql', 'x')")
        migrate.ask("LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
        headers = ("ce_type=sam.later.v1", "ce_id=01890000-0000-7000-8000-000000000000")
        self.kafka.produce(self.topic("sam.events"), "{}", "x", headers)
        self.wait_for("it to be read", lambda: "ledger_halted" in self.worker.log())
        migrate.ask("COMMIT")
        self.outdated(self.worker)
        self.assertEqual(self.count("ledger_positions WHERE halted_reason IS NOT NULL"), 0)


if __name__ == "__main__":
    unittest.main()
