"""The runbooks of Kafka, for integration tests: a page is followed block by block, on a Kafka of
its own that can be lost, moved or changed."""

import os
import shutil
import signal

import runbooks
from ledger_test import LedgerTest
from sam_test import Daemon
from servers import Kafka, folder_of

TEXTS = {
    "direct_message_1": "Hello {first_name}",
    "direct_message_2": {"after": "1s", "text": "Again {first_name}"},
}


class OwnKafka(Kafka):
    """A broker that no other test uses."""

    def __init__(self, folder):
        super().__init__(folder, private=True)

    def lose(self):
        """It crashes, and its disks are gone."""
        self.kill()
        shutil.rmtree(os.path.join(self.folder, "data"))

    def start_empty(self):
        """A new cluster, at the address of the lost one."""
        self.address = self._do("start", self.address.rsplit(":", 1)[1])


class KafkaBook(LedgerTest):
    """A page's blocks, each run once and in the order of the page."""

    page = ""

    @classmethod
    def own_kafka(cls, name):
        kafka = OwnKafka(os.path.join(folder_of(cls), name))
        cls.addClassCleanup(kafka.stop)
        kafka.start()
        return kafka

    def read(self, top="", **variables):
        """The page is opened; top: what it has its reader say first, with these values."""
        self.blocks = runbooks.blocks(self.page)
        self.shell = runbooks.Shell(self.folder, runbooks.head() + top, {
            "BROKERS": self.config["kafka"]["bootstrap_servers"], "PREFIX": self.topic_prefix,
            "DATABASE": self.database.conninfo, **variables,
        })  # fmt: skip
        self.shell.link(os.path.join(self.bin, "samctl"))

    def follow(self, heading):
        """Runs the next block, which stands below this heading; what it printed."""
        above, text = self.blocks.pop(0)
        self.assertEqual(above, heading)
        return self.shell.run(text)

    def listen_as_said(self, producer, worker):
        """`health` on this machine finds both by sam.cfg."""
        for section, daemon in (("producer", producer), ("worker", worker)):
            self.config.setdefault(section, {})["listen"] = f"127.0.0.1:{daemon.port}"
        self.write_config()

    def stop_all(self):
        """As every page says it: producers, then workers, by SIGTERM."""
        for name in ("producer", "worker"):
            those = [daemon for daemon in self.daemons() if daemon.name.startswith(name)]
            for daemon in those:
                daemon.signal(signal.SIGTERM)
            for daemon in those:
                self.assertEqual(daemon.wait_exit(60), 0, daemon.name)

    def daemons(self):
        return [p for p in self.processes if isinstance(p, Daemon) and p.running()]

    def let_lost_jobs_end(self):
        """The two minutes are over after which what is in no log goes back to the schedule."""
        self.database.execute(
            "UPDATE send_queue SET sweep_at = sam_now() WHERE status = 'published'"
        )

    # ---- everybody is accounted for ----

    def books(self):
        """Who stands where, with how many messages."""
        return self.database.rows(
            "SELECT p.vanity, p.status, count(m.id) FROM campaign_prospects p LEFT JOIN "
            "campaign_messages m ON m.prospect_id = p.id GROUP BY 1, 2 ORDER BY 1"
        )

    def held(self):
        """Who would go on, were it not for the hold: an end that came later leaves it standing."""
        rows = self.database.rows(
            "SELECT vanity FROM campaign_prospects WHERE hold_reason = 'ledger_gap' AND status IN "
            "('pending', 'approved', 'connection_request_sent', 'connected', 'messaging')"
        )
        return {row["vanity"] for row in rows}

    def known(self):
        """Messages that SAM knows it has sent: public name -> how many."""
        rows = self.database.rows(
            "SELECT p.vanity, count(m.id) AS n FROM campaign_prospects p LEFT JOIN "
            "campaign_messages m ON m.prospect_id = p.id GROUP BY 1"
        )
        return {row["vanity"]: int(row["n"]) for row in rows}

    def at_linkedin(self):
        """What a person who looks there finds: public name -> how many of our messages."""
        return {name: len(routes) for name, routes in self.arrived().items()}
