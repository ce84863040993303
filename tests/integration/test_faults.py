"""What Unipile may answer, or not answer: each class of outcome, judged by what arrived."""

import unittest

from campaign_test import HELLO, CampaignTest, FridayTest
from sam_test import Process


class Fault(CampaignTest):
    accounts = ("anna",)

    def begin(self, people=3, kind="messenger", templates=None, **fault):
        """A campaign whose first calls go wrong."""
        self.prepare()
        if fault:
            self.simulator.fault(**fault)
        self.worker = self.start_worker()
        self.producer = self.start_producer()
        self.campaign("c", kind, templates or HELLO, people)

    def outcomes(self):
        rows = self.database.rows(
            "SELECT outcome, error_type FROM send_attempts WHERE kind <> 'profile_view' "
            "ORDER BY started_at"
        )
        return [(row["outcome"], row["error_type"]) for row in rows]

    def first_outcome(self):
        self.wait_for("an outcome", lambda: [o for o in self.outcomes() if o[0]])
        return self.outcomes()[0]


class MayHaveHappened(Fault):
    """Never repeated: the item is unknown, the others go on, what arrived arrived once. It stands
    in the list until an operator says what it was."""

    def setUp(self):
        super().setUp()
        self.config["producer"]["replies_every"] = "1h"  # nobody looks before (test_reconcile)

    def unknown_once(self, accepted, error_type):
        self.wait_for("the others", lambda: self.items() == {"unknown": 1, "sent": 2}, 60)
        audit = self.simulator.audit(self.spacing_ms)
        self.assertEqual(audit["writes"], 3, audit)
        self.assertEqual(audit["accepted"], accepted, audit)
        self.assertEqual(audit["duplicates"] + audit["refused_duplicates"], 0, audit)
        self.assertEqual(self.count("send_queue WHERE reason = 'outcome_unknown'"), 1)
        self.settle("sent" if accepted == 3 else "not-sent", error_type)

    def settle(self, answer, error_type):
        """Only what did not happen is sent again, once."""
        (listed,) = self.samctl_json("unknown", "list")
        item = listed["item_id"]
        person = self.database.value(
            "SELECT p.vanity FROM campaign_prospects p JOIN send_queue i ON i.prospect_id = p.id "
            f"WHERE i.status = 'unknown' AND i.id = '{item}'"
        )
        self.assertEqual((listed["person"], listed["account"], listed["campaign"]),
                         (person, "anna", "c"))  # fmt: skip
        self.assertEqual(listed["message_type"], "direct_message_1")
        self.assertEqual(listed["error_type"], error_type)
        self.assertIn("settled: it is ", self.samctl("unknown", "settle", item, answer))
        self.wait_until_ended()
        self.assertEqual(self.samctl_json("unknown", "list"), [])
        self.assertEqual(self.people(), {"completed": 3})
        self.judge(3)

    def test_connection_cut_after_the_write(self):
        self.begin(route="chats", action="cut_after")
        self.unknown_once(3, "cut")

    def test_5xx(self):
        self.begin(route="chats", action="status", status=500, type="errors/provider_error")
        self.unknown_once(2, "provider_error")

    def test_gateway_timeout_after_the_write(self):
        self.begin(
            route="chats", action="status", status=504, type="errors/request_timeout", execute=True
        )
        self.unknown_once(3, "request_timeout")

    def test_no_answer_at_all(self):
        self.begin(route="chats", action="hang", execute=True)
        self.unknown_once(3, "timeout")

    def test_not_json(self):
        self.begin(route="chats", action="not_json")
        self.unknown_once(3, "not_unipile")


class Happened(Fault):
    """2xx with what may be an object of Unipile's is sent, whatever the object tells."""

    def all_sent(self):
        self.wait_until_ended()
        self.assertEqual(self.items(), {"sent": 3})
        self.judge(3)

    def test_null_ids(self):
        self.begin(route="chats", action="null_ids")
        self.all_sent()

    def test_ten_megabytes(self):
        self.begin(route="chats", action="huge")
        self.all_sent()

    def test_an_answer_that_never_ends(self):
        self.begin(route="chats", action="endless")
        self.all_sent()


