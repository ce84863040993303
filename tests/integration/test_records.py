"""Records that are bad, strange, old or read twice; what stands in the topics when all is well."""

import json
import time
import unittest
import uuid

from campaign_test import ALL_DAY, HELLO, CampaignTest
from sam_test import run
from schema_check import VALIDATORS

RECORD_BYTES = 16384  # the most that a record may have
LETTER_BYTES = 512 * 1024  # what is kept of a longer one that is bad
BYTES = ("utf-8", "surrogateescape")
TYPES = {"sam.jobs": "ce_type=sam.job.v1", "sam.sync": "ce_type=sam.sync.v1"}
JOB = TYPES["sam.jobs"]


def a_uuid():
    return str(uuid.uuid4())


def stamp(seconds_ago=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - seconds_ago))


class Records(CampaignTest):
    def account_id(self, name="anna"):
        return self.database.value(f"SELECT id FROM linkedin_accounts WHERE name = '{name}'")

    def job(self, **changes):
        """A job that is well formed, and due; nothing stands behind it but its account."""
        keys = ("job_id", "workspace_id", "campaign_id", "person_id", "item_id")
        job = {key: a_uuid() for key in keys}
        job.update(account_id=self.account_id(), dispatch=1, due_at=stamp(), kind="message",
                   message_type="direct_message_1", unipile_account="Uanna")  # fmt: skip
        return dict(job, **changes)

    def produce(self, topic, value, headers=(JOB,), key=None):
        value = json.dumps(value) if isinstance(value, dict) else value
        self.kafka.produce(self.topic(topic), value, key or self.account_id(), headers)

    def topics(self, *names):
        """All records of these topics, with the values decoded."""
        found = [r for name in names for r in self.kafka.records(self.topic(name))]
        return [dict(record, value=json.loads(record["value"])) for record in found]

    def dead(self):
        return self.kafka.records(self.topic("dlq.sam.jobs"))

    def workers_metric(self, name):
        return sum(p.metric(name) for p in self.processes if p.name.startswith("worker"))

    def group(self, verb, *arguments):
        group = self.topic("sam-workers")
        return self.kafka.tool("ConsumerGroupCommand", verb, "--group", group, *arguments)

    def nothing_is_behind(self):
        """The group has stored the offset after the last record of every partition of sam.jobs."""
        rows = [line.split() for line in self.group("--describe").splitlines()]
        rows = [row for row in rows if len(row) > 5 and row[1] == self.topic("sam.jobs")]
        self.assertEqual(len(rows), 4)
        return all(row[3] == row[4] for row in rows if row[4] != "0")


