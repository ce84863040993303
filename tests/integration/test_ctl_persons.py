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


if __name__ == "__main__":
    unittest.main()