class Refused(Fault):
    def test_a_throttled_account_rests(self):
        self.begin(
            kind="connector", templates={"connection_request": "Hi"}, route="invite",
            action="status", status=422, type="errors/limit_exceeded",
        )  # fmt: skip
        self.wait_for("the rest", lambda: self.account()["status"] == "resting")
        self.wait_for("its item to wait", lambda: self.items()["pending"] == 3)
        self.assertEqual(self.simulator.audit()["writes"], 1)
        self.assertEqual(self.people(), {"pending": 3})
        self.outlives_a_pause()

    def test_invitations_rest_and_messages_go_on(self):
        self.begin(
            kind="connector", templates={"connection_request": "Hi"}, route="invite",
            action="status", status=422, type="errors/cannot_resend_yet",
        )  # fmt: skip
        rest = "linkedin_accounts WHERE invitations_rest_until > sam_now() + interval '5 hours'"
        self.wait_for("the rest", lambda: self.count(rest) == 1)
        self.campaign("m", "messenger", HELLO, 2)
        self.wait_for("the messages", lambda: self.items()["sent"] == 2, 60)
        waits = "send_queue WHERE status = 'pending' AND scheduled_for > sam_now()"
        self.wait_for("the invitations to wait", lambda: self.count(waits) == 3)
        self.assertEqual(self.simulator.audit()["writes"], 3)
        account = self.account()
        self.assertEqual((account["status"], account["rest_until"]), ("active", ""))
        self.assertIn("invitations rest", self.samctl("why", "c-1"))
        self.assertTrue(self.samctl_json("account", "list")[0]["invitations_rest_until"])
        self.samctl("account", "pause", "anna")
        self.samctl("account", "resume", "anna")
        self.assertEqual(self.count(rest), 1)

    def outlives_a_pause(self):
        """An operator's pause and resume do not take away what Unipile has asked for."""
        before = self.account()
        self.samctl("account", "pause", "anna")
        self.assertEqual(self.account()["status"], "paused")
        said = self.samctl("account", "resume", "anna")
        self.assertIn("rests until", said)
        after = self.account()
        for column in "status", "rest_until", "rest_count", "status_reason":
            self.assertEqual(after[column], before[column], column)
        self.writes_end()
        self.assertEqual(self.simulator.audit()["writes"], 1)
        self.database.shift_clock("25 hours")  # it is over
        self.samctl("account", "pause", "anna")
        self.assertIn("is active", self.samctl("account", "resume", "anna"))
        self.wait_for("the next try", lambda: self.simulator.audit()["writes"] > 1)

    def test_an_invitation_that_stands_concerns_one_person(self):
        self.begin(
            kind="connector", templates={"connection_request": "Hi"}, route="invite",
            action="status", status=422, type="errors/already_invited_recently",
        )  # fmt: skip
        self.wait_for("the others", lambda: self.items()["sent"] == 2, 60)
        self.assertEqual(self.account()["status"], "active")
        held = self.database.rows("SELECT hold_reason FROM campaign_prospects")
        self.assertEqual(sorted(row["hold_reason"] for row in held)[-1], "already_invited_recently")

    def test_an_unreachable_person_fails_alone(self):
        self.begin(route="chats", action="status", status=422, type="errors/invalid_recipient")
        self.wait_until_ended()
        self.assertEqual(self.people(), {"completed": 2, "failed": 1})
        refused = self.worker.metric('sam_refusals_total{type="invalid_recipient"}')
        self.assertEqual(refused, 1)

    def test_a_restricted_account_stops(self):
        self.begin(route="chats", action="status", status=403, type="errors/account_restricted")
        self.wait_for("the stop", lambda: self.account()["status"] == "restricted")
        self.wait_for("its items to wait", lambda: self.items()["pending"] == 3)
        self.assertEqual(self.simulator.audit()["writes"], 1)
        self.stopped("restricted", "account_restricted")
        self.comes_back("RESTRICTED", "PERMISSIONS")

    def test_an_account_at_a_checkpoint_stops(self):
        self.begin(route="chats", action="status", status=401, type="errors/checkpoint_error")
        self.wait_for("the stop", lambda: self.account()["status"] == "disconnected")
        self.wait_for("its items to wait", lambda: self.items()["pending"] == 3)
        self.assertEqual(self.simulator.audit()["writes"], 1)
        self.stopped("disconnected", "checkpoint_error")
        self.comes_back("CHECKPOINT", "CREDENTIALS")

    def comes_back(self, status, said):
        """When Unipile says so: until then, and where it cannot be asked, nothing is resumed."""
        unipile = self.database.value("SELECT unipile_id FROM linkedin_accounts")
        before = self.account()
        url = self.config["unipile"]["base_url"]
        self.simulator.ask("POST", "/account", {"account": unipile, "status": status})
        self.assertIn(f"still says {said} of account anna", self.not_resumed())
        self.config["unipile"]["base_url"] = "http://127.0.0.1:1"
        self.write_config()
        self.assertIn("stays as it is", self.not_resumed())
        self.config["unipile"]["base_url"] = url
        self.write_config()
        self.assertEqual(self.account(), before)
        self.simulator.ask("POST", "/account", {"account": unipile, "status": "OK"})
        self.assertIn("is active", self.samctl("account", "resume", "anna"))
        self.wait_until_ended()
        self.judge(3)

    def not_resumed(self):
        done = self.samctl_result("account", "resume", "anna")
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stderr

    def stopped(self, status, why):
        """One alert, that names the account."""
        told = [line for line in self.worker.log().splitlines() if "account_stopped" in line]
        self.assertEqual(len(told), 1, told)
        for word in ("error", "name=anna", f"status={status}", f"why={why}"):
            self.assertIn(word, told[0])

    def account(self):
        return self.database.rows("SELECT status, status_reason, rest_until, rest_count "
                                  "FROM linkedin_accounts")[0]  # fmt: skip


