"""Unipile behind a network that fails: names, certificates, answers that trickle, a storm of 504,
429 with and without Retry-After. What may have happened is never repeated; what did not happen goes
again; nobody is used up."""

import os
import re
import unittest

from campaign_test import CAPS, HELLO, CampaignTest, FridayTest
from door import Door
from own_files import OwnFiles
from sam_test import full_length
from waiting import run

TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
NAME = "unipile.test"
HOSTS = f"127.0.0.1 {NAME} other.test\n"


class Named(CampaignTest):
    """By https and a name, as Unipile is reached; so the hard bounds of the limits hold."""

    accounts = ("a1", "a2", "a3")

    def setUp(self):
        super().setUp()
        self.config["limits"] = {"spacing": "30s", "jitter": "0s"}
        self.certificate, self.key = (os.path.join(self.folder, n) for n in ("crt", "key"))
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj",
            "/CN=test", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", self.key,
            "-out", self.certificate)  # fmt: skip
        with open(self.certificate, encoding="ascii") as file:
            self.trusted = file.read()

    def begin(self, name=NAME, hosts=HOSTS, trusted=None):
        self.config["limits"].update(dict.fromkeys(CAPS, 50))
        self.prepare()
        self.door = Door(self.simulator.url, self.certificate, self.key)
        self.addCleanup(self.door.close)
        self.files = OwnFiles(self.folder, {
            "/etc/hosts": hosts,
            "/etc/nsswitch.conf": "hosts: files\n",
            TRUSTED: self.trusted if trusted is None else trusted,
        })  # fmt: skip
        self.bin = self.files.programs(self.bin)
        self.start_at(name)
        self.start_producer()
        self.campaign("c", "messenger", HELLO, len(self.accounts))

    def start_at(self, name):
        url = f"https://{name}:{self.door.port}"
        self.worker = self.start_worker(SAM_UNIPILE_BASE_URL=url)

    def assert_stopped(self, word):
        """One line, one reason, and nobody who was to be written to has lost anything by it."""
        self.wait_for("the stop", lambda: f"({word})" in self.worker.get("/readyz")[1], 60)
        self.assertEqual([self.worker.get(path)[0] for path in ("/readyz", "/healthz")], [503, 200])
        self.assertEqual(self.worker.log().count("claims_stopped"), 1)
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.assertEqual(self.people(), {"approved": len(self.accounts)})

    def assert_sent(self):
        self.wait_until_ended(120)
        self.judge(len(self.accounts))
        self.assertEqual(self.people(), {"completed": len(self.accounts)})

    def test_a_name_that_does_not_resolve(self):
        self.begin(hosts="")
        self.assert_stopped("resolve")
        self.files.write("/etc/hosts", HOSTS)
        self.assert_sent()
        self.assertIn("claims_resumed", self.worker.log())

    @full_length
    def test_a_name_that_stops_to_resolve(self):
        """When the connections of before are gone as well, and with them their server."""
        self.begin()
        self.wait_for("the first", lambda: self.simulator.audit()["accepted"] >= 1)
        self.files.write("/etc/hosts", "")
        self.assertEqual(self.worker.stop(), 0)
        self.start_at(NAME)
        self.campaign("more", "messenger", HELLO, [f"ACoAA{n}{'x' * 30}" for n in range(3)])
        self.wait_for("the stop", lambda: "(resolve)" in self.worker.get("/readyz")[1], 90)
        self.files.write("/etc/hosts", HOSTS)
        self.wait_until_ended(180)
        self.judge(6)

    def told(self, words):
        return re.search(rf"unipile_transport .*{words}", self.worker.log())

    def test_a_certificate_of_somebody_else(self):
        self.begin(name="other.test")
        self.assert_stopped("tls")
        self.assertTrue(self.told("other.test"), self.worker.log())
        self.assertEqual(self.worker.stop(), 0)
        self.start_at(NAME)
        self.assert_sent()

    def test_an_authority_that_nobody_trusts(self):
        self.begin(trusted="")
        self.assert_stopped("tls")
        self.assertTrue(self.told("certificate"), self.worker.log())
        self.files.write(TRUSTED, self.trusted)
        self.assertEqual(self.worker.stop(), 0)
        self.start_at(NAME)
        self.assert_sent()


