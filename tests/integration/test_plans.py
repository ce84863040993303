"""Query plans of what producer, worker and samctl really run beside a million people: each look-up
is by an index that leads to what it is about, with and without statistics.

In full length (`tests/run all`, SAM_FULL=1) with 1,000,000 people, else with 40,000.
"""

import re
import time
import unittest

from campaign_test import CampaignTest
from query_plans import QueryPlans
from sam_test import FULL

# Accounts, those of them that have people, people of each.
ACCOUNTS, PEOPLED, EACH = (2000, 2000, 500) if FULL else (1000, 100, 400)
BUSY = 100  # accounts that have something to do
DUE_LOOKS = 2 * BUSY  # both inboxes of each, though a gate that is shut lets none of them go
QUEUED = EACH * 2 // 5 + 1  # of an account's people, the first of eight who wait in the queue

PEOPLE = ("campaign_prospects", "send_queue", "send_attempts", "campaign_messages", "contacted",
          "inbound_messages", "outbox", "prospect_approval_data")  # fmt: skip
ACCOUNT = ("linkedin_accounts", "account_schedule", "sync_schedule", "campaign_accounts")
# Indexes of open work alone: reading all of one, once, is reading what there is to do.
OPEN_WORK = ("outbox_open", "send_queue_unknown", "send_queue_outstanding")

# A look-up may touch an account's day and week of attempts, and rows that vacuum has yet to remove,
# but not all of an account's people.
ROWS_A_LOOK = 300
ROWS_A_ROW = 10  # one scan for the whole batch: so many for each row that it is about
# What runs most, and its index: entries that another one passes over are not among the rows.
INDEX = {
    "ORDER BY j.n, c.id, q.next_at": "campaign_prospects_plan",
    "AS ended_at FROM send_attempts t": "send_attempts_account",
    "AND noted IS NOT FALSE": "send_attempts_noted",
    "AS j(account_id, day_start, n)": "send_attempts_account",
    "FROM linkedin_accounts WHERE id > $3": "linkedin_accounts_pkey",
    "unnest('{0,1}'::smallint[]) AS k(priority)": "send_queue_pending",
    "SELECT b.id, j.n FROM unnest": "send_queue_pending",
    "AND i.status <> 'sending' ORDER BY i.sweep_at": "send_queue_sweep",
    "p.account_id = $1 AND p.provider_id = ANY ($2)": "campaign_prospects_provider",
    "ON p.vanity = v.vanity AND p.workspace_id": "campaign_prospects_contacted",
    "FROM sync_schedule y CROSS JOIN": "campaign_prospects_standing",
    "FROM outbox WHERE published_at IS NULL": "outbox_open",
    "WITH published AS MATERIALIZED": "send_queue_outstanding",
    "FROM account_schedule WHERE due_at": "account_schedule_due",
    "FROM send_attempts WHERE id > ": "send_attempts_pkey",
    "p.block_keys && keys": "campaign_prospects_block_keys",
}
# A statement that counts all accounts, though it looks at people by an index: read once, so small.
EVERY_ACCOUNT = "FROM linkedin_accounts GROUP BY status"
# Statements about a batch of ids: not all are found and changed, and no plan says how many were
# asked for. And those that look for the first of a batch, some of which others hold locked.
BATCH = re.compile(r"id = ANY \(\$|LIMIT \$4\) x WHERE c\.status")
FIRST = "LIMIT $4) x WHERE c.status"
ROWS_A_BATCH = 1000
LOOKS_A_ROW = 30  # an account's campaigns, times the statuses of which one is looked for

