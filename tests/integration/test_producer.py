"""What the producer does by itself: ends campaigns, keeps to caps, cleans up."""

import subprocess
import unittest

from campaign_test import HELLO, CampaignTest, FridayTest


class End(FridayTest):
    def ends(self):
        rows = self.database.rows("SELECT status, status_reason FROM campaign_prospects")
        return sorted((row["status"], row["status_reason"]) for row in rows)

    TWICE = dict(HELLO, direct_message_2={"after": "1d", "text": "Again, {first_name}"})

    def test_work_that_is_left_waits_for_no_tick(self):
        """Three times what a tick takes, and ticks that are minutes apart together."""
        self.config["producer"]["tick"] = "60s"
        self.prepare()
        self.campaign("many", "messenger", HELLO, 1)
        self.database.execute("""
            SET session_replication_role = replica;
            CREATE TEMP TABLE a AS SELECT gen_random_uuid() AS id, i, workspace_id
                FROM generate_series(1, 6300) i, workspaces w(workspace_id);
            INSERT INTO linkedin_accounts (id, workspace_id, name, unipile_id, country, timezone,
                key_hash) SELECT id, workspace_id, 'm' || i, 'Um' || i, 'DE', 'UTC', i FROM a;
            INSERT INTO campaign_accounts SELECT c.id, a.id, 1 FROM campaigns c, a;
            UPDATE campaigns SET status = 'running', start_at = now() + interval '2 hours';
            INSERT INTO campaign_prospects (id, workspace_id, campaign_id, campaign_type,
                account_id, status, provider_id, first_name, next_at) SELECT gen_random_uuid(),
                a.workspace_id, c.id, 'messenger', a.id, 'approved', 'ACo' || i, 'N', now()
                FROM campaigns c, a;
            INSERT INTO account_schedule (account_id, plan_at) SELECT id, now() FROM a""")
        self.start_both()
        self.wait_for("all places", lambda: self.count("send_queue") == 6301, 30)

    def test_a_campaign_past_its_end_ends_with_all_its_people(self):
        self.config["limits"]["daily_cap"] = 2
        self.prepare_on_friday()
        self.start_both()
        self.campaign("short", "messenger", self.TWICE, 5, end_at=self.hours_from_now(2))
        self.wait_until_sent(2)
        self.assertEqual(self.campaign_status("short"), "running")
        self.move_clock(3 * 3600)
        self.wait_until_completed("short")
        why = "campaign_ended"
        self.assertEqual(self.ends(), [("completed", why)] * 2 + [("failed", why)] * 3)
        self.assertLessEqual(set(self.items()), {"sent", "cancelled"})
        self.assertEqual(self.count("send_queue WHERE status = 'cancelled' "
                                    "AND reason <> 'campaign_ended'"), 0)  # fmt: skip
        self.assertEqual(self.count("(SELECT DISTINCT prospect_id FROM contacted) c"), 2)
        self.judge(2)

    def test_a_paused_campaign_waits_past_its_end_until_somebody_decides(self):
        self.config["limits"]["daily_cap"] = 2
        self.prepare_on_friday()
        self.start_both()
        self.campaign("later", "messenger", HELLO, 3, end_at=self.hours_from_now(2))
        self.wait_until_sent(2)
        self.samctl("campaign", "pause", "later")
        self.move_clock(24 * 3600)
        last = "SELECT vanity FROM campaign_prospects WHERE contacted_at IS NULL"
        why = self.samctl_json("why", self.database.value(last))[0]
        self.assertEqual(why["reason"], "campaign_ended")
        self.database.execute("UPDATE campaigns SET end_at = NULL")
        self.samctl("campaign", "resume", "later")
        self.wait_until_completed("later")
        self.judge(3)


