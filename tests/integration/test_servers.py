"""The ground that the other tests stand on: servers that stop, crash and come back as they were."""

import os
import shutil
import subprocess
import unittest

import sam_test

# Without the servers: what happens to a test's processes and folder when it fails.
FAILING_TEST = """
import tempfile, unittest, sam_test
class T(sam_test.SamTest):
    @classmethod
    def setUpClass(cls): pass
    def setUp(self):
        self.folder, self.processes, self.simulator = tempfile.mkdtemp(), [], None
    def test_x(self):
        command = ['sh', '-c', 'trap "exit 0" TERM; echo last words; while :; do sleep 0.1; done']
        process = sam_test.Process('idle', command, self.folder)
        self.processes.append(process)
        self.write('pid', str(process.pid))
        sam_test.wait_for('words', process.log)
        self.fail('on purpose')
unittest.main()
"""


class Servers(sam_test.SamTest):
    private_servers = True

    def make_topic(self):
        topic = self.topic("sam.jobs")
        self.kafka.tool("TopicCommand", "--create", "--topic", topic, "--partitions", "4")
        return topic

    def test_kafka_keeps_acknowledged_records_over_stop_and_crash(self):
        topic = self.make_topic()
        address = self.kafka.address
        for number, take_away in enumerate([self.kafka.stop, self.kafka.kill], 1):
            self.kafka.produce(topic, f"value {number}", key="account", headers=["ce_id=1"])
            take_away()
            self.kafka.start()
            self.assertEqual(self.kafka.address, address)
            self.wait_for("the records", lambda n=number: len(self.kafka.records(topic)) == n)
        records = self.kafka.records(topic)
        self.assertEqual([r["value"] for r in records], ["value 1", "value 2"])
        self.assertEqual(records[0]["key"], "account")
        self.assertEqual(records[0]["headers"], {"ce_id": "1"})
        self.assertEqual(records[0]["partition"], records[1]["partition"])

    def test_postgres_keeps_commits_over_stop_and_crash(self):
        conninfo = self.postgres.address
        self.assertEqual(self.database.value("SHOW fsync"), "on")
        self.assertEqual(self.database.value("SHOW synchronous_commit"), "on")
        self.database.execute("CREATE TABLE kept (n integer)")
        for number, take_away in enumerate([self.postgres.stop, self.postgres.kill], 1):
            self.database.execute(f"INSERT INTO kept VALUES ({number})")
            take_away()
            with self.assertRaises(AssertionError):
                self.database.value("SELECT 1")
            self.postgres.start()
            self.assertEqual(self.postgres.address, conninfo)
        kept = self.database.rows("SELECT n FROM kept ORDER BY n")
        self.assertEqual(kept, [{"n": "1"}, {"n": "2"}])


class Helper(unittest.TestCase):
    def test_wait_for_tells_what_it_waited_for(self):
        with self.assertRaisesRegex(AssertionError, "for a miracle; last: 0"):
            sam_test.wait_for("a miracle", lambda: 0, 0.1)

    def test_wait_for_sees_a_watched_process_end(self):
        folder = os.path.realpath(os.environ.get("TMPDIR", "/tmp"))
        process = sam_test.Process("sam-test-false", ["false"], folder)
        self.addCleanup(os.unlink, process.log_path)
        with self.assertRaisesRegex(AssertionError, "sam-test-false ended: exit 1"):
            sam_test.wait_for("a miracle", lambda: 0, 10, [process])
        self.assertEqual(process.complaints(), ["sam-test-false ended with exit code 1"])

    def test_configuration_text_is_what_libconfig_reads(self):
        text = sam_test.libconfig({"a": 'x "y" \\', "b": [1, True], "c": {"d": 2.5}})
        self.assertEqual(
            text, '{\n  a = "x \\"y\\" \\\\";\n  b = [1, true];\n  c = {\n    d = 2.5;\n  };\n}'
        )

    def test_a_failed_test_shows_its_logs_and_leaks_nothing(self):
        done = subprocess.run(
            ["python3", "-B", "-c", FAILING_TEST],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        self.assertEqual(done.returncode, 1)
        self.assertIn("last words", done.stdout)
        self.assertIn("FAILED (failures=1)", done.stderr)
        folder = done.stdout.split(" keeps ")[1].split()[0]
        self.addCleanup(shutil.rmtree, folder)
        with open(os.path.join(folder, "pid"), encoding="ascii") as file:
            self.assertFalse(os.path.exists("/proc/" + file.read()))


if __name__ == "__main__":
    unittest.main()
