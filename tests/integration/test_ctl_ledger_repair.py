"""samctl ledger replay, accept-gap, reset: what an operator does to the ledger's positions."""

import datetime
import json
import unittest

import moments
from campaign_test import HELLO
from restore_test import RestoreTest


def written(record):
    """The second in which Kafka was given it."""
    at = datetime.datetime.fromtimestamp(record["ts"] / 1000, moments.UTC)
    return moments.text(at)


class LedgerTest(RestoreTest):
    """samctl ledger, by its rows."""

    def ledger(self, *words, code=0):
        """The rows of a command, by their kind."""
        done = self.samctl_result("ledger", *words, "--json")
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        found = {}
        for line in done.stdout.splitlines():
            row = json.loads(line)
            found.setdefault(row["kind"], []).append(row)
        return found

    def refused(self, *words, code=1):
        """What it said on stderr."""
        done = self.samctl_result("ledger", *words)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        self.assertTrue(done.stderr.strip())
        return done.stderr

    def positions(self):
        rows = self.database.rows("SELECT * FROM ledger_positions ORDER BY partition")
        return {int(row["partition"]): int(row["next_offset"]) for row in rows}

    def partitions(self):
        return {row["partition"]: row for row in self.ledger("status")["partition"]}

    def reached(self, positions):
        now = self.positions()
        return all(now[partition] >= offset for partition, offset in positions.items())

    def all_is_applied(self):
        return all(row["lag"] == 0 and not row["note"] and not row["halted_reason"]
                   for row in self.partitions().values())  # fmt: skip


    def trim(self, offsets):
        """partition -> the first record that stays; -1 = none."""
        topic = self.topic("sam.events")
        first = [{"topic": topic, "partition": p, "offset": o} for p, o in offsets.items()]
        path = self.write_json("trim.json", {"version": 1, "partitions": first})
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", path)


