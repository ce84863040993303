"""tests/bench/run sizes - what people and sends leave behind: bytes in Postgres, records and bytes
in Kafka, and the sessions that each program holds.

People come from a CSV by samctl, as in production; sends are one at a time, as accounts make them,
so that hardly two records share a batch: what is measured is the dear case. Postgres: the growth of
pg_total_relation_size, with indexes, TOAST and dead rows as they stand. Kafka: the growth of what
kafka-log-dirs tells, of one replica. The simulator judges, as everywhere.
"""

import json
from collections import defaultdict

from campaign_test import CampaignTest

TEXT = (
    "Hello {first_name}, I have read what {company} does with pumps, and I think that what we have "
    "learned about valves in the last two years could be of use to you. "
)
HEADER = "linkedin_url,first_name,last_name,company,title,city\n"
TOPICS = ("sam.jobs", "sam.sync", "sam.events", "sam.accounts")
LOOKS = 20  # of each account
SMALL = 0.5  # bytes and rows below it are not worth a line


class Sizes(CampaignTest):
    """One producer, one worker."""

    options = None
    spacing_ms = 200

    def runTest(self):
        self.accounts = tuple(f"account{i}" for i in range(10))
        self.config["producer"].update({"replies_every": "7d", "relations_every": "7d"})
        self.config["log"]["level"] = "info"
        self.prepare()
        self.import_people(self.options.people)
        self.start_both()
        self.sessions()
        # A second message that is days away: the first ones alone are measured, and the
        # conversations stay open for the looks.
        self.sends("first messages, with the profile that is looked up", "first", "3d")
        self.looks()
        self.follow_ups()

    # ---- parts ----

    def import_people(self, count):
        """Into a campaign that is not started."""
        self.make("people", {"direct_message_1": TEXT})
        before = self.tables()
        path = self.people_file("people", count)
        self.samctl("import", path, "--campaign", "people")
        self.show_tables(f"{count} people imported", "person", before, count)
        self.samctl("approve", "--campaign", "people", "--all")
        self.show_tables(f"{count} people imported and approved", "person", before, count)

    def sessions(self):
        names = defaultdict(int)
        for row in self.database.rows(
            "SELECT application_name AS name FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ):
            names[row["name"].split()[0] if row["name"] else ""] += 1
        print("\nsessions in Postgres, of one producer and one worker")
        for name in ("sam-producer", "sam-worker"):
            print(f"  {name:<24} {names[name]:6}")

    def sends(self, what, name, after):
        """One message to each of as many people as there are sends to measure."""
        count = self.options.sends
        second = {"after": after, "text": "Again. " + TEXT}
        self.make(name, {"direct_message_1": TEXT, "direct_message_2": second})
        self.samctl("import", self.people_file(name, count), "--campaign", name)
        self.samctl("approve", "--campaign", name, "--all")
        self.measured(what, count, lambda: self.samctl("campaign", "start", name))

    def follow_ups(self):
        """The days until they are due pass by SAM's clock and the simulator's."""
        seconds = 4 * 24 * 3600

        def pass_days():
            self.simulator.ask("POST", "/clock", {"advance_ms": seconds * 1000})
            self.database.shift_clock(f"{seconds} seconds")

        self.measured("follow-ups", self.options.sends, pass_days)

    def measured(self, what, count, begin):
        """What grows from begin() to the last outcome of so many sends."""
        tables, topics, sent = self.tables(), self.topics(), self.sent()
        begin()
        self.wait_until_sent(sent + count, 60 + count / 5)
        self.wait_for("no attempt to be open", lambda: self.attempts()[""] == 0)
        self.show_tables(f"{count} {what}", "send", tables, count)
        self.show_topics("send", topics, count)
        self.judge(sent + count)

    def looks(self):
        """For replies: each ends with an event, whether there was one or not."""
        before = self.topics()
        waiting = ("sync_schedule WHERE kind = 'replies' AND (next_at <= sam_now() "
                   "OR outstanding_until IS NOT NULL)")  # fmt: skip
        for _ in range(LOOKS):
            self.database.execute(
                "UPDATE sync_schedule SET next_at = sam_now() WHERE kind = 'replies'"
            )
            self.wait_for("the looks", lambda: self.count(waiting) == 0)
        count = self.records("sam.sync") - before["sam.sync"][1]
        self.assertEqual(count, LOOKS * len(self.accounts))
        print(f"\n{count} looks for replies")
        self.show_topics("look", before, count)

    # ---- asking ----

    def make(self, name, templates):
        value = {"name": name, "campaign_type": "messenger", "accounts": list(self.accounts)}
        value.update({"country": "DE", "timezone": "Europe/Berlin", "holidays": False,
                      "hours": {"from": "00:00", "to": "24:00"}, "weekend": []})  # fmt: skip
        path = self.write_json(f"{name}.json", dict(value, message_templates=templates))
        self.samctl("campaign", "create", path)

    def people_file(self, name, count):
        lines = [
            f"https://www.linkedin.com/in/ada-lovelace-{name}-{i},Ada,Lovelace,"
            f"Example Pumps {i % 500} GmbH,Head of Engineering,Hamburg\n"
            for i in range(count)
        ]
        return self.write(f"{name}.csv", HEADER + "".join(lines))

    def tables(self):
        """{table: (bytes, rows)}"""
        sizes = self.database.rows(
            "SELECT relname, pg_total_relation_size(oid) AS bytes FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return {row["relname"]: (int(row["bytes"]), self.count(row["relname"])) for row in sizes}

    def topics(self):
        """{topic: (bytes, records)}"""
        names = ",".join(self.topic(name) for name in TOPICS)
        out = self.kafka.tool("LogDirsCommand", "--describe", "--topic-list", names)
        found = defaultdict(int)
        for broker in json.loads(out.splitlines()[-1])["brokers"]:
            for folder in broker["logDirs"]:
                for partition in folder["partitions"]:
                    found[partition["partition"].rsplit("-", 1)[0]] += partition["size"]
        return {name: (found[self.topic(name)], self.records(name)) for name in TOPICS}

    def records(self, name):
        return len(self.kafka.records(self.topic(name)))

    # ---- showing ----

    def show_tables(self, title, unit, before, count):
        print(f"\n{title}")
        total = 0
        for name, (size, rows) in sorted(self.tables().items()):
            each, more = (size - before[name][0]) / count, (rows - before[name][1]) / count
            total += each
            if each >= SMALL or more >= SMALL:
                print(f"  {name:<24} {each:6.0f} bytes, {more:4.1f} rows a {unit}")
        print(f"  {'Postgres':<24} {total:6.0f} bytes a {unit}; {total / 1000:.2f} GB a million")

    def show_topics(self, unit, before, count):
        for name, (size, records) in self.topics().items():
            each, more = (size - before[name][0]) / count, (records - before[name][1]) / count
            print(f"  {name:<24} {each:6.0f} bytes, {more:4.1f} records a {unit}")
