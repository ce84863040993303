"""One human, several campaigns and accounts: one first contact (P1)."""

import unittest
from collections import Counter

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

    def known_by_name_and_by_id(self):
        """Kim is known by her name in one campaign of anna, by her id in another one."""
        self.prepare(scenario={"accounts": [{"id": "Uanna"}],
                               "people": [{"slug": "kim", "degree": 1}]})  # fmt: skip
        self.accounts = ("anna",)
        self.campaign("by_name", "messenger", HELLO, ["kim"], start=False)
        self.campaign("by_id", "messenger", HELLO, [self.api().id_of("Uanna", "kim")], start=False)
        self.start_both()

    def test_who_opted_out_by_name_is_not_written_to_by_id(self):
        self.accounts = ("anna",)
        self.known_by_name_and_by_id()
        self.samctl("person", "set", "kim", "opted_out")
        self.samctl("campaign", "start", "by_id")
        stopped = "send_queue WHERE reason = 'person_stopped_elsewhere'"
        self.wait_for("the message to be cancelled", lambda: self.count(stopped) == 1)
        self.assertEqual(self.writes_end(), 0)

    def test_one_first_contact_by_name_or_by_id(self):
        self.accounts = ("anna",)
        self.known_by_name_and_by_id()
        self.samctl("campaign", "start", "by_id")
        self.wait_until_completed("by_id")
        named = "campaign_prospects WHERE vanity = 'kim' AND provider_id IS NOT NULL"
        self.wait_for("her name to be learned", lambda: self.count(named) == 1)
        self.samctl("campaign", "start", "by_name")
        self.wait_until_completed("by_name")
        self.judge(1)
        reasons = "campaign_prospects WHERE status_reason = 'already_contacted'"
        self.assertEqual(self.count(reasons), 1)

    def opted_out_by_her_new_name(self, people):
        """Kim has changed her public name, and was opted out by the new one."""
        self.accounts = ("anna",)
        self.prepare(scenario={"accounts": [{"id": "Uanna"}],
                               "people": [{"slug": "kim", "former_slugs": ["kim-lee"],
                                           "degree": 1}]})  # fmt: skip
        self.campaign("by_new", "messenger", HELLO, ["kim"], start=False)
        self.samctl("person", "set", "kim", "opted_out")
        self.campaign("by_old", "messenger", HELLO, people)
        self.start_both()
        stopped = "send_queue WHERE reason = 'person_stopped_elsewhere'"
        self.wait_for("the message to be cancelled", lambda: self.count(stopped) == 1)
        self.assertEqual(self.writes_end(), 0)

    def test_who_opted_out_by_a_new_name_is_not_written_to_by_an_old_one(self):
        self.opted_out_by_her_new_name(["kim-lee"])

    def test_who_is_known_by_an_old_name_and_an_id(self):
        number = "ACoAA0123456789abcdefghijklmnopqrstuvwx"  # as another account sees her
        self.opted_out_by_her_new_name([f"kim-lee={number}"])

    def test_who_is_blocked_by_a_new_name(self):
        self.accounts = ("anna",)
        self.prepare(scenario={"accounts": [{"id": "Uanna"}],
                               "people": [{"slug": "kim", "former_slugs": ["kim-lee"],
                                           "degree": 1}]})  # fmt: skip
        self.database.execute("INSERT INTO blocklist (workspace_id, kind, value) "
                              "SELECT id, 'person', 'kim' FROM workspaces")  # fmt: skip
        self.campaign("c", "messenger", HELLO, ["kim-lee"])
        self.start_both()
        stopped = "send_queue WHERE reason = 'blocklisted'"
        self.wait_for("the message to be cancelled", lambda: self.count(stopped) == 1)
        self.assertEqual(self.writes_end(), 0)

    def test_one_first_contact_by_an_old_name_and_by_a_new_one(self):
        self.accounts = ("anna",)
        self.prepare(scenario={"accounts": [{"id": "Uanna"}],
                               "people": [{"slug": "kim", "former_slugs": ["kim-lee"],
                                           "degree": 1}]})  # fmt: skip
        self.start_both()
        for name, slug in (("old", "kim-lee"), ("new", "kim"), ("again", "kim-lee")):
            self.campaign(name, "messenger", HELLO, [slug])
            self.wait_until_completed(name)
        self.judge(1)

    def test_one_human_twice_in_one_campaign(self):
        self.accounts = ("anna",)
        self.prepare(scenario={"accounts": [{"id": "Uanna"}],
                               "people": [{"slug": "kim", "degree": 1}]})  # fmt: skip
        self.campaign("c", "messenger", HELLO, ["kim", self.api().id_of("Uanna", "kim")])
        self.start_both()
        self.wait_until_completed("c")
        self.judge(1)

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


