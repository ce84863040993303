"""Judges a virtual year by another implementation of every rule of time and limit."""

import bisect
import collections
import dataclasses

from clock import DAY, DAY_MS, HOUR_MS, MIN_MS, day_of, day_start

WEEK_MS = 7 * DAY_MS
CALL_MS = 10_000  # a call and what comes before it take less
# Of an item that was not executed: the first wait at least, twice as long each time; so many tries.
BACKOFF_MS = 30_000
TRIES_MAX = 5
# The planner looks again every half hour while somebody found no place.
LOOK_MS = 40 * MIN_MS


@dataclasses.dataclass
class Send:
    campaign: int
    person: int
    step: int
    kind: str
    start: int
    end: int
    ended: str = "sent"
    again: bool = False  # the same step was tried before

    @property
    def counts(self):
        """It may have left: it counts for spacing and caps."""
        return self.ended != "untried"


@dataclasses.dataclass
class Year:
    sends: list
    views: list
    decisions: int = 0
    plans: int = 0


def read_years(text):
    """account name -> Year, from what the program has printed."""
    years = collections.defaultdict(lambda: Year([], []))
    for line in text.splitlines():
        what, name, *rest = line.split()
        if what == "send":
            campaign, person, step, kind, start, end, ended = rest
            years[name].sends.append(Send(int(campaign), int(person), int(step), kind, int(start),
                                          int(end), ended))  # fmt: skip
        elif what == "view":
            years[name].views.append(int(rest[0]))
        else:
            years[name].decisions, years[name].plans = int(rest[0]), int(rest[1])
    return years


def lower(caps, kinds, first, days, day):
    """Caps of a warm-up or a return: a first-th on its first day, all of it on its last."""
    for kind in kinds:
        if day < days:
            full = caps[kind]
            done = max(day, 1) - 1
            part = full * (days - 1 + (first - 1) * done) // (first * (days - 1))
            caps[kind] = max(part, min(full, 1))


