"""samctl: one person, what they wait for, and what an operator decides about them."""

import csv
import datetime
import io
import json
import unittest

import moments
from ctl_test import CtlTest, connector, messenger

PEOPLE = "linkedin_url,first_name,company\nada,Ada,Acme\nbob,,Bolt\ncy,Cy,\n"
ALWAYS = {"hours": {"from": "00:00", "to": "24:00"}, "weekend": [], "holidays": False}


class PeopleTest(CtlTest):
    def setUp(self):
        super().setUp()
        self.prepare(
            accounts=("anna",), campaigns=[connector(**ALWAYS), messenger("clients", **ALWAYS)]
        )
        self.people("spring", PEOPLE)

    def person(self, vanity="ada", campaign="spring"):
        return self.database.rows(
            "SELECT p.* FROM campaign_prospects p JOIN campaigns c ON c.id = p.campaign_id "
            f"WHERE p.vanity = '{vanity}' AND c.name = '{campaign}'"
        )[0]

    def set_person(self, vanity, values):
        self.database.execute(f"UPDATE campaign_prospects SET {values} WHERE vanity = '{vanity}'")

    def queue(self, vanity, status="pending", message_type="connection_request", **columns):
        """One item; its id. columns: SQL expressions."""
        step = 0 if message_type in ("connection_request", "direct_message_1") else 1
        names = "".join(", " + name for name in columns)
        values = "".join(", " + value for value in columns.values())
        self.database.execute(
            "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, "
            "message_type, step, requires_connection, priority, status, scheduled_for, message"
            f"{names}) SELECT gen_random_uuid(), workspace_id, campaign_id, id, account_id, "
            f"'{message_type}', {step}, {step > 0}, {1 - step}, '{status}', sam_now(), 'old text'"
            f"{values} FROM campaign_prospects WHERE vanity = '{vanity}'; "
            f"UPDATE campaign_prospects SET next_at = NULL WHERE vanity = '{vanity}'"
        )
        return self.item(vanity)["id"]

    def item(self, vanity="ada"):
        return self.database.rows(
            "SELECT i.* FROM send_queue i JOIN campaign_prospects p ON p.id = i.prospect_id "
            f"WHERE p.vanity = '{vanity}'"
        )[0]

    def attempt(self, vanity, outcome="unknown"):
        """The attempt of the person's item, ended with the outcome; None = open."""
        ended = "NULL, NULL" if outcome is None else f"sam_now(), '{outcome}'"
        self.database.execute(
            "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, "
            "item_id, message_type, kind, identities, started_at, start_by, ended_at, outcome) "
            "SELECT gen_random_uuid(), i.workspace_id, i.account_id, i.campaign_id, i.prospect_id, "
            f"i.id, i.message_type, 'invitation', ARRAY['v:{vanity}'], sam_now(), "
            f"sam_now() + interval '15 s', {ended} FROM send_queue i "
            f"JOIN campaign_prospects p ON p.id = i.prospect_id WHERE p.vanity = '{vanity}'; "
            "UPDATE send_queue i SET attempt_id = t.id FROM send_attempts t WHERE t.item_id = i.id"
        )

    def events(self):
        rows = self.database.rows("SELECT event_type, payload FROM outbox ORDER BY created_at, id")
        return [dict(json.loads(r["payload"]), type=r["event_type"]) for r in rows]


