"""Whole campaigns, for integration tests: from people to what the simulator saw."""

import datetime
import time
from collections import Counter, defaultdict

import moments
from sam_test import API_KEY, SamTest
from unipile_api import Api

ALL_DAY = {
    "country": "DE",
    "timezone": "Europe/Berlin",
    "hours": {"from": "00:00", "to": "24:00"},
    "weekend": [],
    "holidays": False,
}
ENDED = "('replied', 'opted_out', 'converted', 'not_interested', 'completed', 'failed')"
CAPS = ("daily_cap", "daily_invitations", "weekly_invitations", "daily_messages",
        "daily_profile_views", "monthly_notes")  # fmt: skip
WRITES = ("invite", "chats", "messages")
HELLO = {"direct_message_1": "Hello {first_name}"}


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

    def prepare(self, options=(), scenario=None, timezone="Europe/Berlin"):
        self.install(scenario, options)
        self.samctl("workspace", "add", "w")
        for name in self.accounts:
            self.samctl("account", "add", name, "--unipile-id", "U" + name, "--country", "DE",
                        "--timezone", timezone)  # fmt: skip

    def start_both(self):
        self.worker = self.start_worker(ready=False)
        self.producer = self.start_producer()
        self.wait_for("the worker", self.worker.ready, 60)

    def campaign(self, name, kind, templates, people, start=True, **more):
        """Makes, fills and starts a campaign; people: how many, or a list of public names,
        provider ids, and both as NAME=ID."""
        if isinstance(people, int):
            people = [f"{name}-{i}" for i in range(people)]
        value = {"name": name, "campaign_type": kind, "accounts": list(self.accounts)}
        value.update(dict(ALL_DAY, message_templates=templates, **more))
        self.samctl("campaign", "create", self.write_json(f"{name}.json", value))
        lines = ["linkedin_url,linkedin_user_id,first_name"]
        for i, person in enumerate(people):
            slug, _, number = ("=" + person if person.startswith("ACo") else person).partition("=")
            url = f"https://www.linkedin.com/in/{slug}" if slug else ""
            lines.append(f"{url},{number},N{i}")
        path = self.write(f"{name}.csv", "\n".join(lines) + "\n")
        self.samctl("import", path, "--campaign", name)
        self.samctl("approve", "--campaign", name, "--all")
        if start:
            self.samctl("campaign", "start", name)
        return people

    # ---- what SAM's books say ----

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

    def attempts(self):
        """Of write calls: Counter of outcome, '' while there is none."""
        rows = self.database.rows("SELECT outcome FROM send_attempts WHERE kind <> 'profile_view'")
        return Counter(row["outcome"] for row in rows)

    def sent(self):
        return self.count("campaign_messages")

    def campaign_status(self, name):
        return self.database.value(f"SELECT status FROM campaigns WHERE name = '{name}'")

    def wait_until_completed(self, name, seconds=120):
        self.wait_for(f"{name} to complete", lambda: self.campaign_status(name) == "completed",
                      seconds)  # fmt: skip

    def wait_until_sent(self, count, seconds=30):
        self.wait_for(f"{count} sends", lambda: self.sent() >= count, seconds)

    def wait_until_ended(self, seconds=90):
        """Every person has come to an end, and nothing waits in the queue."""
        self.wait_for("all people to end", lambda: self.open_people() == 0, seconds)

    def open_people(self):
        people = f"campaign_prospects WHERE status NOT IN {ENDED}"
        return self.count(people) + self.count(
            "send_queue WHERE status IN ('pending', 'published', 'sending')"
        )

    def account_of(self, vanity):
        """The Unipile id of the account that writes to a person."""
        return self.database.value(
            "SELECT a.unipile_id FROM campaign_prospects p JOIN linkedin_accounts a "
            f"ON a.id = p.account_id WHERE p.vanity = '{vanity}'"
        )

    # ---- what arrived ----

    def api(self):
        """The simulated Unipile, asked as a client would."""
        return Api(self.simulator.url, API_KEY)

    def calls(self, *routes):
        """The journal's lines of these routes, or of all writes; in the order of arrival."""
        return [e for e in self.simulator.journal() if e["route"] in (routes or WRITES)]

    def names(self):
        """Public name by provider id, as SAM has resolved them."""
        rows = self.database.rows("SELECT DISTINCT provider_id, vanity FROM campaign_prospects")
        return {row["provider_id"]: row["vanity"] or row["provider_id"] for row in rows}

    def arrived(self):
        """The accepted writes of each person: public name -> routes, in their order."""
        calls, found = self.calls(), defaultdict(list)
        names = self.names()  # afterwards: who was called has been resolved before
        for call in calls:
            if call["executed"]:
                found[names[call["person"]]].append(call["route"])
        return dict(found)

    def texts(self):
        """Every text that the simulator holds from us: public name -> texts, oldest first; a
        pending invitation's note, and what stands in the chats."""
        api, names, found = self.api(), self.names(), defaultdict(list)
        for account in self.accounts:
            account = "U" + account
            for item in api.items("/users/invite/sent", account_id=account):
                found[names[item["invited_user_id"]]].append(item["invitation_text"])
            for chat in api.items("/chats", account_id=account):
                messages = api.items(f"/chats/{chat['id']}/messages")
                ours = [m["text"] for m in reversed(messages) if m["is_sender"]]
                found[names[chat["attendee_provider_id"]]] += ours
        return dict(found)

    def writes_end(self, within=5, quiet=3):
        """Writes end within so many seconds of now, and stay away; how many arrived by then."""
        return self._end("writes", lambda: self.simulator.audit()["writes"], within, quiet)

    def calls_end(self, within=5, quiet=5):
        """The same for all calls for an account, looks for replies among them."""
        return self._end("calls", lambda: len([c for c in self.simulator.journal()
                                               if c["account"]]), within, quiet)  # fmt: skip

    def _end(self, what, count, within, quiet):
        seen = {"count": -1, "begun": time.monotonic(), "since": 0}

        def ended():
            now = count()
            if now != seen["count"]:
                seen.update(count=now, since=time.monotonic())
                self.assertLess(seen["since"] - seen["begun"], within + 0.5, f"{what} go on")
            return time.monotonic() - seen["since"] >= quiet

        self.wait_for(f"{what} to end", ended, within + quiet + 2)
        return seen["count"]

    def not_twice(self):
        """No call twice, none too early, whatever else has happened. Returns the audit."""
        audit = self.simulator.audit(self.spacing_ms)
        self.assertEqual(audit["duplicates"], 0, audit["duplicate_samples"])
        self.assertEqual(audit["refused_duplicates"], 0, audit)
        self.assertEqual(audit["spacing_breaks"], 0, audit["spacing_samples"])
        return audit

    def judge(self, sent):
        """Exactly so many calls arrived, none twice, none too early; SAM's books say the same."""
        audit = self.not_twice()
        self.assertEqual(audit["accepted"], sent, audit)
        self.assertEqual(self.sent(), sent)
        self.assertEqual(self.items()["sent"], sent)
        self.assertEqual(self.items()["unknown"], 0)
        self.assertEqual(self.attempts()[""], 0, "attempts without an end")


class FridayTest(CampaignTest):
    """One account, on a Friday at noon by SAM's clock and the simulator's: no day ends meanwhile,
    and whatever was counted before lies in the past."""

    accounts = ("anna",)

    def prepare_on_friday(self, **more):
        self.prepare(timezone="Etc/UTC", **more)
        self.shift = 0
        friday = moments.next_weekday(moments.FRIDAY, "12:00", "Etc/UTC")
        self.move_clock(moments.seconds_until(friday))

    def move_clock(self, seconds):
        self.shift += seconds
        self.simulator.ask("POST", "/clock", {"advance_ms": seconds * 1000})
        self.database.shift_clock(f"{self.shift} seconds")

    def hours_from_now(self, hours):
        shift = datetime.timedelta(seconds=self.shift, hours=hours)
        return moments.text(moments.now() + shift)