class Trickle(FridayTest):
    """An answer of which a byte a second comes: it never stalls, and never ends in time."""

    def begin(self, *slow):
        self.prepare_on_friday()
        self.door = Door(self.simulator.url)
        self.addCleanup(self.door.close)
        self.door.slow = slow
        self.worker = self.start_worker(SAM_UNIPILE_BASE_URL=f"http://127.0.0.1:{self.door.port}")
        self.start_producer()
        self.campaign("c", "messenger", HELLO, 3)

    def test_of_a_write(self):
        """Its time is over as a whole; what it did is found by a look, and never repeated."""
        self.begin(b"POST /api/v1/chats ")
        self.wait_for("an unknown one", lambda: self.items()["unknown"] >= 1, 60)
        self.assertEqual(self.attempts()["unknown"], 1)
        self.door.slow = ()
        self.wait_for("the others", lambda: self.items()["sent"] >= 2, 60)
        self.move_clock(60)  # its call may have been under way until now
        self.wait_for("it to be found", lambda: self.items() == {"sent": 3}, 60)
        self.judge(3)

    def test_of_a_read(self):
        """Nothing is sent without what it would have told; it is asked again."""
        self.begin(b"GET /api/v1/users/")
        self.wait_for("two tries", lambda: self.door.trickled >= 2, 60)
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.door.slow = ()
        self.wait_for("all", lambda: self.items() == {"sent": 3}, 90)
        self.judge(3)


class Storm(FridayTest):
    """Whatever is written ends with 504, executed or not: nobody can tell."""

    accounts = tuple(f"a{n}" for n in range(1, 16))

    def test_ten_unknowns_stop_all_claims(self):
        people = 2 * len(self.accounts)
        self.prepare_on_friday()
        for executed, count in ((True, 8), (False, 1000)):
            self.simulator.fault(route="chats", action="status", status=504, execute=executed,
                                 type="errors/request_timeout", count=count)  # fmt: skip
        self.worker = self.start_worker()
        self.start_producer()
        self.campaign("c", "messenger", HELLO, people)
        said = "10 of the last 50 calls ended with an unknown outcome"
        self.wait_for("the stop", lambda: said in self.worker.get("/readyz")[1], 60)
        written = self.writes_end()
        self.assertLessEqual(written, 10 + len(self.accounts))  # what was under way
        self.assertEqual(self.worker.log().count("claims_stopped"), 1)
        self.assertEqual(self.items()["unknown"], written)
        self.simulator.ask("DELETE", "/fault")
        self.wait_for("claims again", lambda: "claims_resumed" in self.worker.log(), 90)
        self.wait_for("the others", lambda: self.sent() >= people - written, 60)
        self.move_clock(60)
        self.wait_for("those that arrived to be found", lambda: self.sent() >= people - written + 8)
        audit = self.not_twice()
        self.assertEqual(audit["accepted"], people - written + 8)
        for _ in range(2):  # not found by two looks: they go again
            self.move_clock(16 * 60)
            self.looked()
        self.move_clock(60)
        self.wait_until_ended()
        self.judge(people)

    def looked(self):
        """Every account twice, from now on."""
        sql = "SELECT min(dispatch) FROM sync_schedule WHERE kind = 'replies'"
        before = int(self.database.value(sql))
        self.wait_for("two looks", lambda: int(self.database.value(sql)) >= before + 2, 60)


class Throttled(FridayTest):
    def rest_seconds(self, **fault):
        """How long the account rests after a 429."""
        self.prepare_on_friday()
        self.simulator.fault(route="chats", action="status", status=429,
                             type="errors/too_many_requests", **fault)  # fmt: skip
        self.worker = self.start_worker()
        self.start_producer()
        self.campaign("c", "messenger", HELLO, 3)
        rests = "linkedin_accounts WHERE status = 'resting'"
        self.wait_for("the rest", lambda: self.count(rests) == 1)
        self.assertEqual(self.simulator.audit()["writes"], 1)
        return int(self.database.value(
            "SELECT extract(epoch FROM rest_until - sam_now())::int FROM linkedin_accounts"
        ))  # fmt: skip

    def goes_on_after(self, seconds):
        self.move_clock(seconds + 60)
        self.wait_until_ended()
        self.judge(3)

    def test_without_retry_after(self):
        seconds = self.rest_seconds()
        self.assertTrue(14 * 60 < seconds <= 15 * 60, seconds)
        self.goes_on_after(seconds)

    def test_with_retry_after(self):
        seconds = self.rest_seconds(retry_after_s=2 * 3600)
        self.assertTrue(119 * 60 < seconds <= 120 * 60, seconds)
        self.goes_on_after(seconds)


if __name__ == "__main__":
    unittest.main()
