"""samctl ledger status, clear: events that were set aside, as an operator meets them at night."""

import json
import os
import threading
import unittest

import moments
from campaign_test import HELLO, CampaignTest
from ctl_test import CtlTest, connector, make_until_waits
from sam_test import SamTest, run

NOBODY = "00000000-0000-7000-8000-000000000001"


def kinds(done):
    """The rows of a command with --json, by their kind."""
    found = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        found.setdefault(row["kind"], []).append(row)
    return found


class Running(CampaignTest):
    """With everything running, and an event that a worker has really set aside."""

    def ledger(self, *arguments):
        done = self.samctl_result("ledger", *arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return kinds(done)

    def account_id(self, name="anna"):
        return self.database.value(f"SELECT id FROM linkedin_accounts WHERE name = '{name}'")

    def set_one_aside(self):
        before = self.count("ledger_aside")
        self.kafka.produce(
            self.topic("sam.events"), "{not json", self.account_id(), ("ce_type=sam.person.v1",)
        )
        self.wait_for("the event", lambda: self.count("ledger_aside") > before)
        return self.database.value(
            "SELECT partition || ':' || event_offset FROM ledger_aside ORDER BY at DESC LIMIT 1"
        )

    def test_it_is_seen_and_cleared_and_the_account_goes_on(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 40)
        self.wait_until_sent(4)
        place = self.set_one_aside()
        self.wait_for("what is under way", lambda: self.attempts()[""] == 0)
        self.status_shows(place)
        self.others_name_the_command(f"samctl ledger clear {place}")
        done = self.samctl("ledger", "clear", place)
        for words in ("cleared, not applied", "not JSON", "anna", "samctl unknown settle"):
            self.assertIn(words, done)
        self.assertEqual(self.count("linkedin_accounts WHERE blocked_reason IS NOT NULL"), 0)
        seen = self.ledger("status")
        self.assertNotIn("event", seen)
        self.assertNotIn("account", seen)
        self.wait_until_completed("c")
        self.assertEqual(self.sent(), 40)
        again = self.ledger("clear", place)
        self.assertEqual(again["event"][0]["result"], "was cleared already")

    def test_an_event_that_is_set_aside_while_another_one_is_cleared_blocks_again(self):
        self.prepare()
        self.start_both()
        place = self.set_one_aside()
        make_until_waits(self.database)
        clear = (
            "BEGIN; LOCK TABLE ledger_aside IN SHARE ROW EXCLUSIVE MODE; "
            "UPDATE ledger_aside SET cleared_at = sam_now(); "
            "UPDATE linkedin_accounts SET blocked_reason = NULL; "
            "SELECT until_waits('sam-worker ledger'); COMMIT"
        )
        samctl = threading.Thread(target=self.database.execute, args=(clear,))
        samctl.start()
        locked = (
            "pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'ledger_aside' "
            "AND l.mode = 'ShareRowExclusiveLock' AND l.granted"
        )
        self.wait_for("the lock", lambda: self.count(locked))
        later = self.set_one_aside()
        samctl.join()
        self.assertNotEqual(later, place)
        seen = self.ledger("status")
        self.assertEqual([e["event"] for e in seen["event"]], [later])
        self.assertEqual([a["account"] for a in seen["account"]], ["anna"])

    def test_what_was_cleared_stays_so_when_the_ledger_is_read_again(self):
        self.prepare()
        self.start_both()
        place = self.set_one_aside()
        self.ledger("clear", place)
        end = "SELECT sum(next_offset) FROM ledger_positions"
        applied = self.database.count(end)
        self.database.execute("UPDATE ledger_positions SET next_offset = 0, last_event_id = NULL")
        self.wait_for("all to be read again", lambda: self.database.count(end) >= applied)
        seen = self.ledger("status")
        self.assertEqual((seen.get("event", []), seen.get("account", [])), ([], []))

    def test_a_restore_sets_it_aside_again(self):
        """In doubt nothing is sent: the dump does not know that somebody has looked at it."""
        self.prepare()
        self.start_both()
        path = os.path.join(self.folder, "backup")
        run("pg_dump", "-Fc", "-f", path, "-d", self.database.conninfo)
        place = self.set_one_aside()
        self.samctl("ledger", "clear", place)
        for daemon in (self.producer, self.worker):
            self.assertEqual(daemon.stop(), 0)
        self.database.drop()
        self.database.create()
        run("pg_restore", "-d", self.database.conninfo, path)
        self.start_both()
        self.wait_for("the event", lambda: self.count("ledger_aside"))
        self.assertEqual(self.ledger("status")["account"][0]["account"], "anna")
        (account,) = self.ledger("clear", place)["account"]
        self.assertEqual(account["blocked"], "no")

    def status_shows(self, place):
        seen = self.ledger("status")
        (ledger,) = seen["ledger"]
        self.assertEqual(
            ledger["ledger_id"], self.database.value("SELECT ledger_id FROM ledger")
        )
        self.assertEqual([p["partition"] for p in seen["partition"]], [0, 1, 2, 3])
        for p in seen["partition"]:
            self.assertEqual((p["first"], p["note"], p["halted_reason"]), (0, None, None))
            self.assertGreater(p["end"], 0)
            self.assertEqual(p["lag"], p["end"] - p["position"])
            self.assertTrue(p["moved_at"])
        (event,) = seen["event"]
        self.assertEqual(
            (event["event"], event["workspace"], event["account"]), (place, "w", "anna")
        )
        self.assertIn("not JSON", event["reason"])
        (account,) = seen["account"]
        self.assertEqual((account["account"], account["events"]), ("anna", 1))

    def others_name_the_command(self, told):
        self.assertIn(told, self.samctl_result("doctor").stdout)
        self.assertIn(told, self.samctl("status"))
        person = self.database.value(
            "SELECT p.vanity FROM campaign_prospects p JOIN send_queue i ON i.prospect_id = p.id "
            f"WHERE i.status = 'pending' AND p.account_id = '{self.account_id()}' LIMIT 1"
        )
        (why,) = self.samctl_json("why", person)
        self.assertEqual(why["reason"], "account_blocked")
        self.assertIn(told, why["detail"])


class Partitions(SamTest):
    """Where Kafka and Postgres know different partitions; no daemon runs."""

    def test_rows_and_partitions_that_do_not_match(self):
        self.install()
        self.database.execute(
            "INSERT INTO ledger_positions (partition, next_offset, halted_reason) "
            "VALUES (1, 0, NULL), (2, 5, 'the log ends before it'), (9, 3, NULL)"
        )
        done = self.samctl_result("ledger", "status", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = {row["partition"]: row for row in kinds(done)["partition"]}
        self.assertEqual(sorted(rows), [0, 1, 2, 3, 9])
        for partition in (0, 3):
            self.assertIsNone(rows[partition]["position"])
            self.assertEqual(rows[partition]["end"], 0)
            self.assertIn("no row", rows[partition]["note"])
        self.assertEqual((rows[1]["lag"], rows[1]["note"]), (0, None))
        self.assertIn("ends before", rows[2]["note"])
        self.assertEqual(rows[2]["halted_reason"], "the log ends before it")
        self.assertEqual((rows[9]["position"], rows[9]["end"]), (3, None))
        self.assertIn("no such partition", rows[9]["note"])
        self.assertIn("NOTHING IS SENT", self.samctl("ledger", "status"))

    def test_a_topic_that_is_not_there_is_said_and_not_made(self):
        self.install()
        self.config["kafka"]["topic_prefix"] += "other-"
        self.write_config()
        done = self.samctl_result("ledger", "status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("other-sam.events", done.stderr)
        exists = [t["exists"] for t in self.samctl_json("topics", "show")]
        self.assertEqual(exists, [False] * 5)


class Clear(CtlTest):
    """Postgres alone: what was set aside is written into its table."""

    def setUp(self):
        super().setUp()
        self.prepare(accounts=("anna", "ben"))

    def aside(self, place, account=None, reason="not JSON", record="{not json"):
        partition, offset = place.split(":")
        owner = f"(SELECT id FROM linkedin_accounts WHERE name = '{account}')"
        self.database.execute(
            "INSERT INTO ledger_aside (partition, event_offset, account_id, reason, record) VALUES "
            f"({partition}, {offset}, {owner}, '{reason}', convert_to('{record}', 'UTF8')); "
            f"UPDATE linkedin_accounts SET blocked_reason = '{reason}' WHERE name = '{account}' "
            "AND blocked_reason IS NULL"
        )

    def blocked(self, name="anna"):
        return self.database.value(
            f"SELECT blocked_reason FROM linkedin_accounts WHERE name = '{name}'"
        )

    def left(self):
        rows = self.database.rows(
            "SELECT partition || ':' || event_offset AS place FROM ledger_aside "
            "WHERE cleared_at IS NULL ORDER BY partition, event_offset"
        )
        return [row["place"] for row in rows]

    def clear(self, *arguments):
        done = self.samctl_result("ledger", "clear", *arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return kinds(done)

    def test_an_account_goes_on_with_its_last_event(self):
        self.aside("3:17", "anna", "first")
        self.aside("3:19", "anna", "second")
        self.aside("2:5", "ben")
        self.aside("0:1")
        (account,) = self.clear("3:17")["account"]
        self.assertEqual((account["account"], account["blocked"]), ("anna", "yes"))
        self.assertEqual(self.blocked(), "second")
        self.assertEqual(self.left(), ["0:1", "2:5", "3:19"])
        found = self.clear("3:19", "3:17", "3:19", "0:1")
        results = {row["event"]: row["result"] for row in found["event"]}
        self.assertEqual(results["3:17"], "was cleared already")
        self.assertEqual(results["3:19"], "cleared, not applied")
        self.assertEqual(len(results), 3)
        self.assertFalse(self.blocked())
        self.assertTrue(self.blocked("ben"))
        self.assertEqual(self.left(), ["2:5"])

    def test_all_of_an_account(self):
        self.aside("3:17", "anna")
        self.aside("3:19", "anna")
        self.aside("2:5", "ben")
        self.assertEqual(len(self.clear("--account", "anna")["event"]), 2)
        self.assertFalse(self.blocked())
        self.assertEqual(self.left(), ["2:5"])
        self.assertNotIn("event", self.clear("--account", "anna"))

    def test_a_block_without_an_event_is_taken_away_too(self):
        """A cleared event that a replay met again: the row was there already."""
        self.aside("3:17", "anna")
        self.database.execute("UPDATE ledger_aside SET cleared_at = sam_now()")
        self.clear("3:17")
        self.assertFalse(self.blocked())
        self.database.execute("UPDATE linkedin_accounts SET blocked_reason = 'x'")
        self.clear("--account", "anna")
        self.assertFalse(self.blocked())
        self.assertTrue(self.blocked("ben"))

    def test_an_account_that_stands_for_another_reason_stays(self):
        for status in ("paused", "restricted", "disconnected"):
            with self.subTest(status):
                self.aside(f"1:{len(status)}", "anna")
                self.database.execute(
                    f"UPDATE linkedin_accounts SET status = '{status}' WHERE name = 'anna'"
                )
                self.assertIn(f"but {status}", self.samctl("ledger", "clear", "--account", "anna"))
                now = self.database.value(
                    "SELECT status FROM linkedin_accounts WHERE name = 'anna'"
                )
                self.assertEqual(now, status)

    def test_what_is_wrong_is_said_and_changes_nothing(self):
        self.aside("3:17", "anna")
        for word in ("3-17", "3:", ":17", "3", "", "-1:5", "3:-1", "+3:17", " 3:17", "3:17x",
                     "2147483648:1", "3:9223372036854775808",
                     "99999999999999999999999:1"):  # fmt: skip
            with self.subTest(word):
                told = self.refused("ledger", "clear", "3:17", "--", word, code=2)
                self.assertIn("PARTITION:OFFSET", told)
        self.refused("ledger", "clear", "-1:5", code=2)
        self.refused("ledger", "clear", code=2)
        self.refused("ledger", "clear", "3:17", "--account", "anna", code=2)
        self.assertIn("not cleared yet: 3:17", self.refused("ledger", "clear", "3:17", "3:18"))
        largest = "2147483647:9223372036854775807"
        self.assertIn(largest, self.refused("ledger", "clear", largest))
        self.assertIn("no account zoe", self.refused("ledger", "clear", "--account", "zoe"))
        self.assertEqual(self.left(), ["3:17"])
        self.assertTrue(self.blocked())

    def test_an_account_of_another_workspace(self):
        self.aside("3:17", "anna")
        self.aside("0:1")
        self.samctl("workspace", "add", "other")
        told = self.refused("ledger", "clear", "3:17", "--workspace", "other")
        self.assertIn("of workspace acme, not of other", told)
        self.assertIn("--workspace", self.refused("ledger", "clear", "3:17"))
        self.assertEqual(self.left(), ["0:1", "3:17"])
        self.clear("0:1")
        self.clear("3:17", "--workspace", "acme")
        self.assertEqual(self.left(), [])

    def test_what_an_event_said_is_told(self):
        base = {"event_id": NOBODY, "ledger_id": NOBODY, "workspace_id": NOBODY,
                "account_id": NOBODY, "at": "2020-01-01T00:00:00.000Z"}  # fmt: skip
        attempt = dict(base, attempt_id=NOBODY, campaign_id=NOBODY, person_id=NOBODY,
                       item_id=NOBODY, kind="message", message_type="direct_message_1",
                       started_at=base["at"], start_by=base["at"])  # fmt: skip
        ended = dict(attempt, ended_at=base["at"], outcome="sent")
        cases = (
            (attempt, "sam.attempt.started.v1", "may have been made"),
            (ended, "sam.attempt.ended.v1", f"unknown settle {NOBODY}"),
            (dict(ended, ended_at="soon"), None, "is not known"),
            (dict(base, status="active", version=3), "sam.account.v1", "account's status"),
            (dict(base, campaign_id=NOBODY, person_id=NOBODY, finding="connected"),
             "sam.person.v1", "connected"),
            (dict(base, kind="company", value="acme inc", listed=True, version=3),
             "sam.blocklist.v1", "add company acme inc"),
        )  # fmt: skip
        for i, (record, _, _) in enumerate(cases):
            self.aside(f"1:{i}", "anna", record=json.dumps(record))
        shown = kinds(self.samctl_result("ledger", "status", "--json"))["event"]
        for i, (_, event_type, told) in enumerate(cases):
            with self.subTest(i):
                (event,) = self.clear(f"1:{i}")["event"]
                self.assertEqual(event["type"], event_type)
                self.assertIn(told, event["meaning"])
                self.assertEqual(
                    (shown[i]["type"], shown[i]["meaning"]), (event_type, event["meaning"])
                )

    def attempt_of(self, campaign, vanity, number, **more):
        """attempt.started of somebody's first contact, of whom this database knows nothing else."""
        row = self.database.rows(
            "SELECT p.id, p.campaign_id, p.account_id, p.workspace_id FROM campaign_prospects p "
            f"JOIN campaigns c ON c.id = p.campaign_id WHERE c.name = '{campaign}' "
            f"AND p.vanity = '{vanity}'"
        )[0]
        at = moments.text(moments.now())
        return dict(
            {"event_id": NOBODY, "ledger_id": NOBODY, "workspace_id": row["workspace_id"],
             "account_id": row["account_id"], "at": at, "attempt_id": NOBODY[:-3] + str(number),
             "campaign_id": row["campaign_id"], "person_id": row["id"], "item_id": NOBODY,
             "kind": "invitation", "message_type": "connection_request", "started_at": at,
             "start_by": at, "identity": "v:" + vanity}, **more)  # fmt: skip

    def held(self):
        rows = self.database.rows(
            "SELECT c.name || '/' || p.vanity AS who, p.hold_reason FROM campaign_prospects p "
            "JOIN campaigns c ON c.id = p.campaign_id WHERE p.hold_reason IS NOT NULL ORDER BY 1"
        )
        return {row["who"]: row["hold_reason"] for row in rows}

    def set_up_people(self):
        for name in ("spring", "autumn"):
            campaign = connector(name, ("anna", "ben"))
            self.samctl("campaign", "create", self.write_json(f"{name}.json", campaign))
            lines = [f"https://www.linkedin.com/in/{who}-x,anna" for who in ("eve", "bob", "zoe")]
            self.people(name, "linkedin_url,account\n" + "\n".join(lines) + "\n")

    def test_who_a_lost_attempt_went_to_is_held_wherever_they_stand(self):
        """Restored, and both events set aside: nothing else says that the call may have been made,
        and the item would be sent again."""
        self.set_up_people()
        started = self.attempt_of("spring", "eve-x", 101)
        ended = dict(started, ended_at=started["at"], outcome="sent")
        broken = dict(self.attempt_of("spring", "bob-x", 102), outcome="sent", ended_at="soon")
        known = self.attempt_of("spring", "zoe-x", 103)
        self.database.execute(
            "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, "
            "item_id, message_type, kind, started_at, start_by) SELECT "
            f"'{known['attempt_id']}', workspace_id, account_id, campaign_id, id, '{NOBODY}', "
            "'connection_request', 'invitation', sam_now(), sam_now() FROM campaign_prospects "
            f"WHERE id = '{known['person_id']}'"
        )
        for i, record in enumerate((started, ended, broken, known)):
            self.aside(f"3:{i}", "anna", record=json.dumps(record))
        versions = "SELECT sum(version) FROM campaign_prospects"
        before = self.database.count(versions)
        found = self.clear("--account", "anna")
        everywhere = dict.fromkeys(
            ("autumn/bob-x", "autumn/eve-x", "spring/bob-x", "spring/eve-x"), "event_set_aside"
        )
        self.assertEqual(self.held(), everywhere)
        self.assertEqual(len(found["person"]), 4)
        self.assertGreater(self.database.count(versions), before)
        told = self.database.rows("SELECT payload FROM outbox WHERE event_type = 'sam.person.v1'")
        told = [json.loads(row["payload"]) for row in told]
        self.assertEqual(
            {(e["finding"], e["reason"]) for e in told}, {("hold", "event_set_aside")}
        )
        self.assertEqual({e["person_id"] for e in told}, {p["person_id"] for p in found["person"]})
        self.assertFalse(self.blocked())
        for meaning in [row["meaning"] for row in found["event"]]:
            self.assertIn("`samctl person release`", meaning)
        for person in found["person"]:
            self.samctl("person", "release", person["person_id"])
        self.clear("3:0", "3:1", "3:2", "3:3")
        self.assertEqual(self.held(), {})

    def test_an_attempt_of_somebody_who_is_not_there_is_told(self):
        self.set_up_people()
        lost = dict(self.attempt_of("spring", "eve-x", 101), person_id=NOBODY)
        del lost["identity"]
        self.aside("3:17", "anna", record=json.dumps(lost))
        told = self.samctl("ledger", "clear", "3:17")
        self.assertIn(f"person {NOBODY}", told)
        self.assertIn("is not put on hold", told)
        self.assertEqual(self.held(), {})

    def test_of_a_record_that_cannot_be_read_nobody_knows_the_person(self):
        self.aside("3:17", "anna")
        told = self.samctl("ledger", "clear", "3:17")
        self.assertIn("nobody can tell which person it was about", told)

    def test_a_worker_that_sets_an_event_aside_meanwhile_is_waited_for(self):
        """Each would miss what the other one has just done, and the account would go on."""
        self.aside("3:17", "anna")
        insert = (
            "BEGIN; INSERT INTO ledger_aside (partition, event_offset, account_id, reason, record) "
            "SELECT 3, 18, id, 'second', '' FROM linkedin_accounts WHERE name = 'anna'; "
            "SELECT until_waits('samctl'); COMMIT"
        )
        make_until_waits(self.database)
        worker = threading.Thread(target=self.database.execute, args=(insert,))
        worker.start()
        inserting = (
            "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
            "WHERE c.relname = 'ledger_aside' AND l.mode = 'RowExclusiveLock'"
        )
        self.wait_for("the insert", lambda: self.database.count(inserting))
        found = self.clear("3:17")
        worker.join()
        self.assertEqual(self.blocked(), "second")
        self.assertEqual(found["account"][0]["blocked"], "yes")

    def test_status_without_kafka_shows_what_postgres_knows(self):
        self.aside("3:17", "anna")
        self.database.execute(
            "INSERT INTO ledger_positions (partition, next_offset) VALUES (0, 11), (3, 18)"
        )
        done = self.samctl_result("ledger", "status", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Kafka at 127.0.0.1:1 does not answer", done.stderr)
        seen = kinds(done)
        positions = [(p["partition"], p["position"], p["end"], p["lag"]) for p in seen["partition"]]
        self.assertEqual(positions, [(0, 11, None, None), (3, 18, None, None)])
        self.assertEqual(seen["event"][0]["event"], "3:17")
        self.assertEqual(seen["account"][0]["account"], "anna")


if __name__ == "__main__":
    unittest.main()
