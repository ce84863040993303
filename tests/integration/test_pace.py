"""limits.pace = "spread", the default: a day's messages lie over its window and do not come in a
burst as it opens, nor when a limit is raised or a full day is over."""

import itertools
import unittest

from campaign_test import HELLO, FridayTest

PEOPLE = 12
MINUTE = 60


class Pace(FridayTest):
    """Friday at noon, by UTC; the day closes at five."""

    def begin(self, cap, hours_to_the_end=None, fault=None):
        del self.config["limits"]["pace"]
        self.config["limits"].update({"spacing": "1m", "jitter": "30s"})
        self.config["producer"]["plan_horizon"] = "72h"
        self.prepare_on_friday()
        more = {"end_at": self.hours_from_now(hours_to_the_end)} if hours_to_the_end else {}
        self.campaign("c", "messenger", HELLO, PEOPLE, timezone="Etc/UTC", weekend=[],
                      hours={"from": "09:00", "to": "17:00"}, **more)  # fmt: skip
        self.samctl("account", "set", "anna", "--daily-cap", str(cap), "--daily-messages", "100")
        if fault:
            self.simulator.fault(**fault)
        self.start_both()

    def moments(self, day):
        """Of what was sent and what waits on a day after this one, in seconds of the day."""
        rows = self.database.rows(
            "SELECT extract(epoch FROM at::time)::int AS second FROM (SELECT coalesce(sent_at, "
            "scheduled_for) AT TIME ZONE 'Etc/UTC' AS at FROM send_queue) x WHERE at::date - "
            f"(sam_now() AT TIME ZONE 'Etc/UTC')::date = {day} ORDER BY 1"
        )
        return [int(row["second"]) for row in rows]

    def spread(self, day, count, opens, gap):
        """So many, each that far from the one before, or up to a quarter nearer."""
        unplaced = "send_queue WHERE replan"
        self.wait_for(f"{count} on day {day}", lambda: len(self.moments(day)) == count
                      and self.count(unplaced) == 0)  # fmt: skip
        at = self.moments(day)
        self.assertLess(at[0] - opens, gap)
        self.assertLessEqual(at[-1], 17 * 3600)
        for one, other in itertools.pairwise(at):
            self.assertTrue(0.74 * gap <= other - one <= gap + MINUTE, (day, at))

    def test_a_day_and_the_next_ones(self):
        self.begin(cap=5)
        self.wait_until_sent(1)
        self.spread(0, 5, 12 * 3600, 60 * MINUTE)
        self.spread(1, 5, 9 * 3600, 96 * MINUTE)
        self.assertEqual(len(self.moments(2)), 2)

    def test_a_raised_cap_draws_them_together(self):
        self.begin(cap=5)
        self.wait_until_sent(1)
        self.spread(0, 5, 12 * 3600, 60 * MINUTE)
        self.samctl("account", "set", "anna", "--daily-cap", "10")
        self.spread(0, 10, 12 * 3600, 33 * MINUTE)

    def test_what_a_full_day_puts_off_is_no_burst(self):
        """By another program's calls, which the planner did not know of."""
        self.begin(cap=12)
        self.wait_until_sent(1)
        self.wait_for("all to be planned", lambda: len(self.moments(0)) == PEOPLE)
        self.database.execute(
            "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, "
            "item_id, message_type, kind, started_at, start_by, ended_at, outcome) SELECT "
            "gen_random_uuid(), workspace_id, account_id, gen_random_uuid(), gen_random_uuid(), "
            "gen_random_uuid(), 'direct_message_1', 'message', sam_now(), sam_now(), sam_now(), "
            "'sent' FROM send_attempts, generate_series(1, 11) WHERE kind = 'message'"
        )
        self.move_clock(4 * 3600 + 50 * 60)  # all are due
        self.spread(1, PEOPLE - 1, 9 * 3600, 40 * MINUTE)

    def test_an_outage_ends_in_no_burst(self):
        """Eleven fall due while nothing runs: they share the hour that is left."""
        self.begin(cap=12)
        self.wait_until_sent(1)
        self.wait_for("all to be planned", lambda: len(self.moments(0)) == PEOPLE)
        self.producer.stop()
        self.worker.stop()
        self.move_clock(4 * 3600)
        self.start_both()
        late = (
            "send_queue WHERE status IN ('pending', 'published', 'sending') "
            "AND scheduled_for < sam_now() - interval '9 m'"
        )
        self.wait_for("another moment for each", lambda: self.count(late) == 0)
        at = [second for second in self.moments(0) if second > 14 * 3600]
        self.assertEqual(len(at), PEOPLE - 1)
        self.assertLess(at[-1], 17 * 3600)
        for one, other in itertools.pairwise(at[2:]):  # the first may have gone meanwhile
            self.assertGreater(other - one, 3 * MINUTE, at)
        self.assertLessEqual(self.sent(), 3)

    def test_a_rest_ends_in_no_burst(self):
        """What falls due in it is given places after its end, with half of the caps."""
        self.begin(cap=12, fault={"route": "chats", "action": "status", "status": 422,
                                  "type": "errors/limit_exceeded", "count": 1})  # fmt: skip
        rests = "linkedin_accounts WHERE status = 'resting'"
        self.wait_for("the rest", lambda: self.count(rests) == 1)
        self.move_clock(4 * 3600 + 50 * MINUTE)  # all are due
        self.spread(1, 6, 12 * 3600, 50 * MINUTE)
        self.assertEqual((len(self.moments(0)), len(self.moments(2))), (0, 6))

    def test_an_outage_past_the_end(self):
        """What a campaign's end has overtaken is not sent in the next window."""
        self.begin(cap=12, hours_to_the_end=3)
        self.wait_until_sent(1)
        self.producer.stop()
        self.worker.stop()
        self.move_clock(4 * 3600)
        self.start_both()
        ended = "campaign_prospects WHERE status = 'failed' AND status_reason = 'campaign_ended'"
        self.wait_for("their campaign to end", lambda: self.count(ended) == PEOPLE - 1)
        self.assertEqual(self.writes_end(), 1)


if __name__ == "__main__":
    unittest.main()
