"""A dependency that stands still fills no memory and costs no place in a group; when it is back, so
is SAM."""

import os
import signal
import time
import unittest

from campaign_test import CampaignTest
from sam_test import run
from waiting import PATIENCE, wait_for

ONE = {"direct_message_1": "Hello {first_name}"}
BACK_SECONDS = 5  # from the dependency's return to the next call
GROWTH_BYTES = 32 << 20
SESSION_SECONDS = 6
TURN = 1000  # records that are read at once
# A broker that was away for longer than a session remembers members which have given it up, and
# makes nobody else the owner of their partitions before their session is over.
KAFKA_BACK_SECONDS = SESSION_SECONDS + 2
FREED_IS_FREE = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def family(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [pid, *map(int, file.read().split())]


class Frozen:
    """Processes that stand still."""

    def __init__(self, pids):
        self.pids = pids

    def __enter__(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def __exit__(self, *_):
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


class Bounds(CampaignTest):
    private_servers = True
    accounts = ("a1", "a2", "a3", "a4")

    def begin(self, people=400):
        self.prepare()
        self.worker = self.start_worker(ready=False, ASAN_OPTIONS=FREED_IS_FREE)
        self.producer = self.start_producer()
        self.campaign("c", "messenger", ONE, people)
        self.wait_until_sent(8)

    def postgres_processes(self):
        path = os.path.join(self.postgres.folder, "data", "postmaster.pid")
        with open(path, encoding="ascii") as file:
            return family(int(file.readline()))

    def broker(self):
        with open(os.path.join(self.kafka.folder, "pid"), encoding="ascii") as file:
            return [int(file.read())]

    def flood(self, topic, count):
        """Records that were there already, as when offsets are set back."""
        record = self.kafka.records(self.topic(topic))[0]
        headers = [word for name, value in record["headers"].items()
                   for word in ("-H", f"{name}={value}")]  # fmt: skip
        run("kcat", "-q", "-P", "-b", self.kafka.address, "-t", self.topic(topic), "-K", "\t",
            "-X", "partitioner=murmur2_random", *headers,
            input=f"{record['key']}\t{record['value']}\n" * count)  # fmt: skip

    def queue(self, name):
        label = f'{{queue="{name}"}}'
        return (self.worker.metric("sam_queue_length" + label),
                self.worker.metric("sam_queue_length_max" + label))  # fmt: skip

    def rebalances(self):
        return [self.worker.metric(f'sam_rebalances_total{{topic="sam.{topic}"}}')
                for topic in ("jobs", "events")]  # fmt: skip

    def back(self, what, begun, at_most=BACK_SECONDS):
        """Something is sent again soon."""
        written = self.simulator.audit()["writes"]
        wait_for("the next call", lambda: self.simulator.audit()["writes"] > written, 60)
        seconds = time.monotonic() - begun
        print(f"figure: back after {seconds:.1f} s: {what}", flush=True)
        self.assertLess(seconds, at_most * PATIENCE)

    def nobody_twice(self):
        audit = self.simulator.audit()
        self.assertEqual((audit["duplicates"], audit["refused_duplicates"]), (0, 0))

    def test_postgres_stands_still(self):
        self.begin()
        other = self.start_producer()
        before = self.rebalances()
        begun = time.monotonic()
        with Frozen(self.postgres_processes()):
            for topic, queue in (("sam.events", "ledger"), ("sam.jobs", "jobs")):
                limit = self.queue(queue)[1]
                self.flood(topic, int(1.5 * limit))
                wait_for(f"{queue} to be full", lambda q=queue, n=limit: self.queue(q)[0] >= n,
                         60)  # fmt: skip
                memory = resident(self.worker.pid)
                self.flood(topic, int(3 * limit))
                until = time.monotonic() + SESSION_SECONDS
                most = limit + TURN
                self.assertRaises(AssertionError, wait_for, "too many", lambda q=queue, n=most:
                                  self.queue(q)[0] > n, until - time.monotonic())  # fmt: skip
                self.assertLess(resident(self.worker.pid) - memory, GROWTH_BYTES)
            self.assertEqual(self.rebalances(), before)
            self.assertGreater(time.monotonic() - begun, 2 * SESSION_SECONDS)
            for daemon in (self.worker, self.producer):
                said = daemon.get("/readyz")
                self.assertEqual((said[0], "postgres: no answer for" in said[1]), (503, True), said)
                self.assertEqual(daemon.metric("sam_postgres_up"), 0)
                self.assertEqual(daemon.get("/healthz")[0], 200)  # nothing that a restart mends
            other.signal(signal.SIGTERM)
            self.assertEqual(other.wait_exit(30), 0)
        self.back("Postgres stood still, both queues full", time.monotonic())
        self.wait_for("the worker to be ready", self.worker.ready)
        self.nobody_twice()

    def test_kafka_stands_still(self):
        self.begin()
        with Frozen(self.broker()):
            self.writes_end(within=30)
            memory = resident(self.worker.pid)
            # Where no claim tells sooner: librdkafka waits for an answer for a minute.
            wait_for("it to be seen", lambda: self.worker.get("/readyz")[0] == 503, 120)
            length, limit = self.queue("outgoing")
            self.assertLess(length, limit)
            self.assertLess(resident(self.worker.pid) - memory, GROWTH_BYTES)
        self.back("Kafka stood still", time.monotonic(), KAFKA_BACK_SECONDS)
        self.nobody_twice()

    def test_unipile_stands_still(self):
        self.config["unipile"]["max_in_flight"] = 2
        self.begin(100)
        # A write, and not one of the reads before it: where these hang nothing is sent.
        self.simulator.fault(route="chats", action="hang", count=1000)
        wait_for("a write", lambda: self.worker.metric("sam_calls_in_flight") > 0, 60)
        with Frozen([self.simulator.pid]):
            seen = [self.worker.metric("sam_calls_in_flight")]
            wait_for("it to be given up", lambda: seen.append(
                self.worker.metric("sam_calls_in_flight")) or self.items()["unknown"] > 0,
                60)  # fmt: skip
            self.assertIn(max(seen), (1, 2))
        self.simulator.ask("DELETE", "/fault")
        self.back("Unipile stood still", time.monotonic())
        self.nobody_twice()

    def test_servers_come_back(self):
        self.begin()
        for what, server, at_most in (("Postgres", self.postgres, BACK_SECONDS),
                                      ("Kafka", self.kafka, KAFKA_BACK_SECONDS)):  # fmt: skip
            for end in (server.stop, server.kill):
                end()
                self.writes_end(within=30)
                server.start()
                self.back(f"{what} was away", time.monotonic(), at_most)
        self.nobody_twice()


if __name__ == "__main__":
    unittest.main()
