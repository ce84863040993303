"""Skips a whole test program where what it needs cannot be had; the reason is in its output, which
tests/lib/summary.py shows."""

import unittest


def unless_had(get):
    """What get() returns; its RuntimeError is the reason to skip. For setUpModule."""
    try:
        return get()
    except RuntimeError as why:
        print(f"skipped: {why}")
        raise unittest.SkipTest(str(why)) from None
