"""Several producers and workers, which come, go and die; pause and stop with jobs in Kafka."""

import json
import signal
import time
import unittest

from campaign_test import HELLO, CampaignTest
from sam_test import full_length


class Fleet(CampaignTest):
    accounts = ("a1", "a2", "a3", "a4", "a5", "a6")

    def wait_until_nothing_waits(self, seconds=60):
        """Unknown items may stay: they stand for a person to settle."""
        waiting = "send_queue WHERE status IN ('pending', 'published', 'sending')"
        self.wait_for("messages to be planned", lambda: self.count("send_queue") > 0)
        self.wait_for("nothing to wait", lambda: self.count(waiting) == 0, seconds)

    def wait_for_calls_under_way(self, count=3):
        self.wait_for("calls under way", lambda: self.items()["sending"] >= count)

    def judge_with_unknowns(self, people):
        """Everybody was written to once at most; who is not `sent` is `unknown`."""
        items = self.items()
        self.assertEqual(items["unknown"] + items["sent"], people, items)
        accepted = self.not_twice()["accepted"]
        self.assertLessEqual(items["sent"], accepted)
        self.assertLessEqual(accepted, people)
        return items


class Producers(Fleet):
    def test_two_producers_do_no_work_twice(self):
        self.prepare()
        self.start_both()
        self.start_producer()
        self.campaign("two", "messenger", HELLO, 48)
        self.wait_until_completed("two")
        self.assertEqual(self.people(), {"completed": 48})
        self.judge(48)
        jobs = self.kafka.records(self.topic("sam.jobs"))
        self.assertEqual(len(jobs), 48)  # one job an item
        self.assertEqual({record["headers"]["ce_type"] for record in jobs}, {"sam.job.v1"})

    def test_a_producer_that_is_killed_leaves_nothing_undone(self):
        self.prepare()
        self.start_both()
        self.campaign("crash", "messenger", HELLO, 48)
        # Killed between the commit and Kafka, it leaves published items that nobody can claim: the
        # sweep returns them after two minutes.
        for sends in (8, 20):
            self.wait_until_sent(sends, 180)
            self.producer.kill()
            self.producer = self.start_producer()
        self.wait_until_ended(180)
        self.judge(48)


class Workers(Fleet):
    def setUp(self):
        super().setUp()
        # What is unknown stays so here: it is looked for with the replies (test_reconcile).
        self.config["producer"]["replies_every"] = "1h"

    def test_workers_join_and_leave_and_no_send_is_lost(self):
        self.prepare(options=["--latency", "50-300"])
        self.start_both()
        self.campaign("join", "messenger", HELLO, 90)
        self.wait_until_sent(10)
        second = self.start_worker()
        third = self.start_worker()
        self.wait_until_sent(30)
        self.assertEqual(self.worker.stop(), 0)
        self.wait_until_sent(50, 60)
        self.assertEqual(second.stop(), 0)
        self.wait_until_completed("join")
        self.assertTrue(third.running())
        self.judge(90)

    def test_sigterm_cuts_no_call_off(self):
        self.prepare(options=["--latency", "1500"])
        self.start_both()
        self.campaign("drain", "messenger", HELLO, 12)
        self.wait_for_calls_under_way()
        self.assertEqual(self.worker.stop(seconds=10), 0)
        self.assertGreater(self.every_start_has_its_end(), 0)
        self.start_worker()
        self.wait_until_completed("drain")
        self.judge(12)

    def test_others_take_the_partitions_while_a_long_call_ends(self):
        self.prepare()
        self.config["unipile"]["timeout"] = "30s"
        self.config["worker"]["drain_timeout"] = "60s"
        self.write_config()
        self.simulator.fault(route="chats", action="delay", delay_ms=20_000, account="Ua1")
        self.start_both()
        self.campaign("long", "messenger", HELLO, 60)
        self.wait_until_sent(6)
        second = self.start_worker()
        self.worker.signal(signal.SIGHUP)  # its terminal is gone: it drains as on SIGTERM
        owned = 'sam_assigned_partitions{topic="sam.jobs"}'
        self.wait_for("its partitions", lambda: second.metric(owned) == 4, 6)
        others = "send_queue WHERE status <> 'sent'"
        self.wait_for("the other accounts", lambda: self.count(others) == 10, 60)
        self.assertEqual(self.worker.metric("sam_calls_in_flight"), 1)
        self.assertEqual(self.worker.wait_exit(60), 0)
        self.wait_until_completed("long")
        self.judge(60)
        self.producer.signal(signal.SIGHUP)
        self.assertEqual(self.producer.wait_exit(), 0)

    def every_start_has_its_end(self):
        """What the ledger holds when nobody writes: each attempt was told to its end, `sent`, and
        so the simulator has it. Returns how many."""
        attempts = {"sam.attempt.started.v1": [], "sam.attempt.ended.v1": []}
        for record in self.kafka.records(self.topic("sam.events")):
            if record["headers"]["ce_type"] in attempts:
                event = json.loads(record["value"])
                attempts[record["headers"]["ce_type"]].append(event["attempt_id"])
                self.assertEqual(event.get("outcome", "sent"), "sent")
        started, ended = (sorted(ids) for ids in attempts.values())
        self.assertEqual(started, ended)
        self.assertEqual(self.simulator.audit()["accepted"], len(ended))
        return len(ended)

    def test_a_drain_that_takes_too_long_ends_at_its_timeout(self):
        self.config["worker"]["drain_timeout"] = "1s"
        self.prepare(options=["--latency", "2500"])
        self.start_both()
        self.campaign("slow", "messenger", HELLO, 6)
        self.wait_for_calls_under_way()
        self.assertEqual(self.worker.stop(seconds=2.4), 0)
        self.assertIn("how=drain_timeout", self.worker.log())
        self.start_worker()  # applies what the first one could still tell
        self.wait_for("outcomes", lambda: self.items()["unknown"] >= 3)
        self.wait_until_nothing_waits()
        self.judge_with_unknowns(6)

    def test_a_second_sigterm_ends_a_worker_at_once(self):
        self.prepare(options=["--latency", "2500"])
        self.start_both()
        self.campaign("slow", "messenger", HELLO, 6)
        self.wait_for_calls_under_way()
        self.worker.signal(signal.SIGTERM)
        self.wait_for("the drain", lambda: "draining" in self.worker.log())
        self.assertEqual(self.worker.stop(seconds=2), 1)
        self.processes.remove(self.worker)  # 1 is what it must say
        self.start_worker()
        self.wait_until_nothing_waits()
        self.judge_with_unknowns(6)

    def test_what_a_killed_worker_leaves_is_unknown_and_its_accounts_go_on(self):
        self.prepare(options=["--latency", "1000"])
        self.start_both()
        others = [self.start_worker(), self.start_worker()]
        self.campaign("kill", "messenger", HELLO, 36)
        workers = [self.worker, *others]
        victim = self.wait_for("a worker with calls under way", lambda: next(
            (w for w in workers if w.metric("sam_calls_in_flight") > 0), None))  # fmt: skip
        victim.kill()
        for worker in workers:
            if worker is not victim:
                self.assertTrue(worker.running())
        self.wait_until_nothing_waits(120)
        items = self.judge_with_unknowns(36)
        self.assertGreater(items["unknown"], 0)
        left = self.samctl_json("unknown", "list")
        self.assertEqual(len(left), items["unknown"])
        self.accounts_went_on()

    def accounts_went_on(self):
        """After the moment of an unknown attempt its account has sent to somebody else."""
        self.assertEqual(
            self.count(
                "send_queue u WHERE u.status = 'unknown' AND NOT EXISTS (SELECT FROM "
                "send_attempts t JOIN send_attempts mine ON mine.id = u.attempt_id "
                "WHERE t.account_id = u.account_id "
                "AND t.outcome = 'sent' AND t.started_at > mine.started_at)"
            ),
            0,
        )

    @full_length
    def test_a_worker_that_was_frozen_for_long_sends_nothing_late(self):
        self.prepare(options=["--latency", "500"])
        self.start_both()
        self.campaign("freeze", "messenger", HELLO, 60)
        self.wait_for_calls_under_way()
        self.worker.freeze()
        self.start_worker(ready=False)
        self.wait_for("the other to go on", lambda: self.sent() > 12, 60)
        self.wait_for("the frozen calls to be given up", lambda: self.items()["unknown"] > 0, 60)
        self.worker.thaw()
        self.wait_until_nothing_waits(120)
        self.judge_with_unknowns(60)


