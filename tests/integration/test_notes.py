"""What a text may be when it is planned, and an invitation's note by the account's plan (P7)."""

import unittest

from campaign_test import CampaignTest


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

    def test_a_plan_that_ends_while_the_note_waits(self):
        """The claim looks at the length again: the account could send it when it was planned."""
        self.prepare(scenario={"accounts": [{"id": "Uanna", "premium": True}, {"id": "Uben"}],
                               "people": [{"slug": "ada"}]})  # fmt: skip
        self.samctl("account", "set", "anna", "--plan", "premium")
        self.campaign("c", "connector", {"connection_request": "x" * 250}, ["ada"],
                      accounts=["anna"])  # fmt: skip
        self.samctl("account", "pause", "anna")  # planned all the same
        self.start_both()
        self.wait_for("the item", lambda: self.count("send_queue") == 1, 60)
        self.samctl("account", "set", "anna", "--plan", "free")
        self.samctl("account", "resume", "anna")
        waits = "send_queue WHERE status = 'pending' AND reason = 'text_invalid'"
        self.wait_for("it to wait", lambda: self.count(waits) == 1)
        self.assertEqual(self.samctl_json("why", "ada")[0]["reason"], "text_invalid")
        self.assertEqual(self.simulator.audit()["writes"], 0)


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


if __name__ == "__main__":
    unittest.main()
