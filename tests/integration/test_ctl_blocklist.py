"""samctl blocklist: people, companies and domains that nobody of the workspace writes to."""

import json
import unittest

from campaign_test import ALL_DAY, CampaignTest
from ctl_test import CtlTest, connector, messenger
from restore_test import RestoreTest

ALWAYS = {"hours": {"from": "00:00", "to": "24:00"}, "weekend": [], "holidays": False}
PEOPLE = """linkedin_url,first_name,company,Work E-Mail,website,topic
ada,Ada,"ACME, Inc.",ada@gmail.com,,pumps
bob,Bob,Bolt,bob@mail.eu.bolt.io,,bolt.io
cy,Cy,Cyan,,https://www.cyan.example/team,
dan,Dan,,,,acme inc
"""


class BlocklistTest(CtlTest):
    def setUp(self):
        super().setUp()
        self.prepare(campaigns=[connector(**ALWAYS), messenger("clients", **ALWAYS)])
        self.people("spring", PEOPLE)

    def holds(self):
        """By public name, of who is on hold."""
        rows = self.database.rows(
            "SELECT vanity, hold_reason FROM campaign_prospects WHERE hold_reason IS NOT NULL"
        )
        return {r["vanity"]: r["hold_reason"] for r in rows}

    def blocked(self):
        return sorted(name for name, why in self.holds().items() if why == "blocklisted")

    def block(self, *words):
        return self.samctl_json("blocklist", "add", *words)[0]

    def findings(self):
        rows = self.database.rows("SELECT payload FROM outbox ORDER BY created_at, id")
        events = [json.loads(r["payload"]) for r in rows]
        return [(e["finding"], e.get("reason")) for e in events if "finding" in e]


class Add(BlocklistTest):
    def test_people_in_every_spelling(self):
        done = self.block("person", "https://de.linkedin.com/in/Ada/?x=1", "ACoAAbob", "nobody")
        self.assertEqual((done["added"], done["existing"], done["held"]), (3, 0, 1))
        self.assertEqual(self.blocked(), ["ada"])
        self.assertEqual(self.block("person", "ADA")["existing"], 1)
        self.database.execute(
            "UPDATE campaign_prospects SET provider_id = 'ACoAAbob' WHERE vanity = 'bob'"
        )
        self.assertEqual(self.blocked(), ["ada", "bob"])  # learned to be who is blocked

    def test_a_company_is_compared_folded(self):
        self.assertEqual(self.block("company", "Acmé inc")["held"], 1)
        self.assertEqual(self.blocked(), ["ada"])
        self.assertEqual(self.findings(), [("hold", "blocklisted")])  # a restore learns it again

    def test_a_domain_and_what_is_below_it(self):
        self.assertEqual(self.block("domain", "bolt.io", "https://cyan.example/")["held"], 2)
        self.assertEqual(self.blocked(), ["bob", "cy"])
        self.assertEqual(self.block("domain", "x.gmail.com", "olt.io", "mail.bolt.io")["held"], 0)

    def test_who_comes_later_is_looked_at_too(self):
        self.block("company", "Acme Inc")
        self.block("domain", "bolt.io")
        self.block("person", "eve")
        path = self.write("more.csv", PEOPLE + "eve,Eve,,,,\n")
        report = self.samctl_json("import", path, "--campaign", "clients")[0]
        self.assertEqual((report["imported"], report["blocklisted"]), (5, 3))
        self.database.execute("DELETE FROM campaign_prospects")
        self.samctl("approve", "--campaign", "clients", "--all")
        self.assertEqual(self.blocked(), ["ada", "bob", "eve"])

    def test_people_of_an_older_release(self):
        self.database.execute(
            "UPDATE campaign_prospects SET block_keys = NULL; "
            "UPDATE prospect_approval_data SET block_keys = NULL"
        )
        self.samctl("import", self.write("late.csv", PEOPLE), "--campaign", "clients")
        self.database.execute("UPDATE prospect_approval_data SET block_keys = NULL")
        self.assertEqual(self.block("company", "acme inc")["held"], 1)
        self.samctl("approve", "--campaign", "clients", "--all")
        held = "SELECT count(*) FROM campaign_prospects WHERE hold_reason = 'blocklisted'"
        self.assertEqual(self.database.count(held), 2)

    def test_a_hold_for_another_reason_stays_and_hides_nothing(self):
        self.samctl("person", "hold", "ada", "--reason", "ours")
        self.block("company", "acme inc")
        self.assertEqual(self.holds(), {"ada": "ours"})
        said = self.refused("person", "release", "ada")
        self.assertIn("stands on the blocklist", said)
        self.database.execute("UPDATE campaign_prospects SET hold_reason = NULL")
        self.assertEqual(self.blocked(), ["ada"])
        self.samctl("campaign", "start", "spring")
        self.assertIn("samctl blocklist remove", self.samctl_json("why", "ada")[0]["detail"])

    def test_a_file(self):
        path = self.write("no.txt", "\ufeffbolt.io\r\n\r\n# ours\r\n  cyan.example  \r\n")
        self.assertEqual(self.block("domain", "--file", path)["added"], 2)
        self.assertEqual(self.blocked(), ["bob", "cy"])
        path = self.write("bad.txt", "acme.com\nacme\n\nanna@acme.com\n")
        said = self.refused("blocklist", "add", "domain", "--file", path)
        self.assertIn(f"{path}:2: \"acme\": is no domain", said)
        self.assertIn(f"{path}:4: \"anna@acme.com\": is an e-mail address", said)
        self.assertEqual(len(self.samctl_json("blocklist", "list")), 2)  # all or nothing
        self.assertIn("holds nothing", self.refused(
            "blocklist", "add", "domain", "--file", self.write("none.txt", "# x\n")))  # fmt: skip
        self.assertIn("cannot be read", self.refused(
            "blocklist", "add", "domain", "--file", "/nowhere.txt"))  # fmt: skip

    def test_wrong_words(self):
        said = self.refused("blocklist", "add", "firm", "Acme", code=2)
        self.assertIn("person, company or domain", said)
        self.assertIn("VALUE", self.refused("blocklist", "add", "person", code=2))
        said = self.refused("blocklist", "add", "person", "https://linkedin.com/company/acme")
        self.assertIn("https://linkedin.com/company/acme", said)
        self.assertIn("is empty", self.refused("blocklist", "add", "company", " "))
        self.assertIn("UTF-8", self.refused("blocklist", "add", "company", b"\xff\xfe"))
        self.refused("blocklist", "list", "--limit", "0", code=2)


