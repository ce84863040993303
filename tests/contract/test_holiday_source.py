"""The table of public holidays is what the Python package says, and C reads it so."""

import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["SAM_SOURCE"]
FOLDER = os.path.join(SOURCE, "schemas", "calendar")
VERDICT = os.path.join(os.environ["SAM_TESTS"], "verdict")
PACKAGE = subprocess.run([os.path.join(SOURCE, "tests", "lib", "holidays_package")],
                         capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
sys.path[:0] = [PACKAGE, FOLDER]

import generate  # noqa: E402
import holidays  # noqa: E402


class HolidaySource(unittest.TestCase):
    def test_generating_it_again_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "again.txt")
            generate.main([path])
            with open(path, "rb") as again, open(os.path.join(FOLDER, "holidays.txt"), "rb") as now:
                self.assertTrue(again.read() == now.read(), "holidays.txt is not what comes of it")

    def days(self, country, subdivision):
        """(day, kind) of one place, by the package."""
        found = holidays.country_holidays(country, subdiv=subdivision, years=generate.YEARS)
        worked = set(getattr(found, "weekend_workdays", ())) - set(found)
        return {(day.isoformat(), kind) for days, kind in ((found, "holiday"), (worked, "worked"))
                for day in days if day.year in generate.YEARS}  # fmt: skip

    def test_c_reads_it_as_the_package_does(self):
        places = [(country, part) for country, parts in
                  holidays.list_supported_countries(include_aliases=False).items()
                  for part in (None, *parts)]  # fmt: skip
        asked = "".join(f"{country}\t{part or ''}\n" for country, part in places)
        done = subprocess.run([VERDICT, "holidays"], input=asked, capture_output=True, text=True,
                              check=True)  # fmt: skip
        told = {place: set() for place in places}
        for line in done.stdout.splitlines():
            country, part, day, kind = line.split("\t")
            told[(country, part or None)].add((day, kind))
        wrong = [place for place in places if told[place] != self.days(*place)]
        days = sum(map(len, told.values()))
        print(f"{len(places)} countries and subdivisions, {days} days, {len(wrong)} places wrong")
        self.assertEqual(wrong, [])
        self.assertGreater(days, 100_000)


if __name__ == "__main__":
    unittest.main()
