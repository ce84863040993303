"""Postgres restored from an older backup: it relearns from the ledger, nothing goes twice."""

import unittest

from restore_test import RestoreTest

TEXTS = {
    "direct_message_1": "Hello {first_name}",
    "direct_message_2": {"after": "1s", "text": "Again {first_name}"},
    "direct_message_3": {"after": "1s", "text": "Bye {first_name}"},
}


class Restore(RestoreTest):
    def go_on_to_the_end(self, sends):
        self.start_both()
        self.wait_until_completed("c")
        self.wait_until_ended()
        self.judge(sends)
        self.assertEqual(self.people(), {"completed": 12})
        self.assertEqual(self.items(), {"sent": sends})

    def test_a_backup_from_before_the_first_message(self):
        self.prepare()
        self.campaign("c", "messenger", TEXTS, 12)
        backup = self.dump()
        self.start_both()
        self.wait_until_sent(20)  # second messages among them, of items the backup does not have
        self.restore(backup)
        self.go_on_to_the_end(36)

    def test_a_backup_from_the_middle_of_a_running_campaign(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", TEXTS, 12)
        self.wait_until_sent(8)
        backup = self.dump()
        self.wait_until_completed("c")
        self.restore(backup)
        self.go_on_to_the_end(36)

    def test_follow_ups_keep_their_delays_over_many_steps(self):
        texts = {f"direct_message_{i}": {"after": "1s", "text": f"No. {i}"} for i in range(2, 6)}
        texts["direct_message_1"] = "Hello"
        texts["direct_message_6"] = {"after": "3h", "text": "The last"}
        self.prepare()
        self.campaign("c", "messenger", texts, 2)
        backup = self.dump()
        self.start_both()
        self.wait_until_sent(10)
        self.restore(backup)
        self.start_both()
        planned = (
            "send_queue i JOIN campaign_prospects p ON p.id = i.prospect_id WHERE i.step = 5 "
            "AND i.status = 'pending' AND i.scheduled_for >= p.last_sent_at + interval '3 h'"
        )
        self.wait_for("the last ones to be planned", lambda: self.count(planned) == 2)
        self.judge(10)

    def test_a_call_that_was_refused_after_the_backup_is_planned_anew(self):
        self.prepare()
        self.campaign("c", "messenger", TEXTS, 12)
        backup = self.dump()
        self.simulator.fault(
            route="chats", action="status", status=422, type="errors/cannot_resend_yet", count=2
        )
        self.start_both()
        resting = "linkedin_accounts WHERE status = 'resting'"
        self.wait_for("refusals", lambda: self.count(resting) == 2)
        self.restore(backup)
        self.assertEqual(self.count(resting), 0)
        self.start_both()
        self.wait_for("them to be known again", lambda: self.count(resting) == 2)
        self.assertEqual(self.count("send_queue WHERE message = '' AND status = 'pending'"), 0)
        # the rest is over, and what was planned for after it comes sooner
        self.database.execute("UPDATE linkedin_accounts SET rest_until = sam_now()")
        for account in self.accounts:
            self.samctl("account", "resume", account)
            self.samctl("account", "set", account, "--spacing", f"{self.spacing_ms}ms")
        self.wait_until_completed("c")
        self.judge(36)
        self.assertEqual(self.people(), {"completed": 12})
        for person, texts in self.texts().items():
            self.assertEqual([text.split()[0] for text in texts], ["Hello", "Again", "Bye"], person)


if __name__ == "__main__":
    unittest.main()
