"""samctl: from a CSV to people who wait to be approved."""

import json
import os
import subprocess
import time
import unittest

import sam_test
from ctl_test import CtlTest, connector, messenger

PEOPLE = "linkedin_url,first_name\nada,Ada\nbob,Bob\ncy,Cy\n"


class Import(CtlTest):
    def setUp(self):
        super().setUp()
        campaigns = [connector(accounts=["anna", "ben"]), messenger()]
        self.prepare(accounts=("anna", "ben"), campaigns=campaigns)

    def load(self, text, name="people.csv", *more):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.samctl_result("import", path, "--campaign", "spring", "--json", *more)

    def report(self, done):
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def count(self):
        return self.database.count("SELECT count(*) FROM prospect_approval_data")

    def test_the_same_file_again_changes_nothing(self):
        report = self.report(self.load(PEOPLE))
        self.assertEqual((report["lines"], report["imported"], report["rejected"]), (3, 3, 0))
        before = self.database.rows("SELECT * FROM prospect_approval_data ORDER BY id")
        report = self.report(self.load(PEOPLE))
        self.assertEqual((report["imported"], report["existing"]), (0, 3))
        self.samctl("approve", "--campaign", "spring", "--all")
        report = self.report(self.load(PEOPLE))
        self.assertEqual((report["imported"], report["existing"]), (0, 3))
        after = self.database.rows("SELECT * FROM prospect_approval_data ORDER BY id")
        self.assertEqual([p["id"] for p in before], [p["id"] for p in after])

    def test_bad_lines_are_told_and_the_good_ones_go_in(self):
        done = self.load(
            "linkedin_url,linkedin_user_id,first_name,account,Pet Name\n"
            "https://de.linkedin.com/in/M%C3%BCller?x=1,,Zoë,ben,Rex\n"
            "https://example.com/in/x,,X,,\n"
            ",,Nobody,,\n"
            "https://www.linkedin.com/company/acme,,Firm,,\n"
            "dora,,Dora,zed,\n"
            'eve,,"two\nlines",,\n'
            "fay,,Fay,,,,,\n"
            ",ACoAAABCDEFGHIJ,Cy,,\n"
        )
        report = self.report(done)
        self.assertEqual(done.returncode, 0)
        self.assertEqual((report["lines"], report["imported"], report["rejected"]), (8, 2, 6))
        self.assertTrue(report["rejected_file"].endswith("/people.rejected.csv"))
        for line in (3, 4, 5, 6, 7, 9):
            self.assertIn(f"people.csv:{line}: ", done.stderr)
        rows = self.database.rows(
            "SELECT p.vanity, p.provider_id, p.first_name, a.name, p.custom->>'Pet_Name' AS pet "
            "FROM prospect_approval_data p JOIN linkedin_accounts a ON a.id = p.account_id "
            "ORDER BY p.vanity"
        )
        self.assertEqual(list(rows[0].values()), ["müller", "", "Zoë", "ben", "Rex"])
        self.assertEqual(list(rows[1].values())[:3], ["", "ACoAAABCDEFGHIJ", "Cy"])
        # corrected, the rejected lines can be imported themselves
        with open(report["rejected_file"], encoding="utf-8") as file:
            text = file.read()
        self.assertIn('"6","account: ', text)
        fixed = text.replace('"zed"', '"anna"').replace("two\nlines", "Eve")
        report = self.report(self.load(fixed, "fixed.csv"))
        self.assertEqual((report["imported"], report["rejected"]), (2, 4))
        keys = "SELECT DISTINCT k FROM prospect_approval_data, jsonb_object_keys(custom) k"
        self.assertEqual([r["k"] for r in self.database.rows(keys)], ["Pet_Name"])

    def test_a_rejected_file_of_an_earlier_import_goes_away(self):
        self.load("linkedin_url\nada\nhttps://example.com/\n")
        rejected = os.path.join(self.folder, "people.rejected.csv")
        self.assertTrue(os.path.exists(rejected))
        self.load("linkedin_url\nada\n")
        self.assertFalse(os.path.exists(rejected))

    def test_forms_that_spreadsheets_make(self):
        forms = [
            "\ufefflinkedin_url;first_name\r\nada;Ada\r\n".encode(),
            b"linkedin_url\tfirst_name\nada\tAda\n",
            b'"linkedin_url","first_name"\n"ada","Ada"\n',
        ]
        for form in forms:
            self.database.execute("DELETE FROM prospect_approval_data")
            report = self.report(self.load(form))
            self.assertEqual((report["imported"], report["rejected"]), (1, 0), form)
            name = self.database.value("SELECT first_name FROM prospect_approval_data")
            self.assertEqual(name, "Ada")

    def test_wrong_encoding(self):
        done = self.load("linkedin_url,first_name\nada,Ada\nzoe,Zoë\n".encode("latin-1"))
        self.assertEqual(self.report(done)["imported"], 1)
        self.assertIn("people.csv:3: field 2 is not UTF-8: save the file as", done.stderr)
        done = self.load("linkedin_url\nada\n".encode("utf-16"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("people.csv: is UTF-16", done.stderr)

    def test_huge_field(self):
        huge = b"x" * (10 << 20)
        done = self.load(b"linkedin_url,first_name\nada,Ada\nbob," + huge + b"\ncy,Cy\n")
        report = self.report(done)
        self.assertEqual((report["imported"], report["rejected"]), (2, 1))
        self.assertIn("people.csv:3: field 2 has 10485760 bytes (65536 at most)", done.stderr)

    def test_files_that_are_none(self):
        rows = [
            ("", "holds no people"),
            ("linkedin_url\n", "holds no people"),
            ("name,company\nAda,Acme\n", "people.csv:1: the first line must name the columns"),
            ("ada,bob\n", "people.csv:1: the first line must name the columns"),
            ("linkedin_url,linkedin_url\nada,ada\n", "two columns linkedin_url"),
            ('linkedin_url\n"ada\nbob\n', "line 2: the file ends inside a quote"),
            ("linkedin_url\nhttps://example.com/\n", "no line can be used"),
        ]
        for text, said in rows:
            done = self.load(text)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.count(), 0)
        said = self.refused("import", "/nowhere.csv", "--campaign", "spring")
        self.assertIn("cannot be read: No such file", said)
        self.assertIn("no campaign x", self.refused("import", "/nowhere.csv", "--campaign", "x"))

    def test_an_open_quote_later_keeps_the_lines_before(self):
        done = self.load('linkedin_url,first_name\nada,Ada\nbob,"Bob\ncy,Cy\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 3: the file ends inside a quote", done.stderr)
        self.assertIn("the lines before it are in", done.stderr)
        self.assertEqual(self.count(), 1)

    def test_dry_run(self):
        self.load("linkedin_url\nada\n")
        text = "linkedin_url\nada\nbob\nBob\ncy\nhttps://example.com/\n"
        words = ("linkedin_url", "imported", "existing", "rejected")
        rejected = os.path.join(self.folder, "people.rejected.csv")
        reports = []
        for more, people in ((("--dry-run",), 1), ((), 3)):
            report = self.report(self.load(text, "people.csv", *more))
            reports.append([report.get(word) for word in words])
            self.assertEqual(self.count(), people)
            self.assertEqual(os.path.exists(rejected), not more)
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(reports[0], [None, 2, 2, 1])

    def test_people_of_another_campaign(self):
        other = "linkedin_url,linkedin_user_id\nada,\nbob,\n,ACoAAABCDEFGHIJ\n"
        path = self.write("other.csv", other)
        self.samctl("import", path, "--campaign", "clients")
        self.samctl("approve", "--campaign", "clients", "--person", "bob", "--reject")
        text = other + "dee,\n"
        for more in (("--dry-run",), ()):
            report = self.report(self.load(text, "people.csv", *more))
            self.assertEqual((report["imported"], report["in_other_campaigns"]), (4, 2))

    def test_standard_input(self):
        words = [os.path.join(sam_test.BIN, "samctl"), "-c", self.config_path, "import"]
        for name in ("-", "/dev/stdin"):
            done = subprocess.run(
                [*words, name, "--campaign", "spring", "--json"], cwd=self.folder, text=True,
                input=f"linkedin_url\nada{len(name)}\nhttps://example.com/\n",
                capture_output=True, check=True,
            )  # fmt: skip
            report = json.loads(done.stdout)
            self.assertEqual(report["imported"], 1)
            self.assertEqual(report["rejected_file"], "people.rejected.csv")
            self.assertTrue(os.path.exists(os.path.join(self.folder, "people.rejected.csv")))
            self.assertFalse(os.path.exists("/dev/stdin.rejected.csv"))

    def piped(self, text, *more, folder=None):
        """Imports from standard input, with words for people."""
        program = os.path.join(sam_test.BIN, "samctl")
        words = [program, "-c", self.config_path, "import", "-", "--campaign", "spring", *more]
        return subprocess.run(words, cwd=folder or self.folder, input=text, capture_output=True,
                              text=True, check=False)  # fmt: skip

    def test_rejected_lines_on_standard_output(self):
        """Nothing else is there: neither what people read, nor JSON, nor a file beside it."""
        text = "linkedin_url,first_name\nada,Ada\nhttps://example.com/,Xy\n"
        first = None
        for more in ["--dry-run"], [], ["--json"]:
            done = self.piped(text, "--rejects", "-", *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            header, line = done.stdout.splitlines()
            self.assertIn("linkedin_url", header)
            self.assertIn('"3",', line)
            self.assertIn("/dev/stdin:3: ", done.stderr)
            self.assertIn("imported" if "--json" in more else "there already", done.stderr)
            first = first or done.stdout
            self.assertEqual(done.stdout, first)
        self.assertEqual(self.count(), 1)
        self.assertFalse([name for name in os.listdir(self.folder) if "rejected" in name])
        again = self.piped(first.replace("https://example.com/", "bob"), "--rejects", "-")
        self.assertEqual((again.stdout, self.count()), ("", 2))

    def test_rejected_lines_in_a_file_that_is_named(self):
        text = "linkedin_url\nada\nhttps://example.com/\n"
        report = self.report(self.load(text, "people.csv", "--rejects", self.path("bad.csv")))
        self.assertEqual(report["rejected_file"], self.path("bad.csv"))
        self.assertTrue(os.path.exists(self.path("bad.csv")))
        self.assertFalse(os.path.exists(self.path("people.rejected.csv")))
        done = self.load(text, "people.csv", "--rejects", self.path("people.csv"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("is the file that is imported", done.stderr)

    def test_where_rejected_lines_cannot_be_written(self):
        text = "linkedin_url\nada\nhttps://example.com/\n"
        done = self.piped(text, folder="/proc")  # takes no files, from root neither
        self.assertEqual(done.returncode, 1)
        self.assertIn("people.rejected.csv: cannot be written", done.stderr)
        self.assertIn("`--rejects -` writes them to standard output", done.stderr)
        done = self.piped(text, "--rejects", "/proc/bad.csv")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/proc/bad.csv: cannot be written", done.stderr)
        self.assertNotIn("--rejects -", done.stderr)

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_a_rejected_file_that_was_worked_on_is_kept(self):
        text = "linkedin_url\nada\nhttps://example.com/\n"
        rejected = os.path.join(self.folder, "people.rejected.csv")
        self.load(text)
        self.assertNotIn("was there already", self.load(text).stderr)
        self.assertFalse(os.path.exists(rejected + ".old"))
        with open(rejected, encoding="utf-8") as file:
            first = file.read()
        with open(rejected, "a", encoding="utf-8") as file:
            file.write("mended by hand\n")
        self.assertIn("was there already", self.load(text).stderr)
        with open(rejected, encoding="utf-8") as file:
            self.assertEqual(file.read(), first)
        with open(rejected + ".old", encoding="utf-8") as file:
            self.assertIn("mended by hand", file.read())
        self.assertEqual(sorted(n for n in os.listdir(self.folder) if n.endswith(".new")), [])

    def test_the_first_of_two_lines_counts(self):
        report = self.report(self.load("linkedin_url,first_name\nada,First\nbob,B\nAda,Second\n"))
        self.assertEqual((report["imported"], report["existing"]), (2, 1))
        name = "SELECT first_name FROM prospect_approval_data WHERE vanity = 'ada'"
        self.assertEqual(self.database.value(name), "First")

    def test_accounts_take_turns(self):
        for text in ("linkedin_url\nada\nbob\ncy\n", "linkedin_url\ndee\n"):
            self.load(text)
        turns = self.database.rows(
            "SELECT count(*) AS n FROM prospect_approval_data GROUP BY account_id"
        )
        self.assertEqual([int(t["n"]) for t in turns], [2, 2])

    def test_people_who_were_contacted_before(self):
        self.database.execute(
            "INSERT INTO contacted SELECT id, 'v:ada', id, id, id, sam_now() FROM workspaces"
        )
        report = self.report(self.load(PEOPLE))
        self.assertEqual((report["imported"], report["contacted_before"]), (3, 1))

    def test_stopped_campaign(self):
        self.samctl("campaign", "stop", "spring")
        self.assertIn("stopped, which is final", self.load(PEOPLE).stderr)


class Large(CtlTest):
    """The whole import in its own process: what it needs does not grow with the file."""

    LINES = 1_000_000 if sam_test.FULL else 100_000
    LINES_A_SECOND = 20_000 if sam_test.FULL else 5_000  # the short one beside other tests

    def test_memory_and_order(self):
        self.prepare(campaigns=[connector()])
        path = os.path.join(self.folder, "people.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("linkedin_url,first_name,company\n")
            for i in range(self.LINES):
                file.write(f"https://www.linkedin.com/in/person-{i * 7919 % 1000003},F{i},C{i}\n")
        program = os.path.join(sam_test.BIN, "samctl")
        words = [program, "-c", self.config_path, "--json", "import", path, "--campaign", "spring"]
        # AddressSanitizer keeps what was freed, to see who uses it: that is not what is measured
        environment = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1")
        begun = time.monotonic()
        process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment)
        report = json.loads(process.stdout.read())
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertEqual((report["lines"], report["imported"]), (self.LINES, self.LINES))
        self.assertLess(usage.ru_maxrss, 100 * 1024)
        self.assertGreater(self.LINES / (time.monotonic() - begun), self.LINES_A_SECOND)
        unordered = self.database.count(
            "SELECT count(*) FROM (SELECT substr(first_name, 2)::int AS n, row_number() "
            "OVER (ORDER BY id) - 1 AS place FROM prospect_approval_data) x WHERE n <> place"
        )
        self.assertEqual(unordered, 0)


if __name__ == "__main__":
    unittest.main()
