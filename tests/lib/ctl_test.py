"""samctl against a real Postgres alone: no Kafka, no simulator, no daemons."""

import os
import types
import unittest

import sam_test


def make_until_waits(database):
    """until_waits(program): within a transaction, until such a program waits for its locks."""
    database.execute(
        "CREATE FUNCTION until_waits(program text) RETURNS void LANGUAGE plpgsql AS $$ "
        "BEGIN FOR i IN 1..2000 LOOP PERFORM pg_stat_clear_snapshot(); IF EXISTS (SELECT FROM "
        "pg_stat_activity WHERE datname = current_database() AND application_name = program "
        "AND wait_event_type = 'Lock') THEN RETURN; END IF; PERFORM pg_sleep(0.01); END LOOP; "
        "RAISE EXCEPTION 'it did not wait'; END $$"
    )


class CtlTest(sam_test.SamTest):
    """A database of its own for each test; samctl is the only program that runs."""

    @classmethod
    def setUpClass(cls):
        unittest.TestCase.setUpClass()
        folder = sam_test.folder_of(cls)
        cls.postgres = sam_test.Postgres(os.path.join(folder, "postgres"), cls.private_servers)
        cls.addClassCleanup(cls.postgres.stop)
        cls.postgres.start()
        cls.kafka = types.SimpleNamespace(address="127.0.0.1:1")

    def setUp(self):
        super().setUp()
        self.config["unipile"]["base_url"] = "http://127.0.0.1:1"
        self.write_config()

    def prepare(self, accounts=("anna",), campaigns=()):
        """Schema, one workspace, accounts in Germany, campaigns (dicts, as draft)."""
        self.make_schema()
        self.samctl("workspace", "add", "acme")
        for name in accounts:
            self.samctl("account", "add", name, "--unipile-id", "u-" + name, "--country", "DE")
        for campaign in campaigns:
            self.samctl("campaign", "create", self.write_json("campaign.json", campaign))

    def refused(self, *arguments, code=1):
        """samctl must refuse; what it said on stderr."""
        done = self.samctl_result(*arguments)
        self.assertEqual(done.returncode, code, f"samctl {arguments}: {done.stdout}{done.stderr}")
        self.assertTrue(done.stderr.strip(), f"samctl {arguments} refused without a word")
        return done.stderr

    def people(self, campaign, csv_text, name="people.csv"):
        """Imports and approves; the number of people that are new."""
        path = self.write(name, csv_text)
        report = self.samctl_json("import", path, "--campaign", campaign)[0]
        self.samctl("approve", "--campaign", campaign, "--all")
        return report["imported"]


def connector(name="spring", accounts=("anna",), **more):
    return {
        "name": name, "campaign_type": "connector", "accounts": list(accounts), "country": "DE",
        "message_templates": {
            "connection_request": "Hi {first_name|there}",
            "follow_up_1": {"after": "1d", "text": "Thanks {first_name|you}"},
            "follow_up_2": {"after": "4d", "text": "Bye"},
        },
        **more,
    }  # fmt: skip


def messenger(name="clients", accounts=("anna",), **more):
    return {
        "name": name, "campaign_type": "messenger", "accounts": list(accounts), "country": "DE",
        "message_templates": {
            "direct_message_1": "Hi {first_name|there}",
            "direct_message_2": {"after": "3d", "text": "Still there?"},
        },
        **more,
    }  # fmt: skip
