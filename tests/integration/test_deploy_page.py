"""deploy/README.md: its commands are run as they stand there, and what it says of them happens: a
restored database catches up by itself, nothing goes twice, and the next upgrade may change it;
leaving takes all along."""

import json
import os
import re
import subprocess
import unittest

import deploy_page
from campaign_test import HELLO
from deploy_page import DeployPageTest
from kafka_with_rights import PASSWORD, KafkaWithRights
from sam_test import SOURCE, run

TEXTS = dict(HELLO, direct_message_2={"after": "1s", "text": "Again {first_name}"},
             direct_message_3={"after": "1s", "text": "Bye {first_name}"})  # fmt: skip
PEOPLE = 12
# A connection that breaks off, and tells nobody.
BROKEN_OFF = """
at_postgres() {
    if [ "$1" = pg_dump ]; then "$@" | (head -c 60000; cat >/dev/null); else "$@"; fi
}
"""


class Restore(DeployPageTest):
    """By what the page has for CloudNativePG; while all is stopped, by the plain samctl."""

    def setUp(self):
        super().setUp()
        self.form = self.kubernetes

    def test_a_restored_database_catches_up_and_nothing_goes_twice(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", TEXTS, PEOPLE)
        self.wait_until_sent(8)
        self.numbers(self.follow("The numbers", 0))
        self.follow("Backup", 0)
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
        self.stop_all()
        self.upgrade()

    def numbers(self, out):
        """As the table of the page counts them."""
        self.assertRegex(out, r" 6 \| sam-worker\n")
        self.assertRegex(out, r" 1 \| sam-producer\n")
        self.assertRegex(out, r"campaign_prospects +\| +\d+ \| \d+ kB")

    def restore(self):
        self.assertEqual(len(self.blocks["Restore"]), 4)
        self.follow("Restore", 0)
        self.follow("Restore", 1)
        seen = self.follow("Restore", 2, form="")
        self.assertRegex(seen, r"001_tables.sql +applied ")
        for words in ("waiting", "records are lost", "another Kafka", "NOTHING IS SENT"):
            self.assertNotIn(words, seen)
        self.assertGreater(sum(self.lags(seen)), 0, seen)

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

    def upgrade(self):
        """The owner may do all that migrations do; at last all of them anew, in this database."""
        strangers = f"<> '{self.owner}'::regrole"
        public = "namespace = 'public'::regnamespace"
        for kind in ("rel", "typ", "pro"):
            table = {"rel": "class", "typ": "type", "pro": "proc"}[kind]
            of_others = f"pg_{table} WHERE {kind}{public} AND {kind}owner {strangers}"
            self.assertEqual(self.count(of_others), 0, of_others)
        for statement in ("CREATE TABLE next_one (id bigint PRIMARY KEY)",
                          "ALTER TABLE campaigns ADD COLUMN next_one integer NOT NULL DEFAULT 0",
                          "CREATE INDEX next_ones ON campaigns (next_one)",
                          f"DROP OWNED BY {self.owner}"):  # fmt: skip
            run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.as_owner(), "-c", statement)
        self.samctl("migrate")
        self.assertNotIn("waiting", self.samctl("migrate", "--status"))

    def test_a_dump_that_ends_too_early_takes_no_ones_place(self):
        self.prepare()
        self.follow("Backup", 0)
        first = os.stat(os.path.join(self.folder, "sam.dump"))
        done = self.result_of("Backup", 0, BROKEN_OFF)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("pg_restore: error", done.stderr)
        self.assertEqual(os.stat(os.path.join(self.folder, "sam.dump")), first)


CLIENT = """\
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
"""
AS_JAVA = CLIENT + """\
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
 username="leaver" password="{password}";
"""
AS_LIBRDKAFKA = CLIENT + """\
sasl.username=leaver
sasl.password={password}
"""


class Leaving(DeployPageTest):
    """By what the page has for Compose, and from a Kafka that wants a password."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kafka = KafkaWithRights(cls.kafka.folder + "-secured", ["leaver"])
        cls.addClassCleanup(cls.kafka.stop)
        cls.kafka.start()
        cls.kafka.acl("add", "allow", ["leaver"], ["All"], ["*"], ["*"])

    def setUp(self):
        super().setUp()
        self.form = self.compose
        self.variables["BROKERS"] = self.kafka.secured
        for name, text in (("CLIENT", AS_JAVA), ("KCAT_CONFIG", AS_LIBRDKAFKA)):
            self.variables[name] = self.write(name, text.format(password=PASSWORD))
        broker = os.path.join(SOURCE, "tests", "broker", "run")
        subprocess.run([broker, "scripts", self.path], check=True, timeout=600)

    def test_leaving(self):
        self.assertEqual(len(self.blocks["Leaving"]), 5)
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
        self.stop_all()
        self.follow("Leaving", 2)
        self.nothing_goes_unless_complete()
        self.follow("Leaving", 2)
        self.assertRegex(self.follow("Leaving", 3), r"^(\d+) records are kept of \1\n$")
        self.taken_along()
        self.follow("Leaving", 4)
        self.database.execute_elsewhere(f"SELECT 1 / ({self.databases()} = 0)::int")
        self.wait_for("the topics to be gone", lambda: not self.topics_left())

    def databases(self):
        """How many have its name; whoever divides by a wrong guess hears of it."""
        return f"(SELECT count(*) FROM pg_database WHERE datname = '{self.database.name}')"

    def nothing_goes_unless_complete(self):
        for name, keep in (("sam.events.json", -1), ("sam.events.json", 0), ("sam.dump", -1)):
            self.damage(name, keep)
            for number in (3, 4):
                self.assertNotEqual(self.result_of("Leaving", number).returncode, 0, name)
        self.database.execute_elsewhere(f"SELECT 1 / {self.databases()}")
        self.assertEqual(len(self.topics_left()), 5)

    def damage(self, name, keep):
        """Without its last line (of a dump: its last half), or empty; the rest is whole."""
        self.follow("Leaving", 2)
        path = os.path.join(self.folder, self.variables["LEAVE"], name)
        with open(path, "rb") as file:
            content = file.read()
        if name.endswith(".dump"):
            content = content[: len(content) // 2]
        else:
            content = b"".join(content.splitlines(True)[:keep])
        with open(path, "wb") as file:
            file.write(content)

    def taken_along(self):
        at = self.variables["LEAVE"]
        self.assertEqual(len(self.read(at, "c.csv").splitlines()), 1 + PEOPLE)
        self.assertEqual(len(self.read(at, "of a_b.csv").splitlines()), 1 + 2)
        self.assertIn("acme.com", self.read(at, "blocklist.json"))
        self.assertEqual(json.loads(self.read(at, "person.json"))["people"][0]["campaign"], "c")
        events = [json.loads(line) for line in self.read(at, "sam.events.json").splitlines()]
        types = {event["headers"][event["headers"].index("ce_type") + 1] for event in events}
        self.assertLessEqual({"sam.attempt.started.v1", "sam.attempt.ended.v1"}, types)

    def topics_left(self):
        topics = self.kafka.tool("TopicCommand", "--list").split()
        return [topic for topic in topics if self.topic_prefix in topic]


class Page(unittest.TestCase):
    def test_no_command_is_left_out(self):
        """Whoever adds a block adds its test."""
        counts = {heading: len(texts) for heading, texts in deploy_page.blocks().items()}
        followed = {"": 3, "Which way": 1, "The numbers": 1, "Backup": 1, "Restore": 4,
                    "Leaving": 5}  # fmt: skip
        self.assertEqual(counts, followed)


if __name__ == "__main__":
    unittest.main()
