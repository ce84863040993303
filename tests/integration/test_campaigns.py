"""Both kinds of campaign from CSV to their end, judged by what arrived at the simulator."""

import unittest

from campaign_test import HELLO, CampaignTest, FridayTest

CONNECTOR = {
    "connection_request": "Hi {first_name|there}",
    "follow_up_1": {"after": "1s", "text": "Thanks {first_name}"},
    "follow_up_2": {"after": "1s", "text": "Again {first_name}"},
}
INVITATION = {"connection_request": "Hi {first_name|there}"}
PLACED = {"scheduled", "not_planned"}


class Connector(CampaignTest):
    def test_everybody_accepts_and_gets_every_message_once_in_order(self):
        self.prepare(options=["--accept-percent", "100", "--accept-after", "500"])
        self.start_both()
        people = self.campaign("all", "connector", CONNECTOR, 6)
        self.wait_until_completed("all")
        self.judge(18)
        self.assertEqual(self.people(), {"completed": 6})
        self.assertEqual(self.arrived(), {p: ["invite", "chats", "chats"] for p in people})
        self.assertEqual(
            self.texts(),
            {p: [f"Hi N{i}", f"Thanks N{i}", f"Again N{i}"] for i, p in enumerate(people)},
        )
        self.delays_are_kept()
        self.assertEqual(len(self.calls("profile")), 6)  # each was looked up once

    def delays_are_kept(self):
        """At least a second lies between the acceptance or a message and the next message, where
        they arrived; by at most a few seconds it is more."""
        last = {}
        for call in self.calls():
            before = last.get(call["person"])
            if before:
                self.assertGreaterEqual(call["at_ms"] - before, 1000, call)
                self.assertLess(call["at_ms"] - before, 15_000, call)
            last[call["person"]] = call["at_ms"]

    def test_only_who_accepts_gets_follow_ups_and_the_others_end_after_give_up(self):
        self.prepare()
        self.start_both()
        people = self.campaign("some", "connector", CONNECTOR, 4, give_up_after="4s")
        self.wait_until_sent(4)
        self.simulator.accept(self.account_of(people[2]), people[2])
        self.wait_until_completed("some")
        self.assertEqual(self.people(), {"completed": 4})
        reasons = self.database.rows("SELECT vanity, status_reason FROM campaign_prospects")
        given_up = {r["vanity"] for r in reasons if r["status_reason"] == "never_accepted"}
        self.assertEqual(given_up, set(people) - {people[2]})
        expected = {p: ["invite"] for p in people}
        expected[people[2]] += ["chats", "chats"]
        self.assertEqual(self.arrived(), expected)
        self.judge(6)

    def test_a_reply_after_the_acceptance_stops_the_follow_ups(self):
        self.prepare(options=["--accept-percent", "100", "--accept-after", "200",
                              "--reply-percent", "100", "--reply-after", "200"])  # fmt: skip
        self.start_both()
        templates = dict(CONNECTOR, follow_up_1={"after": "6s", "text": "Thanks"})
        self.campaign("reply", "connector", templates, 4)
        self.wait_until_completed("reply")
        self.assertEqual(self.people(), {"replied": 4})
        self.judge(4)

    def test_a_reply_that_no_poll_has_seen_stops_the_follow_up_that_is_due(self):
        self.config["producer"]["replies_every"] = "1h"
        self.accounts = ("anna",)
        self.prepare()
        self.start_both()
        templates = dict(CONNECTOR, follow_up_1={"after": "2s", "text": "Thanks"})
        people = self.campaign("look", "connector", templates, 2)
        self.wait_until_sent(2)
        for person in people:
            self.simulator.accept("Uanna", person)
        self.simulator.reply("Uanna", people[0], "Hello, who are you?")
        self.wait_until_completed("look")
        self.assertEqual(self.people(), {"replied": 1, "completed": 1})
        expected = {people[0]: ["invite"], people[1]: ["invite", "chats", "chats"]}
        self.assertEqual(self.arrived(), expected)
        self.judge(4)

    def test_who_is_a_connection_already_gets_follow_ups_only(self):
        people = [{"slug": "kim", "degree": 1}, {"slug": "lee", "accept_after_ms": 0}]
        self.prepare(scenario={"accounts": [{"id": "Uanna"}, {"id": "Uben"}], "people": people})
        self.start_both()
        self.campaign("known", "connector", CONNECTOR, ["kim", "lee"])
        self.wait_until_completed("known")
        self.assertEqual(self.people(), {"completed": 2})
        self.assertEqual(
            self.arrived(), {"kim": ["chats", "chats"], "lee": ["invite", "chats", "chats"]}
        )
        self.judge(5)

    def test_an_invitation_may_go_without_a_note(self):
        self.prepare()
        self.start_both()
        people = self.campaign("bare", "connector", {"connection_request": ""}, 2)
        self.wait_until_sent(2)
        self.assertEqual(self.texts(), {p: [None] for p in people})
        self.judge(2)

    def test_who_is_known_by_id_only_is_looked_up_once_for_their_name(self):
        ids = ["ACoAA0123456789abcdefghijklmnopqrstuvwx", "ACoAA9876543210abcdefghijklmnopqrstuvwx"]
        self.prepare()
        self.start_both()
        self.campaign("ids", "connector", INVITATION, ids)
        self.wait_until_sent(2)
        self.judge(2)
        self.assertEqual(sorted(call["person"] for call in self.calls("profile")), ids)
        named = "campaign_prospects WHERE vanity IS NOT NULL"
        self.wait_for("their names", lambda: self.count(named) == 2)


