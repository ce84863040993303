"""Which files clang-tidy has passed already: it needs a second each, the preprocessor a twentieth.

A file's key is made of all that clang-tidy can see: its release, its settings, the compile command
and the preprocessed text with comments (NOLINT) and macros. Only a pass is kept, never a finding.
A pass within bounds is one of its own; a pass without counts within any.
"""

import contextlib
import hashlib
import os
import re
import shlex
import subprocess
import time

KEPT_SECONDS = 30 * 24 * 3600


class TidyCache:
    def __init__(self, root, folder=None, bounds=()):
        """folder: where the passes are kept, beside the broker's jars unless told; bounds: of
        clang-tidy's own search, as arguments."""
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        self.root = os.path.realpath(root)
        self.folder = folder or os.path.join(cache, "sam", "tidy")
        os.makedirs(self.folder, exist_ok=True)
        version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True)
        with open(os.path.join(root, ".clang-tidy"), "rb") as file:
            self.common = version.stdout + file.read()
        self.suffix = "".join("." + re.sub(r"[^a-z0-9]+", "-", bound) for bound in bounds[-1:])
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            with contextlib.suppress(FileNotFoundError):  # another run tidies up too
                if os.path.getmtime(path) < time.time() - KEPT_SECONDS:
                    os.unlink(path)

    def path(self, entry):
        """Of the pass of one entry of compile_commands.json; None where it does not compile."""
        words = shlex.split(entry["command"])
        output = words.index("-o")
        words[output : output + 2] = ["-E", "-CC", "-dD"]
        done = subprocess.run(words, cwd=entry["directory"], capture_output=True, check=False)
        if done.returncode:
            return None
        seen = b"\0".join((self.common, " ".join(words).encode(), done.stdout))
        seen = seen.replace(self.root.encode(), b"")  # another clone is no other text
        return os.path.join(self.folder, hashlib.sha256(seen).hexdigest())

    def run(self, entry, look):
        """What look() finds; nothing where it found nothing before."""
        path = self.path(entry)
        for passed in (path, path + self.suffix) if path else ():
            if os.path.exists(passed):
                os.utime(passed)
                return []
        found = look()
        if path and not found:
            with open(path + self.suffix, "w", encoding="utf-8"):
                pass
        return found