class Why(PeopleTest):
    def why(self, vanity="ada", *more):
        return self.samctl_json("why", vanity, *more)[0]

    def test_not_planned_yet(self):
        answer = self.why()
        self.assertEqual((answer["reason"], answer["message_type"]),
                         ("campaign_draft", "connection_request"))  # fmt: skip
        self.samctl("campaign", "start", "spring")
        answer = self.why()
        self.assertEqual(answer["reason"], "not_planned")
        self.assertIn("see `samctl doctor`", answer["detail"])
        now = "SELECT to_char(sam_now() - interval '1 min', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        self.assertGreater(answer["next_at"], self.database.value(now))
        self.database.execute("UPDATE account_schedule SET plan_at = sam_now() + interval '3 h'")
        answer = self.why()
        self.assertIn("others come first", answer["detail"])
        self.assertTrue(answer["next_at"])
        self.samctl("account", "pause", "anna")
        self.assertEqual(self.why()["reason"], "account_paused")
        self.assertEqual(self.database.count("SELECT count(*) FROM send_queue"), 0)

    def test_in_the_queue(self):
        self.samctl("campaign", "start", "spring")
        self.queue("ada")
        answer = self.why()
        self.assertEqual((answer["reason"], answer["item_status"]), ("none", "pending"))
        self.samctl("campaign", "pause", "spring")
        answer = self.why()
        self.assertEqual((answer["reason"], answer["next_at"]), ("campaign_paused", None))
        self.samctl("campaign", "resume", "spring")
        self.queue("cy", "published")
        self.assertEqual(self.why("ada")["reason"], "account_busy")
        self.assertIn("it is in Kafka", self.why("cy")["detail"])

    def test_limits_are_counted(self):
        noon = moments.next_weekday(moments.FRIDAY, "12:00", "Europe/Berlin")
        self.database.shift_clock(f"{moments.seconds_until(noon)} seconds")
        self.samctl("campaign", "start", "spring")
        self.samctl("account", "set", "anna", "--spacing", "1h")
        self.queue("ada")
        self.queue("cy", "sent")
        self.attempt("cy", "sent")
        answer = self.why()
        self.assertEqual(answer["reason"], "spacing")
        self.assertTrue(answer["next_at"])
        self.samctl("account", "set", "anna", "--spacing", "0s", "--daily-invitations", "1")
        self.assertEqual(self.why()["reason"], "daily_invitations")
        self.samctl("account", "set", "anna", "--daily-cap", "1")
        self.assertEqual(self.why()["reason"], "daily_cap")

    def test_hours(self):
        path = self.write_json("n.json", connector(holidays=False))
        self.samctl("campaign", "update", path)
        self.samctl("campaign", "start", "spring")
        evening = moments.next_weekday(moments.FRIDAY, "20:00", "Europe/Berlin")
        opens = moments.next_weekday(moments.MONDAY, "09:00", "Europe/Berlin", evening)
        self.database.shift_clock(f"{moments.seconds_until(evening)} seconds")
        answer = self.why()
        self.assertEqual((answer["reason"], answer["next_at"]), ("weekend", moments.text(opens)))

    def test_waits_for_acceptance(self):
        self.samctl("campaign", "start", "spring")
        self.set_person(
            "ada",
            "status = 'connection_request_sent', contacted_at = sam_now(), next_at = NULL, "
            "next_step = 1, give_up_at = sam_now() + interval '21 d'",
        )
        answer = self.why()
        self.assertEqual(answer["reason"], "not_connected")
        self.assertIn("given up at ", answer["detail"])

    def test_held_and_ended(self):
        self.samctl("campaign", "start", "spring")
        self.samctl("person", "hold", "ada", "--reason", "ask_sales")
        answer = self.why()
        self.assertEqual(answer["reason"], "person_held")
        self.assertIn("ask_sales", answer["detail"])
        self.samctl("person", "set", "cy", "opted_out")
        answer = self.why("cy")
        self.assertEqual((answer["reason"], answer["status"]), ("person_stopped", "opted_out"))

    def test_a_text_that_cannot_be_rendered(self):
        texts = {"connection_request": "Hi {first_name}"}
        self.samctl("campaign", "update", self.write_json("n.json", connector(
            message_templates=texts, **ALWAYS)))  # fmt: skip
        self.samctl("campaign", "start", "spring")
        self.set_person("bob", "hold_reason = 'text_invalid'")
        answer = self.why("bob")
        self.assertEqual(answer["reason"], "person_held")
        self.assertIn("text_invalid: first_name is missing", answer["detail"])
        self.assertIn("`samctl campaign update` with a text that fits", answer["detail"])

    def test_before_any_daemon_has_run_whatever_the_plan(self):
        """No partition is known then: by an index, Postgres counted them and divided by none."""
        self.samctl("campaign", "start", "spring")
        conninfo = self.config["postgres"]["conninfo"]
        for off in ("enable_seqscan", "enable_indexscan", "enable_nestloop"):
            self.config["postgres"]["conninfo"] = f"{conninfo} options='-c {off}=off'"
            self.write_config()
            self.assertEqual(self.why()["reason"], "not_planned")

    def test_a_message_that_was_made_already(self):
        self.samctl("campaign", "start", "spring")
        for status in ("sent", "failed"):
            self.database.execute("DELETE FROM send_queue")
            self.queue("ada", status)
            self.set_person("ada", "next_at = sam_now()")
            answer = self.why()
            self.assertEqual((answer["item_status"], answer["next_at"]), (status, None))
        self.set_person("ada", "hold_reason = 'already_planned'")
        answer = self.why()
        self.assertEqual(answer["reason"], "person_held")
        self.assertIn("is failed already", answer["detail"])

    def test_same_human_elsewhere(self):
        self.samctl("campaign", "start", "spring")
        self.people("clients", "linkedin_url\nada\n")
        self.samctl("campaign", "start", "clients")
        self.database.execute(
            "INSERT INTO contacted SELECT workspace_id, 'v:ada', gen_random_uuid(), id, "
            "account_id, sam_now() FROM campaign_prospects WHERE vanity = 'ada' LIMIT 1"
        )
        answers = self.samctl_json("why", "ada")
        self.assertEqual([a["campaign"] for a in answers], ["clients", "spring"])
        self.assertEqual({a["reason"] for a in answers}, {"already_contacted"})
        self.assertEqual(len(self.samctl_json("why", "ada", "--campaign", "clients")), 1)

    def test_unknown_and_nobody(self):
        self.samctl("campaign", "start", "spring")
        self.queue("ada", "unknown", reason="'outcome_unknown'")
        self.assertEqual(self.why()["reason"], "outcome_unknown")
        self.assertIn("samctl unknown settle", self.why()["detail"])
        self.assertIn("zed is in no campaign", self.refused("why", "zed"))
        self.samctl("import", self.write("z.csv", "linkedin_url\nzed\n"), "--campaign", "spring")
        said = self.refused("why", "https://www.linkedin.com/in/zed/")
        self.assertIn("not approved yet: `samctl approve --campaign spring --person zed`", said)
        self.assertIn("linkedin.com", self.refused("why", "https://example.com/"))
        self.assertIn("no campaign x", self.refused("why", "ada", "--campaign", "x"))


