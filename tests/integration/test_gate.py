"""The ledger and Postgres must fit each other before anything is sent (design 3.8)."""

import itertools
import os
import time
import unittest

from campaign_test import ENDED, HELLO, CampaignTest
from sam_test import run

WAITING = "send_queue WHERE status IN ('pending', 'published')"


class Gate(CampaignTest):
    accounts = ("anna",)

    def send_some_and_stop(self, people=40):
        """SAM at rest in the middle of a campaign, with everything applied."""
        self.prepare()
        self.start_both()
        self.campaign("gate", "messenger", HELLO, people)
        self.wait_until_sent(3)
        self.assertEqual(self.producer.stop(), 0)
        moving = "send_queue WHERE status IN ('published', 'sending')"
        self.wait_for("what is in Kafka to end", lambda: self.count(moving) == 0)
        self.assertEqual(self.worker.stop(), 0)
        self.assertGreater(self.count(WAITING), 0)

    def nothing_is_sent(self, *whys):
        """Both say one of these, and no call arrives while they do."""
        before = self.simulator.audit()["writes"]
        self.worker = self.start_worker(ready=False)
        self.producer = self.start_producer(ready=False)
        for daemon in (self.worker, self.producer):
            said = lambda d=daemon: d.get("/readyz")[1]  # noqa: E731
            self.wait_for(whys, lambda s=said: any(why in s() for why in whys))
            self.assertEqual(daemon.get("/readyz")[0], 503)
        ended = self.database.value("SELECT sam_now() + interval '2 s'")
        self.wait_for(
            "two seconds", lambda: self.database.value(f"SELECT sam_now() > '{ended}'") == "t"
        )
        self.assertEqual(self.simulator.audit()["writes"], before)
        self.assertEqual(self.count("send_queue WHERE status = 'sending'"), 0)

    def all_is_sent(self, people=40):
        """What was wrong is mended: it goes on by itself, and nothing twice."""
        self.wait_until_completed("gate")
        self.judge(people)

    def test_a_topic_that_was_made_anew(self):
        self.send_some_and_stop()
        self.kafka.tool("TopicCommand", "--delete", "--topic", self.topic("sam.events"))
        self.wait_for("the topic to be gone", self.topics_can_be_created)
        # the marker of one daemon may lie where the other one looks for the last record
        self.nothing_is_sent("the log ends before", "the log begins after", "was made anew")
        self.assertIn("ledger_halted", self.worker.log())
        self.wait_for("doctor to see it", lambda: "nothing is sent for the accounts of partition"
                      in self.samctl_result("doctor").stdout)  # fmt: skip
        self.assertIn("NOTHING IS SENT", self.samctl("status"))
        waiting = self.database.value(
            "SELECT p.vanity FROM send_queue i JOIN campaign_prospects p ON p.id = i.prospect_id "
            "WHERE i.status = 'pending' LIMIT 1"
        )
        why = self.samctl_json("why", waiting)[0]
        self.assertEqual(why["reason"], "gate_closed", why)

    def topics_can_be_created(self):
        return self.samctl_result("topics", "create").returncode == 0

    def test_a_position_behind_another_event(self):
        self.send_some_and_stop()
        real = self.positions()
        self.database.execute(
            "UPDATE ledger_positions SET last_event_id = gen_random_uuid() WHERE next_offset > 0"
        )
        self.nothing_is_sent("the record before the position is another one")
        self.set_positions(real)
        self.worker.stop()  # looks again by itself after half a minute; a new one does at once
        self.start_worker()
        self.all_is_sent()

    def positions(self):
        return self.database.rows("SELECT * FROM ledger_positions WHERE last_event_id IS NOT NULL")

    def set_positions(self, rows):
        for row in rows:
            self.database.execute(
                f"UPDATE ledger_positions SET last_event_id = '{row['last_event_id']}' "
                f"WHERE partition = {row['partition']} AND next_offset = {row['next_offset']}"
            )

    def test_a_log_that_was_trimmed_and_of_which_nothing_was_applied(self):
        self.send_some_and_stop()
        self.database.execute("UPDATE ledger_positions SET next_offset = 0, last_event_id = NULL")
        self.trim_events()
        self.nothing_is_sent("the log begins after the position")

    def trim_events(self):
        """The first record of each partition that has one is gone."""
        topic = self.topic("sam.events")
        first = [{"topic": topic, "partition": p, "offset": 1} for p in self.partitions()]
        trim = self.write_json("trim.json", {"version": 1, "partitions": first})
        self.kafka.tool("DeleteRecordsCommand", "--offset-json-file", trim)

    def partitions(self):
        return {record["partition"] for record in self.kafka.records(self.topic("sam.events"))}

    def test_an_idle_worker_rests(self):
        """Nothing is shut, nothing is due: no more than a few wakings a second."""
        self.prepare()
        worker = self.start_worker()
        begun, before = time.monotonic(), self.wakings(worker)
        self.wait_for("five seconds", lambda: time.monotonic() - begun > 5)
        self.assertLess((self.wakings(worker) - before) / (time.monotonic() - begun), 12)

    def wakings(self, process):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["voluntary_ctxt_switches"])

    def test_topics_that_grow_while_sam_runs(self):
        self.config["limits"]["spacing"] = "2s"  # the campaign outlasts Kafka's tool
        self.prepare()
        self.start_both()
        self.campaign("gate", "messenger", HELLO, 25)
        self.wait_until_sent(3)
        self.grow("sam.jobs")
        why = f"{self.topic('sam.jobs')} has 6 partitions, it had 4"
        for daemon in (self.worker, self.producer):
            self.wait_for(why, lambda d=daemon: why in d.get("/readyz")[1])
            self.assertEqual(daemon.get("/readyz")[0], 503)
        self.writes_end()
        self.assertGreater(self.open_people(), 0)
        for topic in ("sam.sync", "sam.events"):
            self.grow(topic)
        self.assertEqual(self.producer.stop(), 0)
        self.assertEqual(self.worker.stop(), 0)
        self.start_both()
        self.wait_until_ended(120)
        self.all_is_sent(25)

    def test_an_account_whose_history_is_in_another_partition(self):
        """Partitions were added, the database was lost: what the old partition holds of an account
        must be known before its new one is enough."""
        self.prepare()
        self.accounts = (self.account_that_moves(),)
        self.campaign("gate", "messenger", HELLO, 40)
        backup = os.path.join(self.folder, "backup")
        run("pg_dump", "-Fc", "-f", backup, "-d", self.database.conninfo)
        self.start_both()
        self.wait_until_sent(5)
        self.assertEqual(self.producer.stop(), 0)
        self.assertEqual(self.worker.stop(), 0)
        for topic in ("sam.jobs", "sam.sync", "sam.events"):
            self.grow(topic)
        self.database.drop()
        self.database.create()
        run("pg_restore", "-d", self.database.conninfo, backup)
        self.trim_events()
        self.nothing_is_sent("the log begins after the position")

    def account_that_moves(self):
        """By two more partitions, to one of the new ones."""
        for i in itertools.count():
            name = f"mover-{i}"
            self.add_account(name)
            if int(self.key_hash(name)) % 6 >= 4:
                return name

    def add_account(self, name):
        self.samctl("account", "add", name, "--unipile-id", "U" + name, "--country", "DE",
                    "--timezone", "Europe/Berlin")  # fmt: skip

    def key_hash(self, name):
        return int(
            self.database.value(f"SELECT key_hash FROM linkedin_accounts WHERE name = '{name}'")
        )

    def test_a_partition_that_halts_stops_its_own_accounts_only(self):
        self.prepare()
        partition = self.key_hash("anna") % 4
        for i in itertools.count():
            other = f"other-{i}"
            self.add_account(other)
            if self.key_hash(other) % 4 != partition:
                break
        self.accounts = ("anna", other)
        self.start_both()
        self.campaign("gate", "messenger", HELLO, 40)
        self.wait_until_sent(6)
        self.assertEqual(self.producer.stop(), 0)
        self.assertEqual(self.worker.stop(), 0)
        self.database.execute(
            f"UPDATE ledger_positions SET last_event_id = gen_random_uuid() "
            f"WHERE partition = {partition}"
        )
        self.worker = self.start_worker(ready=False)
        self.producer = self.start_producer(ready=False)
        waiting = (
            "campaign_prospects p JOIN linkedin_accounts a ON a.id = p.account_id "
            f"WHERE p.status NOT IN {ENDED} AND a.name = "
        )
        self.wait_for("the other's people", lambda: self.count(f"{waiting}'{other}'") == 0)
        self.assertGreater(self.count(f"{waiting}'anna'"), 0)

    def grow(self, topic):
        alter = ("--alter", "--topic", self.topic(topic), "--partitions", "6")
        self.kafka.tool("TopicCommand", *alter)

    def test_events_of_another_ledger(self):
        self.send_some_and_stop()
        self.database.execute("UPDATE ledger_positions SET next_offset = 0, last_event_id = NULL")
        self.database.execute("UPDATE ledger SET ledger_id = gen_random_uuid()")
        self.nothing_is_sent("another ledger")

    def positions_go_back(self):
        self.database.execute("UPDATE ledger_positions SET next_offset = 0, last_event_id = NULL")

    def test_positions_that_go_back_are_caught_up_with(self):
        """An old dump that is loaded into the live database, as far as positions go."""
        self.prepare()
        self.start_both()
        self.campaign("gate", "messenger", HELLO, 40)
        self.wait_until_sent(5)
        self.positions_go_back()  # under a running worker: it may have caught up in no time
        self.wait_until_sent(10)
        self.assertEqual(self.worker.stop(), 0)
        self.positions_go_back()  # and with nobody there to catch up
        self.wait_for("the gate to shut", lambda: self.producer.get("/readyz")[0] == 503)
        self.assertIn("went back", self.producer.log())
        self.worker = self.start_worker(ready=False)
        self.all_is_sent()


if __name__ == "__main__":
    unittest.main()
