"""samctl person list, edit and opt-outs: the people of a list, looked at and corrected."""

import unittest

from ctl_test import CtlTest, connector, messenger

ALWAYS = {"hours": {"from": "00:00", "to": "24:00"}, "weekend": [], "holidays": False}
PEOPLE = """linkedin_url,linkedin_user_id,first_name,last_name,company,topic
ada,ACoAAada,Ada,Lovelace,Acme,pumps
bob,,Bob,Byte,Bolt 100%,
cy,,Cy,Émile,Cyan,
"""


class PersonsTest(CtlTest):
    def setUp(self):
        super().setUp()
        self.prepare(campaigns=[connector(**ALWAYS), messenger("clients", **ALWAYS)])

    def load(self, text=PEOPLE, campaign="spring", approve=True):
        path = self.write("people.csv", text)
        report = self.samctl_json("import", path, "--campaign", campaign)[0]
        if approve:
            self.samctl("approve", "--campaign", campaign, "--all")
        return report

    def holds(self):
        rows = self.database.rows("SELECT vanity, hold_reason FROM campaign_prospects")
        return {r["vanity"]: r["hold_reason"] for r in rows}


class OptOut(PersonsTest):
    def test_who_is_not_approved_yet(self):
        self.load(approve=False)
        said = self.samctl("person", "set", "https://linkedin.com/in/Ada", "opted_out")
        self.assertIn("campaign spring: ada was not approved yet, and is rejected now", said)
        self.assertIn("blocklist", said)
        self.samctl("approve", "--campaign", "spring", "--all")
        self.load("linkedin_user_id\nACoAAada\n", "clients")  # under their other name
        self.assertEqual(self.holds(), {"bob": "", "cy": "", "": "blocklisted"})

    def test_who_is_not_in_sam_at_all(self):
        said = self.samctl("person", "set", "https://www.linkedin.com/in/eve/", "opted_out")
        self.assertIn("eve takes part in no campaign", said)
        self.assertIn("samctl blocklist remove person eve", said)
        self.load("linkedin_url\nEVE\n")
        self.assertEqual(self.holds(), {"eve": "blocklisted"})

    def test_other_statuses_and_other_words_are_refused_as_before(self):
        said = self.refused("person", "set", "eve", "replied")
        self.assertIn("in no campaign", said)
        self.refused("person", "set", "https://linkedin.com/company/acme", "opted_out")
        nobody = "0190b5c4-0000-7000-8000-000000000000"
        self.assertIn("there is nobody with the id",
                      self.refused("person", "set", nobody, "opted_out"))  # fmt: skip


class List(PersonsTest):
    def names(self, *words):
        return [p["person"] for p in self.samctl_json("person", "list", *words)]

    def setUp(self):
        super().setUp()
        self.load()
        self.load("linkedin_url,first_name\neve,Eve\nada,Ada\n", "clients")

    def test_by_campaign_and_status(self):
        self.assertEqual(self.names(), ["ada", "bob", "cy", "eve", "ada"])
        self.assertEqual(self.names("--campaign", "spring"), ["ada", "bob", "cy"])
        self.samctl("person", "set", "bob", "not_interested")
        self.assertEqual(self.names("--status", "not_interested"), ["bob"])
        self.assertEqual(self.names("--status", "pending", "--campaign", "spring"), ["ada", "cy"])
        shown = self.samctl_json("person", "list", "--search", "bob")[0]
        self.assertEqual((shown["name"], shown["company"], shown["campaign"], shown["status"]),
                         ("Bob Byte", "Bolt 100%", "spring", "not_interested"))  # fmt: skip

    def test_search_is_for_what_stands_there(self):
        for text, found in (("lovel", ["ada"]), ("ada love", ["ada"]), ("CYAN", ["cy"]),
                            ("100%", ["bob"]), ("%", ["bob"]), ("_", []), ("\\", []),
                            ("eve", ["eve"]), ("' OR 1=1", [])):  # fmt: skip
            self.assertEqual(self.names("--search", text), found, text)

    def test_it_is_bounded_and_says_so(self):
        said = self.samctl("person", "list", "--limit", "2")
        self.assertIn("and more; --limit N shows N", said)
        self.assertNotIn("eve", said)
        self.assertEqual(len(self.names("--limit", "4")), 4)
        self.assertNotIn("and more", self.samctl("person", "list", "--limit", "5"))
        self.assertIn("nobody", self.samctl("person", "list", "--search", "zzz"))

    def test_wrong_words(self):
        self.assertIn("opted_out", self.refused("person", "list", "--status", "gone", code=2))
        self.refused("person", "list", "--search", "", code=2)
        self.refused("person", "list", "--search", b"\xff", code=2)
        self.refused("person", "list", "--limit", "0", code=2)
        self.assertIn("no campaign", self.refused("person", "list", "--campaign", "autumn"))