class Decisions(PeopleTest):
    def test_show(self):
        self.queue("ada", "unknown")
        self.attempt("ada")
        shown = self.samctl_json("person", "show", "ada")
        self.assertEqual((shown[0]["first_name"], shown[0]["campaign"]), ("Ada", "spring"))
        self.assertEqual((shown[1]["message_type"], shown[1]["outcome"]),
                         ("connection_request", "unknown"))  # fmt: skip
        self.assertIn("Acme", self.samctl("person", "show", shown[0]["person_id"]))

    def test_set(self):
        self.queue("ada")
        self.database.execute(
            "INSERT INTO contacted SELECT workspace_id, 'v:ada', id, prospect_id, account_id, "
            "sam_now() FROM send_queue"
        )
        self.samctl("person", "set", "ada", "not_interested")
        person = self.person()
        self.assertEqual(person["status"], "not_interested")
        self.assertEqual((self.item()["status"], self.item()["reason"]),
                         ("cancelled", "person_stopped"))  # fmt: skip
        self.assertEqual(self.database.count("SELECT count(*) FROM contacted"), 0)
        event = self.events()[0]
        self.assertEqual(event["type"], "sam.person.v1")
        self.assertEqual(
            (event["finding"], event["status"], event["version"], event["person_id"]),
            ("status", "not_interested", int(person["version"]), person["id"]),
        )

    def test_set_reaches_every_campaign(self):
        self.people("clients", "linkedin_url\nada\n")
        self.samctl("person", "set", "ada", "opted_out")
        statuses = {self.person("ada", c)["status"] for c in ("spring", "clients")}
        self.assertEqual(statuses, {"opted_out"})
        self.assertEqual(len(self.events()), 2)

    def test_set_refused(self):
        for status in ("pending", "messaging", "fine"):
            said = self.refused("person", "set", "ada", status, code=2)
            self.assertIn("an operator may set", said)
        self.samctl("person", "set", "ada", "converted")
        self.assertIn("has this status already", self.refused("person", "set", "ada", "converted"))
        said = self.refused("person", "set", "ada", "replied")
        self.assertIn("cannot come to this status", said)
        self.assertEqual(len(self.events()), 1)

    def test_hold_and_release(self):
        self.samctl("campaign", "start", "spring")
        self.queue("ada", reason="'person_held'")
        self.database.execute("UPDATE send_queue SET scheduled_for = sam_now() + interval '1 h'")
        said = self.refused("person", "hold", "ada", "--reason", "Not now!", code=2)
        self.assertIn("--reason takes one word", said)
        self.samctl("person", "hold", "ada")
        self.assertEqual(self.person()["hold_reason"], "operator")
        self.samctl("person", "release", "ada")
        self.assertEqual(self.person()["hold_reason"], "")
        self.assertEqual(self.item()["reason"], "scheduled")
        due = "SELECT count(*) FROM account_schedule WHERE due_at <= sam_now()"
        self.assertEqual(self.database.count(due), 1)
        findings = [e for e in self.events() if "finding" in e]
        self.assertEqual([e["finding"] for e in findings], ["hold", "release"])
        self.assertLess(findings[0]["version"], findings[1]["version"])
        self.assertIn("is not on hold", self.refused("person", "release", "ada"))

    def test_release_looks_at_the_text(self):
        texts = {"connection_request": "Hi {first_name}"}
        self.queue("bob")
        self.samctl("campaign", "update", self.write_json("n.json", connector(
            message_templates=texts, **ALWAYS)))  # fmt: skip
        self.assertEqual(self.person("bob")["hold_reason"], "text_invalid")
        said = self.refused("person", "release", "bob")
        self.assertIn("cannot be sent: first_name is missing", said)
        self.assertEqual(self.person("bob")["hold_reason"], "text_invalid")
        self.set_person("bob", "first_name = 'Bob'")
        self.samctl("person", "release", "bob")
        self.assertEqual(self.item("bob")["message"], "Hi Bob")