class Again(CampaignTest):
    """contact_again_after: a second campaign to the same people, half a year later."""

    accounts = ("anna",)
    DAY = 86400

    def first_campaign(self, *people, templates=HELLO):
        self.prepare(scenario={"accounts": [{"id": "Uanna"}, {"id": "Uben"}], "people": [
            {"slug": slug, "degree": 1, **more} for slug, more in people]})  # fmt: skip
        self.shift = 0
        self.start_both()
        self.campaign("first", "messenger", templates, [slug for slug, _ in people])

    def pass_days(self, days):
        self.shift += days * self.DAY
        self.simulator.ask("POST", "/clock", {"advance_ms": days * self.DAY * 1000})
        self.database.shift_clock(f"{self.shift} seconds")

    def again(self, name, *people):
        self.campaign(name, "messenger", HELLO, people, contact_again_after="180d")
        self.wait_until_completed(name)
        sent = (f"campaign_messages m JOIN campaigns c ON c.id = m.campaign_id "
                f"WHERE c.name = '{name}'")  # fmt: skip
        return self.count(sent)

    def test_half_a_year_later(self):
        self.first_campaign(("kim", {}), ("rob", {"reply_after_ms": 100}), ("lea", {}))
        self.wait_until_sent(3)
        self.wait_for("rob's reply", lambda: self.people()["replied"] == 1)
        self.wait_until_completed("first")
        self.pass_days(170)
        self.assertEqual(self.again("early", "kim", "rob"), 0)
        told = self.samctl("why", "kim")
        self.assertIn("by campaign first; contact_again_after holds them until", told)
        self.samctl("person", "set", "lea", "opted_out")
        self.pass_days(11)
        self.campaign("late", "messenger", HELLO, ["kim", "rob", "lea"], start=False,
                      contact_again_after="180d")  # fmt: skip
        self.assertIn("by campaign first; contact_again_after lets them", self.samctl("why", "rob"))
        told = self.samctl("preview", "late")
        self.assertIn("contact_again: 2 of 3 people, e.g. kim: the workspace wrote to them", told)
        self.assertIn("already_contacted: 1 of 3 people, e.g. lea", told)
        self.samctl("campaign", "start", "late")
        self.wait_until_completed("late")
        self.wait_for("all to be told", lambda: self.sent() == 5)
        told = self.preview("never", "kim", "rob", "lea")
        self.assertIn("already_contacted: 3 of 3 people", told)
        self.assertEqual(self.again("at_once", "kim", "rob"), 0)  # the last message counts
        self.assertEqual(Counter(map(len, self.arrived().values())), {2: 2, 1: 1})

    def preview(self, name, *people):
        self.campaign(name, "messenger", HELLO, people, start=False)
        return self.samctl("preview", name)

    def test_who_is_in_the_midst_of_a_campaign(self):
        self.first_campaign(("kim", {}), templates={
            **HELLO, "direct_message_2": {"text": "Again", "after": "300d"}})  # fmt: skip
        self.wait_until_sent(1)
        self.pass_days(200)
        self.assertEqual(self.again("late", "kim"), 0)

    def test_who_opted_out_by_an_older_name(self):
        """Her new one was told by the profile, and ben knows her by that and by another id."""
        world = {"accounts": [{"id": "Uanna"}, {"id": "Uben"}],
                 "people": [{"slug": "kim", "former_slugs": ["kim-lee"], "degree": 1}]}  # fmt: skip
        self.prepare(["--viewer-scoped"], world)
        self.shift = 0
        self.start_both()
        self.campaign("first", "messenger", HELLO, ["kim-lee"])
        self.wait_until_completed("first")
        self.samctl("person", "set", "kim-lee", "opted_out")
        self.pass_days(200)
        self.samctl("account", "add", "ben", "--unipile-id", "Uben", "--country", "DE")
        self.accounts = ("ben",)
        self.assertEqual(self.again("late", "kim"), 0)

    def test_two_campaigns_at_the_same_moment(self):
        self.first_campaign(*((f"p-{n}", {}) for n in range(6)))
        self.wait_until_completed("first")
        self.pass_days(200)
        people = [f"p-{n}" for n in range(6)]
        self.samctl("account", "add", "ben", "--unipile-id", "Uben", "--country", "DE")
        for name, account in (("one", "anna"), ("two", "ben")):
            self.accounts = (account,)
            self.campaign(name, "messenger", HELLO, people, start=False,
                          contact_again_after="180d")  # fmt: skip
        self.samctl("campaign", "start", "one")
        self.samctl("campaign", "start", "two")
        self.wait_until_completed("one")
        self.wait_until_completed("two")
        self.assertEqual(self.sent(), 12)


