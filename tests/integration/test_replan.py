"""A changed limit, hour or zone reaches what waits within seconds, forwards too: what was planned
by the old ones is planned anew, and nobody gets a follow-up before their delay is over."""

import unittest

from campaign_test import HELLO, FridayTest

TWO = {"direct_message_1": "Hello", "direct_message_2": {"after": "2h", "text": "Again"}}


class Replan(FridayTest):
    """Friday at noon, by UTC."""

    def begin(self, people=6, templates=None, **more):
        self.prepare_on_friday()
        self.campaign("c", "messenger", templates or HELLO, people, timezone="Etc/UTC", **more)

    def days(self):
        """The days for which first messages wait, with how many."""
        rows = self.database.rows(
            "SELECT (scheduled_for AT TIME ZONE 'Etc/UTC')::date - (sam_now() AT TIME ZONE "
            "'Etc/UTC')::date AS day, count(*) FROM send_queue WHERE status = 'pending' "
            "AND step = 0 GROUP BY 1 ORDER BY 1"
        )
        return {int(row["day"]): int(row["count"]) for row in rows}

    def test_a_raised_cap_brings_forward_what_waits_for_tomorrow(self):
        self.config["producer"]["plan_horizon"] = "48h"
        self.begin()
        self.samctl("account", "set", "anna", "--daily-cap", "2")
        self.start_both()
        self.wait_until_sent(2)
        self.wait_for("the others to wait", lambda: self.days() == {1: 2, 2: 2})
        self.samctl("account", "set", "anna", "--daily-cap", "50")
        self.wait_until_sent(6)
        self.judge(6)

    def test_a_lowered_cap_puts_off_what_waits_for_today(self):
        self.config["producer"]["plan_horizon"] = "48h"
        self.config["limits"]["spacing"] = "1m"
        self.begin()
        self.start_both()
        self.wait_until_sent(1)
        self.wait_for("the others to wait", lambda: self.days().get(0) == 5)
        self.samctl("account", "set", "anna", "--daily-cap", "3")
        self.wait_for("three of them for later", lambda: self.days() == {0: 2, 1: 3})

    def test_hours_that_open_later_and_earlier(self):
        self.begin(hours={"from": "20:00", "to": "23:00"})
        self.start_both()
        self.wait_for("all to wait", lambda: self.days() == {0: 6})
        file = self.samctl_json("campaign", "show", "c")[0]
        for opens, day in ("21:30", 0), ("11:00", 0):
            file["hours"]["from"] = opens
            self.samctl("campaign", "update", self.write_json("new.json", file))
            if opens == "21:30":
                first = lambda: self.database.value(  # noqa: E731
                    "SELECT to_char(min(scheduled_for) AT TIME ZONE 'Etc/UTC', 'HH24:MI') "
                    "FROM send_queue WHERE status = 'pending'"
                )
                self.wait_for("the first at half past nine", lambda f=first: f() == "21:30")
                self.assertEqual(self.days(), {day: 6})
        self.wait_until_sent(6)

    def test_limits_of_the_file_reach_what_waits(self):
        """A producer that starts with other limits moves what the last one has planned."""
        self.config["producer"]["plan_horizon"] = "48h"
        self.config["limits"]["daily_cap"] = 2
        self.begin()
        self.start_both()
        self.wait_until_sent(2)
        self.wait_for("the others to wait", lambda: self.days() == {1: 2, 2: 2})
        self.producer.stop()
        self.worker.stop()
        self.config["limits"]["daily_cap"] = 50
        self.write_config()
        self.start_both()
        self.wait_until_sent(6)
        self.producer.stop()
        self.start_producer()  # nothing has changed
        self.judge(6)

    def test_another_zone_gives_no_second_day(self):
        """Friday at noon by UTC; in Auckland the next day has begun, with its caps."""
        self.config["limits"]["spacing"] = "1s"
        self.begin(8)
        self.samctl("account", "set", "anna", "--daily-cap", "3")
        self.start_both()
        self.wait_until_sent(3)
        for zone in "Pacific/Auckland", "Pacific/Honolulu", "Etc/UTC":
            self.samctl("account", "set", "anna", "--timezone", zone)
            self.assertEqual(self.writes_end(), 3, zone)
        self.samctl("account", "set", "anna", "--timezone", "Pacific/Auckland")
        self.move_clock(11 * 3600)  # of UTC's day an hour is left
        self.assertEqual(self.writes_end(), 3)
        self.move_clock(13 * 3600 + 60)  # Auckland's Sunday has begun
        self.wait_until_sent(6)
        self.assertEqual(self.writes_end(), 6)

    def test_a_follow_up_keeps_its_delay(self):
        self.begin(1, TWO)
        self.start_both()
        self.wait_until_sent(1)
        self.database.execute("UPDATE account_schedule SET plan_at = sam_now()")
        waiting = "send_queue WHERE status = 'pending' AND step = 1"
        self.wait_for("the follow-up", lambda: self.count(waiting) == 1)
        due = self.database.value(f"SELECT scheduled_for FROM {waiting}")
        self.samctl("account", "set", "anna", "--daily-cap", "50")
        self.wait_for("it to be planned again", lambda: self.count(waiting) == 1)
        later = self.database.value(f"SELECT scheduled_for >= '{due}' FROM {waiting}")
        self.assertEqual(later, "t")
        near = self.database.value(
            f"SELECT scheduled_for < timestamptz '{due}' + interval '1 minute' FROM {waiting}"
        )
        self.assertEqual(near, "t")
        self.move_clock(2 * 3600)
        self.wait_until_sent(2)
        self.judge(2)

    def test_how_many_may_go_first_stays_the_same(self):
        """`start --first 3`: what is planned anew is not counted twice, nor given away."""
        self.begin(hours={"from": "20:00", "to": "23:00"}, start=False)
        self.samctl("campaign", "start", "c", "--first", "3")
        self.start_both()
        self.wait_for("three to wait", lambda: self.days() == {0: 3})
        self.samctl("account", "set", "anna", "--daily-cap", "50")
        self.wait_for("three to wait again", lambda: self.days() == {0: 3})
        self.assertEqual(self.database.value("SELECT first_left FROM campaigns"), "0")
        self.move_clock(9 * 3600)
        self.wait_until_sent(3)
        self.assertEqual(self.writes_end(), 3)


if __name__ == "__main__":
    unittest.main()
