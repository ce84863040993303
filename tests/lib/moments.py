"""Times for tests, made from now: a test must pass on every day and at every hour.

No test names a date that SAM compares with the present. A test that is about a day, a weekday or an
hour moves the clock of SAM there, and always forwards (Database.shift_clock): counts and delays
that were kept before the move then lie in the past.
"""

import datetime
import zoneinfo

UTC = datetime.timezone.utc
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


def now():
    return datetime.datetime.now(UTC)


def at(day, wall, zone):
    """The instant at which the clocks of a zone show "HH:MM" on a day (a date)."""
    wall = datetime.time.fromisoformat(wall)
    return datetime.datetime.combine(day, wall, zoneinfo.ZoneInfo(zone))


def next_weekday(weekday, wall, zone, after=None):
    """The first such weekday and wall time in a zone later than after (else: now)."""
    after = after or now()
    day = after.astimezone(zoneinfo.ZoneInfo(zone)).date()
    while day.weekday() != weekday or at(day, wall, zone) <= after:
        day += datetime.timedelta(days=1)
    return at(day, wall, zone)


def next_month_day(day, wall, zone, after=None):
    """The first such day of a month (1 to 28) and wall time in a zone later than after (else: now).
    """
    moment = after or now()
    date = moment.astimezone(zoneinfo.ZoneInfo(zone)).date()
    while date.day != day or at(date, wall, zone) <= moment:
        date += datetime.timedelta(days=1)
    return at(date, wall, zone)


def seconds_until(moment):
    """Whole seconds from now, rounded up: the clock that is moved so far is not before it."""
    return int((moment - now()).total_seconds()) + 1


def text(moment):
    """As samctl and the campaign files have it: 2026-11-23T09:00:00.000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def clock_change(zone, after):
    """The next instant at which the clocks of a zone are changed."""
    zone = zoneinfo.ZoneInfo(zone)
    hour = after.replace(minute=0, second=0, microsecond=0)
    while hour <= after or hour.astimezone(zone).utcoffset() == (
        (hour - datetime.timedelta(hours=1)).astimezone(zone).utcoffset()
    ):
        hour += datetime.timedelta(hours=1)
    return hour


def next_day(month, day, wall):
    """The next such day of a year, at a wall time of UTC."""
    year = now().year
    while True:
        try:
            moment = at(datetime.date(year, month, day), wall, "UTC")
        except ValueError:  # no 29 February in this year
            moment = now()
        if moment > now():
            return moment
        year += 1


def known_to_hurt():
    """The moments of `tests/run moments`, each shortly before what is told of it."""
    soon = datetime.timedelta(minutes=2)
    european = clock_change("Europe/Berlin", now() + soon)
    return {
        "Saturday-night": next_weekday(SATURDAY, "03:00", "UTC"),
        "end-of-the-year": next_day(12, 31, "23:50"),
        "leap-day": next_day(2, 29, "12:00"),
        "European-clock-change": european - soon,
        "the-one-after": clock_change("Europe/Berlin", european) - soon,
        "American-clock-change": clock_change("America/New_York", now() + soon) - soon,
    }


if __name__ == "__main__":
    for name, moment in known_to_hurt().items():
        print(name, seconds_until(moment))
