"""samctl beside running programs: an operator's decisions reach what is on its way."""

import json
import os
import unittest

import sam_test
from campaign_test import CampaignTest

HELLO = {"direct_message_1": "Hello {first_name}"}


class Running(CampaignTest):
    accounts = ("anna",)

    def run_campaign(self, templates, people, **more):
        self.prepare()
        self.start_worker()
        self.start_producer()
        return self.campaign("run", "messenger", templates, people, **more)

    def unknown(self):
        return self.samctl_json("unknown", "list")

    def settle(self, action, answer):
        """One call whose outcome is unknown; settled, and all people to their end."""
        self.prepare()
        self.simulator.ask("POST", "/fault", {"route": "chats", "action": action})
        self.start_both()
        self.campaign("run", "messenger", HELLO, 3)
        item = self.wait_for("an unknown send", self.unknown)[0]
        self.wait_for("the others", lambda: self.sent() == 2)
        self.wait_for("the gauge", lambda: self.producer.metric("sam_unknown_items") == 1)
        said = self.samctl("unknown", "settle", item["item_id"], answer)
        self.assertIn("settled: it is ", said)
        self.wait_until_ended()
        self.assertEqual(self.people(), {"completed": 3})
        self.assertEqual(self.unknown(), [])
        self.assertEqual(self.items(), {"sent": 3})

    def test_one_answer_to_an_unknown_is_enough(self):
        self.prepare()
        self.simulator.ask("POST", "/fault", {"route": "chats", "action": "cut_after"})
        self.start_both()
        self.campaign("run", "messenger", HELLO, 1)
        item = self.wait_for("an unknown send", self.unknown)[0]["item_id"]
        self.assertEqual(self.worker.stop(), 0)  # nobody applies the answer
        self.assertIn("kept", self.samctl("unknown", "settle", item, "sent"))
        outbox = "outbox WHERE published_at IS NULL"
        self.wait_for("the ledger to have it", lambda: self.count(outbox) == 0)
        self.assertTrue(self.unknown()[0]["settling"])
        done = self.samctl_result("unknown", "settle", item, "not-sent")
        self.assertEqual(done.returncode, 1)
        self.assertIn("being settled already", done.stderr)
        self.start_worker()
        self.wait_until_ended()
        self.judge(1)

    def test_unknown_and_sent(self):
        self.settle("cut_after", "sent")
        self.judge(3)

    def test_unknown_and_not_sent(self):
        self.settle("cut_before", "not-sent")
        self.judge(3)

    def test_the_first_few_and_then_an_ok(self):
        people = self.run_campaign(HELLO, 12, start=False)
        self.start_producer()  # both together plan no more than that
        self.samctl("campaign", "start", "run", "--first", "3")
        self.wait_until_sent(3)
        self.wait_for("the rest to wait", lambda: "waits for an OK" in self.samctl("status"))
        whys = [self.samctl_json("why", person)[0] for person in people]
        waiting = [w for w in whys if w["reason"] == "campaign_first_sent"]
        self.assertEqual(len(waiting), 9, whys)
        self.samctl("campaign", "start", "run", "--first", "2")
        self.wait_until_sent(5)
        self.assertEqual(self.items(), {"sent": 5})
        self.samctl("campaign", "start", "run")
        self.wait_until_ended()
        self.judge(12)

    def test_first_is_a_number_and_not_for_a_campaign_that_runs_freely(self):
        self.prepare()
        self.campaign("run", "messenger", HELLO, 1)
        for first, code, why in (("0", 2, "--first"), ("2", 1, "without a limit")):
            done = self.samctl_result("campaign", "start", "run", "--first", first)
            self.assertEqual(done.returncode, code)
            self.assertIn(why, done.stderr)

    def test_an_edit_reaches_what_waits(self):
        self.run_campaign({"direct_message_1": "Hello {first_name}"}, 12)
        self.wait_for("two sends", lambda: self.sent() >= 2)
        path = self.write("new.json", self.file("run", {"direct_message_1": "Bye {first_name}!!"}))
        self.samctl("campaign", "update", path)
        self.wait_until_ended()
        self.judge(12)
        texts = self.database.rows("SELECT DISTINCT left(message, 3) AS m FROM send_queue")
        self.assertEqual({t["m"] for t in texts}, {"Hel", "Bye"})

    def file(self, name, templates):
        with open(f"{self.folder}/{name}.json", encoding="utf-8") as file:
            value = json.load(file)
        return json.dumps(dict(value, message_templates=templates))

    def test_a_person_who_opted_out_gets_nothing_more(self):
        templates = dict(HELLO, direct_message_2={"after": "1s", "text": "Again"})
        people = self.run_campaign(templates, 4)
        self.wait_for("first messages", lambda: self.sent() >= 4)
        self.samctl("person", "set", people[3], "opted_out")
        before = self.sent_to(people[3])
        self.wait_until_ended()
        self.assertEqual(self.sent_to(people[3]), before)
        self.assertEqual(self.people(), {"completed": 3, "opted_out": 1})
        self.assertEqual(self.simulator.audit()["duplicates"], 0)

    def sent_to(self, vanity):
        return self.count(
            "campaign_messages m JOIN campaign_prospects p ON p.id = m.prospect_id "
            f"WHERE p.vanity = '{vanity}'"
        )

    def test_hold_and_release(self):
        people = self.run_campaign(HELLO, 3, start=False)
        self.samctl("person", "hold", people[1])
        self.samctl("campaign", "start", "run")
        self.wait_for("two sends", lambda: self.sent() == 2)
        self.assertEqual(self.samctl_json("why", people[1])[0]["reason"], "person_held")
        self.samctl("person", "release", people[1])
        self.wait_until_ended()
        self.judge(3)

    def test_decisions_are_in_the_ledger(self):
        people = self.run_campaign(HELLO, 2, start=False)
        self.samctl("person", "set", people[0], "not_interested")
        self.samctl("account", "pause", "anna")
        self.samctl("account", "resume", "anna")
        self.samctl("campaign", "start", "run")
        versions_sql = "SELECT a.version AS a, c.version AS c FROM linkedin_accounts a, campaigns c"
        versions = self.database.rows(versions_sql)
        self.wait_for("the outbox", lambda: self.count("outbox WHERE published_at IS NULL") == 0)
        records = self.kafka.records(self.topic("sam.events"))
        types = [r["headers"]["ce_type"] for r in records]
        for wanted in ("sam.person.v1", "sam.campaign.v1", "sam.account.v1"):
            self.assertIn(wanted, types)
        account = self.database.value("SELECT id FROM linkedin_accounts")
        decided = [r for r in records if r["headers"]["ce_type"] == "sam.campaign.v1"]
        self.assertEqual({r["key"] for r in decided}, {account})
        self.wait_until_ended()
        self.judge(1)
        # what the ledger said again has changed nothing
        self.assertEqual(self.database.rows(versions_sql), versions)

    def test_new_people_reopen_a_completed_campaign(self):
        self.run_campaign(HELLO, 2)
        status = "SELECT status FROM campaigns"
        self.wait_for("it to complete", lambda: self.database.value(status) == "completed", 60)
        path = self.write("more.csv", "linkedin_url,first_name\nlate,Late\nrun-0,N0\n")
        self.samctl("import", path, "--campaign", "run")
        self.samctl("approve", "--campaign", "run", "--all")
        self.wait_for("the third send", lambda: self.sent() == 3)
        self.wait_for("it to complete", lambda: self.database.value(status) == "completed", 60)
        self.judge(3)

    def test_send_test(self):
        self.prepare()
        self.start_worker()
        self.start_producer()
        words = ("doctor", "--send-test", "anna", "my-other-self")
        self.assertIn("sent: Unipile", self.samctl(*words))
        self.judge(1)
        soon = "end_at BETWEEN sam_now() AND sam_now() + interval '2 min'"
        self.assertEqual(self.count(f"campaigns WHERE {soon}"), 1)
        done = self.samctl_result(*words)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not sent: the same human was contacted before", done.stderr)
        fault = {"type": "errors/no_connection_with_recipient"}
        self.simulator.ask("POST", "/fault", dict(fault, route="chats", action="status"))
        done = self.samctl_result("doctor", "--send-test", "anna", "a-stranger")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no_connection_with_recipient", done.stderr)
        self.judge(1)
        self.assertEqual(self.count("campaigns WHERE status NOT IN ('stopped', 'completed')"), 0)
        for words in (("anna",), ("anna", "x", "y"), ()):
            done = self.samctl_result("doctor", "--send-test", *words)
            self.assertEqual(done.returncode, 2)

    def test_an_interrupted_send_test_sends_nothing_later(self):
        self.prepare()
        program = os.path.join(sam_test.BIN, "samctl")
        words = [program, "-c", self.config_path, "doctor", "--send-test", "anna", "somebody"]
        doctor = sam_test.Process("doctor", words, self.folder)
        self.wait_for("its person", lambda: self.count("campaign_prospects") == 1)
        doctor.kill()
        self.database.shift_clock("3 minutes")
        self.start_both()
        status = "SELECT status FROM campaigns"
        self.wait_for("its end", lambda: self.database.value(status) == "completed", 60)
        self.assertEqual(self.sent(), 0)
        self.judge(0)

    def test_why_answers_for_a_waiting_person(self):
        self.prepare()
        self.start_worker()
        self.start_producer()
        self.samctl("account", "set", "anna", "--spacing", "1h")
        people = self.campaign("run", "messenger", HELLO, 3)
        self.wait_for("one send", lambda: self.sent() == 1)

        def reasons():
            found = [self.samctl_json("why", p)[0] for p in people]
            return [a for a in found if a["status"] == "approved"]

        waiting = self.wait_for("two who wait", lambda: len(reasons()) == 2 and reasons())
        for answer in waiting:
            self.assertIn(answer["reason"], ("spacing", "scheduled"))
            self.assertTrue(answer["next_at"])


if __name__ == "__main__":
    unittest.main()
