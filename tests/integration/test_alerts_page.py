"""deploy/runbooks/alerts.md: every command on it is run against real servers, and shows what
whoever is woken looks for."""

import datetime
import os
import re
import unittest

import runbooks
from campaign_test import HELLO, CampaignTest

PLACES = (runbooks.OWN, runbooks.COMPOSE, runbooks.KUBERNETES)
# What a block must print, by the heading above it.
BLOCKS = {
    "At any hour": ["kafka +ok", "hello", "partition", "worker .*ready"],
    "SamWorkOverdue": ["hello-", r"sam-workers .*sam\.jobs", '"item_id"'],
    "SamWorkerGone": [r"sam-workers .*sam-worker", r"worker .*ready"],
    "SamUnknownGrowing": ["hello-", '"outcome":"unknown"'],
    "SamUnipileErrors": ["unipile +ok", '"error_type"'],
    "SamGateClosed": ["partition", "ready", r"(?m)^\d+ .*ce_type=sam\."],
    "SamDeadLetters": ["not read for", "sam_reason"],
    "SamRebalanceStorm": ["Stable", r"sam-ledger .*sam-worker"],
    "SamAccountsBlocked": ["not JSON", "{no event"],
    "SamTopicsBadlyKept": ["Completed updating config"],
    "SamDeadRows": ["application_name", "slot_name"],
}
# What stands within the text: what it must print.
INLINE = {
    "samctl unknown list": "hello-",
    "samctl queue --limit 5": "hello-",
    "samctl why PERSON": "because",
    "samctl doctor": "postgres +ok",
    "samctl migrate": "the schema is version",
    "samctl topics show": "in sync",
    "samctl topics create": "was there",
    "samctl unknown settle ID sent": "settled",
    "samctl unknown settle ID not-sent": "settled",
    "samctl status": "hello",
    "samctl campaign show CAMPAIGN": "hello",
    "samctl preview CAMPAIGN": "Hello",
    "samctl campaign update FILE": "hello changed",
    "samctl campaign update /dev/stdin <FILE": "hello changed",
    "samctl ledger status": "partition",
    "samctl account list": "anna",
    "samctl account resume NAME": "anna",
    "samctl account add --help": "--daily-cap",
    "samctl account set NAME --daily-cap N": "anna",
    "samctl ledger clear PARTITION:OFFSET": "cleared, not applied",
    "samctl ledger accept-gap PARTITION": "has no gap",
    "samctl ledger reset": "nothing is to be reset",
    "samctl ledger replay --from TIME": "applied again",
    "samctl person release PERSON": "is not on hold",
    "samctl pause --all": "no call begins",
    "samctl resume --all": "they go on",
    'psql -c "SELECT count(*) FROM pg_stat_activity"': "count",
    'psql -c "SELECT pg_terminate_backend(PID)"': "t",
    'psql -c "VACUUM send_queue" -c "VACUUM account_schedule"': "VACUUM",
    'kcat -F "$KCAT_CONFIG" -b "$BROKERS" -L': "sam.events",
    "samctl holiday list --country DE --year YEAR": "Good Friday",
    "samctl holiday add DAY --name NAME": "1 own dates",
    "health": "ready",
}


# Of these the night has no need here: they say so, and change nothing.
REFUSED = "samctl ledger accept-gap PARTITION|samctl ledger reset|samctl person release PERSON"


