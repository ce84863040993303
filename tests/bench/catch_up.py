"""What tests/bench/run --catch-up does behind part 1: new workers, as many, learn its events from
the ledger, twice. In a database that was restored from before part 1, where each row is written
again; and by `samctl ledger replay`, in one that has them all. Slower than EVENTS in SECONDS fails
the bench."""

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


def sent(test):
    return test.number("SELECT count(*) FROM send_attempts WHERE outcome = 'sent'")


def restore(test, path):
    test.database.drop()
    test.database.create()
    run("pg_restore", "-d", test.database.conninfo, path)
    test.database.execute("ANALYZE")


def spent(test, workers):
    """Seconds of processor time: of the workers, of Postgres."""
    return (sum(measure.cpu_seconds(worker.pid) for worker in workers),
            measure.postgres_cpu(test.postgres))  # fmt: skip


def learn(test, what, workers, begin):
    """Events in a second from begin() on."""
    told, sends = test.told, test.sends
    measure.count_statements(test.database)
    before = spent(test, workers)
    begun = time.monotonic()
    begin()
    test.wait_for("all to be known again", lambda: applied(test) >= told, 60 + told / 1000)
    seconds = time.monotonic() - begun
    cpu = [after - then for after, then in zip(spent(test, workers), before)]
    peak = max(measure.peak_megabytes(worker.pid) for worker in workers)
    test.assertEqual(sent(test), sends)
    print(f"\ncatching up, {what}: {told} events of {sends} sends in {seconds:.1f} s")
    print(f"  events/s                          {told / seconds:.0f}")
    print(f"  CPU {len(workers)} workers {cpu[0]:.1f} s, Postgres {cpu[1]:.1f} s, "
          f"peak RSS of one {peak:.1f} MB")  # fmt: skip
    measure.show_statements(test.database)
    return told / seconds


def catch_up(test, path):
    """Everything else has stopped. Prints what it took."""
    test.told, test.sends = applied(test), sent(test)
    restore(test, path)
    workers = [test.start_worker(ready=False) for _ in range(test.options.workers)]
    rates = [learn(test, "restored", workers, lambda: None),
             learn(test, "replayed", workers, lambda: test.samctl(
                 "ledger", "replay", "--from", "beginning"))]  # fmt: skip
    test.assertGreater(min(rates), EVENTS / SECONDS)
