"""deploy/runbooks/postgres.md: its commands bring a database back that lacks its last commits, and
what it says of them happens: all is learned again, nothing goes twice."""

import os
import subprocess
import unittest
from collections import Counter

import runbooks
from campaign_test import HELLO
from sam_test import run
from standby import FailoverTest, port_of

TEXTS = dict(HELLO, direct_message_2={"after": "1s", "text": "Again {first_name}"})
FAILED_OVER = "1. Failed over, and commits were lost"
RESTORED = "2. Restored from files, to a moment"
WATCH = "3. Watch it catch up"
AGAIN = "4. Who is on hold, and what to do again"


class PostgresPage(FailoverTest):
    accounts = ("a1", "a2", "a3", "a4")

    def setUp(self):
        super().setUp()
        self.known_names = {}

    def open_page(self, **variables):
        """The reader's shell, from the head of the page on."""
        (_, top), *self.blocks = runbooks.blocks("postgres.md")
        places = {"DATABASE": self.config["postgres"]["conninfo"], "MOMENT": self.moment}
        places.update(variables)
        if os.geteuid() != 0:
            top += 'as_postgres() { "$@"; }\n'
        self.shell = runbooks.Shell(self.folder, runbooks.head() + top, places)
        self.shell.link(os.path.join(self.bin, "samctl"))

    def next_second(self):
        """A moment that is over, as the page wants it."""
        begun = self.database.value("SELECT date_trunc('second', now() + interval '1 s')")
        over = f"SELECT now() > '{begun}'"
        self.wait_for("the second", lambda: self.database.value(over) == "t")
        form = "YYYY-MM-DD\"T\"HH24:MI:SS\"Z\""
        return self.database.value(f"SELECT to_char('{begun}'::timestamptz, '{form}')")

    def follow(self, heading):
        """What each of the blocks below a heading prints."""
        replaced = {"CAMPAIGN": "lost", "people.csv": "lost.csv"}
        found = []
        for text in [text for above, text in self.blocks if above == heading]:
            for name, value in replaced.items():
                text = text.replace(name, value)
            if "health\n" in text:
                text = self.each_health() + text
            found.append(self.shell.run(text))
        return found

    def each_health(self):
        """`samctl health` asks at the addresses of sam.cfg; here each has its own."""
        ports = " ".join(str(d.port) for d in (self.producer, self.worker))
        return f"health() {{ for p in {ports}; do curl -s http://127.0.0.1:$p/readyz; done; }}\n"

    def start_campaign(self):
        self.start_both()
        self.campaign("c", "messenger", TEXTS, 40)
        self.wait_until_sent(6)
        self.moment = self.next_second()

    def names(self):
        """Also of people who are in the lost tables only; SAM may not ask for their ids again."""
        self.known_names.update(super().names())
        return self.known_names

    def lose_some(self):
        """What is committed from here on is lost; a campaign among it, and an opt-out."""
        self.campaign("later", "messenger", HELLO, 2, start=False)
        self.campaign("lost", "messenger", HELLO, 4)
        sent = "send_attempts a JOIN campaigns c ON c.id = a.campaign_id WHERE c.name = 'lost' "
        sent += "AND a.outcome = 'sent'"
        self.wait_for("some of the new campaign", lambda: self.count(sent) >= 2)
        self.samctl("person", "set", "c-39", "opted_out")
        self.wait_until_told()
        for name in (f"lost-{i}" for i in range(4)):
            _, profile = self.api().profile("Ua1", name)
            self.known_names[profile["provider_id"]] = name

    def catches_up(self):
        """Sections 3 and 4, and what is said there."""
        for daemon in (self.producer, self.worker):
            self.wait_for("the gate", daemon.ready, 60)
        status, replayed = self.follow(WATCH)
        self.assertIn("postgres", status)
        self.assertIn("applied again", replayed)
        self.assertEqual(self.count("campaigns WHERE name = 'lost'"), 0)
        self.make_campaign("lost")
        unknown, _ = self.follow(AGAIN)
        self.assertNotIn("lost-", unknown)
        self.samctl("campaign", "start", "lost")
        self.wait_until_completed("c")
        self.wait_until_ended()
        self.assertEqual(self.people()["opted_out"], 1)
        self.not_twice()
        names = self.names()
        arrived = Counter(names[call["person"]] for call in self.calls("chats"))
        self.assertEqual([arrived[f"lost-{i}"] for i in range(4)], [1] * 4)

    def make_campaign(self, name):
        """Its file is at hand still; only the people are imported by the page."""
        self.samctl("campaign", "create", os.path.join(self.folder, f"{name}.json"))


class FailedOver(PostgresPage):
    def test_commits_that_did_not_reach_the_standby(self):
        self.prepare_both()
        self.start_campaign()
        self.standby.wait_until_received()
        self.standby.cut_off()
        self.lose_some()
        self.open_page(STANDBY=self.standby.address)
        self.postgres.kill()
        self.wait_for("it to be noticed", lambda: "postgres_lost" in self.worker.log())
        looked, promoted = self.follow(FAILED_OVER)
        self.assertRegex(looked, r"(?m)^ t +\| [0-9A-F]+/")
        self.assertRegex(promoted, r"(?m)^ t$")
        self.database.served_by(self.standby)
        self.catches_up()


class Restored(PostgresPage):
    def test_files_to_a_moment(self):
        self.archive = os.path.join(os.path.dirname(self.postgres.folder), "archive")
        self.base = os.path.join(os.path.dirname(self.postgres.folder), "base")
        self.data = os.path.join(self.postgres.folder, "data")
        self.keep_files()
        self.prepare()
        self.start_campaign()
        self.lose_some()
        self.archived()
        for daemon in (self.producer, self.worker):
            self.assertEqual(daemon.stop(), 0)
        self.database.served_by(self.postgres)
        self.open_page(DATA=self.data, BASE=self.base, ARCHIVE=self.archive)
        _, looked = self.follow(RESTORED)
        self.assertIn("partition", looked)
        self.start_both()
        self.catches_up()

    def keep_files(self):
        """An archive of the WAL, and a base backup, as a site has them."""
        owner = self.data_owner()
        os.mkdir(self.archive)
        os.chown(self.archive, *owner)
        for setting in ("archive_mode = on", f"archive_command = 'cp \"%p\" \"{self.archive}/%f\"'",
                        f"port = {port_of(self.postgres)}"):  # fmt: skip
            self.database.execute_elsewhere(f"ALTER SYSTEM SET {setting}")
        self.postgres.stop()
        self.postgres.start()
        run("pg_basebackup", "-d", self.postgres.address, "-D", self.base, "-c", "fast")
        for name in os.listdir(self.base):
            if name.startswith(".s.PGSQL"):  # the lock of its socket, which lies in data/ here
                os.remove(os.path.join(self.base, name))
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "postgres:", self.base], check=True)
            os.chown(self.postgres.folder, *owner)  # whoever restores may rename the data

    def data_owner(self):
        status = os.stat(self.data)
        return status.st_uid, status.st_gid

    def archived(self):
        """All that was written by now."""
        name = self.database.value("SELECT pg_walfile_name(pg_switch_wal())")
        self.wait_for("the archive", lambda: os.path.exists(os.path.join(self.archive, name)))


if __name__ == "__main__":
    unittest.main()
