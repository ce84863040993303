"""What is wrong in the config or a secret's file: every program ends with 2 and says one line.

The line names the file and line (or the variable), the setting, and what to do; no server is asked
before.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

BIN = os.environ["SAM_BIN"]
PROGRAMS = (("sam-worker",), ("sam-producer",), ("samctl", "status"))
DAEMONS = PROGRAMS[:2]
WRITE_IT = "write the secret into its first line, or name another file"
SAMPLE = "(see `samctl config sample`)"
CONFIG = """\
postgres: { conninfo = "host=127.0.0.1 port=1"; };
kafka: { bootstrap_servers = "127.0.0.1:1"; };
unipile: { base_url = "https://api1.unipile.com:13111"; api_key_file = "KEY"; };
"""


class BadConfig(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sam-config-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = os.path.join(self.folder, "sam.cfg")
        self.key = self.write("key", "a-key\n")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def refused(self, said, more="", key=None, programs=PROGRAMS, **variables):
        self.write("sam.cfg", CONFIG.replace("KEY", key or self.key) + more)
        for name, *words in programs:
            with self.subTest(program=name):
                done = subprocess.run([os.path.join(BIN, name), "-c", self.config, *words],
                                      env={"PATH": os.environ["PATH"], **variables}, timeout=60,
                                      capture_output=True, text=True, check=False)  # fmt: skip
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertEqual(done.stdout + done.stderr, said + "\n")

    def test_a_key_or_section_that_there_is_not(self):
        self.refused(f"{self.config}:5: limits.spacin: no such key {SAMPLE}",
                     'limits: {\n  spacin = "5m"; };\n')  # fmt: skip
        self.refused(f"{self.config}:4: limit: no such section {SAMPLE}",
                     'limit: { spacing = "5m"; };\n')  # fmt: skip

    def test_a_variable_that_there_is_not(self):
        self.refused(f"environment SAM_LIMITS_SPACIN: no such key {SAMPLE}", SAM_LIMITS_SPACIN="5m")
        self.refused(f"environment SAM_LIMIT_SPACING: no such section {SAMPLE}",
                     SAM_LIMIT_SPACING="5m")  # fmt: skip

    def test_a_secret_that_is_not_mounted(self):
        where = f"{self.config}:3: unipile.api_key_file:"
        dangling = os.path.join(self.folder, "dangling")
        os.symlink("/nowhere/key", dangling)
        for key in ("/nowhere/key", dangling):
            self.refused(f"{where} {key} cannot be read: No such file or directory; {WRITE_IT}",
                         key=key)  # fmt: skip
        # What a subPath of a missing file becomes.
        self.refused(f"{where} {self.folder} cannot be read: Is a directory; {WRITE_IT}",
                     key=self.folder)  # fmt: skip
        self.refused("environment SAM_POSTGRES_CONNINFO_FILE: postgres.conninfo_file: /nowhere/x "
                     f"cannot be read: No such file or directory; {WRITE_IT}",
                     SAM_POSTGRES_CONNINFO_FILE="/nowhere/x")  # fmt: skip

    def test_a_secret_without_a_secret(self):
        for text in ("", "\n", "\nkey\n"):
            self.write("key", text)
            self.refused(f"{self.config}:3: unipile.api_key_file: {self.key} has nothing in its "
                         f"first line; {WRITE_IT}")  # fmt: skip

    def test_a_token_that_is_not_there(self):
        for path, said in (
            ("/nowhere/token", "cannot be read: No such file or directory"),
            (self.folder, "cannot be read: Is a directory"),
            (self.write("empty", "\n"), "is empty"),
        ):
            self.refused(f'admin.token_file "{path}" {said}; write a token into it, for example '
                         "from `openssl rand -hex 32`",
                         f'admin: {{ token_file = "{path}"; }};\n', programs=DAEMONS)  # fmt: skip


if __name__ == "__main__":
    unittest.main()
