"""Postgres as it really fails: full, at its limit of connections, read-only, choosing a victim of a
deadlock, refusing to serialize, silent about a commit. The programs stay up, say one clear line, go
on within seconds once it is over, and nothing is sent twice."""

import os
import subprocess
import time
import unittest
from collections import Counter

from campaign_test import HELLO
from proxy import Proxy
from sam_test import PATIENCE, run
from standby import FailoverTest, OwnPostgresTest, port_of

TEXTS = dict(HELLO, direct_message_2={"after": "1s", "text": "Again {first_name}"})
BACK_SECONDS = 5 * PATIENCE
ACCOUNTS = ("a1", "a2", "a3", "a4")


class Faults:
    """What all of these have in common."""

    people_count = 60

    def start_campaign(self):
        self.start_both()
        self.campaign("c", "messenger", TEXTS, self.people_count)
        self.wait_until_sent(6)

    def stays_up(self, daemon):
        self.assertTrue(daemon.running())
        self.assertEqual(daemon.get("/healthz")[0], 200)

    def says(self, text, *daemons):
        """In their logs or on /readyz, since the fault."""
        for daemon in daemons or (self.producer, self.worker):
            said = lambda d=daemon: text in d.log() or text in d.get("/readyz")[1]  # noqa: E731
            self.wait_for(f"{daemon.name} to say it", said)
            self.stays_up(daemon)

    def unready_for(self, text):
        status, reasons = self.producer.get("/readyz")
        return status == 503 and text in reasons

    def once_a_minute(self, daemon):
        """The same words of the same step: a round of it comes four times a second."""
        ticks = "sam_loop_turn_seconds_count"
        turns = daemon.metric(ticks)
        self.wait_for("it to go round", lambda: daemon.metric(ticks) > turns + 20)
        lines = [line.split(" ", 1)[1] for line in daemon.log().splitlines()]
        failed = Counter(line for line in lines if "error batch_failed" in line)
        self.assertTrue(failed)
        self.assertLessEqual(max(failed.values()), 1 + PATIENCE, failed)

    def writes(self):
        return self.simulator.audit()["writes"]

    def back_within(self, what, over):
        """over() ends the fault; sends go on within seconds, and come to their end."""
        before = self.writes()
        over()
        begun = time.monotonic()
        self.wait_for("sends to go on", lambda: self.writes() > before)
        took = time.monotonic() - begun
        print(f"\nfigure: {what}: sends go on {took:.1f} s after it is over", flush=True)
        self.assertLess(took, BACK_SECONDS)
        self.all_end()

    def all_end(self):
        self.wait_until_completed("c")
        self.wait_until_ended()
        self.judge(2 * self.people_count)


class Full(Faults, OwnPostgresTest):
    accounts = ACCOUNTS

    def small_disk(self):
        """A file system of its own for the tables of this database; Postgres itself has room."""
        folder = os.path.join(self.servers, "small")
        os.mkdir(folder)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=0777", "small", folder],
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            self.skipTest(f"nothing can be mounted here: {done.stderr.strip()}")
        self.addCleanup(run, "umount", folder)
        self.addCleanup(self.database.execute_elsewhere, "DROP TABLESPACE IF EXISTS small")
        self.addCleanup(self.database.drop)
        space = os.path.join(folder, "space")
        os.mkdir(space)
        subprocess.run(["chown", f"--reference={self.postgres.folder}/data", space], check=True)
        self.database.execute_elsewhere(f"CREATE TABLESPACE small LOCATION '{space}'")
        self.database.execute_elsewhere(
            f'ALTER DATABASE "{self.database.name}" SET TABLESPACE small'
        )
        return os.path.join(folder, "filler")

    def fill(self, path):
        with open(path, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 12))
            except OSError:
                pass  # full

    def test_no_room_for_a_row(self):
        filler = self.small_disk()
        self.prepare()
        self.start_campaign()
        self.fill(filler)
        self.wait_for("Postgres to notice", lambda: self.postgres_said("No space left on device"))
        self.wait_for("it to be unready", lambda: self.unready_for("No space left on device"))
        self.stays_up(self.worker)
        self.once_a_minute(self.producer)
        self.back_within("full disk", lambda: os.remove(filler))


class Limit(Faults, OwnPostgresTest):
    accounts = ACCOUNTS

    def test_no_connection_is_left(self):
        name = self.database.name
        self.database.execute_elsewhere(f'CREATE ROLE "{name}" LOGIN')
        self.database.execute_elsewhere(f'ALTER DATABASE "{name}" OWNER TO "{name}"')
        ours = f"{self.database.conninfo} user={name}"
        self.config["postgres"]["conninfo"] = ours
        self.prepare()
        self.start_campaign()
        self.database.execute_elsewhere(f'ALTER ROLE "{name}" CONNECTION LIMIT 0')
        self.database.execute_elsewhere(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
        )
        self.says("too many connections for role")
        refused = self.samctl_result("status")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("too many connections for role", refused.stderr)
        self.back_within("limit of connections", lambda: self.database.execute_elsewhere(
            f'ALTER ROLE "{name}" CONNECTION LIMIT -1'))  # fmt: skip


