"""samctl: words, settings, schema, workspaces, accounts."""

import json
import os
import subprocess
import threading
import unittest

import sam_test
from ctl_test import CtlTest, connector, make_until_waits


class Words(CtlTest):
    def test_help_and_version_need_nothing(self):
        self.config_path = "/nowhere/sam.cfg"
        self.assertIn("campaign create", self.samctl("--help"))
        self.assertIn("--unipile-id", self.samctl("account", "add", "--help"))
        self.assertRegex(self.samctl("--version"), r"^\d+\.\d+\.\d+\n$")
        self.assertIn("conninfo", self.samctl("config", "sample"))
        said = self.samctl("account", "--help")
        self.assertIn("account discover", said)
        self.assertIn("account add NAME --unipile-id", said)
        self.assertNotIn("campaign", said)

    def test_wrong_words(self):
        rows = [
            ((), "which command?"),
            (("foo",), "there is no command foo"),
            (("account",), "account needs one of: "),
            (("account", "foo"), "account knows: "),
            (("account", "foo", "--help"), "account knows: "),
            (("foo", "--help"), "there is no command foo"),
            (("preview", "spring", "--limit", "x"), "a whole number from 0 to 1000000"),
            (("account", "add"), "use: samctl account add NAME"),
            (("status", "--foo"), "--foo is not an option"),
            (("import", "x.csv"), "which campaign?"),
            (("config", "foo"), "`sample` or `document`"),
            (("status", "--workspace"), "--workspace needs a value"),
        ]
        self.prepare()
        for words, said in rows:
            self.assertIn(said, self.refused(*words, code=2))


class Settings(CtlTest):
    def test_all_problems_at_once(self):
        self.write("sam.cfg", 'postgres: { connifo = "x"; };\nlimits: { spacing = "2"; };\n')
        said = self.refused("status", code=2)
        self.assertIn("sam.cfg:1: postgres.connifo: no such key", said)
        self.assertIn("sam.cfg:2: limits.spacing: must be a duration", said)
        self.assertIn("kafka.bootstrap_servers: required", said)

    def test_a_folder_and_no_file_at_all(self):
        self.config_path = self.folder
        self.assertIn("is a folder, not a file", self.refused("status", code=2))
        os.remove(os.path.join(self.folder, "sam.cfg"))
        done = subprocess.run(
            [os.path.join(sam_test.BIN, "samctl"), "status"], cwd=self.folder,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 2)
        if not os.path.exists("/etc/sam/sam.cfg"):
            self.assertIn("neither ./sam.cfg nor /etc/sam/sam.cfg", done.stderr)

    def test_print_config_hides_secrets(self):
        self.config["unipile"]["api_key"] = "geheim"
        self.config["postgres"]["conninfo"] += " password=geheim"
        self.write_config()
        shown = self.samctl("--print-config")
        self.assertNotIn("geheim", shown)
        self.assertRegex(shown, r'limits\.spacing = "1s"  // .*sam\.cfg:\d+')
        self.assertIn('limits.daily_messages = 100  // default', shown)

    def test_postgres_is_not_there(self):
        self.config["postgres"]["conninfo"] = "host=127.0.0.1 port=1 user=postgres"
        self.write_config()
        said = self.refused("status")
        self.assertIn("Postgres cannot be reached", said)
        self.assertIn("postgres.conninfo comes from", said)


class Migrate(CtlTest):
    def states(self):
        return [step["state"] for step in self.samctl_status()]

    def samctl_status(self):
        done = self.samctl_result("migrate", "--status", "--json")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_once_and_again(self):
        self.assertIn("no schema of SAM yet: run `samctl migrate`", self.refused("status"))
        self.assertEqual(set(self.states()), {"waiting"})
        self.samctl("migrate")
        self.assertEqual(set(self.states()), {"applied"})
        before = self.database.rows("SELECT * FROM schema_migrations ORDER BY version")
        self.samctl("migrate")
        self.assertEqual(
            before, self.database.rows("SELECT * FROM schema_migrations ORDER BY version")
        )

    def test_older_database(self):
        self.samctl("migrate")
        last = self.database.value("SELECT max(version) FROM schema_migrations")
        self.database.execute(f"DELETE FROM schema_migrations WHERE version = {last}")
        said = self.refused("status")
        self.assertIn("the database is older than this program: run `samctl migrate`", said)
        done = self.samctl_result("migrate", "--status")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, "go on running while this is applied|"
                                      "stop all programs before this is applied")  # fmt: skip

    def test_newer_database(self):
        self.samctl("migrate")
        self.database.execute("INSERT INTO schema_migrations VALUES (999, '999_later.sql', 'x')")
        for words in (("status",), ("migrate",), ("migrate", "--status")):
            self.assertIn("which has 999_later.sql: upgrade the program", self.refused(*words))

    def test_changed_file(self):
        self.samctl("migrate")
        self.database.execute("UPDATE schema_migrations SET checksum = 'x' WHERE version = 1")
        for words in (("status",), ("migrate",)):
            said = self.refused(*words)
            self.assertIn("001_tables.sql is not the file that was applied", said)

    def test_a_failure_leaves_nothing_half_done(self):
        self.database.execute("CREATE TABLE campaigns (id integer)")
        self.assertIn('relation "campaigns" already exists', self.refused("migrate"))
        self.assertEqual(self.database.count("SELECT count(*) FROM schema_migrations"), 0)
        self.assertEqual(
            self.database.count("SELECT count(*) FROM pg_class WHERE relname = 'workspaces'"), 0
        )
        self.database.execute("DROP TABLE campaigns")
        self.samctl("migrate")


