"""sam.accounts: what waits for each account, and why; a view that nothing ever waits for."""

import datetime
import json
import unittest

from campaign_test import HELLO, FridayTest

EVERY = datetime.timedelta(seconds=10)  # between two records of an account, at least


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Accounts(FridayTest):
    accounts = ("anna", "ben")

    def account(self, name):
        return self.database.value(f"SELECT id FROM linkedin_accounts WHERE name = '{name}'")

    def records(self, name):
        key = self.account(name)
        return [r for r in self.kafka.records(self.topic("sam.accounts")) if r["key"] == key]

    def state(self, name):
        """The newest record of an account; {} while there is none."""
        records = self.records(name)
        return json.loads(records[-1]["value"]) if records else {}

    def wait_for_state(self, name, **expected):
        """Until the newest record says so; it."""
        found = {}

        def says():
            found.clear()
            found.update(self.state(name))
            return found and all(found.get(key) == value for key, value in expected.items())

        try:
            self.wait_for(f"{name}: {expected}", says, 60)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{json.dumps(found, indent=1)}") from None
        return found

    def next_person(self, name):
        return self.database.value(
            "SELECT p.vanity FROM send_queue i JOIN campaign_prospects p ON p.id = i.prospect_id "
            f"WHERE i.account_id = '{self.account(name)}' AND i.status = 'pending' "
            "ORDER BY i.scheduled_for, i.id LIMIT 1"
        )

    def as_why(self, name):
        """The record's reason and time are those of `samctl why` for whoever is next."""
        (why,) = self.samctl_json("why", self.next_person(name))
        state = self.wait_for_state(name, reason=why["reason"])
        self.assertEqual(bool(why["next_at"]), "next_at" in state, (why, state))
        if why["next_at"]:
            apart = moment(why["next_at"]) - moment(state["next_at"])
            self.assertLess(abs(apart.total_seconds()), 1, (why, state))
        return state


class WhatWaits(Accounts):
    def test_counts_reasons_and_times(self):
        self.config["limits"].update({"spacing": "1h", "daily_messages": 20})
        self.prepare_on_friday()
        self.start_both()
        self.campaign("hello", "messenger", HELLO, 6)
        self.wait_until_sent(2)
        for name in self.accounts:
            self.wait_for_state(name, waiting=2, in_flight=0, calls_today=1)
        state = self.as_why("anna")
        self.assertIn(state["reason"], ("scheduled", "spacing"))
        self.assertEqual((state["status"], state["blocked"]), ("active", False))
        self.assertEqual((state["messages_today"], state["messages_limit"]), (1, 20))
        self.assertEqual((state["invitations_today"], state["invitations_week"]), (0, 0))
        self.assertEqual(state["unknown"], 0)
        self.operator_is_seen()
        self.records_are_in_order()
        self.assertEqual(self.sent(), 2)

    def operator_is_seen(self):
        """What changes without an event of the account, too."""
        self.samctl("account", "pause", "anna")
        state = self.wait_for_state("anna", reason="account_paused", status="paused", waiting=2)
        self.assertNotIn("next_at", state)
        self.samctl("campaign", "pause", "hello")
        self.wait_for_state("ben", reason="campaign_paused", status="active", waiting=2)
        self.samctl("pause", "--all")
        for name in self.accounts:
            self.wait_for_state(name, reason="all_paused")

    def records_are_in_order(self):
        """Key, headers, and never two of an account within ten seconds."""
        for name in self.accounts:
            records = self.records(name)
            values = [json.loads(record["value"]) for record in records]
            for record, value in zip(records, values):
                self.assertEqual(record["headers"]["ce_type"], "sam.account_state.v1")
                self.assertEqual(record["headers"]["ce_id"], value["state_id"])
                self.assertEqual(record["key"], value["account_id"])
            times = [moment(value["at"]) for value in values]
            for before, after in zip(times, times[1:]):
                self.assertGreater(after - before, EVERY - datetime.timedelta(seconds=0.2), times)

    def test_nothing_waits_and_an_account_that_goes(self):
        self.prepare()
        self.start_worker()
        state = self.wait_for_state("anna", waiting=0, reason="none")
        self.assertNotIn("next_at", state)
        key = self.account("ben")
        self.wait_for_state("ben", waiting=0)
        self.database.execute(f"DELETE FROM linkedin_accounts WHERE id = '{key}'")

        def gone():
            records = self.kafka.records(self.topic("sam.accounts"))
            return [r["value"] for r in records if r["key"] == key][-1] is None

        self.wait_for("the tombstone", gone, 40)

    def test_the_next_owner_writes_all_anew(self):
        self.prepare()
        first = self.start_worker()
        self.wait_for_state("anna", waiting=0)
        before = {name: len(self.records(name)) for name in self.accounts}
        self.assertEqual(first.stop(), 0)
        self.start_worker()
        self.wait_for(
            "records of the next owner",
            lambda: all(len(self.records(name)) > before[name] for name in self.accounts),
        )

    def test_the_newest_record_is_right_after_a_move(self):
        """One joins and the other leaves while accounts change, and what the owner of before had
        under way comes last."""
        self.prepare()
        first = self.start_worker()
        for name in self.accounts:
            self.wait_for_state(name, status="active", reason="none")
        late = {name: self.records(name)[-1] for name in self.accounts}
        self.start_worker()
        self.samctl("account", "pause", "anna")
        self.wait_for_state("anna", status="paused", reason="account_paused")
        self.assertEqual(first.stop(), 0)
        self.samctl("account", "pause", "ben")
        self.wait_for_state("ben", status="paused", reason="account_paused")
        for name, record in late.items():
            headers = [f"{key}={value}" for key, value in record["headers"].items()]
            topic = self.topic("sam.accounts")
            self.kafka.produce(topic, record["value"], record["key"], headers)
            self.assertEqual(self.state(name)["status"], "active")
        for name in self.accounts:
            self.wait_for_state(name, status="paused", reason="account_paused")


