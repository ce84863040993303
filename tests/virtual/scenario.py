"""Scenarios for the program virtual_year: what it is given, and what the judge believes."""

import dataclasses

from clock import Hours


@dataclasses.dataclass
class Campaign:
    kind: str  # connector or messenger
    hours: Hours
    cap: int  # calls a day; 0 = none
    start: int
    end: int
    delays: list
    note: str = "-"  # of its invitations: what becomes of it when the month's notes are used up

    def line(self):
        h = self.hours
        mask = -1 if h.weekend is None else sum(1 << day for day in h.weekend)
        return (f"campaign {self.kind} {h.zone} {h.country} {h.part or '-'} {h.opens} {h.closes} "
                f"{mask} {int(h.observes)} {self.cap} {self.start} {self.end} {self.note} "
                + " ".join(map(str, self.delays)))  # fmt: skip

    def call(self, step):
        return "invitation" if step == 0 and self.kind == "connector" else "message"


@dataclasses.dataclass
class Person:
    campaign: int
    arrives: int
    accepts_after: int = -1  # -1 = never


@dataclasses.dataclass
class Change:
    at: int
    kind: str
    value: int
    zone: str = ""


@dataclasses.dataclass
class Limits:
    spacing: int
    jitter: int
    calls: int
    invitations: int
    weekly: int
    messages: int
    views: int


@dataclasses.dataclass
class Scenario:
    name: str
    zone: str
    limits: Limits
    spread: bool
    start: int
    end: int
    seed: int
    campaigns: list
    people: list
    changes: list = dataclasses.field(default_factory=list)
    ramp_days: int = 0
    ramp_from: int = 0
    own: dict = dataclasses.field(default_factory=dict)  # date -> whether it is worked
    ends: list = None  # of a thousand calls: as draw_scenarios.ends() has them
    notes: int = -1  # of a month; -1 = any number

    def zone_at(self, at):
        moved = [c.zone for c in self.changes if c.kind == "zone" and c.at <= at]
        return moved[-1] if moved else self.zone

    def calls_at(self, at):
        changed = [c.value for c in self.changes if c.kind == "calls" and c.at <= at]
        return changed[-1] if changed else self.limits.calls

    def pauses(self):
        """(campaign, or -1 for the account; from; to)"""
        since = {}
        for c in self.changes:
            if c.kind == "pause":
                since[c.value] = c.at
            elif c.kind == "resume":
                yield c.value, since.pop(c.value), c.at

    def text(self):
        li = self.limits
        lines = [f"account {self.name} {self.zone} {li.spacing} {li.jitter} {li.calls} "
                 f"{li.invitations} {li.weekly} {li.messages} {li.views} {int(self.spread)} "
                 f"{self.ramp_days} {self.ramp_from}"]  # fmt: skip
        lines += ["ends " + " ".join(map(str, self.ends))] if self.ends else []
        lines += [f"notes {self.notes}"]
        own = " ".join(("+" if worked else "") + str(date) for date, worked in self.own.items())
        lines += ["own " + own] if own else []
        lines += [c.line() for c in self.campaigns]
        lines += [f"person {p.campaign} {p.arrives} {p.accepts_after}" for p in self.people]
        lines += [f"change {c.at} {c.kind} {c.value} {c.zone}" for c in self.changes]
        lines.append(f"run {self.start} {self.end} {self.seed}")
        return "\n".join(lines) + "\n"
