"""The parts of tests/chaos that decide or break: a judge that misses nothing, a schedule that the
seed alone decides, a proxy that does what it says."""

import itertools
import os
import socket
import sys
import threading
import unittest
from collections import Counter
from types import SimpleNamespace

import failpoints
import sam_test

sys.path.insert(0, os.path.join(sam_test.SOURCE, "tests", "chaos"))

import judge  # noqa: E402  pylint: disable=wrong-import-position
import people  # noqa: E402  pylint: disable=wrong-import-position
import schedule  # noqa: E402  pylint: disable=wrong-import-position
import spacing  # noqa: E402  pylint: disable=wrong-import-position
from proxy import Proxy  # noqa: E402  pylint: disable=wrong-import-position

WAIT_SECONDS = 10
LATE_MS = 60_000


class Judge(unittest.TestCase):
    """One person at a time: what arrived, and what the books say."""

    def setUp(self):
        self.silent, self.replies = people.make("m", people.MESSENGER, people.MESSENGER_PEOPLE, 2)

    def verdict(self, person, writes, status, items):
        calls = [{"route": "invite" if route == "invite" else "chats", "text_bytes": n,
                  "at_ms": LATE_MS * i} for i, (route, n) in enumerate(writes)]  # fmt: skip
        v = judge.Verdict()
        row = {"status": status, "items": items, "messages": str(items.split().count("sent"))}
        judge._judge_person(v, person, calls, row)  # pylint: disable=protected-access
        return {name: n for name, n in vars(v).items() if isinstance(n, int) and n}

    def test_as_it_must_be(self):
        person = self.silent
        self.assertEqual(self.verdict(person, person.writes, "completed", "sent sent"), {})
        person = self.replies
        self.assertEqual(self.verdict(person, person.writes, "replied", "sent cancelled"), {})

    def test_lost(self):
        one = self.silent.writes[:1]
        self.assertEqual(self.verdict(self.silent, one, "completed", "sent"), {"lost": 1})

    def test_what_may_have_happened_ends_it(self):
        one = self.silent.writes[:1]
        self.assertEqual(self.verdict(self.silent, one, "messaging", "sent unknown"), {})

    def test_sent_by_the_books_only(self):
        one = self.silent.writes[:1]
        found = self.verdict(self.silent, one, "completed", "sent sent")
        self.assertEqual(found, {"lost": 1, "invented": 1})

    def test_wrong_order(self):
        turned = self.silent.writes[::-1]
        found = self.verdict(self.silent, turned, "completed", "sent sent")
        self.assertEqual(found["invented"], 1)

    def test_after_a_reply(self):
        both = self.silent.writes
        self.assertEqual(self.verdict(self.replies, both, "replied", "sent sent")["after_reply"], 1)

    def test_stuck(self):
        both = self.silent.writes
        self.assertEqual(self.verdict(self.silent, both, "messaging", "sent sent"), {"stuck": 1})
        found = self.verdict(self.silent, both[:1], "messaging", "sent published")
        self.assertEqual(found["stuck"], 2)

    def test_a_cap_is_of_one_account_and_day(self):
        def call(account, day, executed=True):
            return {"route": "chats", "account": account, "at_ms": day * judge.DAY_MS + 1,
                    "executed": executed}  # fmt: skip

        calls = [call("a", 1), call("a", 1), call("a", 2), call("a", 1, False), call("b", 1)]
        self.assertEqual(judge.cap_breaks(calls, {"a": 2}), 0)
        self.assertEqual(judge.cap_breaks(calls, {"a": 1}), 1)

    def test_a_gap_is_broken_by_sam_or_by_the_wire(self):
        def call(at_ms, person="p", account="a", route="chats"):
            return {"route": route, "account": account, "person": person, "at_ms": at_ms,
                    "at_us": at_ms * 1000}  # fmt: skip

        def attempt(begun, ended, slug="s"):
            return {"account": "a", "slug": slug, "what": "message", "begun": str(begun),
                    "ended": ended and str(ended)}  # fmt: skip

        def judged(calls, *attempts, holds=((900, 4990),)):
            return spacing.spacing_breaks(calls, 1000, attempts, {"p": "s", "q": "t"}, holds)

        close = [call(5000), call(5600, "q")]
        self.assertEqual(judged([call(5000), call(6000, "q")], attempt(4900, 5100)), (0, 0))
        self.assertEqual(judged([call(5000), call(5600, account="b")]), (0, 0))
        self.assertEqual(judged(close, attempt(4900, 5100)), (1, 0))
        self.assertEqual(judged(close, attempt(1000, 4500)), (0, 1))
        self.assertEqual(judged(close, attempt(1000, 4500), holds=()), (1, 0))
        self.assertEqual(judged(close, attempt(1000, 4500), holds=((100, 990),)), (1, 0))
        self.assertEqual(judged(close, attempt(1000, 4500), holds=((5010, 5020),)), (1, 0))
        self.assertEqual(judged(close, attempt(1000, 4500), attempt(4900, 5100)), (1, 0))
        self.assertEqual(judged(close, attempt(4900, "")), (1, 0))
        self.assertEqual(judged(close, attempt(1000, 4500, "t")), (1, 0))
        self.assertEqual(judged([call(5000), call(5600, route="profile")]), (0, 0))

    def test_a_fault_explains_its_own_call_only(self):
        def explains(**hit):
            hit = SimpleNamespace(**{"begun": 100, "ended": 101, "account": None, **hit})
            return judge._explains(hit, 100, "U1")  # pylint: disable=protected-access

        self.assertTrue(explains())
        self.assertTrue(explains(account="U1"))
        self.assertFalse(explains(account="U2"))
        self.assertFalse(explains(begun=50, ended=60))
        self.assertFalse(explains(begun=200, ended=210))


