"""Judges a virtual year by another implementation of every rule of time and limit."""

import bisect
import collections

from clock import DAY, HOUR_MS, day_of, day_start
from free_places import WEEK_MS, FreePlaces

# Of an item that was not executed: the first wait at least, twice as long each time; so many tries.
BACKOFF_MS = 30_000
TRIES_MAX = 5
# Of a rest that Unipile asks for, twice as long each time: the first one, and the longest.
RESTS_MS = {"invitations_rest": 6 * HOUR_MS, "rest": 24 * HOUR_MS}
REST_MAX_MS = 72 * HOUR_MS


def lower(caps, kinds, first, days, day):
    """Caps of a warm-up or a return: a first-th on its first day, all of it on its last."""
    for kind in kinds:
        if day < days:
            full = caps[kind]
            done = max(day, 1) - 1
            part = full * (days - 1 + (first - 1) * done) // (first * (days - 1))
            caps[kind] = max(part, min(full, 1))


class Judge(FreePlaces):
    def __init__(self, scenario, year):
        self.scenario = scenario
        self.sends = sorted(year.sends, key=lambda s: s.start)
        self.counted = [s for s in self.sends if s.counts]
        self.views = sorted(year.views)
        self.problems = []

    def tell(self, rule, at, detail=""):
        self.problems.append((rule, at, detail))

    def verdict(self):
        """[(rule, moment, detail)]: what breaks a rule."""
        self.due = {}  # (person, step) that may be tried -> not before
        self.since = {}  # ... and since when it waits, at the latest
        self.rest_ends = {}  # person, step, start of a call -> end of the rest that it drew
        self.tried, self.over = set(), set()
        self.failures = collections.Counter()
        self.waits = collections.defaultdict(list)  # campaign, step -> (since, tried) of each try
        self.hours()
        self.stands()
        self.spacing()
        self.order()
        self.days()
        self.weeks()
        self.notes()
        self.unused()
        if self.scenario.spread:
            self.bursts()
        return self.problems

    # ---- sends that should not be -----------------------------------------------------------

    def hours(self):
        for s in self.sends:
            c = self.scenario.campaigns[s.campaign]
            if not c.hours.is_open(s.start):
                self.tell("hours", s.start, c.hours.zone)
            if not c.start <= s.start < c.end:
                self.tell("campaign", s.start)

    def stands(self):
        """Spans in which nothing, or no invitation, may leave: outages, rests and pauses."""
        self.stops = collections.defaultdict(list)  # campaign, kind of call -> (from, to)
        self.rests = [(c.kind, c.at, c.value) for c in self.scenario.changes
                      if c.kind in RESTS_MS]  # fmt: skip
        self.asked_rests("invitations_rest", "invitations_throttled", ["invitation"])
        self.asked_rests("rest", "throttled", ["invitation", "message"])
        outages = [(c.kind, c.at, c.value) for c in self.scenario.changes if c.kind == "outage"]
        for why, low, high in self.rests + outages:
            kinds = ["invitation"] + ["message"] * (why != "invitations_rest")
            self.stop(range(len(self.scenario.campaigns)), kinds, low, high)
        for target, low, high in self.scenario.pauses():
            targets = range(len(self.scenario.campaigns)) if target < 0 else [target]
            self.stop(targets, ["invitation", "message"], low, high)
        for s in self.sends:
            if any(low <= s.start < high for low, high in self.stops[s.campaign, s.kind]):
                self.tell("rest", s.start)

    def asked_rests(self, rest, ended, kinds):
        """Those that a call has drawn. Two days with sends, both begun after the last one's end,
        and the next rest is a first one."""
        given = sorted((at, until) for kind, at, until in self.rests if kind == rest)
        count, well, until = 0, None, 0
        for s in self.sends:
            until = max([until] + [to for at, to in given if at <= s.start])
            if s.ended == ended:
                until = s.end + min(RESTS_MS[rest] << count, REST_MAX_MS)
                self.rests.append((rest, s.end, until))
                self.rest_ends[s.person, s.step, s.start] = until
                count, well = count + 1, None
            elif s.ended == "sent" and s.kind in kinds and count:
                today = max(self.days_of(s.end))
                if today < until or today == well:
                    continue
                count, well = (0, None) if well else (count, today)

    def stop(self, campaigns, kinds, low, high):
        for campaign in campaigns:
            for kind in kinds:
                self.stops[campaign, kind].append((low, high))

    def spacing(self):
        last = None
        for s in self.sends:
            if last and s.start < last.end + self.scenario.limits.spacing:
                self.tell("spacing", s.start, f"{s.start - last.end} ms after the last")
            last = s if s.counts else last

    def order(self):
        """Each step once, after the one before it, its delay and the acceptance; again only what
        was not executed, and a while later."""
        for i, p in enumerate(self.scenario.people):
            self.expect((i, 0), max(p.arrives, self.scenario.campaigns[p.campaign].start))
        for s in self.sends:
            key = (s.person, s.step)
            p = self.scenario.people[s.person]
            c = self.scenario.campaigns[p.campaign]
            if s.campaign != p.campaign or s.kind != c.call(s.step):
                self.tell("kind", s.start)
            if key in self.over:
                self.tell("twice", s.start, f"person {s.person}, step {s.step}")
                continue
            if key not in self.due:
                self.tell("order", s.start, f"person {s.person}, step {s.step}")
            elif s.start < self.due[key]:
                self.tell("delay", s.start, f"{self.due[key] - s.start} ms early")
            self.waits[p.campaign, s.step].append((self.since.pop(key, s.start), s.start))
            s.again = key in self.tried
            self.tried.add(key)
            self.ended(key, s, p, c)
        for (person, step), since in self.since.items():
            campaign = self.scenario.people[person].campaign
            self.waits[campaign, step].append((since, self.scenario.end))

    def expect(self, key, at, most=0):
        self.due[key] = at
        self.since[key] = at + most

    def ended(self, key, s, p, c):
        if s.ended == "untried":
            self.expect(key, s.end)
        elif (s.person, s.step, s.start) in self.rest_ends:
            self.expect(key, self.rest_ends[s.person, s.step, s.start])
        elif s.ended == "not_executed" and self.failures[key] + 1 < TRIES_MAX:
            wait = BACKOFF_MS << self.failures[key]
            self.expect(key, s.end + wait, wait // 2)
            self.failures[key] += 1
        else:
            self.over.add(key)
            if s.ended == "sent":
                self.expect_next(s, p, c)

    def expect_next(self, s, p, c):
        step = s.step + 1
        if step == len(c.delays):
            return
        if s.kind == "invitation":
            if p.accepts_after >= 0:
                self.expect((s.person, step), s.end + p.accepts_after + c.delays[step])
        else:
            self.expect((s.person, step), s.end + c.delays[step])

    # ---- caps --------------------------------------------------------------------------------

    def day(self, at):
        return day_of(self.scenario.zone_at(at), at)

    def moved_near(self, date):
        """The account's zone changes about then: which day is which is for days() alone."""
        return any(c.kind == "zone" and abs((self.day(c.at) - date).days) < 3
                   for c in self.scenario.changes)  # fmt: skip

    def days_of(self, at):
        """The beginnings of the local days that a call counts to: after the zone was changed also
        of the day by the old one that has not ended."""
        sc = self.scenario
        zones = {sc.zone_at(at)}
        for c in sc.changes:
            old = sc.zone_at(c.at - 1)
            if c.kind == "zone" and c.at <= at < day_start(old, day_of(old, c.at) + DAY):
                zones.add(old)
        return [day_start(zone, day_of(zone, at)) for zone in zones]

    def caps_at(self, at):
        """The caps of a day as they are in force at a moment of it."""
        li, sc = self.scenario.limits, self.scenario
        caps = {"call": sc.calls_at(at), "invitation": li.invitations, "message": li.messages}
        zone = sc.zone_at(at)
        today = day_of(zone, at)
        if sc.ramp_days:
            lower(caps, caps, 5, sc.ramp_days, (today - day_of(zone, sc.ramp_from)).days + 1)
        for kind, of in (("invitations_rest", ["invitation"]), ("rest", list(caps))):
            ends = [until for why, begun, until in self.rests if why == kind and begun <= at]
            if ends:
                lower(caps, of, 2, 4, (today - day_of(zone, max(ends))).days + 1)
        return {**caps, "view": li.views}

    def days(self):
        self.counts = collections.defaultdict(collections.Counter)
        made = collections.defaultdict(list)  # kind -> starts, ascending
        calls = [(s.start, ["call", s.kind, ("campaign", s.campaign)], s.counts)
                 for s in self.sends]  # fmt: skip
        self.again = collections.Counter(self.day(s.start) for s in self.sends if s.again)
        self.firsts = collections.Counter(self.day(s.start) for s in self.sends if s.step == 0)
        for at, kinds, counts in sorted(calls + [(at, ["view"], True) for at in self.views]):
            self.counts[self.day(at)].update(kinds if counts else [])
            caps = self.caps_at(at)
            for kind in kinds:
                made[kind].append(at)
                cap = caps.get(kind) or self.scenario.campaigns[kind[1]].cap
                of_day = max(len(made[kind]) - bisect.bisect_left(made[kind], begin)
                             for begin in self.days_of(at))  # fmt: skip
                if cap and of_day > cap:
                    self.tell(f"daily {kind}", at, f"{of_day} of {cap}")
                if not counts:
                    made[kind].pop()

    def weeks(self):
        self.invited = [s.start for s in self.counted if s.kind == "invitation"]
        most = self.scenario.limits.weekly
        for i in range(most, len(self.invited)):
            if self.invited[i] - self.invited[i - most] < WEEK_MS:
                self.tell("weekly invitations", self.invited[i])

    def notes_of_month(self, at):
        """Invitations with a note in the account's local month, before at."""
        zone = self.scenario.zone_at(at - 1)
        first = day_start(zone, day_of(zone, at - 1).replace(day=1))
        return bisect.bisect_left(self.noted, at) - bisect.bisect_left(self.noted, first)

    def notes(self):
        self.noted = [s.start for s in self.counted if s.noted]
        for s in self.sends:
            note = self.scenario.campaigns[s.campaign].note
            if s.noted and (note == "-" or s.kind != "invitation"):
                self.tell("note", s.start, "of a campaign that has none")
            if s.kind == "invitation" and note == "hold" and not s.noted:
                self.tell("note", s.start, "left out")
            if s.noted and 0 <= self.scenario.notes <= self.notes_of_month(s.start):
                self.tell("monthly notes", s.start)

    # ---- the spread pace ---------------------------------------------------------------------

    def bursts(self):
        """No hour of a window holds much more than its share of what was left of the day."""
        made = collections.defaultdict(list)
        for s in self.counted:
            if not s.again:  # what is tried again has a moment of its own
                made[self.day(s.start)].append(s)
        for date, sends in made.items():
            if self.moved_near(date):
                continue
            for i, first in enumerate(sends):
                hour = sum(s.start < first.start + HOUR_MS for s in sends[i:])
                most = self.fair(date, first, i)
                if hour > most:
                    self.tell("burst", first.start, f"{hour} in an hour, {most:.1f} are fair")
                    break

    def fair(self, date, first, before):
        """The planner leaves between two calls what remains of the window by the places that
        remain, shortened by up to a quarter (so 4/3 of the share), each kind of call and each
        campaign by its own count. Kinds are planned beside each other, and a round that found no
        room at this gap halves it: twice that. One call may stand at each end of the hour."""
        calls = max(self.caps_at(at)["call"] for at in (first.start, first.start + HOUR_MS))
        end = day_start(self.scenario.zone_at(first.start), date + DAY)
        open_ms = [sum(high - low for low, high in c.hours.within(first.start, end))
                   for c in self.scenario.campaigns]  # fmt: skip
        left = min(ms for ms in open_ms if ms > 0)
        return 2 * 4 / 3 * (calls - before) * HOUR_MS / max(left, HOUR_MS) + 2
