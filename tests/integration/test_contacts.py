"""tests/cases/contacts.json: replies and contacts as people had them with other tools. Each case
has an account, people and campaigns of its own; all of them run at once in one SAM."""

import json
import os
import unittest

from campaign_test import HELLO, CampaignTest
from sam_test import SOURCE

CASES = os.path.join(SOURCE, "tests", "cases", "contacts.json")
DAY = 86400
FOLLOW_UP = {"after": "0s", "text": "Hello"}


class Contacts(CampaignTest):
    maxDiff = None
    ahead = 0  # seconds by which our clock is ahead of LinkedIn's

    def setUp(self):
        super().setUp()
        with open(CASES, encoding="utf-8") as file:
            self.cases = json.load(file)

    # ---- what a case is made of ----

    def account(self, case, number=0):
        return case["id"] + ("-b" if number else "")

    def slugs(self, case):
        return [f"{case['id']}-{n}" for n in range(case.get("people", 1))]

    def campaigns(self, case):
        return case.get("campaigns", [{"kind": "messenger"}])

    def all_accounts(self):
        return [
            self.account(case, number)
            for case in self.cases
            for number in {c.get("account", 0) for c in self.campaigns(case)} | {0}
        ]

    def world(self):
        people = [{"slug": slug, **case["person"]}
                  for case in self.cases for slug in self.slugs(case)]  # fmt: skip
        for person in people:
            person.setdefault("reply_after_ms", None)
        return {"accounts": [{"id": "U" + a} for a in self.all_accounts()], "people": people}

    def templates(self, case, kind):
        later = {"after": case.get("second_after", "1s"), "text": "Are you there?"}
        return {"hello": HELLO,
                "messenger": {"direct_message_1": "Hello", "direct_message_2": later},
                "connector": {"connection_request": "", "follow_up_1": FOLLOW_UP},
                "noted": {"connection_request": "Hi", "follow_up_1": FOLLOW_UP}}[kind]  # fmt: skip

    def names(self, case, campaign):
        """As the campaign knows its people."""
        if campaign.get("by") == "id":
            return [self.api().id_of("U" + self.account(case), s) for s in self.slugs(case)]
        return case["person"]["former_slugs"] if campaign.get("by") else self.slugs(case)

    def make(self, case):
        for n, campaign in enumerate(self.campaigns(case)):
            kind = campaign["kind"]
            self.accounts = (self.account(case, campaign.get("account", 0)),)
            self.campaign(f"{case['id']}.{n}",
                          "connector" if kind in ("connector", "noted") else "messenger",
                          self.templates(case, kind), self.names(case, campaign), start=False,
                          give_up_after=campaign.get("give_up_after", "21d"))  # fmt: skip

    # ---- what happens ----

    def happens(self, case, step):
        account, slug = "U" + self.account(case), self.slugs(case)[0]
        if "set" in step:
            self.samctl("person", "set", slug, step["set"])
        elif "accept" in step:
            self.simulator.accept(account, slug)
        else:
            self.simulator.reply(account, slug, step["reply"], step.get("group", False))

    def begin(self):
        self.accounts = self.all_accounts()
        self.prepare(scenario=self.world())
        for case in self.cases:
            for step in case.get("before", ()):
                self.happens(case, step)
        for _ in range(2):  # years
            self.simulator.ask("POST", "/clock", {"advance_ms": 365 * DAY * 1000})
        self.database.shift_clock(f"{730 * DAY + self.ahead} seconds")
        for case in self.cases:
            self.make(case)
            for step in case.get("early", ()):
                self.happens(case, step)
            for fault in case.get("faults", ()):
                self.simulator.fault(account="U" + self.account(case), **fault)
        self.start_both()
        for case in self.cases:
            for n, campaign in enumerate(self.campaigns(case)):
                if not campaign.get("draft"):
                    self.samctl("campaign", "start", f"{case['id']}.{n}")

    # ---- what comes of it ----

    def look(self):
        """What has become of each case: id -> as its "right"."""
        found = {case["id"]: {"status": [], "hold": None, "arrived": [], "refused": 0}
                 for case in self.cases}  # fmt: skip
        rows = self.database.rows(
            "SELECT c.name, p.status, p.hold_reason FROM campaign_prospects p "
            "JOIN campaigns c ON c.id = p.campaign_id ORDER BY p.status"
        )
        for row in rows:
            case = found[row["name"].partition(".")[0]]
            case["status"].append(row["status"])
            case["hold"] = row["hold_reason"] or case["hold"]
        for call in self.calls():
            case = found[call["account"].removeprefix("U").removesuffix("-b")]
            if call["executed"]:
                case["arrived"].append(call["route"])
            else:
                case["refused"] += 1
        return found

    def right(self, case):
        return {"hold": None, "refused": 0, **case["right"]}

    def wrong(self):
        found = self.look()
        return [f"{case['id']} ({case['what']}): {found[case['id']]}, not {self.right(case)}"
                for case in self.cases if found[case["id"]] != self.right(case)]  # fmt: skip

    def events(self):
        return [(case, dict(step)) for case in self.cases for step in case.get("when", ())]

    def settle(self, waiting):
        """What waits for a status happens; has everything come to its end?"""
        found = self.look()
        for event in waiting[:]:
            case, step = event
            if found[case["id"]]["status"] == [step["status"]]:
                self.happens(case, step)
                waiting.remove(event)
        return not waiting and not self.wrong()

    def run_all(self):
        self.begin()
        waiting = self.events()
        try:
            self.wait_for("all cases", lambda: self.settle(waiting), 60)
        except AssertionError:
            pass  # each is told below
        self.writes_end()
        wrong = self.wrong()
        print(f"{len(self.cases)} cases of {CASES}, {len(wrong)} wrong", flush=True)
        self.assertEqual("\n".join(wrong), "")
        self.not_twice()

    def test_all_cases(self):
        self.run_all()

    def test_all_cases_with_a_clock_that_is_ahead(self):
        """LinkedIn's, by which messages have their time, is half a minute behind ours."""
        self.ahead = 30
        self.run_all()


class LoginPage(CampaignTest):
    """Beside the table: base_url leads to a login page, which answers everything with HTML; it
    would stop the other cases too."""

    def test_nothing_counts_as_sent(self):
        self.prepare()
        self.simulator.fault(route="any", action="not_json", count=1000000)
        done = self.samctl_result("doctor")
        self.assertIn("a login page, not Unipile", done.stdout + done.stderr)
        self.campaign("c", "messenger", HELLO, 5)
        self.start_both()
        self.wait_for("claims to rest", lambda: "claims rest" in self.worker.get("/readyz")[1])
        self.assertEqual(self.sent(), 0)
        self.assertEqual(self.people(), {"approved": 5})


if __name__ == "__main__":
    unittest.main()