class Replay(LedgerTest):
    def test_a_running_campaign_applies_all_again_twice(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 40)
        end = {}
        for sent in (4, 8):
            self.wait_until_sent(sent)
            self.wait_for("the first replay", lambda: self.reached(end))
            end = self.positions()
            rows = self.ledger("replay", "--from", "beginning")["partition"]
            self.assertEqual([row["partition"] for row in rows], [0, 1, 2, 3])
            self.assertEqual({row["position"] for row in rows}, {0})
            self.assertGreater(sum(row["again"] for row in rows), sent)
            for row in rows:
                self.assertEqual(row["again"], row["before"])
        self.wait_until_completed("c")
        self.judge(40)
        for daemon in (self.worker, self.producer):
            self.assertIn("gate_shut", daemon.log())
        self.wait_for("all to be applied", self.all_is_applied)

    def test_a_worker_that_rests_notices_by_itself(self):
        self.prepare()
        self.start_both()
        self.assertEqual(self.producer.stop(), 0)
        end = self.positions()
        self.ledger("replay", "--from", "beginning")
        self.wait_for("the positions", lambda: self.reached(end))
        self.wait_for("all to be applied", self.all_is_applied)

    def some_events(self):
        """A partition at rest that has at least five events, and its records."""
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 6)
        self.wait_until_completed("c")
        for daemon in (self.producer, self.worker):
            self.assertEqual(daemon.stop(), 0)
        self.start_worker()
        self.wait_for("all to be applied", self.all_is_applied)
        self.assertEqual(self.processes[-1].stop(), 0)
        partition, position = max(self.positions().items(), key=lambda each: each[1])
        self.assertGreater(position, 5)
        records = [record for record in self.kafka.records(self.topic("sam.events"))
                   if record["partition"] == partition]  # fmt: skip
        return partition, position, {record["offset"]: record for record in records}

    def last_event_id(self, partition):
        return self.database.value(
            f"SELECT last_event_id FROM ledger_positions WHERE partition = {partition}"
        )

    def test_where_a_partition_goes(self):
        partition, position, records = self.some_events()
        before = self.positions()
        one = ("replay", "--partition", str(partition), "--from")
        (row,) = self.ledger(*one, str(position))["partition"]
        self.assertEqual((row["before"], row["position"], row["again"]), (position, position, 0))
        (row,) = self.ledger(*one, "3")["partition"]
        self.assertEqual((row["before"], row["position"]), (position, 3))
        self.assertEqual(row["again"], position - 3)
        self.assertEqual(self.last_event_id(partition), records[2]["headers"]["ce_id"])
        self.assertEqual(self.positions(), {**before, partition: 3})
        self.assertIn("its position is 3", self.refused(*one, "4"))
        self.assertIn("its position is 3", self.refused(*one, "9" * 30))
        later = moments.text(moments.now() + datetime.timedelta(minutes=1))
        for row in self.ledger("replay", "--from", later)["partition"]:
            self.assertEqual(row["again"], 0)
        (row,) = self.ledger(*one, written(records[1]))["partition"]
        self.assertLessEqual(row["position"], 1)
        (row,) = self.ledger(*one, "beginning")["partition"]
        self.assertEqual(row["position"], 0)
        self.assertFalse(self.last_event_id(partition))
        self.start_both()
        self.wait_for("all to be applied", self.all_is_applied)
        self.trim({partition: 2})
        for words in (("beginning",), ("1",)):
            (row,) = self.ledger(*one, *words)["partition"]
            self.assertEqual(row["position"], 2)
            self.assertEqual(row["note"], "the log begins here, not earlier")
        self.wait_for("all to be applied", self.all_is_applied)
        self.judge(6)

    def test_wrong_words(self):
        self.install()
        for words in ((), ("--from", "yesterday"), ("--from", "-1"), ("--from", ""),
                      ("--from", "5"), ("--partition", "x", "--from", "beginning"),
                      ("--partition", "-1", "--from", "beginning"),
                      ("--partition", "1", "--from", "5x"), ("word",)):  # fmt: skip
            with self.subTest(words):
                self.refused("replay", *words, code=2)
        self.assertIn("no ledger yet", self.refused("replay", "--from", "beginning"))
        self.database.execute("INSERT INTO ledger (ledger_id) VALUES (gen_random_uuid())")
        told = self.refused("replay", "--partition", "4", "--from", "beginning")
        self.assertIn("has 0 to 3", told)
        self.database.execute("INSERT INTO ledger_positions VALUES (1, 7)")
        self.assertIn("samctl ledger reset", self.refused("replay", "--from", "beginning"))
        self.assertEqual(self.positions(), {1: 7})
        self.config["kafka"]["topic_prefix"] += "other-"
        self.write_config()
        self.assertIn("has no topic", self.refused("replay", "--from", "beginning"))


class RepairTest(LedgerTest):
    """The log does not fit, and both programs wait for an operator."""

    accounts = ("anna",)
    spacing_ms = 100

    def send_some(self, sent, people=12):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, people)
        self.wait_until_sent(sent)

    def stop_producing(self):
        """Nothing is under way any more."""
        self.assertEqual(self.producer.stop(), 0)
        moving = "send_queue WHERE status IN ('published', 'sending')"
        self.wait_for("what is in Kafka to end", lambda: self.count(moving) == 0)
        self.wait_for("all to be applied", self.all_is_applied)

    def stop_both(self):
        self.stop_producing()
        self.assertEqual(self.worker.stop(), 0)

    def start_and_wait(self, *whys):
        """Both are shut, and say why and by which command that is mended."""
        self.worker = self.start_worker(ready=False)
        self.producer = self.start_producer(ready=False)
        for daemon in (self.worker, self.producer):
            said = lambda d=daemon: d.get("/readyz")[1]  # noqa: E731
            self.wait_for(whys, lambda s=said: any(why in s() for why in whys))
            self.assertIn("samctl ledger", said())

    def held(self):
        return {row["vanity"] for row in self.database.rows(
            "SELECT vanity FROM campaign_prospects WHERE hold_reason = 'ledger_gap'")}  # fmt: skip

    def goes_on(self):
        """By themselves: nobody has restarted anything."""
        for daemon in (self.worker, self.producer):
            self.wait_for("both to be ready", daemon.ready, 60)
        self.wait_for("all to be applied", self.all_is_applied)

    def release(self, people):
        for person in sorted(people):
            self.samctl("person", "release", person)

    def wrong(self):
        return {p: row for p, row in self.partitions().items() if row["note"]}


