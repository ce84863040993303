"""From the programs of the previous commit to these, under load: one after the other."""

import time
import unittest

import previous
import sam_test
from load_test import CALL_MS, JOB_MS, LoadTest


class Upgrade(previous.OldPrograms, LoadTest):
    def start_old(self):
        """With a schema of their own making."""
        self.bin = self.old
        self.prepare()
        self.start_both()
        self.second = self.start_worker()
        self.begin()

    def migrate(self):
        """With the new samctl. False: its files want all programs stopped first."""
        self.bin = sam_test.BIN
        told = self.samctl_result("migrate", "--status").stdout
        if "stop all programs" in told:
            return False
        self.samctl("migrate")
        return True

    def replace(self, old, end, start, programs):
        """One program by one of these; what follows when all accounts have gone on."""
        end(old)
        since = time.time() * 1000
        cut_off = self.open_attempts() if old.killed else {}
        if old is self.producer and old.killed:
            self.doubt(self.unpublished().values(), since, JOB_MS)
        self.bin = programs
        new = start()
        self.wait_until_all_went_on(cut_off.values())
        left = cut_off.keys() & self.open_attempts().keys()  # the others were another worker's
        self.doubt({cut_off[attempt] for attempt in left}, since, CALL_MS)
        return new

    def upgrade(self, end):
        if not self.migrate():
            self.skipTest("a migration of this commit wants all programs stopped")
        # In mid-upgrade a node goes: the old program must start on what the new one has made.
        again = self.replace(self.worker, end, self.start_worker, self.old)
        self.replace(again, end, self.start_worker, sam_test.BIN)
        self.replace(self.second, end, self.start_worker, sam_test.BIN)
        self.replace(self.producer, end, self.start_producer, sam_test.BIN)

    def test_in_order(self):
        self.start_old()
        self.upgrade(lambda daemon: self.assertEqual(daemon.stop(), 0))
        self.assertEqual(self.end()["unknown"], 0)
        self.judge_pauses("upgrade by SIGTERM")

    def test_by_kills(self):
        """What a killed worker leaves is unknown, and never repeated blindly."""
        self.start_old()
        self.upgrade(lambda daemon: daemon.kill())
        unknown = self.end()["unknown"]
        self.judge_pauses(f"upgrade by SIGKILL, {unknown} unknown")


if __name__ == "__main__":
    unittest.main()
