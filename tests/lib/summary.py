"""summary.py TITLE JUNIT.xml COUNTS CTEST_EXIT KIND...: what passed and failed of one ctest run.

Counts test cases, not programs: a cmocka program or a unittest file counts as the cases that its
output names, any other test as one. A program that ends badly although none of its cases failed
(a leak, a crash, a timeout) counts as one failed case more; so does a kind of which nothing ran, or
a ctest that ended badly with no failed case to show for it. The text (a line for each kind, then
what failed and lines that begin with "figure: ", then which programs took longest) goes to standard
output, "PASSED FAILED" to COUNTS.
"""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree

CMOCKA_CASE = re.compile(r"^\[  (     OK|FAILED |SKIPPED|  ERROR) *\] (\w+)(?! test)", re.M)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
UNITTEST_END = re.compile(r"^(?:OK|FAILED) \((.*)\)$", re.M)
# What a test has measured, and wants to be read when it passes too.
FIGURE = re.compile(r"^figure: .*$", re.M)
OUTPUT_LINES_SHOWN = 80
SLOWEST_SHOWN = 3


class Program:
    """One ctest test: a program and the cases that it ran."""

    def __init__(self, element):
        self.name = element.get("name")
        self.seconds = float(element.get("time") or 0)
        self.output = element.findtext("system-out") or ""
        failure = element.find("failure")
        skipped = element.find("skipped")
        self.reason = "".join(e.get("message", "") for e in (failure, skipped) if e is not None)
        # ctest calls a program that it could not start "skipped" too.
        self.skipped_whole = skipped is not None and self.reason.startswith("SKIP_")
        self.broken = element.get("status") != "run" and not self.skipped_whole
        self.passed, self.failed, self.skipped = self._cases()
        if self.broken and self.failed == 0:
            self.failed = 1

    def _cases(self):
        if self.skipped_whole:
            return 0, 0, 1
        ran = UNITTEST_RAN.findall(self.output)
        if ran:
            end = " ".join(UNITTEST_END.findall(self.output))
            count = {key: int(n) for key, n in re.findall(r"(\w[\w ]*)=(\d+)", end)}
            skipped = count.get("skipped", 0)
            failed = count.get("failures", 0) + count.get("errors", 0)
            return max(int(ran[-1]) - failed - skipped, 0), failed, skipped
        # cmocka names a failed case once where it fails and once in its closing list.
        cases = {name: verdict.strip() for verdict, name in CMOCKA_CASE.findall(self.output)}
        if cases:
            verdicts = list(cases.values())
            return (
                verdicts.count("OK"),
                verdicts.count("FAILED") + verdicts.count("ERROR"),
                verdicts.count("SKIPPED"),
            )
        return (0, 1, 0) if self.broken else (1, 0, 0)


def show_failure(program):
    print(f"  FAILED {program.name} ({program.reason or f'after {program.seconds:.1f} s'})")
    lines = program.output.rstrip().splitlines()
    if len(lines) > OUTPUT_LINES_SHOWN:
        print(f"    ... {len(lines) - OUTPUT_LINES_SHOWN} lines before these")
    for line in lines[-OUTPUT_LINES_SHOWN:]:
        print(f"    {line}")


def show_kind(kind, programs):
    """The line of a kind; returns how many of its cases passed and failed."""
    passed = sum(p.passed for p in programs)
    failed = sum(p.failed for p in programs)
    skipped = sum(p.skipped for p in programs)
    nothing_ran = passed + failed == 0
    line = f"{kind:<12} {passed} passed, {failed + nothing_ran} failed"
    if skipped:
        line += f", {skipped} skipped"
    print(f"{line}  ({len(programs)} programs, {sum(p.seconds for p in programs):.1f} s)")
    if nothing_ran:
        print(f"  FAILED {kind}: nothing ran")
    for program in programs:
        if program.failed:
            show_failure(program)
        elif program.skipped:
            print(f"  skipped in {program.name}: {program.skipped}")
        for figure in FIGURE.findall(program.output):
            print(f"  {figure}")
    return passed, failed + nothing_ran


def main():
    title, path, counts_path, ctest_exit = sys.argv[1:5]
    programs = []
    if os.path.exists(path):
        programs = [Program(case) for case in ElementTree.parse(path).iter("testcase")]
    kinds = [kind for kind in sys.argv[5:] if kind]
    kinds += sorted({p.name.split("/")[0] for p in programs} - set(kinds))
    passed = failed = 0
    for kind in kinds:
        ours = [p for p in programs if p.name.startswith(kind + "/")]
        more_passed, more_failed = show_kind(kind, ours)
        passed += more_passed
        failed += more_failed
    if passed + failed == 0 or (ctest_exit != "0" and failed == 0):
        failed += 1
        print(f"  FAILED {title}: no case failed, ctest's exit status is {ctest_exit}")
    slowest = sorted(programs, key=lambda p: p.seconds, reverse=True)[:SLOWEST_SHOWN]
    print(f"{title}: longest " + ", ".join(f"{p.name} {p.seconds:.0f} s" for p in slowest))
    with open(counts_path, "w", encoding="ascii") as counts:
        print(passed, failed, file=counts)


if __name__ == "__main__":
    main()
