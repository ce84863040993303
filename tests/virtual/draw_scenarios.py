"""Random scenarios from a seed: campaigns of the world, their accounts, people, and what befalls
them."""

import datetime
import random

from clock import DAY_MS, HOUR_MS, MIN_MS, Hours
from scenario import Campaign, Change, Limits, Person, Scenario

START = 1_798_761_600_000  # 2027-01-01T00:00Z: nothing depends on today
NEVER = START + 10 * 365 * DAY_MS

# Clocks that change by an hour, by half of it, at midnight, in Ramadan, or never; half hours;
# other weekends; holidays of a part of a country.
PLACES = [
    ("Europe/Berlin", "DE", "BY"), ("Europe/Berlin", "DE", None), ("America/New_York", "US", "NY"),
    ("Australia/Lord_Howe", "AU", "NSW"), ("Africa/Casablanca", "MA", None),
    ("Asia/Gaza", "PS", None), ("America/Santiago", "CL", None), ("Pacific/Apia", "WS", None),
    ("Asia/Dubai", "AE", None), ("Asia/Dubai", "AE", "SH"), ("Asia/Riyadh", "SA", None),
    ("Asia/Jerusalem", "IL", None), ("Asia/Tehran", "IR", None), ("Asia/Kathmandu", "NP", None),
    ("Asia/Kolkata", "IN", "KA"), ("America/St_Johns", "CA", "NL"), ("Africa/Cairo", "EG", None),
    ("Asia/Shanghai", "CN", None), ("Pacific/Kiritimati", "KI", None), ("Asia/Brunei", "BN", None),
]  # fmt: skip
# Minutes of the day; around the hour that a clock change skips or repeats, and all day.
HOURS = [(9, 17), (8, 18), (9, 12.5), (0, 24), (2, 3), (1.5, 2.5), (22, 24), (0, 3), (13, 20)]


def own_days(rng, days):
    """date -> whether it is worked, as a workspace has them."""
    first = datetime.date(2027, 1, 1)
    return {first + datetime.timedelta(days=rng.randrange(days)): rng.random() < 0.3
            for _ in range(rng.choice([0, 6, 20]))}  # fmt: skip


def hours(rng, place, own):
    opens, closes = HOURS[0] if rng.random() < 0.4 else rng.choice(HOURS)
    weekend = None if rng.random() < 0.8 else set(rng.sample(range(7), rng.randint(0, 3)))
    return Hours(*place, int(opens * 60), int(closes * 60), weekend, rng.random() < 0.85,
                 own)


