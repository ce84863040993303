"""Arms the places of common/base/failpoint.h: who comes to one kills or freezes itself."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
HEADER = os.path.join(HERE, "..", "..", "common", "base", "failpoint.h")


# The places that a producer comes to; a worker comes to all others.
OF_PRODUCERS = ("published", "job_produced", "outbox_acked")


def names():
    """All places, in the order in which a send passes them."""
    with open(HEADER, encoding="utf-8") as file:
        return re.findall(r'X\(FAILPOINT_\w+,\s*"(\w+)"\)', file.read())


class Failpoints:
    """A folder to be given to the programs as SAM_FAILPOINT_DIR."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "failpoints")
        os.makedirs(self.folder)
        self.environment = {"SAM_FAILPOINT_DIR": self.folder}

    def _path(self, name, how):
        return os.path.join(self.folder, f"{name}.{how}")

    def arm(self, name, how="kill"):
        """The next program that comes there: how = kill or stop."""
        with open(self._path(name, how), "w", encoding="utf-8"):
            pass

    def hit(self, name, how="kill"):
        """Has somebody come there since?"""
        return not os.path.exists(self._path(name, how))

    def disarm(self, name, how="kill"):
        """True: nobody had come there."""
        try:
            os.unlink(self._path(name, how))
        except FileNotFoundError:
            return False
        return True
