"""coverage.py BUILD_DIRECTORY COUNTS: the lines and branches of common/policy that the unit tests
have taken.

Reads what gcov has counted since the last build there, prints a line for each common/policy/*.c
and, as `file:line: text`, each branch that no test takes and each line that none reaches. A file is
one case: it passes when all of its branches were taken. A file of which nothing was counted fails.
"PASSED FAILED" goes to COUNTS. Exit 0 only if all passed.
"""

import glob
import json
import os
import subprocess
import sys

FOLDER = "common/policy"


class Source:
    """What was counted of one .c file."""

    def __init__(self, name):
        self.name = name
        self.lines = {}
        self.branches = {}

    def add(self, lines):
        for line in lines:  # a line stands once for each function that has code on it
            number = line["line_number"]
            self.lines[number] = self.lines.get(number, 0) + line["count"]
            taken = [branch["count"] > 0 for branch in line["branches"]]
            self.branches.setdefault(number, []).extend(taken)

    def missing(self):
        with open(self.name, encoding="utf-8") as file:
            text = file.read().split("\n")
        for number in sorted(self.lines):
            where = f"{self.name}:{number}"
            of = len(self.branches[number])
            never = self.branches[number].count(False)
            if self.lines[number] == 0:
                yield f"{where}: never reached: {text[number - 1].strip()}"
            elif never:
                yield f"{where}: {never} of {of} branches never taken: {text[number - 1].strip()}"

    def taken(self):
        """(taken, all) of the lines, and of the branches."""
        branches = [taken for of_line in self.branches.values() for taken in of_line]
        reached = sum(count > 0 for count in self.lines.values())
        return (reached, len(self.lines)), (sum(branches), len(branches))


def counted(build):
    """name: Source, of each file of the folder that gcov knows about."""
    notes = glob.glob(os.path.join(build, FOLDER, "**", "*.gcno"), recursive=True)
    sources = {}
    for note in notes:
        report = subprocess.run(
            ["gcov", "--json-format", "--branch-probabilities", "--stdout", note],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ).stdout
        for file in json.loads(report)["files"]:
            name = os.path.relpath(file["file"])
            if name.startswith(FOLDER + "/"):
                sources.setdefault(name, Source(name)).add(file["lines"])
    return sources


def share(part):
    return f"{part[0]}/{part[1]}"


def main():
    build, counts_path = sys.argv[1:]
    sources = counted(build)
    names = sorted(set(glob.glob(FOLDER + "/**/*.c", recursive=True)) | set(sources))
    passed = 0
    for name in names:
        if name not in sources:
            print(f"  FAILED {name}:1: gcov has counted nothing")
            continue
        lines, branches = sources[name].taken()
        print(f"  {name:<28} lines {share(lines):>8}   branches {share(branches):>8}")
        missing = list(sources[name].missing())
        passed += not missing
        for line in missing:
            print(f"  FAILED {line}")
    if not names:
        print(f"  FAILED {FOLDER}: no file")
    failed = len(names) - passed if names else 1
    with open(counts_path, "w", encoding="ascii") as file:
        print(passed, failed, file=file)
    print(f"{'coverage':<12} {passed} files passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