class BadJobs(Records):
    def cases(self):
        """name, value, headers, what the reason says."""
        good = self.job()
        missing = {key: value for key, value in good.items() if key != "item_id"}
        return (
            ("not JSON", "{not json", (JOB,), "not JSON"),
            ("cut off", json.dumps(good)[:-9], (JOB,), "unexpected end"),
            ("not UTF-8", '{"job_id":"\udcff\udcfe"}', (JOB,), "not JSON"),
            ("no object", "[1]", (JOB,), "not a JSON object"),
            ("empty", "", (JOB,), "0 bytes"),
            ("no value", None, (JOB,), "0 bytes"),
            ("more follows", json.dumps(good) + "{}", (JOB,), "not JSON|follows"),
            ("too long", self.job(x="x" * RECORD_BYTES), (JOB,), f"{RECORD_BYTES}"),
            ("as long as Kafka takes it", "[" + "7" * 1_048_000, (JOB,), "a record has 1 to"),
            ("a key is missing", missing, (JOB,), "item_id: missing"),
            ("a wrong type", self.job(dispatch="1"), (JOB,), "dispatch: has the wrong type"),
            ("out of range", self.job(dispatch=0), (JOB,), "dispatch: out of range"),
            ("unknown call", self.job(kind="inmail"), (JOB,), "kind: unknown"),
            ("unknown version", good, ("ce_type=sam.job.v2",), 'ce_type is "sam.job.v2"'),
            ("unknown type", good, ("ce_type=com.example.order",), "com.example.order"),
            ("type of another topic", good, ("ce_type=sam.sync.v1",), "sam.sync.v1"),
            ("no header", good, (), 'ce_type is ""'),
            ("other headers only", good, ("ce_id=1", "type=sam.job.v1"), 'ce_type is ""'),
            ("an empty header", good, ("ce_type=",), 'ce_type is ""'),
        )

    def test_bad_jobs_are_set_aside_with_their_reason_and_the_worker_goes_on(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 8)
        cases = self.cases()
        for _, value, headers, _ in cases:
            self.produce("sam.jobs", value, headers)
        self.produce("sam.sync", '{"kind": 7}', ("ce_type=sam.sync.v1",))
        count = len(cases) + 1
        self.wait_for("dead letters", lambda: len(self.dead()) == count)
        self.wait_until_completed("c")
        self.judge(8)
        self.assertEqual(self.workers_metric("sam_dead_letters_total"), count)
        self.assertEqual(len(self.dead()), count)
        self.each_has_its_reason(cases)
        self.wait_for("the offsets", self.nothing_is_behind)

    def each_has_its_reason(self, cases):
        """In the order in which they came: one key, so one partition."""
        account = self.account_id()
        ours = [r for r in self.kafka.records(self.topic("sam.jobs")) if r["key"] == account]
        partition = {r["partition"] for r in ours}
        self.assertEqual(len(partition), 1)  # Kafka's tools and SAM agree on it
        sent = [r for r in ours if "ce_source" not in r["headers"]]
        dead = [r for r in self.dead() if r["headers"]["sam_topic"] == self.topic("sam.jobs")]
        self.assertEqual(len(dead), len(cases))
        for (name, _, _, reason), came, record in zip(cases, sent, dead):
            with self.subTest(name):
                self.assertRegex(record["headers"]["sam_reason"], reason)
                self.assertEqual(record["headers"]["sam_partition"], str(came["partition"]))
                self.assertEqual(record["headers"]["sam_offset"], str(came["offset"]))
                self.assertEqual(record["key"], came["key"])
                own = [(k, v) for k, v in record["headers"].items() if not k.startswith("sam_")]
                self.assertEqual(own, list(came["headers"].items()))
                value = came["value"] or ""
                self.assertEqual(record["headers"]["sam_bytes"], str(len(value.encode(*BYTES))))
                self.assertEqual(record["value"], value[:LETTER_BYTES])
        other = [r for r in self.dead() if r["headers"]["sam_topic"] == self.topic("sam.sync")]
        self.assertEqual([r["value"] for r in other], ['{"kind": 7}'])
        self.assertIn("job_id: missing", other[0]["headers"]["sam_reason"])


