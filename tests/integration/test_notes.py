"""What a text may be when it is planned, and an invitation's note by the account's plan (P7)."""

import datetime
import unittest

import moments
from campaign_test import CampaignTest, FridayTest


class NotesTest(CampaignTest):
    """One account, of a free plan if nothing else is said."""

    accounts = ("anna",)
    maxDiff = None

    def set_person(self, vanity, sets):
        self.database.execute(f"UPDATE campaign_prospects SET {sets} WHERE vanity = '{vanity}'")

    def person(self, vanity):
        return self.database.rows(f"SELECT * FROM campaign_prospects WHERE vanity = '{vanity}'")[0]

    def held(self):
        """Public name -> why they are held."""
        rows = self.database.rows("SELECT vanity, hold_reason FROM campaign_prospects")
        return {row["vanity"]: row["hold_reason"] for row in rows if row["hold_reason"]}


class Refused(NotesTest):
    """Values that no import lets through: an older release or a tool may have left them."""

    values = {
        "bell": "first_name = 'A' || chr(7) || 'da'",
        "next-line": "first_name = 'A' || chr(133) || 'da'",
        "braces": "first_name = '{first_name}'",
        "one-brace": "company = 'Acme}'",
        "custom-braces": "custom = '{\"topic\": \"{{topic}}\"}'",
        "too-long": "custom = jsonb_build_object('topic', repeat('x', 8001))",
    }
    template = "Hello {first_name|you} of {company|your firm}: {custom.topic|pumps}"

    def begin(self):
        self.prepare()
        people = ["fine", *self.values]
        self.campaign("c", "messenger", {"direct_message_1": "Hi"}, people, False)
        self.set_person("fine", "custom = '{\"topic\": \"a\\tb\\nc\"}'")
        for vanity, sets in self.values.items():
            self.set_person(vanity, sets)
        file = self.samctl_json("campaign", "show", "c")[0]
        file["message_templates"]["direct_message_1"] = self.template
        self.samctl("campaign", "update", self.write_json("new.json", file))
        self.samctl("campaign", "start", "c")
        self.start_both()
        self.wait_for("all to be held", lambda: len(self.held()) == len(self.values), 60)
        self.wait_until_sent(1)

    def test_what_cannot_be_sent_is_held_and_told(self):
        self.begin()
        self.assertEqual(self.held(), dict.fromkeys(self.values, "text_invalid"))
        self.assertEqual(self.count("send_queue"), 1)
        self.assertEqual(self.texts(), {"fine": ["Hello N0 of your firm: a\tb\nc"]})
        for vanity in self.values:
            said = self.samctl("why", vanity)
            self.assertIn("too long" if vanity == "too-long" else "cannot be sent", said)
        shown = self.samctl("preview", "c", "--limit", "20")
        self.assertEqual(shown.count("NOT SENT"), len(self.values))
        said = self.samctl("campaign", "show", "c")
        self.assertIn("6 people are on hold before direct_message_1", said)