# What must have run, and found or changed something: by program, a piece of each statement.
STATEMENTS = {
    "sam-producer": """
        s.plan_at <= $1
        WHERE id = x.id LIMIT 1) a ORDER BY x.n
        AS ended_at FROM send_attempts t
        p.last_sent_at, i.step, i.campaign_id
        ORDER BY j.n, c.id, q.next_at
        FROM campaigns c WHERE c.id = ANY
        first_left IS NOT NULL ORDER BY id FOR UPDATE
        SET first_left = c.first_left - x.taken
        INSERT INTO send_queue
        SET next_at = NULL WHERE id = ANY
        SET scheduled_for = m.at, replan
        SET hold_reason = h.reason
        THEN (SELECT min(n.at)
        s.due_at <= $1
        b.id, j.n FROM unnest
        FROM account_schedule WHERE planned_with < $1
        UPDATE account_schedule SET planned_with
        AND NOT i.replan AND
        SELECT j.n, i.id
        SET status = 'published'
        'profile_view', $3, $3
        SET due_at = CASE WHEN (SELECT true
        THEN 'cancelled' ELSE 'pending' END
        SET status = 'failed', status_reason = v.reason
        SELECT sam_free_identities($1)
        DELETE FROM contacted k USING heirs h
        AND i.status <> 'sending' ORDER BY i.sweep_at
        reason = 'not_claimed'
        p.status = 'connection_request_sent' ORDER BY p.give_up_at
        ELSE 'never_accepted'
        AND status <> 'published' ORDER BY sweep_at
        ORDER BY account_id FOR UPDATE
        SET status = 'unknown'
        c.end_at <= $1) FOR UPDATE SKIP LOCKED
        AND p.account_id = ANY ($1) WHERE c.status = 'running'
        reason = 'campaign_ended', sweep_at = NULL
        status_reason = 'campaign_ended'
        UPDATE campaigns c SET status = 'completed'
        FROM sync_schedule y
        UPDATE sync_schedule y SET dispatch
        FROM outbox WHERE published_at IS NULL
        UPDATE outbox SET published_at
        WITH published AS MATERIALIZED
        FROM ONLY "public"."campaign_prospects"
    """,
    "sam-worker claim": """
        ORDER BY s.account_id FOR UPDATE OF s SKIP LOCKED
        SELECT j.n, i.id
        INSERT INTO contacted
        SET status = 'sending'
        INSERT INTO send_attempts
    """,
    "sam-worker ledger": """
        AS x(id, workspace_id, account_id, campaign_id, prospect_id, item_id, message_type, kind, v
        ORDER BY s.account_id FOR UPDATE OF s FOR NO KEY UPDATE OF a
        FROM send_queue i WHERE i.id = ANY ($1)
        WHERE w.prospect_id = e.prospect_id
        INSERT INTO send_queue
        FROM send_attempts t WHERE t.item_id = ANY
        FROM campaign_prospects p JOIN campaigns c
        UPDATE send_attempts t SET ended_at
        INSERT INTO campaign_messages
        UPDATE send_queue i SET status = x.status
        UPDATE campaign_prospects p SET status = x.status, status_reason
        WITH c AS (UPDATE send_queue i SET status = 'cancelled'
        INSERT INTO contacted
        'connection_request', 'profile_view'
        INSERT INTO inbound_messages
        UPDATE sync_schedule y SET outstanding_until
        UPDATE sync_schedule SET next_at = least(
        WHERE w.workspace_id = ANY ($2)
        INSERT INTO blocklist AS b
        INSERT INTO blocklist_removed AS r
        AND p.vanity = ANY (names) WHERE c.workspace_id = workspace
        p.block_keys && keys
        SET hold_reason = 'blocklisted' WHERE id = ANY (people)
        SET hold_reason = NULL WHERE id = ANY (people)
        UPDATE account_schedule s SET plan_at
    """,
    "sam-worker util": """
        p.account_id = $1 AND p.provider_id = ANY ($2)
        AND account_id = $1 AND give_up_at <= $4
    """,
    "sam-worker accounts": """
        FROM linkedin_accounts WHERE id > $3
        unnest('{0,1}'::smallint[]) AS k(priority)
        AS j(account_id, day_start, n)
        SELECT j.n, i.id
    """,
}