class OldJobs(Records):
    """Jobs that can be read, and that nothing must come of."""

    def test_jobs_of_unknown_or_past_items_are_ignored_and_counted(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 4)
        self.wait_until_completed("c")
        past = [r["value"] for r in self.topics("sam.jobs")]
        self.assertEqual(len(past), 4)
        looked_up = len(self.calls("profile"))
        old = [dict(job, due_at=stamp(3600)) for job in past]
        self.ignored(old + [self.job(due_at=stamp(86400))])
        self.assertEqual(len(self.calls("profile")), looked_up)
        later = [dict(job, dispatch=job["dispatch"] + 1) for job in past]
        self.ignored(past + later + [self.job(), self.job(account_id=a_uuid())])
        self.ignored(self.past_looks(), "sam.sync")
        self.wait_for("the offsets", self.nothing_is_behind)
        self.assertEqual(self.dead(), [])
        self.judge(4)

    def past_looks(self):
        """Jobs of sam.sync that were followed by newer ones."""
        def enough():
            looks = [r["value"] for r in self.topics("sam.sync")]
            last = {(look["account_id"], look["kind"]): look["dispatch"] for look in looks}
            past = [k for k in looks if k["dispatch"] < last[k["account_id"], k["kind"]]]
            return past if len(past) >= 4 else None

        return self.wait_for("looks for replies", enough)

    def ignored(self, jobs, topic="sam.jobs"):
        """Jobs of which nothing comes but a count."""
        stale = self.workers_metric("sam_jobs_stale_total") + len(jobs)
        for job in jobs:
            self.produce(topic, job, (TYPES[topic],), job["account_id"])
        self.wait_for(
            "jobs to be ignored", lambda: self.workers_metric("sam_jobs_stale_total") == stale
        )

    def test_a_job_that_nobody_published_does_not_hurry_an_item(self):
        self.prepare()
        self.start_both()
        self.samctl("account", "set", "anna", "--spacing", "1h")
        self.samctl("account", "set", "ben", "--spacing", "1h")
        self.campaign("c", "messenger", HELLO, 8)
        self.wait_until_sent(2)
        items = self.database.rows("SELECT * FROM send_queue WHERE status = 'pending'")
        self.assertEqual(len(items), 6)
        same = {"item_id": "id", "person_id": "prospect_id", "campaign_id": "campaign_id",
                "workspace_id": "workspace_id", "account_id": "account_id"}  # fmt: skip
        forged = []
        for item in items:
            ids = {key: item[column] for key, column in same.items()}
            for dispatch in {1, int(item["dispatch"]) + 1}:
                forged.append(self.job(**ids, dispatch=dispatch))
        self.ignored(forged)
        audit = self.simulator.audit(600_000)
        self.assertEqual((audit["writes"], audit["spacing_breaks"]), (2, 0), audit)
        self.assertEqual(self.items(), {"sent": 2, "pending": 6})

    def of_a_release_before(self, kind, templates):
        """A job of an item that is the item's latest, and that does not say what is to be read."""
        kim = {"slug": "kim", "degree": 2 if kind == "connector" else 1}
        self.prepare(scenario={"accounts": [{"id": "Uanna"}, {"id": "Uben"}], "people": [kim]})
        self.start_both()
        for name in self.accounts:
            self.samctl("account", "pause", name)
        person = f"kim={self.api().id_of('Uanna', 'kim')}"
        self.campaign("c", kind, templates, [person], accounts=["anna"])
        waits = "send_queue WHERE status = 'pending'"
        self.wait_for("an item", lambda: self.count(waits) == 1)
        self.producer.stop()
        self.samctl("account", "resume", "anna")
        self.database.execute("UPDATE send_queue SET status = 'published', reason = 'none', "
                              "dispatch = dispatch + 1, scheduled_for = sam_now(), "
                              "sweep_at = sam_now() + interval '1 hour'")  # fmt: skip
        (item,) = self.database.rows("SELECT * FROM send_queue")
        ids = {"item_id": "id", "person_id": "prospect_id", "campaign_id": "campaign_id"}
        ids = {key: item[column] for key, column in ids.items()}
        self.produce("sam.jobs", self.job(
            **ids, workspace_id=item["workspace_id"], dispatch=int(item["dispatch"]),
            kind="invitation" if kind == "connector" else "message",
            message_type=item["message_type"]))  # fmt: skip
        on_its_way = "send_queue WHERE status IN ('published', 'sending')"
        self.wait_for("its verdict", lambda: self.count(on_its_way) == 0)
        self.assertEqual(self.simulator.audit()["writes"], 0)
        self.assertEqual(self.count(waits + " AND reason = 'not_prepared'"), 1)

    def test_nobody_is_invited_whose_profile_was_not_looked_at(self):
        self.of_a_release_before("connector", {"connection_request": "Hi"})

    def test_nobody_is_written_to_whose_chat_was_not_looked_at(self):
        self.of_a_release_before("messenger", HELLO)

    def test_all_jobs_read_again_send_nothing_twice(self):
        self.prepare()
        self.start_both()
        self.campaign("m", "messenger", dict(HELLO, direct_message_2={"after": "1s", "text": "B"}),
                      6)  # fmt: skip
        self.wait_until_completed("m")
        self.judge(12)
        jobs = len(self.topics("sam.jobs"))
        self.assertGreaterEqual(jobs, 12)
        topics = [word for t in ("sam.jobs", "sam.sync") for word in ("--topic", self.topic(t))]
        self.replay("--reset-offsets", "--to-earliest", "--execute", *topics)
        self.wait_until_read_again(jobs)
        self.replay("--delete")
        self.wait_until_read_again(jobs)
        self.judge(12)
        self.assertEqual(self.dead(), [])

    def test_all_jobs_read_again_in_the_middle_of_a_campaign(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 24)
        self.wait_until_sent(8)
        self.replay("--delete")
        self.wait_until_completed("c")
        self.judge(24)

    def replay(self, *how):
        """Between two workers, by Kafka's own tool; the producer goes on."""
        self.assertEqual(self.worker.stop(), 0)
        self.group(*how)
        self.worker = self.start_worker()

    def wait_until_read_again(self, jobs):
        read = 'sam_records_consumed_total{topic="sam.jobs"}'
        self.wait_for("old jobs", lambda: self.worker.metric(read) >= jobs)
        self.wait_for("the offsets", self.nothing_is_behind)