class Length(NotesTest):
    """A note has 200 characters at most, of a paid plan 300; an emoji counts two of them."""

    accounts = ("anna", "ben")
    rockets = {"anna": 100, "ben": 150}

    def test_the_stricter_of_code_points_and_utf_16(self):
        slugs = [f"{name}-{kind}" for name in self.accounts for kind in ("fits", "long")]
        scenario = {"accounts": [{"id": "Uanna"}, {"id": "Uben", "premium": True}],
                    "people": [{"slug": slug} for slug in slugs]}  # fmt: skip
        self.prepare(scenario=scenario)
        self.samctl("account", "set", "ben", "--plan", "premium")
        for name, count in self.rockets.items():
            self.campaign(name, "connector", {"connection_request": "{first_name}"},
                          [f"{name}-fits", f"{name}-long"], False, accounts=[name])  # fmt: skip
            for kind, rockets in ("fits", count), ("long", count + 1):
                self.set_person(f"{name}-{kind}", f"first_name = repeat('\U0001f680', {rockets})")
            self.assertIn(f"too long: {2 * count + 2} characters, the limit is {2 * count}",
                          self.samctl("preview", name))  # fmt: skip
            self.samctl("campaign", "start", name)
        self.start_both()
        self.wait_until_sent(2)
        self.wait_for("two to be held", lambda: len(self.held()) == 2)
        self.assertEqual(self.held(), dict.fromkeys(("anna-long", "ben-long"), "text_invalid"))
        self.assertEqual(self.texts(), {f"{name}-fits": ["\U0001f680" * count]
                                        for name, count in self.rockets.items()})  # fmt: skip
        self.assertEqual(self.simulator.audit()["writes"], 2)

    def begin_premium(self, **more):
        """A note that only a paid plan allows waits in the queue."""
        self.prepare(scenario={"accounts": [{"id": "Uanna", "premium": True}, {"id": "Uben"}],
                               "people": [{"slug": "ada"}]})  # fmt: skip
        self.samctl("account", "set", "anna", "--plan", "premium")
        self.campaign("c", "connector", {"connection_request": "x" * 250}, ["ada"],
                      accounts=["anna"], **more)  # fmt: skip
        self.samctl("account", "pause", "anna")  # planned all the same
        self.start_both()
        self.wait_for("the item", lambda: self.count("send_queue") == 1, 60)

    def test_a_plan_that_ends_while_the_note_waits(self):
        """The claim looks at the length again: the account could send it when it was planned."""
        self.begin_premium()
        self.database.execute("UPDATE linkedin_accounts SET plan = 'free'")  # not by samctl
        self.samctl("account", "resume", "anna")
        waits = "send_queue WHERE status = 'pending' AND reason = 'text_invalid'"
        self.wait_for("it to wait", lambda: self.count(waits) == 1)
        self.assertEqual(self.samctl_json("why", "ada")[0]["reason"], "text_invalid")
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.assertNotIn("hold", self.samctl("account", "set", "anna", "--plan", "premium"))
        self.wait_until_sent(1)
        self.assertEqual(self.texts(), {"ada": ["x" * 250]})

    def test_a_plan_that_is_changed_holds_and_lets_go(self):
        self.begin_premium()
        said = self.samctl("account", "set", "anna", "--plan", "free")
        self.assertIn("1 people are on hold, their note cannot be sent: ", said)
        self.assertIn("250 characters, the limit is 200", said)
        self.samctl("account", "resume", "anna")
        self.assertEqual(self.held(), {"ada": "text_invalid"})
        self.samctl("account", "set", "anna", "--plan", "premium")
        self.wait_until_sent(1)
        self.assertEqual(self.texts(), {"ada": ["x" * 250]})

    def test_a_plan_that_is_changed_cuts_and_cuts_not(self):
        self.begin_premium(on_note_limit="cut")
        waits = "send_queue WHERE length(message) = {} AND note_done = '{}'"
        for plan, length, done in ("free", 200, "cut"), ("premium", 250, "as_written"):
            said = self.samctl("account", "set", "anna", "--plan", plan)
            self.assertIn("1 waiting notes written anew", said)
            self.assertEqual(self.count(waits.format(length, done)), 1)