class Profile(CampaignTest):
    """What the profile says about whom the campaign is about to write to."""

    accounts = ("anna",)
    FOLLOW_UP = {"connection_request": "Hi", "follow_up_1": {"after": "0s", "text": "Hello"}}

    def begin(self, kind, templates, people, give_up_after="21d", **person):
        self.prepare(scenario={"accounts": [{"id": "Uanna"}],
                               "people": [{"slug": "kim", **person}]})  # fmt: skip
        self.campaign("c", kind, templates, people, give_up_after=give_up_after)
        self.start_both()

    def held(self, reason):
        held = f"campaign_prospects WHERE hold_reason = '{reason}'"
        self.wait_for("her to be held", lambda: self.count(held) == 1)
        self.assertIn(reason, self.samctl("why", "kim"))
        self.assertEqual(self.writes_end(), 0)

    def test_an_invitation_that_was_sent_by_hand(self):
        """It is pending: no second one, and its acceptance is seen."""
        self.begin("connector", self.FOLLOW_UP, ["kim"], pending=True)
        self.wait_for("her to be asked", lambda: self.people()["connection_request_sent"] == 1)
        self.assertEqual(self.arrived(), {})
        self.simulator.accept("Uanna", "kim")
        self.wait_until_completed("c")
        self.assertEqual(self.arrived(), {"kim": ["chats"]})
        self.judge(1)

    def test_an_invitation_that_was_sent_by_hand_is_a_first_contact(self):
        """What follows it takes the human, so that nobody else of us writes to her."""
        self.test_an_invitation_that_was_sent_by_hand()
        self.campaign("second", "messenger", HELLO, ["kim"])
        self.wait_until_completed("second")
        self.judge(1)

    def test_an_invitation_that_was_sent_by_hand_counts_at_once(self):
        """Another campaign does not wait for the follow-up to learn of it."""
        self.begin("connector", self.FOLLOW_UP, ["kim-lee"], former_slugs=["kim-lee"],
                   pending=True)  # fmt: skip
        self.wait_for("her to be asked", lambda: self.people()["connection_request_sent"] == 1)
        for name, slug in (("second", "kim"), ("third", "kim-lee")):
            self.campaign(name, "connector", self.FOLLOW_UP, [slug])
            self.wait_until_completed(name)
        reasons = "campaign_prospects WHERE status_reason = 'already_contacted'"
        self.assertEqual(self.count(reasons), 2)
        self.assertEqual(self.writes_end(), 0)

    def test_another_name_is_kept_in_mind_though_nothing_can_go(self):
        """The next job does not look at the profile again."""
        names = {"first_name": "Robert", "last_name": "Smith"}
        self.begin("messenger", HELLO, ["lea"], degree=1, **names)
        self.simulator.fault(route="attendee_chats", action="status", status=503,
                             type="errors/service_unavailable", count=1000)  # fmt: skip
        self.import_named("Kim", "Novak")
        held = "campaign_prospects WHERE hold_reason = 'another_name'"
        self.wait_for("her to be held", lambda: self.count(held) == 1, 60)

    def test_a_relation_that_is_listed_by_another_id(self):
        """Her public name tells that it is she who has accepted."""
        other = "ACoAA0123456789abcdefghijklmnopqrstuvwx"
        self.begin("connector", self.FOLLOW_UP, ["kim"], relation_id=other, accept_after_ms=100)
        self.wait_until_completed("c")
        self.assertEqual(self.arrived(), {"kim": ["invite", "chats"]})
        self.judge(2)

    def test_who_is_asked_once_before_being_given_up(self):
        """She has accepted, and the list of relations shows neither of the names we know."""
        other = "ACoAA0123456789abcdefghijklmnopqrstuvwx"
        self.begin("connector", self.FOLLOW_UP, ["kim-lee"], former_slugs=["kim-lee"],
                   relation_id=other, accept_after_ms=100, give_up_after="3s")  # fmt: skip
        self.wait_until_completed("c")
        self.assertEqual(self.arrived(), {"kim-lee": ["invite", "chats"]})
        self.assertEqual(len(self.calls("profile")), 2)
        self.judge(2)

    def time_runs_out(self, **fault):
        """She is invited, and nothing is heard of her; from then on her profile answers so."""
        self.begin("connector", self.FOLLOW_UP, ["kim"], give_up_after="5s")
        self.wait_for("the invitation", lambda: self.people()["connection_request_sent"] == 1)
        if fault:
            self.simulator.fault(route="profile", action="status", count=1000, **fault)

    def relations(self):
        (row,) = self.database.rows("SELECT watermark, failures FROM sync_schedule "
                                    "WHERE kind = 'relations'")  # fmt: skip
        return row

    def test_an_account_that_is_found_broken_when_its_people_are_asked(self):
        self.time_runs_out(status=401, type="errors/disconnected_account")
        broken = "linkedin_accounts WHERE status = 'disconnected'"
        self.wait_for("the account to stop", lambda: self.count(broken) == 1)

    def test_who_cannot_be_asked_is_asked_again(self):
        self.time_runs_out(status=500, type="errors/unexpected_error")
        self.wait_for("a look that failed", lambda: int(self.relations()["failures"]) > 0)
        seen = self.relations()["watermark"]
        self.wait_for("another", lambda: int(self.relations()["failures"]) > 1)
        self.assertEqual(self.relations()["watermark"], seen)
        self.simulator.ask("DELETE", "/fault")
        self.wait_until_completed("c")

    def test_one_who_cannot_be_asked_does_not_stand_before_the_others(self):
        """Of one it cannot be read; the other one is asked in the same look."""
        self.prepare(scenario={"accounts": [{"id": "Uanna"}],
                               "people": [{"slug": "kim"}, {"slug": "lea"}]})  # fmt: skip
        self.campaign("c", "connector", self.FOLLOW_UP, ["kim", "lea"])
        self.start_both()
        self.wait_for("invitations", lambda: self.people()["connection_request_sent"] == 2)
        self.simulator.fault(route="profile", action="status", status=500, count=1,
                             type="errors/unexpected_error")  # fmt: skip
        self.database.execute("UPDATE campaign_prospects SET give_up_at = sam_now()")
        self.wait_until_completed("c")
        asked = [(call["route"], call["status"]) for call in self.calls("profile", "relations")]
        failed = asked.index(("profile", 500))
        self.assertEqual(asked[failed + 1], ("profile", 200))

    def test_nobody_is_asked_whose_campaign_is_paused(self):
        self.time_runs_out()
        self.samctl("campaign", "pause", "c")
        over = "campaign_prospects WHERE give_up_at < sam_now()"
        self.wait_for("her time to be over", lambda: self.count(over) == 1)
        looks = len(self.calls("relations"))
        self.wait_for("looks", lambda: len(self.calls("relations")) > looks + 2)
        self.assertEqual(len(self.calls("profile")), 1)
        # nor does she end when nobody has been asked for two weeks
        self.database.execute("UPDATE campaign_prospects SET give_up_at = sam_now() - "
                              "interval '15 days'")  # fmt: skip
        again = "campaign_prospects WHERE give_up_at > sam_now() - interval '1 hour'"
        self.wait_for("her time to begin again", lambda: self.count(again) == 1)
        self.assertEqual(self.people(), {"connection_request_sent": 1})
        self.samctl("campaign", "resume", "c")
        self.wait_until_completed("c")
        self.assertEqual(len(self.calls("profile")), 2)

    def test_who_is_no_connection_is_not_written_to(self):
        self.begin("messenger", HELLO, ["kim"], degree=2)
        self.held("not_connected")

    def test_a_reply_is_found_by_the_id_that_the_account_sees(self):
        """The imported one is another account's."""
        other = "ACoAA0123456789abcdefghijklmnopqrstuvwx"
        self.begin("messenger", {**HELLO, "direct_message_2": {"after": "30d", "text": "Again"}},
                   [f"kim={other}"], degree=1, reply_after_ms=100)  # fmt: skip
        self.wait_for("her reply", lambda: self.people()["replied"] == 1)

    def import_named(self, first, last):
        path = self.write("named.csv", "linkedin_url,first_name,last_name\n"
                          f"https://www.linkedin.com/in/kim,{first},{last}\n")  # fmt: skip
        self.samctl("import", path, "--campaign", "c")
        self.samctl("approve", "--campaign", "c", "--all")

    def test_a_profile_of_another_name(self):
        names = {"first_name": "Robert", "last_name": "Smith"}
        self.begin("messenger", HELLO, ["lea"], degree=1, **names)
        self.import_named("Kim", "Novak")
        self.held("another_name")
        self.samctl("person", "release", "kim")
        self.wait_until_sent(1)

    def test_who_is_known_by_all_names_is_looked_at_too(self):
        """Both ids were imported, or learned when nothing could go: it may have changed since."""
        self.prepare(scenario={"accounts": [{"id": "Uanna"}], "people": [
            {"slug": "kim", "pending": True},
            {"slug": "lea", "first_name": "Robert", "last_name": "Smith"}]})  # fmt: skip
        ids = {slug: self.api().id_of("Uanna", slug) for slug in ("kim", "lea")}
        self.campaign("c", "connector", self.FOLLOW_UP, [f"kim={ids['kim']}"], start=False)
        path = self.write("lea.csv", "linkedin_url,linkedin_user_id,first_name,last_name\n"
                          f"https://www.linkedin.com/in/lea,{ids['lea']},Lea,Novak\n")  # fmt: skip
        self.samctl("import", path, "--campaign", "c")
        self.samctl("approve", "--campaign", "c", "--all")
        self.samctl("campaign", "start", "c")
        self.start_both()
        held = "campaign_prospects WHERE hold_reason = 'another_name'"
        self.wait_for("lea to be held", lambda: self.count(held) == 1)
        self.wait_for("kim to be asked", lambda: self.people()["connection_request_sent"] == 1)
        self.assertEqual(self.writes_end(), 0)

    def test_a_profile_of_nearly_the_same_name(self):
        names = {"first_name": "Kim-Marie", "last_name": "NOVÁK (Nowak)"}
        self.begin("messenger", HELLO, ["lea"], degree=1, **names)
        self.import_named("Kim", "Novak")
        self.wait_until_sent(1)


if __name__ == "__main__":
    unittest.main()
