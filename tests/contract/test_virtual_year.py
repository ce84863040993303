"""A year of virtual time by SAM's own rules, judged by another implementation of them."""

import concurrent.futures
import copy
import os
import subprocess
import sys
import unittest

SOURCE = os.environ["SAM_SOURCE"]
PROGRAM = os.path.join(os.environ["SAM_TESTS"], "virtual_year")
PACKAGE = subprocess.run([os.path.join(SOURCE, "tests", "lib", "holidays_package")],
                         capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
sys.path[:0] = [PACKAGE, os.path.join(SOURCE, "tests", "virtual")]

from clock import DAY_MS, HOUR_MS, MIN_MS, Hours, day_of, instant  # noqa: E402
from draw_scenarios import NEVER, START, draw  # noqa: E402
from judge import Judge  # noqa: E402
from scenario import Campaign, Change, Limits, Person, Scenario  # noqa: E402
from years import read_years  # noqa: E402

# Usually those whose years are short to work through.
SEEDS = range(40) if os.environ.get("SAM_TEST_LENGTH") == "all" else (0, 1, 3, 4, 7, 8, 9)


# Half of the time would go into AddressSanitizer's watch over freed memory and long strings.
SANITIZER = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:intercept_strstr=0"


def run(scenarios):
    """Lets the years pass; name -> Year."""
    done = subprocess.run([PROGRAM], input="".join(s.text() for s in scenarios),
                          env={**os.environ, "ASAN_OPTIONS": SANITIZER},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return read_years(done.stdout)


def office(zone="Europe/Berlin", country="DE", part=None):
    return Hours(zone, country, part, 9 * 60, 17 * 60, None, True)


def small():
    """One account, one campaign, thirty people."""
    return Scenario(
        name="small", zone="Europe/Berlin",
        limits=Limits(spacing=2 * MIN_MS, jitter=MIN_MS, calls=40, invitations=20, weekly=100,
                      messages=25, views=80),
        spread=False, start=START, end=START + 60 * DAY_MS, seed=1,
        campaigns=[Campaign("messenger", office(), 0, START, NEVER, [0, 3 * DAY_MS])],
        people=[Person(0, START + HOUR_MS) for _ in range(30)])  # fmt: skip


class VirtualYear(unittest.TestCase):
    def test_one_campaign_of_thirty_people(self):
        for spread in False, True:
            scenario = small()
            scenario.spread = spread
            year = run([scenario])["small"]
            self.assertEqual(len(year.sends), 60)
            self.assertEqual(Judge(scenario, year).verdict(), [])

    def test_nothing_is_kept_for_new_people_who_cannot_come(self):
        """A second campaign begins in May: its people leave no place of January free."""
        for spread in False, True:
            scenario = small()
            scenario.spread = spread
            scenario.limits.messages = 5
            later = Campaign("messenger", office(), 0, START + 120 * DAY_MS, NEVER, [0])
            scenario.campaigns.append(later)
            scenario.campaigns[0].delays = [0, HOUR_MS, HOUR_MS, HOUR_MS]
            scenario.people += [Person(1, START + HOUR_MS) for _ in range(10)]
            with self.subTest(spread=spread):
                self.assertEqual(Judge(scenario, run([scenario])["small"]).verdict(), [])

    def test_drawn_accounts_and_campaigns(self):
        scenarios = [draw(seed) for seed in SEEDS]
        sends = decisions = plans = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for scenario, years in zip(scenarios, pool.map(lambda s: run([s]), scenarios)):
                year = years[scenario.name]
                sends += len(year.sends)
                decisions += year.decisions
                plans += year.plans
                with self.subTest(scenario=scenario.name):
                    self.assertEqual(Judge(scenario, year).verdict(), [])
        print(f"\n{len(scenarios)} years, {sends} sends, {decisions} verdicts, "
              f"{plans} rounds of the planner")
        self.assertGreater(sends, 200 * len(scenarios))


class JudgeFindsWhatIsWrong(unittest.TestCase):
    """A year that is right, with one thing changed: the judge names the rule that it breaks."""

    @classmethod
    def setUpClass(cls):
        cls.scenario = small()
        cls.year = run([cls.scenario])["small"]

    def rules(self, change, scenario=None):
        year = copy.deepcopy(self.year)
        change(year.sends)
        return {rule for rule, _, _ in Judge(scenario or self.scenario, year).verdict()}

    def shift(self, at, by):
        def change(sends):
            sends[at].start += by
            sends[at].end += by

        return change

    def test_nothing_changed(self):
        self.assertEqual(self.rules(lambda sends: None), set())

    def test_a_send_an_hour_early(self):
        self.assertEqual(self.rules(self.shift(0, -HOUR_MS)), {"hours"})

    def test_a_send_an_hour_late(self):
        self.assertIn("unused", self.rules(self.shift(29, HOUR_MS)))

    def test_a_send_left_out(self):
        self.assertIn("unused", self.rules(lambda sends: sends.pop(29)))
        self.assertIn("order", self.rules(lambda sends: sends.pop(0)))

    def test_a_send_made_twice(self):
        def change(sends):
            sends.append(copy.copy(sends[5]))
            sends[-1].start += 20 * MIN_MS

        self.assertIn("twice", self.rules(change))

    def test_sends_too_close(self):
        self.assertEqual(self.rules(self.shift(29, -2 * MIN_MS)), {"spacing"})

    def test_a_send_on_a_holiday_and_on_a_weekend(self):
        first = self.year.sends[0].start
        self.assertEqual(Hours("Europe/Berlin", "DE", "BY", 540, 1020, None, True).window(
            day_of("Europe/Berlin", first + 2 * DAY_MS)), None)  # fmt: skip
        holiday = copy.deepcopy(self.scenario)
        holiday.campaigns[0].hours = office(part="BY")  # where Epiphany is one
        self.assertIn("hours", self.rules(self.shift(0, 2 * DAY_MS), holiday))
        self.assertNotIn("hours", self.rules(self.shift(0, 2 * DAY_MS)))
        self.assertIn("hours", self.rules(self.shift(0, -DAY_MS)))

    def test_a_send_on_an_own_date_of_the_workspace(self):
        scenario = copy.deepcopy(self.scenario)
        hours = scenario.campaigns[0].hours
        hours.windows = {}
        hours.own = {day_of(hours.zone, self.year.sends[0].start): False}
        self.assertIn("hours", self.rules(lambda sends: None, scenario))

    def test_a_day_that_gets_its_cap_twice_by_another_zone(self):
        """Ten in the morning is midnight there: the old day goes on all the same."""
        scenario = copy.deepcopy(self.scenario)
        first = day_of("Europe/Berlin", self.year.sends[0].start)
        ten = instant("Europe/Berlin", first, 10 * 60, False)
        sends = [s for s in self.year.sends if day_of("Europe/Berlin", s.start) == first]
        scenario.limits.messages = sum(s.start < ten for s in sends)
        self.assertLess(scenario.limits.messages, len(sends))
        scenario.changes = [Change(ten, "zone", 0, "America/Anchorage")]
        found = Judge(scenario, copy.deepcopy(self.year)).verdict()
        said = [at for rule, at, _ in found if rule == "daily message"]
        self.assertEqual(said[0], sends[scenario.limits.messages].start)

    def test_a_cap_that_was_lowered(self):
        scenario = copy.deepcopy(self.scenario)
        scenario.changes = [Change(self.year.sends[9].start, "calls", 9)]
        found = Judge(scenario, copy.deepcopy(self.year)).verdict()
        self.assertEqual([f for f in found if f[1] < self.year.sends[9].start], [])
        self.assertIn("daily call", {rule for rule, _, _ in found})

    def test_a_step_before_its_delay(self):
        self.assertIn("delay", self.rules(self.shift(30, -DAY_MS)))

    def test_a_step_again_that_was_not_executed(self):
        def change(ended, by):
            def change(sends):
                sends[40].ended = ended
                sends.insert(41, copy.copy(sends[40]))
                sends[41].start = sends[40].end + by
                sends[41].ended = "sent"

            return change

        self.assertEqual(self.rules(change("untried", 1)), set())
        self.assertIn("delay", self.rules(change("not_executed", 29_000)))
        self.assertNotIn("delay", self.rules(change("not_executed", 30_000)))
        for ended in "unknown", "refused", "sent":
            self.assertIn("twice", self.rules(change(ended, HOUR_MS)))

    def test_calls_that_were_not_sent_count_all_the_same(self):
        for ended in "unknown", "refused", "not_executed":
            def change(sends):
                for s in sends[50:]:
                    s.ended = ended  # noqa: B023
                sends[59].start = sends[58].end + MIN_MS

            scenario = copy.deepcopy(self.scenario)
            scenario.limits.messages = 5
            rules = self.rules(change, scenario)
            self.assertIn("spacing", rules)
            self.assertIn("daily message", rules)

    def test_caps(self):
        for cap, rule in (("calls", "daily call"), ("messages", "daily message")):
            scenario = copy.deepcopy(self.scenario)
            setattr(scenario.limits, cap, 20)
            self.assertIn(rule, self.rules(lambda sends: None, scenario))
        scenario = copy.deepcopy(self.scenario)
        scenario.campaigns[0].cap = 20
        self.assertIn("daily ('campaign', 0)", self.rules(lambda sends: None, scenario))

    def test_caps_of_invitations(self):
        scenario = copy.deepcopy(self.scenario)
        scenario.campaigns[0].kind = "connector"
        scenario.campaigns[0].delays = [0]
        scenario.limits.invitations, scenario.limits.weekly = 20, 50

        def invite(sends):
            del sends[30:]
            for s in sends:
                s.kind = "invitation"

        self.assertIn("daily invitation", self.rules(invite, scenario))
        scenario.limits.invitations, scenario.limits.weekly = 30, 20
        self.assertIn("weekly invitations", self.rules(invite, scenario))

    def test_a_send_in_a_rest(self):
        scenario = copy.deepcopy(self.scenario)
        at = self.year.sends[10].start
        scenario.changes = [Change(at - MIN_MS, "rest", at + MIN_MS)]
        self.assertIn("rest", self.rules(lambda sends: None, scenario))

    def test_a_send_in_a_rest_that_a_call_has_drawn(self):
        def change(sends):
            sends[4].ended = "throttled"
            sends[4].end = sends[4].start + 1

        self.assertIn("rest", self.rules(change))
        scenario = copy.deepcopy(self.scenario)
        scenario.campaigns[0].kind = "connector"

        def rests(*at):
            year = copy.deepcopy(self.year)
            for i, s in enumerate(year.sends):
                s.start = s.end = START + i * 7 * HOUR_MS
                s.kind, s.ended = "invitation", "invitations_throttled" if i in at else "sent"
            judge = Judge(scenario, year)
            judge.verdict()
            return [(until - begun) // HOUR_MS for _, begun, until in judge.rests]

        self.assertEqual(rests(0, 1, 2, 3, 4, 5), [6, 12, 24, 48, 72, 72])
        self.assertEqual(rests(0, 4), [6, 12])  # one day was well
        self.assertEqual(rests(0, 9), [6, 6])

    def test_notes_of_a_month(self):
        scenario = copy.deepcopy(self.scenario)
        scenario.campaigns[0].kind, scenario.campaigns[0].delays = "connector", [0]
        scenario.notes = 29

        def invite(noted):
            def change(sends):
                del sends[30:]
                for i, s in enumerate(sends):
                    s.kind, s.noted = "invitation", i < noted

            return change

        self.assertIn("note", self.rules(invite(1), scenario))
        scenario.campaigns[0].note = "without_note"
        self.assertIn("monthly notes", self.rules(invite(30), scenario))
        self.assertEqual(self.rules(invite(29), scenario) & {"note", "monthly notes"}, set())
        scenario.campaigns[0].note = "hold"
        self.assertIn("note", self.rules(invite(29), scenario))

    def test_a_burst_at_nine_is_no_spread_pace(self):
        scenario = copy.deepcopy(self.scenario)
        scenario.spread = True
        self.assertIn("burst", self.rules(lambda sends: None, scenario))

    def test_too_much_on_a_ramp(self):
        scenario = copy.deepcopy(self.scenario)
        scenario.ramp_days, scenario.ramp_from = 14, START
        self.assertIn("daily call", self.rules(lambda sends: None, scenario))


if __name__ == "__main__":
    unittest.main()
