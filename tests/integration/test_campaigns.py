"""Both kinds of campaign from CSV to their end, judged by what arrived at the simulator."""

import unittest

from campaign_test import CampaignTest


class Connector(CampaignTest):
    TEMPLATES = {
        "connection_request": "Hi {first_name|there}",
        "follow_up_1": {"after": "1s", "text": "Thanks {first_name}"},
        "follow_up_2": {"after": "1s", "text": "Again {first_name}"},
    }

    def test_everybody_accepts_and_gets_every_message_once(self):
        self.prepare(options=["--accept-percent", "100", "--accept-after", "500"])
        self.start_worker()
        self.start_producer()
        self.campaign("all", "connector", self.TEMPLATES, 6)
        self.wait_until_ended()
        self.assertEqual(self.people(), {"completed": 6})
        self.judge(18)
        self.wait_for("the campaign to complete", self.completed, 20)
        order = self.database.rows(
            "SELECT string_agg(message_type, ' ' ORDER BY sent_at) AS types, "
            "bool_and(gap >= interval '1 second') AS late FROM (SELECT *, sent_at - lag(sent_at) "
            "OVER (PARTITION BY prospect_id ORDER BY sent_at) AS gap FROM campaign_messages) m "
            "GROUP BY prospect_id"
        )
        self.assertEqual(
            {row["types"] for row in order}, {"connection_request follow_up_1 follow_up_2"}
        )
        self.assertEqual({row["late"] for row in order}, {"t"})

    def completed(self):
        return self.database.value("SELECT status FROM campaigns") == "completed"

    def test_nobody_accepts_and_they_end_after_give_up(self):
        self.prepare()
        self.start_worker()
        self.start_producer()
        self.campaign("none", "connector", self.TEMPLATES, 3, give_up_after="3s")
        self.wait_until_ended()
        self.assertEqual(self.people(), {"completed": 3})
        reasons = self.database.rows("SELECT DISTINCT status_reason AS r FROM campaign_prospects")
        self.assertEqual([row["r"] for row in reasons], ["never_accepted"])
        self.judge(3)

    def test_who_is_a_connection_already_gets_follow_ups_only(self):
        self.prepare(options=["--accept-percent", "100", "--accept-after", "0"])
        self.start_worker()
        self.start_producer()
        self.campaign("one", "connector", {"connection_request": "Hi"}, ["kim"])
        self.wait_until_ended()
        self.judge(1)

    def test_the_note_is_rendered_for_each(self):
        self.prepare()
        self.start_worker()
        self.start_producer()
        self.campaign("note", "connector", self.TEMPLATES, 2)
        self.wait_for("two invitations", lambda: self.sent() == 2)
        texts = self.database.rows("SELECT message FROM send_queue ORDER BY message")
        self.assertEqual([row["message"] for row in texts], ["Hi N0", "Hi N1"])


class Messenger(CampaignTest):
    TEMPLATES = {
        "direct_message_1": "Hello {first_name|there}",
        "direct_message_2": {"after": "2s", "text": "Still there, {first_name}?"},
    }

    def test_everybody_gets_both_messages_once(self):
        self.prepare()
        self.start_worker()
        self.start_producer()
        self.campaign("both", "messenger", self.TEMPLATES, 8)
        self.wait_until_ended()
        self.assertEqual(self.people(), {"completed": 8})
        self.judge(16)

    def test_a_reply_stops_the_follow_up(self):
        self.prepare(options=["--reply-percent", "100", "--reply-after", "200"])
        self.start_worker()
        self.start_producer()
        self.campaign("reply", "messenger", self.TEMPLATES, 6)
        self.wait_until_ended()
        self.assertEqual(self.people(), {"replied": 6})
        self.judge(6)
        self.assertEqual(self.count("inbound_messages"), 6)

    def test_the_same_human_in_two_campaigns_is_written_to_once(self):
        self.prepare()
        self.start_worker()
        self.start_producer()
        people = ["kim", "lee"]
        self.campaign("first", "messenger", {"direct_message_1": "Hello"}, people)
        self.campaign("second", "messenger", {"direct_message_1": "Hi"}, people)
        self.wait_until_ended()
        self.assertEqual(self.people(), {"completed": 2, "failed": 2})
        self.judge(2)

    def test_the_daily_cap_holds(self):
        self.config["limits"]["daily_cap"] = 2
        self.prepare()
        self.start_worker()
        self.start_producer()
        self.campaign("cap", "messenger", {"direct_message_1": "Hello"}, 10)
        self.wait_for("four messages", lambda: self.sent() == 4)
        self.samctl("account", "set", "anna", "--spacing", "200ms")  # kicks the account
        self.wait_for("both accounts at rest", self.nothing_outstanding)
        self.judge(4)
        self.assertEqual(self.simulator.audit(daily_cap=2)["cap_breaks"], 0)

    def nothing_outstanding(self):
        return self.count("send_queue WHERE status IN ('published', 'sending')") == 0


if __name__ == "__main__":
    unittest.main()