class Messenger(CampaignTest):
    TEMPLATES = dict(
        HELLO, direct_message_2={"after": "2s", "text": "Still there, {first_name|you}?"}
    )

    def test_everybody_gets_both_messages_once_in_order(self):
        self.prepare()
        self.start_both()
        people = self.campaign("both", "messenger", self.TEMPLATES, 8)
        self.wait_until_completed("both")
        self.assertEqual(self.people(), {"completed": 8})
        self.judge(16)
        self.assertEqual(
            self.texts(),
            {p: [f"Hello N{i}", f"Still there, N{i}?"] for i, p in enumerate(people)},
        )

    def test_a_reply_stops_the_next_message(self):
        self.prepare(options=["--reply-percent", "100", "--reply-after", "200"])
        self.start_both()
        self.campaign("reply", "messenger", self.TEMPLATES, 6)
        self.wait_until_completed("reply")
        self.assertEqual(self.people(), {"replied": 6})
        self.judge(6)
        self.assertEqual(self.count("inbound_messages"), 6)

    def test_an_opt_out_is_told_from_a_reply(self):
        self.prepare()
        self.start_both()
        people = self.campaign("out", "messenger", self.TEMPLATES, 2)
        self.wait_until_sent(2)
        self.simulator.reply(self.account_of(people[0]), people[0], "Please unsubscribe me")
        self.wait_until_completed("out")
        self.assertEqual(self.people(), {"opted_out": 1, "completed": 1})
        self.judge(3)

    def test_the_same_human_in_two_campaigns_is_written_to_once(self):
        self.prepare()
        self.start_both()
        people = ["kim", "lee"]
        self.campaign("first", "messenger", HELLO, people)
        self.campaign("second", "messenger", {"direct_message_1": "Hi"}, people)
        self.wait_until_ended()
        self.assertEqual(self.people(), {"completed": 2, "failed": 2})
        self.judge(2)

    def test_two_campaigns_share_an_account_in_turns_and_keep_its_spacing(self):
        self.accounts = ("anna",)
        self.prepare()
        for name in ("one", "two"):
            self.campaign(name, "messenger", HELLO, 5)
        self.start_both()
        for name in ("one", "two"):
            self.wait_until_completed(name)
        self.judge(10)
        names = self.names()
        turns = [names[call["person"]][:3] for call in self.calls()]
        self.assertEqual(sorted(turns[:4]), ["one", "one", "two", "two"], turns)


class Limits(FridayTest):
    def reasons(self, people):
        """What `samctl why` says about who waits for the first message: the reasons."""
        found = [self.samctl_json("why", person)[0] for person in people]
        self.assertTrue(all(answer["next_at"] for answer in found), found)
        return {answer["reason"] for answer in found}

    def waiting(self):
        rows = self.database.rows("SELECT vanity, contacted_at FROM campaign_prospects")
        return [row["vanity"] for row in rows if not row["contacted_at"]]

    def test_the_daily_cap_holds_day_after_day(self):
        self.config["limits"]["daily_cap"] = 2
        self.prepare_on_friday()
        self.start_both()
        self.campaign("cap", "messenger", HELLO, 5)
        for day in (1, 2):
            self.wait_until_sent(2 * day)
            self.samctl("account", "set", "anna", "--spacing", "300ms")  # it is looked at at once
            self.writes_end(within=3, quiet=2)
            self.judge(2 * day)
            self.assertLessEqual(self.reasons(self.waiting()), PLACED | {"daily_cap"})
            self.move_clock(24 * 3600)
        self.wait_until_completed("cap")
        self.judge(5)
        self.assertEqual(self.simulator.audit(daily_cap=2)["cap_breaks"], 0)

    def test_the_cap_of_invitations_leaves_follow_ups_alone(self):
        self.config["limits"]["daily_invitations"] = 2
        self.prepare_on_friday(options=["--accept-percent", "100", "--accept-after", "100"])
        self.start_both()
        self.campaign("kinds", "connector", CONNECTOR, 4)
        self.wait_until_sent(6)
        self.writes_end(within=3, quiet=2)
        self.judge(6)
        self.assertEqual(len(self.calls("invite")), 2)
        self.assertLessEqual(self.reasons(self.waiting()), PLACED | {"daily_invitations"})

    def test_nothing_is_sent_outside_the_hours_nor_on_the_weekend(self):
        self.prepare_on_friday()
        self.start_both()
        people = self.campaign(
            "hours", "messenger", HELLO, 3, country="GB", timezone="Etc/UTC", weekend=["Saturday"],
            hours={"from": "13:00", "to": "14:00"},
        )  # fmt: skip
        for hours in (0, 3, 23):  # Friday 12:00 and 15:00, Saturday 14:00: all closed
            self.move_clock(3600 * hours)
            self.samctl("campaign", "pause", "hours")
            self.samctl("campaign", "resume", "hours")  # it is looked at at once
            self.assertEqual(self.writes_end(within=0, quiet=2), 0)
            self.assertLessEqual(self.reasons(people), PLACED | {"hours", "weekend"})
        self.move_clock(3600 * 23 + 600)  # Sunday, 13:10
        self.wait_until_completed("hours")
        self.judge(3)


if __name__ == "__main__":
    unittest.main()