class Remove(BlocklistTest):
    def test_says_whom_it_lets_through_again(self):
        self.block("company", "Acme Inc", "Bolt")
        self.block("domain", "bolt.io")
        shown = self.samctl_json("blocklist", "list")
        self.assertEqual([(e["kind"], e["value"], e["given"]) for e in shown],
                         [("company", "acme inc", "Acme Inc"), ("company", "bolt", "Bolt"),
                          ("domain", "bolt.io", "bolt.io")])  # fmt: skip
        self.assertEqual(len(self.samctl_json("blocklist", "list", "--kind", "domain")), 1)
        gone = self.samctl_json("blocklist", "remove", "company", "ACME inc.", "bolt")
        self.assertEqual([(p["person"], p["campaign"]) for p in gone], [("ada", "spring")])
        self.assertEqual(self.blocked(), ["bob"])  # the domain still means bob
        self.assertEqual(self.findings()[-1], ("release", None))
        self.assertIn("bob", self.samctl("blocklist", "remove", "domain", "bolt.io"))
        self.assertEqual(self.blocked(), [])

    def test_what_is_not_on_it(self):
        self.block("person", "ada")
        said = self.refused("blocklist", "remove", "person", "bob", "ada")
        self.assertIn("bob is not on the blocklist", said)
        self.assertEqual(self.blocked(), [])