class AcceptGap(RepairTest):
    def test_a_backup_that_is_older_than_the_log(self):
        """What was sent since the backup stands nowhere but at LinkedIn."""
        self.send_some(3)
        self.stop_producing()
        backup = self.dump()
        known = self.sent()
        self.producer = self.start_producer()
        self.wait_until_sent(known + 3)
        self.stop_both()
        reached = set(self.arrived())
        self.restore(backup)
        self.trim(dict.fromkeys(self.positions(), -1))
        self.start_and_wait("the log begins after the position")
        before = self.positions()
        wrong = self.wrong()
        self.assertTrue(wrong)
        for row in wrong.values():
            self.assertIn("samctl ledger accept-gap", row["note"])
        told = self.ledger("accept-gap", "--all", code=1)
        self.assertEqual([row["partition"] for row in told["partition"]], sorted(wrong))
        (people,) = told["people"]
        self.assertEqual((people["people"], people["done"]), (str(12 - known), "no"))
        self.assertEqual((self.held(), self.positions()), (set(), before))
        self.assertIn("--yes", self.refused("accept-gap", "--all"))
        self.assertIn("begins after", self.refused("reset", "--yes"))
        self.assertIn("accept-gap", self.refused("replay", "--from", "beginning"))

        self.ledger("accept-gap", "--all", "--yes")
        held = self.held()
        self.assertEqual(len(held), 12 - known)
        self.assertEqual(self.count("outbox WHERE event_type = 'sam.person.v1'"), len(held))
        self.goes_on()
        self.assertIn("no partition has a gap", self.refused("accept-gap", "--all", "--yes"))
        self.release(held - reached)
        self.wait_for("the rest", lambda: self.simulator.audit()["accepted"] == 12)
        self.writes_end()
        self.assertEqual(self.not_twice()["accepted"], 12)
        self.assertEqual(self.held(), held & reached)

    def restore(self, path):
        """Both have been stopped."""
        for daemon in (self.producer, self.worker):
            self.assertFalse(daemon.running())
        super().restore(path)

    def test_who_was_not_due_yet_and_who_is_the_same_human(self):
        """Events of before a moment are lost: who was due later is not held."""
        self.send_some(1, people=["eve-x"])
        self.wait_until_completed("c")
        self.campaign("other", "messenger", HELLO, ["bob-x", "zoe-x", "amy-x"], start=False)
        self.campaign("twin", "messenger", HELLO, ["bob-x", "amy-x"], start=False)
        self.stop_both()
        later = "UPDATE campaign_prospects SET next_at = sam_now() + interval '1 day' WHERE "
        self.database.execute(f"{later} vanity IN ('zoe-x', 'amy-x')")
        twin = "SELECT id FROM campaigns WHERE name = 'twin'"
        self.database.execute(f"{later} campaign_id = ({twin})")
        self.database.execute("UPDATE ledger_positions SET next_offset = 0, last_event_id = NULL")
        one = max(self.positions())
        self.trim(dict.fromkeys(self.positions(), 1))
        whole = self.ledger("accept-gap", "--all", code=1)
        for row in whole["partition"]:
            self.assertEqual((row["from"], row["to"], row["lost"]), (0, 1, 1))
        (row,) = self.ledger("accept-gap", str(one), str(one), code=1)["partition"]
        self.assertEqual(row["partition"], one)
        self.ledger("accept-gap", "--all", "--yes")
        rows = self.database.rows(
            "SELECT c.name || '/' || p.vanity AS who FROM campaign_prospects p JOIN campaigns c "
            "ON c.id = p.campaign_id WHERE hold_reason IS NOT NULL ORDER BY 1"
        )
        self.assertEqual([row["who"] for row in rows], ["other/bob-x", "twin/bob-x"])

    def test_wrong_words(self):
        self.prepare()
        self.start_both()
        self.wait_for("all to be applied", self.all_is_applied)
        for words in ((), ("x",), ("-1",), ("1", "--all"), ("",), ("1.5",), ("--from", "1"),
                      ("99999999999",)):  # fmt: skip
            with self.subTest(words):
                self.refused("accept-gap", *words, "--yes", code=2)
        before = self.positions()
        self.assertIn("has 0 to 3", self.refused("accept-gap", "4", "--yes"))
        self.assertIn("has no gap: its position is", self.refused("accept-gap", "2", "--yes"))
        self.assertIn("no partition has a gap", self.refused("accept-gap", "--all", "--yes"))
        self.refused("reset", "word", code=2)
        self.assertIn("nothing is to be reset", self.refused("reset", "--yes"))
        self.assertTrue(self.reached(before))


