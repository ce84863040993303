"""Calls that were granted and never left: they count against nothing, and claims rest meanwhile."""

import socket
import unittest

from campaign_test import HELLO, CampaignTest, FridayTest


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

    def black_hole(self):
        """A listener whose backlog is full and is never emptied; its address."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            client = socket.socket()
            self.addCleanup(client.close)
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        return "http://{}:{}".format(*listener.getsockname())

    def test_claims_rest_and_nobody_is_used_up(self):
        self.config["unipile"]["connect_timeout"] = "300ms"
        self.prepare()
        people = [f"p-{n}=ACoAA{n}{'x' * 30}" for n in range(8)]  # no profile is looked at
        simulator = self.config["unipile"]["base_url"]
        self.config["unipile"]["base_url"] = self.black_hole()
        self.write_config()
        self.start_both()
        self.campaign("hole", "messenger", HELLO, people)
        self.wait_for("claims to rest", lambda: "claims rest: Unipile cannot be reached (timeout)"
                      in self.worker.get("/readyz")[1])  # fmt: skip
        self.wait_for("the ends", lambda: self.count("send_attempts WHERE outcome IS NULL") == 0)
        self.assertEqual(self.count("send_attempts WHERE NOT untried"), 0)
        self.assertEqual(self.count("send_queue WHERE failures > 0"), 0)
        self.assertEqual(self.worker.stop(), 0)
        self.config["unipile"]["base_url"] = simulator
        self.write_config()
        self.worker = self.start_worker()
        self.wait_until_completed("hole")
        self.judge(8)


if __name__ == "__main__":
    unittest.main()
