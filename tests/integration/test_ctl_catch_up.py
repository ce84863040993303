"""samctl: whether the database has what the ledger holds, by the names of others' connections."""

import unittest

from ctl_test import CtlTest, connector


class CtlCatchUp(CtlTest):
    def setUp(self):
        super().setUp()
        self.prepare(campaigns=[connector()])
        self.database.execute(
            "INSERT INTO ledger_positions (partition, next_offset) VALUES (0, 70), (1, 30)"
        )

    def version(self):
        return self.database.count("SELECT version FROM campaigns")

    def test_an_applied_ledger(self):
        with self.database.sessions("sam-producer (applied 100, 0 halted)", "sam-worker util"):
            self.assertNotIn("note: this database", self.samctl("campaign", "start", "spring"))
        self.assertGreater(self.version(), 1)

    def test_a_name_of_before_a_restore(self):
        """The positions are below those that the producer saw: its name is of another database."""
        with self.database.sessions("sam-producer (applied 101, 0 halted)", "sam-worker util"):
            said = self.refused("campaign", "start", "spring")
            self.assertIn("nothing was changed: the ledger is still being applied", said)
            said = self.refused("campaign", "pause", "spring")
            self.assertIn("`samctl pause --all` holds everything", said)
        self.assertEqual(self.version(), 0)

    def test_one_that_has_not_begun_beside_one_of_before(self):
        with self.database.sessions("sam-producer (applied 101, 0 halted)", "sam-producer",
                            "sam-worker util"):  # fmt: skip
            self.refused("campaign", "start", "spring")

    def test_a_partition_that_is_halted(self):
        """Only an operator ends that; what is let go meanwhile yields to what it may hold."""
        self.database.execute(
            "UPDATE ledger_positions SET halted_reason = 'a gap' WHERE partition = 1"
        )
        with self.database.sessions("sam-producer (applied 100, 1 halted)", "sam-worker util"):
            self.assertIn("note: this database", self.samctl("campaign", "start", "spring"))
        self.assertEqual(self.version(), 1)
        with self.database.sessions("sam-producer", "sam-worker util"):
            said = self.refused("campaign", "start", "spring")
            self.assertIn("cannot be applied to this database (partition 1: a gap)", said)

    def test_nobody_is_there(self):
        self.assertIn("note: this database", self.samctl("campaign", "start", "spring"))
        self.assertEqual(self.version(), 1)


if __name__ == "__main__":
    unittest.main()
