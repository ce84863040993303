"""One run: SAM by the library of the integration tests, faults, the end of all faults, the verdict.
"""

import os
import re
import time

import history
import judge
import schedule
import servers
from faults import Faults
from fleet import Fleet
from load_test import LoadTest
from people import CONNECTOR, CONNECTOR_PEOPLE, MESSENGER, MESSENGER_PEOPLE, make
from ports import free_port
from proxy import Proxy
from waiting import PATIENCE, wait_for

WORKERS, PRODUCERS = 2, 2
# Sends that an account has: at once, and for each minute of faults so many as it comes to; and
# those of a person in the middle.
SENDS_AT_ONCE, SENDS_A_MINUTE = 6, 5
SENDS_EACH = 1.6
# A job that a producer lost between its commit and Kafka comes back after two minutes. An account
# that rested for a 429 begins when all others have ended, and has its sends one after the other.
END_SECONDS, END_SECONDS_A_MINUTE = 270, 60
MEND_SECONDS = 120
WORTH_SKIPPING = 20  # seconds
LOST_LOOK = "9 minutes"  # one that has been outstanding for a minute: OUTSTANDING_MS of sync.c


class Chaos(LoadTest):
    """runTest is all; tests/chaos/run says by which options."""

    private_servers = True
    options = None
    again = ""
    last_line = ""

    wires = {}  # what stands between the programs and a server: name -> Proxy

    @classmethod
    def setUpClass(cls):
        folder = servers.folder_of(cls)
        cls.wires = {"kafka": cls._second_way_to_kafka(folder)}
        super().setUpClass()
        cls.wires["postgres"] = cls._wire(port_of(cls.postgres.address))

    @classmethod
    def _wire(cls, port):
        wire = Proxy(("127.0.0.1", port))
        cls.addClassCleanup(wire.stop)
        return wire

    @classmethod
    def _second_way_to_kafka(cls, folder):
        """For the programs: a listener that says the proxy's address. The tools have the first."""
        port = free_port()
        wire = cls._wire(port)
        more = os.path.join(folder, "more.properties")
        with open(more, "w", encoding="ascii") as file:
            file.write(
                f"listeners=PLAINTEXT://127.0.0.1:@PORT@,CHAOS://127.0.0.1:{port},"
                "CONTROLLER://127.0.0.1:@CONTROLLER@\n"
                "advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,"
                f"CHAOS://127.0.0.1:{wire.port}\n"
                "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CHAOS:PLAINTEXT,"
                "CONTROLLER:PLAINTEXT\n"
            )
        os.environ["SAM_TEST_BROKER_MORE"] = more
        return wire

    def start_simulator(self, *arguments, **options):
        super().start_simulator(*arguments, **options)
        self.wires["unipile"] = self._wire(port_of(self.simulator.url))
        self.config["unipile"]["base_url"] = f"http://127.0.0.1:{self.wires['unipile'].port}"

    def setUp(self):
        self.accounts = tuple(f"a{n:02}" for n in range(self.options.accounts))
        super().setUp()
        self.config["producer"].update({"replies_every": "3s", "relations_every": "3s"})
        self.config["worker"]["reconcile_after"] = "2s"
        self.config["log"]["level"] = "info"
        self.config["kafka"]["bootstrap_servers"] = f"127.0.0.1:{self.wires['kafka'].port}"
        self.config["postgres"]["conninfo"] = re.sub(
            r"port=\d+", f"port={self.wires['postgres'].port}", self.database.conninfo)  # fmt: skip

        self.people = self.everybody()
        self.caps = {}  # Unipile id of an account -> writes that may take effect on one UTC day
        self.skipped = 0  # seconds that both clocks have gone on by

    def everybody(self):
        """By both kinds of campaigns, as many each."""
        sends = SENDS_AT_ONCE + SENDS_A_MINUTE * self.options.minutes
        each = max(2, round(sends / SENDS_EACH / 2))
        count = each * len(self.accounts)
        return (make("messenger", MESSENGER, MESSENGER_PEOPLE, count)
                + make("connector", CONNECTOR, CONNECTOR_PEOPLE, count))  # fmt: skip

    def runTest(self):
        people = self.people
        self.prepare(("--latency", "300-1500"), scenario={
            "accounts": [{"id": "U" + name, "premium": True} for name in self.accounts],
            "people": [p.scenario() for p in people]})  # fmt: skip
        self.cap_one_account()
        fleet = Fleet(self, WORKERS, PRODUCERS)
        fleet.wait_until_ready()
        for name, kind, texts in (("messenger", "messenger", MESSENGER),
                                  ("connector", "connector", CONNECTOR)):  # fmt: skip
            self.campaign(name, kind, texts, [p.slug for p in people if p.campaign == name])
        faults = Faults(self, fleet)
        self.break_things(faults)
        begun = time.monotonic()
        late = self.let_finish(fleet)
        print(f"chaos: its end took {time.monotonic() - begun:.0f} s", flush=True)
        verdict = judge.judge(self, people, faults.hits)
        verdict.complaints += faults.errors + fleet.ended_by_themselves()
        verdict.complaints += faults.steps.missing(self.options)
        verdict.complaints += [f"not at its end after {self.end_seconds():.0f} s"] if late else []
        self.tell(verdict, faults)

    def cap_one_account(self):
        """To three quarters of what it has to send: the rest waits for the next day, which comes by
        skip_waiting()."""
        sends = sum(len(person.writes) for person in self.people)
        cap = -(-sends * 3 // len(self.accounts) // 4)
        self.samctl("account", "set", self.accounts[0], "--daily-cap", str(cap),
                    "--timezone", "Etc/UTC")  # fmt: skip
        self.caps = {"U" + self.accounts[0]: cap}

    def break_things(self, faults):
        begun = time.monotonic()
        for lane in self.options.only:
            faults.start(lane, schedule.faults_of(lane, self.options.seed))
        faults.over.wait(self.options.minutes * 60)
        for lane in faults.stop(MEND_SECONDS * PATIENCE):
            faults.errors.append(f"{lane}: its last fault was not mended")
        print(f"chaos: {len(faults.hits)} faults in {time.monotonic() - begun:.0f} s; then "
              f"{self.left()} have something to come", flush=True)  # fmt: skip

    def let_finish(self, fleet):
        """Whether it did not."""
        self.simulator.ask("DELETE", "/fault")
        try:
            fleet.wait_until_ready()
            self.resume_all()
            wait_for("all to end", lambda: self.left() == 0 or self.skip_waiting(),
                     self.end_seconds())
        except AssertionError as error:
            print(f"chaos: {error}", *self.waits(), *fleet.says(), sep="\n  ", flush=True)
            return True
        return False

    def end_seconds(self):
        return END_SECONDS + END_SECONDS_A_MINUTE * self.options.minutes

    def resume_all(self):
        """A dump may have taken back for good that an account was resumed: what had not reached the
        ledger yet. Who has loaded one looks, and says it again."""
        for row in self.database.rows("SELECT name FROM linkedin_accounts "
                                      "WHERE status = 'paused'"):  # fmt: skip
            self.samctl_result("account", "resume", row["name"])

    def waits(self):
        """What is left waits for; lines."""
        yield from map(str, self.database.rows(
            "SELECT q.status, q.reason, a.status AS account, count(*), "
            "min(q.scheduled_for) - sam_now() AS first, min(a.rest_until) - sam_now() AS rests, "
            "min(a.invitations_rest_until) - sam_now() AS invitations_rest "
            "FROM send_queue q JOIN linkedin_accounts a ON a.id = q.account_id "
            "WHERE q.status IN ('pending', 'published', 'sending', 'unknown') GROUP BY 1, 2, 3"))
        yield from map(str, self.database.rows(
            "SELECT kind, count(*), min(next_at) - sam_now() AS next, min(outstanding_until) - "
            "sam_now() AS outstanding FROM sync_schedule GROUP BY 1"))  # fmt: skip

    def skip_waiting(self):
        """What failed too often is tried again a quarter of an hour later, and a look that was lost
        is taken for lost after ten minutes: once nothing else is left to do, both clocks go on to
        the first of the ones, or the last of the others. Always false."""
        busy = "send_queue WHERE status IN ('published', 'sending')"
        row = self.database.rows(f"""
            SELECT (SELECT count(*) FROM {busy}) AS busy, ceil(extract(epoch FROM coalesce(
                (SELECT max(outstanding_until) FROM sync_schedule
                    WHERE outstanding_until < sam_now() + interval '{LOST_LOOK}'),
                (SELECT min(greatest(q.scheduled_for, a.rest_until, a.invitations_rest_until))
                    FROM send_queue q JOIN linkedin_accounts a ON a.id = q.account_id
                    WHERE q.status = 'pending')) - sam_now())) AS s
            """)[0]
        if row["busy"] == "0" and row["s"] and float(row["s"]) > WORTH_SKIPPING:
            self.skipped += int(row["s"])
            self.simulator.ask("POST", "/clock", {"advance_ms": int(row["s"]) * 1000})
            self.database.shift_clock(f"{self.skipped} seconds")
        return False

    def left(self):
        """How many have something to come: a person who is not where all ends, or an item on its
        way. What may have happened ends what a person gets, where it may stand unknown."""
        status_at_end = {person.slug: person.status for person in self.people}
        rows = self.database.rows(
            "SELECT vanity, status, EXISTS (SELECT FROM send_queue q WHERE q.prospect_id = p.id "
            "AND q.status = 'unknown') AS unknown FROM campaign_prospects p"
        )
        open_people = [row for row in rows if (
            not judge.UNKNOWNS_MAY_STAND if row["unknown"] == "t"
            else row["status"] != status_at_end[row["vanity"]])]  # fmt: skip
        return len(open_people) + self.count(
            "send_queue WHERE status IN ('pending', 'published', 'sending')")  # fmt: skip

    def tell(self, verdict, faults):
        print(*faults.table(), *faults.steps.table(), sep="\n")
        print(*verdict.complaints, sep="\n")
        word = "passed" if verdict.good() else "FAILED"
        Chaos.last_line = (f"chaos: {word}, seed {self.options.seed}, "
                           f"faults {len(faults.hits)}, {verdict.line()}")  # fmt: skip
        if verdict.good():
            return
        for what, person in verdict.bad[:20]:
            print(f"bad: {person.slug} ({person.does}): {what}")
        if verdict.bad:
            print(*history.of(self, verdict.bad[0][1]), sep="\n", flush=True)
        self.fail(verdict.line())


def port_of(address):
    """Of a conninfo by keywords, or host:port with whatever before."""
    return int(re.search(r"(?:port=|:)(\d+)", address.replace("://", ""))[1])
