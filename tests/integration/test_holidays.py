"""Public holidays, own dates of a workspace and days that are made up for: nothing goes out on a
day that is closed, and what waits moves with the calendar, both ways, within seconds."""

import datetime
import unittest

import moments
from campaign_test import CampaignTest

HOURS = {"hours": {"from": "09:00", "to": "17:00"}, "weekend": [], "holidays": True}
PEOPLE = 3


class Holidays(CampaignTest):
    accounts = ("anna",)

    def setUp(self):
        super().setUp()
        self.config["limits"]["spacing"] = "1s"
        self.shift = 0

    def go_to(self, month, day, wall="18:00"):
        """SAM's clock and the simulator's stand on the next such day of a year, by UTC."""
        self.stand_at(moments.next_day(month, day, wall))

    def stand_at(self, moment):
        self.moment = moment
        seconds = moments.seconds_until(moment)
        self.simulator.ask("POST", "/clock", {"advance_ms": seconds * 1000})
        self.database.shift_clock(f"{seconds} seconds")

    def begin(self, month, day, **more):
        """A campaign that has people and closes before this evening; nobody sends."""
        self.prepare(timezone="Etc/UTC")
        self.go_to(month, day)
        self.campaign("c", "messenger", {"direct_message_1": "Hello"}, PEOPLE,
                      timezone="Etc/UTC", **{**HOURS, **more})  # fmt: skip
        self.start_both()

    def day(self, days):
        """So many days after the evening, as a date."""
        return (self.moment + datetime.timedelta(days=days)).date().isoformat()

    def planned(self):
        """The days for which messages wait."""
        return sorted({item["scheduled_for"][:10] for item in self.samctl_json("queue")})

    def wait_for_day(self, days):
        """It is what an operator is told of a person, and nothing has gone out."""
        wanted, seen = self.day(days), []

        def told():
            seen[:] = self.samctl_json("why", "c-0")
            return (seen[0]["next_at"] or "")[:10] == wanted

        try:
            self.wait_for(f"messages to wait for {wanted}", told)
        except AssertionError:
            self.fail(f"not for {wanted}: {seen}")
        self.assertEqual(self.calls(), [])
        return seen[0]["reason"]

    def holidays_told(self):
        return self.samctl_json("why", "c-0")[0]["detail"]

    def first_estimated(self, country, name):
        """The first day from next year on that the table calls so and does not know for sure."""
        year, found = moments.now().year, []
        while not found:
            year += 1
            listed = self.samctl_json("holiday", "list", "--country", country, "--year", str(year))
            self.assertTrue(listed, f"no estimated {name} until {year}")
            found = [row["day"] for row in listed if row["estimated"] and row["name"] == name]
        return datetime.date.fromisoformat(found[0])

    def test_an_estimated_date_is_told_as_such(self):
        """The moon decides: the table says which of its dates may move, and so does `why`."""
        self.prepare(timezone="Etc/UTC")
        eve = self.first_estimated("AE", "Eid al-Fitr") - datetime.timedelta(days=1)
        self.stand_at(moments.at(eve, "18:00", "UTC"))
        self.campaign("c", "messenger", {"direct_message_1": "Hello"}, PEOPLE,
                      timezone="Etc/UTC", country="AE", **HOURS)  # fmt: skip
        self.wait_for("a holiday", lambda: self.samctl_json("why", "c-0")[0]["reason"] == "holiday")
        self.assertIn("Eid al-Fitr (date estimated)", self.holidays_told())
        self.samctl("holiday", "add", self.day(1), "--name", "Closed")
        self.assertIn("own date of the workspace", self.holidays_told())

    def test_christmas_in_germany(self):
        """After the 24th comes the 27th; nothing is planned for what is closed."""
        self.begin(12, 24, country="DE")
        self.assertEqual(self.wait_for_day(3), "holiday")
        self.assertEqual(self.planned(), [])
        self.assertEqual(self.holidays_told(), "Christmas Day, Second Day of Christmas")

    def test_epiphany_is_bavarias(self):
        self.begin(1, 5, country="DE", subdivision="BY")
        self.assertEqual(self.wait_for_day(2), "holiday")

    def test_epiphany_is_not_everywhere(self):
        self.begin(1, 5, country="DE")
        self.wait_for_day(1)

    def test_who_observes_none_sends_on_christmas_day(self):
        self.begin(12, 24, country="DE", holidays=False)
        self.wait_for_day(1)

    def test_own_dates_move_what_waits(self):
        self.begin(1, 5, country="DE")
        planned = "send_queue WHERE status = 'pending'"
        self.wait_for("all to be planned", lambda: self.count(planned) == PEOPLE)
        self.assertEqual(self.planned(), [self.day(1)])
        self.samctl("holiday", "add", f"{self.day(1)}..{self.day(2)}", "--name", "Inventory")
        self.assertEqual(self.wait_for_day(3), "holiday")
        self.wait_for("them to move", lambda: self.planned() == [self.day(3)])
        self.samctl("holiday", "remove", self.day(1))
        self.wait_for("them to move back", lambda: self.planned() == [self.day(1)])
        self.assertEqual(self.count(planned), PEOPLE)

    def test_own_dates_go_before_the_countrys(self):
        self.begin(12, 24, country="DE")
        self.wait_for_day(3)
        self.samctl("holiday", "add", self.day(1), "--working")
        self.wait_for_day(1)
        self.samctl("holiday", "remove", self.day(1))
        self.wait_for_day(3)

    def test_a_table_that_has_ended_is_told(self):
        self.prepare(timezone="Etc/UTC")
        self.database.shift_clock("12 years")
        self.producer = self.start_producer(ready=False)
        ended = "the table of public holidays has ended"
        self.wait_for("the warning", lambda: ended in self.producer.log())
        self.assertLess(self.producer.metric("sam_holidays_left_seconds"), 0)

    def test_weekends_of_other_countries(self):
        """From Thursday evening: the Emirates work on Friday, the Saudis and Israel on Sunday."""
        self.config["producer"]["plan_horizon"] = "72h"
        self.prepare(timezone="Etc/UTC")
        self.stand_at(moments.next_weekday(moments.THURSDAY, "18:00", "Etc/UTC"))
        for country in "AE", "SA", "IL":
            hours = {**HOURS, "weekend": None, "holidays": False, "timezone": "Etc/UTC"}
            self.campaign(country, "messenger", {"direct_message_1": "Hello"}, [country.lower()],
                          **hours, country=country)  # fmt: skip
        self.start_both()
        days = lambda: {  # noqa: E731
            item["campaign"]: item["scheduled_for"][:10] for item in self.samctl_json("queue")
        }
        wanted = {"AE": self.day(1), "SA": self.day(3), "IL": self.day(3)}
        self.wait_for("all to be planned", lambda: len(days()) == 3)
        self.assertEqual(days(), wanted)

    def test_a_weekend_that_is_worked(self):
        """Of the country, which the campaign follows; not one that the campaign has named."""
        self.prepare(timezone="Etc/UTC")
        friday = moments.next_weekday(moments.FRIDAY, "18:00", "Etc/UTC")
        self.moment = friday
        self.database.shift_clock(f"{moments.seconds_until(friday)} seconds")
        for name, weekend in ("country", None), ("own", ["saturday", "sunday"]):
            hours = {**HOURS, "weekend": weekend, "country": "DE", "timezone": "Etc/UTC"}
            self.campaign(name, "messenger", {"direct_message_1": "Hello"}, [name], **hours)
        self.samctl("holiday", "add", self.day(1), "--working")
        self.samctl("holiday", "add", f"{self.day(3)}..{self.day(4)}")
        for person, days in ("country", 1), ("own", 5):
            told = self.samctl_json("why", person)[0]
            self.assertEqual(told["next_at"][:10], self.day(days), told)


if __name__ == "__main__":
    unittest.main()
