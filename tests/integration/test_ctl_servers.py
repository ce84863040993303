"""samctl: what it says about Kafka and Unipile, there and not there."""

import json
import os
import unittest
from unittest import mock

from sam_test import SamTest

TOPICS = ("sam.jobs", "sam.sync", "sam.events", "dlq.sam.jobs", "sam.accounts")
ACCOUNTS = {"accounts": [{"id": "u-anna"}, {"id": "u-ben", "status": "CREDENTIALS"}], "people": []}


class Servers(SamTest):
    def doctor(self):
        """{check: [(result, detail), ...]} and the exit code."""
        done = self.samctl_result("doctor", "--json")
        found = {}
        for line in done.stdout.splitlines():
            row = json.loads(line)
            found.setdefault(row["check"], []).append((row["result"], row["detail"]))
        return found, done.returncode

    def failures(self):
        found, _ = self.doctor()
        return {check for check, rows in found.items() if any(r == "failed" for r, _ in rows)}

    def test_topics(self):
        self.start_simulator()
        self.write_config()
        self.assertEqual([t["exists"] for t in self.samctl_json("topics", "show")], [False] * 5)
        made = self.samctl_json("topics", "create")
        self.assertEqual([t["result"] for t in made], ["made"] * 5)
        self.assertEqual(made[3]["topic"], self.topic("dlq.sam.jobs"))
        again = self.samctl_json("topics", "create")
        self.assertEqual([t["result"] for t in again], ["was there"] * 5)
        shown = self.samctl_json("topics", "show")
        self.assertEqual([t["partitions"] for t in shown], [4, 4, 4, 1, 4])
        described = self.kafka.tool(
            "TopicCommand", "--describe", "--topic", self.topic("sam.events")
        )
        self.assertIn("retention.ms=-1", described)
        self.config["kafka"]["partitions"] = 5
        self.write_config()
        done = self.samctl_result("topics", "create")
        self.assertEqual(done.returncode, 1)
        self.assertIn("has 4 partitions, kafka.partitions says 5", done.stderr)

    def test_topics_of_a_broker_that_makes_none_itself(self):
        self.start_simulator()
        self.start_devbroker({t: 1 if t.startswith("dlq") else 4 for t in TOPICS})
        self.assertEqual([t["result"] for t in self.samctl_json("topics", "create")],
                         ["was there"] * 5)  # fmt: skip

    def test_topics_refused_by_the_broker(self):
        self.start_simulator()
        self.config["kafka"]["replication_factor"] = 3
        self.write_config()
        done = self.samctl_result("topics", "create")
        self.assertEqual(done.returncode, 1)
        self.assertIn("replication factor", done.stderr)

    def test_doctor_asks_no_proxy(self):
        self.install(ACCOUNTS)
        nobody = "http://127.0.0.1:9"  # what is sent there would carry the key
        with mock.patch.dict(os.environ, {"http_proxy": nobody, "all_proxy": nobody}):
            found, _ = self.doctor()
        self.assertEqual(found["unipile"][0][0], "ok", found)

    def test_doctor_knows_a_login_page(self):
        """With 200 and HTML, or with a redirect to it: who answers is not Unipile."""
        self.install(ACCOUNTS)
        for fault in ({"action": "not_json"}, {"action": "status", "status": 302}):
            self.simulator.fault(route="accounts", **fault)
            found, code = self.doctor()
            self.assertEqual((code, found["unipile"][0][0]), (1, "failed"), found)
            self.assertIn("a login page, not Unipile", found["unipile"][0][1])
            self.simulator.ask("DELETE", "/fault")

    def test_doctor_is_content(self):
        self.install(ACCOUNTS)
        found, code = self.doctor()
        self.assertEqual(code, 0, found)
        for check in ("config", "postgres", "clock", "schema", "kafka", "unipile",
                      self.topic("sam.jobs"), self.topic("dlq.sam.jobs")):  # fmt: skip
            self.assertEqual(found[check][0][0], "ok", check)
        self.assertEqual(found["sam-worker"][0][0], "note")

    def test_doctor_finds_what_is_missing(self):
        self.start_simulator(ACCOUNTS)
        self.write_config()
        topics = {self.topic(t) for t in TOPICS}
        view = self.topic("sam.accounts")  # an older installation has none
        self.assertEqual(self.failures(), (topics | {"schema"}) - {view})
        self.assertEqual(self.doctor()[0][view][0][0], "note")
        self.samctl("migrate")
        self.samctl("topics", "create")
        self.assertEqual(self.failures(), set())

        self.config["unipile"]["api_key"] = "wrong"
        self.write_config()
        found, code = self.doctor()
        self.assertEqual((code, self.failures()), (1, {"unipile"}))
        self.assertIn("answers 401: the key is refused", found["unipile"][0][1])

        self.config["unipile"]["base_url"] = "http://127.0.0.1:1"
        self.config["kafka"]["bootstrap_servers"] = "127.0.0.1:1"
        self.config["postgres"]["conninfo"] = "host=127.0.0.1 port=1"
        self.write_config()
        found, _ = self.doctor()
        self.assertEqual(self.failures(), {"postgres", "kafka", "unipile"})
        self.assertIn("Connection refused", found["kafka"][0][1])
        self.assertIn("postgres.conninfo, ", found["postgres"][0][1])

        self.write("sam.cfg", "postgres: { };\nkafka: { partitions = 0; };\n")
        found, code = self.doctor()
        self.assertEqual((code, list(found)), (2, ["config"]))
        self.assertGreater(len(found["config"]), 3)

    def test_doctor_and_start_up_note_a_view_of_other_partitions(self):
        self.install(ACCOUNTS)
        view = self.topic("sam.accounts")
        self.kafka.tool("TopicCommand", "--alter", "--topic", view, "--partitions", "6")
        found, code = self.doctor()
        self.assertEqual((code, found[view][-1][0]), (0, "note"), found)
        self.assertIn("has 6 partitions, sam.jobs has 4", found[view][-1][1])
        worker = self.start_worker()  # it is no reason to wait
        self.assertIn("view_not_kept", worker.log())
        self.assertIn(f"{view} has 6 partitions, sam.jobs has 4", worker.log())

    def test_doctor_finds_unequal_topics_and_shifted_clocks(self):
        self.install(ACCOUNTS)
        self.kafka.tool(
            "TopicCommand", "--alter", "--topic", self.topic("sam.sync"), "--partitions", "6"
        )
        self.database.shift_clock("3 days")
        found, _ = self.doctor()
        self.assertEqual(self.failures(), {self.topic("sam.sync")})
        self.assertIn("must be as many", found[self.topic("sam.sync")][-1][1])
        self.assertIn(("note", "sam_now() is shifted by 259200 s: a test database"), found["clock"])

    def test_discover(self):
        self.install(ACCOUNTS)
        self.samctl("workspace", "add", "acme")
        self.samctl("account", "add", "anna", "--unipile-id", "u-anna", "--country", "DE")
        rows = self.samctl_json("account", "discover")
        self.assertEqual(
            [(r["unipile_id"], r["status"], r["account"]) for r in rows],
            [("u-anna", "OK", "acme/anna"), ("u-ben", "CREDENTIALS", None)],
        )


if __name__ == "__main__":
    unittest.main()