class Policies(NotesTest):
    """on_note_limit: hold, without_note, cut; what was done stands where an operator looks."""

    template = "Hello {company}, " + "word " * 37 + "end"
    cut = "Hello Augusta Ada King, " + "word " * 34 + "word\u2026"

    def begin(self):
        self.prepare()
        for name in ("hold", "without_note", "cut"):
            self.campaign(name, "connector", {"connection_request": self.template},
                          [f"{name}-short", f"{name}-long"], False, on_note_limit=name)  # fmt: skip
            self.set_person(f"{name}-short", "company = 'A'")
            self.set_person(f"{name}-long", "company = 'Augusta Ada King'")

    def previewed(self, name):
        lines = self.samctl_json("preview", name, "--person", name + "-long")
        return [(l["kind"], l["text"], l["note"]) for l in lines if l["kind"] != "doubtful"]

    def planned(self):
        for name in ("hold", "without_note", "cut"):
            self.samctl("campaign", "start", name)
        self.samctl("account", "pause", "anna")  # planned all the same
        self.start_both()
        self.wait_for("five items", lambda: self.count("send_queue") == 5, 60)
        return {item["person"]: item["note"] for item in self.samctl_json("queue")}

    def test_what_is_done_and_shown(self):
        self.begin()
        self.assertEqual(self.previewed("hold")[0], ("message", None, None))
        self.assertEqual(self.previewed("without_note"),
                         [("message", "", "left_out"), ("note", None, "left_out")])  # fmt: skip
        self.assertEqual(self.previewed("cut"),
                         [("message", self.cut, "cut"), ("note", None, "cut")])  # fmt: skip
        self.assertIn("(the note is too long and is cut)", self.samctl("preview", "cut"))
        self.assertIn("connection_request: 1 of 2 people, e.g. without_note-long: the note is too "
                      "long and is left out", self.samctl("preview", "without_note"))  # fmt: skip
        shorts = dict.fromkeys(("hold-short", "without_note-short", "cut-short"))
        notes = {"without_note-long": "left_out", "cut-long": "cut"}
        self.assertEqual(self.planned(), {**shorts, **notes})
        self.assertEqual(self.held(), {"hold-long": "text_invalid"})
        self.assertIn("is left out", self.samctl("why", "without_note-long"))
        self.assertIn("is cut", self.samctl("why", "cut-long"))
        self.samctl("account", "resume", "anna")
        self.wait_until_sent(5)
        fine = self.template.format(company="A")
        self.assertEqual(self.texts(), {**dict.fromkeys(shorts, [fine]), "cut-long": [self.cut],
                                        "without_note-long": [None]})  # fmt: skip
        calls = [line for line in self.samctl_json("person", "show", "cut-long")
                 if line.get("kind") == "invitation"]  # fmt: skip
        self.assertEqual([call["note"] for call in calls], ["cut"])

    def test_an_edit_changes_what_waits(self):
        self.begin()
        self.planned()
        file = self.samctl_json("campaign", "show", "cut")[0]
        file["message_templates"]["connection_request"] = self.cut  # the same text, by itself
        self.samctl("campaign", "update", self.write_json("new.json", file))
        notes = {item["person"]: item["note"] for item in self.samctl_json("queue")}
        self.assertEqual((notes["cut-long"], notes["without_note-long"]), (None, "left_out"))


