"""Postgres fails over to a standby that had not received the last commits: what they held comes
back from the ledger before the first claim, and nothing is sent twice."""

import socket
import unittest

from standby import FailoverTest, port_of

TEXTS = {
    "direct_message_1": "Hello {first_name}",
    "direct_message_2": {"after": "1s", "text": "Again {first_name}"},
}


class Failover(FailoverTest):
    accounts = ("a1", "a2", "a3", "a4")

    def start_and_cut_off(self, people=40):
        """A campaign runs, with a first contact or a follow-up at any moment, and goes on while the
        standby gets nothing."""
        self.prepare_both()
        self.campaign("later", "messenger", TEXTS, 2, start=False)
        self.start_both()
        self.start_worker()
        self.campaign("f", "messenger", TEXTS, people)
        self.wait_until_sent(6)
        self.standby.cut_off()
        self.known = self.standby.attempt_ids(self.database.name)
        self.assertTrue(self.known)
        self.wait_until_sent(len(self.known) + 12)

    def all_end(self, people=40):
        self.wait_until_completed("f")
        self.wait_until_ended()
        self.judge(2 * people + 2)
        self.assertEqual(self.people(), {"completed": people + 1, "opted_out": 1})
        self.assertGreaterEqual(self.relearned_first(self.known), 12)

    def test_commits_that_were_lost_are_learned_again(self):
        self.start_and_cut_off()
        self.samctl("person", "set", "later-0", "opted_out")
        self.wait_until_told()
        self.fail_over()
        self.samctl("campaign", "start", "later")  # which the ledger may not have stopped yet
        self.all_end()
        self.assertIn("gate_shut", self.worker.log())

    def test_a_service_address_that_moves_and_workers_that_die_with_it(self):
        """The same conninfo leads to the standby; whoever begins there remembers nothing."""
        self.start_and_cut_off()
        self.samctl("person", "set", "later-0", "opted_out")
        self.wait_until_told()
        for process in (self.worker, self.processes[-1]):
            process.kill()
        self.fail_over()
        self.standby.move_to(self.postgres)
        self.database.served_by(self.standby)
        self.start_worker(ready=False)
        self.samctl("campaign", "start", "later")
        self.all_end()

    def test_a_first_host_that_takes_connections_and_never_answers(self):
        """A machine that hangs, or is gone without a word: the second one is tried."""
        self.prepare()
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            both = (
                f"host=127.0.0.1,127.0.0.1 port={port},{port_of(self.postgres)} user=postgres "
                f"dbname={self.database.name} target_session_attrs=read-write"
            )
            worker = self.start_worker(ready=False, SAM_POSTGRES_CONNINFO=both)
            self.wait_for("the worker", worker.ready, 60)
            self.start_producer()
            self.campaign("f", "messenger", TEXTS, 4)
            self.wait_until_completed("f")
        self.judge(8)


if __name__ == "__main__":
    unittest.main()