class Judge:
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
        self.tried, self.over = set(), set()
        self.failures = collections.Counter()
        self.waits = collections.defaultdict(list)  # campaign, step -> (since, tried) of each try
        self.hours()
        self.stands()
        self.spacing()
        self.order()
        self.days()
        self.weeks()
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
        """Spans in which nothing, or no invitation, may leave: outages and rests."""
        self.stops = {"invitation": [], "message": []}
        for c in self.scenario.changes:
            for kind in self.stops:
                of_kind = c.kind in ("outage", "rest") or (c.kind, kind) == (
                    "invitations_rest", "invitation")  # fmt: skip
                if of_kind:
                    self.stops[kind].append((c.at, c.value))
        for s in self.sends:
            if any(low <= s.start < high for low, high in self.stops[s.kind]):
                self.tell("rest", s.start)

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
            ends = [c.value for c in sc.changes if c.kind == kind and c.at <= at]
            if ends:
                lower(caps, of, 2, 4, (today - day_of(zone, ends[-1])).days + 1)
        return {**caps, "view": li.views}

    def days(self):
        self.counts = collections.defaultdict(collections.Counter)
        made = collections.defaultdict(list)  # kind -> starts, ascending
        calls = [(s.start, ["call", s.kind, ("campaign", s.campaign)], s.counts)
                 for s in self.sends]  # fmt: skip
        self.again = collections.Counter(self.day(s.start) for s in self.sends if s.again)
        self.firsts = collections.Counter(self.day(s.start) for s in self.sends if s.step == 0)
        self.displaced = collections.Counter()
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

        for s in self.counted:
            date, cap = self.day(s.start), self.scenario.campaigns[s.campaign].cap
            full = cap and self.counts[date]["campaign", s.campaign] >= cap
            self.displaced[date] += 1 if full and s.step > 0 else 0

    def weeks(self):
        self.invited = [s.start for s in self.counted if s.kind == "invitation"]
        most = self.scenario.limits.weekly
        for i in range(most, len(self.invited)):
            if self.invited[i] - self.invited[i - most] < WEEK_MS:
                self.tell("weekly invitations", self.invited[i])

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

    # ---- places that should not be free -----------------------------------------------------

    def unused(self):
        """No day ends while a call that was due could have been made on it; at the fast pace, no
        call is made later than it could have been."""
        self.starts = [s.start for s in self.counted]
        for intervals in self.waits.values():
            intervals.sort()
        date = self.day(self.scenario.start) + DAY
        while date + DAY < self.day(self.scenario.end):
            for (campaign, step), intervals in self.waits.items():
                if not self.moved_near(date):
                    self.unused_on(date, campaign, step, intervals)
            date += DAY

    def has_room(self, date, end, campaign, step):
        """What was tried again has cost a view that nobody had planned, or the moment of another,
        which got one on another day, perhaps past midnight: each time one place less. And a
        follow-up of a campaign whose own cap is full has displaced a first contact, which holds its
        places until it is due; and who was looked at in the last seconds of a window is not called
        any more."""
        c = self.scenario.campaigns[campaign]
        counts = self.counts[date]
        caps = self.caps_at(end - 1)
        kinds = ["call", c.call(step)] + (["view"] if step == 0 else [])
        less = self.again[date] + self.again[date - DAY]
        less += self.displaced[date] + counts["view"] - self.firsts[date] if step == 0 else 0
        return all(counts[k] + less < caps[k] for k in kinds) and not (
            c.cap and counts["campaign", campaign] + less >= c.cap)  # fmt: skip

    def unused_on(self, date, campaign, step, intervals):
        c = self.scenario.campaigns[campaign]
        zone = self.scenario.zone_at(day_start(self.scenario.zone, date))
        begin, end = day_start(zone, date), day_start(zone, date + DAY)
        if intervals[0][0] >= end or not self.has_room(date, end, campaign, step):
            return
        raised = [x.at for x in self.scenario.changes if x.kind == "calls" and x.at < end]
        begin = max([begin, c.start] + raised)
        # what a rest or an outage has cut off was to come after it began: until then others, too,
        # had to leave the day's places to it
        begin = max([begin] + [to for at, to in self.stops[c.call(step)] if at < end])
        for opens, closes in c.hours.within(begin, min(end, c.end)):
            for wait_from, wait_to in self.waiting(intervals, opens, closes, end):
                for low, high in self.open_free(c.call(step), wait_from, wait_to):
                    if c.call(step) == "invitation":
                        low, high = self.week_free(low, high)
                    if high - low > LOOK_MS:
                        self.tell("unused", low, f"campaign {campaign}, step {step}, "
                                  f"{(high - low) // MIN_MS} minutes")  # fmt: skip
                        return

    def waiting(self, intervals, opens, closes, end):
        """The spans of a window in which somebody waits; at the spread pace only who still waits
        as the account's day ends counts."""
        spans = []
        for due, sent in intervals:
            if due >= closes:
                break
            if sent <= opens or (self.scenario.spread and sent < end):
                continue
            low, high = max(due, opens), min(sent, closes)
            if spans and low <= spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], high)
            else:
                spans.append([low, high])
        return spans

    def open_free(self, kind, low, high):
        """As free(), without outages and rests."""
        cuts = sorted(stop for stop in self.stops[kind] if stop[0] < high and stop[1] > low)
        for begin, end in [*cuts, (high, high)]:
            if begin > low:
                yield from self.free(low, begin)
            low = max(low, end)

    def free(self, low, high):
        """The spans in which one more call would have kept its spacing to the others."""
        li = self.scenario.limits
        gap = li.spacing + li.jitter + CALL_MS
        i = bisect.bisect_left(self.starts, low)
        at = max(low, self.counted[i - 1].end + gap) if i > 0 else low
        while at < high:
            if i == len(self.counted) or self.counted[i].start >= high + gap:
                yield at, high
                return
            if self.counted[i].start - gap > at:
                yield at, min(high, self.counted[i].start - gap)
            at = self.counted[i].end + gap
            i += 1

    def week_free(self, low, high):
        """The later part of a span in which the rolling week has room, those of the next day
        counted too: their places were given away when they were planned."""
        most = self.scenario.limits.weekly
        while low < high:
            first = bisect.bisect_right(self.invited, low - WEEK_MS)
            last = bisect.bisect_right(self.invited, low + DAY_MS)
            if last - first < most:
                break
            low = self.invited[first] + WEEK_MS
        return low, high
