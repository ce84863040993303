"""The schema's version and the programs: together, or not at all."""

import hashlib
import os
import threading
import unittest

import sam_test
from psql_session import PsqlSession
from sam_test import Process, SamTest


class Schema(SamTest):
    def test_two_migrations_at_once(self):
        self.start_simulator()
        self.write_config()
        done = []

        def migrate():
            done.append(self.samctl_result("migrate"))

        threads = [threading.Thread(target=migrate) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([d.returncode for d in done], [0] * 4, [d.stderr for d in done])
        rows = self.database.rows("SELECT version FROM schema_migrations ORDER BY version")
        self.assertEqual([r["version"] for r in rows], [str(n + 1) for n in range(len(rows))])

    def all_but_the_last(self):
        """The database as the release before the last migration had it."""
        folder = os.path.join(sam_test.SOURCE, "schemas", "sql")
        self.database.execute(
            "CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, "
            "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        for name in sorted(os.listdir(folder))[:-1]:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            checksum = hashlib.sha256(text.encode()).hexdigest()
            self.database.execute(
                f"{text}; INSERT INTO schema_migrations (version, name, checksum) "
                f"VALUES ({int(name.split('_')[0])}, '{name}', '{checksum}')"
            )

    def wait_for_a_migration(self, says):
        """As the pods of a Deployment do for the Job beside it."""
        self.start_simulator()
        self.write_config()
        self.samctl("topics", "create")
        daemons = [self.start_producer(ready=False), self.start_worker(ready=False)]
        for daemon in daemons:
            self.wait_for("the reason", lambda d=daemon: says in d.get("/readyz")[1])
            self.assertEqual(daemon.get("/healthz")[0], 200)
            self.assertIn("waiting_for what=postgres", daemon.log())
        self.samctl("migrate")
        for daemon in daemons:
            self.wait_for("it to be ready", daemon.ready, 60)

    def test_daemons_wait_for_a_schema(self):
        self.wait_for_a_migration("the database has no schema of SAM yet: run `samctl migrate`")

    def test_daemons_wait_for_a_newer_schema(self):
        self.all_but_the_last()
        self.wait_for_a_migration(
            "the database is older than this program: run `samctl migrate`"
        )

    def holder(self, *statements):
        """A session in whose open transaction these were done, as a dump's."""
        session = PsqlSession(self.database.conninfo, 60 * sam_test.PATIENCE)
        self.addCleanup(session.close)
        for sql in ("SET application_name = 'pg_dump'", "BEGIN", *statements):
            session.ask(sql)
        pid = session.ask("SELECT pg_backend_pid()").split()[-1]
        return session, f"session {pid} (pg_dump)"

    def test_migrate_holds_nobody_off_while_a_dump_is_made(self):
        """The programs ask the table of each claim and tick; behind who waits to change it, they
        would die of their lock_timeout."""
        self.all_but_the_last()
        self.start_simulator()
        self.write_config()
        dump, name = self.holder("LOCK TABLE schema_migrations IN ACCESS SHARE MODE")
        program = PsqlSession(self.database.conninfo, 60 * sam_test.PATIENCE)
        self.addCleanup(program.close)
        program.ask("SET lock_timeout = '5s'")  # as the programs have it
        migrate = Process("migrate", [os.path.join(self.bin, "samctl"), "-c", self.config_path,
                                      "migrate"], self.folder)  # fmt: skip
        self.processes.append(migrate)
        waits = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'samctl' AND wait_event_type = 'Lock'"
        )
        for what, seen in (("to wait", lambda: self.database.count(waits)),
                           ("to tell", lambda: f"waits for {name}, tries again" in migrate.log()),
                           ("to try again", lambda: self.database.count(waits))):  # fmt: skip
            self.wait_for(f"migrate {what}", seen)
            program.ask("SELECT max(version) FROM schema_migrations")
        self.assertTrue(migrate.running())
        dump.ask("COMMIT")
        self.assertEqual(migrate.wait_exit(), 0, migrate.log())
        self.assertIn("oldest_program", program.ask("SELECT * FROM schema_migrations LIMIT 1"))

    def test_migrate_gives_up_after_a_while(self):
        """What a file has done until then is undone."""
        self.all_but_the_last()
        self.start_simulator()
        self.write_config()
        files = "SELECT count(*) FROM schema_migrations"
        rows = self.database.count(files)
        self.database.execute("ALTER TABLE schema_migrations ADD COLUMN oldest_program integer")
        dump, name = self.holder("LOCK TABLE schema_migrations IN SHARE MODE")
        done = self.samctl_result("migrate", "--wait", "1s")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"waits for {name}, tries again", done.stdout)
        self.assertIn("end what holds the tables", done.stderr)
        self.assertEqual(self.database.count(files), rows)
        dump.ask("COMMIT")
        self.samctl("migrate")
        self.assertEqual(self.database.count(files), rows + 1)

    def test_migrate_asks_for_no_lock_that_it_does_not_need(self):
        self.all_but_the_last()
        self.start_simulator()
        self.write_config()
        self.database.execute("ALTER TABLE schema_migrations ADD COLUMN oldest_program integer")
        self.holder("LOCK TABLE schema_migrations IN ACCESS SHARE MODE")
        self.assertNotIn("waits", self.samctl("migrate", "--wait", "1s"))

    def test_daemons_refuse_a_database_of_a_later_release(self):
        """Both end by themselves, say why, and exit with 1."""
        self.install()
        self.database.execute("INSERT INTO schema_migrations VALUES (999, '999_later.sql', 'x')")
        for start in (self.start_producer, self.start_worker):
            process = start(ready=False)
            self.assertEqual(process.wait_exit(), 1)
            self.assertIn("upgrade the program", process.log())
            self.processes.remove(process)  # 1 is what it must say

    def test_an_older_producer_takes_no_inbox_away(self):
        """It runs on while a newer one is rolled out, and sees nobody to hear from."""
        self.install()
        self.samctl("workspace", "add", "w")
        self.samctl("account", "add", "anna", "--unipile-id", "Uanna", "--country", "DE")
        self.database.execute("UPDATE sync_schedule SET next_at = NULL")
        kept = "SELECT kind FROM sync_schedule WHERE next_at > sam_now()"
        self.assertEqual([r["kind"] for r in self.database.rows(kept)], ["replies"])


if __name__ == "__main__":
    unittest.main()
