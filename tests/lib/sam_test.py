"""SAM as a whole, for integration tests: real Postgres, real Kafka, simulator, the real programs.

    class Pause(SamTest):
        def test_pause_reaches_kafka(self):
            self.config["limits"]["spacing"] = "1s"
            self.install()                       # sam.cfg, migrate, topics
            self.samctl("campaign", "create", self.write_json("c.json", {...}))
            worker = self.start_worker()
            self.wait_for("three sends", lambda: self.simulator.audit()["accepted"] >= 3)

Each test has its own folder, database, topic prefix and simulator; the two servers are shared when
tests/run started them (SAM_TEST_POSTGRES, SAM_TEST_KAFKA), else they belong to the test class. A
class that takes a server away sets `private_servers = True`. At the end everything that was started
is stopped by its process id; a program that leaks, trips a sanitizer or ends badly fails the test,
and a failed test keeps its folder and shows the ends of its logs.

Nothing here sleeps for luck: wait_for() looks at a condition until a deadline. SAM_TEST_PATIENCE=3
makes every deadline three times as long, for slow machines.
"""

import contextlib
import csv
import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

from kafka_wire import delete_topics
from ports import free_port
from psql_session import PsqlSession
from servers import SOURCE, Kafka, Postgres, folder_of
from waiting import COMMAND_SECONDS, PATIENCE, run, wait_for

BIN = os.environ.get("SAM_BIN", os.path.join(SOURCE, "build", "dev", "bin"))
FULL = os.environ.get("SAM_TEST_LENGTH") == "all" or os.environ.get("SAM_FULL") == "1"
API_KEY = "test-key"
LOG_LINES_SHOWN = 25
TOPICS = ("sam.jobs", "sam.sync", "sam.events", "sam.accounts", "dlq.sam.jobs")
# The search for leaks is a third of what a command of samctl costs; the tests of samctl make it.
SAMCTL_ENVIRONMENT = dict(os.environ)
if not os.path.basename(sys.argv[0]).startswith("test_ctl_"):
    SAMCTL_ENVIRONMENT["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
SANITIZER_WORDS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:")

# Decorates tests that take long: `tests/run all`, or SAM_FULL=1.
full_length = unittest.skipUnless(FULL, "in full length only")

_serial = itertools.count(1)


def unique_name():
    """A name that no other test of this machine uses, fit for a database and a topic."""
    return f"t{os.getpid()}x{next(_serial)}"


class Database:
    """A fresh database of one test."""

    def __init__(self, server, name):
        self.name = name
        self._server = server
        self._session = None  # made by the first question
        self.touched = False  # by a test, since it was made
        self.conninfo = self._conninfo_of(name)

    def served_by(self, server):
        """From now on it is asked for there: the server that was asked before is gone."""
        if self._session:
            self._session.close()
            self._session = None
        self._server = server
        self.conninfo = self._conninfo_of(self.name)

    def _conninfo_of(self, name):
        base = self._server.address
        if "://" in base:
            return urllib.parse.urlsplit(base)._replace(path="/" + name).geturl()
        return f"{base} dbname={name}"

    def _psql(self, conninfo, sql, *options):
        return run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *options, "-d", conninfo, "-c", sql)

    def create(self, template=None):
        of = f' TEMPLATE "{template}"' if template else ""
        self.touched = False
        self._psql(self._server.address, f'CREATE DATABASE "{self.name}"{of}')

    def drop(self):
        if self._session:
            self._session.close()
            self._session = None  # the test may make it again
        self._psql(self._server.address, f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def execute(self, sql):
        self.touched = True
        self._psql(self.conninfo, sql)

    def execute_elsewhere(self, sql):
        """On the same server, from another database."""
        self._psql(self._server.address, sql)

    def _ask(self, sql):
        for again in (True, False):
            if not self._session:
                self._session = PsqlSession(self.conninfo, COMMAND_SECONDS * PATIENCE)
            try:
                return self._session.ask(sql)
            except ConnectionError as error:  # the server may have been away since the last one
                self._session = None
                if not again:
                    raise AssertionError(f"{sql}\n{error}") from error
        return None

    def rows(self, sql):
        """A list of dicts, all values as text, NULL as ''."""
        return list(csv.DictReader(io.StringIO(self._ask(sql))))

    def value(self, sql):
        """The first column of the first row, None without a row."""
        rows = self.rows(sql)
        return next(iter(rows[0].values())) if rows else None

    def count(self, sql):
        """The number that a SELECT count(*) ... answers."""
        return int(self.value(sql))

    @contextlib.contextmanager
    def sessions(self, *names):
        """Sessions of these names on this database, as producers, workers and samctl have them."""
        shells = []
        seen = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' "
            "AND datname = current_database()"
        )
        for name in names:
            named = {**os.environ, "PGAPPNAME": name}
            shells.append(subprocess.Popen(["psql", "-X", "-q", "-d", self.conninfo],
                                           stdin=subprocess.PIPE, env=named))  # fmt: skip
        try:
            for name in names:
                wait_for(f"{name} to connect", lambda name=name: self.count(seen.format(name)))
            yield
        finally:
            for shell in shells:
                shell.communicate()
        for name in names:
            wait_for(f"{name} to go", lambda name=name: not self.count(seen.format(name)))

    def shift_clock(self, interval):
        """Moves SAM's clock (sam_now) this far from the real one: '3 days', '-1 hour'."""
        self.execute(
            "CREATE OR REPLACE FUNCTION sam_now() RETURNS timestamptz LANGUAGE sql VOLATILE "
            f"PARALLEL SAFE AS $$ SELECT clock_timestamp() + interval '{interval}' $$"
        )