class Monthly(FridayTest):
    """A free account may send two invitations with a note in a month (its own zone's). The clock
    stands in the middle of a month; LinkedIn counts as well, and refuses the third."""

    note = {"connection_request": "Hi {first_name}"}

    def begin(self, names="abcd"):
        self.config["limits"]["monthly_notes"] = 2
        self.prepare(timezone="Etc/UTC", scenario={
            "accounts": [{"id": "Uanna", "notes_per_month": 2}],
            "people": [{"slug": slug} for slug in names]})  # fmt: skip
        self.shift = 0
        self.middle = moments.next_month_day(15, "12:00", "Etc/UTC")
        self.move_clock(moments.seconds_until(self.middle))

    def next_month(self):
        """Its first day at midnight."""
        return moments.next_month_day(1, "00:00", "Etc/UTC", self.middle)

    def notes(self):
        """What arrived: Counter of with a note, or without."""
        return sorted(bool(text) for texts in self.texts().values() for text in texts)

    def nothing_refused(self):
        self.assertEqual([call for call in self.calls() if not call["executed"]], [])

    def why(self, vanity):
        return self.samctl_json("why", vanity)[0]

    def test_who_waits_for_a_note_gets_it_in_the_next_month(self):
        self.begin()
        self.campaign("c", "connector", self.note, list("abcd"), on_note_limit="hold")
        self.start_both()
        self.wait_until_sent(2)
        planned = "account_schedule WHERE plan_at > sam_now()"
        self.wait_for("the planner to be through", lambda: self.count(planned) == 1)
        self.assertEqual(self.count("send_queue"), 2)
        waits = [v for v in "abcd" if self.why(v)["reason"] == "monthly_notes"]
        self.assertEqual(len(waits), 2)
        self.assertEqual(self.why(waits[0])["next_at"], moments.text(self.next_month()))
        # LinkedIn's own month is the last 30 days
        later = self.next_month() + datetime.timedelta(days=20)
        self.move_clock(moments.seconds_until(later) - self.shift)
        self.wait_until_sent(4)
        self.assertEqual(self.notes(), [True] * 4)
        self.nothing_refused()

    def test_the_others_go_without_a_note(self):
        self.begin("abcdef")
        for name, people in ("without_note", "abc"), ("cut", "def"):
            self.campaign(name, "connector", self.note, list(people), on_note_limit=name)
        self.start_both()
        self.wait_until_sent(6)
        self.assertEqual(self.notes(), [False] * 4 + [True] * 2)
        self.nothing_refused()
        shown = [line["note"] for v in "abcdef" for line in self.samctl_json("person", "show", v)
                 if line.get("kind") == "invitation"]  # fmt: skip
        self.assertEqual(shown.count("left_out_monthly"), 4)
        self.assertEqual(self.count("send_attempts WHERE noted"), 2)
        self.relearn()
        self.assertEqual(self.count("send_attempts WHERE noted"), 2)

    def relearn(self):
        """Attempts that an old backup does not have come from the ledger."""
        invitations = "send_attempts WHERE kind = 'invitation' AND outcome = 'sent'"
        self.wait_for("their ends", lambda: self.count(invitations) == 6)
        self.worker.stop()
        self.producer.stop()
        self.database.execute(
            "SET session_replication_role = replica; DELETE FROM send_attempts; "
            "UPDATE ledger_positions SET next_offset = 0, last_event_id = NULL"
        )
        self.start_both()
        self.wait_for("the attempts", lambda: self.count(invitations) == 6, 60)

    def planned_as_premium(self, on_limit):
        """Three notes wait when the plan ends that allowed them."""
        self.begin("abc")
        self.samctl("account", "set", "anna", "--plan", "premium")
        self.campaign("c", "connector", self.note, list("abc"), on_note_limit=on_limit)
        self.samctl("account", "pause", "anna")  # planned all the same
        self.start_both()
        self.wait_for("three items", lambda: self.count("send_queue WHERE message <> ''") == 3, 60)
        self.samctl("account", "set", "anna", "--plan", "free")
        self.samctl("account", "resume", "anna")

    def test_a_plan_that_ends_while_notes_wait(self):
        self.planned_as_premium("hold")
        self.wait_until_sent(2)
        waits = "send_queue WHERE status = 'pending' AND reason = 'monthly_notes'"
        self.wait_for("it to wait", lambda: self.count(waits) == 1)
        item = [item for item in self.samctl_json("queue") if item["status"] == "pending"][0]
        self.assertEqual((item["reason"], item["scheduled_for"]),
                         ("monthly_notes", moments.text(self.next_month())))  # fmt: skip
        self.assertEqual(self.why(item["person"])["reason"], "monthly_notes")
        # an operator knows of more
        self.samctl("account", "set", "anna", "--monthly-notes", "3")
        self.wait_for("it to be tried", lambda: len(self.calls()) == 3)

    def test_the_claim_leaves_a_note_out(self):
        self.planned_as_premium("without_note")
        self.wait_until_sent(3)
        self.assertEqual(self.notes(), [False, True, True])
        self.nothing_refused()
        bare = "send_queue WHERE message = '' AND note_done = 'left_out_monthly'"
        self.assertEqual(self.count(bare), 1)

    def test_an_edit_gives_no_note_back(self):
        self.begin()
        self.campaign("c", "connector", self.note, list("abcd"), on_note_limit="without_note")
        self.samctl("account", "pause", "anna")  # planned all the same
        self.start_both()
        self.wait_for("four items", lambda: self.count("send_queue") == 4, 60)
        left_out = [item["person"] for item in self.samctl_json("queue")
                    if item["note"] == "left_out_monthly"]  # fmt: skip
        self.assertEqual(len(left_out), 2)
        self.assertIn("notes of this month are used up", self.samctl("why", left_out[0]))
        file = self.samctl_json("campaign", "show", "c")[0]
        file["message_templates"]["connection_request"] = "Hello {first_name}"
        self.samctl("campaign", "update", self.write_json("new.json", file))
        self.samctl("person", "edit", left_out[0], "first_name=Ada")
        self.assertEqual(self.count("send_queue WHERE message LIKE 'Hello N_'"), 2)
        self.samctl("account", "resume", "anna")
        self.wait_until_sent(4)
        self.assertEqual(self.notes(), [False, False, True, True])
        self.nothing_refused()


if __name__ == "__main__":
    unittest.main()
