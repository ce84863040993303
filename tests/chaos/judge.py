"""The verdict: what arrived at the simulator, against what had to, and against SAM's own books."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from campaign_test import WRITES
from people import ACCEPT_MS, REPLY_MS, write_of
from spacing import ATTEMPTS, spacing_breaks

# True while an outcome that is not known stands in the list until a person settles it: then each
# needs a fault that hit its call. False: there must be none at the end.
UNKNOWNS_MAY_STAND = False
# From the start of an attempt on: start_by, timeout, and what a held connection adds to both.
CALL_SECONDS = 45
DAY_MS = 86_400_000


@dataclass
class Verdict:
    """Counts, in the order of the last line; all but the first four must be 0."""

    people: int = 0
    expected: int = 0
    arrived: int = 0
    held_up: int = 0  # gaps below the spacing that the wire has made: spacing.py
    duplicates: int = 0
    lost: int = 0
    invented: int = 0
    after_reply: int = 0
    spacing_breaks: int = 0
    cap_breaks: int = 0
    stuck: int = 0
    unknown: int = 0
    unexplained: int = 0
    complaints: list = field(default_factory=list)
    bad: list = field(default_factory=list)  # (what, Person)

    def good(self):
        wrong = (self.duplicates, self.lost, self.invented, self.after_reply, self.spacing_breaks,
                 self.cap_breaks, self.stuck, self.unexplained)  # fmt: skip
        return not any(wrong) and not self.complaints and (
            UNKNOWNS_MAY_STAND or not self.unknown)  # fmt: skip

    def line(self):
        counts = ", ".join(f"{name} {value}" for name, value in vars(self).items()
                           if isinstance(value, int))  # fmt: skip
        return f"{counts}, complaints {len(self.complaints)}"


def _arrived(journal, people):
    """The writes that took effect, of each person in their order, and of nobody we know."""
    known = {person.provider_id: person for person in people}
    found, strangers = defaultdict(list), []
    for call in journal:
        if call["route"] in WRITES and call["executed"]:
            person = known.get(call["person"])
            if person:
                found[person].append(call)
            else:
                strangers.append(call)
    return found, strangers


def cap_breaks(journal, caps):
    """Writes that took effect beyond the cap of their account's day."""
    days = Counter((call["account"], call["at_ms"] // DAY_MS) for call in journal
                   if call["route"] in WRITES and call["executed"])  # fmt: skip
    return sum(max(0, count - caps.get(account, count)) for (account, _), count in days.items())


def _replied_at(person, calls):
    """When the person has written: in ms of the simulator's clock, None = never. A note that is
    accepted is answered, too."""
    if person.does != "replies" or not calls:
        return None
    waits = ACCEPT_MS if calls[0]["route"] == "invite" else 0
    return calls[0]["at_ms"] + waits + REPLY_MS


def _books(database):
    """Of each public name: status of the person, statuses of the items, messages that were sent."""
    return {row["vanity"]: row for row in database.rows(
        "SELECT p.vanity, p.status, p.hold_reason, "
        "(SELECT string_agg(q.status, ' ') FROM send_queue q WHERE q.prospect_id = p.id) AS items, "
        "(SELECT count(*) FROM campaign_messages m WHERE m.prospect_id = p.id) AS messages "
        "FROM campaign_prospects p")}  # fmt: skip


OPEN = ("pending", "published", "sending")


def judge(test, people, hits):
    """Everything has come to its end, or has had its time."""
    v = Verdict(people=len(people), expected=sum(len(p.writes) for p in people))
    journal = test.simulator.journal()
    found, strangers = _arrived(journal, people)
    audit = test.simulator.audit(test.spacing_ms)
    v.arrived = audit["accepted"]
    v.duplicates = audit["duplicates"] + audit["refused_duplicates"]
    slugs = {person.provider_id: person.slug for person in people}
    holds = [(h.begun * 1000, h.ended * 1000) for h in hits if h.lane == "wire_unipile"]
    v.spacing_breaks, v.held_up = spacing_breaks(
        journal, test.spacing_ms, test.database.rows(ATTEMPTS), slugs, holds)  # fmt: skip
    if v.spacing_breaks + v.held_up != audit["spacing_breaks"]:
        v.complaints.append(f"the simulator counts {audit['spacing_breaks']} spacing breaks")
    v.cap_breaks = cap_breaks(journal, test.caps)
    v.invented = len(strangers)
    if v.duplicates or v.spacing_breaks:
        v.complaints += [str(audit["duplicate_samples"]), str(audit["spacing_samples"])]
    books = _books(test.database)
    for person in people:
        _judge_person(v, person, found[person], books[person.slug])
    _judge_unknowns(v, test.database, {p.slug: p for p in people}, hits)
    _judge_rest(v, test)
    return v


def _judge_person(v, person, calls, row):
    writes = tuple(write_of(call) for call in calls)
    items = row["items"].split()
    replied = _replied_at(person, calls)
    if replied and any(call["at_ms"] > replied for call in calls):
        v.after_reply += 1
        v.bad.append(("written to after a reply", person))
    if writes != person.writes[: len(writes)]:
        v.invented += 1
        v.bad.append((f"arrived {writes}", person))
    if any(item in OPEN for item in items):
        v.stuck += 1
        v.bad.append((f"stuck: {items}", person))
    if "unknown" in items:
        return  # what may have happened ends what is sent to the person
    if writes != person.writes:
        v.lost += 1
        v.bad.append((f"lost: arrived {writes}, {row}", person))
    if int(row["messages"]) != len(calls):
        v.invented += 1
        v.bad.append((f"arrived {len(calls)}, the books have {row['messages']}", person))
    if row["status"] != person.status:
        v.stuck += 1
        v.bad.append((f"is {row['status']}, not {person.status}", person))


def _judge_unknowns(v, database, people, hits):
    """An unknown outcome is explained by a fault between its claim and the latest moment at which
    its call can have ended."""
    for row in database.rows(
        "SELECT p.vanity, extract(epoch FROM a.started_at) AS begun, c.unipile_id AS account "
        "FROM send_queue q JOIN campaign_prospects p ON p.id = q.prospect_id "
        "JOIN linkedin_accounts c ON c.id = q.account_id "
        "JOIN send_attempts a ON a.id = q.attempt_id WHERE q.status = 'unknown'"
    ):
        v.unknown += 1
        explained = any(_explains(hit, float(row["begun"]), row["account"]) for hit in hits)
        v.unexplained += not explained
        if not explained or not UNKNOWNS_MAY_STAND:
            what = "unknown, by a fault" if explained else "unknown, and no fault hit its call"
            v.bad.append((what, people[row["vanity"]]))


def _explains(hit, begun, account):
    if hit.account:
        return hit.account == account and hit.begun < begun + CALL_SECONDS
    return hit.begun < begun + CALL_SECONDS and hit.ended > begun - 1


def _judge_rest(v, test):
    """What is left over beside the items."""
    for what, rows in (
        ("events set aside", "ledger_aside"),
        ("events not told to Kafka", "outbox WHERE published_at IS NULL"),
    ):
        count = test.count(rows)
        if count:
            v.complaints.append(f"{count} {what}")
    dead = test.kafka.records(test.topic("dlq.sam.jobs"))
    if dead:
        v.complaints.append(f"{len(dead)} jobs in the dead letters, the first {dead[0]}")
