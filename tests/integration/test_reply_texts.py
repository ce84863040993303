"""`samctl replies --text`: read from Unipile when asked, and kept nowhere."""

import unittest

from campaign_test import HELLO, CampaignTest
from sam_test import run

TEXT = "No, thank you: Quastenberg"


class ReplyTexts(CampaignTest):
    accounts = ("anna",)

    def test_texts_are_read_when_asked_and_never_kept(self):
        self.prepare()
        self.start_both()
        people = self.campaign("c", "messenger", HELLO, 2)
        self.wait_until_sent(2)
        for person in people:
            self.simulator.reply("Uanna", person, f"{TEXT} {person}")
        self.wait_for("the replies", lambda: self.people() == {"replied": 2})
        replies = self.samctl_json("replies", "--text")
        self.assertEqual({r["person"]: r["text"] for r in replies},
                         {person: f"{TEXT} {person}" for person in people})  # fmt: skip
        self.assertIn(f"{TEXT} {people[0]}", self.samctl("replies", "--text"))
        self.assertNotIn("text", self.samctl_json("replies")[0])
        self.assertNotIn("Quastenberg", run("pg_dump", "-d", self.database.conninfo))
        records = str(self.kafka.records(self.topic("sam.events")))
        self.assertNotIn("Quastenberg", records)
        self.without_it(people[0])

    def without_it(self, person):
        """A message that Unipile does not have, and a Unipile that does not answer."""
        self.producer.stop()
        self.worker.stop()  # else the next look finds the message again
        self.database.execute(
            "UPDATE inbound_messages SET message_id = 'gone' WHERE prospect_id = "
            f"(SELECT id FROM campaign_prospects WHERE vanity = '{person}')"
        )
        texts = {r["person"]: r["text"] for r in self.samctl_json("replies", "--text")}
        self.assertIsNone(texts[person])
        gone = "WHERE message_id = 'gone'"
        self.database.execute(f"UPDATE inbound_messages SET chat_id = NULL {gone}")
        self.assertIn("1 replies came to another account", self.samctl("replies", "--text"))
        self.simulator.fault(route="messages", action="status", status=503,
                             type="errors/service_unavailable", count=1000)  # fmt: skip
        self.simulator.fault(route="chat_messages", action="status", status=503,
                             type="errors/service_unavailable", count=1000)  # fmt: skip
        done = self.samctl_result("replies", "--text")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("Unipile answers 503", done.stderr)


if __name__ == "__main__":
    unittest.main()
