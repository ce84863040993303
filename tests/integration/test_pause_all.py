"""The switch for everything: `samctl pause --all` and `resume --all`."""

import unittest

from campaign_test import HELLO
from restore_test import RestoreTest


class PauseAll(RestoreTest):
    def start_some(self, people=36):
        self.prepare(options=["--latency", "100"])
        self.start_both()
        self.campaign("c", "messenger", HELLO, people)
        self.wait_until_sent(6)

    def reasons(self):
        rows = self.database.rows("SELECT DISTINCT reason FROM send_queue WHERE status = 'pending'")
        return {row["reason"] for row in rows}

    def why(self, person):
        return {answer["reason"] for answer in self.samctl_json("why", person)}

    def test_it_reaches_what_is_in_kafka_and_outlasts_restarts(self):
        self.start_some()
        self.assertIn("no call begins any more", self.samctl("pause", "--all"))
        calls = self.calls_end(within=5)
        self.assertLess(self.simulator.audit()["writes"], 36)
        self.assertIn("EVERYTHING IS PAUSED since", self.samctl("status"))
        self.assertIn("resume --all", self.samctl("doctor"))
        self.assertIn("paused already", self.samctl("pause", "--all"))
        self.wait_for("the reason to be told", lambda: "all_paused" in self.reasons())
        self.assertEqual(self.worker.stop(), 0)
        self.assertEqual(self.producer.stop(), 0)
        self.start_both()
        self.campaign("later", "messenger", HELLO, 4)  # what comes meanwhile waits too
        self.wait_for("it to wait for that", lambda: self.why("later-0") == {"all_paused"})
        self.assertEqual(self.calls_end(), calls)
        self.assertIn("they go on", self.samctl("resume", "--all"))
        self.wait_until_completed("c")
        self.wait_until_completed("later")
        self.assertIn("nothing was paused", self.samctl("resume", "--all"))
        self.judge(40)

    def test_a_restore_knows_it(self):
        """An older backup that knows of no pause, and one that knows of a pause only."""
        self.start_some()
        running = self.dump()
        self.samctl("pause", "--all")
        calls = self.calls_end(within=5)
        paused = self.dump()
        self.wait_until_told()
        self.restore(running)
        self.start_both()
        self.assertEqual(self.calls_end(), calls)
        self.samctl("resume", "--all")
        self.wait_until_told()
        self.restore(paused)
        self.start_both()
        self.wait_until_completed("c")
        self.judge(36)

    def test_an_account_that_was_paused_on_its_own_stays_so(self):
        self.start_some()
        self.samctl("account", "pause", "anna")
        self.samctl("pause", "--all")
        self.calls_end(within=5)
        self.samctl("resume", "--all")
        self.wait_for("ben to be through", lambda: self.open_of("ben") == 0, 60)
        self.assertGreater(self.open_of("anna"), 0)

    def open_of(self, account):
        return self.count(
            "campaign_prospects p JOIN linkedin_accounts a ON a.id = p.account_id "
            f"WHERE a.name = '{account}' AND p.status = 'approved'"
        )

    def test_one_workspace_of_two(self):
        self.start_some()
        self.samctl("workspace", "add", "other")
        self.assertIn("0 accounts", self.samctl("--workspace", "other", "pause", "--all"))
        self.wait_until_completed("c")
        rows = self.samctl_json("workspace", "list")
        paused = {row["workspace"]: bool(row["paused_at"]) for row in rows}
        self.assertEqual(paused, {"w": False, "other": True})
        self.assertIn("2 workspaces,", self.samctl("pause", "--all"))  # all are told again
        self.assertIn("2 workspaces,", self.samctl("resume", "--all"))

    def test_wrong_words(self):
        self.prepare()
        for command in ("pause", "resume"):
            done = self.samctl_result(command)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--all", done.stderr)
        done = self.samctl_result("--workspace", "nobody", "pause", "--all")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no workspace nobody", done.stderr)

    def test_without_a_producer_it_stops_and_says_what_is_missing(self):
        self.start_some()
        self.assertEqual(self.producer.stop(), 0)
        self.assertIn("not in the ledger yet", self.samctl("pause", "--all"))
        self.calls_end(within=1)


if __name__ == "__main__":
    unittest.main()
