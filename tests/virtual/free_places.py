"""Judges the places that a virtual year has left free."""

import bisect

from clock import DAY, DAY_MS, MIN_MS, day_start

WEEK_MS = 7 * DAY_MS
CALL_MS = 10_000  # a call and what comes before it take less
# The planner looks again every half hour while somebody found no place.
LOOK_MS = 40 * MIN_MS


class FreePlaces:
    """A part of the judge, who knows what was sent, counted and stopped."""

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
        which got one on another day, perhaps past midnight: each time one place less. And who was
        looked at in the last seconds of a window is not called any more."""
        c = self.scenario.campaigns[campaign]
        counts = self.counts[date]
        caps = self.caps_at(end - 1)
        if c.note == "hold" and step == 0 and 0 <= self.scenario.notes <= self.notes_of_month(end):
            return False
        kinds = ["call", c.call(step)] + (["view"] if step == 0 else [])
        less = self.again[date] + self.again[date - DAY]
        less += counts["view"] - self.firsts[date] if step == 0 else 0
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
        begin = max([begin] + [to for at, to in self.stops[campaign, c.call(step)] if at < end])
        for opens, closes in c.hours.within(begin, min(end, c.end)):
            for wait_from, wait_to in self.waiting(intervals, opens, closes, end):
                for low, high in self.open_free((campaign, c.call(step)), wait_from, wait_to):
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

    def open_free(self, who, low, high):
        """As free(), without outages, rests and pauses."""
        cuts = sorted(stop for stop in self.stops[who] if stop[0] < high and stop[1] > low)
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
