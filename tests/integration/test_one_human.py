"""One human, several campaigns and accounts: one first contact (P1)."""

import unittest

from campaign_test import HELLO, CampaignTest


class OneHuman(CampaignTest):
    def both(self, people):
        """The same people in a campaign of anna and in one of ben, due at the same moment."""
        self.prepare()
        for name, account in (("first", "anna"), ("second", "ben")):
            self.accounts = (account,)
            self.campaign(name, "messenger", HELLO, people, start=False)
        self.samctl("campaign", "start", "first")
        self.samctl("campaign", "start", "second")
        self.start_both()

    def test_two_accounts_at_the_same_moment(self):
        people = [f"ACoAAA{n:08d}abcdefghijklmnopqrstuvwxyz" for n in range(8)]
        self.both(people)
        self.wait_until_ended(60)
        self.judge(len(people))
        self.assertEqual(self.people(), {"completed": 8, "failed": 8})
        self.assertEqual(
            self.count("campaign_prospects WHERE status_reason = 'already_contacted'"), 8
        )
        self.assertNotIn("claim_failed", self.worker.log())

    def test_by_their_public_names(self):
        people = [f"person-{n}" for n in range(4)]
        self.both(people)
        self.wait_until_ended(60)
        self.judge(len(people))

    def test_who_is_connected_already_has_a_first_contact_too(self):
        """No invitation goes out; the follow-up is what the human hears of us first."""
        self.prepare(scenario={"accounts": [{"id": "Uanna"}, {"id": "Uben"}],
                               "people": [{"slug": "kim", "degree": 1}]})  # fmt: skip
        follow_up = {"connection_request": "Hi", "follow_up_1": {"after": "0s", "text": "Hello"}}
        self.accounts = ("anna",)
        self.campaign("first", "connector", follow_up, ["kim"])
        self.start_both()
        self.wait_until_completed("first")
        self.assertEqual(self.arrived(), {"kim": ["chats"]})
        for name, kind, account, texts in (("second", "messenger", "ben", HELLO),
                                           ("third", "connector", "anna", follow_up)):  # fmt: skip
            self.accounts = (account,)
            self.campaign(name, kind, texts, ["kim"])
            self.wait_until_completed(name)
        self.judge(1)
        reasons = "campaign_prospects WHERE status_reason = 'already_contacted'"
        self.assertEqual(self.count(reasons), 2)


if __name__ == "__main__":
    unittest.main()