class Caps(FridayTest):
    def views(self):
        return sum(1 for call in self.simulator.journal() if call["route"] == "profile")

    def test_a_view_that_its_cap_forbids_is_not_made(self):
        """Twelve are planned and unresolved; then the caps are lowered."""
        self.prepare_on_friday()
        self.start_both()
        self.campaign("views", "messenger", HELLO, 12, start_at=self.hours_from_now(2))
        self.wait_for("all to be planned", lambda: self.count("send_queue") == 12)
        self.samctl("account", "set", "anna", "--daily-cap", "3", "--daily-profile-views", "2")
        self.move_clock(2 * 3600)
        self.wait_until_sent(2)
        tomorrow = "send_queue WHERE scheduled_for > sam_now() + interval '6 hours'"
        self.wait_for("the others to wait until tomorrow", lambda: self.count(tomorrow) == 10)
        self.assertEqual((self.views(), self.sent()), (2, 2))

    def test_more_views_than_their_cap_hide_no_call(self):
        """Views of a day that were made under a higher cap push no call out of the count."""
        self.prepare_on_friday()
        self.samctl("account", "set", "anna", "--daily-cap", "3", "--daily-profile-views", "1")
        self.database.execute(
            "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, "
            "item_id, message_type, kind, started_at, start_by, ended_at, outcome) "
            "SELECT gen_random_uuid(), workspace_id, id, gen_random_uuid(), gen_random_uuid(), "
            "gen_random_uuid(), 'connection_request', k, sam_now() - n * interval '1 s', "
            "sam_now(), sam_now(), 'sent' FROM linkedin_accounts, (SELECT 'message', "
            "600 + generate_series(1, 3) UNION ALL SELECT 'profile_view', generate_series(1, 20)) "
            "x(k, n) WHERE name = 'anna'"
        )
        self.campaign("full", "messenger", HELLO, ["one"])
        self.start_both()
        self.wait_for("a place in the queue", lambda: self.count("send_queue") == 1)
        tomorrow = "send_queue WHERE scheduled_for > sam_now() + interval '6 hours'"
        self.assertEqual((self.count(tomorrow), self.sent()), (1, 0))


    def test_a_campaign_with_a_cap_takes_no_more_places_of_a_day(self):
        """Without it the surplus would be planned for today, viewed, refused, and in the way."""
        self.config["limits"]["daily_cap"] = 6
        self.prepare_on_friday()
        self.start_both()
        self.campaign("capped", "messenger", HELLO, 9, daily_cap=2)
        self.wait_until_sent(2)
        self.campaign("free", "messenger", HELLO, 9)
        self.wait_until_sent(6)
        sent = "campaign_messages m JOIN campaigns c ON c.id = m.campaign_id WHERE c.name = "
        self.assertEqual((self.count(sent + "'capped'"), self.count(sent + "'free'")), (2, 4))
        self.assertEqual(self.views(), 6)


class Looks(CampaignTest):
    accounts = ("anna",)

    def test_looking_begins_although_the_producer_was_about_to_end_it(self):
        """The producer has seen that anna has nobody to look for, and commits that only after
        her first message has gone out."""
        self.prepare()
        self.start_both()
        self.campaign("look", "messenger", HELLO, ["one"], start=False)
        first = "sync_schedule WHERE kind = 'replies' AND last_done_at IS NOT NULL"
        self.wait_for("the first look to be over", lambda: self.count(first) == 1)
        producer = subprocess.Popen(
            ["psql", "-Xq", "-d", self.database.conninfo], stdin=subprocess.PIPE, text=True
        )
        # In a day, not now: the real one would begin the look, and its end wait for this one.
        producer.stdin.write(
            "UPDATE sync_schedule SET next_at = sam_now() + interval '1 day';\n"
            "BEGIN;\nUPDATE sync_schedule SET next_at = NULL;\n"
        )
        producer.stdin.flush()
        held = "pg_locks WHERE relation = 'sync_schedule'::regclass AND mode = 'RowExclusiveLock'"
        self.wait_for("the rows to be held", lambda: self.count(held))
        self.samctl("campaign", "start", "look")
        self.wait_for("the message", lambda: len(self.calls("chats")) == 1)
        waits = (
            "pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'sync_schedule' "
            "AND datname = current_database()"
        )
        self.wait_for("the ledger to wait for the producer", lambda: self.count(waits))
        producer.communicate("COMMIT;\n", timeout=30)
        planned = "sync_schedule WHERE next_at IS NOT NULL"
        self.wait_for("the looks to be planned", lambda: self.count(planned) == 2)


