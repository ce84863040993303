"""deploy/README.md, for tests: its blocks, run as they stand there by a role that owns the database
and is no superuser, with another one that restores it."""

import functools
import os
import re
import subprocess

from campaign_test import CampaignTest
from sam_test import PATIENCE, SOURCE, run, unique_name

PAGE = os.path.join(SOURCE, "deploy", "README.md")
LIMIT = 90  # seconds of a block: three JVMs on a busy machine
# In place of `docker` and `kubectl`: takes what the page gives them and nothing else, and runs it
# as a container would, which has no file of ours and may write none.
ELSEWHERE = """\
#!/bin/bash
case "$(basename "$0") $*" in
"kubectl -n sam get pod -o name -l cnpg.io/cluster=sam-postgres,cnpg.io/instanceRole=primary")
    echo pod/sam-postgres-2
    exit
    ;;
"kubectl -n sam exec -i -c postgres pod/sam-postgres-2 -- "*) shift 8 ;;
"docker compose exec -T postgres "*) shift 4 ;;
"kubectl -n sam exec -i deploy/sam-worker -- samctl -c /etc/sam/sam.cfg "*)
    shift 9
    cd / && exec samctl -c '{config}' "$@"
    ;;
"docker compose run --rm -T samctl "*)
    shift 5
    cd / && exec samctl -c '{config}' "$@"
    ;;
*)
    echo "not as the page has it: $*" >&2
    exit 64
    ;;
esac
cd / && exec env -i PATH="$PATH" PGHOST={host} PGPORT={port} {nobody} "$@"
"""
NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups --"


@functools.cache
def page():
    """{heading: (its text, its blocks of sh)}; what stands before the first heading is ""."""
    with open(PAGE, encoding="utf-8") as file:
        head, *parts = re.split(r"^## \d\. (.*)\n", file.read(), flags=re.M)
    found = dict(zip(["", *parts[::2]], [head, *parts[1::2]]))
    return {
        heading: (text, re.findall(r"^```sh\n(.*?)^```$", text, flags=re.M | re.S))
        for heading, text in found.items()
    }


def blocks():
    """{heading: its blocks of sh}, of those that have some."""
    return {heading: texts for heading, (_, texts) in page().items() if texts}


class DeployPageTest(CampaignTest):
    def setUp(self):
        self.owner = unique_name() + "_owner"
        self.addCleanup(self.drop_owner)  # after its databases
        super().setUp()
        self.blocks = blocks()
        self.plain, self.compose, self.kubernetes = self.blocks.pop("")
        self.form = ""  # plain
        self.path = os.path.join(self.folder, "path")
        os.mkdir(self.path)
        os.symlink(os.path.join(self.bin, "samctl"), os.path.join(self.path, "samctl"))
        self.server = dict(word.split("=", 1) for word in self.postgres.address.split())
        for name in ("docker", "kubectl"):
            self.play(name)
        self.variables = {
            "SERVER": self.postgres.address,
            "OWNER": self.owner,
            "DATABASE": self.database.name,
            "BACKUP": "sam.dump",
            "LEAVE": "taken along",
            "PERSON": "c-0",
            "BROKERS": self.kafka.address,
            "PREFIX": self.topic_prefix,
            "CLIENT": "/dev/null",
            "KCAT_CONFIG": "/dev/null",
        }
        self.assertEqual(re.findall(r"(?m)^(\w+)=", self.plain), list(self.variables))
        for name in ("_restored", "_broken"):
            drop = f'DROP DATABASE IF EXISTS "{self.database.name}{name}" WITH (FORCE)'
            self.addCleanup(self.database.execute_elsewhere, drop)
        self.make_database()

    def drop_owner(self):
        run("psql", "-X", "-q", "-d", self.postgres.address, "-c",
            f"DROP ROLE IF EXISTS {self.owner}")  # fmt: skip

    def play(self, name):
        path = os.path.join(self.path, name)
        text = ELSEWHERE.replace("{nobody}", NOBODY if os.geteuid() == 0 else "")
        for word, value in (("config", self.config_path), *self.server.items()):
            text = text.replace("{" + word + "}", value)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def make_database(self):
        """As the page makes it; the programs come as its owner."""
        self.database.drop()
        self.follow("Which way", 0)
        self.config["postgres"]["conninfo"] = self.as_owner()

    def as_owner(self):
        return f"{self.postgres.address} user={self.owner} dbname={self.database.name}"

    def result_of(self, heading, number, form=None):
        """Runs a block below a heading, with the values of here; the finished process."""
        form = self.form if form is None else form
        variables = dict(self.variables)
        if form in (self.compose, self.kubernetes):
            variables["SERVER"] = f"user={self.server['user']}"  # found by where it runs
        ours = "\n".join(f"{name}='{value}'" for name, value in variables.items())
        text = "\n".join((self.plain, form, ours, self.blocks[heading][number]))
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            env=dict(os.environ, PATH=f"{self.path}:{os.environ['PATH']}"), cwd=self.folder,
            capture_output=True, text=True, check=False, timeout=LIMIT * PATIENCE,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def follow(self, heading, number, form=None):
        """Runs a block, which must succeed; what it prints."""
        done = self.result_of(heading, number, form)
        told = f"{self.blocks[heading][number]}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, 0, told)
        return done.stdout

    def stop_all(self):
        for daemon in (self.producer, self.worker):
            self.assertEqual(daemon.stop(), 0)
        # The test's own session; one of SAM that is left makes the page's command fail.
        self.database.execute_elsewhere(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
            f"datname = '{self.database.name}' AND application_name = 'psql'"
        )

    def read(self, *name):
        with open(os.path.join(self.folder, *name), encoding="utf-8") as file:
            return file.read()
