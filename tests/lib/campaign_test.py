"""Whole campaigns, for integration tests: from people to what the simulator saw."""

from collections import Counter

from sam_test import SamTest

ALL_DAY = {
    "country": "DE",
    "timezone": "Europe/Berlin",
    "hours": {"from": "00:00", "to": "24:00"},
    "weekend": [],
    "holidays": False,
}
ENDED = "('replied', 'opted_out', 'converted', 'not_interested', 'completed', 'failed')"
CAPS = ("daily_cap", "daily_invitations", "weekly_invitations", "daily_messages",
        "daily_profile_views")  # fmt: skip


class CampaignTest(SamTest):
    """Two accounts, calendars always open, caps out of the way, looks every second."""

    accounts = ("anna", "ben")
    spacing_ms = 300

    def setUp(self):
        super().setUp()
        self.config["limits"].update({"spacing": f"{self.spacing_ms}ms", "jitter": "0s"})
        self.config["limits"].update({cap: 100_000 for cap in CAPS})
        self.config["producer"].update({"replies_every": "1s", "relations_every": "1s"})
        self.config["unipile"].update({"timeout": "3s", "connect_timeout": "1s"})

    def prepare(self, options=()):
        self.install(options=options)
        self.samctl("workspace", "add", "w")
        for name in self.accounts:
            self.samctl("account", "add", name, "--unipile-id", "U" + name, "--country", "DE",
                        "--timezone", "Europe/Berlin")  # fmt: skip

    def campaign(self, name, kind, templates, people, start=True, **more):
        """Makes, fills and starts a campaign; people: how many, or a list of public names."""
        if isinstance(people, int):
            people = [f"{name}-{i}" for i in range(people)]
        value = {"name": name, "campaign_type": kind, "accounts": list(self.accounts)}
        value.update(ALL_DAY, message_templates=templates, **more)
        self.samctl("campaign", "create", self.write_json(f"{name}.json", value))
        lines = ["linkedin_url,first_name"]
        lines += [f"https://www.linkedin.com/in/{p},N{i}" for i, p in enumerate(people)]
        path = self.write(f"{name}.csv", "\n".join(lines) + "\n")
        self.samctl("import", path, "--campaign", name)
        self.samctl("approve", "--campaign", name, "--all")
        if start:
            self.samctl("campaign", "start", name)
        return people

    def count(self, rows):
        """How many rows: "TABLE WHERE ..."."""
        return self.database.count("SELECT count(*) FROM " + rows)

    def people(self):
        """How many people stand where: Counter of status."""
        rows = self.database.rows("SELECT status FROM campaign_prospects")
        return Counter(row["status"] for row in rows)

    def items(self):
        rows = self.database.rows("SELECT status FROM send_queue")
        return Counter(row["status"] for row in rows)

    def sent(self):
        return self.count("campaign_messages")

    def wait_until_ended(self, seconds=90):
        """Every person has come to an end, and nothing waits in the queue."""
        self.wait_for("all people to end", lambda: self.open_people() == 0, seconds)

    def open_people(self):
        people = f"campaign_prospects WHERE status NOT IN {ENDED}"
        return self.count(people) + self.count(
            "send_queue WHERE status IN ('pending', 'published', 'sending')"
        )

    def judge(self, sent):
        """Exactly so many calls arrived, none twice, none too early; SAM's books say the same."""
        audit = self.simulator.audit(self.spacing_ms)
        self.assertEqual(audit["duplicates"], 0, audit["duplicate_samples"])
        self.assertEqual(audit["refused_duplicates"], 0, audit)
        self.assertEqual(audit["spacing_breaks"], 0, audit["spacing_samples"])
        self.assertEqual(audit["accepted"], sent, audit)
