"""`samctl person forget`: no trace in a dump of Postgres, nobody writes to them, and both outlive
replays and restores."""

import json
import unittest

from campaign_test import ALL_DAY, HELLO
from restore_test import RestoreTest
from sam_test import run

TWO = {
    "direct_message_1": "Hello {first_name} of {company|us}, about {custom.pet|it}",
    "direct_message_2": {"after": "1h", "text": "Again {first_name}"},
}
HEADER = "linkedin_url,linkedin_user_id,first_name,last_name,company,title,pet\n"
WORDS = ("zerlinchen-quastenberg", "Zerlinchen", "Quastenberg", "Xylomat", "Oberpfeifer",
         "Wolpertinger")  # fmt: skip
PERSON = "zerlinchen-quastenberg,,Zerlinchen,Quastenberg,Xylomat,Oberpfeifer,Wolpertinger\n"


class Forget(RestoreTest):
    accounts = ("anna",)

    def make(self, name, templates):
        value = {"name": name, "campaign_type": "messenger", "accounts": list(self.accounts)}
        value.update(ALL_DAY, message_templates=templates)
        self.samctl("campaign", "create", self.write_json(f"{name}.json", value))

    def fill(self, name, csv_text, templates=TWO):
        """A running campaign with these people."""
        self.make(name, templates)
        path = self.write(f"{name}-people.csv", csv_text)
        self.samctl("import", path, "--campaign", name)
        self.samctl("approve", "--campaign", name, "--all")
        self.samctl("campaign", "start", name)

    def write_to_both(self):
        """One message to the person, and one to somebody else; the person's provider id."""
        self.prepare()
        self.start_both()
        self.fill("c", HEADER + PERSON + "berta,,Berta,,,,\n")
        self.wait_until_sent(2)
        self.database.execute("UPDATE account_schedule SET plan_at = sam_now()")
        self.wait_for("the second ones to be planned", lambda: self.items()["pending"] == 2)
        return self.provider_id("zerlinchen-quastenberg")

    def provider_id(self, vanity):
        sql = f"SELECT provider_id FROM campaign_prospects WHERE vanity = '{vanity}'"
        return self.database.value(sql)

    def ids(self):
        """What LinkedIn and Unipile call the person's chat and messages."""
        row = self.database.rows(
            "SELECT m.chat_id, m.message_id FROM campaign_messages m JOIN campaign_prospects p "
            "ON p.id = m.prospect_id WHERE p.vanity = 'zerlinchen-quastenberg'"
        )[0]
        return tuple(value for value in row.values() if value)

    def no_trace(self, *words):
        dump = run("pg_dump", "-d", self.database.conninfo)
        for word in (*WORDS, *words):
            for shown in (word, word.encode().hex()):  # bytea is dumped in hex
                lines = [line for line in dump.splitlines() if shown.lower() in line.lower()]
                self.assertEqual(lines, [], word)

    def forget(self, person="zerlinchen-quastenberg"):
        said = self.samctl_json("person", "forget", person)
        self.wait_until_told()
        return said[0]

    def test_a_dump_has_no_trace_of_them_and_they_stay_forgotten(self):
        provider_id = self.write_to_both()
        self.simulator.reply("Uanna", "berta", "Hello")
        self.wait_for("the other one's reply", lambda: self.people()["replied"] == 1)
        ids = self.ids()
        self.assertEqual(self.forget()["forgotten"], "1")
        self.no_trace(provider_id, *ids)
        self.assertEqual(self.people(), {"opted_out": 1, "replied": 1})
        self.assertEqual(self.items(), {"sent": 2, "cancelled": 2})
        self.refused_at_import(provider_id)
        again = self.samctl("person", "forget", "zerlinchen-quastenberg")
        self.assertIn("was forgotten before", again)
        said = self.samctl_result("person", "forget", "nobody-of-us")
        self.assertEqual(said.returncode, 1)
        self.assertIn("is in no campaign", said.stderr)

    def refused_at_import(self, provider_id):
        """By either name; the lines beside are taken."""
        path = self.write("again.csv", f"{HEADER}{PERSON},{provider_id},Z,,,,\nclara,,Clara,,,,\n")
        self.make("again", HELLO)
        done = self.samctl_result("import", path, "--campaign", "again", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["imported"], report["rejected"]), (1, 2))
        for line in (2, 3):
            self.assertIn(f"again.csv:{line}: was forgotten", done.stderr)

    def test_nobody_writes_to_them_who_finds_a_way_around_the_import(self):
        """A row that was made before, by another program: the claim refuses it."""
        provider_id = self.write_to_both()
        self.forget()
        self.fill("third", f"{HEADER}erika,,Erika,,,,\n", {"direct_message_1": "Hello"})
        self.database.execute(
            "INSERT INTO campaign_prospects (id, workspace_id, campaign_id, campaign_type, "
            "account_id, status, vanity, provider_id, next_at) SELECT gen_random_uuid(), "
            "c.workspace_id, c.id, 'messenger', a.account_id, 'approved', x.vanity, x.provider, "
            "sam_now() FROM campaigns c JOIN campaign_accounts a ON a.campaign_id = c.id, "
            f"(VALUES ('zerlinchen-quastenberg', NULL), (NULL, '{provider_id}')) "
            "x(vanity, provider) WHERE c.name = 'third'"
        )
        self.database.execute("UPDATE account_schedule SET plan_at = sam_now()")
        refused = "send_queue WHERE status = 'cancelled' AND reason = 'blocklisted'"
        self.wait_for("both to be refused", lambda: self.count(refused) == 2)
        self.wait_until_sent(3)
        self.not_twice()
        calls = [call for call in self.calls() if call["person"] == provider_id]
        self.assertEqual(len(calls), 1, calls)

    def test_a_backup_from_before_is_erased_again(self):
        self.prepare()
        self.fill("c", HEADER + PERSON + "berta,,Berta,,,,\n")
        self.start_both()
        self.wait_until_sent(1)
        backup = self.dump()
        self.wait_for("the person to be written to", lambda: self.ids_or_none())
        provider_id, ids = self.provider_id("zerlinchen-quastenberg"), self.ids()
        self.forget()
        self.no_trace(provider_id, *ids)
        self.restore(backup)
        self.assertEqual(self.provider_id("zerlinchen-quastenberg"), provider_id)
        self.start_both()
        gone = "campaign_prospects WHERE status_reason = 'forgotten' AND vanity LIKE 'forgotten:%'"
        self.wait_for("the ledger to tell it", lambda: self.count(gone) == 1)
        self.no_trace(provider_id, *ids)
        self.refused_at_import(provider_id)
        self.not_twice()

    def ids_or_none(self):
        rows = "campaign_messages m JOIN campaign_prospects p ON p.id = m.prospect_id "
        return self.count(rows + "WHERE p.vanity = 'zerlinchen-quastenberg'") == 1

    def test_a_backup_from_before_the_import_learns_nothing_of_them(self):
        """The ledger tells of calls for somebody whom this database never had."""
        self.prepare()
        self.campaign("old", "messenger", HELLO, ["frieda"])
        backup = self.dump()
        self.start_both()
        self.fill("c", HEADER + PERSON)
        self.wait_for("the person to be written to", lambda: self.ids_or_none())
        provider_id, ids = self.provider_id("zerlinchen-quastenberg"), self.ids()
        self.forget()
        self.restore(backup)
        self.start_both()
        told = "forgotten_people"
        self.wait_for("the ledger to tell it", lambda: self.count(told) == 1)
        self.no_trace(provider_id, *ids)
        self.refused_at_import(provider_id)

    def test_a_backup_from_before_hears_first_that_they_were_on_the_blocklist(self):
        self.prepare()
        self.make("c", HELLO)
        self.start_both()
        backup = self.dump()
        self.samctl("import", self.write("people.csv", HEADER + PERSON), "--campaign", "c")
        self.samctl("approve", "--campaign", "c", "--all")
        self.samctl("blocklist", "add", "person", "zerlinchen-quastenberg")
        self.forget()
        self.restore(backup)
        self.start_both()
        self.wait_for("the ledger to tell it", lambda: self.count("forgotten_people") == 1)
        self.no_trace()
        listed = self.samctl_json("blocklist", "list")
        self.assertEqual([entry["value"][:10] for entry in listed], ["forgotten:"])

    def test_who_is_only_on_the_blocklist_or_was_taken_off_it(self):
        """And a backup from before learns it, whatever it hears first."""
        self.prepare()
        self.make("c", HELLO)
        self.start_both()
        backup = self.dump()
        for name in ("zerlinchen-quastenberg", "quastenberg-alt"):
            self.samctl("blocklist", "add", "person", name)
        self.samctl("blocklist", "remove", "person", "quastenberg-alt")
        for name in ("zerlinchen-quastenberg", "quastenberg-alt"):
            self.assertEqual(self.forget(name)["forgotten"], "0")
        for _ in range(2):
            self.no_trace("quastenberg-alt")
            listed = self.samctl_json("blocklist", "list")
            self.assertEqual([entry["value"][:10] for entry in listed], ["forgotten:"])
            self.restore(backup)
            self.start_both()
            self.wait_for("the ledger to tell it", lambda: self.count("forgotten_people") == 2)

    def test_a_message_that_is_on_its_way_ends_without_a_trace(self):
        self.config["unipile"]["timeout"] = "20s"
        self.prepare()
        self.start_both()
        self.simulator.fault(route="chats", action="delay", delay_ms=4000)
        self.fill("c", HEADER + PERSON)
        self.wait_for("the call", lambda: self.simulator.audit()["messages"] == 1)
        provider_id = self.provider_id("zerlinchen-quastenberg")
        self.assertEqual(self.forget()["on_the_way"], "1")
        self.wait_for("its end", lambda: self.items() == {"sent": 1})
        self.no_trace(provider_id)
        self.assertEqual(self.people(), {"opted_out": 1})
        ended = "send_attempts WHERE kind = 'message' AND outcome = 'sent' AND chat_id IS NULL"
        self.assertEqual(self.count(ended), 1)

    def test_one_human_in_several_campaigns_by_either_name(self):
        """Also who waits for approval, and who was put on the blocklist."""
        provider_id = self.write_to_both()
        self.make("waiting", HELLO)
        path = self.write("w.csv", f"{HEADER},{provider_id},Zerlinchen,,,,\n")
        self.samctl("import", path, "--campaign", "waiting")
        self.database.execute(
            "INSERT INTO blocklist (workspace_id, kind, value) SELECT id, 'person', x FROM "
            f"workspaces, unnest(ARRAY['zerlinchen-quastenberg', '{provider_id}']) x"
        )
        self.assertEqual(self.forget()["forgotten"], "2")
        self.no_trace(provider_id)

    def test_a_name_that_only_the_profile_has_told(self):
        """She was imported by an older public name; another campaign knows her by the new one."""
        human = {"slug": "quastenberg-neu", "former_slugs": ["quastenberg-alt"], "degree": 1,
                 "first_name": "Zerlinchen"}  # fmt: skip
        self.prepare(scenario={"accounts": [{"id": "Uanna"}], "people": [human]})
        self.start_both()
        self.fill("c", HEADER + "quastenberg-alt,,Zerlinchen,,,,\n", HELLO)
        self.wait_until_sent(1)
        self.make("other", HELLO)
        path = self.write("other.csv", HEADER + "quastenberg-neu,,Zerlinchen,,,,\n")
        self.samctl("import", path, "--campaign", "other")
        self.samctl("approve", "--campaign", "other", "--all")
        self.assertEqual(self.forget("quastenberg-neu")["forgotten"], "2")
        self.no_trace("quastenberg", "Zerlinchen")

    def test_what_kafka_still_holds_is_said(self):
        self.write_to_both()
        said = self.samctl("person", "forget", "zerlinchen-quastenberg")
        for words in ("sam.events for ever", "sam.jobs for 7d", "public name and provider id"):
            self.assertIn(words, said)
        self.wait_until_told()
        records = json.dumps(self.kafka.records(self.topic("sam.events")))
        self.assertIn('finding\\":\\"forgotten', records)
        for word in WORDS[1:]:
            self.assertNotIn(word, records)


if __name__ == "__main__":
    unittest.main()