class TextsTest(PersonsTest):
    def setUp(self):
        CtlTest.setUp(self)
        texts = {"connection_request": "Hi {first_name}, {custom.topic|hm}", "follow_up_1": "Bye"}
        self.prepare(campaigns=[connector(message_templates=texts, **ALWAYS), messenger("clients")])
        self.load()

    def queue(self, vanity, status):
        self.database.execute(
            "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, "
            "message_type, step, requires_connection, priority, status, scheduled_for, message) "
            "SELECT gen_random_uuid(), workspace_id, campaign_id, id, account_id, "
            f"'connection_request', 0, false, 1, '{status}', sam_now(), 'old' "
            f"FROM campaign_prospects WHERE vanity = '{vanity}'"
        )

    def message(self):
        return self.database.value("SELECT message FROM send_queue")

    def row(self, vanity, table="campaign_prospects"):
        return self.database.rows(f"SELECT * FROM {table} WHERE vanity = '{vanity}'")[0]


class Edit(TextsTest):
    def test_the_text_that_waits_is_written_anew(self):
        for status in ("pending", "published"):
            self.database.execute("DELETE FROM send_queue")
            self.queue("ada", status)
            done = self.samctl_json("person", "edit", "ada", "First Name= Zoë ",
                                    f"custom.Topic={status} = x")  # fmt: skip
            self.assertEqual((done[0]["campaign"], done[0]["text"]), ("spring", "changed"))
            self.assertEqual(self.message(), f"Hi Zoë, {status} = x")
        self.assertEqual(self.row("ada", "prospect_approval_data")["first_name"], "Zoë")
        self.assertEqual(self.row("ada")["last_name"], "Lovelace")
        self.samctl("person", "edit", "ada", "custom.to_pic=", "last_name=")
        self.assertEqual((self.message(), self.row("ada")["last_name"]), ("Hi Zoë, hm", ""))

    def test_a_text_that_cannot_be_sent_is_held_until_it_can(self):
        self.queue("ada", "pending")
        said = self.samctl("person", "edit", "ada", "first_name=N/A")
        self.assertIn("count as empty", said)
        self.assertIn("first_name is missing", said)
        self.assertEqual(self.row("ada")["hold_reason"], "text_invalid")
        self.assertIn("first_name has", self.samctl("person", "edit", "ada", "first_name=DR. ANNA"))
        self.assertEqual((self.row("ada")["hold_reason"], self.message()),
                         ("", "Hi DR. ANNA, pumps"))  # fmt: skip

    def test_who_was_contacted_is_left_alone(self):
        for status in ("sending", "unknown", "sent"):
            self.database.execute("DELETE FROM send_queue")
            self.queue("ada", status)
            said = self.refused("person", "edit", "ada", "first_name=Eve")
            self.assertIn("written to already", said)
        self.samctl("person", "set", "bob", "not_interested")
        self.refused("person", "edit", "bob", "first_name=Eve")
        names = [self.row(v)["first_name"] for v in ("ada", "bob")]
        self.assertEqual(names, ["Ada", "Bob"])

    def test_who_is_not_approved_yet(self):
        self.load("linkedin_url,first_name\neve,eve\n", "clients", approve=False)
        self.samctl("person", "edit", "eve", "first_name=Eve", "company=Acme")
        self.samctl("blocklist", "add", "company", "ACME")
        self.samctl("approve", "--campaign", "clients", "--all")
        self.assertEqual(self.row("eve")["first_name"], "Eve")
        self.assertEqual(self.holds()["eve"], "blocklisted")

    def test_who_stands_on_the_blocklist_now(self):
        self.samctl("blocklist", "add", "domain", "bolt.io")
        self.samctl("person", "edit", "bob", "custom.email=bob@mail.bolt.io")
        self.assertEqual(self.holds(), {"ada": "", "bob": "blocklisted", "cy": ""})

    def test_wrong_words(self):
        for word, why in (("first_name", "is not NAME=VALUE"), ("=x", "is not NAME=VALUE"),
                          ("topic=x", "custom.NAME can be edited"),
                          ("linkedin_url=x", "who they are"), ("account=ben", "who writes to them"),
                          ("company=a\nb", "line break"), ("custom.=x", "custom.NAME"),
                          ("title=" + 1001 * "x", "longer than"),
                          (b"title=\xff", "UTF-8")):  # fmt: skip
            self.assertIn(why, self.refused("person", "edit", "ada", word))
        said = self.refused("person", "edit", "ada", "company=a", "Company Name=b", "company=c")
        self.assertIn("two columns company", said)
        self.assertIn("in no campaign", self.refused("person", "edit", "nobody", "title=x"))
        self.assertEqual(self.row("ada")["company"], "Acme")


