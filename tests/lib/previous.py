"""The programs of the commit before this one, built once: for what must hold while both run.

`python3 tests/lib/previous.py` builds them, or says why there are none: tests/run calls it before
the tests, since a build beside them would stretch what they measure. Where something is changed and
not committed yet, the commit before this one is the last.
"""

import fcntl
import os
import shutil
import subprocess
import unittest

import sam_test

CACHE = os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "sam", "previous"
)
PROGRAMS = ("sam-producer", "sam-worker", "samctl")
KEPT = 3


class Missing(Exception):
    """There is no commit before this one to be had here."""


def _git(*arguments):
    try:
        return subprocess.run(["git", "-C", sam_test.SOURCE, *arguments], capture_output=True,
                              text=True, check=False)  # fmt: skip
    except OSError as error:
        raise Missing(f"no git: {error}") from error


def commit():
    """The id of the commit before this one, or Missing with the reason."""
    if not os.path.exists(os.path.join(sam_test.SOURCE, ".git")):
        raise Missing("no git history here")  # not that of a folder above
    changed = _git("status", "--porcelain")
    if changed.returncode:
        raise Missing(f"git does not tell what is changed: {changed.stderr.strip()}")
    done = _git("rev-parse", "--verify", "HEAD" if changed.stdout else "HEAD~1")
    if done.returncode:
        raise Missing(f"git has no commit before this one: {done.stderr.strip()}")
    return done.stdout.strip()


def _run(*command, cwd=None, **more):
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}  # of moments
    sam_test.run(*command, cwd=cwd, env={**environment, **more}, timeout=560)


def _build(which, into):
    """As tests/run builds what is here, so that ccache knows what has not changed since."""
    source = os.path.join(CACHE, "source")
    shutil.rmtree(source, True)
    os.makedirs(source)
    archive = os.path.join(CACHE, "source.tar")
    _run("git", "-C", sam_test.SOURCE, "archive", "-o", archive, which)
    _run("tar", "-xf", archive, "-C", source)
    launcher = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    _run("cmake", "--preset", "dev", "-DSAM_TESTS=OFF", *launcher, cwd=source)
    _run("nice", "cmake", "--build", "--preset", "dev", "-j", str(os.cpu_count() or 2), cwd=source,
         CCACHE_BASEDIR=source, CCACHE_NOHASHDIR="1")  # fmt: skip
    os.makedirs(into + ".new", exist_ok=True)
    for name in PROGRAMS:
        shutil.copy2(os.path.join(source, "build", "dev", "bin", name), into + ".new")
    os.rename(into + ".new", into)
    shutil.rmtree(source)
    os.remove(archive)


def _drop_old():
    folders = [entry.path for entry in os.scandir(CACHE) if entry.is_dir()]
    for folder in sorted(folders, key=os.path.getmtime)[:-KEPT]:
        shutil.rmtree(folder, True)


def programs():
    """The folder of them, built when it is not there yet; Missing where nothing can be built."""
    which = commit()
    folder = os.path.join(CACHE, which)
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test may be building just that
        if not os.path.isdir(folder):
            _build(which, folder)
            _drop_old()
    return folder


class OldPrograms:
    """For a test class: `old` is their folder; it is skipped where there are none."""

    @classmethod
    def setUpClass(cls):
        try:
            cls.old = programs()
        except Missing as missing:
            raise unittest.SkipTest(str(missing)) from missing
        super().setUpClass()


if __name__ == "__main__":
    try:
        print(programs())
    except Missing as missing:
        print(f"none: {missing}")  # the test that wants them is skipped, and says so
