"""Faults of the servers and of what stands in Postgres; those of the programs: faults.py."""

import os
import signal
import threading

from sam_test import run
from waiting import wait_for

LOAD_SECONDS = 60
# A loader that met somebody else's lock, or tables that are just being made anew.
TRY_AGAIN = ("deadlock", "does not exist", "lock timeout", "connection", "server closed")
SESSIONS = ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
            "application_name LIKE 'sam-%' AND datname = current_database()")  # fmt: skip


class ServerFaults:
    """Of one test; span(seconds) waits for the length of a fault."""

    def __init__(self, test, fleet, span):
        self.test = test
        self.fleet = fleet
        self.span = span
        self._postgres = threading.Lock()  # one who restarts it, or loads a dump, at a time
        self._kafka = threading.Lock()
        self._dumps = 0

    # ---- Postgres ----

    def end_a_session(self, _, drawn):
        one = f" ORDER BY md5(pid::text || '{drawn.random()}') LIMIT 1"
        return self._end_sessions("one session ended by Postgres", one)

    def end_all_sessions(self, *_):
        return self._end_sessions("all sessions ended by Postgres", "")

    def _end_sessions(self, kind, which):
        with self._postgres:
            self.test.database.execute(SESSIONS + which)
        return kind

    def restart_postgres(self, _, drawn):
        with self._postgres:
            self.test.postgres.stop()
            self.span(drawn.uniform(0, 4))
            self.test.postgres.start()
        return "restart of Postgres"

    def crash_postgres(self, _, drawn):
        with self._postgres:
            self.test.postgres.kill()
            self.span(drawn.uniform(0, 4))
            self.test.postgres.start()
        return "SIGKILL of Postgres"

    def load_a_dump(self, _, drawn):
        """One that was taken some time ago, over the live database."""
        self._dumps += 1
        path = os.path.join(self.test.folder, f"dump-{self._dumps}")
        with self._postgres:
            run("pg_dump", "-Fc", "-f", path, "-d", self.test.database.conninfo)
        self.span(drawn.uniform(3, 15))
        cuts_all = drawn.random() < 0.5
        with self._postgres:
            wait_for("the dump to be loaded", lambda: self._load(path, cuts_all), LOAD_SECONDS)
        os.unlink(path)
        return "old dump loaded" + (", all sessions ended before" if cuts_all else "")

    def _load(self, path, cuts_all):
        if cuts_all:
            self.test.database.execute(SESSIONS)
        try:
            run("pg_restore", "--clean", "--if-exists", "--single-transaction", "-d",
                self.test.database.conninfo, path)  # fmt: skip
        except AssertionError as error:
            if not any(word in str(error) for word in TRY_AGAIN):
                raise
            return False
        return True

    # ---- Kafka ----

    def restart_kafka(self, *_):
        with self._kafka:
            self.test.kafka.stop()
            self.test.kafka.start()
        return "restart of Kafka"

    def crash_kafka(self, *_):
        with self._kafka:
            self.test.kafka.kill()
            self.test.kafka.start()
        return "SIGKILL of Kafka"

    def freeze_kafka(self, _, drawn):
        with self._kafka:
            with open(os.path.join(self.test.kafka.folder, "pid"), encoding="ascii") as file:
                broker = int(file.read())
            os.kill(broker, signal.SIGSTOP)
            try:
                self.span(drawn.uniform(3, 10))
            finally:
                os.kill(broker, signal.SIGCONT)
        return "SIGSTOP of Kafka"

    def set_offsets_back(self, _, drawn):
        """Kafka's tool refuses it while somebody is in the group."""
        how = drawn.choice((("--to-earliest",), ("--shift-by", "-100")))
        with self.fleet.no_worker(), self._kafka:
            self.test.kafka.tool("ConsumerGroupCommand", "--reset-offsets", "--execute",
                                 "--all-topics", *how, "--group",
                                 self.test.topic("sam-workers"))  # fmt: skip
        return "offsets of sam-workers set back"
