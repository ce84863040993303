"""The schema's version and the programs: together, or not at all."""

import threading
import unittest

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

    def refused(self, change, why):
        """Both daemons end by themselves, say why, and exit with 1."""
        self.install()
        self.database.execute(change)
        for start in (self.start_producer, self.start_worker):
            process = start(ready=False)
            self.assertEqual(process.wait_exit(), 1)
            self.assertIn(why, process.log())
            self.processes.remove(process)  # 1 is what it must say

    def test_daemons_refuse_an_older_database(self):
        self.refused(
            "DELETE FROM schema_migrations WHERE version = (SELECT max(version) "
            "FROM schema_migrations)",
            "run `samctl migrate`",
        )

    def test_daemons_refuse_a_newer_database(self):
        self.refused(
            "INSERT INTO schema_migrations VALUES (999, '999_later.sql', 'x')",
            "upgrade the program",
        )

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
