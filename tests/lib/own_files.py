"""Programs of a test that see other files at some paths of the machine, and nobody else does.

    other = OwnFiles(self.folder, {"/etc/hosts": "127.0.0.1 unipile.test\\n"})
    self.bin = other.programs(self.bin)      # what is started from there sees them
    other.write("/etc/hosts", "")            # while they run, too

By a mount namespace of their own; where the machine allows none, the test is skipped.
"""

import os
import shlex
import subprocess
import unittest

PROGRAMS = ("sam-worker", "sam-producer")
SPACE = ("unshare", "--user", "--map-root-user", "--mount")


class OwnFiles:
    def __init__(self, folder, files):
        if subprocess.run([*SPACE, "true"], capture_output=True, check=False).returncode:
            raise unittest.SkipTest("no mount namespaces here (unshare --user --mount)")
        self._folder = os.path.join(folder, "own-files")
        self._paths = list(files)
        os.makedirs(self._folder)
        for path, text in files.items():
            self.write(path, text)

    def _own(self, path):
        return os.path.join(self._folder, path.replace("/", "_"))

    def write(self, path, text):
        """In place: the mount is of the file, not of its name."""
        with open(self._own(path), "w", encoding="utf-8") as file:
            file.write(text)

    def programs(self, folder):
        """A folder with the programs of that one, these by which the files are seen."""
        mounts = " && ".join(
            f"mount --bind {shlex.quote(self._own(path))} {shlex.quote(path)}"
            for path in self._paths
        )
        for name in os.listdir(folder):
            program, own = os.path.join(folder, name), os.path.join(self._folder, name)
            if name not in PROGRAMS:
                os.symlink(program, own)
                continue
            script = shlex.quote(f'{mounts} && exec {shlex.quote(program)} "$@"')
            with open(own, "w", encoding="utf-8") as file:
                file.write(f'#!/bin/sh\nexec {" ".join(SPACE)} sh -c {script} sh "$@"\n')
            os.chmod(own, 0o755)
        return self._folder