FILL = f"""
INSERT INTO linkedin_accounts (id, workspace_id, name, unipile_id, country, timezone, key_hash)
    SELECT gen_random_uuid(), w.id, 'a' || i, 'Ua' || i, 'DE', 'Europe/Berlin', i
    FROM workspaces w, generate_series(1, {ACCOUNTS}) i;
INSERT INTO account_schedule (account_id) SELECT id FROM linkedin_accounts;
INSERT INTO sync_schedule (account_id, kind) SELECT a.id, k FROM linkedin_accounts a,
    unnest(ARRAY['relations', 'replies']) k;
INSERT INTO campaigns (id, workspace_id, name, campaign_type, status, country, timezone,
    opens_minute, closes_minute, weekend_mask, holidays, give_up_after_ms, first_left, steps)
    SELECT gen_random_uuid(), w.id, n, t, s, 'DE', 'Europe/Berlin', 0, 1440, 0, false, 1814400000,
    l, CASE t WHEN 'connector' THEN
    '[{{"message_type": "connection_request", "text": "", "after_ms": 0}},
      {{"message_type": "follow_up_1", "text": "Thanks {{first_name}}", "after_ms": 0}}]'::jsonb
    ELSE '[{{"message_type": "direct_message_1", "text": "Hello {{first_name}}", "after_ms": 0}},
      {{"message_type": "direct_message_2", "text": "Again", "after_ms": 0}}]' END
    FROM workspaces w, (VALUES ('conn', 'connector', 'running', NULL),
    ('mess', 'messenger', 'running', 1000000), ('empty', 'messenger', 'running', NULL),
    ('still', 'messenger', 'paused', NULL), ('ended1', 'messenger', 'draft', NULL),
    ('ended2', 'messenger', 'draft', NULL), ('late1', 'messenger', 'draft', NULL),
    ('late2', 'messenger', 'draft', NULL)) v(n, t, s, l);
INSERT INTO campaign_accounts SELECT c.id, a.id, 1 FROM campaigns c, linkedin_accounts a;

-- k numbers an account's people. Of 100, 40 wait (every fourth account has nearly none left), 2 are
-- in the queue, 28 were written to, the others are done with; some campaigns are over.
CREATE TABLE fill AS SELECT *, CASE WHEN k < {QUEUED} AND (n % 4 <> 2 OR k < 4) THEN 'waits'
    WHEN k >= {QUEUED} AND k < {QUEUED} + 8 THEN 'queued'
    WHEN k >= {QUEUED} AND k * 100 <= 70 * {EACH} THEN 'written' ELSE 'over' END AS stage FROM (
    SELECT gen_random_uuid() AS person, gen_random_uuid() AS item, gen_random_uuid() AS attempt,
    a.id AS account, a.key_hash AS n, a.workspace_id AS workspace, c.id AS campaign,
    c.campaign_type AS kind, k, a.name || '-' || k AS name,
    now() - (k % 400 + 1) * interval '1 day' AS at
    FROM linkedin_accounts a, generate_series(1, {EACH}) k, campaigns c
    WHERE a.key_hash <= {PEOPLED} AND c.name = CASE
    WHEN k > {EACH} - 4 THEN 'ended' || 1 + k % 2 WHEN k % 40 = 3 THEN 'still'
    WHEN k % 40 = 7 THEN 'late' || 1 + a.key_hash % 2 WHEN k % 2 = 0 THEN 'conn' ELSE 'mess' END) f;
INSERT INTO campaign_prospects (id, workspace_id, campaign_id, campaign_type, account_id, status,
    vanity, provider_id, first_name, block_keys, contacted_at, last_sent_at, next_step, next_at,
    give_up_at)
    SELECT person, workspace, campaign, kind, account, CASE WHEN NOT sent THEN 'approved'
    WHEN stage = 'over' THEN CASE k % 3 WHEN 0 THEN 'replied' ELSE 'completed' END
    WHEN kind = 'connector' THEN 'connection_request_sent' ELSE 'messaging' END,
    'p-' || name, CASE WHEN sent OR k % 3 = 0 THEN 'ACoAA' || name END,
    CASE WHEN k % 50 <> 7 THEN 'N' END, ARRAY['company:firm ' || n || ' ' || k % 50],
    CASE WHEN sent THEN at END, CASE WHEN sent THEN at END,
    CASE WHEN NOT sent THEN 0 WHEN stage = 'written' THEN 1 ELSE 2 END,
    CASE WHEN stage = 'waits' THEN at WHEN stage = 'written' AND kind = 'messenger'
    THEN now() + k * interval '1 hour' END,
    CASE WHEN stage = 'written' AND kind = 'connector' THEN now() + interval '2 days' END
    FROM (SELECT *, stage IN ('written', 'over') AS sent FROM fill) f;
INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, message_type, step,
    requires_connection, priority, status, reason, scheduled_for, message, attempt_id, sent_at)
    SELECT item, workspace, campaign, person, account, CASE kind WHEN 'connector' THEN
    'connection_request' ELSE 'direct_message_1' END, 0, false, 1,
    CASE stage WHEN 'queued' THEN 'pending' ELSE 'sent' END,
    'not_claimed', -- such a one keeps its moment when limits change
    CASE stage WHEN 'queued' THEN now() + k * interval '1 hour' ELSE at END, 'Hello',
    CASE WHEN stage <> 'queued' THEN attempt END, CASE WHEN stage <> 'queued' THEN at END
    FROM fill WHERE stage <> 'waits';
INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, item_id,
    message_type, kind, identities, started_at, start_by, ended_at, outcome)
    SELECT attempt, workspace, account, campaign, person, item, CASE kind WHEN 'connector' THEN
    'connection_request' ELSE 'direct_message_1' END, CASE kind WHEN 'connector' THEN 'invitation'
    ELSE 'message' END, ARRAY['v:p-' || name], at, at, at, 'sent'
    FROM fill WHERE stage IN ('written', 'over');
INSERT INTO campaign_messages (id, workspace_id, campaign_id, prospect_id, account_id, item_id,
    message_type, sent_at) SELECT attempt, workspace, campaign, person, account, item,
    'direct_message_1', at FROM fill WHERE stage IN ('written', 'over');
INSERT INTO contacted SELECT workspace, 'v:p-' || name, item, person, account, at
    FROM fill WHERE stage IN ('written', 'over');
INSERT INTO inbound_messages (id, workspace_id, account_id, prospect_id, message_id, class,
    received_at) SELECT gen_random_uuid(), workspace, account, person, 'm' || name, 'reply', at
    FROM fill WHERE stage = 'over' AND k % 3 = 0;
INSERT INTO outbox (id, record_key, event_type, payload, published_at) SELECT gen_random_uuid(),
    account::text, 'sam.person.v1', '{{}}', at FROM fill WHERE stage = 'over';
INSERT INTO prospect_approval_data (id, workspace_id, campaign_id, account_id, status, vanity,
    block_keys, decided_at) SELECT person, workspace, campaign, account, 'approved', 'p-' || name,
    '{{}}', at FROM fill;
CREATE INDEX ON fill (k)
"""

