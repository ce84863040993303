"""A database that is restored from a backup, for integration tests."""

import os

from campaign_test import CampaignTest
from sam_test import run


class RestoreTest(CampaignTest):
    def dump(self):
        path = os.path.join(self.folder, "backup")
        run("pg_dump", "-Fc", "-f", path, "-d", self.database.conninfo)
        return path

    def restore(self, path):
        """While nothing runs."""
        self.assertEqual(self.producer.stop(), 0)
        self.assertEqual(self.worker.stop(), 0)
        self.put_back(path)

    def put_back(self, path):
        self.database.drop()
        self.database.create()
        run("pg_restore", "-d", self.database.conninfo, path)

    def wait_until_told(self):
        """The ledger has every change of an operator."""
        waiting = "outbox WHERE published_at IS NULL"
        self.wait_for("the outbox to be empty", lambda: self.count(waiting) == 0)

    def refused_batches(self):
        return [line for line in self.worker.log().splitlines() if "ledger_batch_refused" in line]
