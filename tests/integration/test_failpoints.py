"""A program that dies between any two steps of a send, or stands still past every deadline: nobody
is written to twice, everybody is written to, and no end stays unknown."""

import unittest

from campaign_test import CampaignTest
from failpoints import OF_PRODUCERS, Failpoints, names
from waiting import wait_for

TEXTS = {"direct_message_1": "Hello {first_name}",
         "direct_message_2": {"after": "1s", "text": "Again {first_name}"}}  # fmt: skip
# What was published by who died is swept after two minutes: perhaps all that there is to do.
SWEPT = 200


class FailpointTest(CampaignTest):
    accounts = ("anna", "ben", "cleo")

    def setUp(self):
        super().setUp()
        self.config["worker"]["reconcile_after"] = "1s"
        self.points = Failpoints(self.folder)
        self.programs = {}

    def begin(self, people):
        self.prepare(options=["--reply-percent", "0"])
        self.people_count = people
        self.replace("worker1", ready=False)
        self.replace("worker2", ready=False)
        self.replace("producer", ready=True)
        self.campaign("c", "messenger", TEXTS, people)
        self.wait_until_sent(3)

    def replace(self, name, ready=False):
        start = self.start_producer if name == "producer" else self.start_worker
        self.programs[name] = start(ready=ready, **self.points.environment)

    def make_it_happen(self, name):
        """What brings a program to this place, where sends alone do not."""
        if name == "outbox_acked":
            self.samctl("account", "pause", "cleo")
            self.samctl("account", "resume", "cleo")
        elif name == "looked":
            self.simulator.fault(route="chats", action="cut_after")

    def ends(self):
        """All of it is done, in the right number."""
        self.wait_until_ended(240)
        self.wait_for("no end to be unknown", lambda: self.items()["unknown"] == 0, 120)
        self.wait_until_ended(240)
        self.judge(2 * self.people_count)
        self.assertEqual(self.people(), {"completed": self.people_count})


class Killed(FailpointTest):
    def dead(self):
        return [name for name, program in self.programs.items() if not program.running()]

    def test_at_every_step(self):
        self.begin(3 * 34)
        for name in sorted(names(), key=lambda name: name in OF_PRODUCERS):
            with self.subTest(at=name):
                self.points.arm(name)
                self.make_it_happen(name)
                wait_for(f"somebody at {name}", lambda n=name: self.points.hit(n), SWEPT, [])
                wait_for("its death", self.dead, 30, [])
                (dead,) = self.dead()
                self.programs[dead].wait_for_death()
                self.assertEqual(dead == "producer", name in OF_PRODUCERS)
                self.replace(dead)
        self.ends()


class Frozen(FailpointTest):
    def test_past_every_deadline_before_the_call(self):
        """Its session with Kafka is over and its send is taken for unknown; then it goes on."""
        self.begin(6)
        self.points.arm("claim_committed", "stop")
        self.wait_for("somebody there", lambda: self.points.hit("claim_committed", "stop"))
        self.wait_for("its send to be unknown", lambda: self.items()["unknown"] > 0, 120)
        for program in self.programs.values():
            program.thaw()
        self.ends()
        self.assertGreater(self.count("send_attempts WHERE error_type = 'lapsed'"), 0)


if __name__ == "__main__":
    unittest.main()
