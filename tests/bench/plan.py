"""tests/bench/run plan - how long does one producer need to give everybody who is due a place, and
does it need more memory for more people?

Accounts in workspaces of a hundred, in each a connector and a messenger campaign, open at any hour
so that the day of the bench does not count, that begin in two hours, so that nothing is sent
meanwhile; ten people of each account are due, new ones and follow-ups of both campaigns. A fresh
producer before has as many accounts with a tenth of the people: peak memory is compared. Fails
above a minute, or when memory grows by half. Seconds mean something on a quiet machine only.
"""

import time

import measure
import sam_test

SECONDS_MAX = 60
GROWTH_MAX = 1.5
WORKSPACE_ACCOUNTS = 100
TEXT = "Hello {{first_name}}, I have read what {{company}} does and would like to hear more of it."
# People of an account in turn: campaign, status, next step.
TURNS = (
    ("connector", "pending", 0),
    ("messenger", "approved", 0),
    ("connector", "connected", 1),
    ("connector", "pending", 0),
    ("messenger", "messaging", 1),
)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")


class Plan(sam_test.SamTest):
    """One producer; the worker is there to apply the ledger, without which nothing is planned."""

    private_servers = True
    options = None

    def runTest(self):
        self.config["kafka"]["partitions"] = self.options.partitions
        self.config["limits"] = {}
        self.config["producer"] = {}
        self.config["log"]["level"] = "info"
        measure.give_room(self)
        self.install()
        self.start_worker()
        accounts, each = self.options.accounts, self.options.people
        _, few = self.plan("few", accounts, max(each // 10, 1))
        seconds, many = self.plan("many", accounts, each)
        self.assertLess(seconds, SECONDS_MAX)
        self.assertLess(many, few * GROWTH_MAX)

    def plan(self, name, accounts, each):
        """Seconds and peak megabytes of a fresh producer for accounts with so many people each."""
        people = accounts * each
        print(f"loading {accounts} accounts with {people} people ...", flush=True)
        self.load(name, accounts, each)
        measure.count_statements(self.database)
        before = measure.postgres_cpu(self.postgres)
        begun = time.monotonic()
        producer = self.start_producer()
        self.wait_for("everybody's place", lambda: self.planned(producer) >= people, 1200)
        seconds = time.monotonic() - begun
        cpu = measure.cpu_seconds(producer.pid)
        postgres = measure.postgres_cpu(self.postgres) - before
        peak = measure.peak_megabytes(producer.pid)
        self.assertEqual(producer.stop(), 0)
        self.assertEqual(self.without_place(name), 0)
        print(f"\nplan: {accounts} accounts, {people} people due, {people} items planned")
        print(f"  seconds             {seconds:.1f} ({people / seconds:.0f} items/s)")
        print(f"  CPU producer        {cpu:.1f} s, Postgres {postgres:.1f} s")
        print(f"  peak RSS producer   {peak:.1f} MB")
        measure.show_statements(self.database)
        return seconds, peak

    @staticmethod
    def planned(producer):
        return producer.metric("sam_items_planned_total")

    def without_place(self, name):
        return self.database.count(
            "SELECT count(*) FROM campaign_prospects p WHERE left(p.vanity, "
            f"{len(name)}) = '{name}' AND NOT EXISTS (SELECT FROM send_queue i "
            "WHERE i.prospect_id = p.id AND i.step = p.next_step)"
        )

    def load(self, name, accounts, each):
        """As imports, approvals and earlier sends have left it; nothing is looked for meanwhile."""
        turns = ", ".join(f"({i}, '{c}', '{s}', {n})" for i, (c, s, n) in enumerate(TURNS))
        zones = "ARRAY['" + "', '".join(ZONES) + "']"
        steps = {kind: self.steps(kind) for kind in ("connector", "messenger")}
        ids = (
            "encode(int8send((extract(epoch FROM now()) * 1000)::bigint << 16 | x'7000'::int) || "
            f"int8send((-1::bigint << 63) + k::bigint * {accounts} + a.i), 'hex')::uuid"
        )
        self.database.execute(f"""
            SET session_replication_role = replica; -- neither triggers nor foreign keys: all fits
            CREATE TEMP TABLE a AS SELECT i, gen_random_uuid() AS id,
                i / {WORKSPACE_ACCOUNTS} AS w, ({zones})[1 + i % {len(ZONES)}] AS timezone
                FROM generate_series(0, {accounts} - 1) i;
            CREATE TEMP TABLE w AS SELECT w, gen_random_uuid() AS id FROM a GROUP BY w;
            CREATE TEMP TABLE c AS SELECT w.w, w.id AS workspace_id, gen_random_uuid() AS id,
                kind, steps FROM w, (VALUES ('connector', '{steps["connector"]}'::jsonb),
                ('messenger', '{steps["messenger"]}')) AS k(kind, steps);
            INSERT INTO workspaces (id, name) SELECT id, '{name}' || w FROM w;
            INSERT INTO linkedin_accounts (id, workspace_id, name, unipile_id, country, timezone,
                plan, key_hash) SELECT a.id, w.id, 'a' || i, '{name}' || i, 'DE', timezone,
                'premium', i FROM a JOIN w USING (w);
            INSERT INTO account_schedule (account_id, plan_at) SELECT id, now() FROM a;
            INSERT INTO campaigns (id, workspace_id, name, campaign_type, status, country,
                timezone, opens_minute, closes_minute, weekend_mask, holidays, give_up_after_ms,
                start_at, steps) SELECT id, workspace_id, kind, kind, 'running', 'DE',
                ({zones})[1 + w % {len(ZONES)}], 0, 1440, 0, false, 1814400000,
                now() + interval '2 hours', steps FROM c;
            INSERT INTO campaign_accounts SELECT c.id, a.id, 1 FROM c JOIN a USING (w);
            INSERT INTO campaign_prospects (id, workspace_id, campaign_id, campaign_type,
                account_id, status, vanity, provider_id, first_name, last_name, company,
                block_keys, next_step, contacted_at, connected_at, last_sent_at, next_at)
                SELECT {ids}, c.workspace_id, c.id, c.kind, a.id, t.status,
                '{name}' || k || '-' || a.i,
                CASE WHEN t.step > 0 THEN 'ACo' || k || '-' || a.i END,
                'First' || k, 'Last' || a.i, 'Company ' || a.i,
                ARRAY['company:company ' || a.i, 'domain:company' || a.i || '.com'],
                t.step, CASE WHEN t.step > 0 THEN now() - interval '9 days' END,
                CASE WHEN t.status = 'connected' THEN now() - interval '8 days' END,
                CASE WHEN t.step > 0 THEN now() - interval '9 days' END, now()
                FROM a, generate_series(0, {each} - 1) k
                JOIN (VALUES {turns}) AS t(n, kind, status, step) ON t.n = k % {len(TURNS)}
                JOIN c ON c.kind = t.kind WHERE c.w = a.w ORDER BY 1""")  # fmt: skip
        self.database.execute("VACUUM ANALYZE")
        self.database.execute("CHECKPOINT")

    @staticmethod
    def steps(kind):
        names = {
            "connector": ("connection_request", "follow_up_1", "follow_up_2"),
            "messenger": ("direct_message_1", "direct_message_2", "direct_message_3"),
        }[kind]
        return sam_test.json.dumps(
            [{"message_type": n, "text": TEXT, "after_ms": 86400000 * i}
             for i, n in enumerate(names)]
        )  # fmt: skip
