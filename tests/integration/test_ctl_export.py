"""`samctl export` is opened in spreadsheets: nothing that other people wrote is run there."""

import csv
import io
import unittest

from ctl_test import CtlTest, connector

VALUES = {
    "linkedin_url": "https://www.linkedin.com/in/ada",
    "linkedin_user_id": "ACoAAAada",
    "first_name": "=HYPERLINK(1)",
    "last_name": "@SUM(A1)",
    "company": "+49 & Co",
    "title": "''=1",  # import takes one apostrophe off
    "=cmd": "-2+3",
    "plain": "O'Brien",
}
PEOPLE = ("vanity", "provider_id", "first_name", "last_name", "company", "title", "custom")


def csv_text(*rows):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows(rows)
    return out.getvalue()


class Export(CtlTest):
    def setUp(self):
        super().setUp()
        self.prepare(campaigns=[connector("spring"), connector("again")])

    def known(self, campaign):
        columns = ", ".join("p." + name for name in PEOPLE)
        sql = f"""SELECT {columns} FROM campaign_prospects p JOIN campaigns c
            ON c.id = p.campaign_id WHERE c.name = '{campaign}' ORDER BY p.vanity"""
        return self.database.rows(sql)

    def exported(self, *options):
        return list(csv.DictReader(io.StringIO(self.samctl("export", "spring", *options))))

    def test_no_cell_begins_like_a_formula(self):
        self.people("spring", csv_text(VALUES, VALUES.values()))
        raw = self.exported("--raw")[0]
        self.assertEqual(raw["first_name"], "=HYPERLINK(1)")
        self.assertEqual(raw["=cmd"], "-2+3")
        self.assertEqual(raw["title"], "'=1")
        row = self.exported()[0]
        for name, value in row.items():
            self.assertFalse(name.startswith("="), name)
            self.assertNotIn(value[:1], tuple("=+-@"), name)
        self.assertEqual(row["first_name"], "'=HYPERLINK(1)")
        self.assertEqual(row["title"], "''=1")
        self.assertEqual(row["plain"], "O'Brien")
        self.assertEqual(self.samctl_json("export", "spring")[0]["first_name"], "=HYPERLINK(1)")

    def test_importing_it_gives_the_same_people(self):
        self.people("spring", csv_text(VALUES, VALUES.values()))
        people = self.known("spring")
        columns = [*VALUES, "account"]
        rows = [[row["'" + c if c == "=cmd" else c] for c in columns] for row in self.exported()]
        header = ["'" + c if c == "=cmd" else c for c in columns]
        self.people("again", csv_text(header, *rows))
        self.assertEqual(self.known("again"), people)

    def test_what_was_rejected_is_inert_too(self):
        path = self.write("bad.csv", csv_text(VALUES, {**VALUES, "linkedin_url": "=1+1"}.values()))
        self.refused("import", path, "--campaign", "spring")
        with open(path.replace(".csv", ".rejected.csv"), encoding="utf-8") as file:
            row = next(csv.DictReader(file))
        self.assertEqual(row["linkedin_url"], "'=1+1")
        self.assertEqual(row["first_name"], "'=HYPERLINK(1)")


if __name__ == "__main__":
    unittest.main()