class Told(BlocklistTest):
    """What the worker does with events of the ledger, in whatever order they come."""

    def told(self, *changes, workspace="(SELECT id FROM workspaces)"):
        """In one batch: (kind, value, listed, version)."""
        kinds, values, listed, versions = (", ".join(repr(x) for x in xs) for xs in zip(*changes))
        self.database.execute(
            f"SELECT sam_blocklist_told(array_fill({workspace}, ARRAY[{len(changes)}]), "
            f"ARRAY[{kinds}], ARRAY[{values}], ARRAY[{listed}], ARRAY[{versions}]::bigint[])"
        )

    def values(self):
        return [e["value"] for e in self.samctl_json("blocklist", "list")]

    def test_the_last_change_counts_however_late_others_come(self):
        self.told(("company", "acme inc", True, 5))
        self.assertEqual(self.blocked(), ["ada"])
        self.told(("company", "acme inc", False, 7))
        self.assertEqual((self.blocked(), self.values()), ([], []))
        self.told(("company", "acme inc", True, 6))  # of another partition
        self.assertEqual((self.blocked(), self.values()), ([], []))
        self.told(("company", "acme inc", True, 7))  # in doubt nothing is sent
        self.assertEqual((self.blocked(), self.values()), (["ada"], ["acme inc"]))
        self.told(("company", "acme inc", False, 7))
        self.assertEqual((self.blocked(), self.values()), (["ada"], ["acme inc"]))

    def test_several_changes_in_one_batch(self):
        acme = [("company", "acme inc", True, 5), ("company", "acme inc", False, 7),
                ("company", "acme inc", True, 6)]  # fmt: skip
        self.told(*acme, ("domain", "bolt.io", True, 6), ("person", "cy", True, 3))
        self.assertEqual((self.blocked(), self.values()), (["bob", "cy"], ["bolt.io", "cy"]))
        self.told(("domain", "bolt.io", False, 8), ("person", "cy", False, 2), *acme)
        self.assertEqual((self.blocked(), self.values()), (["cy"], ["cy"]))

    def test_an_operators_change_goes_over_what_came_before(self):
        self.block("company", "Acme Inc")
        self.told(("company", "acme inc", False, 5))
        self.assertEqual((self.blocked(), self.values()), (["ada"], ["acme inc"]))
        self.samctl("blocklist", "remove", "company", "Acme Inc")
        self.told(("company", "acme inc", True, 6))
        self.assertEqual((self.blocked(), self.values()), ([], []))
        self.assertEqual(self.block("company", "Acme Inc")["added"], 1)
        self.assertEqual((self.blocked(), self.values()), (["ada"], ["acme inc"]))

    def test_who_is_meant_twice_or_on_hold_for_something_else(self):
        self.samctl("person", "hold", "ada", "--reason", "ours")
        self.told(("company", "acme inc", True, 5), ("company", "bolt", True, 5),
                  ("domain", "bolt.io", True, 5))  # fmt: skip
        self.assertEqual(self.holds(), {"ada": "ours", "bob": "blocklisted"})
        self.told(("company", "bolt", False, 6))
        self.assertEqual(self.holds(), {"ada": "ours", "bob": "blocklisted"})
        self.told(("domain", "bolt.io", False, 6), ("company", "acme inc", False, 6))
        self.assertEqual(self.holds(), {"ada": "ours"})

    def test_a_workspace_that_a_restored_database_does_not_have(self):
        self.told(("person", "ada", True, 5), ("person", "bob", False, 5),
                  workspace="'0197c0de-0000-7000-8000-000000000003'::uuid")  # fmt: skip
        self.assertEqual((self.blocked(), self.values()), ([], []))

    def test_who_was_forgotten_stands_there_as_a_hash(self):
        self.block("person", "cy")
        self.samctl("blocklist", "remove", "person", "cy")
        self.block("person", "ada")
        people = "SELECT id FROM campaign_prospects WHERE vanity IN ('ada', 'cy')"
        self.database.execute(f"SELECT sam_forget(ARRAY({people}))")
        self.told(("person", "ada", True, 5), ("person", "cy", True, 5), ("person", "cy", False, 4))
        self.assertEqual({value[:10] for value in self.values()}, {"forgotten:"})
        traces = self.database.rows(
            "SELECT value FROM blocklist_removed UNION SELECT payload FROM outbox"
        )
        for trace in traces:
            self.assertNotIn("\"ada\"", trace["value"])
            self.assertNotIn("\"cy\"", trace["value"])
            self.assertNotEqual(trace["value"], "cy")