class ReadOnly(Faults, FailoverTest):
    accounts = ACCOUNTS

    def test_a_standby_that_nobody_has_promoted_yet(self):
        """The service address leads there already."""
        self.standby.follow()
        self.prepare()
        self.start_campaign()
        self.standby.wait_until_received()
        self.postgres.kill()
        self.standby.move_to(self.postgres)
        self.database.served_by(self.standby)
        self.says("read-only", self.worker)
        # Its gate is shut: what it would write waits for the worker.
        self.wait_for("the producer to be unready", lambda: self.producer.get("/readyz")[0] == 503)
        self.stays_up(self.producer)
        self.back_within("standby that is promoted", self.standby.promote)


class Victim(Faults, OwnPostgresTest):
    accounts = ACCOUNTS

    def test_a_deadlock(self):
        """Somebody's session holds a person and wants the accounts, which SAM has locked before it
        asks for the person. Theirs never looks for a deadlock, so SAM's is the victim."""
        self.prepare()
        self.start_campaign()
        victims = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        self.wait_for("a deadlock", lambda: self.lock_crosswise() or self.database.count(victims))
        self.assertGreater(self.postgres_said("deadlock detected"), 0)
        for daemon in (self.producer, self.worker):
            self.stays_up(daemon)
        self.back_within("deadlock", lambda: None)

    def lock_crosswise(self):
        waits = ("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
                 "AND application_name LIKE 'sam-worker%'")  # fmt: skip
        shell = subprocess.Popen(["psql", "-X", "-q", "-d", self.database.conninfo], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)  # fmt: skip

        def tell(sql):
            shell.stdin.write(sql + ";\n")
            shell.stdin.flush()

        try:
            tell("SET deadlock_timeout = '1h'; SET lock_timeout = '4s'; BEGIN")
            tell("SELECT 1 FROM campaign_prospects ORDER BY id FOR UPDATE")
            self.wait_for("SAM to wait", lambda: self.count(waits) > 0)
            tell("SELECT 1 FROM linkedin_accounts ORDER BY id FOR UPDATE")
        finally:
            shell.communicate("ROLLBACK;\n", timeout=60 * PATIENCE)


class NotSerializable(Faults, OwnPostgresTest):
    accounts = tuple(f"a{n}" for n in range(12))
    people_count = 120

    def test_a_database_whose_default_is_serializable(self):
        self.database.execute_elsewhere(
            f'ALTER DATABASE "{self.database.name}" '
            "SET default_transaction_isolation = 'serializable'"
        )
        self.prepare()
        self.start_campaign()
        self.start_worker()
        self.start_producer()
        self.all_end()
        refused = self.postgres_said("could not serialize access")
        print(f"\nfigure: serializable: {refused} transactions refused", flush=True)
        self.assertGreater(refused, 0)


class LostAnswer(Faults, OwnPostgresTest):
    accounts = ACCOUNTS

    def wire(self):
        wire = Proxy(("127.0.0.1", int(port_of(self.postgres))))
        self.addCleanup(wire.stop)
        return wire

    def through(self, wire):
        port = f"port={port_of(self.postgres)}"
        return self.database.conninfo.replace(port, f"port={wire.port}")

    def test_of_commits(self):
        """What was committed is there; what was granted by it was not tried, and goes later."""
        self.prepare()
        of_worker, of_producer = self.wire(), self.wire()
        self.worker = self.start_worker(ready=False, SAM_POSTGRES_CONNINFO=self.through(of_worker))
        self.producer = self.start_producer(SAM_POSTGRES_CONNINFO=self.through(of_producer))
        self.campaign("c", "messenger", TEXTS, self.people_count)
        self.wait_until_sent(6)
        lost = "send_attempts WHERE error_type = 'commit_lost'"
        with of_worker.losing_answers(b"commit"):  # one after the other: each needs the other's
            self.says("claim_commit_lost", self.worker)
        with of_producer.losing_answers(b"commit"):
            self.says("postgres_lost", self.producer)
        self.wait_for("its attempts", lambda: self.count(lost) > 0)
        self.back_within("lost answers", lambda: None)
        self.assertEqual(self.count(f"{lost} AND outcome <> 'not_executed'"), 0)
        self.assertGreater(min(of_worker.lost, of_producer.lost), 0)


if __name__ == "__main__":
    unittest.main()
