"""A psql that stays: tests ask the database some twenty times a second while they wait, and a
program with a connection of its own for each question cost half of their processor time.
"""

import os
import select
import subprocess

# Printed after each answer; psql puts in whether the statement failed.
END = "-- end of answer "


class PsqlSession:
    """Statements one after another on one connection; it is gone when the server is."""

    def __init__(self, conninfo, seconds):
        self._seconds = seconds
        self._left = b""
        self._psql = subprocess.Popen(
            ["psql", "-X", "-q", "--csv", "-d", conninfo],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PGOPTIONS": "-c client_min_messages=error"},
        )  # fmt: skip

    def ask(self, sql):
        """The answer as CSV. ConnectionError: psql has ended; AssertionError: what it said."""
        try:
            self._psql.stdin.write(f"{sql}\n;\n\\echo '{END}':ERROR\n".encode())
            self._psql.stdin.flush()
        except OSError as error:
            raise ConnectionError(self.close()) from error
        text = ""
        while not (text.startswith(END) or "\n" + END in text) or not text.endswith("\n"):
            text += self._some(sql)
        answer, _, failed = text.rpartition(END)
        if failed.strip() != "false":
            raise AssertionError(f"{sql}\n{answer}")
        return answer

    def _some(self, sql):
        ready, _, _ = select.select([self._psql.stdout], [], [], self._seconds)
        if not ready:
            self.close()
            raise AssertionError(f"no answer within {self._seconds:.0f} s: {sql}")
        some = self._left + os.read(self._psql.stdout.fileno(), 1 << 20)
        if not some:
            raise ConnectionError(self.close())
        whole = some.rfind(b"\n") + 1  # a character may be cut in two, a line feed never is
        self._left = some[whole:]
        return some[:whole].decode(errors="surrogateescape")

    def close(self):
        """Ends psql; its last words."""
        self._psql.kill()
        return self._psql.communicate()[0].decode(errors="replace")