class Unknown(PeopleTest):
    def test_list(self):
        self.assertEqual(self.samctl_json("unknown", "list"), [])
        item = self.queue("ada", "unknown", reason="'outcome_unknown'")
        self.attempt("ada", None)
        listed = self.samctl_json("unknown", "list")
        self.assertEqual([(u["item_id"], u["person"], u["settling"]) for u in listed],
                         [(item, "ada", False)])  # fmt: skip

    def test_settle(self):
        for answer, outcome in (("sent", "sent"), ("not-sent", "not_executed")):
            vanity = {"sent": "ada", "not-sent": "cy"}[answer]
            item = self.queue(vanity, "unknown")
            self.attempt(vanity)
            said = self.samctl("unknown", "settle", item, answer)
            self.assertIn("takes effect when", said)
            event = self.events()[-1]
            self.assertEqual(event["type"], "sam.attempt.ended.v1")
            self.assertEqual((event["item_id"], event["outcome"]), (item, outcome))
            self.assertEqual(event["identity"], f"v:{vanity}")
            self.assertEqual(event.get("untried", False), answer == "not-sent")
            self.assertIn("settled already", self.refused("unknown", "settle", item, answer))
        self.assertEqual({u["settling"] for u in self.samctl_json("unknown", "list")}, {True})

    def test_all_attempts_of_an_item(self):
        item = self.queue("ada", "unknown")
        self.attempt("ada")
        self.attempt("ada", None)
        self.attempt("ada", "refused")
        self.samctl("unknown", "settle", item, "not-sent")
        self.assertEqual(len(self.events()), 2)

    def test_refused(self):
        item = self.queue("ada")
        self.assertIn("nothing unknown has the id", self.refused("unknown", "settle", item, "sent"))
        said = self.refused("unknown", "settle", item, "maybe", code=2)
        self.assertIn("sent or not-sent?", said)
        self.assertIn("is no id", self.refused("unknown", "settle", "ada", "sent", code=2))

    def test_another_workspace(self):
        item = self.queue("ada", "unknown")
        self.attempt("ada")
        self.samctl("workspace", "add", "other")
        told = ("unknown", "settle", item, "sent", "--workspace")
        self.assertIn("nothing unknown has the id", self.refused(*told, "other"))
        self.assertIn("several workspaces", self.refused(*told[:-1]))
        self.assertEqual(self.events(), [])
        self.assertIn("takes effect when", self.samctl(*told, "acme"))


