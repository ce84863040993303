"""The demo of deploy/compose, as its README has it, without an engine: the commands, settings and
variables of compose.yaml, beside a Postgres, a Kafka and a simulator that run on this machine."""

import json
import os
import shlex
import subprocess
import unittest

import compose_project as compose
import sam_test
import skipping
from sam_test import BIN, SamTest, free_port, http

RUN = "docker compose --env-file demo.env run --rm samctl "
EXPECTED = 20  # sends, by what demo/scenario.json says that the people will do


def setUpModule():
    skipping.unless_had(compose.demo)


class Demo(SamTest):
    def setUp(self):
        super().setUp()
        self.services = compose.demo()["services"]
        self.ports = {"simulator": free_port(), "producer": free_port(),
                      "worker": free_port(), "worker-2": free_port()}  # fmt: skip
        self.secrets = os.path.join(self.folder, "secrets")
        self.make_secrets()
        config = open(os.path.join(compose.FOLDER, "sam.cfg"), encoding="utf-8")
        with config as file:
            self.write("sam.cfg", file.read().replace(compose.SECRETS, self.secrets))

    def make_secrets(self):
        """As the README makes them; the database is this test's."""
        commands = compose.readme_blocks()[0].replace("cd deploy/compose", "set -e")
        subprocess.run(["bash", "-c", commands], cwd=self.folder, check=True)
        with open(os.path.join(self.secrets, "postgres-conninfo"), "w", encoding="utf-8") as file:
            file.write(self.database.conninfo)

    def environment(self, name):
        """A service's, with the addresses that are other ones here."""
        here = {"SAM_KAFKA_BOOTSTRAP_SERVERS": self.kafka.address,
                "SAM_KAFKA_TOPIC_PREFIX": self.topic_prefix,
                "SAM_UNIPILE_BASE_URL": f"http://127.0.0.1:{self.ports['simulator']}"}  # fmt: skip
        if name in self.ports:
            section = "PRODUCER" if name == "producer" else "WORKER"
            here[f"SAM_{section}_LISTEN"] = f"127.0.0.1:{self.ports[name]}"
        return {**os.environ, **compose.environment(self.services[name]), **here}

    def command(self, words):
        """As it runs here, not in a container."""
        places = {"/etc/sam": self.folder, compose.SECRETS: self.secrets,
                  "/demo": os.path.join(compose.FOLDER, "demo"),
                  "0.0.0.0:8080": f"127.0.0.1:{self.ports['simulator']}"}  # fmt: skip
        for ours, here in places.items():
            words = [here + word[len(ours) :] if word.startswith(ours) else word for word in words]
        return [os.path.join(BIN, words[0]), *words[1:]]

    def run_once(self, name, words):
        folder = os.path.join(compose.FOLDER, "demo") if name == "samctl" else self.folder
        done = subprocess.run(self.command(words), cwd=folder, env=self.environment(name),
                              capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def up(self):
        """What has to be done before it, as depends_on says, is done before it."""
        command = self.command(self.services["simulator"]["command"])
        self.processes.append(sam_test.Process("simulator", command, self.folder,
                                               self.environment("simulator")))  # fmt: skip
        self.daemons = []
        for name in ("migrate", "topics"):
            self.run_once(name, self.services[name]["command"])
        for name in ("producer", "worker", "worker-2"):
            command = self.command(self.services[name]["command"])
            daemon = sam_test.Daemon(name, command, self.folder, self.ports[name],
                                     self.environment(name))  # fmt: skip
            self.processes.append(daemon)
            self.daemons.append(daemon)
        for daemon in self.daemons:
            self.wait_for(daemon.name, daemon.ready, 60)

    def healthy(self):
        for name in ("producer", "worker", "worker-2"):
            self.run_once(name, self.services[name]["healthcheck"]["test"][1:])

    def statuses(self):
        command = [*self.services["samctl"]["entrypoint"], "campaign", "list", "--json"]
        lines = self.run_once("samctl", command).splitlines()
        return {json.loads(line)["status"] for line in lines}

    def test_the_readme_from_nothing_to_replies(self):
        lines = compose.readme_blocks()[1].splitlines()
        self.assertEqual(lines[0], "docker compose --env-file demo.env up --build --detach")
        self.up()
        self.healthy()
        for line in lines[1:]:
            self.assertTrue(line.startswith(RUN), line)
            self.run_once("samctl", [*self.services["samctl"]["entrypoint"],
                                     *shlex.split(line.removeprefix(RUN))])  # fmt: skip
        self.wait_for("both campaigns", lambda: self.statuses() == {"completed"}, 120)
        status, body = http("GET", f"http://127.0.0.1:{self.ports['simulator']}"
                                   "/audit?spacing_ms=1500")  # fmt: skip
        audit = json.loads(body)
        self.assertEqual((status, audit["accepted"]), (200, EXPECTED), body)
        for fault in ("refused", "duplicates", "refused_duplicates", "spacing_breaks"):
            self.assertEqual(audit[fault], 0, body)
        for daemon in self.daemons:
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
