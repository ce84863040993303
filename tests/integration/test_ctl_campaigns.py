"""samctl: campaigns, from a file to running, paused and stopped; people, from CSV to approved."""

import json
import os
import subprocess
import time
import unittest

import sam_test
from ctl_test import CtlTest, connector, messenger

PEOPLE = "linkedin_url,first_name\nada,Ada\nbob,Bob\ncy,Cy\n"


class Files(CtlTest):
    def check(self, campaign):
        path = self.write_json("bad.json", campaign)
        return self.samctl_result("campaign", "check", path)

    def test_a_good_file_needs_no_database(self):
        self.config["postgres"]["conninfo"] = "host=127.0.0.1 port=1"
        self.write_config()
        done = self.check(connector())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Europe/Berlin", done.stdout)

    def test_bad_files(self):
        texts = {"connection_request": "Hi {firstNam}"}
        rows = [
            (connector(colour="red"), "colour"),
            (connector(message_templates=texts), "firstNam"),
            (connector(hours={"from": "17:00", "to": "09:00"}), "hours"),
            (connector(accounts=[]), "accounts"),
            (connector(country="XX"), "country"),
            (connector(country="US"), "timezone"),
            (connector(campaign_type="mail"), "campaign_type"),
            (messenger(message_templates={}), "message_templates"),
        ]
        for campaign, word in rows:
            done = self.check(campaign)
            self.assertEqual(done.returncode, 1, f"{word}: {done.stdout}")
            self.assertIn("bad.json: ", done.stderr)
            self.assertIn(word, done.stderr)

    def test_all_problems_at_once(self):
        done = self.check(connector(colour="red", country="XX", accounts=[]))
        for word in ("colour", "country", "accounts"):
            self.assertIn(word, done.stderr)

    def test_not_json(self):
        path = self.write("bad.json", '{"name": ')
        self.assertIn("bad.json", self.refused("campaign", "check", path))
        self.assertIn("cannot be read", self.refused("campaign", "check", "/nowhere.json"))
        self.assertIn("cannot be read", self.refused("campaign", "check", self.folder))
        path = self.write("huge.json", " " * ((1 << 20) + 1))
        self.assertIn("is larger than 1048576 bytes", self.refused("campaign", "check", path))

    def test_create(self):
        self.prepare(accounts=("anna", "ben"))
        path = self.write_json("c.json", connector(accounts=["ben", "zed", "anna", "yan"]))
        said = self.refused("campaign", "create", path)
        self.assertIn("c.json: accounts: there is no account zed", said)
        self.assertIn("c.json: accounts: there is no account yan", said)
        path = self.write_json("c.json", connector(accounts=["ben", "anna"], workspace="other"))
        self.assertIn("there is no workspace other", self.refused("campaign", "create", path))
        path = self.write_json("c.json", connector(accounts=["ben", "anna"], weekend=[]))
        self.samctl("campaign", "create", path)
        row = self.database.rows("SELECT * FROM campaigns")[0]
        self.assertEqual(row["status"], "draft")
        self.assertEqual((row["opens_minute"], row["closes_minute"]), ("540", "1020"))
        self.assertEqual(row["weekend_mask"], "0")
        self.assertEqual(row["holidays"], "t")
        steps = json.loads(row["steps"])
        types = [step["message_type"] for step in steps]
        self.assertEqual(types, ["connection_request", "follow_up_1", "follow_up_2"])
        self.assertEqual([step["after_ms"] for step in steps], [0, 86400000, 345600000])
        shown = self.samctl_json("campaign", "show", "spring")[0]
        self.assertEqual((shown["accounts"], shown["hours"]), ("ben, anna", "09:00-17:00"))
        self.assertIn("there is a campaign spring", self.refused("campaign", "create", path))


