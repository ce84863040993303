"""What counts as a reply, by the order in the chat: nothing more is sent after it."""

import unittest

from campaign_test import CampaignTest

TWO = {
    "direct_message_1": "Hello {first_name}",
    "direct_message_2": {"after": "1s", "text": "Are you there?"},
}


class Replies(CampaignTest):
    accounts = ("anna",)

    def setUp(self):
        super().setUp()
        self.config["unipile"]["timeout"] = "8s"

    def wait_for_message(self):
        """The simulator has it, whatever the caller was told."""
        self.wait_for("the message", lambda: self.simulator.audit()["messages"] == 1)

    def ends_as_replied(self):
        self.wait_for("the reply", lambda: self.people() == {"replied": 1})
        self.wait_until_completed("c")
        self.judge(1)

    def is_away(self, delay_ms=5000):
        """An away message comes before the call has its answer."""
        self.prepare()
        self.start_both()
        self.simulator.fault(route="chats", action="delay", delay_ms=delay_ms)
        people = self.campaign("c", "messenger", TWO, 1)
        self.wait_for_message()
        self.simulator.reply("Uanna", people[0], "I am away until Monday")
        self.ends_as_replied()

    def test_a_reply_while_the_call_waits_for_its_answer(self):
        """It is read before SAM knows that its own message went out."""
        self.is_away()

    def test_a_reply_that_no_look_but_the_last_has_seen(self):
        """The same, and the inbox is not being read: the look before the second message sees it."""
        self.config["producer"]["replies_every"] = "1h"
        self.is_away()

    def test_a_reply_to_a_message_of_which_nobody_knew_whether_it_went_out(self):
        self.prepare()
        self.start_both()
        self.simulator.fault(route="chats", action="cut_after")
        people = self.campaign("c", "messenger", TWO, 1)
        self.wait_for("an unknown outcome", lambda: self.items() == {"unknown": 1})
        self.simulator.reply("Uanna", people[0], "Who are you?")
        self.ends_as_replied()
        self.was_settled_by_the_reply()

    def test_a_reply_before_it_was_clear_that_nobody_knows(self):
        self.is_away(delay_ms=12000)  # longer than SAM waits
        self.was_settled_by_the_reply()

    def was_settled_by_the_reply(self):
        """Nobody had to look at LinkedIn for it."""
        self.assertEqual(self.items()["sent"], 1)
        sql = "SELECT outcome, error_type FROM send_attempts WHERE kind = 'message'"
        attempt = self.database.rows(sql)
        self.assertEqual(attempt, [{"outcome": "sent", "error_type": "settled_by_reply"}])
        self.assertEqual(self.samctl_json("unknown", "list"), [])

    def test_what_is_said_in_a_group_is_no_reply(self):
        self.prepare()
        self.start_both()
        people = self.campaign("c", "messenger", dict(TWO, direct_message_2={
            "after": "4s", "text": "Are you there?"}), 1)  # fmt: skip
        self.wait_until_sent(1)
        self.simulator.reply("Uanna", people[0], "Stop", group=True)
        self.wait_for("the chat to be asked for", lambda: self.calls("chat"))
        self.wait_until_completed("c")
        self.assertEqual(self.people(), {"completed": 1})
        self.judge(2)

    def test_their_clock_is_behind_ours(self):
        """LinkedIn's clock, by which messages have their time, is a minute and a half late."""
        self.prepare()
        self.database.shift_clock("90 s")
        self.start_both()
        people = self.campaign("c", "messenger", TWO, 1)
        self.wait_until_sent(1)
        self.simulator.reply("Uanna", people[0], "No, thank you")
        self.ends_as_replied()


