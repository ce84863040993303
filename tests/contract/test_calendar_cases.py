"""tests/cases/calendar.csv and weekends.csv by Python's `zoneinfo` and the package `holidays`: what
the unit test of common/model/calendar expects is what another implementation comes to as well."""

import datetime
import os
import subprocess
import sys
import unittest

SOURCE = os.environ["SAM_SOURCE"]
PACKAGE = subprocess.run([os.path.join(SOURCE, "tests", "lib", "holidays_package")],
                         capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
sys.path[:0] = [PACKAGE, os.path.join(SOURCE, "tests", "virtual")]

import clock  # noqa: E402
import holidays  # noqa: E402

VERDICT = os.path.join(os.environ["SAM_TESTS"], "verdict")
ISO_3166 = "/usr/share/zoneinfo/iso3166.tab"
TZDATA = "/usr/share/zoneinfo/tzdata.zi"
DAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]

# What the package says where the list knows better.
REST = "Su"  # by law; the office week ends on Friday all the same
PACKAGE_SAYS = {
    "HK": REST, "PY": REST, "VE": REST, "CD": REST, "NE": REST, "AI": REST, "KN": REST, "TK": REST,
    "LY": "Sa+Su",  # CLDR: Friday and Saturday
    "DJ": "Fr+Sa",  # CLDR: Saturday and Sunday
    "MR": "Fr+Sa",  # the press of the day: changed on 2014-10-01
    "NP": "Sa+Su",  # tried in 2022 and revoked after weeks
    "AE-SH": "Sa+Su",  # it has no emirates: Sharjah took Friday to Sunday in 2022
}  # fmt: skip


def read(name, fields):
    """The rows of a list as dicts; the line's number is at "line"."""
    with open(os.path.join(SOURCE, "tests", "cases", name), encoding="utf-8") as file:
        lines = [(n, line.rstrip("\n").split(",")) for n, line in enumerate(file, 1)
                 if not line.startswith("#")]  # fmt: skip
    for number, values in lines:
        assert len(values) == len(fields), f"{name}:{number}: not {len(fields)} fields"
    return [dict(zip(fields, values), line=number) for number, values in lines]


def days(text):
    """{4, 5} of "Fr+Sa"."""
    return set() if text == "none" else {DAYS.index(day) for day in text.split("+")}


def part_of(row):
    """"BY" of "DE-BY" too; None = of the whole country."""
    return row["subdivision"].removeprefix(row["country"] + "-") or None


def installed_release():
    with open(TZDATA, encoding="utf-8") as file:
        mark, release = file.readline().rsplit(" ", 1)
    assert mark == "# version", f"{TZDATA} does not name its release"
    return release.strip()


def is_for(row, release):
    when, _, border = row["tzdata"].partition(" ")
    if not when:
        return True
    return {"before": release < border, "from": release >= border}[when]


def minute(text):
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def hours_of(row):
    opens, closes = row["hours"].split("-")
    switch, *own = row["holidays"].split(" ")
    assert switch in ("on", "off"), row
    return clock.Hours(
        row["zone"], row["country"], part_of(row), minute(opens), minute(closes),
        None if row["weekend"] == "country" else days(row["weekend"]), switch == "on",
        {datetime.date.fromisoformat(day.lstrip("+")): day.startswith("+") for day in own},
    )  # fmt: skip


def moment(text):
    return clock.ms(datetime.datetime.fromisoformat(text).replace(tzinfo=clock.UTC))


def utc(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, clock.UTC).strftime("%Y-%m-%dT%H:%M")


def windows(hours, low, high):
    """As the list has them: a window's reason is that of the day before it."""
    spans = []
    date = clock.day_of(hours.zone, low)
    while clock.day_start(hours.zone, date) < high:
        opens, closes = hours.window(date) or (high, high)
        if opens < high and closes > low:
            if spans and spans[-1][1] == opens:
                spans[-1][1] = closes
            else:
                spans.append([opens, closes, hours.off_by(date - clock.DAY) or "hours"])
        date += clock.DAY
    return "; ".join(f"{utc(a)}/{utc(b)} {why}" for a, b, why in spans) or "none"


def package_weekend(country, part, date):
    if part not in holidays.list_supported_countries()[country]:
        part = None
    return holidays.country_holidays(country, subdiv=part)._get_weekend(date)


def iso_countries():
    with open(ISO_3166, encoding="utf-8") as file:
        return {line.split("\t")[0] for line in file if not line.startswith("#")}


def c_weekends(countries, date):
    """{"DE": {5, 6}} by country_weekend()."""
    asked = "".join(f"{country}\t{date}\n" for country in sorted(countries))
    done = subprocess.run([VERDICT, "weekends"], input=asked, capture_output=True, text=True,
                          check=True)  # fmt: skip
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {country: {i for i in range(7) if int(mask) & 1 << i} for country, mask in rows}


def virtual_weekend(country, part):
    """What the judge of the virtual year has, whose table knows no past."""
    hours = clock.Hours("UTC", country, part, 0, 24 * 60, None, False)
    monday = datetime.date(2026, 1, 5)
    return {i for i in range(7) if hours.off_by(monday + i * clock.DAY)}


class CalendarCases(unittest.TestCase):
    maxDiff = None

    def test_open_hours(self):
        rows = read("calendar.csv", ["id", "zone", "tzdata", "country", "subdivision", "hours",
                                     "weekend", "holidays", "from", "until", "windows",
                                     "note"])  # fmt: skip
        release = installed_release()
        judged = [row for row in rows if is_for(row, release)]
        for row in judged:
            with self.subTest(line=row["line"], id=row["id"]):
                got = windows(hours_of(row), moment(row["from"]), moment(row["until"]))
                self.assertEqual(got.split("; "), row["windows"].split("; "))
        print(f"{len(judged)} rows of calendar.csv, {len(rows) - len(judged)} are of another "
              f"tzdata than {release}")  # fmt: skip
        self.assertGreater(len(judged), 0)
        self.assertEqual(len({row["id"] for row in rows}), len(rows), "an id stands there twice")

    def test_weekends(self):
        rows = read("weekends.csv", ["country", "subdivision", "date", "weekend", "note"])
        contradicted = set()
        for row in rows:
            country, part, want = row["country"], part_of(row), days(row["weekend"])
            date = datetime.date.fromisoformat(row["date"])
            place = f"{country}-{part}" if part else country
            with self.subTest(line=row["line"], place=place, date=row["date"]):
                found = package_weekend(country, part, date)
                if found != want:
                    contradicted.add(place)
                    self.assertEqual(found, days(PACKAGE_SAYS.get(place, row["weekend"])))
                if date.year >= 2025:
                    self.assertEqual(virtual_weekend(country, part), want)
        print(f"{len(rows)} rows of weekends.csv, {len(contradicted)} places against the package")
        self.assertGreater(len(rows), 0)
        self.assertEqual(contradicted, set(PACKAGE_SAYS))

    def test_weekends_of_all_countries_today(self):
        """Of those too that no row of the list names: Saturday and Sunday is C's in silence."""
        known = set(holidays.list_supported_countries(include_aliases=False))
        self.assertLessEqual(iso_countries(), known)
        today = datetime.date.today()
        in_c = c_weekends(known, today)
        against = {country for country in known
                   if package_weekend(country, None, today) != in_c[country]}  # fmt: skip
        print(f"{len(known)} countries, {len(against)} against the package")
        self.assertEqual(against, {place for place in PACKAGE_SAYS if "-" not in place})
        judged = {country: virtual_weekend(country, None) for country in known}
        self.assertEqual(judged, in_c)


if __name__ == "__main__":
    unittest.main()