class Stops(CampaignTest):
    def start_some(self, people=36):
        self.prepare(options=["--latency", "100"])
        self.start_both()
        self.campaign("stop", "messenger", HELLO, people)
        self.wait_until_sent(6)

    def test_pause_reaches_what_is_in_kafka_and_resume_goes_on(self):
        self.start_some()
        self.samctl("campaign", "pause", "stop")
        self.assertLess(self.writes_end(within=5), 36)
        self.samctl("campaign", "resume", "stop")
        self.wait_until_completed("stop")
        self.judge(36)

    def test_stop_is_final_and_reaches_what_is_in_kafka(self):
        self.start_some()
        self.samctl("campaign", "stop", "stop")
        stopped_at = self.writes_end(within=5)
        self.assertLess(stopped_at, 36)
        self.judge(stopped_at)
        items = self.items()
        self.assertEqual(items["sent"] + items["cancelled"], sum(items.values()), items)

    def test_a_paused_account_sends_nothing_and_the_other_goes_on(self):
        self.start_some(120)
        self.samctl("account", "pause", "anna")
        pause = self.now_ms()
        self.wait_for("ben to go on for long after it", lambda: [
            c for c in self.calls() if self.is_after(c, "Uben", pause + 9_000)])  # fmt: skip
        late = [c for c in self.simulator.journal() if self.is_after(c, "Uanna", pause + 5_000)]
        self.assertEqual(late, [])  # no look for replies either
        self.assertGreater(self.waiting("anna"), 0)
        resume = self.now_ms()
        self.samctl("account", "resume", "anna")
        self.wait_for("anna to go on", lambda: [
            c for c in self.calls() if self.is_after(c, "Uanna", resume)])  # fmt: skip
        self.samctl("campaign", "stop", "stop")
        self.judge(self.writes_end(within=5))

    def now_ms(self):
        """On the simulator's clock, which is the machine's."""
        return time.time() * 1000

    def is_after(self, call, account, at_ms):
        return call["account"] == account and call["at_ms"] > at_ms

    def waiting(self, account):
        return self.count(
            "campaign_prospects p JOIN linkedin_accounts a ON a.id = p.account_id "
            f"WHERE a.name = '{account}' AND p.status = 'approved'"
        )


if __name__ == "__main__":
    unittest.main()
