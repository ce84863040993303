"""Open hours by `zoneinfo` and the PyPI package `holidays`: nothing here is SAM's."""

import datetime
import functools
import zoneinfo

import holidays

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
MIN_MS = 60_000
HOUR_MS = 60 * MIN_MS
DAY_MS = 24 * HOUR_MS

SATURDAY_SUNDAY = {5, 6}
# facts: (from, weekdays), Monday = 0. Who is not listed rests on Saturday and Sunday.
WEEKENDS = {
    "AE": {5, 6}, "SA": {4, 5}, "QA": {4, 5}, "KW": {4, 5}, "OM": {4, 5}, "BH": {4, 5},
    "JO": {4, 5}, "DZ": {4, 5}, "EG": {4, 5}, "IQ": {4, 5}, "IL": {4, 5}, "SY": {4, 5},
    "SD": {4, 5}, "YE": {4, 5}, "BD": {4, 5}, "MV": {4, 5}, "LY": {4, 5}, "AF": {4, 5},
    "MR": {5, 6}, "BN": {4, 6}, "IR": {4}, "NP": {5},
}  # fmt: skip
# Of a subdivision, from 2025 on.
WEEKENDS_OF_PARTS = {("AE", "SH"): {4, 5, 6}, ("MY", "02"): {4, 5}, ("MY", "03"): {4, 5},
                     ("MY", "11"): {4, 5}, ("MY", "01"): {5, 6}}  # fmt: skip


def ms(moment):
    return round(moment.timestamp() * 1000)


@functools.lru_cache(maxsize=None)
def zone(name):
    return zoneinfo.ZoneInfo(name)


def day_of(name, at_ms):
    """The local date of a moment."""
    return datetime.datetime.fromtimestamp(at_ms / 1000, zone(name)).date()


def exists(local):
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None) == local.replace(tzinfo=None)


def jump_ms(name, low, high):
    """The first whole second after low at which the zone's offset is no longer that of low."""
    before = datetime.datetime.fromtimestamp(low, zone(name)).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.datetime.fromtimestamp(middle, zone(name)).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high * 1000


def instant(name, date, minute, closing):
    """A wall time as ms: an opening that comes twice is the first, a closing the second; where it
    does not exist, the first moment that does."""
    hours, minutes = divmod(minute, 60)
    local = datetime.datetime(date.year, date.month, date.day, hours, minutes,
                              tzinfo=zone(name), fold=1 if closing else 0)  # fmt: skip
    if exists(local):
        return ms(local)
    return jump_ms(name, ms(local.replace(fold=1)) // 1000, ms(local.replace(fold=0)) // 1000)


@functools.lru_cache(maxsize=None)
def day_start(name, date):
    return instant(name, date, 0, False)


@functools.lru_cache(maxsize=None)
def days_off(country, part):
    """Holidays, and weekend days that are worked for others. A part that the package does not know
    has its country's."""
    if part not in holidays.list_supported_countries()[country]:
        part = None
    known = holidays.country_holidays(country, subdiv=part, years=range(2025, 2030))
    return frozenset(known), frozenset(getattr(known, "weekend_workdays", ())) - frozenset(known)


class Hours:
    """When a campaign is open."""

    def __init__(self, zone_name, country, part, opens, closes, weekend, observes, own=None):
        """own: date -> whether it is worked, of the workspace."""
        self.zone, self.country, self.part = zone_name, country, part
        self.opens, self.closes, self.weekend, self.observes = opens, closes, weekend, observes
        self.own = own or {}
        self.windows = {}

    def off_by(self, date):
        """"holiday" or "weekend" of a date that is closed all day, else None."""
        off, worked = days_off(self.country, self.part) if self.observes else ((), ())
        if self.observes and date in self.own:
            off, worked = ((), (date,)) if self.own[date] else ((date,), ())
        if date in off:
            return "holiday"
        rest = self.weekend
        if rest is None:
            rest = WEEKENDS.get(self.country, SATURDAY_SUNDAY)
            rest = WEEKENDS_OF_PARTS.get((self.country, self.part), rest)
            rest = () if date in worked else rest
        return "weekend" if date.weekday() in rest else None

    def window(self, date):
        """(opens, closes) of a local date in ms; None when it is closed all day."""
        if date not in self.windows:
            self.windows[date] = self.find_window(date)
        return self.windows[date]

    def find_window(self, date):
        if self.off_by(date):
            return None
        opens = instant(self.zone, date, self.opens, False)
        tomorrow = day_start(self.zone, date + DAY)
        closes = tomorrow
        if self.closes < 24 * 60:
            closes = min(tomorrow, instant(self.zone, date, self.closes, True))
        return (opens, closes) if closes > opens else None

    def is_open(self, at_ms):
        window = self.window(day_of(self.zone, at_ms))
        return window is not None and window[0] <= at_ms < window[1]

    def within(self, from_ms, to_ms):
        """The windows in a span, cut off at its ends."""
        date = day_of(self.zone, from_ms) - DAY
        while (start := day_start(self.zone, date)) < to_ms:
            window = self.window(date)
            date += DAY
            if window and window[0] < to_ms and window[1] > from_ms:
                yield max(window[0], from_ms), min(window[1], to_ms)
        assert start >= to_ms
