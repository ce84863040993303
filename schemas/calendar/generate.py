#!/usr/bin/env python3
"""generate.py [FILE]: writes holidays.txt from the Python package `holidays` (PyPI, MIT licence).

    python3 -m venv v && v/bin/pip install "$(v/bin/python generate.py --needs)"
    v/bin/python generate.py          # the same bytes again, with the version that --needs names

The table holds the public holidays of every country and subdivision of the package, 2025 to 2035.
"""

import collections
import datetime
import os
import sys

VERSION = "0.109"
YEARS = range(2025, 2036)
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "holidays.txt")
ESTIMATED = " (estimated)"
WORKED = "Make-up workday"
NOWHERE = "-"  # the country, where no subdivision is given

HEAD = """\
# Public holidays of {countries} countries and {subdivisions} subdivisions, {first} to {last}.
{without}\
# Made by generate.py from the Python package `holidays` {version} (MIT; LICENSE.holidays): not to
# be edited. Own dates of a workspace: samctl holiday add.
#
# Columns, by tabs: country (ISO 3166); where: * everywhere, or subdivisions by comma, {nowhere} =
# where none is named; kind: h holiday, e estimated holiday (by the moon), w worked though on a
# weekend, s only names the subdivisions; days: MM-DD of every year, or dates; name.
"""


def by_where(holidays, country, subdivisions):
    """(kind, day, name) -> the subdivisions that have it."""
    found = collections.defaultdict(list)
    for place in (None, *subdivisions):
        days = holidays.country_holidays(country, subdiv=place, years=YEARS, language="en_US")
        rows = {(kind_of(name), day, name.replace(ESTIMATED, ""))
                for day in days for name in days.get_list(day)}  # fmt: skip
        rows |= {("w", day, WORKED) for day in getattr(days, "weekend_workdays", ())}
        for row in rows:
            if row[1].year in YEARS:
                found[row].append(place or NOWHERE)
    return found


def kind_of(name):
    return "e" if ESTIMATED in name else "h"


def days_text(days):
    """Every year on the same day: that day; else all dates."""
    of_year = {day.strftime("%m-%d") for day in days}
    if len(of_year) == 1 and {day.year for day in days} == set(YEARS):
        return of_year.pop()
    return " ".join(day.isoformat() for day in sorted(days))


def lines(holidays, country, subdivisions):
    grouped = collections.defaultdict(set)
    for (kind, day, name), places in by_where(holidays, country, subdivisions).items():
        everywhere = len(places) == len(subdivisions) + 1
        where = "*" if everywhere else ",".join(sorted(places))
        clean = " ".join(name.split())
        grouped[(where, kind, clean)].add(day)
    rows = [(country, where, kind, days_text(days), name)
            for (where, kind, name), days in grouped.items()]  # fmt: skip
    if subdivisions:
        rows.append((country, ",".join(subdivisions), "s", "00-00", "subdivisions"))
    return ["\t".join(row) for row in sorted(rows, key=lambda r: (r[3][-5:], r))]


def table():
    import holidays  # only when it is made: --needs says which one

    if holidays.__version__ != VERSION:
        sys.exit(f"generate.py: holidays {VERSION} is needed, this is {holidays.__version__}")
    countries = holidays.list_supported_countries(include_aliases=False)
    body = [line for country in sorted(countries)
            for line in lines(holidays, country, sorted(countries[country]))]  # fmt: skip
    listed = {line.split("\t")[0] for line in body}
    empty = ", ".join(sorted(set(countries) - listed))
    head = HEAD.format(
        countries=len(listed), subdivisions=sum(map(len, countries.values())), nowhere=NOWHERE,
        first=YEARS[0], last=YEARS[-1], version=VERSION,
        without=f"# Without any in these years, by the package: {empty}.\n" if empty else "",
    )  # fmt: skip
    return head + "\n".join(body) + "\n"


def main(arguments):
    if arguments == ["--needs"]:
        print(f"holidays=={VERSION}")
        return
    out = arguments[0] if arguments else OUT
    with open(out, "w", encoding="utf-8") as file:
        file.write(table())


if __name__ == "__main__":
    main(sys.argv[1:])
