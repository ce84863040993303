"""What the program virtual_year has printed."""

import collections
import dataclasses


@dataclasses.dataclass
class Send:
    campaign: int
    person: int
    step: int
    kind: str
    start: int
    end: int
    ended: str = "sent"
    noted: bool = False
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
            campaign, person, step, kind, start, end, ended, noted = rest
            years[name].sends.append(Send(int(campaign), int(person), int(step), kind, int(start),
                                          int(end), ended, noted == "1"))  # fmt: skip
        elif what == "view":
            years[name].views.append(int(rest[0]))
        else:
            years[name].decisions, years[name].plans = int(rest[0]), int(rest[1])
    return years