class Ledger(BlocklistTest):
    def entries(self):
        """(kind, value, listed) and the accounts under which the ledger hears of it."""
        rows = self.database.rows(
            "SELECT record_key, payload FROM outbox WHERE event_type = 'sam.blocklist.v1'"
        )
        found = {}
        for row in rows:
            e = json.loads(row["payload"])
            change = (e["kind"], e["value"], e["listed"], e["version"])
            found.setdefault(change, []).append(row["record_key"])
        return found

    def prepare_accounts(self, *hashes):
        for n, key_hash in enumerate(hashes):
            name = f"more-{n}"
            self.samctl("account", "add", name, "--unipile-id", f"U{name}", "--country", "DE")
            self.database.execute(
                f"UPDATE linkedin_accounts SET key_hash = {key_hash} WHERE name = '{name}'"
            )
        self.database.execute("UPDATE linkedin_accounts SET key_hash = 8 "
                              "WHERE name NOT LIKE 'more-%'")  # fmt: skip

    def test_once_for_each_partition_that_has_an_account(self):
        self.prepare_accounts(1, 5, 8, 7)
        for partitions, copies in ((4, 3), (2, 2), (1, 1), (0, 4), (2147483647, 4)):
            with self.subTest(partitions=partitions):
                self.database.execute(
                    f"INSERT INTO ledger (ledger_id, least_partitions) VALUES (gen_random_uuid(), "
                    f"{partitions}) ON CONFLICT (one) DO UPDATE SET least_partitions = {partitions}"
                )
                self.database.execute("DELETE FROM outbox")
                self.block("company", "Acme Inc")  # told again, for a removal may be on its way
                ((change, accounts),) = self.entries().items()
                self.assertEqual(change[:3], ("company", "acme inc", True))
                self.assertEqual(len(accounts), copies)

    def test_what_stands_there_is_not_told_again_once_the_ledger_is_applied(self):
        self.block("company", "Acme Inc")
        self.database.execute("INSERT INTO ledger_positions (partition, next_offset) VALUES (0, 9)")
        with self.database.sessions("sam-producer (applied 9, 0 halted)", "sam-worker util"):
            done = self.block("company", "acme inc", "Bolt")
        self.assertEqual((done["added"], done["existing"]), (1, 1))
        self.assertEqual(sorted(value for _, value, _, _ in self.entries()), ["acme inc", "bolt"])

    def test_each_change_has_a_later_version(self):
        self.block("company", "Acme Inc")
        self.block("company", "acme inc")
        self.samctl("blocklist", "remove", "company", "Acme Inc")
        self.block("company", "Acme Inc")
        changes = sorted(self.entries(), key=lambda change: change[3])
        self.assertEqual([listed for _, _, listed, _ in changes], [True, True, False, True])
        self.assertEqual(len({version for _, _, _, version in changes}), 4)

    def test_more_entries_than_one_batch(self):
        names = [f"n-{n}" for n in range(1203)]
        path = self.write("no.txt", "\n".join(names + ["n-7"]))
        self.assertEqual(self.block("person", "--file", path)["added"], 1203)
        self.assertEqual({value for _, value, _, _ in self.entries()}, set(names))
        self.samctl("blocklist", "remove", "person", "--file", path)
        gone = {value for _, value, listed, _ in self.entries() if not listed}
        self.assertEqual(gone, set(names))

    def test_a_workspace_without_accounts(self):
        self.samctl("workspace", "add", "empty")
        said = self.samctl("--workspace", "empty", "blocklist", "add", "company", "Acme")
        self.assertIn("has no account yet", said)


class Running(CampaignTest):
    def spoken_to(self):
        return {name for name in self.arrived() if name}

    def reaches_what_is_queued(self, kind, values):
        """Every second one of 24 people is meant by the values."""
        self.prepare()
        people = [f"p-{n}" for n in range(24)]
        acme, bolt = set(people[::2]), set(people[1::2])
        lines = [f"{name},N{name},{'Acme GmbH' if name in acme else 'Bolt'}" for name in people]
        path = self.write("people.csv", "linkedin_url,first_name,company\n" + "\n".join(lines))
        self.samctl("campaign", "create", self.write_json("hello.json", dict(
            ALL_DAY, name="hello", campaign_type="messenger", accounts=list(self.accounts),
            message_templates={"direct_message_1": "Hello {first_name}"})))  # fmt: skip
        self.samctl("import", path, "--campaign", "hello")
        self.samctl("approve", "--campaign", "hello", "--all")
        self.samctl("campaign", "start", "hello")
        self.start_both()
        self.wait_until_sent(4)
        self.samctl("blocklist", "add", kind, *values)
        sending = "send_queue WHERE status = 'sending'"
        self.wait_for("what was under way", lambda: self.count(sending) == 0)
        before = self.spoken_to()
        self.assertTrue(acme - before, "too late: all were written to")
        self.wait_for("the others", lambda: bolt <= self.spoken_to(), 60)
        self.assertEqual(self.spoken_to() & acme, before & acme)
        self.samctl("blocklist", "remove", kind, *values)
        self.wait_for("those who are let through", lambda: acme <= self.spoken_to(), 60)

    def test_a_company_reaches_what_is_queued_and_what_is_in_kafka(self):
        self.reaches_what_is_queued("company", ["ACME gmbh"])

    def test_who_is_let_through_gets_the_text_of_now(self):
        """It was changed while she was blocked, and has nothing for her."""
        self.prepare()
        path = self.write("people.csv", "linkedin_url,company,title\nada,Acme,\nbob,Bolt,CEO\n")
        value = dict(ALL_DAY, name="hello", campaign_type="messenger", accounts=["anna"],
                     message_templates={"direct_message_1": "Hello {title|null}"})  # fmt: skip
        self.samctl("campaign", "create", self.write_json("hello.json", value))
        self.samctl("import", path, "--campaign", "hello")
        self.samctl("approve", "--campaign", "hello", "--all")
        self.samctl("campaign", "start", "hello")
        self.samctl("account", "pause", "anna")  # planned all the same
        self.start_both()
        self.wait_for("the items", lambda: self.count("send_queue") == 2)
        self.samctl("blocklist", "add", "company", "Acme")
        value["message_templates"]["direct_message_1"] = "Hello {title}"
        self.samctl("campaign", "update", self.write_json("hello.json", value))
        said = self.samctl("blocklist", "remove", "company", "Acme")
        self.assertIn("1 people of their campaigns are on hold, their text cannot be sent", said)
        self.samctl("account", "resume", "anna")
        self.wait_until_sent(1)
        held = "campaign_prospects WHERE vanity = 'ada' AND hold_reason = 'text_invalid'"
        self.assertEqual(self.count(held), 1)
        self.writes_end()
        self.assertEqual(self.texts(), {"bob": ["Hello CEO"]})

    def test_so_do_people(self):
        self.reaches_what_is_queued("person", [f"p-{n}" for n in range(0, 24, 2)])