class ComesBack(FridayTest):
    """The day after a rest: half of the caps, the next day more."""

    def begin(self, column, cap):
        self.prepare_on_friday()
        self.samctl("account", "set", "anna", "--daily-cap", cap, "--daily-invitations", "4")
        self.database.execute(f"UPDATE linkedin_accounts SET {column} = sam_now()")
        self.campaign("m", "messenger", HELLO, 4, timezone="Etc/UTC")
        self.start_both()

    def test_half_of_the_caps_after_a_rest(self):
        self.begin("rest_until", "6")
        self.wait_until_sent(3)
        self.assertEqual(self.writes_end(), 3)

    def test_messages_as_before_after_a_rest_of_the_invitations(self):
        self.begin("invitations_rest_until", "20")
        self.campaign("c", "connector", {"connection_request": "Hi"}, 4, timezone="Etc/UTC")
        self.wait_until_sent(6)
        self.assertEqual(self.writes_end(), 6)
        self.assertEqual(self.count("send_attempts WHERE kind = 'invitation'"), 2)


class RefusedText(Fault):
    """The text is refused, not the person: the next one's is the same."""

    def test_a_note_that_is_refused_uses_nobody_up(self):
        note = {"connection_request": "A note that is too long"}
        self.begin(
            people=5, kind="connector", templates=note, route="invite",
            action="status", status=422, type="errors/too_many_characters", count=1000,
        )  # fmt: skip
        waits = "send_queue WHERE status = 'pending' AND reason = 'text_refused'"
        self.wait_for("all to wait", lambda: self.count(waits) == 5, 60)
        self.assertEqual(self.simulator.audit()["writes"], 1)
        self.assertEqual(self.people()["failed"], 0)
        held = self.database.rows("SELECT hold_reason FROM campaign_prospects")
        self.assertEqual([r["hold_reason"] for r in held if r["hold_reason"]], ["text_refused"])
        for person in range(5):
            self.assertIn("campaign update", self.samctl("why", f"c-{person}"))
        self.assertIn("text_refused", self.samctl("campaign", "show", "c"))
        gauge = "sam_refused_texts"
        self.wait_for("the gauge", lambda: self.producer.metric(gauge) == 1, 60)
        self.simulator.ask("DELETE", "/fault")

        file = self.samctl_json("campaign", "show", "c")[0]
        said = self.samctl("campaign", "update", self.write_json("same.json", file))
        self.assertIn("1 messages stand still", said)
        file["message_templates"]["connection_request"] = "Short"
        self.samctl("campaign", "update", self.write_json("short.json", file))
        self.wait_for("all to go", lambda: self.items()["sent"] == 5, 60)
        audit = self.simulator.audit(self.spacing_ms)
        self.assertEqual((audit["writes"], audit["accepted"]), (6, 5), audit)
        texts = {row["message"] for row in self.database.rows("SELECT message FROM send_queue")}
        self.assertEqual(texts, {"Short"})


class Reads(Fault):
    def test_a_read_that_keeps_failing_gives_the_item_back(self):
        """Three times, then it waits with its reason; and later it is tried again."""
        self.begin(people=1, route="profile", action="status", status=500, count=1000)
        put_off = "send_queue WHERE status = 'pending' AND reason = 'not_prepared'"
        self.wait_for("the item to wait", lambda: self.count(put_off) == 1, 60)
        self.assertEqual(len(self.calls("profile")), 3)
        self.assertEqual(self.worker.metric("sam_jobs_waiting"), 0)
        self.simulator.ask("DELETE", "/fault")
        self.database.shift_clock("20 minutes")
        self.wait_until_ended()
        self.judge(1)

    def test_an_account_that_is_broken_when_the_chat_is_looked_at(self):
        """No follow-up without the look (P6), however fast the claim is."""
        self.begin(people=1, templates=dict(HELLO, direct_message_2={"after": "5s", "text": "Two"}))
        self.wait_until_sent(1)
        self.simulator.fault(route="attendee_chats", action="status", status=403,
                             type="errors/feature_not_subscribed", count=1000)  # fmt: skip
        self.wait_for("the stop", lambda: self.account()["status"] != "active")
        self.assertEqual(self.simulator.audit()["writes"], 1)
        self.wait_for("the follow-up to wait", lambda: self.items()["pending"] == 1)

    def account(self):
        return self.database.rows("SELECT status FROM linkedin_accounts")[0]