# For turn %(turn)d (1, 2): two messages due for each busy account, some of them to people who have
# answered elsewhere; a follow-up and an invitation to give up; what a producer and a worker that
# died have left behind; looks for acceptances and replies; a campaign whose people are all done,
# and one whose end_at has passed.
DUE = f"""
CREATE TEMPORARY TABLE due AS SELECT *, k - {QUEUED} - 4 * (%(turn)d - 1) AS place
    FROM fill WHERE n <= {BUSY} AND k >= {QUEUED} + 4 * (%(turn)d - 1)
    AND k < {QUEUED} + 4 * %(turn)d;
UPDATE send_queue i SET scheduled_for = now() FROM due d WHERE d.item = i.id AND place < 2;
INSERT INTO campaign_prospects (id, workspace_id, campaign_id, campaign_type, account_id, status,
    vanity, next_step) SELECT gen_random_uuid(), workspace, c.id, 'messenger', account, 'replied',
    'p-' || d.name, 2 FROM due d, campaigns c WHERE place < 2 AND n %% 10 = 3 AND c.name = 'still';
INSERT INTO contacted SELECT workspace, 'v:p-' || name, item, person, account, now()
    FROM due WHERE place < 2 AND n %% 10 = 3; -- by a call that was refused
UPDATE account_schedule SET planned_with = 0; -- by a producer with other limits
UPDATE send_queue i SET reason = 'scheduled' FROM fill f WHERE f.item = i.id
    AND i.status = 'pending' AND f.n %% 20 = 13 + 2 * %(turn)d;
UPDATE send_queue i SET status = 'published', dispatch = 1, sweep_at = now() - interval '1 s'
    FROM due d WHERE d.item = i.id AND place = 3 AND n %% 10 = 1;
UPDATE send_queue i SET status = 'sending', dispatch = 1, sweep_at = now() - interval '1 s'
    FROM due d WHERE d.item = i.id AND place = 3 AND n %% 10 = 2;
CREATE TEMPORARY TABLE invited AS SELECT p.id,
    row_number() OVER (PARTITION BY p.account_id ORDER BY p.vanity) AS i
    FROM campaign_prospects p WHERE p.status = 'connection_request_sent'
    AND p.account_id IN (SELECT account FROM due);
UPDATE campaign_prospects p SET status = 'connected', connected_at = now(), next_at = now(),
    give_up_at = NULL FROM invited v WHERE v.id = p.id AND i = 1;
UPDATE campaign_prospects p SET give_up_at = now() - interval '15 days', provider_id = NULL
    FROM invited v WHERE v.id = p.id AND i = 2; -- whose profile the worker cannot ask
UPDATE campaign_prospects p SET give_up_at = now() - interval '1 s' FROM invited v
    WHERE v.id = p.id AND i = 3;
UPDATE campaign_prospects SET hold_reason = NULL WHERE hold_reason IS NOT NULL; -- by an operator
UPDATE sync_schedule SET next_at = now() WHERE account_id IN (SELECT account FROM due);
UPDATE account_schedule SET plan_at = now(), due_at = CASE WHEN account_id IN (SELECT account_id
    FROM send_queue WHERE status IN ('published', 'sending')) THEN NULL ELSE now() END
    WHERE account_id IN (SELECT account FROM due);
UPDATE campaigns SET status = 'running' WHERE name = 'ended%(turn)d';
UPDATE campaigns SET status = 'running', end_at = now() WHERE name = 'late%(turn)d'
"""