class Schedule(unittest.TestCase):
    def drawn(self, lane, seed):
        faults = itertools.islice(schedule.faults_of(lane, seed), 20)
        return [(gap, kind, own.random()) for gap, kind, own in faults]

    def test_the_seed_decides_all(self):
        for lane in schedule.LANES:
            self.assertEqual(self.drawn(lane, 7), self.drawn(lane, 7), lane)
            self.assertNotEqual(self.drawn(lane, 7), self.drawn(lane, 8), lane)
        self.assertNotEqual(self.drawn("worker1", 7), self.drawn("worker2", 7))

    def test_every_step_comes_before_one_comes_again(self):
        for lane in ("worker_steps1", "producer_steps"):
            kinds = schedule.LANES[lane].kinds
            for seed in (7, 8):
                faults = schedule.faults_of(lane, seed)
                round_of = [kind for _, kind, _ in itertools.islice(faults, sum(kinds.values()))]
                self.assertEqual(Counter(round_of), kinds)
                places = [kind.split()[1] for kind in round_of]
                each = len(set(places))
                for first in range(0, len(places), each):
                    self.assertEqual(len(set(places[first:first + each])), each)
        places = {kind.split()[1] for lane in ("worker_steps1", "producer_steps")
                  for kind in schedule.LANES[lane].kinds}  # fmt: skip
        self.assertEqual(places, set(failpoints.names()))

    def test_storm_and_calm_take_turns(self):
        left = schedule.calm_left
        for seconds, waits in ((0, 0), (39.5, 0), (40, 40), (79, 1), (80, 0), (121, 39)):
            self.assertEqual(left("kafka", seconds), waits)
            self.assertEqual(left("worker_steps1", seconds), 0)


class Wire(unittest.TestCase):
    """An echo behind a proxy."""

    def setUp(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        threading.Thread(target=self.serve, daemon=True).start()
        self.wire = Proxy(self.server.getsockname())
        self.addCleanup(self.wire.stop)

    def serve(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.echo, args=(client,), daemon=True).start()

    def echo(self, client):
        with client:
            try:
                while piece := client.recv(100):
                    client.sendall(piece)
            except OSError:
                pass

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.wire.port), WAIT_SECONDS)
        self.addCleanup(client.close)
        return client

    def says(self, client, what):
        client.sendall(what)
        self.assertEqual(client.recv(100), what)

    def test_it_passes_on_and_cuts(self):
        client = self.connect()
        self.says(client, b"one")
        self.wire.cut()
        with self.assertRaises(ConnectionError):
            client.recv(100)
        self.says(self.connect(), b"two")

    def test_it_refuses(self):
        with self.wire.refusing(), self.assertRaises(ConnectionError):
            self.says(self.connect(), b"one")
        self.says(self.connect(), b"two")

    def test_it_holds_each_way(self):
        for way in ("to_server", "to_client"):
            client = self.connect()
            self.says(client, b"one")
            with self.wire.holding(**{way: True}):
                client.sendall(b"two")
                client.settimeout(0.2)
                with self.assertRaises(TimeoutError):
                    client.recv(100)
            client.settimeout(WAIT_SECONDS)
            self.assertEqual(client.recv(100), b"two")

    def test_it_delays(self):
        client = self.connect()
        with self.wire.delaying(0.1):
            self.says(client, b"one")


if __name__ == "__main__":
    unittest.main()