class ClaimsThatFail(Fault):
    def freeze_at_rest(self):
        """Whether the worker is frozen, with no transaction that holds a row."""
        self.worker.freeze()
        busy = "pg_stat_activity WHERE application_name LIKE 'sam-worker%' AND state <> 'idle'"
        if self.count(f"{busy} AND datname = current_database()") == 0:
            return True
        self.worker.thaw()
        return False

    def test_what_a_claim_refuses_is_counted_once(self):
        """However often the claim is done again, here because its row is locked."""
        self.config["limits"]["spacing"] = "3s"  # no claim is under way when it freezes
        self.begin(people=4)
        self.wait_until_sent(1)
        self.wait_for("it to rest", self.freeze_at_rest)
        job = "send_queue WHERE status = 'published'"
        self.wait_for("a job", lambda: self.count(job) == 1)
        self.samctl("campaign", "pause", "c")
        psql = ["psql", "-X", "-q", "-d", self.database.conninfo, "-c"]
        sql = f"SELECT FROM {job} FOR UPDATE; SELECT pg_sleep(8)"
        lock = Process("lock", [*psql, sql], self.folder)
        held = "pg_stat_activity WHERE query LIKE '%pg_sleep(8)%' AND wait_event = 'PgSleep'"
        self.wait_for("the lock", lambda: self.count(held) == 1)
        self.worker.thaw()
        self.assertEqual(lock.wait_exit(), 0)
        returns = 'sam_returns_total{reason="campaign_paused"}'
        self.wait_for("the metric", lambda: self.worker.metric(returns) > 0)
        self.assertEqual(self.worker.metric(returns), 1)


class Unreachable(Fault):
    def test_nobody_fails_while_unipile_cannot_be_reached(self):
        self.prepare()
        self.start_both()
        port = self.simulator.url.rsplit(":", 1)[1]
        self.assertEqual(self.simulator.stop(), 0)
        self.campaign("later", "messenger", HELLO, [f"ACoAA{n}{'x' * 30}" for n in range(8)])
        self.wait_for("the stop", lambda: "cannot be reached" in self.worker.get("/readyz")[1], 60)
        self.assertEqual(self.people()["failed"], 0)
        self.assertLessEqual(self.attempts()["not_executed"], 8)
        self.start_simulator(port=port)
        self.wait_until_ended()
        self.judge(8)


class NotUnipile(Fault):
    """Somebody else answers at the base URL, with 200 and a page: a login, a portal, a proxy."""

    def wait_for_stop(self):
        words = "not Unipile"
        self.wait_for("the stop", lambda: words in self.worker.get("/readyz")[1], 60)
        self.assertEqual(self.worker.log().count("why=not_unipile"), 1)

    def test_three_writes_stop_all_claims_until_unipile_answers(self):
        """No answer says that they were sent, and nobody else is tried."""
        self.prepare()
        self.simulator.fault(route="accounts", action="not_json", count=1000)
        self.simulator.fault(route="chats", action="not_json", count=3)
        self.worker = self.start_worker()
        self.start_producer()
        self.campaign("c", "messenger", HELLO, 6)
        self.wait_for_stop()
        self.assertEqual(self.outcomes(), [("unknown", "not_unipile")] * 3)
        self.assertEqual(self.simulator.audit()["writes"], 3)
        self.simulator.ask("DELETE", "/fault")
        self.wait_for("the others", lambda: self.items() == {"unknown": 3, "sent": 3}, 90)
        self.assertIn("claims_resumed", self.worker.log())
        audit = self.simulator.audit(self.spacing_ms)
        self.assertEqual((audit["writes"], audit["duplicates"]), (6, 0), audit)

    def test_three_reads_stop_them_as_well(self):
        self.begin(people=3, route="any", action="not_json", count=1000)
        self.wait_for_stop()
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.assertEqual(self.people(), {"approved": 3})


class Key(Fault):
    def test_a_wrong_key_stops_all_claims_and_a_good_one_goes_on(self):
        self.config["unipile"]["api_key"] = "wrong"
        self.begin(people=6)
        self.wait_for("the stop", lambda: "API key" in self.worker.get("/readyz")[1])
        writes = len(self.simulator.journal())
        self.assertEqual(self.worker.log().count("claims_stopped"), 1)
        self.assertLess(writes, 20)
        self.assertEqual(self.simulator.audit()["accepted"], 0)
        self.assertEqual(self.worker.stop(), 0)
        self.config["unipile"]["api_key"] = "test-key"
        self.write_config()
        self.database.shift_clock("6 minutes")  # what was tried waits for five
        self.start_worker()
        self.wait_until_ended(60)
        self.judge(6)


if __name__ == "__main__":
    unittest.main()