# What a backup from before the last sends has: they are to be learned again from the ledger.
# A change of the blocklist locks all accounts of its workspace.
WHOLE_WORKSPACE = "WHERE w.workspace_id = ANY ($2)"
# As if the blocklist's changes were made after the dump that was restored.
FORGET_BLOCKLIST = """
DELETE FROM blocklist;
UPDATE campaign_prospects SET hold_reason = NULL WHERE hold_reason = 'blocklisted';
INSERT INTO blocklist (workspace_id, kind, value) SELECT workspace_id, kind, value
    FROM blocklist_removed;
DELETE FROM blocklist_removed;
UPDATE campaign_prospects p SET hold_reason = 'blocklisted' FROM blocklist b
    WHERE p.vanity = b.value OR b.kind || ':' || b.value = ANY (p.block_keys)
"""
FORGET = """
SET session_replication_role = replica;
CREATE TEMPORARY TABLE gone AS SELECT m.id, m.item_id FROM campaign_messages m
    ORDER BY m.sent_at DESC LIMIT 50;
DELETE FROM send_attempts WHERE item_id IN (SELECT item_id FROM gone);
DELETE FROM contacted WHERE item_id IN (SELECT item_id FROM gone);
DELETE FROM send_queue WHERE id IN (SELECT item_id FROM gone);
DELETE FROM campaign_messages WHERE id IN (SELECT id FROM gone);
UPDATE ledger_positions SET next_offset = 0, last_event_id = NULL
"""