class Reset(RepairTest):
    def make_topic_anew(self):
        self.kafka.tool("TopicCommand", "--delete", "--topic", self.topic("sam.events"))
        self.wait_for("the topic to be gone", lambda: self.samctl_result(
            "topics", "create").returncode == 0)  # fmt: skip

    def test_a_topic_that_was_made_anew(self):
        self.send_some(3)
        self.stop_both()
        known = self.sent()
        self.make_topic_anew()
        self.start_and_wait("the log ends before", "the log begins after", "was made anew")
        self.assertIn("--yes", self.refused("reset"))
        self.assertEqual(self.held(), set())
        self.refused("accept-gap", "--all", "--yes")
        self.assertIn("reset", self.refused("replay", "--from", "beginning"))
        done = self.ledger("reset", "--yes")
        self.assertEqual(done["people"][0]["people"], str(12 - known))
        self.goes_on()
        self.assertEqual(self.count("ledger_positions WHERE halted_reason IS NOT NULL"), 0)
        self.assertEqual(self.sent(), known)
        self.release(self.held())
        self.wait_until_completed("c")
        self.judge(12)
        self.assertIn("nothing is to be reset", self.refused("reset", "--yes"))

    def test_events_of_another_ledger(self):
        self.send_some(3)
        self.stop_both()
        self.database.execute("UPDATE ledger SET ledger_id = gen_random_uuid()")
        self.database.execute("UPDATE ledger_positions SET last_event_id = gen_random_uuid()")
        before = self.positions()
        self.assertIn("another ledger", self.refused("reset", "--yes"))
        self.assertIn("another ledger", self.refused("accept-gap", "--all", "--yes"))
        self.assertEqual((self.held(), self.positions()), (set(), before))

    def test_places_of_events_that_were_set_aside(self):
        """In the new log they are places of others: what was cleared must not count for them."""
        self.prepare()
        self.start_both()
        self.wait_for("all to be applied", self.all_is_applied)
        account = self.database.value("SELECT id FROM linkedin_accounts")
        self.kafka.produce(self.topic("sam.events"), "{not json", account,
                           ("ce_type=sam.person.v1",))  # fmt: skip
        self.wait_for("the event", lambda: self.count("ledger_aside"))
        self.stop_both()
        place = self.database.value("SELECT partition || ':' || event_offset FROM ledger_aside")
        self.make_topic_anew()
        self.assertIn(f"samctl ledger clear {place}", self.refused("reset", "--yes"))
        self.samctl("ledger", "clear", place)
        self.ledger("reset", "--yes")
        self.assertEqual(self.count("ledger_aside"), 0)


if __name__ == "__main__":
    unittest.main()
