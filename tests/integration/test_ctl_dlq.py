"""samctl dlq: what no worker could read is shown, and put back as it was."""

import json
import time
import unittest
import uuid

from campaign_test import HELLO, CampaignTest
from sam_test import run

JOB, SYNC = "ce_type=sam.job.v1", "ce_type=sam.sync.v1"
TEXT = "Kaleidoscope"  # in a record where no text may be


class DlqTest(CampaignTest):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.dead = self.topic("dlq.sam.jobs")
        self.anna = self.database.value("SELECT id FROM linkedin_accounts WHERE name = 'anna'")

    def produce(self, topic, value, headers=(JOB,), key=None):
        value = json.dumps(value) if isinstance(value, dict) else value
        self.kafka.produce(self.topic(topic), value, key or self.anna, headers)

    def letter(self, value, headers=(), topic="sam.jobs", own=(JOB,), **changes):
        """One by hand, as a worker of another release leaves it."""
        value = json.dumps(value) if isinstance(value, dict) else value
        of = {"sam_reason": "another release", "sam_topic": self.topic(topic),
              "sam_partition": "0", "sam_offset": "0", "sam_bytes": str(len(value)), **changes}
        ours = [f"{name}={text}" for name, text in of.items() if text is not None]
        self.kafka.produce(self.dead, value, self.anna, [*own, *headers, *ours])

    def letters(self):
        return self.kafka.records(self.dead)

    def stands_in(self, topic):
        return self.kafka.records(self.topic(topic))

    def refused(self, *words, code=1):
        done = self.samctl_result("dlq", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def job(self, **changes):
        keys = ("job_id", "workspace_id", "campaign_id", "person_id", "item_id")
        due_at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        return {**{key: str(uuid.uuid4()) for key in keys}, "account_id": self.anna, "dispatch": 1,
                "due_at": due_at, "kind": "message", "message_type": "direct_message_1",
                "unipile_account": "Uanna", **changes}  # fmt: skip


class RealWorker(DlqTest):
    """From a worker that cannot read them to one that has nothing left to do."""

    def setUp(self):
        super().setUp()
        self.start_both()

    def dead_letters(self, count):
        self.wait_for("dead letters", lambda: len(self.letters()) == count)

    def test_broken_and_unknown_records_are_listed_without_what_they_hold(self):
        broken, unknown = '{"text": "' + TEXT, self.job(text=TEXT)
        self.produce("sam.jobs", broken, (JOB, "ce_id=1"))
        self.dead_letters(1)
        self.produce("sam.jobs", unknown, ("ce_type=sam.job.v9",))
        self.dead_letters(2)
        old, new = self.samctl_json("dlq", "list")
        (came, _) = [r for r in self.stands_in("sam.jobs") if r["key"] == self.anna]
        self.assertEqual(
            {key: old[key] for key in old if key not in ("at", "reason")},
            {"letter": "0:0", "partition": 0, "offset": 0, "topic": self.topic("sam.jobs"),
             "from_partition": came["partition"], "from_offset": came["offset"],
             "account_id": self.anna, "type": "sam.job.v1", "bytes": len(broken), "lost": None,
             "readable": False})  # fmt: skip
        self.assertRegex(old["reason"], "not JSON")
        self.assertEqual((new["type"], new["bytes"]), ("sam.job.v9", len(json.dumps(unknown))))
        self.assertIn("sam.job.v9", new["reason"])
        said = self.samctl("dlq", "list")
        self.assertLess(said.index("0:1 "), said.index("0:0 "))
        self.assertIn("published anew", said)
        self.assertNotIn(TEXT, said + json.dumps([old, new]))
        (one,) = self.samctl_json("dlq", "list", "--limit", "1")
        self.assertEqual(one["letter"], "0:1")
        self.assertIn("and 1 older", self.samctl("dlq", "list", "--limit", "1"))
        groups = self.kafka.tool("ConsumerGroupCommand", "--list")
        self.assertEqual([name for name in groups.split() if "samctl" in name], [])

    def test_what_is_still_not_read_is_put_back_as_it_was_and_refused_again(self):
        headers = (JOB, "ce_id=17", "x=\N{SNOWMAN}", "x=twice", "sam_release=0.0.1")
        self.produce("sam.jobs", "{broken", headers)
        self.dead_letters(1)
        (left,) = self.samctl_json("dlq", "replay", "--all")
        self.assertEqual((left["put_back"], left["offset"]), (False, None))
        self.assertIn("not read by this release", left["why"])
        (put,) = self.samctl_json("dlq", "replay", "0:0")
        self.assertTrue(put["put_back"])
        self.dead_letters(2)
        first, again = self.raw("sam.jobs")
        self.assertEqual(again, first)
        one, two = self.samctl_json("dlq", "list")
        self.assertEqual(two["from_offset"], put["offset"])
        self.assertEqual(two["reason"], one["reason"])
        self.assertEqual(self.raw("dlq.sam.jobs", "%s"), ["{broken"] * 2)

    def raw(self, topic, what="%k %h %s"):
        """Of what was written with anna's key, all headers in their order."""
        command = ["kcat", "-q", "-C", "-e", "-o", "beginning", "-b", self.kafka.address, "-t",
                   self.topic(topic), "-f", f"%k|{what}\n"]  # fmt: skip
        lines = [line.split("|", 1) for line in run(*command).splitlines()]
        return [rest for key, rest in lines if key == self.anna]

    def test_a_record_that_is_read_by_then_is_sent_once_however_often_it_is_put_back(self):
        self.worker.freeze()
        self.campaign("c", "messenger", HELLO, 1, accounts=["anna"])
        published = "SELECT count(*) FROM send_queue WHERE status = 'published'"
        self.wait_for("the job", lambda: self.database.value(published) == "1")
        self.producer.stop()
        (job,) = self.stands_in("sam.jobs")
        self.move_to_the_dead_letters(job)
        self.assertTrue(self.samctl_json("dlq", "list")[0]["readable"])
        self.samctl("dlq", "replay", "0:0")
        self.worker = self.start_worker()
        self.wait_until_sent(1)
        self.assertIn("1 put back, 0 left alone", self.samctl("dlq", "replay", "--all"))
        self.samctl("dlq", "replay", "0:0", "0:0")
        read = 'sam_records_consumed_total{topic="sam.jobs"}'
        self.wait_for("the records", lambda: self.worker.metric(read) == 4)
        self.wait_for("the offsets", self.nothing_is_behind)
        self.judge(1)
        self.assertEqual(len(self.stands_in("sam.jobs")), 5)

    def move_to_the_dead_letters(self, job):
        """As if the worker had been of a release that does not know it: it has its letter, and
        its offset is settled."""
        self.worker.kill()
        own = [f"{name}={text}" for name, text in job["headers"].items()]
        self.letter(job["value"], own=own, sam_partition=str(job["partition"]))
        self.wait_for("the group to be empty", lambda: " Empty " in self.group("--state"), 60)
        self.group("--reset-offsets", "--to-latest", "--execute", "--topic",
                   self.topic("sam.jobs"))  # fmt: skip

    def group(self, *how):
        how = how if "--execute" in how else ("--describe", *how)
        return self.kafka.tool("ConsumerGroupCommand", "--group", self.topic("sam-workers"), *how)

    def nothing_is_behind(self):
        """All that was read is decided."""
        rows = [line.split() for line in self.group().splitlines()]
        rows = [row for row in rows if len(row) > 5 and row[1] == self.topic("sam.jobs")]
        return len(rows) == 4 and all(row[3] == row[4] for row in rows)


class NoWorker(DlqTest):
    def test_no_letter_and_no_topic(self):
        self.assertEqual(self.samctl("dlq", "list"), "no dead letters\n")
        self.assertEqual(self.samctl_json("dlq", "list"), [])
        self.assertEqual(self.samctl("dlq", "replay", "--all"), "no dead letters\n")
        self.kafka.tool("TopicCommand", "--delete", "--topic", self.dead)
        for words in (("list",), ("replay", "--all"), ("replay", "0:0")):
            self.assertIn(f"no topic {self.dead}", self.refused(*words))

    def test_the_newest_are_shown_of_many(self):
        for i in range(5):
            self.letter("{", sam_reason=f"reason {i}")
        shown = self.samctl_json("dlq", "list", "--limit", "3")
        self.assertEqual([one["reason"] for one in shown], [f"reason {i}" for i in (4, 3, 2)])
        shown = self.samctl_json("dlq", "list")
        self.assertEqual([one["reason"] for one in shown], [f"reason {i}" for i in range(5)])

    def test_wrong_words(self):
        rows = [
            (("replay",), "which letters?"),
            (("replay", "0:1", "--all"), "not both"),
            (("replay", "1"), "1 is not the place of a letter"),
            (("replay", "0:-1"), "0:-1 is not the place of a letter"),
            (("replay", "0:1x"), "0:1x is not the place of a letter"),
            (("list", "--limit", "0"), "--limit"),
            (("list", "0:1"), "dlq list"),
        ]
        for words, said in rows:
            self.assertIn(said, self.refused(*words, code=2))

    def test_what_cannot_be_put_back_leaves_all_where_it_is(self):
        rows = [
            ({"sam_topic": None}, "no header sam_topic"),
            ({"topic": "sam.events"}, "where no worker of this sam.cfg takes jobs from"),
            ({"sam_topic": "sam.jobs"}, "where no worker of this sam.cfg"),
            ({"sam_cut": "headers"}, "a part of its headers is gone"),
            ({"sam_bytes": "70000"}, "a part of its value is gone"),
        ]
        self.letter(self.job())
        for changes, _ in rows:
            self.letter(self.job(), **changes)
        for i, (_, said) in enumerate(rows, start=1):
            told = self.refused("replay", "0:0", f"0:{i}")
            self.assertIn(said, told)
            self.assertIn("nothing was put back", told)
            self.assertIn(said, self.samctl_json("dlq", "list")[i]["lost"])
        for place, said in (("0:6", "ends before 6"), ("7:0", "has no partition 7"),
                            ("0:9223372036854775807", "is not in")):  # fmt: skip
            self.assertIn(said, self.refused("replay", "0:0", place))
        self.assertEqual(self.stands_in("sam.jobs"), [])
        done = self.samctl_json("dlq", "replay", "--all")
        self.assertEqual([one["put_back"] for one in done], [True] + [False] * len(rows))
        self.assertEqual(len(self.stands_in("sam.jobs")), 1)

    def test_a_letter_that_retention_has_deleted(self):
        for _ in range(3):
            self.letter(self.job())
        trim = self.write_json("trim.json", {"version": 1, "partitions": [
            {"topic": self.dead, "partition": 0, "offset": 2}]})  # fmt: skip
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", trim)
        self.assertIn("deleted what stood before 2", self.refused("replay", "0:1"))
        self.assertEqual([one["letter"] for one in self.samctl_json("dlq", "list")], ["0:2"])
        self.samctl("dlq", "replay", "0:2")

    def test_the_topic_it_came_from_is_gone(self):
        self.letter(self.job())
        self.kafka.tool("TopicCommand", "--delete", "--topic", self.topic("sam.jobs"))
        for words in (("0:0",), ("--all",)):
            self.assertIn("`samctl topics create`", self.refused("replay", *words))
        self.samctl("topics", "create")
        self.samctl("dlq", "replay", "--all")
        self.assertEqual(len(self.stands_in("sam.jobs")), 1)

    def test_kafka_is_away(self):
        self.config["kafka"]["bootstrap_servers"] = "127.0.0.1:1"
        self.write_config()
        for words in (("list",), ("replay", "0:0")):
            told = self.refused(*words)
            self.assertIn("Kafka at 127.0.0.1:1 does not answer", told)
            self.assertIn("Connection refused", told)

    def test_postgres_is_not_asked(self):
        self.letter(self.job(), topic="sam.sync", own=(SYNC,))
        self.config["postgres"]["conninfo"] = "host=127.0.0.1 port=1"
        self.write_config()
        self.assertEqual(len(self.samctl_json("dlq", "list")), 1)
        self.samctl("dlq", "replay", "0:0")
        self.assertEqual(len(self.stands_in("sam.sync")), 1)


if __name__ == "__main__":
    unittest.main()