class Lists(PeopleTest):
    def test_queue(self):
        self.assertIn("nothing waits", self.samctl("queue"))
        self.queue("ada")
        self.queue("bob", "unknown")
        self.queue("cy", "sent")
        rows = self.samctl_json("queue")
        self.assertEqual({(r["person"], r["status"]) for r in rows},
                         {("ada", "pending"), ("bob", "unknown")})  # fmt: skip
        self.assertEqual(len(self.samctl_json("queue", "--limit", "1")), 1)
        self.assertEqual(len(self.samctl_json("queue", "--account", "anna")), 2)
        self.assertEqual(self.samctl_json("queue", "--campaign", "clients"), [])
        self.assertIn("no account zed", self.refused("queue", "--account", "zed"))
        self.assertIn("--limit takes", self.refused("queue", "--limit", "0", code=2))

    def test_replies(self):
        self.database.execute(
            "INSERT INTO inbound_messages (id, workspace_id, account_id, prospect_id, message_id, "
            "class, received_at) SELECT gen_random_uuid(), workspace_id, account_id, id, vanity, "
            "'reply', sam_now() - CASE vanity WHEN 'ada' THEN interval '1 h' "
            "ELSE interval '2 d' END FROM campaign_prospects WHERE vanity IN ('ada', 'bob')"
        )
        self.assertEqual([r["person"] for r in self.samctl_json("replies")], ["ada"])
        rows = self.samctl_json("replies", "--since", "7d")
        self.assertEqual([r["person"] for r in rows], ["bob", "ada"])
        for since, farther in (("1m", "7d"), ("1w", "70d"), ("10d", "100d")):
            self.database.execute("DELETE FROM inbound_messages")
            said = self.samctl("replies", "--since", since)
            self.assertIn(f"--since {farther} looks farther back", said)
        self.assertIn("--since takes", self.refused("replies", "--since", "7", code=2))

    def test_export(self):
        self.people("spring", 'linkedin_url,pet,colour\nzoe,"Rex, Jr.",red\n')
        contacted = moments.text(moments.now() - datetime.timedelta(days=5))
        self.set_person("ada", f"contacted_at = '{contacted}'")
        rows = list(csv.DictReader(io.StringIO(self.samctl("export", "spring"))))
        self.assertEqual([r["linkedin_url"][-3:] for r in rows], ["ada", "bob", "/cy", "zoe"])
        self.assertEqual((rows[0]["first_name"], rows[0]["contacted_at"]),
                         ("Ada", contacted))  # fmt: skip
        self.assertEqual((rows[3]["pet"], rows[3]["colour"], rows[0]["pet"]),
                         ("Rex, Jr.", "red", ""))  # fmt: skip
        objects = self.samctl_json("export", "spring")
        self.assertEqual(objects[3]["custom"], {"pet": "Rex, Jr.", "colour": "red"})
        # what was exported can be imported
        path = self.write("again.csv", self.samctl("export", "spring"))
        report = self.samctl_json("import", path, "--campaign", "spring")[0]
        self.assertEqual((report["imported"], report["existing"]), (0, 4))

    def test_preview(self):
        shown = self.samctl("preview", "spring")
        self.assertIn("== ada\n-- connection_request\nHi Ada\n", shown)
        self.assertIn("the texts of all 3 people can be sent", shown)
        texts = {"connection_request": "", "follow_up_1": "{first_name} at {company}"}
        path = self.write_json("n.json", connector("other", message_templates=texts))
        self.samctl("campaign", "create", path)
        people = self.write("p.csv", PEOPLE)
        self.samctl("import", people, "--campaign", "other")
        lines = self.samctl_json("preview", "other", "--limit", "1")
        messages = [(l["person"], l["text"]) for l in lines if l["kind"] == "message"]
        self.assertEqual(messages, [("ada", ""), ("ada", "Ada at Acme")])
        problems = [l for l in lines if l["kind"] == "problem"]
        self.assertEqual({(p["person"], p["problem"], p["people"]) for p in problems}, {
            ("bob", "first_name is missing and has no fallback", 1),
            ("cy", "company is missing and has no fallback", 1),
        })  # fmt: skip
        one = self.samctl("preview", "other", "--person", "bob")
        self.assertIn("follow_up_1: NOT SENT: first_name is missing", one)
        said = self.refused("preview", "other", "--person", "zed")
        self.assertIn("zed is not in the campaign", said)


