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


if __name__ == "__main__":
    unittest.main()
