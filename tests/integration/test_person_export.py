"""`samctl person export`: all that is known of one human, as one JSON object."""

import json
import unittest

from ctl_test import CtlTest, connector, messenger

PEOPLE = "linkedin_url,linkedin_user_id,first_name,company,pet\n"
ADA = "ada,ACoAAAada,Ada,Acme,Rex\n"


class PersonExport(CtlTest):
    def setUp(self):
        super().setUp()
        self.prepare(campaigns=[connector("spring"), messenger("clients"), messenger("later")])
        self.people("spring", PEOPLE + ADA + "bob,ACoAAAbob,Bob,,\n")
        self.people("clients", PEOPLE + ",ACoAAAada,Ada,Acme,Rex\n")
        path = self.write("later.csv", PEOPLE + "ada,,Ada,,\n")
        self.samctl("import", path, "--campaign", "later")

    def exported(self, person):
        return json.loads(self.samctl("person", "export", person, "--json"))

    def test_every_campaign_by_either_name(self):
        for person in ("ada", "ACoAAAada", "https://www.linkedin.com/in/ada/"):
            known = self.exported(person)
            self.assertEqual([p["campaign"] for p in known["people"]], ["clients", "spring"])
            self.assertEqual(known["people"][1]["custom"], {"pet": "Rex"})
            self.assertEqual(len(known["imported"]), 3)
            self.assertNotIn("bob", json.dumps(known))

    def test_items_attempts_replies_holds_and_events(self):
        self.samctl("person", "hold", "ada", "--reason", "talks", "--campaign", "spring")
        self.database.execute(
            "WITH p AS (SELECT * FROM campaign_prospects WHERE vanity = 'ada'), i AS ("
            "INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id, "
            "message_type, step, requires_connection, priority, scheduled_for, message) SELECT "
            "id, workspace_id, campaign_id, id, account_id, 'connection_request', 0, false, 1, "
            "sam_now(), 'Hi Ada' FROM p), t AS (INSERT INTO send_attempts (id, workspace_id, "
            "account_id, campaign_id, prospect_id, item_id, message_type, kind, started_at, "
            "start_by) SELECT id, workspace_id, account_id, campaign_id, id, id, "
            "'connection_request', 'invitation', sam_now(), sam_now() FROM p), m AS (INSERT INTO "
            "inbound_messages (id, workspace_id, account_id, prospect_id, message_id, class, "
            "received_at) SELECT id, workspace_id, account_id, id, 'm1', 'reply', sam_now() "
            "FROM p) INSERT INTO contacted SELECT workspace_id, 'v:ada', id, id, account_id, "
            "sam_now() FROM p"
        )
        known = self.exported("ACoAAAada")
        self.assertEqual([i["message"] for i in known["items"]], ["Hi Ada"])
        self.assertEqual([t["kind"] for t in known["attempts"]], ["invitation"])
        self.assertEqual([m["message_id"] for m in known["replies"]], ["m1"])
        self.assertEqual([k["identity"] for k in known["contacted"]], ["v:ada"])
        self.assertEqual([p["hold_reason"] for p in known["people"]], [None, "talks"])
        self.assertEqual([e["finding"] for e in known["events"]], ["hold"])

    def test_somebody_who_is_not_there(self):
        self.assertIn("is in no campaign", self.refused("person", "export", "nobody"))


if __name__ == "__main__":
    unittest.main()