class OtherInboxes(CampaignTest):
    """Kim was written to by anna, and answers to ben, who has written to nobody."""

    LATER = {"direct_message_1": "Hello", "direct_message_2": {"after": "3h", "text": "Again"}}

    def anna_writes(self):
        self.accounts = ("anna",)
        self.start_both()
        self.campaign("c", "messenger", self.LATER, ["kim"])
        self.wait_until_sent(1)

    def answers_to_ben(self):
        looked = "sync_schedule WHERE kind = 'replies' AND last_done_at IS NOT NULL"
        self.wait_for("ben to have been looked at once", lambda: self.count(looked) == 2)
        self.simulator.reply("Uben", "kim", "Tell your colleague that I am not interested")
        self.database.shift_clock("76 min")  # the next look, by a quarter late at most
        self.wait_for("the reply", lambda: self.people().get("replied") == 1)
        self.wait_until_completed("c")
        self.judge(1)

    def test_an_answer_to_a_colleague(self):
        self.prepare()
        self.anna_writes()
        self.answers_to_ben()

    def test_an_answer_to_a_colleague_who_knows_them_by_another_id(self):
        """Ids are as an account sees them; ben has her in a campaign of his own, not begun yet."""
        world = {"accounts": [{"id": "Uanna"}, {"id": "Uben"}],
                 "people": [{"slug": "kim", "degree": 1}]}  # fmt: skip
        self.prepare(["--viewer-scoped"], world)
        self.accounts = ("ben",)
        as_ben_sees = self.api().id_of("Uben", "kim")
        self.campaign("own", "messenger", self.LATER, ["lea"], start=False)
        path = self.write("kim.csv", "linkedin_url,linkedin_user_id,first_name\n"
                          f"https://www.linkedin.com/in/kim,{as_ben_sees},Kim\n")  # fmt: skip
        self.samctl("import", path, "--campaign", "own")
        self.samctl("approve", "--campaign", "own", "--all")
        self.anna_writes()
        self.answers_to_ben()


    def test_an_answer_to_a_colleague_of_whom_nobody_knows_whether_they_wrote(self):
        """Her answer proves that it went out."""
        self.prepare()
        self.accounts = ("anna",)
        self.start_both()
        self.simulator.fault(route="chats", action="cut_after")
        self.campaign("c", "messenger", self.LATER, ["kim"])
        self.wait_for("an unknown outcome", lambda: self.items() == {"unknown": 1})
        self.answers_to_ben()


class Before(CampaignTest):
    """Messages that came before ours; nobody of the account is looked at but for a message."""

    accounts = ("anna",)

    def setUp(self):
        super().setUp()
        self.config["producer"]["replies_every"] = "1h"

    def prepare_kim(self):
        """A connection of the account for long."""
        people = [{"slug": "kim", "degree": 1}]
        self.prepare(scenario={"accounts": [{"id": "Uanna"}], "people": people})

    def test_an_old_message_is_no_reply(self):
        """It was written before she came into the campaign: her follow-ups go out."""
        self.prepare_kim()
        self.simulator.reply("Uanna", "kim", "Happy birthday!")
        self.database.shift_clock("3 min")  # the clocks may differ by two
        self.start_both()
        follow_ups = {"connection_request": "Hi", "follow_up_1": {"after": "1s", "text": "Hello"},
                      "follow_up_2": {"after": "1s", "text": "Again"}}  # fmt: skip
        self.campaign("c", "connector", follow_ups, ["kim"])
        self.wait_until_completed("c")
        self.assertEqual(self.arrived(), {"kim": ["chats", "chats"]})
        self.judge(2)

    def who_writes_first_is_held(self, people):
        self.prepare_kim()
        self.campaign("c", "messenger", TWO, people, start=False)
        self.simulator.reply("Uanna", "kim", "I wanted to ask you something")
        self.start_both()
        self.samctl("campaign", "start", "c")
        held = "campaign_prospects WHERE hold_reason = 'wrote_first'"
        self.wait_for("her to be held", lambda: self.count(held) == 1)
        self.assertEqual(self.writes_end(), 0)
        self.assertIn("wrote_first", self.samctl("why", people[0]))
        self.samctl("person", "release", people[0])
        self.wait_until_completed("c")
        self.judge(2)

    def test_who_writes_first_is_held_and_goes_on_when_released(self):
        self.who_writes_first_is_held(["kim"])


if __name__ == "__main__":
    unittest.main()