class ImportAgain(TextsTest):
    def again(self, text, *more):
        path = self.write("again.csv", text)
        report = self.samctl_json("import", path, "--campaign", "spring", *more)[0]
        names = ("imported", "existing", "updated", "unchanged", "too_late")
        return tuple(report[name] for name in names)

    def test_a_corrected_file(self):
        self.queue("ada", "published")
        fixed = PEOPLE.replace("Ada,", "Zoë,").replace("pumps", "pipes") + "eve,,Eve,,,\n"
        self.assertEqual(self.again(fixed, "--dry-run"), (1, 3, 1, 2, 0))
        self.assertEqual(self.row("ada")["first_name"], "Ada")
        self.assertEqual(self.again(fixed), (1, 3, 1, 2, 0))
        self.assertEqual(self.message(), "Hi Zoë, pipes")
        self.assertEqual(self.again(fixed), (0, 4, 0, 4, 0))
        self.assertEqual(self.row("eve", "prospect_approval_data")["first_name"], "Eve")
        self.assertEqual(self.again("linkedin_url,first_name\neve,Eva\n"), (0, 1, 1, 0, 0))
        self.samctl("approve", "--campaign", "spring", "--all")
        self.assertEqual(self.row("eve")["first_name"], "Eva")

    def test_who_was_contacted_keeps_what_they_were_told(self):
        self.queue("ada", "sending")
        self.samctl("person", "set", "bob", "not_interested")
        fixed = PEOPLE.replace("Ada,", "Zoë,").replace("Bob,", "Rob,").replace("Cy,", "Si,")
        self.assertEqual(self.again(fixed), (0, 3, 1, 0, 2))
        found = [self.row(v)["first_name"] for v in ("ada", "bob", "cy")]
        self.assertEqual(found, ["Ada", "Bob", "Si"])

    def test_another_hold_stays(self):
        """It is not taken for that of the text, which a corrected file lifts."""
        self.queue("ada", "pending")
        self.samctl("person", "hold", "ada", "--reason", "operator")
        self.assertEqual(self.again(PEOPLE.replace("Ada,", ","))[2], 1)
        self.assertEqual(self.row("ada")["hold_reason"], "operator")
        self.assertEqual(self.again(PEOPLE)[2], 1)
        self.assertEqual(self.row("ada")["hold_reason"], "operator")

    def test_columns_that_the_file_does_not_have_stay(self):
        self.assertEqual(self.again("linkedin_url,Topic,pet\nADA,,Rex\n"), (0, 1, 1, 0, 0))
        row = self.row("ada")
        self.assertEqual((row["first_name"], row["company"], row["custom"]),
                         ("Ada", "Acme", '{"pet": "Rex"}'))  # fmt: skip

    def test_two_lines_about_one_person(self):
        twice = "linkedin_url,first_name\nada,One\nADA,Two\n"
        self.assertEqual(self.again(twice), (0, 2, 1, 0, 0))
        self.assertEqual(self.row("ada")["first_name"], "One")
        self.assertEqual(self.again(twice), (0, 2, 0, 1, 0))
        new = "linkedin_url,first_name\neve,One\nEVE,Two\n"
        self.assertEqual(self.again(new), (1, 1, 0, 0, 0))
        mixed = "linkedin_url,linkedin_user_id,first_name\nada,ACoAAother,Two\n"
        self.assertEqual(self.again(mixed)[2], 0)  # another human of that name, or a mistake

    def test_the_blocklist_follows(self):
        self.samctl("blocklist", "add", "company", "Umbrella")
        self.again(PEOPLE.replace("Acme", "UMBRELLA"))
        self.assertEqual(self.holds()["ada"], "blocklisted")

    def test_a_text_that_cannot_be_made_any_more(self):
        self.queue("ada", "pending")
        self.again(PEOPLE.replace("Ada,", "N/A,"))
        self.assertEqual(self.row("ada")["hold_reason"], "text_invalid")
        self.again(PEOPLE)
        self.assertEqual((self.row("ada")["hold_reason"], self.message()), ("", "Hi Ada, pumps"))


if __name__ == "__main__":
    unittest.main()
