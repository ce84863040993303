"""Calls that were granted and never left: they count against nothing, and claims rest meanwhile."""

import socket
import threading
import unittest
import urllib.parse

from campaign_test import CampaignTest, FridayTest


class KafkaRefuses(FridayTest):
    """sam.events takes markers, and no record as long as an attempt's; to a claim an ACL or a full
    queue looks the same."""

    def configure_events(self, *what):
        topic = self.topic("sam.events")
        self.kafka.tool(
            "ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name", topic, *what
        )

    def tries(self):
        return self.worker.metric("sam_attempts_untried_total")

    def test_claims_rest_and_what_was_never_tried_counts_against_no_cap(self):
        self.config["limits"].update({"daily_cap": 5, "weekly_invitations": 5})
        self.prepare_on_friday()
        self.start_both()
        self.configure_events("--add-config", "max.message.bytes=700")
        people = self.campaign("refused", "connector", {"connection_request": ""}, 5)
        put_off = "send_queue WHERE reason = 'ledger_unavailable' AND status = 'pending'"
        self.wait_for("the reason of an item", lambda: self.count(put_off))
        self.assertIn("Kafka does not take attempt.started (larger than max.message.bytes",
                      self.worker.get("/readyz")[1])  # fmt: skip
        self.wait_for("why to tell it", lambda: "ledger_unavailable" in {
            self.samctl_json("why", person)[0]["reason"] for person in people})  # fmt: skip
        self.wait_for("a second try", lambda: self.tries() >= 2)
        self.assertEqual(self.calls("invite"), [])
        self.configure_events("--delete-config", "max.message.bytes")
        self.wait_for("all five of the cap", lambda: len(self.calls("invite")) == 5, 90)
        untried = "send_attempts WHERE untried AND outcome = 'not_executed'"
        self.wait_for("their ends to be known", lambda: self.count(untried) == self.tries())
        self.wait_until_sent(5)
        self.judge(5)
        self.wait_for("the worker to be well", self.worker.ready)


class NobodyAnswers(CampaignTest):
    """A firewall between us and Unipile drops every packet: no connection comes about, and none is
    refused."""

    accounts = ("anna",)

    def door(self):
        """A way to Unipile that shuts behind the first profile that is asked for, before the answer
        arrives: its backlog is full then, and never emptied. Its address."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        threading.Thread(target=self.stand_at, args=(listener,), daemon=True).start()
        return "http://{}:{}".format(*listener.getsockname())

    def stand_at(self, listener):
        unipile = urllib.parse.urlsplit(self.simulator.url)
        shut = False
        while not shut:
            client, _ = listener.accept()
            with client, socket.create_connection((unipile.hostname, unipile.port)) as server:
                asked = client.recv(65536)
                server.sendall(asked.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                shut = b"/users/p-" in asked
                if shut:
                    self.fill(listener)
                while answer := server.recv(65536):
                    client.sendall(answer)

    def fill(self, listener):
        for _ in range(3):
            client = socket.socket()
            self.addCleanup(client.close)
            client.setblocking(False)
            client.connect_ex(listener.getsockname())

    def test_claims_rest_and_nobody_is_used_up(self):
        self.config["unipile"]["connect_timeout"] = "300ms"
        self.prepare()
        simulator = self.config["unipile"]["base_url"]
        self.config["unipile"]["base_url"] = self.door()
        self.write_config()
        self.start_both()
        self.campaign("shut", "connector", {"connection_request": ""}, ["p-0", "p-1"])
        self.wait_for("claims to rest", lambda: "claims rest: Unipile cannot be reached (timeout)"
                      in self.worker.get("/readyz")[1], 90)  # fmt: skip
        calls = "send_attempts WHERE kind <> 'profile_view'"
        self.wait_for("the end", lambda: self.count(calls + " AND untried") == 1)
        self.assertEqual(self.count(calls), 1)
        self.assertEqual(self.count("send_queue WHERE failures > 0"), 0)
        self.assertEqual(self.worker.stop(), 0)
        self.config["unipile"]["base_url"] = simulator
        self.write_config()
        self.worker = self.start_worker()
        self.wait_until_sent(2)
        self.judge(2)


if __name__ == "__main__":
    unittest.main()
