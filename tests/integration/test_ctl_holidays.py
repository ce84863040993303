"""samctl holiday: own dates of a workspace, and what the table of public holidays says."""

import unittest

from ctl_test import CtlTest, messenger

FILE = """# Our own
2027-12-24 Christmas Eve
+2027-05-08\tfor a bridge day

2027-12-27..2027-12-31
"""

# Sharjah has a weekend of its own alone; long names; a country that is not of ISO 3166.
SPECIAL_PLACES = [("AE", "SH"), ("AE", "AE-SH"), ("NZ", "South Canterbury"),
                  ("BR", "BR-São Paulo Capital"), ("XK", None)]  # fmt: skip


class Holidays(CtlTest):
    def setUp(self):
        super().setUp()
        self.prepare()

    def listed(self, *options):
        rows = self.samctl_json("holiday", "list", *options)
        return [(row["day"], row["kind"], row["name"], row["of"]) for row in rows]

    def own_days(self):
        return self.database.value("SELECT '(' || own_days || ')' FROM workspaces")[1:-1]

    def test_add_change_and_remove(self):
        self.samctl("holiday", "add", "2027-12-24", "2027-01-02..2027-01-04", "--name", "Closed")
        self.samctl("holiday", "add", "2027-01-03", "--working")
        self.assertEqual(self.own_days(), "2027-01-02 +2027-01-03 2027-01-04 2027-12-24")
        self.assertEqual(self.listed("--year", "2027"), [
            ("2027-01-02", "holiday", "Closed", "own"), ("2027-01-03", "worked", None, "own"),
            ("2027-01-04", "holiday", "Closed", "own"), ("2027-12-24", "holiday", "Closed", "own"),
        ])  # fmt: skip
        self.samctl("holiday", "remove", "2027-01-02..2027-01-04")
        self.assertEqual(self.own_days(), "2027-12-24")
        said = self.refused("holiday", "remove", "2027-12-24", "2027-12-25")
        self.assertIn("2027-12-25 is no own date", said)
        self.assertEqual(self.own_days(), "")

    def test_a_file(self):
        path = self.write("own.txt", FILE)
        self.samctl("holiday", "add", "--file", path, "--name", "Closed")
        self.assertEqual(self.own_days(), "+2027-05-08 2027-12-24 2027-12-27 2027-12-28 2027-12-29 "
                                          "2027-12-30 2027-12-31")  # fmt: skip
        names = [name for _, _, name, _ in self.listed("--year", "2027")]
        self.assertEqual(names, ["for a bridge day", "Christmas Eve", *["Closed"] * 5])

    def test_public_holidays(self):
        shown = self.listed("--country", "DE", "--subdivision", "BY", "--year", "2027")
        self.assertIn(("2027-01-06", "holiday", "Epiphany", "DE-BY"), shown)
        days = [row[0] for row in self.listed("--country", "DE", "--year", "2027")]
        self.assertNotIn("2027-01-06", days)
        moon = self.samctl_json("holiday", "list", "--country", "AE", "--year", "2027")
        self.assertTrue(any(row["estimated"] for row in moon))
        self.assertIn(("2025-10-11", "worked", "Make-up workday", "CN"),
                      self.listed("--country", "CN", "--year", "2025"))  # fmt: skip

    def test_a_country_without_public_holidays(self):
        said = "the table has no public holidays of UA"
        shown = self.samctl("holiday", "list", "--country", "UA", "--year", "2027")
        self.assertIn(said, shown)
        self.assertIn("`samctl holiday add`", shown)
        shown = self.samctl("holiday", "list", "--country", "DE", "--year", "2027")
        self.assertNotIn("the table has no public holidays", shown)

    def test_bad_dates(self):
        path = self.write("own.txt", "2027-02-29 no such day\n2027-12-24\n24.12.2027\n"
                                     "2027-12-31..2027-12-01\n2027-01-01..2028-06-01\n" + "x" * 200)
        done = self.samctl_result("holiday", "add", "--file", path)
        self.assertEqual(done.returncode, 1)
        for line in (1, 3, 4, 5, 6):
            self.assertIn(f"own.txt:{line}: ", done.stderr)
        self.assertNotIn("own.txt:2: ", done.stderr)
        self.assertEqual(self.own_days(), "")
        for words in (("add",), ("add", "tomorrow"), ("add", "2027-1-1"), ("add", "2027-13-01"),
                      ("list", "--country", "UK"), ("list", "--subdivision", "BY"),
                      ("list", "--country", "DE", "--subdivision", "CA"),
                      ("list", "--year", "1492")):  # fmt: skip
            with self.subTest(words=words):
                self.assertNotEqual(self.samctl_result("holiday", *words).returncode, 0)
        said = self.samctl_result("holiday", "list", "--country", "DE", "--subdivision", "CA")
        self.assertIn("BB, BE, BW, BY", said.stderr)

    def test_a_campaign_names_a_subdivision_that_there_is(self):
        for subdivision, why in ("CA", "DE has no CA; there are "), ("by", "DE has no by"):
            path = self.write_json("m.json", messenger(subdivision=subdivision))
            done = self.samctl_result("campaign", "check", path)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(why, done.stderr)
        for subdivision in "BY", "DE-BY":
            path = self.write_json("m.json", messenger(subdivision=subdivision))
            self.samctl("campaign", "check", path)
        self.samctl("account", "add", "blerta", "--unipile-id", "u-b", "--country", "XK",
                    "--timezone", "Europe/Belgrade")  # fmt: skip
        for country, subdivision in SPECIAL_PLACES:
            file = messenger(country=country, subdivision=subdivision, timezone="Etc/UTC")
            file["name"] = f"{country} {subdivision}"
            path = self.write_json("m.json", file)
            self.samctl("campaign", "check", path)
            self.samctl("campaign", "create", path)
            kept = self.samctl_json("campaign", "show", file["name"])[0]
            self.assertEqual((kept["country"], kept.get("subdivision")), (country, subdivision))
            self.assertTrue(self.listed("--country", country, "--year", "2027",
                                        *(["--subdivision", subdivision] if subdivision else [])))


if __name__ == "__main__":
    unittest.main()
