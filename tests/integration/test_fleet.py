"""Several producers and workers; workers that come, go and die; pause, stop with jobs in Kafka."""

import time
import unittest

from campaign_test import CampaignTest

ONE = {"direct_message_1": "Hello {first_name}"}


class Fleet(CampaignTest):
    accounts = ("a1", "a2", "a3", "a4", "a5", "a6")

    def test_two_producers_do_no_work_twice(self):
        self.prepare()
        self.start_worker()
        self.start_producer()
        self.start_producer()
        self.campaign("two", "messenger", ONE, 60)
        self.wait_until_ended()
        self.assertEqual(self.people(), {"completed": 60})
        self.judge(60)
        self.assertEqual(self.database.value("SELECT max(dispatch) FROM send_queue"), "1")

    def test_workers_join_and_leave(self):
        self.prepare(options=["--latency", "50-300"])
        first = self.start_worker()
        self.start_producer()
        self.campaign("join", "messenger", ONE, 90)
        self.wait_for("ten sends", lambda: self.sent() >= 10)
        second = self.start_worker()
        third = self.start_worker()
        self.wait_for("thirty sends", lambda: self.sent() >= 30)
        self.assertEqual(first.stop(), 0)
        self.wait_for("fifty sends", lambda: self.sent() >= 50, 60)
        self.assertEqual(second.stop(), 0)
        self.wait_until_ended(120)
        self.assertTrue(third.running())
        self.judge(90)
        self.assertEqual(self.items(), {"sent": 90})

    def test_sigterm_cuts_no_call_off(self):
        self.prepare(options=["--latency", "1500"])
        worker = self.start_worker()
        self.start_producer()
        self.campaign("drain", "messenger", ONE, 12)
        self.wait_for("calls under way", lambda: self.items()["sending"] >= 3)
        self.assertEqual(worker.stop(), 0)
        audit = self.simulator.audit()
        ends = "send_attempts WHERE kind = 'message' AND outcome"
        self.start_worker()
        self.wait_until_ended()
        self.assertGreater(audit["accepted"], 0)
        self.assertEqual(self.count(f"{ends} = 'unknown'"), 0)
        self.judge(12)

    def test_what_a_killed_worker_leaves_is_unknown_and_not_sent_again(self):
        self.prepare(options=["--latency", "1000"])
        worker = self.start_worker()
        self.start_producer()
        self.campaign("kill", "messenger", ONE, 30)
        self.wait_for("calls under way", lambda: self.items()["sending"] >= 3)
        worker.kill()
        self.start_worker()
        self.wait_until_ended(150)
        items = self.items()
        self.assertGreater(items["unknown"], 0)
        self.assertEqual(items["unknown"] + items["sent"], 30)
        audit = self.simulator.audit(self.spacing_ms)
        self.assertEqual(audit["duplicates"] + audit["refused_duplicates"], 0, audit)
        self.assertEqual(audit["spacing_breaks"], 0, audit)
        self.assertLessEqual(audit["accepted"], 30)
        self.assertGreaterEqual(audit["accepted"], items["sent"])

    def wait_until_ended(self, seconds=90):
        """Unknown items stand for a person: their people wait."""
        waiting = "send_queue WHERE status IN ('pending', 'published', 'sending')"
        self.wait_for("messages to be planned", lambda: self.count("send_queue") > 0)
        self.wait_for("nothing to wait", lambda: self.count(waiting) == 0, seconds)


class Stops(CampaignTest):
    def start_some(self):
        self.prepare(options=["--latency", "100"])
        self.start_worker()
        self.start_producer()
        self.campaign("stop", "messenger", ONE, 60)
        self.wait_for("six sends", lambda: self.sent() >= 6)

    def sends_end(self):
        """Sends end within five seconds of now; how many arrived by then."""
        begun = time.monotonic()
        last, since = self.simulator.audit()["writes"], time.monotonic()
        while time.monotonic() - since < 3:
            self.assertLess(time.monotonic() - begun, 8, "sends go on")
            writes = self.simulator.audit()["writes"]
            if writes != last:
                last, since = writes, time.monotonic()
        self.assertLess(since - begun, 5)
        return last

    def test_pause_reaches_what_is_in_kafka_and_resume_goes_on(self):
        self.start_some()
        self.samctl("campaign", "pause", "stop")
        paused_at = self.sends_end()
        self.assertLess(paused_at, 60)
        self.samctl("campaign", "resume", "stop")
        self.wait_until_ended()
        self.judge(60)

    def test_stop_is_final(self):
        self.start_some()
        self.samctl("campaign", "stop", "stop")
        stopped_at = self.sends_end()
        self.assertEqual(self.simulator.audit()["duplicates"], 0)
        items = self.items()
        self.assertEqual(items["sent"], stopped_at)
        self.assertEqual(items["sent"] + items["cancelled"], sum(items.values()), items)

    def test_a_paused_account_sends_nothing(self):
        self.start_some()
        self.samctl("account", "pause", "anna")
        self.wait_for("ben to end", lambda: self.waiting("ben") == 0, 60)
        waiting = self.waiting("anna")
        self.assertGreater(waiting, 0)
        self.samctl("account", "resume", "anna")
        self.wait_until_ended()
        self.judge(60)

    def waiting(self, account):
        return self.count(
            "campaign_prospects p JOIN linkedin_accounts a ON a.id = p.account_id "
            f"WHERE a.name = '{account}' AND p.status = 'approved'"
        )


if __name__ == "__main__":
    unittest.main()
