"""samctl health: what a container's health check learns from the programs of its machine."""

import json
import os
import unittest
from unittest import mock

from sam_test import SamTest, free_port


class Health(SamTest):
    def setUp(self):
        super().setUp()
        self.start_simulator()
        self.write_config()

    def listens(self, daemon, section):
        """`samctl health` looks where this one listens; of a port on every address as well."""
        self.config["admin"] = {"token_file": self.write("token", "geheim")}
        self.config.setdefault(section, {})["listen"] = f"0.0.0.0:{daemon.port}"
        self.write_config()

    def health(self, *words):
        """({program: (state, why)}, exit code)"""
        done = self.samctl_result("health", *words, "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return {row["program"]: (row["state"], row["why"]) for row in rows}, done.returncode

    def test_nobody_is_there(self):
        for section in "producer", "worker":
            self.config.setdefault(section, {})["listen"] = f"127.0.0.1:{free_port()}"
        self.write_config()
        said, code = self.health()
        self.assertEqual({name: state for name, (state, _) in said.items()},
                         {"producer": "no answer", "worker": "no answer"})  # fmt: skip
        self.assertRegex(said["worker"][1], "Failed to connect|Couldn't connect")
        self.assertEqual(code, 1)

    def test_one_that_waits_and_one_that_is_stuck(self):
        """Waiting for Kafka's topics is no reason to be restarted; a loop that stands still is."""
        self.config["producer"]["listen"] = f"127.0.0.1:{free_port()}"
        self.samctl("migrate")
        worker = self.start_worker(ready=False)
        self.listens(worker, "worker")
        self.wait_for("it to wait for topics",
                      lambda: "no topic" in self.health("worker")[0]["worker"][1])  # fmt: skip
        said, code = self.health("worker")
        self.assertEqual((said["worker"][0], code), ("not ready", 0))
        self.assertEqual(self.health("worker", "--ready")[1], 1)
        self.samctl("topics", "create")
        self.wait_for("it to be ready", worker.ready)
        self.assertEqual(self.health(), ({"producer": mock.ANY, "worker": ("ready", "")}, 0))
        self.assertEqual(self.health("worker", "--ready")[1], 0)
        self.assertEqual(self.health("producer")[1], 1)
        worker.freeze()
        said, code = self.health("worker")
        self.assertEqual((said["worker"][0], code), ("no answer", 1))
        worker.thaw()
        self.wait_for("it to be ready again", lambda: self.health("worker")[1] == 0)

    def test_words_and_no_proxy(self):
        """Nobody else is asked on the way."""
        self.samctl("migrate")
        worker = self.start_worker(ready=False)
        self.listens(worker, "worker")
        with mock.patch.dict(os.environ, http_proxy="http://127.0.0.1:1"):
            self.wait_for("an answer", lambda: self.health("worker")[1] == 0)
        done = self.samctl_result("health", "simulator")
        self.assertEqual(done.returncode, 2)
        self.assertIn("asks the `producer` or the `worker`", done.stderr)
        text = self.samctl("health")
        self.assertIn("program   address", text)
        self.assertIn("not ready", text)


if __name__ == "__main__":
    unittest.main()
