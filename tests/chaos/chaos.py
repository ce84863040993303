"""One run: SAM by the library of the integration tests, faults, the end of all faults, the verdict.
"""

import time

import history
import schedule
from faults import Faults
from fleet import Fleet
from judge import judge
from load_test import LoadTest
from people import CONNECTOR, CONNECTOR_PEOPLE, MESSENGER, MESSENGER_PEOPLE, make
from waiting import PATIENCE, wait_for

WORKERS, PRODUCERS = 3, 2
# Sends that an account comes to in a minute of faults, and those of a person in the middle.
SENDS_A_MINUTE = 30
SENDS_EACH = 1.6
# A job that a producer lost between its commit and Kafka comes back after two minutes.
END_SECONDS = 300
MEND_SECONDS = 120


class Chaos(LoadTest):
    """runTest is all; tests/chaos/run says by which options."""

    private_servers = True
    options = None
    again = ""
    last_line = ""

    def setUp(self):
        self.accounts = tuple(f"a{n:02}" for n in range(self.options.accounts))
        super().setUp()
        self.config["producer"].update({"replies_every": "3s", "relations_every": "3s"})
        self.config["log"]["level"] = "info"

        self.people = self.everybody()

    def everybody(self):
        """By both kinds of campaigns, as many each."""
        each = max(2, round(SENDS_A_MINUTE * self.options.minutes / SENDS_EACH / 2))
        count = each * len(self.accounts)
        return (make("messenger", MESSENGER, MESSENGER_PEOPLE, count)
                + make("connector", CONNECTOR, CONNECTOR_PEOPLE, count))  # fmt: skip

    def runTest(self):
        people = self.people
        self.prepare(("--latency", "100-600"), scenario={
            "accounts": [{"id": "U" + name, "premium": True} for name in self.accounts],
            "people": [p.scenario() for p in people]})  # fmt: skip
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
        verdict = judge(self, people, faults.hits)
        verdict.complaints += faults.errors + fleet.ended_by_themselves()
        verdict.complaints += [f"not at its end after {END_SECONDS} s"] if late else []
        self.tell(verdict, faults)

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
            wait_for("all to end", lambda: self.left() == 0, END_SECONDS)
        except AssertionError as error:
            print(f"chaos: {error}", flush=True)
            return True
        return False

    def left(self):
        """How many have something to come: a person who is not where all ends, or an item on its
        way. What may have happened ends what a person gets, while it stands unknown."""
        status_at_end = {person.slug: person.status for person in self.people}
        rows = self.database.rows(
            "SELECT vanity, status FROM campaign_prospects p WHERE NOT EXISTS (SELECT FROM "
            "send_queue q WHERE q.prospect_id = p.id AND q.status = 'unknown')"
        )
        open_people = [row for row in rows if row["status"] != status_at_end[row["vanity"]]]
        return len(open_people) + self.count(
            "send_queue WHERE status IN ('pending', 'published', 'sending')")  # fmt: skip

    def tell(self, verdict, faults):
        print(*faults.table(), sep="\n")
        print(*verdict.complaints, sep="\n")
        Chaos.last_line = (f"chaos: {'passed' if verdict.good() else 'FAILED'}, seed "
                           f"{self.options.seed}, faults {len(faults.hits)}, {verdict.line()}")  # fmt: skip
        if verdict.good():
            return
        for what, person in verdict.bad[:20]:
            print(f"bad: {person.slug} ({person.does}): {what}")
        if verdict.bad:
            print(*history.of(self, verdict.bad[0][1]), sep="\n", flush=True)
        self.fail(verdict.line())