class Restored(RestoreTest):
    def begin(self, people):
        """A campaign that is paused; people: lines of linkedin_url,company."""
        self.prepare()
        self.samctl("campaign", "create", self.write_json("hello.json", dict(
            ALL_DAY, name="hello", campaign_type="messenger", accounts=list(self.accounts),
            message_templates={"direct_message_1": "Hello"})))  # fmt: skip
        self.join(people)
        self.samctl("campaign", "start", "hello")
        self.samctl("campaign", "pause", "hello")

    def join(self, people):
        path = self.write("people.csv", "linkedin_url,company\n" + people)
        self.samctl("import", path, "--campaign", "hello")
        self.samctl("approve", "--campaign", "hello", "--all")

    def go_back_to(self, backup):
        self.wait_until_told()
        self.restore(backup)
        self.start_both()
        self.samctl("campaign", "resume", "hello")  # waits until the ledger is applied

    def listed(self):
        return [(e["kind"], e["value"]) for e in self.samctl_json("blocklist", "list")]

    def people(self):
        rows = self.database.rows("SELECT vanity, hold_reason, status FROM campaign_prospects")
        return {r["vanity"]: (r["hold_reason"], r["status"]) for r in rows}

    def test_who_was_held_stays_so(self):
        self.begin("ada,Acme\nbob,Bolt\n")
        backup = self.dump()
        self.start_both()
        self.samctl("blocklist", "add", "company", "acme")
        self.go_back_to(backup)
        self.wait_until_sent(1)
        self.assertEqual(self.people()["ada"], ("blocklisted", "approved"))
        self.assertEqual(set(self.arrived()), {"bob"})

    def test_so_does_who_came_on_it_after_the_dump(self):
        self.begin("ada,Acme\nbob,Bolt\neve,\njo,Acme\n")
        backup = self.dump()
        self.start_both()
        self.samctl("person", "edit", "jo", "company=Zeta")  # no more after the restore
        self.samctl("blocklist", "add", "person", "eve")
        self.samctl("blocklist", "add", "company", "Acme")
        self.samctl("person", "set", "gus", "opted_out")  # in no campaign
        self.join("hal,ACME\n")  # after the dump: nobody has heard of them when it is restored
        self.go_back_to(backup)
        self.assertEqual(self.listed(), [("company", "acme"), ("person", "eve"), ("person", "gus")])
        self.join("gus,\nhal,ACME\nida,Iota\n")
        self.wait_until_sent(2)
        held = {name for name, (why, _) in self.people().items() if why == "blocklisted"}
        self.assertEqual(held, {"ada", "eve", "gus", "hal", "jo"})
        self.assertEqual(set(self.arrived()), {"bob", "ida"})

    def test_who_was_taken_off_after_the_dump_is_let_through(self):
        self.begin("ada,Acme\nbob,Bolt\ncy,Cyan\n")
        self.samctl("blocklist", "add", "person", "ada")
        self.samctl("blocklist", "add", "company", "Cyan")
        backup = self.dump()
        self.start_both()
        self.samctl("blocklist", "add", "company", "bolt")
        self.samctl("blocklist", "remove", "company", "bolt")
        self.samctl("blocklist", "remove", "person", "ada")
        self.go_back_to(backup)
        self.wait_until_sent(2)
        self.assertEqual(self.listed(), [("company", "cyan")])
        self.assertEqual(set(self.arrived()), {"ada", "bob"})


if __name__ == "__main__":
    unittest.main()
