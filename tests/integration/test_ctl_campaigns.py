"""samctl: campaigns, from a file to running, paused and stopped; people who are approved."""

import datetime
import json
import os
import unittest

import moments
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
        self.assertIn("was not looked at", done.stdout)
        os.remove(os.path.join(self.folder, "sam.cfg"))
        self.assertEqual(self.check(connector()).returncode, 0)

    def test_a_database_tells_about_the_accounts(self):
        self.prepare(accounts=("anna", "ben"))
        self.samctl("account", "set", "ben", "--plan", "premium")
        texts = {"connection_request": "x" * 201}
        over, ahead = (moments.now() + datetime.timedelta(days=days) for days in (-1, 8))
        long = connector(accounts=["zed", "anna", "ben"], message_templates=texts,
                         end_at=moments.text(over))  # fmt: skip
        done = self.check(long)
        self.assertEqual(done.returncode, 1)
        for said in ("accounts: there is no account zed", "account anna (free) can send 200",
                     f"end_at: {over:%Y-%m-%d %H:%M:%S}Z is over"):  # fmt: skip
            self.assertIn(said, done.stderr)
        self.assertNotIn("ben (", done.stderr)
        self.assertIn("no workspace beta", self.check(connector(workspace="beta")).stderr)
        good = dict(long, accounts=["anna"], on_note_limit="cut")
        self.assertIn("end_at: ", self.check(good).stderr)
        self.assertIn("end_at: ", self.refused("campaign", "create",
                                               self.write_json("c.json", good)))  # fmt: skip
        done = self.check(dict(good, end_at=moments.text(ahead)))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("was not looked at", done.stdout)

    def test_a_calendar_that_never_opens(self):
        """All days are weekend, holidays or own dates: found at save, not by waiting a year."""
        self.prepare()
        ahead = [moments.now() + datetime.timedelta(days=days) for days in (0, 3, 5, 300, 400)]
        days = [f"{moment:%Y-%m-%d}" for moment in ahead]
        weekend = ["monday", "tuesday", "wednesday", "thursday", "friday"]
        file = connector(weekend=weekend, timezone="Etc/UTC")
        shut = dict(file, holidays=True)
        self.samctl("campaign", "create", self.write_json("c.json", shut))
        self.samctl("holiday", "add", f"{days[0]}..{days[3]}")
        done = self.samctl("holiday", "add", f"{days[3]}..{days[4]}")
        self.assertIn("campaign spring has no open hour in the coming year any more", done)
        for command in "check", "create", "update":
            name = "spring" if command == "update" else "other"
            path = self.write_json("shut.json", dict(shut, name=name))
            said = self.refused("campaign", command, path)
            self.assertIn("there is no open hour, nothing would be sent", said)
            self.assertIn("shut.json: hours, weekend, holidays: from ", said)
        said = self.refused("campaign", "start", "spring")
        self.assertIn("spring: hours, weekend, holidays: from ", said)
        self.database.execute("UPDATE campaigns SET end_at = sam_now() - interval '1 day'")
        self.assertIn("spring: end_at: ", self.refused("campaign", "start", "spring"))
        self.assertEqual(self.database.value("SELECT status FROM campaigns"), "draft")
        self.database.execute("UPDATE campaigns SET end_at = NULL")
        path = self.write_json("open.json", dict(shut, holidays=False))
        self.samctl("campaign", "update", path)
        self.samctl("holiday", "remove", f"{days[1]}..{days[2]}")
        before = dict(shut, weekend=[], start_at=moments.text(ahead[0]),
                      end_at=moments.text(ahead[1].replace(hour=0, minute=0)))  # fmt: skip
        said = self.refused("campaign", "update", self.write_json("ends.json", before))
        self.assertIn("there is no open hour", said)
        after = dict(before, end_at=moments.text(ahead[2].replace(hour=23)))
        self.samctl("campaign", "update", self.write_json("later.json", after))

    def test_what_is_hardly_meant(self):
        """A warning, and the file is taken all the same."""
        self.config["unipile"]["base_url"] = "https://unipile.example"  # the hard bounds hold
        self.config["limits"]["spacing"] = "30s"
        self.write_config()
        self.prepare()
        none = "the table has no public holidays of UA"
        cap = "daily_cap: no account may send more than 150 a day"
        late = "start_at: the table of public holidays ends with 2035"
        # the table's end is compared with the start alone, not with the present
        rows = [(dict(country="UA", timezone="Europe/Kyiv"), none),
                (dict(country="UA", timezone="Europe/Kyiv", holidays=False), None),
                (dict(daily_cap=150), None), (dict(daily_cap=151), cap),
                (dict(start_at="2035-12-31T22:59:59Z"), None),
                (dict(start_at="2035-12-31T23:00:00Z"), late),
                (dict(start_at="2035-12-31T23:00:00Z", holidays=False), None)]  # fmt: skip
        for number, (changed, want) in enumerate(rows):
            file = connector(name=f"c{number}", **changed)
            path = self.write_json("c.json", file)
            for command in "check", "create", "update":
                with self.subTest(command=command, changed=changed):
                    said = self.samctl("campaign", command, path)
                    told = [word for word in (none, cap, late) if word in said]
                    self.assertEqual(told, [want] if want else [])
        os.remove(os.path.join(self.folder, "sam.cfg"))
        self.assertIn(cap, self.check(connector(daily_cap=151)).stdout)

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
        self.assertEqual(shown["accounts"], ["ben", "anna"])
        self.assertEqual(shown["hours"], {"from": "09:00", "to": "17:00"})
        listed = self.samctl_json("campaign", "list")[0]
        self.assertEqual((listed["accounts"], listed["status"]), (["ben", "anna"], "draft"))
        self.assertIn("there is a campaign spring", self.refused("campaign", "create", path))


    def test_what_is_shown_is_the_file(self):
        self.prepare(accounts=("anna", "ben"))
        start, end = (moments.now() + datetime.timedelta(days=days) for days in (50, 400))
        files = [
            connector(accounts=["ben", "anna"], subdivision="BY", weekend=["friday"], daily_cap=7,
                      holidays=False, hours={"from": "00:00", "to": "24:00"}, give_up_after="10d",
                      on_note_limit="cut", contact_again_after="180d", start_at=moments.text(start),
                      end_at=moments.text(end), workspace="acme"),
            messenger(),
        ]  # fmt: skip
        for file in files:
            self.samctl("campaign", "create", self.write_json("c.json", file))
            shown = self.samctl_json("campaign", "show", file["name"])[0]
            self.assertEqual({key: shown[key] for key in file}, file)
            before = self.database.rows("SELECT * FROM campaigns ORDER BY name")
            done = self.samctl_json("campaign", "update", self.write_json("again.json", shown))
            self.assertEqual(done[0]["campaign"], file["name"])
            after = self.database.rows("SELECT * FROM campaigns ORDER BY name")
            for row in before + after:
                del row["source"], row["updated_at"]
            self.assertEqual(before, after)
        self.assertRegex(self.samctl("campaign", "show", "spring"), r"weekend +friday\n")
        self.assertRegex(self.samctl("campaign", "show", "clients"), r"weekend +as in DE\n")


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
        self.assertEqual(self.campaign()["status"], "running")
        rows = self.database.rows("SELECT payload FROM outbox")
        events = [json.loads(r["payload"]) for r in rows]
        # each change to both accounts
        versions = sorted(e["version"] for e in events)
        self.assertEqual(versions[::2], versions[1::2])
        self.assertEqual(len(set(versions)), 3)
        self.assertEqual(versions[-1], int(self.campaign()["version"]))
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

    def test_what_the_planner_has_parked_keeps_its_time(self):
        """It may be a follow-up whose delay is not over; nobody looks at that any more."""
        self.samctl("campaign", "start", "spring")
        for vanity in ("ada", "bob"):
            self.queue(vanity, "campaign_daily_cap")
        parked = "(SELECT id FROM campaign_prospects WHERE vanity = 'ada')"
        self.database.execute(f"UPDATE send_queue SET replan = true WHERE prospect_id = {parked}")
        file = self.samctl_json("campaign", "show", "spring")[0]
        file["daily_cap"] = 7
        self.samctl("campaign", "update", self.write_json("cap.json", file))
        rows = self.database.rows(
            "SELECT p.vanity, i.scheduled_for > sam_now() AS later, i.replan FROM send_queue i "
            "JOIN campaign_prospects p ON p.id = i.prospect_id ORDER BY 1"
        )
        self.assertEqual([list(r.values()) for r in rows],
                         [["ada", "t", "t"], ["bob", "f", "t"]])  # fmt: skip

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


if __name__ == "__main__":
    unittest.main()
