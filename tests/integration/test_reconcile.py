"""Sends of which nobody knows whether they happened are looked for, and settle by themselves: what
is found was sent, what is not found twice goes again, once (design 3.9)."""

import unittest

from campaign_test import HELLO, FridayTest

OVER = 30  # seconds: start_by 15, the HTTP timeout 3, the margin 10
AFTER = 900  # worker.reconcile_after
SLACK = 40  # the database's clock goes on by itself, too
INVITE = {"connection_request": "Hello {first_name}"}


class Reconcile(FridayTest):
    def begin(self, *, fault, people=3, kind="messenger", templates=None, settings=()):
        """A campaign of which one call goes wrong."""
        self.config["worker"].update({"reconcile_after": f"{AFTER}s", **dict(settings)})
        self.prepare_on_friday(options=["--accept-after", "100000000"])
        self.simulator.fault(**fault)
        self.worker = self.start_worker()
        self.producer = self.start_producer()
        self.campaign("c", kind, templates or HELLO, people)
        others = {"sent": people - 1} if people > 1 else {}
        self.wait_for("the others", lambda: self.items() == {"unknown": 1, **others}, 60)

    def looks(self, result):
        return self.worker.metric(f'sam_unknown_looks_total{{result="{result}"}}') or 0

    def stays_unknown(self):
        """Whatever is looked for: two whole looks later nothing has changed."""
        before = self.looks_done()
        self.wait_for("two looks", lambda: self.looks_done() >= before + 2)
        self.assertEqual(self.items()["unknown"], 1)

    def looks_done(self):
        return int(self.database.value(
            "SELECT dispatch FROM sync_schedule WHERE kind = 'replies'"
        ))  # fmt: skip

    def is_found(self, sent):
        self.stays_unknown()  # its call may still be under way
        self.move_clock(OVER)
        self.wait_for("it to be found", lambda: self.items() == {"sent": sent})
        self.assertEqual(self.looks("sent"), 1)
        self.judge(sent)

    def goes_again(self, sent):
        """Not before the second look that does not find it."""
        self.move_clock(OVER + AFTER - SLACK)
        self.stays_unknown()
        self.assertEqual(self.looks("unseen"), 0)
        self.move_clock(SLACK + 5)
        self.wait_for("the first look", lambda: self.looks("unseen") == 1)
        self.move_clock(AFTER - SLACK)
        self.stays_unknown()
        self.assertEqual(self.looks("not_sent"), 0)
        self.move_clock(SLACK + 10)
        self.wait_for("the second look", lambda: self.looks("not_sent") == 1)
        self.move_clock(60)  # as after any call that was not executed
        self.wait_for("it to be sent", lambda: self.items() == {"sent": sent})
        self.judge(sent)

    # ---- what happened ----

    def test_a_message_that_arrived(self):
        self.begin(fault={"route": "chats", "action": "cut_after"})
        self.is_found(3)
        self.assertEqual(self.count("campaign_messages WHERE message_id IS NULL"), 0)

    def test_an_invitation_that_arrived(self):
        self.begin(kind="connector", templates=INVITE,
                   fault={"route": "invite", "action": "cut_after"})  # fmt: skip
        self.is_found(3)
        self.assertEqual(self.people(), {"connection_request_sent": 3})
        self.assertEqual(self.count("campaign_messages WHERE invitation_id IS NULL"), 0)

    def test_an_invitation_that_was_accepted_meanwhile(self):
        self.begin(kind="connector", templates=INVITE,
                   fault={"route": "invite", "action": "cut_after"})  # fmt: skip
        person = self.database.value(
            "SELECT vanity FROM campaign_prospects WHERE id = (SELECT prospect_id FROM send_queue "
            "WHERE status = 'unknown')"
        )
        self.simulator.accept("Uanna", person)
        self.move_clock(OVER)
        self.wait_for("it to be found", lambda: self.items() == {"sent": 3})
        self.wait_for("it to be seen accepted", lambda: self.people()["connected"] == 1
                      or self.people()["completed"] == 1)  # fmt: skip
        self.judge(3)

    def begin_with_the_second(self, text="Two {first_name}", **fault):
        """The message before it stands in the same chat, a moment earlier."""
        texts = {"direct_message_1": "One {first_name}",
                 "direct_message_2": {"after": "1s", "text": text}}  # fmt: skip
        self.config["worker"].update({"reconcile_after": f"{AFTER}s"})
        self.prepare_on_friday()
        self.worker = self.start_worker()
        self.producer = self.start_producer()
        self.campaign("c", "messenger", texts, 1, start=False)
        self.simulator.fault(route="chats", action="delay", delay_ms=1)
        self.simulator.fault(route="chats", **fault)
        self.samctl("campaign", "start", "c")
        self.wait_for("the second", lambda: self.items() == {"sent": 1, "unknown": 1}, 60)

    def test_a_second_message(self):
        self.begin_with_the_second(action="cut_after")
        self.is_found(2)

    # ---- what did not ----

    def test_a_message_that_never_arrived(self):
        self.begin(fault={"route": "chats", "action": "status", "status": 500,
                          "type": "errors/provider_error"})  # fmt: skip
        self.goes_again(3)

    def test_an_invitation_that_never_arrived(self):
        self.begin(kind="connector", templates=INVITE,
                   fault={"route": "invite", "action": "status", "status": 500,
                          "type": "errors/provider_error"})  # fmt: skip
        self.goes_again(3)

    def test_a_second_one_of_the_same_text_whose_own_is_not_known(self):
        """As after a restore: the first one explains one message of the chat, not both."""
        self.begin_with_the_second("One {first_name}", action="cut_after")
        self.database.execute("UPDATE send_queue SET restored = true WHERE status = 'unknown'")
        self.move_clock(OVER)
        self.wait_for("it to be found", lambda: self.items() == {"sent": 2})
        self.assertEqual(self.looks("sent"), 1)
        self.assertEqual(self.simulator.audit()["accepted"], 2)  # of one text, as the campaign says

    def test_a_second_message_that_never_arrived(self):
        self.begin_with_the_second(action="status", status=500, type="errors/provider_error")
        self.goes_again(2)

    def test_one_that_goes_wrong_again(self):
        """Its first attempt is settled, and says nothing of the second."""
        self.begin(people=1, fault={"route": "chats", "action": "status", "status": 500,
                                    "type": "errors/provider_error"})  # fmt: skip
        self.move_clock(OVER + AFTER)
        self.wait_for("the first look", lambda: self.looks("unseen") == 1)
        self.simulator.fault(route="chats", action="cut_after")
        self.move_clock(AFTER)
        self.wait_for("the second look", lambda: self.looks("not_sent") == 1)
        self.move_clock(60)
        self.wait_for("the second attempt", lambda: self.attempts()["unknown"] == 1)
        self.is_found(1)

    # ---- what a person has to decide ----

    def test_what_is_not_to_be_repeated(self):
        self.begin(fault={"route": "chats", "action": "status", "status": 500,
                          "type": "errors/provider_error"},
                   settings={"resend_unknown": False})  # fmt: skip
        self.move_clock(OVER + AFTER)
        self.wait_for("the first look", lambda: self.looks("unseen") == 1)
        self.move_clock(AFTER)
        self.wait_for("the second look", lambda: self.looks("left_to_a_person") == 1)
        self.stays_unknown()
        self.assertEqual(self.looks("left_to_a_person"), 1)  # and it is asked for no more
        (listed,) = self.samctl_json("unknown", "list")
        self.assertEqual(listed["error_type"], "unseen_twice")
        self.samctl("unknown", "settle", listed["item_id"], "not-sent")
        self.wait_for("it to be sent", lambda: self.items() == {"sent": 3})
        self.judge(3)

    def test_what_is_there_twice(self):
        self.begin(fault={"route": "chats", "action": "cut_after"})
        # somebody has sent the same text by hand
        person, text = self.database.rows(
            "SELECT p.provider_id, i.message FROM send_queue i JOIN campaign_prospects p "
            "ON p.id = i.prospect_id WHERE i.status = 'unknown'"
        )[0].values()
        self.api().start_chat("Uanna", person, text)
        self.move_clock(OVER)
        self.wait_for("both to be seen", lambda: self.looks("seen_twice") == 1)
        self.stays_unknown()
        self.assertEqual(self.looks("seen_twice"), 1)
        (listed,) = self.samctl_json("unknown", "list")
        self.assertEqual(listed["error_type"], "seen_twice")
        self.assertIn("sent_twice", self.worker.log())


if __name__ == "__main__":
    unittest.main()