def inline():
    """The commands within the text, each once."""
    text = re.sub(r"^```.*?^```$", "", runbooks.page("alerts.md"), flags=re.M | re.S)
    said = {" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)}
    return {one for one in said if re.match(r"(samctl|psql|kcat|kafka-\S*) |health$", one)}


class AlertsPage(CampaignTest):
    def setUp(self):
        super().setUp()
        self.config["limits"]["spacing"] = "1h"
        self.config["producer"]["replies_every"] = "1h"  # what is unknown stays for the page
        self.prepare()
        self.simulator.fault(route="chats", action="cut_after", count=2)
        self.start_both()
        for section, daemon in (("producer", self.producer), ("worker", self.worker)):
            self.config.setdefault(section, {})["listen"] = f"127.0.0.1:{daemon.port}"
        self.write_config()
        self.campaign("hello", "messenger", HELLO, 6)
        self.shell = runbooks.Shell(self.folder, runbooks.head(), {
            "BROKERS": self.kafka.address, "PREFIX": self.topic_prefix,
            "DATABASE": self.database.conninfo,
        })  # fmt: skip
        self.shell.link(os.path.join(self.bin, "samctl"))

    def set_one_aside(self):
        anna = self.database.value("SELECT id FROM linkedin_accounts WHERE name = 'anna'")
        self.kafka.produce(self.topic("sam.events"), "{no event", anna, ("ce_type=sam.person.v1",))
        self.wait_for("the event", lambda: self.count("ledger_aside"))
        return self.database.value("SELECT partition || ':' || event_offset FROM ledger_aside")

    def values(self, place):
        """What stands for the page's words in capitals."""
        today = datetime.datetime.now(datetime.timezone.utc).date()
        partition, offset = place.split(":")
        return {"PARTITION": partition, "OFFSET": offset, "PERSON": "hello-5", "CAMPAIGN": "hello",
                "FILE": "hello.json", "DAY": str(today + datetime.timedelta(days=30)),
                "TIME": f"{today}T00:00:00Z", "YEAR": str(today.year), "NAME": "anna",
                "N": "20"}  # fmt: skip

    def filled(self, text, values):
        """As it is run here; `doctor` ends with 1, since something is wrong, as at night."""
        text = re.sub("^samctl doctor", "{ samctl doctor || [ $? = 1 ]; }", text, flags=re.M)
        text = re.sub(f"^({REFUSED})$", r"{ \1 2>&1 || [ $? = 1 ]; }", text)
        return re.sub(r"\b(%s)\b" % "|".join(values), lambda m: values[m[1]], text)

    def test_every_command_of_the_page(self):
        self.wait_for("two whose end is not known", lambda: self.items()["unknown"] == 2)
        self.kafka.produce(self.topic("sam.jobs"), "no job", "x", ["ce_type=sam.job.v1"])
        self.wait_for("the dead letter", lambda: self.kafka.records(self.topic("dlq.sam.jobs")))
        values = self.values(self.set_one_aside())
        followed = [each for each in runbooks.blocks("alerts.md") if each[0] not in PLACES]
        self.assertEqual([heading for heading, _ in followed], list(BLOCKS))
        for heading, text in followed:
            with self.subTest(heading):
                out = self.shell.run(self.filled(text, values))
                for word in BLOCKS[heading]:
                    self.assertRegex(out, word)
        self.assertEqual(inline(), set(INLINE))
        ids = [row["item_id"] for row in self.samctl_json("unknown", "list")]
        with self.database.sessions("somebody"):
            values["PID"] = self.database.value(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'somebody'"
            )
            for text, word in INLINE.items():
                if " ID " in text:
                    values["ID"] = ids.pop()
                with self.subTest(text):
                    self.assertRegex(self.shell.run(self.filled(text, values)), word)
        self.assertEqual(self.count("linkedin_accounts WHERE blocked_reason IS NOT NULL"), 0)
        self.wait_for("both to be settled", lambda: self.items()["unknown"] == 0)

    def test_the_three_places_say_the_same(self):
        """The commands of the pages need these, and one form of what they share."""
        for place in PLACES:
            text = runbooks.head(place)
            for name in ("BROKERS", "PREFIX", "CONFIG", "KCAT_CONFIG"):
                self.assertRegex(text, rf"(^|\s){name}=", place)
            for function in ("psql", "health", "read_topic"):
                self.assertRegex(text, rf"(?m)^{function}\(\)", place)
        reads = {re.search("^read_topic.*", runbooks.head(place), re.M)[0] for place in PLACES}
        self.assertEqual(len(reads), 1)


if __name__ == "__main__":
    unittest.main()
