"""Base of the tests of a fleet under load: many accounts that always have something to send, and
how long each of them stood still while programs came and went."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from campaign_test import HELLO, WRITES, CampaignTest
from sam_test import PATIENCE

PEOPLE_EACH = int(80 * PATIENCE)  # who waits longer needs more to do meanwhile
PAUSE_MS = 10_000 * PATIENCE  # what an account may stand still, over its spacing
# What it may beyond that when something was left behind of it: deploy/kubernetes/README.md.
CALL_MS = 30_000  # a call of which nobody knows how it ended
JOB_MS = 120_000  # a job that is in no log


class LoadTest(CampaignTest):
    accounts = tuple(f"a{n:02}" for n in range(40))
    spacing_ms = 1000

    def setUp(self):
        super().setUp()
        self.config["kafka"]["partitions"] = 12
        self.in_doubt = {}  # accounts of which a killed program left something: (since, most)
        self._read = 0
        self._arrivals = {"U" + name: [] for name in self.accounts}

    def prepare(self, options=("--latency", "20-100"), **more):
        """As the neighbours', with many accounts at once."""
        names, self.accounts = self.accounts, ()
        super().prepare(options, **more)
        self.accounts = names

        def add(name):
            self.samctl("account", "add", name, "--unipile-id", "U" + name, "--country", "DE",
                        "--timezone", "Europe/Berlin")  # fmt: skip

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, names))

    # ---- work ----

    def begin(self):
        """More to send than there is time for. All of it at once: what is planned while a call is
        under way is planned for after the longest that the call can last."""
        self.campaign("load", "messenger", HELLO, PEOPLE_EACH * len(self.accounts))
        self.wait_until_all_went_on()

    def doubt(self, accounts, since_ms, most_ms):
        """They may stand still for so long, from when something was killed: all of one worker's, of
        two, which are never three quarters, however unevenly the accounts lie on the partitions."""
        accounts = set(accounts)
        self.assertLess(len(accounts), len(self.accounts) * 3 / 4)
        for account in accounts:
            _, most = self.in_doubt.get(account, (0, 0))
            self.in_doubt[account] = since_ms, max(most, most_ms)

    def wait_until_doubt_ends(self):
        """Those in doubt go on, too: else nobody could say how long they stood still."""

        def waiting():
            return [account for account, (since, _) in self.in_doubt.items()
                    if self.arrivals()[account][-1] <= since]  # fmt: skip

        self.wait_for("those in doubt to go on", lambda: not waiting(), JOB_MS / 1000 + 30)

    def end(self):
        """Nothing is left that waits; who was written to has it, once, and nobody else has.
        Returns the items."""
        self.wait_until_doubt_ends()
        self.samctl("campaign", "stop", "load")
        waiting = "send_queue WHERE status IN ('pending', 'published', 'sending')"
        self.wait_for("nothing to wait", lambda: self.count(waiting) == 0, 90)
        items = self.items()
        self.assertGreater(items["cancelled"], 0, "there was work to the end")
        total = sum(items.values())
        self.assertEqual(items["sent"] + items["unknown"] + items["cancelled"], total, items)
        accepted = self.not_twice()["accepted"]
        self.assertIn(accepted, range(items["sent"], items["sent"] + items["unknown"] + 1))
        sent = self.database.rows(
            "SELECT p.vanity FROM send_queue q JOIN campaign_prospects p ON p.id = q.prospect_id "
            "WHERE q.status = 'sent'"
        )
        self.assertLessEqual({row["vanity"] for row in sent}, set(self.arrived()))
        self.assertEqual(self.kafka.records(self.topic("dlq.sam.jobs")), [])
        return items

    def open_attempts(self):
        """Of calls under way, and those of which nobody knows how they ended: id -> account."""
        rows = self.database.rows(
            "SELECT q.attempt_id, a.unipile_id FROM send_queue q JOIN linkedin_accounts a "
            "ON a.id = q.account_id WHERE q.status IN ('sending', 'unknown')"
        )
        return {row["attempt_id"]: row["unipile_id"] for row in rows}

    def unpublished(self):
        """What a producer that was killed between its commit and Kafka leaves: the sweep returns
        it after two minutes. Item -> account."""
        jobs = [json.loads(job["value"]) for job in self.kafka.records(self.topic("sam.jobs"))]
        there = {(job["item_id"], str(job["dispatch"])) for job in jobs}
        rows = self.database.rows(
            "SELECT q.id, q.dispatch, a.unipile_id FROM send_queue q JOIN linkedin_accounts a "
            "ON a.id = q.account_id WHERE q.status = 'published'"
        )
        return {r["id"]: r["unipile_id"] for r in rows if (r["id"], r["dispatch"]) not in there}

    # ---- what arrived ----

    def arrivals(self):
        """Moments by account, of the simulator's journal."""
        while page := self.simulator.ask("GET", f"/journal?after={self._read}"):
            for call in page:
                if call["route"] in WRITES:
                    self._arrivals[call["account"]].append(call["at_ms"])
            self._read = page[-1]["n"]
        return self._arrivals

    def wait_until_all_went_on(self, but=(), seconds=60):
        """Every account sends something after now, but those in doubt and some more."""
        now, spared = time.time() * 1000, self.in_doubt.keys() | set(but)

        def waiting():
            return {a for a, moments in self.arrivals().items() if not moments or moments[-1] < now}

        self.wait_for("all accounts to go on", lambda: waiting() <= spared, seconds)

    def rate(self, rounds=3):
        """Arrivals a second, while each account sends so often."""
        begun, count = time.monotonic(), self.simulator.audit()["writes"]
        wanted = count + rounds * len(self.accounts)
        self.wait_for("sends", lambda: self.simulator.audit()["writes"] >= wanted, 60)
        return (self.simulator.audit()["writes"] - count) / (time.monotonic() - begun)

    def pauses(self, accounts):
        """The longest of each account, over its spacing; account -> ms."""
        found = {}
        for account in accounts:
            moments = self.arrivals()[account]
            gaps = [b - a for a, b in zip(moments, moments[1:])]
            found[account] = max(gaps) - self.spacing_ms
        return found

    def judge_pauses(self, what):
        """Prints them, too: they belong into the documents."""
        certain = sorted(self.pauses(self.arrivals().keys() - self.in_doubt.keys()).values())
        doubtful = self.pauses(self.in_doubt)
        sends = sum(len(moments) for moments in self.arrivals().values())
        print(f"\nfigure: {what}: {sends} sends of {len(self.accounts)} accounts, pause of an "
              f"account {certain[len(certain) // 2] / 1000:.1f} s in the middle, "
              f"{certain[-1] / 1000:.1f} s at the most", end="")  # fmt: skip
        if doubtful:
            print(f"; of {len(doubtful)} with a call or a job under way in what was killed, "
                  f"{max(doubtful.values()) / 1000:.1f} s", end="")  # fmt: skip
        print(flush=True)
        self.assertGreater(len(certain), len(self.accounts) / 4)
        self.assertLess(certain[-1], PAUSE_MS)
        for account, (_, most) in self.in_doubt.items():
            self.assertLess(doubtful[account], most + PAUSE_MS, account)