class Update(PeopleTest):
    def update(self, campaign):
        return self.samctl("campaign", "update", self.write_json("new.json", campaign))

    def refuse(self, campaign):
        return self.refused("campaign", "update", self.write_json("new.json", campaign))

    def test_waiting_texts_are_written_anew(self):
        self.queue("ada")
        self.queue("cy", "published")
        self.queue("bob", "sent")
        texts = {"connection_request": "Dear {first_name|friend}", "follow_up_1": "Bye"}
        said = self.update(connector(message_templates=texts, **ALWAYS))
        self.assertIn("2 waiting texts written anew", said)
        messages = [self.item(v)["message"] for v in ("ada", "bob", "cy")]
        self.assertEqual(messages, ["Dear Ada", "old text", "Dear Cy"])
        self.assertEqual(self.item("cy")["status"], "published")

    def test_delays_reach_people_who_wait(self):
        self.set_person(
            "ada",
            "status = 'connected', connected_at = sam_now() - interval '20 d', next_step = 1, "
            "next_at = sam_now() - interval '19 d'",
        )
        texts = {"connection_request": "", "follow_up_1": {"after": "5d", "text": "Hi"}}
        self.update(connector(message_templates=texts, **ALWAYS))
        later = "campaign_prospects WHERE next_at = connected_at + interval '5 d'"
        self.assertEqual(self.database.count("SELECT count(*) FROM " + later), 1)

    def test_fewer_messages(self):
        self.set_person(
            "ada",
            "status = 'connected', connected_at = sam_now(), next_step = 1, next_at = sam_now()",
        )
        self.set_person("bob", "status = 'connected', connected_at = sam_now(), next_step = 1")
        self.queue("bob", message_type="follow_up_1")
        said = self.update(connector(message_templates={"connection_request": ""}, **ALWAYS))
        self.assertIn("1 waiting messages cancelled and 2 people completed", said)
        self.assertEqual(self.person("ada")["status"], "completed")
        item = self.item("bob")
        self.assertEqual((item["status"], item["reason"]), ("cancelled", "step_gone"))

    def test_people_who_were_held_for_their_text_are_tried_again(self):
        self.set_person("bob", "hold_reason = 'text_invalid'")
        self.set_person("ada", "hold_reason = 'operator'")
        self.update(connector(**ALWAYS))
        self.assertEqual(self.person("bob")["hold_reason"], "")
        self.assertEqual(self.person("ada")["hold_reason"], "operator")

    def test_accounts_come_and_go(self):
        self.samctl("account", "add", "ben", "--unipile-id", "u-ben", "--country", "DE")
        self.update(connector(accounts=["ben", "anna"], **ALWAYS))
        shown = self.samctl_json("campaign", "show", "spring")[0]
        self.assertEqual(shown["accounts"], ["ben", "anna"])
        said = self.refuse(connector(accounts=["ben"], **ALWAYS))
        self.assertIn("anna cannot leave", said)
        self.update(connector(accounts=["anna"], **ALWAYS))
        shown = self.samctl_json("campaign", "show", "spring")[0]
        self.assertEqual(shown["accounts"], ["anna"])

    def test_what_the_calendar_put_off_is_asked_again(self):
        self.queue("ada", reason="'weekend'")
        self.database.execute("UPDATE send_queue SET scheduled_for = sam_now() + interval '1 d'")
        self.update(connector(**ALWAYS))
        self.assertEqual(self.item()["reason"], "scheduled")

    def test_refused(self):
        self.assertIn("no campaign autumn", self.refuse(connector("autumn")))
        said = self.refuse(messenger("spring"))
        self.assertIn("campaign_type: campaign spring is a connector, and stays one", said)
        self.samctl("campaign", "stop", "spring")
        self.assertIn("stopped, which is final", self.refuse(connector()))


if __name__ == "__main__":
    unittest.main()
