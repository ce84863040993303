"""deploy/runbooks/queue.md: every command on it is run, and shows what the page says it shows."""

import os
import re
import unittest

import runbooks
from campaign_test import HELLO, CampaignTest


class QueuePage(CampaignTest):
    def setUp(self):
        super().setUp()
        self.config["limits"]["spacing"] = "1h"
        self.prepare()
        self.start_both()
        self.campaign("hello", "messenger", HELLO, 6)
        self.wait_until_sent(2)
        self.anna = self.database.value("SELECT id FROM linkedin_accounts WHERE name = 'anna'")
        (_, top), *self.commands = runbooks.blocks("queue.md")
        self.shell = runbooks.Shell(self.folder, runbooks.head() + top, {
            "BROKERS": self.kafka.address, "PREFIX": self.topic_prefix, "ACCOUNT": self.anna,
        })  # fmt: skip

        self.shell.link(os.path.join(self.bin, "samctl"))

    def follow(self, heading, *checks):
        """Runs the commands below a heading, each with its check; both must be as many."""
        texts = [text for above, text in self.commands if above == heading]
        self.assertEqual(len(texts), len(checks), heading)
        for text, check in zip(texts, checks):
            check(self.shell.run(text))
        self.followed.append(heading)

    def test_every_command_of_the_page(self):
        self.followed = []
        self.kafka.produce(self.topic("sam.jobs"), "no job", self.anna, ["ce_type=sam.job.v1"])
        accounts = [text for above, text in self.commands if above.startswith("What waits")][0]
        self.wait_for("what waits", lambda: self.shell.run(accounts).count('"waiting":2') == 2, 40)
        self.wait_for("the dead letter", lambda: self.kafka.records(self.topic("dlq.sam.jobs")))
        self.follow("What waits for each account, and why", self.all_accounts, self.reasons,
                    self.one_account)  # fmt: skip
        self.follow("Lag: does anybody work?", self.lag, self.described, self.offsets)
        self.follow("One account's jobs", self.jobs)
        self.follow("One account's history", self.history)
        self.follow("Dead letters", self.listed, self.dead_letter, self.dead_letter, self.left)
        self.replay()
        self.assertEqual(set(self.followed), {heading for heading, _ in self.commands})

    # ---- what each shows ----

    def all_accounts(self, out):
        lines = out.splitlines()
        self.assertEqual(len(lines), 2, out)
        self.assertEqual(len([line for line in lines if line.startswith(self.anna + " {")]), 1)

    def reasons(self, out):
        counts = [line.split() for line in out.splitlines()]
        self.assertEqual(sum(int(count) for count, _ in counts), 2, out)
        self.assertRegex(out, r'^ *\d "reason":"(scheduled|spacing)"')

    def one_account(self, out):
        last = out.splitlines()[-1]
        pieces = ('"waiting":2', '"calls_today":1', '"status":"active"', '"next_at"')
        for piece in (self.anna, *pieces):
            self.assertIn(piece, last)

    def lag(self, out):
        rows = [line.split() for line in out.splitlines() if line.strip()]
        header = next(row for row in rows if "LAG" in row)
        found = {(row[0], row[1]): row for row in rows if row[0] != "GROUP"}
        jobs = self.topic("sam.jobs")
        group = jobs[: -len("sam.jobs")] + "sam-workers"
        row = found[group, jobs]
        self.assertRegex(row[header.index("LAG")], r"^(0|-)$")
        self.assertRegex(row[header.index("CONSUMER-ID")], "^sam-worker")
        self.assertIn((group[: -len("workers")] + "ledger", self.topic("sam.events")), found)

    def described(self, out):
        for name in ("sam.jobs", "sam.sync", "sam.events", "sam.accounts", "dlq.sam.jobs"):
            self.assertIn(f"Topic: {self.topic(name)}\t", out)
        (accounts,) = re.findall(rf"Topic: {self.topic('sam.accounts')}\t.*Configs: (.*)", out)
        self.assertIn("cleanup.policy=compact", accounts)

    def offsets(self, out):
        ends = [int(line.rsplit(":", 1)[1]) for line in out.splitlines()]
        self.assertEqual(len(ends), 4, out)
        self.assertGreaterEqual(sum(ends), 4)  # the starts and ends of two attempts

    def jobs(self, out):
        job = self.database.value("SELECT item_id FROM send_attempts WHERE kind = 'message' "
                                  f"AND account_id = '{self.anna}'")  # fmt: skip
        self.assertIn(f'"item_id":"{job}"', out)
        self.assertTrue(all(line.startswith(self.anna) for line in out.splitlines()), out)

    def history(self, out):
        started, ended = out.find("sam.attempt.started.v1"), out.find("sam.attempt.ended.v1")
        self.assertTrue(0 <= started < ended, out)
        self.assertIn('"outcome":"sent"', out)

    def listed(self, out):
        for piece in (self.topic("sam.jobs"), "not JSON", self.anna):
            self.assertIn(piece, out)
        self.assertNotIn("no job", out)

    def left(self, out):
        self.assertIn("0 put back, 1 left alone", out)

    def dead_letter(self, out):
        self.assertIn("sam_reason", out)
        self.assertIn(self.topic("sam.jobs"), out)
        self.assertIn("no job", out)

    def replay(self):
        """Set back to the beginning, all of it is read again, and nothing is sent twice."""
        self.assertEqual(self.worker.stop(), 0)
        self.follow("Replay", lambda out: self.assertIn(self.topic("sam.jobs"), out))
        self.worker = self.start_worker()
        records = 'sam_records_consumed_total{topic="sam.jobs"}'
        self.wait_for("the jobs to be read again", lambda: self.worker.metric(records) >= 3)
        dead = self.topic("dlq.sam.jobs")
        self.wait_for("the dead letter again", lambda: len(self.kafka.records(dead)) == 2)
        self.judge(2)


if __name__ == "__main__":
    unittest.main()
