"""A restored database catches up in large batches: many events of one campaign."""

import datetime
import unittest

import moments
from campaign_test import HELLO
from restore_test import RestoreTest

TWO_HOURS = datetime.timedelta(hours=2)


class CatchUp(RestoreTest):
    accounts = ("anna",)

    def prepare_draft(self):
        """A backup with a draft, for which the planner has found nothing to do."""
        self.prepare()
        self.start_both()
        start_at = moments.text(moments.now() + TWO_HOURS)
        self.campaign("c", "messenger", HELLO, 3, start=False, start_at=start_at)
        planless = "account_schedule WHERE plan_at IS NULL"
        self.wait_for("the planner to find nothing", lambda: self.count(planless) == 1)
        return self.dump()

    def change_and_restore(self, backup, *changes):
        for change in changes:
            self.samctl("campaign", change, "c")
        self.wait_until_told()
        self.restore(backup)
        self.assertEqual(self.campaign_status("c"), "draft")
        self.start_both()

    def test_a_stopped_campaign_stays_stopped(self):
        self.change_and_restore(self.prepare_draft(), "start", "stop")
        self.assertEqual(self.campaign_status("c"), "stopped")
        self.assertEqual(self.refused_batches(), [])

    def test_a_campaign_that_was_paused_at_last_is_paused(self):
        self.change_and_restore(self.prepare_draft(), "start", "pause", "resume", "pause")
        self.assertEqual(self.campaign_status("c"), "paused")
        self.assertEqual(self.refused_batches(), [])

    def test_a_replayed_start_makes_its_accounts_plan(self):
        self.change_and_restore(self.prepare_draft(), "start")
        self.wait_for("all to be planned", lambda: self.items() == {"pending": 3})


if __name__ == "__main__":
    unittest.main()
