"""A restored database catches up in large batches: many events of one campaign, person or item."""

import concurrent.futures
import datetime
import unittest

import moments
from campaign_test import HELLO
from restore_test import RestoreTest

INVITE = {"connection_request": "Hi", "follow_up_1": {"after": "1s", "text": "Welcome"}}
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

    def test_what_was_put_off_goes_when_a_resume_is_replayed(self):
        """The backup was made in the pause, after its items had been put off for an hour."""
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 12)
        for i, kind in enumerate((["campaign", "c"], ["account", "anna"])):
            self.wait_until_sent(1 + 3 * i)
            what, name = kind
            self.samctl(what, "pause", name)
            put_off = f"send_queue WHERE status = 'pending' AND reason = '{what}_paused'"
            self.wait_for("an item to be put off", lambda put_off=put_off: self.count(put_off))
            self.assertLess(self.writes_end(within=5), 12)
            backup = self.dump()
            self.samctl(what, "resume", name)
            self.wait_until_told()
            self.restore(backup)
            self.start_both()
        self.wait_until_completed("c")
        self.judge(12)

    def test_a_pause_that_is_repeated_after_a_restore_outlasts_the_resume_of_before(self):
        """The backup was made in a pause that ended; an operator pauses before anything runs."""
        self.prepare_draft()
        self.samctl("campaign", "start", "c")
        pauses = (["campaign", "pause", "c"], ["account", "pause", "anna"], ["pause", "--all"])
        for words in pauses:
            self.samctl(*words)
        self.wait_until_told()
        backup = self.dump()
        for words in (["campaign", "resume", "c"], ["account", "resume", "anna"],
                      ["resume", "--all"]):  # fmt: skip
            self.samctl(*words)
        self.wait_until_told()
        self.restore(backup)
        for words in pauses:
            self.assertIn("paused already", self.samctl(*words))
        self.start_both()
        self.wait_until_told()
        self.assertEqual(self.campaign_status("c"), "paused")
        self.assertEqual(self.database.value("SELECT status FROM linkedin_accounts"), "paused")
        self.assertEqual(self.count("workspaces WHERE paused_at IS NULL"), 0)

    def test_an_opt_out_stays_though_another_change_came_before_the_catch_up(self):
        backup = self.prepare_draft()
        self.samctl("person", "set", "c-0", "opted_out")
        self.wait_until_told()
        self.restore(backup)
        self.samctl("person", "hold", "c-0")  # it does not know that there is an opt-out
        self.start_both()
        self.assertEqual(self.people(), {"opted_out": 1, "approved": 2})

    def test_what_an_operator_changes_has_a_version_that_no_restore_turns_back(self):
        backup = self.prepare_draft()
        self.samctl("person", "hold", "c-0", "--reason", "first")
        lost = self.version_of("c-0")
        self.wait_until_told()
        self.restore(backup)
        self.samctl("person", "hold", "c-0", "--reason", "second")
        self.assertGreater(self.version_of("c-0"), lost)
        self.start_both()
        held = "SELECT hold_reason FROM campaign_prospects WHERE vanity = 'c-0'"
        self.assertEqual(self.database.value(held), "second")

    def paused_again(self):
        """A backup made in a first pause, restored; the ledger holds a second one."""
        self.prepare_draft()
        self.samctl("campaign", "start", "c")
        self.samctl("campaign", "pause", "c")
        self.samctl("person", "hold", "c-0")
        self.wait_until_told()
        backup = self.dump()
        self.samctl("campaign", "resume", "c")
        self.samctl("campaign", "pause", "c")
        self.wait_until_told()
        self.restore(backup)

    def samctl_side_by_side(self, *commands):
        with concurrent.futures.ThreadPoolExecutor(len(commands)) as pool:
            return list(pool.map(lambda words: self.samctl_result(*words.split()), commands))

    def test_what_lets_go_waits_for_the_catch_up_and_what_stops_does_not(self):
        self.paused_again()
        self.producer = self.start_producer(ready=False)
        with self.database.sessions("sam-worker"):  # a worker that applies nothing
            self.samctl("person", "set", "c-1", "opted_out")
            refused = self.samctl_side_by_side(
                "campaign resume c", "campaign start c", "person release c-0",
                "account resume anna", "approve --campaign c --all", "resume --all",
                "campaign update c.json")  # fmt: skip
            for done in refused:
                self.assertEqual(done.returncode, 1, done)
                self.assertIn("nothing was changed: the ledger is still being applied", done.stderr)
            self.worker = self.start_worker(ready=False)
            self.assertNotIn("note:", self.samctl("campaign", "resume", "c"))  # it waits
        self.assertEqual(self.campaign_status("c"), "running")
        self.assertEqual(self.people(), {"opted_out": 1, "approved": 2})

    def test_what_lets_go_waits_for_a_program_that_connects_again(self):
        self.prepare_draft()
        self.assertEqual(self.producer.stop(), 0)
        self.assertEqual(self.worker.stop(), 0)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            with self.database.sessions("sam-producer"):
                resume = pool.submit(self.samctl, "campaign", "start", "c")
                asking = (
                    "pg_stat_activity WHERE application_name = 'samctl' "
                    "AND datname = current_database()"
                )
                self.wait_for("samctl to ask", lambda: self.count(asking))
                with self.database.sessions("sam-producer (applied 0, 0 halted)"):
                    self.assertNotIn("note:", resume.result())
            with self.database.sessions("sam-worker util"):  # alone for long: as if nothing ran
                self.samctl("campaign", "pause", "c")
                self.assertIn("note:", self.samctl("campaign", "resume", "c"))

    def test_what_lets_go_while_nothing_runs_yields_to_the_ledger(self):
        self.paused_again()
        said = self.samctl("campaign", "resume", "c")
        self.assertIn("a later pause or stop there goes before this change", said)
        self.assertEqual(self.campaign_status("c"), "running")
        self.start_both()
        self.assertEqual(self.campaign_status("c"), "paused")

    def version_of(self, vanity):
        return self.database.count(
            f"SELECT version FROM campaign_prospects WHERE vanity = '{vanity}'"
        )

    def test_people_pass_many_statuses_in_one_batch(self):
        self.prepare()
        people = self.campaign("c", "connector", INVITE, 6)
        backup = self.dump()
        self.start_both()
        self.wait_until_sent(6)
        for person in people:
            self.simulator.accept("Uanna", person)
        self.wait_until_completed("c")
        self.restore(backup)
        self.start_both()
        self.wait_until_completed("c")
        self.judge(12)
        self.assertEqual(self.people(), {"completed": 6})
        self.assertEqual(self.refused_batches(), [])

    def test_items_that_were_refused_in_one_batch(self):
        """The backup has them as waiting; they may not go from there to failed at once."""
        self.prepare()
        self.start_both()
        start_at = moments.text(moments.now() + TWO_HOURS)
        self.campaign("c", "connector", INVITE, 2, start_at=start_at)
        self.wait_for("all to be planned", lambda: self.items() == {"pending": 2})
        backup = self.dump()
        self.simulator.fault(route="invite", action="status", status=422,
                             type="errors/invalid_recipient", count=2)  # fmt: skip
        self.database.shift_clock("3 hours")
        self.wait_for("both to be refused", lambda: self.items() == {"failed": 2})
        self.restore(backup)
        self.assertEqual(self.items(), {"pending": 2})
        self.database.shift_clock("3 hours")
        self.start_both()
        self.assertEqual(self.items(), {"failed": 2})
        self.assertEqual(self.people(), {"failed": 2})
        self.assertEqual(self.refused_batches(), [])


if __name__ == "__main__":
    unittest.main()