class Plans(CampaignTest):
    private_servers = True
    accounts = ()

    def setUp(self):
        super().setUp()
        limits = {"daily_cap": 100, "daily_invitations": 50, "weekly_invitations": 200}
        self.config["limits"].update(limits, spacing="1s")
        self.bad = {}  # by statement: what is wrong with it, and its worst execution
        self.missing = set()

    def prepare_people(self):
        self.prepare(options=("--accept-percent", "50", "--accept-after", "200",
                              "--reply-percent", "50", "--reply-after", "200"))  # fmt: skip
        self.plans = QueryPlans(self.postgres, self.database)
        begun = time.monotonic()
        for statement in FILL.split(";\n"):  # one by one: each has its own deadline
            self.database.execute(f"SET session_replication_role = replica;\n{statement}")
        print(f"{PEOPLED * EACH} people in {time.monotonic() - begun:.0f} s", flush=True)

    # ---- verdicts ----

    def complain(self, statement, why):
        seen = self.bad.get((statement.program, statement.sql))
        if not seen or seen[1].scanned() < statement.scanned():
            self.bad[(statement.program, statement.sql)] = (why, statement)

    def judge_plan(self, statement, accounts=0, rows_a_look=ROWS_A_LOOK):
        """Every scan is limited by an index condition, and reads what the statement is about; one
        that is about so many accounts may read these whole, and looks once for each."""
        work = statement.work()
        used = {scan.index for scan in statement.scans}
        for piece, index in INDEX.items():
            if piece in statement.sql and index not in used:
                self.complain(statement, f"does not use {index}")
        batch = ROWS_A_BATCH if BATCH.search(statement.sql) else 0
        if FIRST in statement.sql:
            rows_a_look += ROWS_A_BATCH
        for scan in statement.scans:
            if scan.table not in (PEOPLE if accounts else PEOPLE + ACCOUNT):
                continue
            if EVERY_ACCOUNT in statement.sql and scan.table == "linkedin_accounts":
                if scan.rows > 2 * ACCOUNTS:
                    self.complain(statement, "reads the accounts more than once")
                continue
            if scan.reads_all() and (scan.index not in OPEN_WORK or scan.loops > 1):
                self.complain(statement, f"{scan.kind} without a condition")
            if scan.loops > DUE_LOOKS + accounts + batch + LOOKS_A_ROW * work:
                self.complain(statement, "looks more often than it has rows")
            once = rows_a_look + (batch + ROWS_A_ROW * work if scan.loops <= 1 else 0)
            if "SKIP LOCKED" in statement.sql and statement.rows == 0:
                once += ACCOUNTS  # all were locked: a batch of the ledger locks a workspace's
            if scan.rows > once * max(scan.loops, 1):
                self.complain(statement, "reads more rows than it needs")

    def nothing_bad(self):
        words = [f"\n{why}: {statement}" for why, statement in self.bad.values()]
        self.assertEqual(words, [], "".join(words))

    # ---- a turn of the daemons ----

    def nothing_missing(self):
        """Judges what has run since; whether everything has run that is to be judged."""
        for statement in self.plans.read():
            self.judge_plan(statement, ACCOUNTS if WHOLE_WORKSPACE in statement.sql else 0)
            self.statements += 1
            if statement.scanned() + statement.changed + statement.rows == 0:
                continue
            self.missing -= {
                (program, piece)
                for program, piece in self.missing
                if piece in statement.sql and statement.program.startswith(program)
            }
        return not self.missing

    def list_people(self, number):
        """Some come on the blocklist, some are taken off, and only the ledger knows of it."""
        on, off = ("company", f"Firm {number + 10} 3"), ("company", f"Firm {number + 10} 9")
        self.samctl("blocklist", "add", *on)
        self.samctl("blocklist", "add", "person", f"p-a{number + 12}-2")
        for entry in (off, ("person", f"p-a{number + 14}-2")):
            self.samctl("blocklist", "add", *entry)
            self.samctl("blocklist", "remove", *entry)
        self.database.execute("UPDATE account_schedule SET plan_at = NULL")
        list(self.plans.read())  # of samctl, which looks at all accounts

    def turn(self, number, without=()):
        self.statements = 0
        self.missing = {
            (program, piece.strip())
            for program, pieces in STATEMENTS.items()
            for piece in pieces.strip().splitlines()
        }
        self.missing = {m for m in self.missing if m[1] not in without}
        self.list_people(number)
        self.database.execute(DUE % {"turn": number})
        self.database.execute(FORGET_BLOCKLIST)
        self.samctl("person", "set", f"p-a{number + 4}-{QUEUED + 6}", "opted_out")
        self.start_both()
        try:
            self.wait_for("every statement to run", self.nothing_missing, 180)
        except AssertionError:
            self.fail(f"these have not run, or found nothing: {sorted(self.missing)}")
        # Only the producer takes these back, and passes over an account that a worker has locked.
        outstanding = "send_queue WHERE status IN ('published', 'sending')"
        lost = f"{outstanding} AND sweep_at < sam_now()"
        self.wait_for("what was left behind to be swept", lambda: self.count(lost) == 0)
        self.assertEqual(self.producer.stop(), 0)
        self.wait_for("what is in Kafka to end", lambda: self.count(outstanding) == 0)
        self.assertEqual(self.worker.stop(), 0)
        self.nothing_missing()
        print(f"turn {number}: {self.statements} statements judged", flush=True)

    # ---- samctl ----

    def ask(self, *words):
        """Runs samctl; the plans of its statements."""
        begun = time.monotonic()
        self.samctl(*words)
        print(f"samctl {' '.join(words)}: {time.monotonic() - begun:.2f} s", flush=True)
        return list(self.plans.read())

    def ask_all(self):
        waiting = self.count(
            "send_queue WHERE status IN ('pending', 'published', 'sending', 'unknown')"
        )
        for words in (("why", "p-a1-1"), ("why", f"ACoAAa7-{EACH // 2}"), ("why", f"p-a9-{QUEUED}"),
                      ("queue", "--account", "a3")):  # fmt: skip
            for statement in self.ask(*words):
                self.judge_plan(statement)
        for statement in self.ask("unknown", "list"):
            self.judge_plan(statement, ACCOUNTS)
        # All that waits is read, to show what comes first; nothing that is over.
        for statement in self.ask("queue"):
            self.judge_plan(statement, ACCOUNTS, ROWS_A_LOOK + waiting)
        # It counts everybody: each table is read once at most, and of the queue what waits.
        rows = {table: self.count(table) for table in PEOPLE + ACCOUNT}
        rows["send_queue"] = waiting
        for statement in self.ask("status"):
            for scan in statement.scans:
                if scan.kind == "Bitmap Index Scan":  # it counts dead rows; its heap scan does not
                    continue
                if scan.table in rows and scan.rows > 2 * rows[scan.table] + 100:
                    self.complain(statement, f"reads {scan.table} more than once")

    def test_every_statement_finds_its_rows_by_an_index(self):
        self.prepare_people()
        relearned = ("WHERE w.prospect_id = e.prospect_id", "INSERT INTO send_queue",
                     "INSERT INTO contacted")  # fmt: skip
        self.turn(1, without=relearned)  # nothing was ever analysed, as after a restore
        self.ask_all()
        self.nothing_bad()
        self.database.execute(FORGET)
        self.database.execute("VACUUM ANALYZE")
        self.turn(2)
        self.ask_all()
        self.nothing_bad()


if __name__ == "__main__":
    unittest.main()
