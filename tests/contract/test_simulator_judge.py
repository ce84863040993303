"""sam-simulator fails on command, writes down every call, and judges the calls rightly."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

import sam_test
from simulator_test import SimulatorTest, world
from unipile_api import Cut, connected

ADA = "ACoAAB1234567890abcdefABCDEF_-ada"
BOB = "ACoAAB1234567890abcdefABCDEF_-bob"
DAY_MS = 24 * 3600 * 1000


class Faults(SimulatorTest):
    def assert_executed(self, count):
        self.assertEqual(self.simulator.audit()["accepted"], count)

    def test_status(self):
        api = self.start()
        kinds = [(429, "too_many_requests"), (500, "provider_error"), (503, "network_down")]
        kinds += [(504, "request_timeout"), (422, "cannot_resend_yet")]
        for status, kind in kinds:
            self.simulator.fault(route="invite", action="status", type="errors/" + kind)
            self.assert_error(api.invite("acc", ADA), status, kind)
        self.assert_executed(0)
        self.assertEqual(api.invite("acc", ADA)[0], 200)

    def test_status_after_execution(self):
        api = self.start()
        self.simulator.fault(
            route="chats", action="status", status=504, type="errors/request_timeout", execute=True
        )
        self.assert_error(api.start_chat("acc", ADA, "x"), 504, "request_timeout")
        self.assert_executed(1)
        self.assertEqual(len(api.items("/messages", account_id="acc")), 1)

    def test_words_of_its_own(self):
        api = self.start()
        self.simulator.fault(
            route="invite", action="status", status=418, type="errors/of_tomorrow", title="New",
            detail=None,
        )  # fmt: skip
        body = {"status": 418, "type": "errors/of_tomorrow", "title": "New"}
        self.assertEqual(api.invite("acc", ADA), (418, body))

    def test_count_account_and_route(self):
        api = self.start()
        kind = "errors/too_many_requests"
        self.simulator.fault(route="chats", account="a", action="status", type=kind, count=2)
        answered = [api.start_chat("b", ADA, "0")[0], api.invite("a", BOB)[0]]
        answered += [api.start_chat("a", ADA, str(i))[0] for i in range(3)]
        self.assertEqual(answered, [201, 200, 429, 429, 201])
        self.assertEqual(self.simulator.ask("GET", "/fault"), [])

    def test_every_route_can_fail(self):
        api = self.start()
        chat = api.start_chat("acc", ADA, "x")[1]["chat_id"]
        query = {"account_id": "acc"}
        calls = {
            "invite": lambda: api.invite("acc", BOB),
            "chats": lambda: api.start_chat("acc", ADA, "x"),
            "messages": lambda: api.get("/messages", **query),
            "chat_messages": lambda: api.get(f"/chats/{chat}/messages"),
            "profile": lambda: api.profile("acc", "ada"),
            "relations": lambda: api.get("/users/relations", **query),
            "sent": lambda: api.get("/users/invite/sent", **query),
            "accounts": lambda: api.get("/accounts"),
            "any": lambda: api.get("/users/me", **query),
        }
        for route, call in calls.items():
            self.simulator.fault(route=route, action="status", type="errors/provider_error")
            self.assert_error(call(), 500, "provider_error")
            self.assertLess(call()[0], 300)

    def test_cut(self):
        api = self.start()
        for action, executed in (("cut_before", 0), ("cut_after", 1)):
            self.simulator.fault(route="chats", action=action)
            with self.assertRaises(Cut):
                api.start_chat("acc", ADA, "x")
            self.assert_executed(executed)

    def test_hang_until_the_caller_leaves(self):
        api = self.start()
        for execute in (False, True):
            self.simulator.fault(route="invite", action="hang", execute=execute)
            body = json.dumps({"account_id": "acc", "provider_id": ADA})
            with self.assertRaises(TimeoutError):
                api.raw("POST", "/users/invite", body, "application/json", seconds=0.2)
            self.assert_executed(int(execute))

    def test_hang_ends_with_the_simulator(self):
        api = self.start()
        self.simulator.fault(route="invite", action="hang")
        with connected(api.host) as hung:
            body = json.dumps({"account_id": "acc", "provider_id": ADA})
            head = "POST /api/v1/users/invite HTTP/1.1\r\nHost: x\r\n"
            head += f"X-API-KEY: {sam_test.API_KEY}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            hung.sendall((head + body).encode())
            sam_test.wait_for("the call", lambda: self.simulator.journal())
            self.assertEqual(self.simulator.stop(10), 0)
            self.assertEqual(hung.recv(1), b"")

    def test_reset_ends_what_hangs(self):
        api = self.start()
        self.simulator.fault(route="accounts", action="hang")
        with connected(api.host) as hung:
            head = f"GET /api/v1/accounts HTTP/1.1\r\nHost: x\r\nX-API-KEY: {sam_test.API_KEY}"
            hung.sendall(f"{head}\r\n\r\n".encode())
            sam_test.wait_for("the call", lambda: self.simulator.journal())
            self.simulator.ask("POST", "/reset", {})
            self.assertEqual(hung.recv(1), b"")

    def test_half_an_answer(self):
        api = self.start()
        self.simulator.fault(route="chats", action="truncate")
        with self.assertRaises(Cut):
            api.start_chat("acc", ADA, "x")
        self.assert_executed(1)

    def test_not_json(self):
        api = self.start()
        self.simulator.fault(route="accounts", action="not_json")
        status, content_type, text = api.raw("GET", "/accounts")
        self.assertEqual((status, content_type), (200, "text/html"))
        with self.assertRaises(ValueError):
            json.loads(text)

    def test_huge(self):
        api = self.start()
        self.simulator.fault(route="chats", action="huge")
        body = api.start_chat("acc", ADA, "x")[1]
        self.assertGreater(len(body["padding"]), 10_000_000)
        self.assertEqual(body["object"], "ChatStarted")

    def test_endless(self):
        api = self.start()
        self.simulator.fault(route="accounts", action="endless")
        request = urllib.request.Request(f"http://{api.host}/api/v1/accounts")
        request.add_header("X-API-KEY", sam_test.API_KEY)
        with urllib.request.urlopen(request, timeout=10) as answer:
            for _ in range(200):
                self.assertEqual(len(answer.read(100_000)), 100_000)
        self.assertEqual(api.get("/accounts")[0], 200)

    def test_null_ids(self):
        api = self.start()
        self.simulator.fault(route="any", action="null_ids", count=2)
        nulls = {"object": "ChatStarted", "chat_id": None, "message_id": None}
        self.assertEqual(api.start_chat("acc", ADA, "x"), (201, nulls))
        body = {"object": "UserInvitationSent", "invitation_id": None}
        self.assertEqual(api.invite("acc", BOB), (200, body))
        self.assert_executed(2)

    def test_a_cursor_that_repeats(self):
        api = self.start()
        for i in range(4):
            api.start_chat("acc", ADA, str(i))
        first = api.get("/messages", account_id="acc", limit=1)[1]["cursor"]
        self.simulator.fault(route="messages", action="repeat_cursor", count=1000)
        again = api.get("/messages", account_id="acc", cursor=first)[1]["cursor"]
        self.assertEqual(again, first)

    def test_delay_and_latency(self):
        api = self.start(None, "--latency", "50-60")
        begun = time.monotonic()
        api.get("/accounts")
        self.assertGreaterEqual(time.monotonic() - begun, 0.05)
        self.simulator.fault(route="accounts", action="delay", delay_ms=300)
        begun = time.monotonic()
        self.assertEqual(api.get("/accounts")[0], 200)
        self.assertGreaterEqual(time.monotonic() - begun, 0.35)

    def test_faults_that_cannot_be(self):
        self.start()
        wrong = [None, {}, [], {"route": "invite"}, {"route": "invite", "action": "explode"}]
        base = {"route": "invite", "action": "status"}
        wrong += [{**base, "count": 0}, {**base, "status": 99}, {**base, "colour": "red"}]
        wrong += [{**base, "execute": 1}, {**base, "route": "nowhere"}]
        for body in wrong:
            status, text = sam_test.http("POST", self.simulator.url + "/fault", body)
            self.assertEqual(status, 400, body)
            self.assertTrue(json.loads(text)["error"])
        self.assertEqual(self.simulator.ask("GET", "/fault"), [])


class Audit(SimulatorTest):
    def test_duplicates(self):
        api = self.start()
        api.start_chat("acc", ADA, "one")
        api.start_chat("acc", ADA, "two")
        api.start_chat("acc", BOB, "one")
        api.start_chat("other", "ACoAAB1234567890abcdefABCDEF_-joe", "one")
        api.invite("acc", "ACoAAB1234567890abcdefABCDEF_-eve")
        self.assertEqual(self.simulator.audit()["duplicates"], 0)
        chat = api.start_chat("acc", ADA, "one")[1]["chat_id"]
        api.say("acc", chat, "two")
        audit = self.simulator.audit()
        self.assertEqual((audit["accepted"], audit["duplicates"]), (7, 2))
        sample = audit["duplicate_samples"][0]
        self.assertEqual((sample["account"], sample["person"]), ("acc", ADA))
        self.assertEqual((sample["kind"], sample["why"]), ("message", "sent_before"))

    def test_a_human_has_one_contact(self):
        api = self.start()
        api.start_chat("one", ADA, "x")
        api.start_chat("two", ADA, "y")
        api.invite("one", BOB)
        api.start_chat("two", BOB, "y")
        api.invite("three", BOB)
        audit = self.simulator.audit()
        self.assertEqual((audit["accepted"], audit["duplicates"]), (5, 3))
        found = [(s["account"], s["kind"], s["why"]) for s in audit["duplicate_samples"]]
        expected = [("two", "message", "contacted_by_another_account")] * 2
        self.assertEqual(found, expected + [("three", "invitation", "invited_before")])

    def test_writes_of_a_day(self):
        api = self.start()
        now_ms = self.simulator.ask("GET", "/state")["now_ms"]
        to_noon = {"advance_ms": DAY_MS - now_ms % DAY_MS + DAY_MS // 2}
        self.simulator.ask("POST", "/clock", to_noon)
        nobody = {"count": 0, "account": None, "day": None}
        days = self.simulator.audit()["per_account_max_per_day"]
        self.assertEqual(days, {"writes": nobody, "invitations": nobody, "messages": nobody})
        api.start_chat("a", ADA, "one")
        api.start_chat("a", ADA, "two")
        api.invite("b", BOB)
        api.invite("b", BOB)  # refused, but a write
        self.simulator.ask("POST", "/clock", {"advance_ms": DAY_MS})
        for text in ("three", "four", "five"):
            api.start_chat("a", ADA, text)
        api.profile("a", "ada")
        audit = self.simulator.audit()
        days = audit["per_account_max_per_day"]
        self.assertEqual((days["writes"]["count"], days["writes"]["account"]), (3, "a"))
        self.assertEqual((days["messages"]["count"], days["messages"]["account"]), (3, "a"))
        self.assertEqual((days["invitations"]["count"], days["invitations"]["account"]), (1, "b"))
        self.assertEqual(days["writes"]["day"], days["messages"]["day"])
        self.assertLess(days["invitations"]["day"], days["messages"]["day"])
        breaks = [self.simulator.audit(daily_cap=n)["cap_breaks"] for n in range(4)]
        self.assertEqual((audit["cap_breaks"], breaks), (0, [7, 4, 1, 0]))
        status, _ = sam_test.http("GET", self.simulator.url + "/audit?daily_cap=-1")
        self.assertEqual(status, 400)

    def test_a_human_is_invited_once(self):
        api = self.start()
        api.invite("one", ADA)
        api.invite("two", ADA)
        self.assertEqual(self.simulator.audit()["duplicates"], 1)

    def test_refused_repeats_are_counted_apart(self):
        api = self.start()
        api.invite("acc", ADA, "hello")
        api.invite("acc", ADA, "hello")
        audit = self.simulator.audit()
        self.assertEqual((audit["accepted"], audit["refused"]), (1, 1))
        self.assertEqual((audit["duplicates"], audit["refused_duplicates"]), (0, 1))

    def test_spacing_of_all_writes_of_an_account(self):
        api = self.start()
        self.assertIsNone(self.simulator.audit()["smallest_gap_ms"])
        api.start_chat("a", ADA, "x")
        api.start_chat("b", ADA, "x")
        self.assertIsNone(self.simulator.audit()["smallest_gap_ms"])
        api.get("/users/relations", account_id="a")
        api.invite("a", "ACoAAB refused")
        audit = self.simulator.audit(600_000)
        self.assertEqual(audit["spacing_breaks"], 1)
        self.assertEqual([s["account"] for s in audit["spacing_samples"]], ["a"])
        gap = audit["smallest_gap_ms"]
        self.assertEqual(audit["spacing_samples"][0]["gap_ms"], gap)
        self.assertEqual(self.simulator.audit(gap)["spacing_breaks"], 0)
        self.assertEqual(self.simulator.audit(gap + 1)["spacing_breaks"], 1)
        status, _ = sam_test.http("GET", self.simulator.url + "/audit?spacing_ms=600001")
        self.assertEqual(status, 400)

    def test_spacing_goes_with_the_clock(self):
        api = self.start()
        for text in ("one", "two", "three"):
            api.start_chat("a", ADA, text)
            self.simulator.ask("POST", "/clock", {"advance_ms": 120_000})
        audit = self.simulator.audit(120_000)
        self.assertEqual(audit["spacing_breaks"], 0)
        self.assertGreaterEqual(audit["smallest_gap_ms"], 120_000)
        self.assertEqual(self.simulator.audit(600_000)["spacing_breaks"], 2)

    def test_state_and_reset(self):
        api = self.start(world("ada", {"slug": "bob", "degree": 1}))
        api.invite("acc", api.id_of("acc", "ada"))
        api.start_chat("acc", api.id_of("acc", "bob"), "x")
        self.simulator.reply("acc", "bob", "y")
        expected = {"accounts": 1, "people": 2, "invitations": 1, "pending": 1, "relations": 1}
        expected |= {"chats": 1, "messages_sent": 1, "messages_received": 1}
        state = self.simulator.ask("GET", "/state")
        self.assertEqual({name: state[name] for name in expected}, expected)
        self.simulator.ask("POST", "/reset", {})
        state = self.simulator.ask("GET", "/state")
        self.assertEqual((state["people"], state["relations"], state["chats"]), (2, 1, 0))
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.assertEqual(self.simulator.journal(), [])

    def test_control_answers_what_is_wrong(self):
        self.start(world("ada"))
        cases = [
            ("/accept", {"account": "acc", "person": "ada"}, 409),
            ("/accept", {"account": "acc", "person": "grace"}, 404),
            ("/accept", {"account": "nobody", "person": "ada"}, 404),
            ("/reply", {"account": "acc", "person": "ada"}, 400),
            ("/account", {"account": "acc", "status": "TIRED"}, 400),
            ("/clock", {"advance_ms": -1}, 400),
        ]
        for path, body, status in cases:
            answered = sam_test.http("POST", self.simulator.url + path, body)
            self.assertEqual(answered[0], status, path)
            self.assertTrue(json.loads(answered[1])["error"])


class Journal(SimulatorTest):
    def test_every_call_of_the_api(self):
        api = self.start()
        api.profile("acc", "ada")
        api.start_chat("acc", ADA, "secret words")
        api.start_chat("acc", ADA, "secret words")
        api.invite("acc", "ada")
        self.simulator.fault(route="invite", action="cut_before")
        with self.assertRaises(Cut):
            api.invite("acc", BOB)
        found = self.simulator.journal()
        self.assertEqual([e["n"] for e in found], [1, 2, 3, 4, 5])
        routes = ["profile", "chats", "chats", "invite", "invite"]
        self.assertEqual([e["route"] for e in found], routes)
        self.assertEqual([e["status"] for e in found], [200, 201, 201, 400, 0])
        self.assertEqual([e["executed"] for e in found], [False, True, True, False, False])
        self.assertEqual([e["person"] for e in found[1:]], [ADA, ADA, "ada", BOB])
        self.assertEqual({e["account"] for e in found}, {"acc"})
        self.assertEqual(found[3]["error"], "invalid_parameters")
        self.assertEqual(found[1]["text_hash"], found[2]["text_hash"])
        self.assertEqual(found[1]["text_bytes"], len("secret words"))
        self.assertNotIn("secret", json.dumps(found))
        times = [e["at_ms"] for e in found]
        self.assertEqual(times, sorted(times))
        moments = [e["at_us"] for e in found]
        self.assertEqual(moments, sorted(set(moments)))
        self.assertLess(moments[-1], time.monotonic_ns() // 1000)
        after = self.simulator.ask("GET", "/journal?after=3&limit=1")
        self.assertEqual([e["n"] for e in after], [4])

    def test_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "journal")
            for total in (3, 6):
                api = self.start(None, "--journal", path)
                for i in range(3):
                    api.start_chat("acc", ADA, f"secret {i}")
                expected = self.simulator.journal()
                sam_test.wait_for("the file", lambda: self.lines(path) >= total)
                self.assertEqual(self.simulator.stop(), 0)
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                found = [json.loads(line) for line in text.splitlines()]
                self.assertEqual(found[-3:], expected)
                self.assertEqual(len(found), total)
                self.assertNotIn("secret", text)

    def test_file_that_takes_nothing(self):
        api = self.start(None, "--journal", "/dev/full")
        self.simulator.killed = True  # that it ends badly is what is wanted
        api.profile("acc", "ada")
        self.assertEqual(self.simulator.wait_exit(), 1)
        self.assertIn("journal_not_written", self.simulator.log())

    def lines(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read().count("\n")


class CommandLine(SimulatorTest):
    def refused(self, *arguments):
        command = [os.path.join(sam_test.BIN, "sam-simulator"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertNotIn("Sanitizer", done.stderr)
        return done.stderr

    def test_everything_that_is_wrong_is_told_at_once(self):
        bad = ["--latency", "9-3", "--accept-percent", "101", "--lag", "x", "--accounts", "-1"]
        said = self.refused(*bad, "extra")
        for word in ("--accounts", "--latency", "--accept-percent", "--lag", "extra"):
            self.assertIn(word, said)
        self.assertIn("--listen", self.refused("--listen", "nowhere"))
        self.assertIn("--journal", self.refused("--journal", "/nowhere/at/all"))
        self.assertIn("--api-key-file", self.refused("--api-key-file", "/nowhere/at/all"))
        self.assertIn("--viewer-scoped", self.refused("--viewer-scoped", "--anyone"))

    def test_scenarios_that_cannot_be(self):
        bad = {
            "accounts": [{"id": "a"}, {"id": "a"}, {"id": "b", "status": "TIRED"}, {"colour": 1}],
            "people": [
                {"slug": "x", "degree": 4},
                {"slug": "y", "refuse_message": "of_tomorrow"},
                {"slug": "z", "provider_id": "z"},
                {"slug": "w", "pending": True, "withdrawn": True},
                {"slug": "v", "accept_after_ms": "soon"},
                {"slug": "u", "former_slugs": ["u"], "connected_with": ["nobody"]},
                {"slug": "t", "former_slugs": [7], "connected_with": ["a"], "pending": True},
            ],
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(bad, file)
            file.flush()
            said = self.refused("--scenario", file.name)
        places = ["accounts[1]: id", "accounts[2]: status", "accounts[3]: no such key: colour"]
        places += ["accounts[3]: id is missing", "people[0]: degree", "people[1]: refuse_message"]
        places += ["people[2]: provider_id", "people[3]: connected", "people[4]: accept_after_ms"]
        places += ["people[5]: former_slugs", "people[5]: connected_with"]
        places += ["people[6]: former_slugs", "people[6]: connected"]
        for place in places:
            self.assertIn(place, said)
        self.assertIn("/nowhere/at/all", self.refused("--scenario", "/nowhere/at/all"))

    def test_address_file_and_a_port_of_its_choice(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "address")
            command = [os.path.join(sam_test.BIN, "sam-simulator"), "--address-file", path]
            program = sam_test.Process("simulator", command, folder)
            self.addCleanup(program.stop)
            sam_test.wait_for("the file", lambda: os.path.exists(path), watched=[program])
            with open(path, encoding="utf-8") as file:
                address = file.read().strip()
            self.assertRegex(address, r"^http://127\.0\.0\.1:[1-9]\d*$")
            self.assertEqual(sam_test.http("GET", address + "/state")[0], 200)
            port = int(address.rsplit(":", 1)[1])
            self.assertIn("in use", self.refused("--listen", f"127.0.0.1:{port}"))
            program.signal(signal.SIGINT)
            self.assertEqual(program.wait_exit(), 0)
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()


if __name__ == "__main__":
    unittest.main()