def read_log(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Process:
    """A program that was started, its log, and how it ended. It never outlives the test."""

    def __init__(self, name, command, folder, environment=None):
        self.name = name
        self.log_path = os.path.join(folder, name + ".log")
        self.killed = False
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                cwd=folder, env=environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self.pid = self._process.pid

    def log(self):
        return read_log(self.log_path)

    def running(self):
        return self._process.poll() is None

    def must_run(self):
        if not self.running():
            raise AssertionError(f"{self.name} ended: exit {self._process.returncode}")

    def signal(self, number):
        self._process.send_signal(number)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """A crash: SIGKILL, waited for."""
        self.killed = True
        self._process.kill()
        self._process.wait(10 * PATIENCE)

    def wait_for_death(self):
        """By its own hand, as a test has asked (failpoints.py)."""
        self.killed = True
        self._process.wait(10 * PATIENCE)

    def stop(self, seconds=30):
        """SIGTERM; it must leave by itself within the time. Returns its exit code."""
        if self.running():
            self.thaw()
            self.signal(signal.SIGTERM)
        return self.wait_exit(seconds)

    def wait_exit(self, seconds=30):
        try:
            return self._process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            limit = f"{seconds * PATIENCE:.0f} s"
            raise AssertionError(f"{self.name} did not end within {limit}") from None

    def complaints(self):
        """What speaks against a clean life: a bad exit, a sanitizer's words."""
        found = [f"{self.name}: {word}" for word in SANITIZER_WORDS if word in self.log()]
        code = self._process.returncode
        if not self.killed and code not in (0, None):
            found.append(f"{self.name} ended with exit code {code}")
        return found


class Daemon(Process):
    """sam-producer or sam-worker with its admin port."""

    def __init__(self, name, command, folder, port, environment):
        self.port = port
        self.admin = f"http://127.0.0.1:{port}"
        super().__init__(name, command, folder, environment)

    def get(self, path):
        """(status, body) of a GET on the admin port; (0, why) while nobody answers."""
        return http("GET", self.admin + path)

    def ready(self):
        return self.get("/readyz")[0] == 200

    def metric(self, name):
        """The value of a metric, given with its labels as the exposition has it; 0 if absent."""
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0


class Simulator(Process):
    """sam-simulator: stands for Unipile, and judges what arrived."""

    def __init__(self, folder, scenario=None, options=(), port=None):
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [os.path.join(BIN, "sam-simulator"), "--listen", f"127.0.0.1:{port}"]
        command += ["--api-key", API_KEY]
        command += ["--scenario", scenario] if scenario else ["--anyone"]
        command += options
        super().__init__("simulator", command, folder)

    def ask(self, method, path, body=None):
        """A request that must succeed; the parsed answer."""
        status, text = http(method, self.url + path, body)
        if not 200 <= status < 300:
            raise AssertionError(f"simulator: {method} {path}: {status} {text}")
        return json.loads(text) if text else None

    def fault(self, **fault):
        """The next `count` calls of `route` go wrong by `action`; tests/simulator/README.md."""
        self.ask("POST", "/fault", fault)

    def accept(self, account, person):
        """The person (public name or provider id) accepts the account's invitation now."""
        self.ask("POST", "/accept", {"account": account, "person": person})

    def reply(self, account, person, text, group=False):
        """The person writes to the account now, or in a group of both and others."""
        body = {"account": account, "person": person, "text": text, "group": group}
        self.ask("POST", "/reply", body)

    def answers(self):
        return http("GET", self.url + "/audit")[0] == 200

    def audit(self, spacing_ms=0, daily_cap=100_000):
        """The judge's counts: gaps shorter than spacing_ms, writes over daily_cap a day (UTC)."""
        return self.ask("GET", f"/audit?spacing_ms={spacing_ms}&daily_cap={daily_cap}")

    def journal(self):
        """Every call that arrived: n, at_ms, route, account, person, status, executed ..."""
        found = []
        while page := self.ask("GET", f"/journal?after={found[-1]['n'] if found else 0}"):
            found += page
        return found


def http(method, url, body=None):
    """(status, text); body is sent as JSON. (0, why) when nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    if data is not None:
        request.add_header("content-type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30 * PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        return 0, str(error)


def libconfig(value, indent=""):
    """A Python value as libconfig text."""
    if isinstance(value, dict):
        inner = indent + "  "
        lines = [f"{inner}{key} = {libconfig(item, inner)};\n" for key, item in value.items()]
        return "{\n" + "".join(lines) + indent + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(libconfig(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class SamTest(unittest.TestCase):
    """Base of the integration tests; see the head of this file."""

    private_servers = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = folder_of(cls)
        cls.postgres = Postgres(os.path.join(folder, "postgres"), cls.private_servers)
        cls.kafka = Kafka(os.path.join(folder, "kafka"), cls.private_servers)
        for server in (cls.postgres, cls.kafka):
            cls.addClassCleanup(server.stop)
            server.start()

    def setUp(self):
        super().setUp()
        name = unique_name()
        self.folder = tempfile.mkdtemp(prefix=f"sam-{self._testMethodName}.")
        self.processes = []
        self.simulator = None
        self._names = itertools.count(1)
        self.topic_prefix = name + "."
        self.database = Database(self.postgres, name)
        self.database.create()
        self.addCleanup(self.database.drop)
        if self.kafka.address == os.environ.get("SAM_TEST_KAFKA"):  # others come after us
            topics = [self.topic(name) for name in TOPICS]
            self.addCleanup(delete_topics, self.kafka.address, topics)
        self.bin = BIN  # of the programs of SAM
        self.config = self._default_config()
        self.config_path = os.path.join(self.folder, "sam.cfg")

    def run(self, result=None):
        """Runs the test, then stops what it started; a failed one keeps its folder."""
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if not hasattr(self, "folder"):
            return result
        if len(result.failures) + len(result.errors) > before:
            self._show_logs()
        else:
            shutil.rmtree(self.folder, True)
        return result

    def tearDown(self):
        """Stops in the order of the flow, so that nobody waits for one who is gone."""
        complaints = []
        for process in self.processes + ([self.simulator] if self.simulator else []):
            try:
                process.stop()
            except AssertionError as error:
                complaints.append(str(error))
            complaints += process.complaints()
        super().tearDown()
        if complaints:
            self.fail("; ".join(complaints))

    def _show_logs(self):
        print(f"\n{self.id()} keeps {self.folder}", flush=True)
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log"):
                lines = read_log(os.path.join(self.folder, name)).splitlines()[-LOG_LINES_SHOWN:]
                print(f"--- end of {name}", *lines, sep="\n", flush=True)

    # ---- files and settings ----

    def _default_config(self):
        """Everything as fast as it can be; the simulator is on the loopback, so bounds are off."""
        return {
            "postgres": {"conninfo": self.database.conninfo},
            "kafka": {
                "bootstrap_servers": self.kafka.address,
                "topic_prefix": self.topic_prefix,
                "partitions": 4,
                "replication_factor": 1,
            },
            "unipile": {"base_url": "", "api_key": API_KEY, "timeout": "5s"},
            "limits": {"spacing": "1s", "jitter": "0s", "pace": "fast"},
            "producer": {"tick": "250ms"},
            "worker": {"drain_timeout": "20s"},
            "log": {"level": "debug", "format": "text"},
        }

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".new", path)  # a program that begins meanwhile reads one or the other
        return path

    def write_json(self, name, value):
        return self.write(name, json.dumps(value, indent=2))

    def write_config(self):
        """sam.cfg from self.config; again after a change of it."""
        sections = [f"{name}: {libconfig(value)};\n" for name, value in self.config.items()]
        self.write("sam.cfg", "".join(sections))

    def topic(self, name):
        """The full name of a topic of this test: "sam.jobs", "dlq.sam.jobs"."""
        if name.startswith("dlq."):
            return "dlq." + self.topic_prefix + name[len("dlq.") :]
        return self.topic_prefix + name

    # ---- programs ----

    def samctl_result(self, *arguments):
        """Runs samctl; the finished process with returncode, stdout, stderr."""
        command = [os.path.join(self.bin, "samctl"), "-c", self.config_path, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, check=False,
            timeout=COMMAND_SECONDS * PATIENCE, env=SAMCTL_ENVIRONMENT,
        )  # fmt: skip

    def samctl(self, *arguments):
        """Runs samctl, which must succeed; its output."""
        done = self.samctl_result(*arguments)
        self.assertEqual(done.returncode, 0, f"samctl {arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def samctl_json(self, *arguments):
        """Runs samctl with --json; a list of its objects."""
        return [json.loads(line) for line in self.samctl(*arguments, "--json").splitlines()]

    def install(self, scenario=None, options=()):
        """Simulator (by a scenario: a value written as JSON), sam.cfg, schema and topics."""
        self.start_simulator(scenario, options)
        self.write_config()
        self.make_schema()
        self.samctl("topics", "create")

    def make_schema(self):
        """What `samctl migrate` makes; a copy of it where tests/run has made it once for all."""
        template = os.environ.get("SAM_TEST_TEMPLATE")
        usual = self.config["postgres"]["conninfo"] == self.database.conninfo  # by its owner
        there = self.postgres.address == os.environ.get("SAM_TEST_POSTGRES")
        if not (template and usual and there) or self.database.touched:
            self.samctl("migrate")
            return
        self.database.drop()
        self.database.create(template)

    def start_simulator(self, scenario=None, options=(), port=None):
        """Without a scenario everybody exists; port: None = a free one."""
        path = None if scenario is None else self.write_json("scenario.json", scenario)
        self.simulator = Simulator(self.folder, path, options, port)
        self.wait_for("the simulator", self.simulator.answers)
        self.config["unipile"]["base_url"] = self.simulator.url

    def start(self, program, section, **environment):
        """A daemon with an admin port of its own; environment overrides sam.cfg (SAM_...)."""
        port = free_port()
        variables = dict(os.environ, **environment)
        variables[f"SAM_{section.upper()}_LISTEN"] = f"127.0.0.1:{port}"
        name = f"{section}{next(self._names)}"
        command = [os.path.join(self.bin, program), "-c", self.config_path]
        daemon = Daemon(name, command, self.folder, port, variables)
        self.processes.append(daemon)
        return daemon

    def start_devbroker(self, partitions):
        """librdkafka's own broker instead of Kafka, with these topics ({name: count}); the settings
        lead there from now on."""
        file = os.path.join(self.folder, "broker.address")
        topics = ",".join(f"{self.topic(name)}:{count}" for name, count in partitions.items())
        command = [os.path.join(BIN, "sam-devbroker"), "--topics", topics, "--address-file", file]
        broker = Process("devbroker", command, self.folder)
        self.processes.append(broker)
        self.wait_for("the broker", lambda: os.path.exists(file))
        with open(file, encoding="utf-8") as address:
            self.config["kafka"]["bootstrap_servers"] = address.read().strip()
        self.write_config()
        return broker

    def start_producer(self, ready=True, **environment):
        return self._ready(self.start("sam-producer", "producer", **environment), ready)

    def start_worker(self, ready=True, **environment):
        return self._ready(self.start("sam-worker", "worker", **environment), ready)

    def _ready(self, daemon, ready):
        if ready:
            wait_for(f"{daemon.name} to be ready", daemon.ready, 60, [daemon])
        return daemon

    def wait_for(self, what, condition, seconds=30):
        """wait_for() that also watches every program that nobody stopped or killed."""
        watched = [p for p in self.processes if p.running()]
        return wait_for(what, condition, seconds, watched)
