"""Waiting for commands and conditions, each with a deadline."""

import os
import subprocess
import time

PATIENCE = float(os.environ.get("SAM_TEST_PATIENCE", "1"))
POLL_SECONDS = 0.05
POLL_SECONDS_MAX = 0.25
COMMAND_SECONDS = 120


def run(*command, **options):
    """Runs a command to its end and returns its output; a failure shows what it said."""
    options.setdefault("timeout", COMMAND_SECONDS * PATIENCE)
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        shown = " ".join(str(word) for word in command)
        raise AssertionError(f"{shown}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_for(what, condition, seconds=30, watched=()):
    """Waits until condition() is true and returns its value.

    A watched process that ends meanwhile is an error at once, not after the deadline. The longer it
    takes, the less often is looked: what asks the database costs the others their time.
    """
    begun = time.monotonic()
    deadline = begun + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        for process in watched:
            process.must_run()
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds * PATIENCE:.0f} s for {what}; last: {value!r}")
        waited = time.monotonic() - begun
        time.sleep(min(max(POLL_SECONDS, waited / 20), POLL_SECONDS_MAX))
