"""A Postgres that follows another one by streaming replication, as operators have it: asynchronous,
so that what it has not received is lost when it takes over."""

import os
import re

from restore_test import RestoreTest
from sam_test import run, wait_for
from servers import Postgres, folder_of


def port_of(server):
    return re.search(r"port=(\d+)", server.address).group(1)


def conninfo_of_both(first, second, database):
    """What operators write: libpq takes whichever of the two accepts writes."""
    return (
        f"host=127.0.0.1,127.0.0.1 port={port_of(first)},{port_of(second)} user=postgres "
        f"dbname={database} target_session_attrs=read-write"
    )


class Standby(Postgres):
    def __init__(self, folder, primary):
        super().__init__(folder, True)
        self.primary = primary

    def follow(self):
        """Makes it from what the primary has now, and follows from there on."""
        self.address = self._do("standby", self.primary.folder)
        self.wait_until_received()

    def ask(self, sql, database="postgres"):
        """One value, of a statement that changes no data."""
        return self._of(self, sql, database)

    def _of(self, server, sql, database="postgres"):
        where = f"{server.address} dbname={database}"
        return run("psql", "-X", "-q", "-A", "-t", "-d", where, "-c", sql).strip()

    def attempt_ids(self, database):
        return set(self.ask("SELECT id FROM send_attempts", database).split())

    def wait_until_received(self):
        """All that the primary has committed by now can be read here."""
        written = self._of(self.primary, "SELECT pg_current_wal_lsn()")
        sql = f"SELECT pg_last_wal_replay_lsn() >= '{written}'"
        wait_for("the standby to follow", lambda: self.ask(sql) == "t")

    def cut_off(self):
        """It receives nothing more, as behind a broken line; the primary goes on without it."""
        self.ask("ALTER SYSTEM SET primary_conninfo = ''")
        self.ask("SELECT pg_reload_conf()")
        receivers = "SELECT count(*) FROM pg_stat_wal_receiver"
        wait_for("the standby to be cut off", lambda: self.ask(receivers) == "0")

    def promote(self):
        self._do("promote")

    def move_to(self, other):
        """Answers at the address of another one, which is gone."""
        self.stop()
        self.address = self._do("start", port_of(other))


# The order in which a database learned of its attempts: by a claim of its own, or of the ledger,
# which also tells of looks at profiles that nobody has claimed.
ORDER = """
CREATE TABLE learned (n bigserial PRIMARY KEY, attempt_id uuid NOT NULL, claimed boolean NOT NULL);
CREATE FUNCTION learn() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO public.learned (attempt_id, claimed) VALUES (NEW.id,
    current_setting('application_name') LIKE 'sam-worker claim%'); RETURN NULL; END $$;
CREATE TRIGGER learn AFTER INSERT ON send_attempts FOR EACH ROW EXECUTE FUNCTION learn();
"""


class OwnPostgresTest(RestoreTest):
    """A Postgres of its own for each test, and the shared Kafka."""

    def setUp(self):
        self.servers = folder_of(type(self))
        self.postgres = Postgres(os.path.join(self.servers, "primary"), True)
        self.postgres.start()
        self.addCleanup(self.postgres.stop)
        self.more_servers()
        super().setUp()

    def more_servers(self):
        """What must be there longer than the database."""

    def postgres_said(self, text):
        """How often its log has that."""
        with open(os.path.join(self.postgres.folder, "data", "log"), encoding="utf-8") as log:
            return log.read().count(text)


class FailoverTest(OwnPostgresTest):
    """It loses its Postgres, and has a standby."""

    def more_servers(self):
        self.standby = Standby(os.path.join(self.servers, "standby"), self.postgres)
        self.addCleanup(self.standby.stop)

    def prepare_both(self):
        """A standby from before the schema; the programs know the addresses of both."""
        self.standby.follow()
        both = conninfo_of_both(self.postgres, self.standby, self.database.name)
        self.config["postgres"]["conninfo"] = both
        self.prepare()
        self.database.execute(ORDER)

    def attempt_ids(self):
        return {row["id"] for row in self.database.rows("SELECT id FROM send_attempts")}

    def fail_over(self):
        """SIGKILL to the primary, and the standby takes over; who of before it does not know."""
        self.postgres.kill()
        self.standby.promote()
        self.database.served_by(self.standby)

    def attempts_of_the_lost(self):
        """What the one that was killed has had. It may come back at the address that the programs
        have, and would learn from them what is new: they end first."""
        for process in self.processes:
            if process.running() and process.name.startswith(("producer", "worker")):
                self.assertEqual(process.stop(), 0)
        self.standby.stop()
        self.postgres.start()
        self.database.served_by(self.postgres)
        found = self.attempt_ids()
        self.postgres.stop()
        self.standby.start()
        self.database.served_by(self.standby)
        return found

    def relearned_first(self, known):
        """Everything that the lost one had was learned before the first claim of the new one, in
        each account's partition; known: what the new one had from the start. How many."""
        lost = self.attempts_of_the_lost() - known
        learned = self.database.rows(
            "SELECT l.attempt_id, l.claimed, a.account_id FROM learned l JOIN send_attempts a "
            "ON a.id = l.attempt_id ORDER BY l.n"
        )
        self.assertLessEqual(lost, {row["attempt_id"] for row in learned})
        claimed = set()
        for row in learned:
            if row["attempt_id"] in lost:
                self.assertNotIn(row["account_id"], claimed, "a claim before what was lost")
            elif row["attempt_id"] not in known and row["claimed"] == "t":
                claimed.add(row["account_id"])
        self.assertTrue(claimed, "nothing was claimed after it")
        return len(lost)
