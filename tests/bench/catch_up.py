"""Part 3 of tests/bench/run --catch-up: a database that is restored from before part 1 learns all
of it again from the ledger, by one worker. Slower than EVENTS in SECONDS fails the bench."""

import os
import time

import measure
from sam_test import run

EVENTS, SECONDS = 1_000_000, 60  # what it must be good for, on two cores


def dump(test):
    path = os.path.join(test.folder, "before")
    run("pg_dump", "-Fc", "-f", path, "-d", test.database.conninfo)
    return path


def applied(test):
    return test.number("SELECT sum(next_offset) FROM ledger_positions")


def catch_up(test, path):
    """Everything else has stopped. Prints what it took."""
    told = applied(test)
    sent = test.number("SELECT count(*) FROM send_attempts WHERE outcome = 'sent'")
    test.database.drop()
    test.database.create()
    run("pg_restore", "-d", test.database.conninfo, path)
    test.database.execute("ANALYZE")
    measure.count_statements(test.database)
    before = measure.postgres_cpu(test.postgres)
    begun = time.monotonic()
    worker = test.start_worker(ready=False)
    test.wait_for("all to be known again", lambda: applied(test) >= told, 60 + told / 1000)
    seconds = time.monotonic() - begun
    cpu = measure.cpu_seconds(worker.pid), measure.postgres_cpu(test.postgres) - before
    test.assertEqual(
        test.number("SELECT count(*) FROM send_attempts WHERE outcome = 'sent'"), sent)  # fmt: skip
    print(f"\ncatching up: {told} events of {sent} sends, in {seconds:.1f} s, the start in it")
    print(f"  events/s                          {told / seconds:.0f}")
    print(f"  CPU worker {cpu[0]:.1f} s, Postgres {cpu[1]:.1f} s, peak RSS worker "
          f"{measure.peak_megabytes(worker.pid):.1f} MB")  # fmt: skip
    measure.show_statements(test.database)
    test.assertGreater(told / seconds, EVENTS / SECONDS)
