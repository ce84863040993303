"""A dump loaded into the database while everything runs: an old one of this SAM is caught up with,
anything else stops everything and says what to do (design 3.8)."""

import os
import unittest

from campaign_test import CampaignTest
from sam_test import Database, run, unique_name

TEXTS = {
    "direct_message_1": "Hello {first_name}",
    "direct_message_2": {"after": "1s", "text": "Again {first_name}"},
    "direct_message_3": {"after": "1s", "text": "Bye {first_name}"},
}
PEOPLE = 12
SENDS = 3 * PEOPLE


class LiveDumps(CampaignTest):
    def begin(self):
        """A started campaign of which a dump is taken before the first worker ever runs; then some
        messages, also second ones, are sent."""
        self.prepare()
        self.campaign("c", "messenger", TEXTS, PEOPLE)
        self.first = self.dump(self.database)
        self.start_both()
        self.wait_until_sent(PEOPLE + 4)

    def dump(self, database):
        path = os.path.join(self.folder, f"dump-{unique_name()}")
        run("pg_dump", "-Fc", "-f", path, "-d", database.conninfo)
        return path

    def load(self, path):
        """In one transaction, as pg_restore --clean does it; a deadlock with what runs is tried
        again."""
        self.in_one_transaction(
            "pg_restore", "--clean", "--if-exists", "--single-transaction", "-d",
            self.database.conninfo, path,
        )  # fmt: skip

    def in_one_transaction(self, *command):
        def done():
            try:
                run(*command)
            except AssertionError as error:
                if "deadlock" not in str(error) and "does not exist" not in str(error):
                    raise
                return False
            return True

        self.wait_for("the dump to be loaded", done, 60)

    def altered(self, path, *statements):
        """The dump after these statements."""
        scratch = Database(self.postgres, unique_name())
        scratch.create()
        self.addCleanup(scratch.drop)
        run("pg_restore", "-d", scratch.conninfo, path)
        for sql in statements:
            scratch.execute(sql)
        return self.dump(scratch)

    def of_another_sam(self):
        """With people to write to, and no position that a marker could not pass."""
        return self.altered(self.first, "UPDATE ledger SET ledger_id = gen_random_uuid()")

    def of_a_fresh_install(self):
        """All tables, and nothing in them."""
        scratch = Database(self.postgres, unique_name())
        scratch.create()
        self.addCleanup(scratch.drop)
        self.config["postgres"]["conninfo"] = scratch.conninfo
        self.write_config()
        self.samctl("migrate")
        self.config["postgres"]["conninfo"] = self.database.conninfo
        self.write_config()
        return self.dump(scratch)

    def break_connections(self):
        self.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def halts(self, *words):
        """Both say in one sentence what was found and what to do; no call arrives."""
        for daemon in (self.worker, self.producer):
            for word in words:
                self.wait_for(word, lambda d=daemon, w=word: w in d.get("/readyz")[1])
                self.wait_for(word, lambda d=daemon, w=word: w in d.log())
            self.assertEqual(daemon.get("/readyz")[0], 503)
        self.writes_end(within=1)
        for daemon in (self.worker, self.producer):
            daemon.must_run()
            self.assertEqual(daemon.get("/readyz")[0], 503)
            self.assertIn(words[0], daemon.get("/readyz")[1])

    def all_is_sent(self):
        self.wait_until_completed("c")
        self.wait_until_ended()
        self.judge(SENDS)
        self.assertEqual(self.people(), {"completed": PEOPLE})

    def the_right_one_goes_on(self):
        self.load(self.first)
        self.all_is_sent()

    # ---- an old one of this SAM ----

    def test_one_from_before_the_first_worker_ran(self):
        self.begin()
        self.assertEqual(self.count("ledger_positions WHERE next_offset > 0") > 0, True)
        self.load(self.first)
        self.all_is_sent()
        self.assertIn("went back", self.producer.log())

    def test_one_of_this_very_moment(self):
        """Nothing goes back; and yet it would lack what was claimed a moment later."""
        self.config["producer"]["replies_every"] = "1h"  # no event between the dump and its loading
        self.begin()
        self.all_is_sent()
        self.load(self.dump(self.database))
        for daemon in (self.worker, self.producer):
            self.wait_for("the gate to shut", lambda d=daemon: "made anew" in d.log())
            self.wait_for("the gate to open again", daemon.ready)
        self.judge(SENDS)

    # ---- what is not of this SAM ----

    def test_one_of_another_sam(self):
        self.begin()
        self.load(self.of_another_sam())
        self.halts("another ledger", "load a backup of this SAM")
        self.the_right_one_goes_on()

    def test_one_of_another_sam_after_a_reconnect(self):
        self.begin()
        self.load(self.of_another_sam())
        self.break_connections()
        self.halts("another ledger", "load a backup of this SAM")
        self.the_right_one_goes_on()

    def test_nothing_of_this_ledger_is_applied_to_another_sam(self):
        self.begin()
        self.load(self.of_another_sam())
        self.halts("another ledger")
        self.assertEqual(self.sent(), 0)
        self.assertEqual(self.count("send_attempts"), 0)

    # ---- nothing, and something old ----

    def test_empty_tables(self):
        self.begin()
        self.load(self.of_a_fresh_install())
        self.halts("no ledger", "load a backup of this SAM")
        self.assertEqual(self.count("ledger"), 0, "a running program made a new ledger")
        self.the_right_one_goes_on()

    def test_empty_tables_at_the_start(self):
        """No new ledger is begun in a log that has one: its markers would stand in the way of the
        right database."""
        self.begin()
        self.assertEqual(self.producer.stop(), 0)
        self.assertEqual(self.worker.stop(), 0)
        self.load(self.of_a_fresh_install())
        self.worker = self.start_worker(ready=False)
        self.producer = self.start_producer(ready=False)
        self.halts("no ledger", "load a backup of this SAM")
        self.the_right_one_goes_on()

    def test_no_tables(self):
        self.begin()
        self.in_one_transaction(
            "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", self.database.conninfo,
            "-c", "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
        )  # fmt: skip
        self.halts("samctl migrate", "load a backup of this SAM")
        self.the_right_one_goes_on()

    def test_a_dropped_database_that_is_made_anew(self):
        self.begin()
        self.database.drop()
        self.database.create()
        self.halts("samctl migrate")
        self.the_right_one_goes_on()

    def test_an_older_schema(self):
        self.begin()
        last = "(SELECT max(version) FROM schema_migrations)"
        older = self.altered(self.first, f"DELETE FROM schema_migrations WHERE version = {last}")
        self.load(older)
        self.halts("schema", "samctl migrate")
        self.the_right_one_goes_on()


if __name__ == "__main__":
    unittest.main()