class BadEvents(Records):
    def event(self, **keys):
        ledger = self.database.value("SELECT ledger_id FROM ledger")
        workspace = self.database.value("SELECT id FROM workspaces")
        return dict({"event_id": a_uuid(), "ledger_id": ledger, "workspace_id": workspace,
                     "account_id": self.account_id(), "at": stamp()}, **keys)  # fmt: skip

    def aside(self):
        return self.database.rows(
            "SELECT account_id, reason, convert_from(record, 'UTF8') AS record "
            "FROM ledger_aside WHERE cleared_at IS NULL ORDER BY at"
        )

    def begin(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 40)
        self.wait_until_sent(4)

    def anna_stands_and_ben_ends(self):
        self.wait_for("the block", lambda: self.blocked("anna"))
        on_its_way = (f"send_queue WHERE account_id = '{self.account_id()}' "
                      "AND status IN ('published', 'sending')")  # fmt: skip
        self.wait_for("what is under way", lambda: self.count(on_its_way) == 0)
        before = self.sent_by("anna")
        self.wait_for("ben to end", lambda: self.waiting("ben") == 0, 60)
        self.assertEqual(self.sent_by("anna"), before)
        self.assertGreater(self.waiting("anna"), 0)
        self.assertFalse(self.blocked("ben"))
        person = self.database.value(
            "SELECT p.vanity FROM campaign_prospects p JOIN send_queue i ON i.prospect_id = p.id "
            f"WHERE i.status = 'pending' AND p.account_id = '{self.account_id()}'"
        )
        self.assertEqual(self.samctl_json("why", person)[0]["reason"], "account_blocked")
        self.not_twice()

    def blocked(self, name):
        return self.database.value(
            f"SELECT blocked_reason FROM linkedin_accounts WHERE name = '{name}'"
        )

    def sent_by(self, name):
        return self.count(f"campaign_messages WHERE account_id = '{self.account_id(name)}'")

    def waiting(self, name):
        return self.count(
            f"campaign_prospects WHERE account_id = '{self.account_id(name)}' "
            "AND status = 'approved'"
        )

    def test_an_event_that_cannot_be_read_blocks_its_account_only(self):
        self.begin()
        self.produce("sam.events", "{not json", ("ce_type=sam.person.v1",))
        self.anna_stands_and_ben_ends()
        self.assertEqual([a["record"] for a in self.aside()], ["{not json"])
        self.assertIn("not JSON", self.aside()[0]["reason"])
        self.assertEqual(self.aside()[0]["account_id"], self.account_id())
        self.assertIn("not JSON", self.samctl("account", "list"))
        done = self.samctl_result("doctor")
        self.assertIn("1 events could not be applied", done.stdout + done.stderr)

    def test_an_event_that_postgres_refuses_blocks_its_account_only(self):
        """Among good ones, in one batch: the worker finds it by halving."""
        self.begin()
        self.database.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE check_violation; END $$; CREATE TRIGGER refuse BEFORE UPDATE ON "
            "linkedin_accounts FOR EACH ROW WHEN (NEW.version = 99) EXECUTE FUNCTION refuse()"
        )
        self.worker.freeze()
        bad = self.event(status="paused", version=99)
        self.produce("sam.events", bad, ("ce_type=sam.account.v1", f"ce_id={bad['event_id']}"))
        for name in ("anna", "ben"):
            good = self.event(account_id=self.account_id(name), status="active", version=98)
            headers = ("ce_type=sam.account.v1", f"ce_id={good['event_id']}")
            self.produce("sam.events", good, headers, key=good["account_id"])
        self.worker.thaw()
        self.anna_stands_and_ben_ends()
        (aside,) = self.aside()
        self.assertEqual(json.loads(aside["record"])["event_id"], bad["event_id"])
        versions = self.database.rows("SELECT name, version FROM linkedin_accounts")
        self.assertEqual({(v["name"], v["version"]) for v in versions},
                         {("anna", "98"), ("ben", "98")})  # fmt: skip

    def test_an_event_that_postgres_refuses_once_is_tried_again(self):
        """Another worker has just written what it met: two people who turn out to be one human."""
        self.begin()
        self.database.execute(
            "CREATE SEQUENCE tries; CREATE FUNCTION refuse_once() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN IF nextval('tries') = 1 THEN RAISE unique_violation; END IF; "
            "RETURN NEW; END $$; CREATE TRIGGER refuse_once BEFORE UPDATE ON linkedin_accounts "
            "FOR EACH ROW WHEN (NEW.version = 98) EXECUTE FUNCTION refuse_once()"
        )
        good = self.event(status="active", version=98)
        headers = ("ce_type=sam.account.v1", f"ce_id={good['event_id']}")
        self.produce("sam.events", good, headers)
        version = f"SELECT version FROM linkedin_accounts WHERE id = '{self.account_id()}'"
        self.wait_for("the event", lambda: self.database.value(version) == "98")
        self.assertEqual(self.database.value("SELECT last_value FROM tries"), "2")
        self.assertEqual(self.aside(), [])

    def test_an_event_of_a_newer_release_is_waited_for(self):
        self.is_waited_for("sam.weather.v1", "ce_type")

    def test_an_event_with_a_value_of_a_newer_release_is_waited_for(self):
        told = 'status: unknown value "hibernating"'
        self.is_waited_for("sam.account.v1", told, status="hibernating", version=99)

    def is_waited_for(self, event_type, told, **keys):
        """Not set aside: the worker that knows it applies it, in its turn."""
        self.begin()
        self.worker.freeze()
        good = self.event(status="active", version=98)
        headers = ("ce_type=sam.account.v1", f"ce_id={good['event_id']}")
        self.produce("sam.events", good, headers)
        newer = self.event(**keys)
        headers = (f"ce_type={event_type}", f"ce_id={newer['event_id']}", "sam_release=9.9.9")
        self.produce("sam.events", newer, headers)
        self.worker.thaw()
        for daemon in (self.worker, self.producer):
            self.wait_for("the halt", lambda d=daemon: "newer release" in d.get("/readyz")[1])
            for words in (event_type, told, "written by release 9.9.9"):
                self.assertIn(words, daemon.get("/readyz")[1])
        self.assertEqual(self.aside(), [])
        self.assertFalse(self.blocked("anna"))
        version = f"SELECT version FROM linkedin_accounts WHERE id = '{self.account_id()}'"
        self.assertEqual(self.database.value(version), "98")
        (offset,) = [r["offset"] for r in self.kafka.records(self.topic("sam.events"))
                     if r["value"] == json.dumps(newer)]  # fmt: skip
        halted = f"ledger_positions WHERE halted_reason IS NOT NULL AND next_offset = {offset}"
        self.assertEqual(self.count(halted), 1)

    def test_bad_events_of_nobody_stop_nobody_and_a_worker_can_start_after_them(self):
        """The last record of every partition is one of them when the next worker begins."""
        self.begin()
        account = self.event(status="active", version=1)
        bad = (
            ("{not json", ("ce_type=sam.person.v1",)),
            (account, ()),
            (account, ("ce_type=org.other.v1",)),
            (account, ("ce_type=sam.account.v1",)),
            (account, ("ce_type=sam.account.v1", f"ce_id={a_uuid()}")),
            ({"event_id": a_uuid()}, ("ce_type=sam.marker.v1",)),
            ({"event_id": a_uuid()}, ("ce_type=sam.marker.v1", "ce_id=17")),
        )
        self.wait_until_completed("c")
        self.assertEqual(self.worker.stop(), 0)
        for i, (value, headers) in enumerate(bad * 4):
            self.produce("sam.events", value, headers, key=f"nobody {i}")
        self.start_worker()
        self.wait_for("them", lambda: len(self.aside()) == 4 * len(bad))
        self.assertEqual({a["account_id"] for a in self.aside()}, {""})
        self.assertEqual(self.processes[-1].stop(), 0)
        worker = self.start_worker()
        self.assertNotIn("ledger_halted", worker.log())
        self.campaign("d", "messenger", HELLO, 4)
        self.wait_until_completed("d")
        self.judge(44)


