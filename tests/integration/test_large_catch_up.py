"""A restored database learns a whole campaign again from the ledger: all steps of each person, in
batches that nothing is refused of. SAM_TEST_CATCH_UP_PEOPLE=10000 makes it 100,000 events."""

import os
import unittest

from restore_test import RestoreTest

PEOPLE = int(os.environ.get("SAM_TEST_CATCH_UP_PEOPLE", "200"))
PATIENT = 180 + PEOPLE // 10  # seconds
CALLS = 4  # for each person
TEMPLATES = {
    "connection_request": "Hello {first_name}",
    "follow_up_1": {"after": "1s", "text": "Welcome"},
    "follow_up_2": {"after": "1s", "text": "Are you there?"},
    "follow_up_3": {"after": "1s", "text": "Good-bye"},
}


class LargeCatchUp(RestoreTest):
    accounts = tuple(f"anna{i}" for i in range(10))
    spacing_ms = 0

    def events(self):
        """How many the ledger holds, markers and all: it begins at 0."""
        return self.database.count("SELECT coalesce(sum(next_offset), 0) FROM ledger_positions")

    def test_it_refuses_nothing(self):
        self.prepare(options=["--accept-percent", "100"])
        self.campaign("c", "connector", TEMPLATES, PEOPLE)
        backup = self.dump()
        self.start_both()
        completed = {"completed": PEOPLE}
        self.wait_for("all to be through", lambda: self.people() == completed, PATIENT)
        self.judge(CALLS * PEOPLE)
        told = self.events()
        self.assertGreater(told, 9 * PEOPLE)
        self.restore(backup)
        self.assertEqual(self.events(), 0)
        self.start_both()
        self.assertGreaterEqual(self.events(), told)
        self.wait_for("all to be known again", lambda: self.people() == completed, 30)
        self.assertEqual(self.items(), {"sent": CALLS * PEOPLE})
        self.assertEqual(self.refused_batches(), [])
        self.assertEqual(self.count("ledger_aside"), 0)
        self.judge(CALLS * PEOPLE)


if __name__ == "__main__":
    unittest.main()
