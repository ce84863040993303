"""The database refuses exactly the transitions that the tables in C refuse.

Each pair of statuses is tried on a row of the real tables, with the real triggers; C's verdicts
come from tests/contract/verdict.c. The lists of statuses must be equal too.
"""

import os
import re
import shutil
import tempfile
import unittest

import sam_test

VERDICT = os.path.join(os.path.dirname(sam_test.BIN), "tests", "verdict")

# A row in status FROM is made, moved to TO, and taken back; what happened is kept.
TRY_ALL = """
CREATE TEMP TABLE tried (what text, old text, new text, verdict text);
DO $$
DECLARE
    a uuid := gen_random_uuid(); w uuid := gen_random_uuid(); c uuid := gen_random_uuid();
    one record; verdict text;
BEGIN
    INSERT INTO workspaces (id, name) VALUES (w, 'w');
    INSERT INTO linkedin_accounts (id, workspace_id, name, unipile_id, country, timezone, key_hash)
        VALUES (a, w, 'a', 'u', 'DE', 'Europe/Berlin', 1);
    FOR one IN SELECT * FROM pairs LOOP
        verdict := 'allowed';
        BEGIN
            INSERT INTO campaigns (id, workspace_id, name, campaign_type, country, timezone,
                                   opens_minute, closes_minute, give_up_after_ms, steps, status)
                VALUES (c, w, 'c', 'connector', 'DE', 'Europe/Berlin', 540, 1020, 1, '[{}]',
                        CASE WHEN one.what = 'campaign' THEN one.old ELSE 'running' END);
            INSERT INTO campaign_prospects (id, workspace_id, campaign_id, campaign_type,
                                            account_id, status, vanity, contacted_at)
                VALUES (c, w, c, CASE WHEN one.what IN ('connector', 'messenger') THEN one.what
                                      ELSE 'connector' END, a,
                        CASE WHEN one.what IN ('connector', 'messenger') THEN one.old
                             ELSE 'pending' END, 'v', sam_now());
            INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id,
                                    message_type, step, requires_connection, priority, status,
                                    scheduled_for, message)
                VALUES (c, w, c, c, a, 'connection_request', 0, false, 1,
                        CASE WHEN one.what = 'item' THEN one.old ELSE 'pending' END, sam_now(), '');
            BEGIN
                IF one.what = 'campaign' THEN
                    UPDATE campaigns SET status = one.new WHERE id = c;
                ELSIF one.what = 'item' THEN
                    UPDATE send_queue SET status = one.new WHERE id = c;
                ELSE
                    UPDATE campaign_prospects SET status = one.new WHERE id = c;
                END IF;
            EXCEPTION WHEN check_violation THEN
                verdict := CASE WHEN SQLERRM LIKE '%is not allowed' THEN 'refused'
                                ELSE SQLERRM END;
            END;
            RAISE EXCEPTION USING ERRCODE = 'SAM01'; -- takes the rows back
        EXCEPTION WHEN SQLSTATE 'SAM01' THEN NULL;
        END;
        INSERT INTO tried VALUES (one.what, one.old, one.new, verdict);
    END LOOP;
END $$;
"""

# table.column in SQL: what C calls the list
CHECKED_LISTS = {
    ("campaigns", "status"): "campaign",
    ("linkedin_accounts", "status"): "account",
    ("campaign_prospects", "status"): "connector",
    ("send_queue", "status"): "item",
}


