"""deploy/README.md: its commands are run as they stand there, and what it says of them happens: a
restored database catches up by itself, and nothing goes twice; leaving takes all along."""

import json
import os
import re
import subprocess
import unittest

from campaign_test import HELLO, CampaignTest
from sam_test import PATIENCE, SOURCE

PAGE = os.path.join(SOURCE, "deploy", "README.md")
LIMIT = 60  # seconds of a block: two JVMs on a busy machine
TEXTS = dict(HELLO, direct_message_2={"after": "1s", "text": "Again {first_name}"},
             direct_message_3={"after": "1s", "text": "Bye {first_name}"})  # fmt: skip
PEOPLE = 12


def blocks():
    """{heading: its blocks of sh}; what stands before the first heading of parts is ""."""
    with open(PAGE, encoding="utf-8") as file:
        head, *parts = re.split(r"^## \d\. (.*)\n", file.read(), flags=re.M)
    found = dict(zip(["", *parts[::2]], [head, *parts[1::2]]))
    of = {
        heading: re.findall(r"^```sh\n(.*?)^```$", text, flags=re.M | re.S)
        for heading, text in found.items()
    }
    return {heading: texts for heading, texts in of.items() if texts}


class DeployPage(CampaignTest):
    def setUp(self):
        super().setUp()
        self.blocks = blocks()
        (self.top,) = self.blocks.pop("")
        self.path = os.path.join(self.folder, "path")
        os.mkdir(self.path)
        os.symlink(os.path.join(self.bin, "samctl"), os.path.join(self.path, "samctl"))
        broker = os.path.join(SOURCE, "tests", "broker", "run")
        subprocess.run([broker, "scripts", self.path], check=True, timeout=600)
        self.variables = {
            "CONFIG": self.config_path,
            "BROKERS": self.kafka.address,
            "PREFIX": self.topic_prefix,
            "CLIENT": "/dev/null",
            "SERVER": self.postgres.address,
            "DATABASE": self.database.name,
            "BACKUP": os.path.join(self.folder, "sam.dump"),
            "LEAVE": os.path.join(self.folder, "taken along"),
            "PERSON": "c-0",
        }
        self.assertEqual(re.findall(r"(?m)^(\w+)=", self.top), list(self.variables))
        for name in ("_restored", "_broken"):
            drop = f'DROP DATABASE IF EXISTS "{self.database.name}{name}" WITH (FORCE)'
            self.addCleanup(self.database.execute_elsewhere, drop)

    def follow(self, heading, number):
        """Runs a block below a heading, with the values of here; what it prints."""
        text = self.blocks[heading][number]
        ours = "\n".join(f"{name}='{value}'" for name, value in self.variables.items())
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{self.top}\n{ours}\n{text}"],
            env=dict(os.environ, PATH=f"{self.path}:{os.environ['PATH']}"), cwd=self.folder,
            capture_output=True, text=True, check=False, timeout=LIMIT * PATIENCE,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def stop_all(self):
        for daemon in (self.producer, self.worker):
            self.assertEqual(daemon.stop(), 0)
        # The test's own session; one of SAM that is left makes the page's command fail.
        self.database.execute_elsewhere(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
            f"datname = '{self.database.name}' AND application_name = 'psql'"
        )

    def read(self, name):
        with open(os.path.join(self.variables["LEAVE"], name), encoding="utf-8") as file:
            return file.read()

    # ---- numbers, backup, restore ----

    def test_a_restored_database_catches_up_and_nothing_goes_twice(self):
        self.assertEqual([len(self.blocks[h]) for h in ("The numbers", "Backup")], [1, 1])
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", TEXTS, PEOPLE)
        self.wait_until_sent(8)
        self.numbers(self.follow("The numbers", 0))
        tables = self.follow("Backup", 0)
        self.assertGreater(int(tables), 20)
        late = self.campaign("late", "messenger", HELLO, 4)
        self.wait_until_completed("late")
        self.wait_until_completed("c")
        self.samctl("blocklist", "add", "domain", "acme.com")
        told = "outbox WHERE published_at IS NULL"
        self.wait_for("the ledger to know it", lambda: self.count(told) == 0)
        self.stop_all()
        self.restore()
        self.caught_up()
        self.assertEqual(self.count("campaigns WHERE name = 'late'"), 0)
        self.campaign("late", "messenger", HELLO, late)
        self.wait_until_ended()
        self.assertEqual(self.not_twice()["accepted"], 3 * PEOPLE + 4)

    def numbers(self, out):
        """As the table of the page counts them."""
        self.assertRegex(out, r"sam-worker +\| +6\n")
        self.assertRegex(out, r"sam-producer +\| +1\n")
        self.assertRegex(out, r"campaign_prospects +\| +\d+ \| \d+ kB")

    def restore(self):
        self.assertEqual(len(self.blocks["Restore"]), 4)
        self.follow("Restore", 0)
        seen = self.follow("Restore", 1)
        self.assertRegex(seen, r"001_tables.sql +applied ")
        for words in ("waiting", "records are lost", "another Kafka", "NOTHING IS SENT"):
            self.assertNotIn(words, seen)
        self.assertGreater(sum(self.lags(seen)), 0, seen)
        self.follow("Restore", 2)

    def lags(self, status):
        """The column of ledger status."""
        header, *rows = status[status.index("partition  ") :].splitlines()
        begin = re.search(r" +lag", header)
        rows = rows[: self.config["kafka"]["partitions"]]
        return [int(row[begin.start() : begin.end()]) for row in rows]

    def caught_up(self):
        self.start_both()
        for daemon in (self.producer, self.worker):
            self.wait_for("the gate", lambda d=daemon: "gate_open" in d.log())
        self.wait_until_completed("c")
        self.wait_for("no lag", lambda: sum(self.lags(self.follow("Restore", 3))) == 0)
        self.assertIn("acme.com", self.samctl("blocklist", "list"))
        self.assertEqual(self.sent(), 3 * PEOPLE + 4)  # of late too, which is not there

    # ---- leaving ----

    def test_leaving(self):
        self.assertEqual(len(self.blocks["Leaving"]), 3)
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", TEXTS, PEOPLE)
        os.mkdir(os.path.join(self.folder, "of a"))  # for the files of the next one
        self.campaign("of a/b", "messenger", HELLO, ["d-0", "d-1"], start=False)
        self.samctl("blocklist", "add", "domain", "acme.com")
        self.wait_until_sent(4)
        self.assertIn("EVERYTHING IS PAUSED since", self.follow("Leaving", 0))
        self.calls_end(within=5)
        self.follow("Leaving", 1)
        self.taken_along()
        self.stop_all()
        self.follow("Leaving", 2)
        name = self.database.name
        there = f"SELECT 1/(SELECT (count(*) = 0)::int FROM pg_database WHERE datname = '{name}')"
        self.database.execute_elsewhere(there)  # divides by 0 where it is still there
        self.wait_for("the topics to be gone", lambda: not self.topics_left())

    def taken_along(self):
        self.assertEqual(len(self.read("c.csv").splitlines()), 1 + PEOPLE)
        self.assertEqual(len(self.read("of a_b.csv").splitlines()), 1 + 2)
        self.assertIn("acme.com", self.read("blocklist.json"))
        self.assertEqual(json.loads(self.read("person.json"))["people"][0]["campaign"], "c")
        events = [json.loads(line) for line in self.read("sam.events.json").splitlines()]
        types = {event["headers"][event["headers"].index("ce_type") + 1] for event in events}
        self.assertLessEqual({"sam.attempt.started.v1", "sam.attempt.ended.v1"}, types)
        self.assertGreater(os.path.getsize(os.path.join(self.variables["LEAVE"], "sam.dump")), 0)

    def topics_left(self):
        topics = self.kafka.tool("TopicCommand", "--list").split()
        return [topic for topic in topics if self.topic_prefix in topic]

    def test_no_command_is_left_out(self):
        """Whoever adds a block adds its test."""
        followed = {"The numbers", "Backup", "Restore", "Leaving"}
        self.assertEqual(set(self.blocks), followed)


if __name__ == "__main__":
    unittest.main()