class Workspaces(CtlTest):
    def test_the_only_one_or_a_choice(self):
        self.samctl("migrate")
        self.assertIn("there is no workspace yet", self.refused("status"))
        self.samctl("workspace", "add", "acme")
        self.samctl("status")
        self.assertIn("there is a workspace acme already", self.refused("workspace", "add", "acme"))
        self.samctl("workspace", "add", "beta")
        said = self.refused("status")
        self.assertIn("several workspaces (acme, beta): say --workspace NAME", said)
        self.samctl("status", "--workspace", "beta")
        self.assertIn("no workspace gamma", self.refused("status", "--workspace", "gamma"))
        names = [w["workspace"] for w in self.samctl_json("workspace", "list")]
        self.assertEqual(names, ["acme", "beta"])


class Accounts(CtlTest):
    def account(self):
        return self.database.rows("SELECT * FROM linkedin_accounts")[0]

    def test_add_writes_everything_that_an_account_needs(self):
        self.prepare()
        account = self.account()
        self.assertEqual(account["timezone"], "Europe/Berlin")
        self.assertEqual(account["status"], "active")
        self.assertEqual(account["spacing_ms"], "")
        self.assertEqual(account["id"][14], "7")  # UUID version 7
        self.assertEqual(self.database.count("SELECT count(*) FROM account_schedule"), 1)
        kinds = self.database.rows("SELECT kind FROM sync_schedule ORDER BY 1")
        self.assertEqual([k["kind"] for k in kinds], ["relations", "replies"])

    def test_key_hash_is_kafkas(self):
        self.prepare()
        account = self.account()
        self.assertEqual(int(account["key_hash"]), murmur2(account["id"].encode()) & 0x7FFFFFFF)

    def test_bad_options_all_at_once(self):
        self.prepare()
        said = self.refused(
            "account", "add", "ben", "--country", "XX", "--plan", "gold", "--daily-cap", "many",
            "--spacing", "2", code=2,
        )  # fmt: skip
        for part in ("--unipile-id: needed", "--country XX: no ISO 3166", "--plan gold: must be",
                     "--daily-cap takes a whole number", "--spacing takes a duration"):  # fmt: skip
            self.assertIn(part, said)
        said = self.refused("account", "add", "b", "--unipile-id", "x", "--country", "US", code=2)
        self.assertIn("US has 8 time zones, say which: America/New_York,", said)
        said = self.refused(
            "account", "add", "b", "--unipile-id", "x", "--country", "US", "--timezone", "EST5",
            code=2,
        )  # fmt: skip
        self.assertIn("--timezone EST5: no such IANA time zone", said)
        self.assertEqual(self.database.count("SELECT count(*) FROM linkedin_accounts"), 1)

    def test_twice(self):
        self.prepare()
        again = ("account", "add", "anna", "--unipile-id", "other", "--country", "DE")
        self.assertIn("there is an account anna in the workspace already", self.refused(*again))
        other = ("account", "add", "ben", "--unipile-id", "u-anna", "--country", "DE")
        self.assertIn("u-anna is that of account acme/anna already", self.refused(*other))

    def test_names_and_ids_that_cannot_be_typed_again(self):
        self.prepare()
        more = ("--country", "DE", "--unipile-id")
        rows = [
            (("account", "add", "a\nb", *more, "x"), "name: holds a line break"),
            (("account", "add", "a\u0085b", *more, "x"), "name: holds a line break"),
            (("account", "add", " ", *more, "x"), "name: must not be empty"),
            (("account", "add", "ä" * 101, *more, "x"), "name: has 101 characters (100 at most)"),
            (("account", "add", "ben", *more, "x" * 129), "--unipile-id: has 129 characters (128"),
            (("account", "add", "ben", *more, "x y"), "--unipile-id: must be letters"),
            (("account", "set", "anna", "--unipile-id", ""), "--unipile-id: must be letters"),
            (("workspace", "add", "b\tc"), "name: holds a line break"),
            (("workspace", "add", ""), "name: must not be empty"),
        ]
        for words, said in rows:
            self.assertIn(said, self.refused(*words, code=2))
        self.samctl("account", "add", "ä" * 100, *more, "x" * 128)

    def test_a_mistyped_unipile_id(self):
        self.prepare(accounts=("anna", "ben"))
        change = ("account", "set", "anna", "--unipile-id")
        self.assertIn("is that of account acme/ben already", self.refused(*change, "u-ben"))
        self.samctl(*change, "right", "--daily-cap", "7")
        unipile = "SELECT unipile_id FROM linkedin_accounts WHERE name = 'anna'"
        self.assertEqual(self.database.value(unipile), "right")
        self.samctl("account", "set", "anna", "--daily-cap", "8")
        self.assertEqual(self.database.value(unipile), "right")
        self.database.execute(
            "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, "
            "item_id, message_type, kind, started_at, start_by) SELECT id, workspace_id, id, id, "
            "id, id, 'x', 'message', sam_now(), sam_now() FROM linkedin_accounts "
            "WHERE name = 'anna'"
        )
        self.assertIn("has written already, its Unipile id stays", self.refused(*change, "other"))
        self.assertEqual(self.database.value(unipile), "right")

    def test_hard_bounds(self):
        self.prepare()
        self.config["unipile"]["base_url"] = "https://api1.unipile.com:13111"
        self.config["limits"]["spacing"] = "2m"
        self.write_config()
        rows = [
            ("spacing", "30s", ("29s", "0s"), "must be 30s or more"),
            ("spacing", "2m", ("31d",), "out of range: 0s to 30d"),
            ("spacing", "2m", ("", "-2m", "60"), "takes a duration with its unit"),
            ("jitter", "0s", ("2d",), "out of range: 0s to 1d"),
            ("daily-cap", "150", ("151",), "must be 150 or less"),
            ("daily-cap", "0", ("", "-1", "4o"), "takes a whole number from 0 to "),
            ("daily-invitations", "80", ("81",), "must be 80 or less"),
            ("weekly-invitations", "200", ("201",), "must be 200 or less"),
            ("daily-messages", "150", ("151",), "must be 150 or less"),
            ("daily-profile-views", "500", ("-1", "1.5"), "takes a whole number from 0 to "),
            ("monthly-notes", "5", ("-1",), "takes a whole number from 0 to "),
        ]
        add = ("account", "add", "ben", "--unipile-id", "u-ben", "--country", "DE")
        for option, good, bad, why in rows:
            for value in bad:
                for words in ("account", "set", "anna"), add:
                    with self.subTest(option=option, value=value, words=words):
                        said = self.refused(*words, f"--{option}={value}", code=2)
                        self.assertIn(why, said)
                        self.assertIn(f"--{option}", said)
            self.samctl("account", "set", "anna", f"--{option}={good}")
        said = self.refused("account", "set", "anna", "--daily-cap=151", "--spacing=29s", code=2)
        self.assertIn("--daily-cap 151: ", said)  # all that is wrong at once
        self.assertIn("--spacing 29s: ", said)
        self.assertEqual(self.database.value("SELECT count(*) FROM linkedin_accounts"), "1")

    def test_own_values_of_before_the_bounds_do_not_count(self):
        """A demo's account has what it likes; with a real base_url the bounds hold all the same."""
        hours = {"hours": {"from": "00:00", "to": "24:00"}, "weekend": [], "holidays": False}
        self.prepare(campaigns=[connector(**hours)])
        self.samctl("account", "set", "anna", "--weekly-invitations=1000", "--spacing=1s",
                    "--plan", "premium")  # fmt: skip
        self.people("spring", "linkedin_url\nhttps://www.linkedin.com/in/ada\n")
        self.samctl("campaign", "start", "spring")
        self.database.execute(
            "INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id, "
            "item_id, message_type, kind, started_at, start_by, ended_at, outcome) "
            "SELECT gen_random_uuid(), workspace_id, id, id, id, gen_random_uuid(), 'x', "
            "'invitation', at, at, at, 'sent' FROM linkedin_accounts, generate_series(1, 200), "
            "LATERAL (SELECT sam_now() - interval '3 days' AS at) t"
        )
        self.assertEqual(self.samctl_json("why", "ada")[0]["reason"], "not_planned")
        self.config["unipile"]["base_url"] = "https://127.0.0.2:1"  # counts as another machine
        self.config["limits"]["spacing"] = "2m"
        self.write_config()
        self.assertEqual(self.samctl_json("why", "ada")[0]["reason"], "weekly_invitations")
        lines = self.samctl_result("doctor", "--json").stdout.split("\n")
        told = [json.loads(line) for line in lines if '"limits"' in line]
        self.assertEqual([row["result"] for row in told], ["note"])
        self.assertIn("anna: spacing must be 30s or more", told[0]["detail"])
        self.samctl("account", "set", "anna", "--weekly-invitations=200", "--spacing=default")
        self.assertNotIn('"limits"', self.samctl_result("doctor", "--json").stdout)

    def test_set_and_default(self):
        self.prepare()
        self.samctl("account", "set", "anna", "--daily-cap", "7", "--spacing", "3m", "--ramp", "10")
        account = self.account()
        self.assertEqual((account["daily_cap"], account["spacing_ms"]), ("7", "180000"))
        self.assertEqual(account["ramp_days"], "10")
        self.assertTrue(account["ramp_from"])
        self.samctl("account", "set", "anna", "--daily-cap", "default", "--ramp", "0")
        account = self.account()
        self.assertEqual((account["daily_cap"], account["spacing_ms"]), ("", "180000"))
        self.assertEqual((account["ramp_days"], account["ramp_from"]), ("", ""))
        self.assertIn("what is to be changed?", self.refused("account", "set", "anna", code=2))

    def test_pause_and_resume_reach_the_ledger(self):
        self.prepare(campaigns=[connector()])
        self.samctl("account", "pause", "anna")
        self.samctl("account", "pause", "anna")
        self.assertEqual(self.account()["status"], "paused")
        self.samctl("account", "resume", "anna")
        rows = self.database.rows(
            "SELECT record_key, event_type, payload::json->>'status' AS status, "
            "payload::json->>'version' AS version, payload::json->>'event_id' = id::text AS same "
            "FROM outbox ORDER BY created_at"
        )
        account = self.account()
        # a second pause too: the first may be of before a restore
        self.assertEqual([r["status"] for r in rows], ["paused", "paused", "active"])
        self.assertLess(int(rows[0]["version"]), int(rows[1]["version"]))
        self.assertEqual({r["record_key"] for r in rows}, {account["id"]})
        self.assertEqual({r["event_type"] for r in rows}, {"sam.account.v1"})
        self.assertEqual({r["same"] for r in rows}, {"t"})
        self.assertTrue(self.database.value("SELECT plan_at FROM account_schedule"))
        self.assertIn("there is no account zed", self.refused("account", "pause", "zed"))

    def test_an_account_that_is_logged_out_is_not_hidden_by_a_pause(self):
        self.prepare(campaigns=[connector()])
        for status in ("disconnected", "restricted"):
            self.database.execute(f"UPDATE linkedin_accounts SET status = '{status}'")
            self.assertIn(f"is {status}", self.samctl("account", "pause", "anna"))
            self.assertEqual(self.account()["status"], status)
        self.assertEqual(self.database.value("SELECT count(*) FROM outbox"), "0")

    def test_what_unipile_tells_meanwhile_is_not_overwritten(self):
        """A worker hears that the account is restricted, and samctl has read it just before."""
        self.prepare(campaigns=[connector()])
        make_until_waits(self.database)
        hear = (
            "BEGIN; SELECT FROM account_schedule FOR UPDATE; "
            "UPDATE linkedin_accounts SET status = 'restricted'; "
            "SELECT until_waits('samctl'); COMMIT"
        )
        locked = (
            "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
            "WHERE c.relname = 'linkedin_accounts' AND l.mode = 'RowExclusiveLock'"
        )
        for command in ("pause", "resume"):
            was = "paused" if command == "resume" else "active"
            self.database.execute(f"UPDATE linkedin_accounts SET status = '{was}'")
            worker = threading.Thread(target=self.database.execute, args=(hear,))
            worker.start()
            self.wait_for("the lock", lambda: self.database.count(locked))
            said = self.refused("account", command, "anna")
            worker.join()
            self.assertIn("has just told something else", said)
            self.assertEqual(self.account()["status"], "restricted")
        self.assertEqual(self.database.value("SELECT count(*) FROM outbox"), "0")


def murmur2(data):
    """The hash of Kafka's Java client, written down a second time."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


if __name__ == "__main__":
    unittest.main()
