"""deploy/runbooks/release.md: its commands bring the programs of before back, under load; what they
cannot read halts, and nothing goes twice."""

import os
import unittest

import previous
import runbooks
import sam_test
from campaign_test import HELLO, CampaignTest
from load_test import LoadTest
from restore_test import RestoreTest

STOP = "1. Stop the harm"
ASK = "2. May the old programs run on this database?"
REPLACE = "3. Put the old ones in their place"
TOO_NEW = "4. The database is too new for the old programs"


class ReleasePage(CampaignTest):
    def open_page(self, old):
        (_, top), *self.blocks = runbooks.blocks("release.md")
        self.shell = runbooks.Shell(self.folder, runbooks.head() + top, {"OLD": old})
        self.shell.link(os.path.join(self.bin, "samctl"))

    def texts(self, heading):
        return [text for above, text in self.blocks if above == heading]

    def follow(self, heading, number=0):
        return self.shell.run(self.each_health() + self.texts(heading)[number])

    def each_health(self):
        """`samctl health` asks at the addresses of sam.cfg; here each has its own."""
        running = [p for p in self.processes if p.running()]
        ports = " ".join(str(daemon.port) for daemon in running)
        return f"health() {{ for p in {ports}; do curl -s http://127.0.0.1:$p/readyz; done; }}\n"

    def nothing_goes(self):
        self.writes_end(within=10, quiet=2)


class RolledBack(previous.OldPrograms, ReleasePage, LoadTest):
    def replace(self, new, start):
        self.assertEqual(new.stop(), 0)
        self.bin = self.old
        return start()

    def test_one_after_the_other_under_load(self):
        self.prepare()
        self.start_both()
        second = self.start_worker()
        self.begin()
        self.open_page(self.old)
        asked = self.shell.result(self.texts(ASK)[0])
        if asked.returncode:
            self.assertIn("older than the database", asked.stderr)
            self.skipTest("a migration of this commit wants all programs stopped")
        self.follow(STOP)
        self.nothing_goes()
        self.producer = self.replace(self.producer, self.start_producer)
        self.worker = self.replace(self.worker, self.start_worker)
        self.replace(second, self.start_worker)
        looked = self.follow(REPLACE)
        self.assertNotIn("which this release does not know", looked)
        self.assertIn("ready", looked)
        self.follow(REPLACE, 1)
        self.wait_until_all_went_on()
        self.assertEqual(self.end()["unknown"], 0)


class Newer(ReleasePage):
    accounts = tuple(f"a{n}" for n in range(8))  # not all of them in one partition

    def test_an_event_that_the_old_ones_do_not_know(self):
        """Its partition waits, told with its reason; the others go on."""
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 40)
        self.wait_until_sent(4)
        self.open_page(self.bin)
        halted = self.database.value("SELECT id FROM linkedin_accounts WHERE name = 'a0'")
        headers = ("ce_type=sam.later.v1", "ce_id=01890000-0000-7000-8000-000000000000")
        self.kafka.produce(self.topic("sam.events"), "{}", halted, headers)
        self.wait_for("the halt", lambda: "ledger_halted" in self.worker.log())
        note = "an event that only a newer release knows"
        self.wait_for("the note", lambda: note in self.follow(REPLACE))
        (row,) = [r for r in self.samctl_json("ledger", "status") if note in str(r)]
        refused = self.samctl_result("ledger", "accept-gap", str(row["partition"]), "--yes")
        self.assertEqual(refused.returncode, 1, refused.stdout)
        self.assertIn("has no gap", refused.stderr)
        others = (
            "campaign_prospects p JOIN linkedin_accounts a ON a.id = p.account_id "
            f"WHERE a.key_hash % 4 <> {row['partition']}"
        )
        self.assertGreater(self.count(others), 0)
        open_ones = f"{others} AND p.status <> 'completed'"
        self.wait_for("the others to end", lambda: self.count(open_ones) == 0)
        self.not_twice()


class TooNew(ReleasePage, RestoreTest):
    def test_the_backup_of_before_the_update(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 20)
        self.wait_until_sent(4)
        self.open_page(self.bin)
        before = self.dump()
        self.wait_until_sent(8)
        self.database.execute("INSERT INTO schema_migrations VALUES (999, '999_later.sql', 'x')")
        asked = self.shell.result(self.texts(ASK)[0])
        self.assertEqual(asked.returncode, 1)
        self.assertIn("older than the database, which has 999_later.sql", asked.stderr)
        self.assertEqual(self.worker.wait_exit(60), 1)
        self.processes.remove(self.worker)  # 1 is what it must say
        self.assertEqual(self.producer.stop(), 0)
        self.put_back(before)
        self.assertIn("partition", self.follow(TOO_NEW))
        self.start_both()
        self.wait_until_completed("c")
        self.judge(20)


if __name__ == "__main__":
    unittest.main()