class Outbox(CampaignTest):
    def test_what_was_published_long_ago_is_deleted(self):
        self.prepare()
        self.database.execute(
            "INSERT INTO outbox (id, record_key, event_type, payload, published_at) "
            "SELECT lpad(to_hex(9999 - n), 32, '0')::uuid, gen_random_uuid()::text, "
            "'sam.campaign.v1', '{}', sam_now() - n * interval '10 days' "
            "FROM generate_series(1, 3000) n"
        )
        self.start_both()
        self.wait_for("two young rows", lambda: self.count("outbox") == 2)


class ShutPartitions(CampaignTest):
    """What waits for a partition that never opens is more than a batch, and older."""

    def wait_behind_others(self, kind, templates):
        """501 people of anna, whose partition is none, and then one of ben."""
        self.prepare()
        self.campaign("c", kind, templates, 501, accounts=["anna"], start=False)
        self.campaign("late", kind, templates, ["kim"], accounts=["ben"], start=False)
        self.database.execute(
            "ALTER TABLE linkedin_accounts DROP CONSTRAINT linkedin_accounts_key_hash_check; "
            "UPDATE linkedin_accounts SET key_hash = -1 WHERE name = 'anna'"
        )

    def test_an_answer_settles_behind_them(self):
        self.wait_behind_others("messenger", HELLO)
        self.database.execute(
            "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, "
            "message_type, step, requires_connection, priority, status, scheduled_for, message) "
            "SELECT gen_random_uuid(), workspace_id, campaign_id, id, account_id, "
            "'direct_message_1', 0, false, 1, 'unknown', sam_now(), 'x' FROM campaign_prospects; "
            "UPDATE campaign_prospects SET hold_reason = 'wrote_first', replied_at = sam_now(); "
            "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, "
            "item_id, message_type, kind, started_at, start_by, ended_at, outcome) "
            "SELECT gen_random_uuid(), workspace_id, account_id, campaign_id, prospect_id, id, "
            "message_type, 'message', sam_now() - interval '1 min', sam_now(), sam_now(), "
            "'unknown' FROM send_queue"
        )
        self.start_both()
        self.wait_for("kim's message to count as sent", lambda: self.items()["sent"] == 1)

    def test_who_never_accepts_is_given_up_behind_them(self):
        self.wait_behind_others("connector", {"connection_request": "Hi"})
        self.database.execute(
            "UPDATE campaign_prospects SET status = 'connection_request_sent', "
            "contacted_at = sam_now() - interval '60 days', "
            "give_up_at = sam_now() - interval '40 days' - (vanity <> 'kim')::int * "
            "interval '1 day'; DELETE FROM sync_schedule"
        )
        self.start_both()
        self.wait_for("kim to be given up", lambda: self.people()["completed"] == 1)


class Conflicts(CampaignTest):
    accounts = ("anna",)

    def queue(self, vanity, status):
        """An item of the first message that stands in the queue although the person is due."""
        self.database.execute(
            "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, "
            "message_type, step, requires_connection, priority, status, scheduled_for, message) "
            "SELECT gen_random_uuid(), workspace_id, campaign_id, id, account_id, "
            f"'direct_message_1', 0, false, 1, '{status}', sam_now(), 'x' "
            f"FROM campaign_prospects WHERE vanity = '{vanity}'"
        )

    def person(self, vanity):
        found = "SELECT next_at, hold_reason FROM campaign_prospects WHERE vanity = "
        return self.database.rows(f"{found}'{vanity}'")[0]

    def test_who_has_an_item_already_is_shown_and_not_forgotten(self):
        self.prepare()
        self.campaign("again", "messenger", HELLO, ["dead", "live", "new"])
        self.queue("dead", "cancelled")
        self.queue("live", "unknown")
        self.start_both()
        self.wait_until_sent(1)
        self.assertEqual(self.person("dead")["hold_reason"], "already_planned")
        self.assertNotEqual(self.person("dead")["next_at"], "")
        self.assertEqual(self.person("live"), {"next_at": "", "hold_reason": ""})
        self.assertEqual(list(self.arrived()), ["new"])
        self.assertEqual(self.samctl_json("why", "dead")[0]["reason"], "person_held")


if __name__ == "__main__":
    unittest.main()