class Import(CtlTest):
    def setUp(self):
        super().setUp()
        campaigns = [connector(accounts=["anna", "ben"]), messenger()]
        self.prepare(accounts=("anna", "ben"), campaigns=campaigns)

    def load(self, text, name="people.csv", *more):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.samctl_result("import", path, "--campaign", "spring", "--json", *more)

    def report(self, done):
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def count(self):
        return self.database.count("SELECT count(*) FROM prospect_approval_data")

    def test_the_same_file_again_changes_nothing(self):
        report = self.report(self.load(PEOPLE))
        self.assertEqual((report["lines"], report["imported"], report["rejected"]), (3, 3, 0))
        before = self.database.rows("SELECT * FROM prospect_approval_data ORDER BY id")
        report = self.report(self.load(PEOPLE))
        self.assertEqual((report["imported"], report["existing"]), (0, 3))
        self.samctl("approve", "--campaign", "spring", "--all")
        report = self.report(self.load(PEOPLE))
        self.assertEqual((report["imported"], report["existing"]), (0, 3))
        after = self.database.rows("SELECT * FROM prospect_approval_data ORDER BY id")
        self.assertEqual([p["id"] for p in before], [p["id"] for p in after])

    def test_bad_lines_are_told_and_the_good_ones_go_in(self):
        done = self.load(
            "linkedin_url,linkedin_user_id,first_name,account,Pet Name\n"
            "https://de.linkedin.com/in/M%C3%BCller?x=1,,Zoë,ben,Rex\n"
            "https://example.com/in/x,,X,,\n"
            ",,Nobody,,\n"
            "https://www.linkedin.com/company/acme,,Firm,,\n"
            "dora,,Dora,zed,\n"
            'eve,,"two\nlines",,\n'
            "fay,,Fay,,,,,\n"
            ",ACoAAABCDEFGHIJ,Cy,,\n"
        )
        report = self.report(done)
        self.assertEqual(done.returncode, 0)
        self.assertEqual((report["lines"], report["imported"], report["rejected"]), (8, 2, 6))
        self.assertTrue(report["rejected_file"].endswith("/people.rejected.csv"))
        for line in (3, 4, 5, 6, 7, 9):
            self.assertIn(f"people.csv:{line}: ", done.stderr)
        rows = self.database.rows(
            "SELECT p.vanity, p.provider_id, p.first_name, a.name, p.custom->>'Pet_Name' AS pet "
            "FROM prospect_approval_data p JOIN linkedin_accounts a ON a.id = p.account_id "
            "ORDER BY p.vanity"
        )
        self.assertEqual(list(rows[0].values()), ["müller", "", "Zoë", "ben", "Rex"])
        self.assertEqual(list(rows[1].values())[:3], ["", "ACoAAABCDEFGHIJ", "Cy"])
        # corrected, the rejected lines can be imported themselves
        with open(report["rejected_file"], encoding="utf-8") as file:
            text = file.read()
        self.assertIn('"6","account: ', text)
        fixed = text.replace('"zed"', '"anna"').replace("two\nlines", "Eve")
        report = self.report(self.load(fixed, "fixed.csv"))
        self.assertEqual((report["imported"], report["rejected"]), (2, 4))
        keys = "SELECT DISTINCT k FROM prospect_approval_data, jsonb_object_keys(custom) k"
        self.assertEqual([r["k"] for r in self.database.rows(keys)], ["Pet_Name"])

    def test_a_rejected_file_of_an_earlier_import_goes_away(self):
        self.load("linkedin_url\nada\nhttps://example.com/\n")
        rejected = os.path.join(self.folder, "people.rejected.csv")
        self.assertTrue(os.path.exists(rejected))
        self.load("linkedin_url\nada\n")
        self.assertFalse(os.path.exists(rejected))

    def test_forms_that_spreadsheets_make(self):
        forms = [
            "\ufefflinkedin_url;first_name\r\nada;Ada\r\n".encode(),
            b"linkedin_url\tfirst_name\nada\tAda\n",
            b'"linkedin_url","first_name"\n"ada","Ada"\n',
        ]
        for form in forms:
            self.database.execute("DELETE FROM prospect_approval_data")
            report = self.report(self.load(form))
            self.assertEqual((report["imported"], report["rejected"]), (1, 0), form)
            name = self.database.value("SELECT first_name FROM prospect_approval_data")
            self.assertEqual(name, "Ada")

    def test_wrong_encoding(self):
        done = self.load("linkedin_url,first_name\nada,Ada\nzoe,Zoë\n".encode("latin-1"))
        self.assertEqual(self.report(done)["imported"], 1)
        self.assertIn("people.csv:3: field 2 is not UTF-8: save the file as", done.stderr)
        done = self.load("linkedin_url\nada\n".encode("utf-16"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("people.csv: is UTF-16", done.stderr)

    def test_huge_field(self):
        huge = b"x" * (10 << 20)
        done = self.load(b"linkedin_url,first_name\nada,Ada\nbob," + huge + b"\ncy,Cy\n")
        report = self.report(done)
        self.assertEqual((report["imported"], report["rejected"]), (2, 1))
        self.assertIn("people.csv:3: field 2 has 10485760 bytes (65536 at most)", done.stderr)

    def test_files_that_are_none(self):
        rows = [
            ("", "holds no people"),
            ("linkedin_url\n", "holds no people"),
            ("name,company\nAda,Acme\n", "people.csv:1: the first line must name the columns"),
            ("ada,bob\n", "people.csv:1: the first line must name the columns"),
            ("linkedin_url,linkedin_url\nada,ada\n", "two columns linkedin_url"),
            ('linkedin_url\n"ada\nbob\n', "line 2: the file ends inside a quote"),
            ("linkedin_url\nhttps://example.com/\n", "no line can be used"),
        ]
        for text, said in rows:
            done = self.load(text)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.count(), 0)
        said = self.refused("import", "/nowhere.csv", "--campaign", "spring")
        self.assertIn("cannot be read: No such file", said)
        self.assertIn("no campaign x", self.refused("import", "/nowhere.csv", "--campaign", "x"))

    def test_an_open_quote_later_keeps_the_lines_before(self):
        done = self.load('linkedin_url,first_name\nada,Ada\nbob,"Bob\ncy,Cy\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 3: the file ends inside a quote", done.stderr)
        self.assertIn("the lines before it are in", done.stderr)
        self.assertEqual(self.count(), 1)

    def test_dry_run(self):
        self.load("linkedin_url\nada\n")
        text = "linkedin_url\nada\nbob\nBob\ncy\nhttps://example.com/\n"
        words = ("linkedin_url", "imported", "existing", "rejected")
        rejected = os.path.join(self.folder, "people.rejected.csv")
        reports = []
        for more, people in ((("--dry-run",), 1), ((), 3)):
            report = self.report(self.load(text, "people.csv", *more))
            reports.append([report.get(word) for word in words])
            self.assertEqual(self.count(), people)
            self.assertEqual(os.path.exists(rejected), not more)
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(reports[0], [None, 2, 2, 1])

    def test_people_of_another_campaign(self):
        other = "linkedin_url,linkedin_user_id\nada,\nbob,\n,ACoAAABCDEFGHIJ\n"
        path = self.write("other.csv", other)
        self.samctl("import", path, "--campaign", "clients")
        self.samctl("approve", "--campaign", "clients", "--person", "bob", "--reject")
        text = other + "dee,\n"
        for more in (("--dry-run",), ()):
            report = self.report(self.load(text, "people.csv", *more))
            self.assertEqual((report["imported"], report["in_other_campaigns"]), (4, 2))

    def test_standard_input(self):
        words = [os.path.join(sam_test.BIN, "samctl"), "-c", self.config_path, "import"]
        for name in ("-", "/dev/stdin"):
            done = subprocess.run(
                [*words, name, "--campaign", "spring", "--json"], cwd=self.folder, text=True,
                input=f"linkedin_url\nada{len(name)}\nhttps://example.com/\n",
                capture_output=True, check=True,
            )  # fmt: skip
            report = json.loads(done.stdout)
            self.assertEqual(report["imported"], 1)
            self.assertEqual(report["rejected_file"], "people.rejected.csv")
            self.assertTrue(os.path.exists(os.path.join(self.folder, "people.rejected.csv")))
            self.assertFalse(os.path.exists("/dev/stdin.rejected.csv"))

    def test_a_rejected_file_that_was_worked_on_is_kept(self):
        text = "linkedin_url\nada\nhttps://example.com/\n"
        rejected = os.path.join(self.folder, "people.rejected.csv")
        self.load(text)
        self.assertNotIn("was there already", self.load(text).stderr)
        self.assertFalse(os.path.exists(rejected + ".old"))
        with open(rejected, encoding="utf-8") as file:
            first = file.read()
        with open(rejected, "a", encoding="utf-8") as file:
            file.write("mended by hand\n")
        self.assertIn("was there already", self.load(text).stderr)
        with open(rejected, encoding="utf-8") as file:
            self.assertEqual(file.read(), first)
        with open(rejected + ".old", encoding="utf-8") as file:
            self.assertIn("mended by hand", file.read())
        self.assertEqual(sorted(n for n in os.listdir(self.folder) if n.endswith(".new")), [])

    def test_the_first_of_two_lines_counts(self):
        report = self.report(self.load("linkedin_url,first_name\nada,First\nbob,B\nAda,Second\n"))
        self.assertEqual((report["imported"], report["existing"]), (2, 1))
        name = "SELECT first_name FROM prospect_approval_data WHERE vanity = 'ada'"
        self.assertEqual(self.database.value(name), "First")

    def test_accounts_take_turns(self):
        for text in ("linkedin_url\nada\nbob\ncy\n", "linkedin_url\ndee\n"):
            self.load(text)
        turns = self.database.rows(
            "SELECT count(*) AS n FROM prospect_approval_data GROUP BY account_id"
        )
        self.assertEqual([int(t["n"]) for t in turns], [2, 2])

    def test_people_who_were_contacted_before(self):
        self.database.execute(
            "INSERT INTO contacted SELECT id, 'v:ada', id, id, id, sam_now() FROM workspaces"
        )
        report = self.report(self.load(PEOPLE))
        self.assertEqual((report["imported"], report["contacted_before"]), (3, 1))

    def test_stopped_campaign(self):
        self.samctl("campaign", "stop", "spring")
        self.assertIn("stopped, which is final", self.load(PEOPLE).stderr)


class Approve(CtlTest):
    def setUp(self):
        super().setUp()
        campaigns = [connector(accounts=["anna", "ben"]), messenger()]
        self.prepare(accounts=("anna", "ben"), campaigns=campaigns)

    def load(self, campaign, text=PEOPLE):
        self.samctl("import", self.write("people.csv", text), "--campaign", campaign)

    def people(self):
        return self.database.rows("SELECT * FROM campaign_prospects ORDER BY vanity")

    def test_both_kinds(self):
        self.load("spring", "linkedin_url,first_name,pet\nada,Ada,Rex\n")
        self.load("clients", "linkedin_url\nbob\n")
        self.samctl("approve", "--campaign", "spring", "--all")
        self.samctl("approve", "--campaign", "clients", "--all")
        ada, bob = self.people()
        self.assertEqual((ada["status"], ada["campaign_type"]), ("pending", "connector"))
        self.assertEqual((bob["status"], bob["campaign_type"]), ("approved", "messenger"))
        self.assertEqual((ada["next_step"], ada["custom"]), ("0", '{"pet": "Rex"}'))
        self.assertTrue(ada["next_at"])
        ids = "SELECT id FROM prospect_approval_data WHERE vanity = 'ada' AND status = 'approved'"
        self.assertEqual(self.database.value(ids), ada["id"])

    def test_only_the_touched_accounts_are_planned(self):
        self.load("clients", "linkedin_url\nbob\n")
        self.samctl("approve", "--campaign", "clients", "--all")
        rows = self.database.rows(
            "SELECT a.name FROM account_schedule s JOIN linkedin_accounts a ON a.id = s.account_id "
            "WHERE s.plan_at <= sam_now()"
        )
        self.assertEqual([r["name"] for r in rows], ["anna"])

    def test_some_and_reject(self):
        self.load("spring")
        self.samctl("approve", "--campaign", "spring", "--person", "ada", "--person", "cy")
        self.assertEqual([p["vanity"] for p in self.people()], ["ada", "cy"])
        said = self.refused("approve", "--campaign", "spring", "--person", "ada", "nobody")
        self.assertIn("ada is approved already", said)
        self.assertIn("nobody was not imported into this campaign", said)
        waiting = self.samctl_json("approve", "--campaign", "spring")
        self.assertEqual([p["vanity"] for p in waiting], ["bob"])
        self.samctl("approve", "--campaign", "spring", "--all", "--reject")
        self.assertEqual(len(self.people()), 2)
        status = "SELECT status FROM prospect_approval_data WHERE vanity = 'bob'"
        self.assertEqual(self.database.value(status), "rejected")
        again = self.samctl_json("approve", "--campaign", "spring", "--all")
        self.assertEqual(again, [{"approved": 0}])

    def test_the_list_of_who_waits(self):
        self.assertEqual(self.samctl("approve", "--campaign", "spring"),
                         "nobody waits for approval\n")  # fmt: skip
        lines = "".join(f"person-{i},P{i}\n" for i in range(203))
        self.load("spring", "linkedin_url,first_name\n" + lines)
        self.assertEqual(len(self.samctl_json("approve", "--campaign", "spring")), 203)
        said = self.samctl("approve", "--campaign", "spring")
        self.assertEqual(said.count("person-"), 200)
        self.assertIn("and more (--limit N shows N)", said)
        said = self.samctl("approve", "--campaign", "spring", "--limit", "203")
        self.assertEqual(said.count("person-"), 203)
        self.assertNotIn("and more", said)

    def test_wrong_words(self):
        rows = [
            (("--campaign", "spring", "--all", "--person", "ada"), 2, "cannot be used together"),
            (("--campaign", "spring", "--all", "--limit", "3"), 2, "--limit is for the list"),
            (("--campaign", "spring", "--limit", "0"), 2, "from 1 to 1000000"),
            (("--all",), 2, "which campaign?"),
            (("--campaign", "spring", "--person", "https://example.com/"), 1, "linkedin.com"),
            (("--campaign", "x", "--all"), 1, "no campaign x"),
        ]
        for words, code, said in rows:
            self.assertIn(said, self.refused("approve", *words, code=code))

    def test_a_completed_campaign_goes_on(self):
        self.load("clients")
        self.database.execute("UPDATE campaigns SET status = 'running' WHERE name = 'clients'")
        self.database.execute("UPDATE campaigns SET status = 'completed' WHERE name = 'clients'")
        said = self.samctl("approve", "--campaign", "clients", "--all")
        self.assertIn("was completed and runs again", said)
        status = "SELECT status FROM campaigns WHERE name = 'clients'"
        self.assertEqual(self.database.value(status), "running")
        events = self.database.rows("SELECT payload FROM outbox")
        self.assertEqual([json.loads(e["payload"])["status"] for e in events], ["running"])

    def test_many(self):
        lines = "".join(f"person-{i},P{i}\n" for i in range(12003))
        self.load("spring", "linkedin_url,first_name\n" + lines)
        self.samctl("approve", "--campaign", "spring", "--all")
        self.assertEqual(self.database.count("SELECT count(*) FROM campaign_prospects"), 12003)


class Status(CtlTest):
    def setUp(self):
        super().setUp()
        self.prepare(accounts=("anna", "ben"), campaigns=[connector(accounts=["anna", "ben"])])
        self.people("spring", PEOPLE)

    def campaign(self):
        return self.database.rows("SELECT * FROM campaigns")[0]

    def queue(self, vanity, reason, status="pending"):
        self.database.execute(
            "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, "
            "message_type, step, requires_connection, priority, status, reason, scheduled_for, "
            "message) SELECT gen_random_uuid(), workspace_id, campaign_id, id, account_id, "
            f"'connection_request', 0, false, 1, '{status}', '{reason}', "
            f"sam_now() + interval '1 h', 'x' FROM campaign_prospects WHERE vanity = '{vanity}'; "
            f"UPDATE campaign_prospects SET next_at = NULL WHERE vanity = '{vanity}'"
        )

    def test_start_pause_resume(self):
        said = self.refused("campaign", "pause", "spring")
        self.assertIn("is draft; it cannot become paused", said)
        self.assertIn("was never started", self.refused("campaign", "resume", "spring"))
        self.samctl("campaign", "start", "spring")
        self.assertIn("running already", self.samctl("campaign", "start", "spring"))
        self.samctl("campaign", "pause", "spring")
        said = self.refused("campaign", "start", "spring")
        self.assertIn("is paused: `samctl campaign resume spring`", said)
        self.samctl("campaign", "resume", "spring")
        self.assertEqual((self.campaign()["status"], self.campaign()["version"]), ("running", "3"))
        rows = self.database.rows("SELECT payload FROM outbox")
        events = [json.loads(r["payload"]) for r in rows]
        # each change to both accounts
        self.assertEqual(sorted(e["version"] for e in events), [1, 1, 2, 2, 3, 3])
        self.assertEqual(len({e["account_id"] for e in events}), 2)

    def test_resume_lets_go_what_the_pause_put_off(self):
        self.samctl("campaign", "start", "spring")
        self.samctl("campaign", "pause", "spring")
        self.queue("ada", "campaign_paused")
        self.queue("bob", "hours")
        self.samctl("campaign", "resume", "spring")
        due = self.database.rows(
            "SELECT p.vanity, i.scheduled_for <= sam_now() AS due, s.due_at <= sam_now() AS soon "
            "FROM send_queue i JOIN campaign_prospects p ON p.id = i.prospect_id "
            "JOIN account_schedule s ON s.account_id = i.account_id ORDER BY 1"
        )
        self.assertEqual([(d["vanity"], d["due"], d["soon"]) for d in due],
                         [("ada", "t", "t"), ("bob", "f", "f")])  # fmt: skip

    def test_stop_cancels_what_waits(self):
        self.samctl("campaign", "start", "spring")
        self.queue("ada", "scheduled")
        self.queue("bob", "scheduled", "published")
        self.database.execute(
            "INSERT INTO contacted SELECT workspace_id, 'v:ada', id, prospect_id, account_id, "
            "sam_now() FROM send_queue WHERE status = 'pending'"
        )
        self.samctl("campaign", "stop", "spring")
        rows = self.database.rows(
            "SELECT p.vanity, i.status, i.reason FROM send_queue i "
            "JOIN campaign_prospects p ON p.id = i.prospect_id ORDER BY 1"
        )
        # what is in Kafka already is refused by the claim
        self.assertEqual([list(r.values()) for r in rows],
                         [["ada", "cancelled", "campaign_stopped"],
                          ["bob", "published", "scheduled"]])  # fmt: skip
        self.assertEqual(self.database.count("SELECT count(*) FROM contacted"), 0)
        waiting = "SELECT count(*) FROM campaign_prospects WHERE next_at IS NOT NULL"
        self.assertEqual(self.database.count(waiting), 0)
        self.samctl("campaign", "stop", "spring")
        for verb in ("start", "pause", "resume"):
            self.assertIn("is stopped", self.refused("campaign", verb, "spring"))

    def test_start_tells_what_is_missing(self):
        self.samctl("campaign", "create", self.write_json("m.json", messenger()))
        self.samctl("account", "pause", "anna")
        said = self.samctl("campaign", "start", "clients")
        self.assertIn("nobody is approved yet", said)
        self.assertIn("not active: anna (paused)", said)

    def test_status_counts(self):
        self.queue("ada", "scheduled")
        self.queue("bob", "outcome_unknown", "unknown")
        lines = self.samctl_json("status")
        campaign = next(l for l in lines if l["kind"] == "campaign")
        accounts = [l["account"] for l in lines if l["kind"] == "account"]
        self.assertEqual((campaign["people"], campaign["pending"]), (3, 3))
        self.assertEqual((campaign["queued"], campaign["unknown"]), (1, 1))
        self.assertEqual(accounts, ["anna", "ben"])
        self.assertIn("spring", self.samctl("status"))


    def test_a_watch_goes_on_after_a_lost_connection(self):
        program = os.path.join(sam_test.BIN, "samctl")
        words = [program, "-c", self.config_path, "status", "--watch", "--json"]
        watch = sam_test.Process("watch", words, self.folder)
        self.addCleanup(watch.kill)
        shown = '"kind":"campaign"'
        self.wait_for("a look", lambda: shown in watch.log())
        self.allow_connections("false")
        self.wait_for("trouble", lambda: "Postgres cannot be reached" in watch.log())
        before = watch.log().count(shown)
        self.allow_connections("true")
        self.wait_for("another look", lambda: watch.log().count(shown) > before)
        self.assertTrue(watch.running())

    def allow_connections(self, allowed):
        """Of the test's database; those that it has end."""
        name = self.database.name
        for sql in (
            f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {allowed}',
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        ):
            sam_test.run("psql", "-X", "-q", "-d", self.postgres.address, "-c", sql)


class Json(CtlTest):
    def test_every_command_answers_with_objects(self):
        file = self.write_json("spring.json", connector())
        people = self.write("people.csv", PEOPLE)
        rows = [
            ("migrate",),
            ("migrate", "--status"),
            ("workspace", "add", "acme"),
            ("workspace", "list"),
            ("account", "add", "anna", "--unipile-id", "u", "--country", "DE"),
            ("account", "set", "anna", "--daily-cap", "7"),
            ("account", "pause", "anna"),
            ("account", "resume", "anna"),
            ("account", "list"),
            ("campaign", "check", file),
            ("campaign", "create", file),
            ("campaign", "update", file),
            ("campaign", "list"),
            ("campaign", "show", "spring"),
            ("import", people, "--campaign", "spring"),
            ("preview", "spring"),
            ("approve", "--campaign", "spring"),
            ("approve", "--campaign", "spring", "--all"),
            ("campaign", "start", "spring"),
            ("campaign", "pause", "spring"),
            ("campaign", "resume", "spring"),
            ("why", "ada"),
            ("person", "hold", "ada"),
            ("person", "release", "ada"),
            ("person", "set", "bob", "converted"),
            ("person", "show", "ada"),
            ("status",),
            ("export", "spring"),
            ("campaign", "stop", "spring"),
        ]
        for words in rows:
            answer = self.samctl_json(*words)
            self.assertTrue(answer, f"{words} said nothing")
            for line in answer:
                self.assertIsInstance(line, dict, words)
        for words in (("queue",), ("replies",), ("unknown", "list")):
            self.assertEqual(self.samctl_json(*words), [])


class Large(CtlTest):
    """The whole import in its own process: what it needs does not grow with the file."""

    LINES = 1_000_000 if sam_test.FULL else 100_000
    LINES_A_SECOND = 20_000 if sam_test.FULL else 5_000  # the short one beside other tests

    def test_memory_and_order(self):
        self.prepare(campaigns=[connector()])
        path = os.path.join(self.folder, "people.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("linkedin_url,first_name,company\n")
            for i in range(self.LINES):
                file.write(f"https://www.linkedin.com/in/person-{i * 7919 % 1000003},F{i},C{i}\n")
        program = os.path.join(sam_test.BIN, "samctl")
        words = [program, "-c", self.config_path, "--json", "import", path, "--campaign", "spring"]
        # AddressSanitizer keeps what was freed, to see who uses it: that is not what is measured
        environment = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1")
        begun = time.monotonic()
        process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment)
        report = json.loads(process.stdout.read())
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertEqual((report["lines"], report["imported"]), (self.LINES, self.LINES))
        self.assertLess(usage.ru_maxrss, 100 * 1024)
        self.assertGreater(self.LINES / (time.monotonic() - begun), self.LINES_A_SECOND)
        unordered = self.database.count(
            "SELECT count(*) FROM (SELECT substr(first_name, 2)::int AS n, row_number() "
            "OVER (ORDER BY id) - 1 AS place FROM prospect_approval_data) x WHERE n <> place"
        )
        self.assertEqual(unordered, 0)


if __name__ == "__main__":
    unittest.main()
