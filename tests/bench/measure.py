"""What the benches of tests/bench/run ask the machine: CPU, memory, and room for Postgres."""

import os

# Room, not durability: fsync, synchronous_commit and full_page_writes stay as Postgres has them.
ROOM = {"shared_buffers": "1GB", "max_wal_size": "8GB",
        "shared_preload_libraries": "pg_stat_statements"}  # fmt: skip
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time so far; 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    except OSError:
        return 0.0


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def peak_megabytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def count_statements(database):
    """From now on."""
    database.execute("SELECT pg_stat_statements_reset()")


def show_statements(database):
    """Those that took most of the time, since they are counted."""
    for row in database.rows(
        "SELECT calls, rows, round(total_exec_time) AS ms, regexp_replace(left(query, 1000), "
        "'[[:space:]]+', ' ', 'g') AS text FROM pg_stat_statements WHERE dbid = (SELECT oid "
        "FROM pg_database WHERE datname = current_database()) ORDER BY 3 DESC LIMIT 6"
    ):
        each = int(row["rows"]) / int(row["calls"])
        print(f"  {row['ms']:>8} ms {row['calls']:>7} x {each:7.1f} rows  {row['text'][:58]}")


def give_room(test):
    """Starts the test's own Postgres anew with ROOM, and counts its statements."""
    for name, value in ROOM.items():
        test.database.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    test.postgres.stop()
    test.postgres.start()
    test.database.execute("CREATE EXTENSION pg_stat_statements")


def postgres_cpu(postgres):
    """Of all processes of the server that live: sessions that have ended do not count."""
    path = os.path.join(postgres.folder, "data", "postmaster.pid")
    with open(path, encoding="ascii") as file:
        postmaster = int(file.readline())
    return sum(cpu_seconds(child) for child in children(postmaster))
