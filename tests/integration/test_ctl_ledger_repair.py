"""samctl ledger accept-gap, reset: where the log does not fit, an operator takes the loss."""

import unittest

from campaign_test import HELLO
from ledger_test import LedgerTest


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

    def test_a_log_that_begins_at_the_position(self):
        """Nothing is lost, so nobody is held; but a worker that begins there cannot know that."""
        self.send_some(12)
        self.stop_both()
        self.trim(dict.fromkeys(self.positions(), -1))
        self.start_and_wait("the log begins after the position")
        for row in self.wrong().values():
            self.assertIn("no record is lost", row["note"])
        done = self.ledger("accept-gap", "--all", "--yes")
        self.assertEqual({row["lost"] for row in done["partition"]}, {0})
        self.assertEqual((done["people"][0]["people"], self.held()), ("0", set()))
        self.goes_on()
        self.wait_until_completed("c")
        self.judge(12)

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

    def test_a_topic_that_is_made_anew_under_a_running_worker(self):
        self.send_some(3)
        self.stop_producing()
        known = self.sent()
        self.make_topic_anew()
        self.producer = self.start_producer(ready=False)
        said = lambda: self.producer.get("/readyz")[1]  # noqa: E731
        self.wait_for("the trouble", lambda: "samctl ledger" in said(), 60)
        self.wait_for("the reset", lambda: self.samctl_result(
            "ledger", "reset", "--yes").returncode == 0)  # fmt: skip
        self.goes_on()
        self.assertEqual(len(self.held()), 12 - known)
        self.release(self.held())
        self.wait_until_completed("c")
        self.judge(12)

    def test_a_copy_without_an_event_to_look_for(self):
        """An empty copy is whole only where Postgres knows of no event either."""
        self.send_some(3)
        self.stop_both()
        before = self.positions()
        account = self.database.value("SELECT id FROM linkedin_accounts")
        self.make_topic_anew()
        self.assertIn("the copy is not whole", self.refused("reset", "--copied", "--yes"))
        self.database.execute("UPDATE ledger_positions SET last_event_id = NULL")
        self.kafka.produce(self.topic("sam.events"), "{not json", account,
                           ("ce_type=sam.person.v1",))  # fmt: skip
        self.assertIn("there is no event to look for", self.refused("reset", "--copied", "--yes"))
        self.assertEqual((self.held(), self.positions()), (set(), before))
        self.make_topic_anew()
        self.ledger("reset", "--copied", "--yes")
        self.assertEqual((self.held(), set(self.positions().values())), (set(), {0}))

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


class Many(RepairTest):
    """Without any program: a position behind the end of an empty log."""

    accounts = ("anna", "ben", "carl", "dora", "emil", "fred")

    def setUp(self):
        super().setUp()
        self.prepare()
        self.campaign("c", "messenger", HELLO, 1100, start=False)
        anna = "(SELECT key_hash % 4 FROM linkedin_accounts b WHERE b.name = 'anna')"
        self.mine = f"a.key_hash % 4 = {anna}"
        self.database.execute(
            "INSERT INTO ledger (ledger_id, least_partitions) VALUES (gen_random_uuid(), 4); "
            "INSERT INTO ledger_positions (partition, next_offset) SELECT key_hash % 4, 5 "
            "FROM linkedin_accounts WHERE name = 'anna'"
        )

    def of(self, accounts):
        return self.count("campaign_prospects p JOIN linkedin_accounts a ON a.id = p.account_id "
                          f"WHERE {accounts}")  # fmt: skip

    def people(self):
        (people,) = self.ledger("reset", code=1)["people"]
        return int(people["people"])

    def test_accounts_of_the_partition_or_of_all_where_partitions_were_added(self):
        self.assertEqual(self.people(), self.of(self.mine))
        self.database.execute("UPDATE ledger SET least_partitions = 2")
        self.assertEqual(self.people(), 1100)

    def test_more_than_one_transaction_holds(self):
        self.database.execute("UPDATE ledger SET least_partitions = 2")
        self.database.execute(
            "UPDATE campaign_prospects SET hold_reason = 'operator' WHERE id IN "
            "(SELECT id FROM campaign_prospects ORDER BY id LIMIT 10)"
        )
        done = self.ledger("reset", "--yes")
        self.assertEqual(done["people"][0]["people"], "1090")
        self.assertEqual(len(self.held()), 1090)
        told = "outbox WHERE event_type = 'sam.person.v1'"
        self.assertEqual(self.count(told), 1090)
        self.assertEqual(set(self.positions().values()), {0})
        self.refused("reset", "--yes")
        self.assertEqual(self.count(told), 1090)


if __name__ == "__main__":
    unittest.main()