class Transitions(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sam-transitions-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        server = sam_test.Postgres(os.path.join(self.folder, "postgres"), private=False)
        server.start()
        self.addCleanup(server.stop)
        self.database = sam_test.Database(server, sam_test.unique_name())
        self.database.create()
        self.addCleanup(self.database.drop)
        self.said = [line.split() for line in sam_test.run(VERDICT, "transitions").splitlines()]

    def schema(self):
        folder = os.path.join(sam_test.SOURCE, "schemas", "sql")
        text = ""
        for name in sorted(os.listdir(folder)):
            if name.endswith(".sql"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text += file.read()
        return text

    def test_the_database_allows_what_the_tables_in_c_allow(self):
        self.said = [line for line in self.said if line[0] != "account"]  # in C alone (status.h)
        self.assertGreater(len(self.said), 300)
        self.database.execute(self.schema())
        pairs = ", ".join(f"('{what}', '{old}', '{new}')" for what, old, new, _ in self.said)
        rows = self.database.rows(
            "CREATE TEMP TABLE pairs (what text, old text, new text);"
            f"INSERT INTO pairs VALUES {pairs}; {TRY_ALL} SELECT * FROM tried"
        )
        tried = {(r["what"], r["old"], r["new"]): r["verdict"] for r in rows}
        said = {(what, old, new): verdict for what, old, new, verdict in self.said}
        self.assertEqual(tried, said)
        self.assertEqual(set(tried.values()), {"allowed", "refused"})

    def test_a_refusal_names_the_row_and_the_change(self):
        """In the first line of the error, which is all that a program prints; no CHECK is left
        that would name the table alone."""
        self.database.execute(self.schema())
        ids = self.database.rows(
            "WITH w AS (INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'w') "
            "RETURNING id), a AS (INSERT INTO linkedin_accounts (id, workspace_id, name, "
            "unipile_id, country, timezone, key_hash) SELECT gen_random_uuid(), id, 'a', 'u', "
            "'DE', 'Etc/UTC', 1 FROM w RETURNING id, workspace_id), c AS (INSERT INTO campaigns "
            "(id, workspace_id, name, campaign_type, country, timezone, opens_minute, "
            "closes_minute, give_up_after_ms, steps) SELECT gen_random_uuid(), id, 'c', "
            "'connector', 'DE', 'Etc/UTC', 540, 1020, 1, '[{}]' FROM w RETURNING id) "
            "SELECT a.id AS a, c.id AS c, a.workspace_id AS w FROM a, c"
        )[0]
        statuses = [new for what, old, new, _ in self.said if what == "connector" and old == new]
        allowed = {(old, new) for what, old, new, verdict in self.said
                   if what == "connector" and verdict == "allowed"}  # fmt: skip
        contacted = {"connection_request_sent", "messaging"}
        waiting = {"pending", "approved", "connected", *contacted}
        for old in sorted(set(statuses) - contacted):
            for new in statuses:
                person = self.database.value(
                    "INSERT INTO campaign_prospects (id, workspace_id, campaign_id, "
                    "campaign_type, account_id, status, vanity) SELECT u, "
                    f"'{ids['w']}', '{ids['c']}', 'connector', '{ids['a']}', '{old}', u::text "
                    "FROM gen_random_uuid() AS u RETURNING id"
                )
                change = f"campaign_prospects SET status = '{new}', next_at = sam_now()"
                told = self.told(f"UPDATE {change} WHERE id = '{person}'")
                ends = (old, new) not in allowed or new in contacted or new not in waiting
                self.assertEqual(bool(told), ends, (old, new, told))
                if told:
                    self.assertIn(f"campaign_prospects {person}: status {old} -> {new} ", told)
        told = self.told("UPDATE linkedin_accounts SET status = 'resting'")
        self.assertIn(f"linkedin_accounts {ids['a']}: status active -> resting needs", told)
        self.database.execute("UPDATE campaign_prospects SET contacted_at = sam_now()")
        told = self.told("UPDATE campaign_prospects SET contacted_at = NULL")
        self.assertRegex(told, r"campaign_prospects [0-9a-f-]{36}: contacted_at 2.* -> none")
        self.attempt("sent")
        told = self.told("UPDATE send_attempts SET outcome = 'refused'")
        self.assertRegex(told, r"UPDATE of [0-9a-f-]{36} \(item [0-9a-f-]{36}, outcome sent -> re")
        told = self.told("DELETE FROM send_attempts")
        self.assertRegex(told, r"DELETE of [0-9a-f-]{36} \(item [0-9a-f-]{36}, outcome sent\)")

    def told(self, statement):
        """What the database says; "" when it takes it."""
        try:
            self.database.execute(statement)
        except AssertionError as error:
            return next(line for line in str(error).splitlines() if "ERROR:" in line)
        return ""

    def test_an_attempt_keeps_its_start_and_a_certain_end(self):
        self.database.execute(self.schema())
        outcomes = ("sent", "not_executed", "refused", "unknown")
        for old in (None, *outcomes):
            for new in (None, *outcomes):
                allowed = old in (None, "unknown", new) and (new or not old)
                allowed = allowed or (old and new == "sent")
                self.attempt(old)
                change = f"ended_at = {self.end(new)}, outcome = {self.quoted(new)}"
                self.assertEqual(self.takes(change), bool(allowed), (old, new))
        self.attempt("sent")
        for column in ("workspace_id", "account_id", "campaign_id", "prospect_id", "item_id"):
            self.assertFalse(self.takes(f"{column} = gen_random_uuid()"), column)
        for column in ("message_type", "kind", "identities", "started_at", "start_by"):
            self.assertFalse(self.takes(f"{column} = {column}"), column)
        for statement in ("DELETE FROM send_attempts", "TRUNCATE send_attempts"):
            with self.assertRaisesRegex(AssertionError, "append-only"):
                self.database.execute(statement)

    def attempt(self, outcome):
        """A new one; the last of the table."""
        self.database.execute(
            "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, "
            "item_id, message_type, kind, identities, started_at, start_by, ended_at, outcome) "
            "SELECT gen_random_uuid(), u, u, u, u, u, 'direct_message_1', 'message', '{v:x}', "
            f"sam_now(), sam_now(), {self.end(outcome)}, {self.quoted(outcome)} "
            "FROM gen_random_uuid() AS u"
        )

    def end(self, outcome):
        return "sam_now()" if outcome else "NULL"

    def quoted(self, outcome):
        return f"'{outcome}'" if outcome else "NULL"

    def takes(self, change):
        """Whether the database lets the last attempt be changed."""
        last = "(SELECT id FROM send_attempts ORDER BY started_at DESC LIMIT 1)"
        try:
            self.database.execute(f"UPDATE send_attempts SET {change} WHERE id = {last}")
        except AssertionError as error:
            self.assertIn("append-only", str(error))
            return False
        return True

    def test_the_lists_of_statuses_are_the_same(self):
        self.database.execute(self.schema())
        for (table, column), what in CHECKED_LISTS.items():
            text = self.database.value(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
                f"WHERE conname = '{table}_{column}_check'"
            )
            in_c = [new for kind, old, new, _ in self.said if kind == what and old == new]
            self.assertEqual(re.findall(r"'(\w+)'::text", text), in_c, table)


if __name__ == "__main__":
    unittest.main()
