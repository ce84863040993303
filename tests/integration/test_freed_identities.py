"""P1: an identity that is freed goes to whoever has written to that human, not to nobody."""

import unittest

from restore_test import RestoreTest

HELLO = {"direct_message_1": "Hello"}


class FreedIdentities(RestoreTest):
    accounts = ("anna",)

    def prepare_two(self, outcome, identity="v:ada"):
        """An item waits that holds ada's identity; another item's attempt has it too."""
        self.prepare()
        self.campaign("c", "messenger", HELLO, ["ada"])
        self.hold_identity(outcome, identity)

    def hold_identity(self, outcome, identity):
        ended = "NULL, NULL" if outcome is None else f"sam_now(), '{outcome}'"
        self.database.execute(f"""
            INSERT INTO send_queue (id, workspace_id, campaign_id, prospect_id, account_id,
                message_type, step, requires_connection, priority, scheduled_for, message)
                SELECT gen_random_uuid(), workspace_id, campaign_id, id, account_id,
                    'direct_message_1', 0, false, 1, sam_now() + interval '1 h', 'Hello'
                FROM campaign_prospects;
            INSERT INTO contacted SELECT workspace_id, '{identity}', id, prospect_id, account_id,
                sam_now() FROM send_queue;
            INSERT INTO send_attempts (id, workspace_id, account_id, campaign_id, prospect_id,
                item_id, message_type, kind, identities, started_at, start_by, ended_at, outcome)
                SELECT gen_random_uuid(), workspace_id, account_id, gen_random_uuid(),
                    gen_random_uuid(), gen_random_uuid(), 'direct_message_1', 'message',
                    ARRAY['v:ada', 'p:ACoAda'], sam_now(), sam_now(), {ended} FROM send_queue""")

    def assert_inherited(self):
        self.assertEqual(self.items(), {"cancelled": 1})
        heir = "contacted k JOIN send_attempts t ON t.item_id = k.item_id"
        self.assertEqual(self.count(heir), 1)

    def test_a_sent_attempt_inherits(self):
        self.prepare_two("sent")
        self.samctl("campaign", "stop", "c")
        self.assert_inherited()

    def test_an_unknown_attempt_inherits_by_its_second_identity(self):
        self.prepare_two("unknown", "p:ACoAda")
        self.samctl("person", "set", "ada", "opted_out")
        self.assert_inherited()

    def test_an_open_attempt_inherits(self):
        self.prepare_two(None)
        self.samctl("campaign", "stop", "c")
        self.assert_inherited()

    def test_an_attempt_that_was_refused_inherits_nothing(self):
        self.prepare_two("refused")
        self.samctl("campaign", "stop", "c")
        self.assertEqual(self.items(), {"cancelled": 1})
        self.assertEqual(self.count("contacted"), 0)

    def test_a_stop_that_the_ledger_tells(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, ["ada"], start=False)
        backup = self.dump()
        self.samctl("person", "set", "ada", "opted_out")
        self.wait_until_told()
        self.restore(backup)
        self.hold_identity("sent", "v:ada")
        self.start_both()
        self.assert_inherited()


if __name__ == "__main__":
    unittest.main()
