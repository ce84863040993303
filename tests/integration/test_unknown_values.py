"""A row that a newer release wrote, with a value this one does not know: it is named, once, and is
not taken for a lost connection."""

import unittest

from campaign_test import HELLO, CampaignTest


class UnknownValues(CampaignTest):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.start_both()

    def free_of_checks(self, table):
        """As if a newer release had migrated: the table takes any value."""
        self.database.execute(
            f"DO $$ DECLARE c text; BEGIN FOR c IN SELECT conname FROM pg_constraint "
            f"WHERE conrelid = '{table}'::regclass AND contype = 'c' LOOP "
            f"EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', c); END LOOP; END $$"
        )

    def told_once(self, column, value):
        text = f'{column} holds "{value}", which this release does not know'
        self.wait_for("the reason", lambda: text in self.producer.get("/readyz")[1])
        turns = self.turns()
        self.wait_for("more turns", lambda: self.turns() > turns + 5)
        log = self.producer.log()
        self.assertEqual(log.count("unknown_value"), 1)
        self.assertIn(column, log)
        self.assertNotIn("postgres_lost", log)
        self.assertNotIn("batch_failed", log)

    def turns(self):
        return self.producer.metric("sam_loop_turn_seconds_count")

    def known_again(self):
        self.wait_for("the reason to go", lambda: self.producer.get("/readyz")[0] == 200)

    def test_a_kind_of_look(self):
        self.free_of_checks("sync_schedule")
        self.database.execute(
            "UPDATE sync_schedule SET kind = 'pigeons', next_at = now() "
            "WHERE kind = 'relations' AND account_id = (SELECT min(id::text)::uuid "
            "FROM linkedin_accounts)"
        )
        self.told_once("sync_schedule.kind", "pigeons")
        self.database.execute("DELETE FROM sync_schedule WHERE kind = 'pigeons'")
        self.known_again()

    def test_an_account_plan(self):
        """Nothing is planned by guess, nobody is held for it."""
        self.free_of_checks("linkedin_accounts")
        self.database.execute("UPDATE linkedin_accounts SET plan = 'pigeons'")
        self.campaign("c", "messenger", HELLO, 3)
        self.told_once("linkedin_accounts.plan", "pigeons")
        self.assertEqual(self.items(), {})
        self.assertEqual(self.count("campaign_prospects WHERE hold_reason IS NOT NULL"), 0)
        self.database.execute("UPDATE linkedin_accounts SET plan = 'free'")
        self.known_again()
        self.wait_until_completed("c")
        self.judge(3)

    def test_neighbours_of_an_account_go_on(self):
        """One account of two cannot be read: it alone is left out, and stays told of."""
        self.free_of_checks("linkedin_accounts")
        self.database.execute("UPDATE linkedin_accounts SET plan = 'pigeons' WHERE name = 'anna'")
        self.campaign("c", "messenger", HELLO, 6)
        owner = "SELECT count(*) FROM {} x JOIN linkedin_accounts a ON a.id = x.account_id "
        people = self.database.count(
            (owner + "WHERE a.name = 'ben'").format("campaign_prospects")
        )
        self.assertIn(people, range(1, 6))
        self.wait_until_sent(people)
        self.told_once("linkedin_accounts.plan", "pigeons")
        anna = (owner + "WHERE a.name = 'anna'").format("send_queue")
        self.assertEqual(self.database.count(anna), 0)
        self.assertEqual(self.count("campaign_prospects WHERE hold_reason IS NOT NULL"), 0)
        self.database.execute("UPDATE linkedin_accounts SET plan = 'free'")
        self.known_again()
        self.wait_until_completed("c")
        self.judge(6)

    def test_neighbours_of_a_campaign_go_on(self):
        for column in ("campaign_type", "on_note_limit"):
            with self.subTest(column):
                self.free_of_checks("campaigns")
                name = column.replace("_", "-")
                self.campaign(name, "messenger", HELLO, 4, start=False)
                self.database.execute(
                    f"UPDATE campaigns SET {column} = 'pigeons' WHERE name = '{name}'"
                )
                self.database.execute(
                    "UPDATE campaigns SET status = 'running' WHERE name = '{0}'; "
                    "UPDATE account_schedule SET plan_at = sam_now()".format(name)
                )
                other = name + "-other"
                self.campaign(other, "messenger", HELLO, 4)
                self.wait_until_completed(other)
                text = f'campaigns.{column} holds "pigeons"'
                self.wait_for("the reason", lambda: text in self.producer.get("/readyz")[1])
                self.assertEqual(self.producer.log().count(text.replace('"', '\\"')), 1)
                self.assertNotIn("batch_failed", self.producer.log())
                self.assertEqual(self.count("campaign_prospects WHERE hold_reason IS NOT NULL"), 0)
                good = {"campaign_type": "messenger", "on_note_limit": "hold"}[column]
                self.database.execute(f"UPDATE campaigns SET {column} = '{good}'")
                self.known_again()
                self.wait_until_completed(name)

    def test_neighbours_of_a_kind_of_look_go_on(self):
        """Of 600 that cannot be read, more than one batch, and all due before any other."""
        self.free_of_checks("sync_schedule")
        self.database.execute(
            "INSERT INTO sync_schedule (account_id, kind, next_at) SELECT id, 'pigeons-' || n, "
            "sam_now() - n * interval '1 s' FROM linkedin_accounts, generate_series(1, 600) n "
            "WHERE name = 'anna'; UPDATE sync_schedule SET next_at = sam_now() "
            "WHERE kind IN ('relations', 'replies')"
        )
        due = "sync_schedule WHERE next_at <= sam_now() AND kind "
        self.wait_for(
            "the other looks", lambda: self.count(due + "IN ('relations', 'replies')") == 0
        )
        self.told_once("sync_schedule.kind", "pigeons-600")
        self.assertEqual(self.count(due + "LIKE 'pigeons-%'"), 600)
        self.database.execute("DELETE FROM sync_schedule WHERE kind LIKE 'pigeons-%'")
        self.known_again()

    def test_a_person_of_whom_an_event_speaks(self):
        """The worker waits with the event: what it tells is not lost on a newer status."""
        self.free_of_checks("campaign_prospects")
        self.database.execute("ALTER TABLE campaign_prospects DISABLE TRIGGER USER")
        self.simulator.fault(route="chats", action="delay", delay_ms=1500)
        self.campaign("c", "messenger", HELLO, 1)
        under_way = "send_queue WHERE status = 'sending'"
        self.wait_for("the call", lambda: self.count(under_way))
        self.worker.freeze()  # the answer waits for what comes now
        self.database.execute("UPDATE campaign_prospects SET status = 'pigeons'")
        self.worker.thaw()
        text = 'campaign_prospects.status holds "pigeons", which this release does not know'
        self.wait_for("the reason", lambda: text in self.worker.get("/readyz")[1])
        self.assertEqual(self.count("ledger_aside"), 0)
        self.database.execute("UPDATE campaign_prospects SET status = 'approved'")
        self.wait_for("the outcome", lambda: self.items() == {"sent": 1})
        self.judge(1)

    def test_what_a_claim_meets(self):
        """In the campaign of a job that is in Kafka already."""
        self.free_of_checks("campaigns")
        self.worker.freeze()
        self.campaign("c", "messenger", HELLO, 3)
        self.wait_for("jobs", lambda: self.items()["published"])
        self.assertEqual(self.producer.stop(), 0)
        self.database.execute("ALTER TABLE campaigns DISABLE TRIGGER USER")
        self.database.execute("UPDATE campaigns SET status = 'pigeons'")
        self.worker.thaw()
        text = 'campaigns.status holds "pigeons", which this release does not know'
        self.wait_for("the reason", lambda: text in self.worker.get("/readyz")[1])
        failed = 'sam_postgres_failures_total{class="value"}'
        self.wait_for("more tries", lambda: self.worker.metric(failed) > 3)
        self.assertEqual(self.worker.log().count("unknown_value"), 1)
        self.assertNotIn("claim_failed", self.worker.log())
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.database.execute("UPDATE campaigns SET status = 'running'")
        self.producer = self.start_producer()
        self.wait_until_completed("c")
        self.judge(3)
        self.wait_for("the reason to go", lambda: self.worker.get("/readyz")[0] == 200, 40)

    def test_a_campaign_type(self):
        self.free_of_checks("campaigns")
        self.samctl("account", "pause", "anna")
        self.samctl("account", "pause", "ben")
        self.campaign("c", "messenger", HELLO, 3)
        self.wait_for("the plan", lambda: self.count("send_queue") > 0)
        self.database.execute("UPDATE campaigns SET campaign_type = 'pigeons'")
        self.samctl("account", "resume", "anna")
        self.samctl("account", "resume", "ben")
        self.told_once("campaigns.campaign_type", "pigeons")
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.database.execute("UPDATE campaigns SET campaign_type = 'messenger'")
        self.known_again()
        self.wait_until_ended()
        self.judge(3)


if __name__ == "__main__":
    unittest.main()
