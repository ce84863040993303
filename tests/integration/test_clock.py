"""A database whose clock cannot be relied on: nothing is planned, claimed or sent by it."""

import unittest

from campaign_test import HELLO, CampaignTest


class Clock(CampaignTest):
    accounts = ("anna",)

    def set_server_clock(self, interval):
        """Moves the clock of the server itself, for this database: sam_now() goes with it."""
        self.database.execute(
            "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz "
            "LANGUAGE sql VOLATILE PARALLEL SAFE AS "
            f"$$ SELECT pg_catalog.clock_timestamp() + interval '{interval}' $$"
        )

    def both_say(self, what):
        for daemon in (self.worker, self.producer):
            self.wait_for(what, lambda d=daemon: what in d.get("/readyz")[1])
            self.assertEqual(daemon.get("/readyz")[0], 503)

    def test_a_clock_that_jumps_stops_claims_and_planning(self):
        self.database.execute(
            f'ALTER DATABASE "{self.database.name}" SET search_path = public, pg_catalog'
        )
        self.set_server_clock("0 s")
        self.prepare()
        self.start_both()
        self.campaign("clock", "messenger", HELLO, 30)
        self.wait_until_sent(3)
        self.set_server_clock("2 hours")
        self.both_say("the database's clock is 7200 s off ours")
        self.writes_end()
        self.assertGreater(self.open_people(), 0)
        self.set_server_clock("0 s")
        self.both_say("it must be steady for 60 s")
        self.writes_end(within=0)
        self.assertEqual(self.worker.stop(), 0)
        self.assertEqual(self.producer.stop(), 0)
        self.start_both()
        self.wait_until_completed("clock")
        self.judge(30)


if __name__ == "__main__":
    unittest.main()