def campaign(rng, place, own, days):
    kind = rng.choice(["connector", "messenger"])
    steps = rng.randint(1, 4)
    start = START + (0 if rng.random() < 0.7 else rng.randint(0, days // 3) * DAY_MS)
    end = NEVER if rng.random() < 0.8 else start + rng.randint(20, days) * DAY_MS
    delays = [0] + [rng.choice([HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS, 3 * DAY_MS + MIN_MS])
                    for _ in range(steps - 1)]  # fmt: skip
    cap = 0 if rng.random() < 0.6 else rng.randint(1, 15)
    return Campaign(kind, hours(rng, place, own), cap, start, end, delays)


def person(rng, index, c, days):
    early = rng.random() < 0.25
    arrives = START + MIN_MS + (0 if early else rng.randint(0, days * DAY_MS * 3 // 4))
    accepts = -1 if rng.random() < 0.4 else rng.randint(MIN_MS, 12 * DAY_MS)
    return Person(index, arrives, accepts if c.kind == "connector" else -1)


def limits(rng):
    return Limits(spacing=rng.choice([2, 2, 5, 10]) * MIN_MS, jitter=rng.choice([0, 1, 3]) * MIN_MS,
                  calls=rng.choice([4, 25, 40, 60]), invitations=rng.choice([3, 10, 20, 30]),
                  weekly=rng.choice([15, 60, 100]), messages=rng.choice([3, 25, 50, 50]),
                  views=rng.choice([5, 30, 80]))  # fmt: skip


def changes(rng, days):
    """An outage of five hours, and rests as Unipile asks for them, each in the middle of a day."""
    found = []
    for kind, span in (("outage", 5), ("rest", rng.choice([6, 12, 24, 48])),
                       ("invitations_rest", rng.choice([6, 24, 72]))):  # fmt: skip
        for _ in range(rng.randint(0, 3)):
            at = START + rng.randint(5, days - 10) * DAY_MS + rng.randint(6, 15) * HOUR_MS
            found.append(Change(at, kind, at + span * HOUR_MS))
    return found


def decisions(rng, days):
    """An operator's: another daily cap, up or down; another zone for the account."""
    found = []
    for kind in ("calls", "calls", "zone"):
        if rng.random() < 0.4:
            continue
        at = START + rng.randint(5, days - 10) * DAY_MS + rng.randrange(DAY_MS)
        if kind == "zone":
            found.append(Change(at, kind, 0, rng.choice(PLACES)[0]))
        else:
            found.append(Change(at, kind, rng.choice([3, 10, 50])))
    return found


def lengthen(rng, found):
    """Some outages last for days."""
    for change in found:
        if change.kind == "outage" and rng.random() < 0.5:
            change.value = change.at + rng.choice([20, 50, 100]) * HOUR_MS


def pauses(rng, days, campaigns):
    """An operator pauses the account, and two of its campaigns, each for a while."""
    found = []
    for target in {-1, rng.randrange(len(campaigns)), rng.randrange(len(campaigns))}:
        for part in range(rng.choice([0, 1, 2])):
            at = START + (5 + part * days // 2 + rng.randrange(days // 2 - 20)) * DAY_MS
            at += rng.randrange(DAY_MS)
            span = rng.choice([MIN_MS, 3 * HOUR_MS, DAY_MS, 5 * DAY_MS, 12 * DAY_MS])
            found += [Change(at, "pause", target), Change(at + span, "resume", target)]
    return found


def notes(rng, campaigns):
    """Some connector campaigns write notes; of a free plan a month has few of them."""
    for c in campaigns:
        if c.kind == "connector":
            c.note = rng.choice(["-", "hold", "without_note", "cut"])
    return rng.choice([-1, 5, 15])


def ends(rng):
    """How calls end, of a thousand: now and then, often, or never otherwise than sent; and how
    many are long."""
    most = {"not executed": [0, 10, 60, 250], "refused": [0, 5, 20], "unknown": [0, 5, 20],
            "untried": [0, 10, 60], "throttled": [0, 2, 10], "invitations throttled": [0, 5, 20],
            "long": [0, 100, 500]}  # fmt: skip
    return [rng.choice(few) for few in most.values()]


def draw(seed, days=365):
    """One account of seed, and its campaigns."""
    rng = random.Random(seed)
    more = random.Random(f"{seed}, what operators do")
    own = own_days(more, days)
    place = PLACES[seed % len(PLACES)]
    places = [place if rng.random() < 0.6 else rng.choice(PLACES)
              for _ in range(rng.choice([1, 1, 2, 3, 5]))]  # fmt: skip
    campaigns = [campaign(rng, p, own, days) for p in places]
    people = [person(rng, i, c, days) for i, c in enumerate(campaigns)
              for _ in range(rng.choice([5, 60, 200, 400]))]  # fmt: skip
    ramp = rng.choice([0, 0, 14])
    year = Scenario(f"seed-{seed}", place[0], limits(rng), rng.random() < 0.5, START,
                    START + days * DAY_MS, seed, campaigns, people, changes(rng, days), ramp,
                    START if ramp else 0, own)  # fmt: skip
    year.ends = ends(random.Random(f"{seed}, how calls end"))
    year.notes = notes(random.Random(f"{seed}, notes"), campaigns)
    lengthen(random.Random(f"{seed}, outages"), year.changes)
    year.changes += pauses(random.Random(f"{seed}, pauses"), days, campaigns)
    year.changes = sorted(year.changes + decisions(more, days), key=lambda c: c.at)
    return year
