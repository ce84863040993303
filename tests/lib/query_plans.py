"""The query plans of what the programs really ran, from the log of a private Postgres.

    plans = QueryPlans(self.postgres, self.database)    # before the programs start
    ...
    for statement in plans.read():                      # what was run since the last read
        print(statement.program, statement.sql, statement.scans)

auto_explain writes the plan of every statement, with actual rows and blocks; of nested ones too
(foreign keys, functions). Statements of the tests themselves are not among them.
"""

import json
import os

SERVER = {
    "logging_collector": "on", "log_destination": "jsonlog", "log_directory": "plans",
    "log_filename": "plans", "log_rotation_size": "0", "log_rotation_age": "0",
    "autovacuum": "off",  # the statistics are what the test makes them
}  # fmt: skip
EXPLAIN = {
    "log_min_duration": "0", "log_analyze": "on", "log_timing": "off", "log_buffers": "on",
    "log_nested_statements": "on", "log_format": "json",
}  # fmt: skip
MARK = "plan:\n"


class Scan:
    """One node of a plan that reads a table or an index; counts over all of its loops."""

    def __init__(self, node, table):
        self.kind = node["Node Type"]
        self.table = table  # what it reads, by the table's name
        self.index = node.get("Index Name")
        self.condition = node.get("Index Cond")
        self.loops = node["Actual Loops"]
        removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
        self.rows = self.loops * (node["Actual Rows"] + sum(node.get(key, 0) for key in removed))

    def reads_all(self):
        """Nothing limits where it begins and ends in the table or index."""
        return self.kind != "Bitmap Heap Scan" and not self.condition

    def __str__(self):
        found = f"by {self.index} where {self.condition}" if self.index else "whole"
        return f"{self.kind} of {self.table} {found}: {self.rows:.0f} rows in {self.loops} loops"


class Statement:
    """One execution. rows: given back; changed: written; asked: elements of its arrays."""

    def __init__(self, program, report):
        top = report["Plan"]
        self.program = program
        self.sql = " ".join(report["Query Text"].split())
        self.blocks = top.get("Shared Hit Blocks", 0) + top.get("Shared Read Blocks", 0)
        self.rows = top["Actual Rows"] * top["Actual Loops"]
        self.asked = 0
        self.changed = 0
        self.scans = []
        self._walk(top, None)

    def _walk(self, node, table):
        kind = node["Node Type"]
        if kind == "Function Scan":
            self.asked += node["Actual Rows"] * node["Actual Loops"]
        elif kind == "ModifyTable":
            self.changed += sum(
                child["Actual Rows"] * child["Actual Loops"] for child in node["Plans"][:1]
            )
        if kind.endswith("Scan"):
            table = node.get("Relation Name", table)
            if "Index Name" in node or "Relation Name" in node:
                self.scans.append(Scan(node, table))
        for child in node.get("Plans", ()):
            self._walk(child, table)

    def work(self):
        """How many rows it was about."""
        return self.rows + self.changed + self.asked

    def scanned(self):
        return sum(scan.rows for scan in self.scans)

    def __str__(self):
        scans = "".join(f"\n    {scan}" for scan in self.scans)
        return (f"{self.program}: {self.sql[:400]}\n    asked {self.asked:.0f}, gave {self.rows}, "
                f"changed {self.changed:.0f}, blocks {self.blocks}{scans}")  # fmt: skip


class QueryPlans:
    def __init__(self, postgres, database):
        """Restarts the server, with its log where read() finds it; autovacuum is off."""
        self._path = os.path.join(postgres.folder, "data", "plans", "plans.json")
        self._database = database.name
        self._offset = 0
        for name, value in SERVER.items():
            database.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        postgres.stop()
        postgres.start()
        alter = f'ALTER DATABASE "{database.name}" SET '
        database.execute(alter + "session_preload_libraries = auto_explain")
        for name, value in EXPLAIN.items():
            database.execute(f"{alter}auto_explain.{name} = {value}")

    def read(self):
        """Statements since the last read, in the order of the log."""
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # it is still being written
                self._offset += len(line)
                entry = json.loads(line)
                program = entry.get("application_name", "")
                if entry.get("dbname") != self._database or not program.startswith("sam"):
                    continue
                _, found, report = entry.get("message", "").partition(MARK)
                if found:
                    yield Statement(program, json.loads(report))
