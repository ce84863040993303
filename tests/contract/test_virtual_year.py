"""A year of virtual time by SAM's own rules, judged by another implementation of them."""

import os
import subprocess
import sys
import unittest

SOURCE = os.environ["SAM_SOURCE"]
PROGRAM = os.path.join(os.environ["SAM_TESTS"], "virtual_year")
PACKAGE = subprocess.run([os.path.join(SOURCE, "tests", "lib", "holidays_package")],
                         capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
sys.path[:0] = [PACKAGE, os.path.join(SOURCE, "tests", "virtual")]

from clock import DAY_MS, HOUR_MS, MIN_MS, Hours  # noqa: E402
from judge import Judge, read_years  # noqa: E402
from scenario import Campaign, Limits, Person, Scenario  # noqa: E402

START = 1_798_761_600_000  # 2027-01-01T00:00Z: no test depends on today
NEVER = START + 10 * 365 * DAY_MS


def run(scenarios):
    """Lets the years pass; name -> Year."""
    done = subprocess.run([PROGRAM], input="".join(s.text() for s in scenarios),
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
        scenario = small()
        year = run([scenario])["small"]
        self.assertEqual(len(year.sends), 60)
        self.assertEqual(Judge(scenario, year).verdict(), [])


if __name__ == "__main__":
    unittest.main()