class Contents(Records):
    """What stands in the topics after campaigns with everything in them."""

    words = ("Nonpareil", "Quixotic", "Zephyrean", "Kaleidoscope")
    person = ("Wilhelmina", "Featherstonehaugh", "Umbrellafabrik", "Xylophonist")

    def line(self, vanity):
        first, last, company, title = self.person
        url = f"https://www.linkedin.com/in/{vanity}"
        return f"{url},{first},{last},{company},{title},Velveteen"

    def fill(self, name, kind, templates, people):
        value = {"name": name, "campaign_type": kind, "accounts": list(self.accounts)}
        value.update(ALL_DAY, message_templates=templates)
        self.samctl("campaign", "create", self.write_json(f"{name}.json", value))
        header = "linkedin_url,first_name,last_name,company,title,hobby"
        lines = [header, f"https://www.linkedin.com/in/{people[0]},N0"]
        lines += [self.line(vanity) for vanity in people[1:]]
        path = self.write("more.csv", "\n".join(lines) + "\n")
        self.samctl("import", path, "--campaign", name)
        self.samctl("approve", "--campaign", name, "--all")
        self.samctl("campaign", "start", name)

    def run_all(self):
        note, question, zeal, reply = self.words
        everything = "{first_name} {last_name|x} {company|x} {title|x} {custom.hobby|x}"
        self.prepare(options=["--accept-percent", "100", "--accept-after", "200"])
        self.start_both()
        self.fill("c", "connector", {
            "connection_request": note + " {first_name}",
            "follow_up_1": {"after": "1s", "text": question + everything}}, ["p-0", "p-1", "p-2"])
        self.fill("m", "messenger", {
            "direct_message_1": zeal + everything,
            "direct_message_2": {"after": "1h", "text": zeal + " again"}}, ["q-0", "q-1"])
        self.wait_until_completed("c")
        self.wait_for("the messages", lambda: self.people()["messaging"] == 2)
        for vanity in ("q-0", "q-1"):
            self.simulator.reply(self.account_of(vanity), vanity, reply + ": unsubscribe")
        self.wait_for("the replies", lambda: self.count("inbound_messages") == 2)
        self.samctl("campaign", "stop", "m")
        self.samctl("pause", "--all")
        self.samctl("resume", "--all")
        self.samctl("blocklist", "add", "domain", "acme.example")
        self.produce("sam.jobs", self.job(dispatch=0))
        self.wait_for("a dead letter", self.dead)
        self.wait_for("the outbox", lambda: self.count("outbox WHERE published_at IS NULL") == 0)

    def test_no_text_and_no_name_is_in_a_record_or_a_log_and_records_follow_their_schemas(self):
        self.run_all()
        arrived = " ".join(text for texts in self.texts().values() for text in texts)
        for words in (*self.words[:3], *self.person, "Velveteen"):
            self.assertIn(words, arrived)
        self.nothing_leaks()
        self.records_follow_their_schemas()

    def nothing_leaks(self):
        secrets = [*self.words, *self.person, "Velveteen", "test-key"]
        for name in ("sam.jobs", "sam.sync", "sam.events", "sam.accounts", "dlq.sam.jobs"):
            raw = run("kcat", "-q", "-C", "-e", "-o", "beginning", "-f", "%k %h %s\n", "-b",
                      self.kafka.address, "-t", self.topic(name), errors="replace")  # fmt: skip
            self.assertTrue(raw)
            for secret in secrets:
                self.assertNotIn(secret.lower(), raw.lower(), name)
        for process in self.processes:
            for secret in secrets:
                self.assertNotIn(secret, process.log(), process.name)

    def records_follow_their_schemas(self):
        seen = set()
        for record in self.topics("sam.jobs", "sam.sync", "sam.events", "sam.accounts"):
            headers, value = record["headers"], record["value"]
            if "ce_source" not in headers:
                continue  # the one that this test has produced
            kind = headers["ce_type"]
            seen.add(kind)
            self.assertEqual([e.message for e in VALIDATORS[kind].iter_errors(value)], [], value)
            self.assertEqual(headers["ce_specversion"], "1.0")
            self.assertEqual(headers["content-type"], "application/json")
            ids = [value[key] for key in ("event_id", "job_id", "state_id") if key in value]
            self.assertEqual([headers["ce_id"]], ids)
            self.assertRegex(headers["ce_source"], "^/sam/[a-z]+$")
            self.assertEqual(record["key"] or "", value.get("account_id", ""))
        self.assertEqual(seen, {name for name in VALIDATORS if name.startswith("sam.")})


if __name__ == "__main__":
    unittest.main()
