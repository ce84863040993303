"""A week in some minutes: real Kafka, Postgres, producer and worker, and the simulated Unipile,
with SAM's clock moved to the next thing that happens each time. What arrived, by the simulator's
clock, is judged with Python's zones and package of holidays: no call at night, on a weekend or a
holiday, none too close to another, none above a cap, and no day that ends below what it allowed."""

import datetime
import os
import subprocess
import sys
import unittest
from collections import defaultdict
from zoneinfo import ZoneInfo

import moments
from campaign_test import FridayTest
from sam_test import SOURCE

PACKAGE = subprocess.run([os.path.join(SOURCE, "tests", "lib", "holidays_package")],
                         capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
sys.path[:0] = [PACKAGE]
import holidays  # noqa: E402  pylint: disable=wrong-import-position

DAYS = 7
SPACING = 4 * 60
CAP, INVITATIONS = 3, 2
PEOPLE = 14
# Campaign: account, zone, country, hours, weekend (0 = Monday) and follow-up.
BERLIN, NEW_YORK, DUBAI = "Europe/Berlin", "America/New_York", "Asia/Dubai"
CAMPAIGNS = {
    "berlin": ("anna", BERLIN, "DE", (9, 17), {5, 6}, "connector"),
    "york": ("ben", NEW_YORK, "US", (10, 12), {5, 6}, "messenger"),
    "dubai": ("cleo", DUBAI, "AE", (8, 20), {5, 6}, "messenger"),
}


class Week(FridayTest):
    accounts = ("anna", "ben", "cleo")
    spacing_ms = SPACING * 1000

    def begin(self):
        self.config["limits"].update(
            {"spacing": f"{SPACING}s", "jitter": "60s", "pace": "spread", "daily_cap": CAP,
             "daily_invitations": INVITATIONS, "monthly_notes": 1000}
        )  # fmt: skip
        self.config["producer"].update({"tick": "100ms", "replies_every": "6h"})
        self.prepare_on_friday(options=["--accept-percent", "50", "--accept-after", "500"])
        self.began = self.now()
        self.holiday = (self.began + datetime.timedelta(days=4)).date()  # a Tuesday
        for name, (account, zone, country, hours, _, kind) in CAMPAIGNS.items():
            self.samctl("account", "set", account, "--timezone", zone)
            first = "connection_request" if kind == "connector" else "direct_message_1"
            second = "follow_up_1" if kind == "connector" else "direct_message_2"
            self.campaign(
                name, kind, {first: "Hello", second: {"after": "1d", "text": "Again"}}, PEOPLE,
                accounts=[account], timezone=zone, country=country, weekend=None, holidays=True,
                hours={"from": f"{hours[0]:02}:00", "to": f"{hours[1]:02}:00"},
            )  # fmt: skip
        self.samctl("holiday", "add", self.holiday.isoformat(), "--name", "Anniversary")
        self.start_both()

    def now(self):
        return moments.now() + datetime.timedelta(seconds=self.shift)

    def next_second(self):
        """Until something falls due, an hour at most; None: something is under way, or due."""
        row = self.database.rows(
            "SELECT (SELECT count(*) FROM send_queue WHERE status IN ('published', 'sending')) "
            "+ count(*) FILTER (WHERE least(due_at, plan_at) < sam_now() + interval '500 ms') "
            "AS busy, extract(epoch FROM min(due_at) - sam_now())::bigint AS second "
            "FROM account_schedule"
        )[0]
        return None if int(row["busy"]) else min(int(row["second"] or 3600) + 1, 3600)

    def let_a_week_pass(self):
        end = self.began + datetime.timedelta(days=DAYS)
        while self.now() < end:
            self.wait_for("nothing to be under way", lambda: self.next_second() is not None, 60)
            self.move_clock(self.next_second() or 1)

    # ---- the judge ----

    def open_day(self, name, day):
        _, _, country, _, weekend, _ = CAMPAIGNS[name]
        public = holidays.country_holidays(country, years=day.year)
        return day.weekday() not in weekend and day != self.holiday and day not in public

    def judge_campaign(self, name, calls):
        account, zone, _, hours, _, _ = CAMPAIGNS[name]
        days, last = defaultdict(list), None
        for call in calls:
            at = datetime.datetime.fromtimestamp(call["at_ms"] / 1000, ZoneInfo(zone))
            self.assertTrue(hours[0] <= at.hour < hours[1], f"{name}: {at}")
            self.assertTrue(self.open_day(name, at.date()), f"{name}: {at}")
            if last:
                self.assertGreaterEqual((at - last).total_seconds(), SPACING, f"{name}: {at}")
            last = at
            days[at.date()].append(call["route"])
        for day, routes in days.items():
            self.assertLessEqual(len(routes), CAP, f"{name}: {day}")
            self.assertLessEqual(routes.count("invite"), INVITATIONS, f"{name}: {day}")
        return days

    def test_a_week(self):
        self.begin()
        self.let_a_week_pass()
        self.not_twice()
        self.assertEqual(self.items()["unknown"], 0)
        for name, (account, zone, _, _, _, kind) in CAMPAIGNS.items():
            calls = [c for c in self.calls() if c["account"] == "U" + account]
            days = self.judge_campaign(name, calls)
            day = self.began.astimezone(ZoneInfo(zone)).date() + datetime.timedelta(days=1)
            last = self.now().astimezone(ZoneInfo(zone)).date()
            while day < last:  # whole days: none ends below what it allowed
                least = 0 if not self.open_day(name, day) else (
                    INVITATIONS if kind == "connector" else CAP)  # fmt: skip
                self.assertGreaterEqual(len(days[day]), least, f"{name}: {day}")
                day += datetime.timedelta(days=1)


if __name__ == "__main__":
    unittest.main()