class Reasons(Accounts):
    def test_people_who_wait_for_the_planner_and_calls_nobody_knows_of(self):
        self.prepare()
        self.start_worker()
        self.campaign("hello", "messenger", HELLO, 2)
        for name in self.accounts:
            self.wait_for_state(name, reason="not_planned", waiting=0)
        self.simulator.fault(route="chats", action="cut_after", count=2)
        self.start_producer()
        for name in self.accounts:
            self.wait_for_state(name, reason="none", waiting=0, unknown=1)

    def test_a_cap_and_a_blocked_account(self):
        self.config["limits"].update({"daily_messages": 1})
        self.prepare_on_friday()
        self.start_both()
        self.campaign("hello", "messenger", HELLO, 4)
        self.wait_until_sent(2)
        for name in self.accounts:
            self.wait_for_state(name, waiting=1, messages_today=1, messages_limit=1)
        state = self.as_why("anna")
        self.assertIn(state["reason"], ("daily_messages", "scheduled"))
        self.database.execute("UPDATE linkedin_accounts SET blocked_reason = 'x'")
        for name in self.accounts:
            state = self.wait_for_state(name, reason="account_blocked", blocked=True, waiting=1)
            self.assertNotIn("next_at", state)
        self.judge(2)

    def test_a_closed_gate(self):
        self.config["limits"]["spacing"] = "1h"
        self.prepare_on_friday()
        self.start_both()
        self.campaign("hello", "messenger", HELLO, 4)
        self.wait_until_sent(2)
        for name in self.accounts:
            self.wait_for_state(name, waiting=1, in_flight=0)
        for daemon in (self.producer, self.worker):
            self.assertEqual(daemon.stop(), 0)
        self.database.execute(
            "UPDATE ledger_positions SET last_event_id = gen_random_uuid() WHERE next_offset > 0"
        )
        self.start_worker(ready=False)
        for name in self.accounts:
            self.wait_for_state(name, reason="gate_closed", waiting=1)
        self.judge(2)


class NothingWaitsForIt(Accounts):
    def told(self, worker):
        return worker.log().count("accounts_unwritten")

    def test_a_topic_that_is_not_there(self):
        """An installation of before: start-up says so, and goes on."""
        self.prepare_on_friday()
        self.kafka.tool("TopicCommand", "--delete", "--topic", self.topic("sam.accounts"))
        self.start_both()
        self.campaign("hello", "messenger", HELLO, 10)
        self.wait_until_sent(10)
        self.wait_for("the word of it", lambda: self.told(self.worker) == 1)
        self.wait_for("the metric", lambda: self.worker.metric("sam_account_states_stale_seconds"))
        self.samctl("topics", "create")
        self.wait_for_state("anna", calls_today=5)
        self.wait_for("the metric",
                      lambda: not self.worker.metric("sam_account_states_stale_seconds"))
        self.assertEqual(self.told(self.worker), 1)
        self.judge(10)

    def test_a_topic_that_takes_nothing(self):
        self.prepare()
        self.kafka.tool("ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name",
                        self.topic("sam.accounts"), "--add-config",
                        "max.message.bytes=100")  # fmt: skip
        self.start_both()
        self.wait_for("refusals", lambda: self.worker.metric("sam_account_states_lost_total") >= 2)
        self.campaign("hello", "messenger", HELLO, 20)
        self.wait_until_sent(20)
        self.assertTrue(self.worker.ready())
        self.assertEqual(self.told(self.worker), 1)
        self.judge(20)


if __name__ == "__main__":
    unittest.main()
