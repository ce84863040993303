"""samctl ledger on a real log, for integration tests."""

import json

from restore_test import RestoreTest


class LedgerTest(RestoreTest):
    """samctl ledger, by its rows."""

    def ledger(self, *words, code=0):
        """The rows of a command, by their kind."""
        done = self.samctl_result("ledger", *words, "--json")
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        found = {}
        for line in done.stdout.splitlines():
            row = json.loads(line)
            found.setdefault(row["kind"], []).append(row)
        return found

    def refused(self, *words, code=1):
        """What it said on stderr."""
        done = self.samctl_result("ledger", *words)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        self.assertTrue(done.stderr.strip())
        return done.stderr

    def positions(self):
        rows = self.database.rows("SELECT * FROM ledger_positions ORDER BY partition")
        return {int(row["partition"]): int(row["next_offset"]) for row in rows}

    def partitions(self):
        return {row["partition"]: row for row in self.ledger("status")["partition"]}

    def reached(self, positions):
        now = self.positions()
        return all(now[partition] >= offset for partition, offset in positions.items())

    def all_is_applied(self):
        return all(row["lag"] == 0 and not row["note"] and not row["halted_reason"]
                   for row in self.partitions().values())  # fmt: skip


    def trim(self, offsets):
        """partition -> the first record that stays; -1 = none."""
        topic = self.topic("sam.events")
        first = [{"topic": topic, "partition": p, "offset": o} for p, o in offsets.items()]
        path = self.write_json("trim.json", {"version": 1, "partitions": first})
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", path)
