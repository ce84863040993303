"""The schema's version and the programs: together, or not at all."""

import hashlib
import os
import threading
import unittest

import sam_test
from sam_test import SamTest


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
