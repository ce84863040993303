"""Each check is shown to fail on a bad sample, with file and line, and to pass on a good one."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import checks
import tidy
from tidy_cache import TidyCache
from tree import Tree

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LAST = '#include "common/base/banned.h"\n'


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def breaches(self, check, **files):
        for name, text in files.get("files", {}).items():
            self.write(name, text)
        return list(check(Tree(self.root)))

    def assert_breach(self, found, where, what):
        self.assertTrue(
            any(b.startswith(where) and what in b for b in found), f"{where} {what} not in {found}"
        )

    def assert_one(self, check, files, where, what):
        found = self.breaches(check, files=files)
        self.assertEqual(len(found), 1, found)
        self.assert_breach(found, where, what)


class IncludeDirection(Case):
    def pair(self, name, target):
        return {name: f'#include "{target}"\n{LAST}', target: "", "common/base/banned.h": ""}

    def test_upward_and_sideways_includes_are_found(self):
        for name, target in [
            ("common/base/a.c", "common/model/b.h"),
            ("common/model/a.c", "common/policy/b.h"),
            ("common/policy/a.h", "common/adapters/b.h"),
            ("common/adapters/a.c", "worker/b.h"),
            ("producer/a.c", "worker/b.h"),
            ("producer/ctl/a.c", "worker/b.h"),
            ("worker/a.c", "producer/b.h"),
            ("worker/unipile/a.c", "common/adapters/b.h"),
            ("tests/simulator/a.c", "common/model/b.h"),
            ("tests/simulator/a.c", "worker/unipile/b.h"),
        ]:
            with self.subTest(name=name, target=target):
                self.setUp()
                files = self.pair(name, target)
                self.assert_one(checks.include_direction, files, f"{name}:1:", target)

    def test_downward_includes_pass(self):
        for name, target in [
            ("common/model/a.c", "common/base/b.h"),
            ("common/adapters/a.c", "common/policy/b.h"),
            ("worker/a.c", "worker/unipile/b.h"),
            ("worker/unipile/a.c", "common/model/b.h"),
            ("tests/unit/test_a.c", "producer/b.h"),
        ]:
            with self.subTest(name=name, target=target):
                self.setUp()
                files = self.pair(name, target)
                self.assertEqual(self.breaches(checks.include_direction, files=files), [])

    def test_a_short_path_and_a_folder_without_a_rule_are_found(self):
        files = {"worker/a.c": '\n#include "b.h"\n', "worker/b.h": "", "extra/c.c": "int c;\n"}
        found = self.breaches(checks.include_direction, files=files)
        self.assert_breach(found, "worker/a.c:2:", "full path")
        self.assert_breach(found, "extra/c.c:1:", "without a rule")


class LibraryHeaders(Case):
    def test_each_library_outside_its_folder_is_found(self):
        for name, header in [
            ("worker/a.c", "librdkafka/rdkafka.h"),
            ("producer/a.c", "libpq-fe.h"),
            ("worker/a.c", "microhttpd.h"),
            ("common/adapters/a.c", "curl/curl.h"),
            ("common/model/a.c", "libconfig.h"),
            ("common/policy/a.c", "glib.h"),
            ("worker/a.c", "csv.h"),
            ("worker/a.c", "cmocka.h"),
        ]:
            with self.subTest(name=name, header=header):
                self.setUp()
                files = {name: f"#include <{header}>\n"}
                self.assert_one(checks.library_headers, files, f"{name}:1:", header)

    def test_a_library_in_a_shared_header_is_found(self):
        files = {"common/adapters/a.h": "#include <libpq-fe.h>\n"}
        self.assert_one(checks.library_headers, files, "common/adapters/a.h:1:", "in a header")

    def test_private_headers_stay_in_their_folder(self):
        files = {
            "common/adapters/a_internal.h": "#include <libpq-fe.h>\n",
            "common/adapters/a.c": '#include "common/adapters/a_internal.h"\n',
        }
        self.assertEqual(self.breaches(checks.library_headers, files=files), [])
        files = {"worker/a.c": '#include "common/adapters/a_internal.h"\n'}
        self.assert_one(checks.library_headers, files, "worker/a.c:1:", "private")


class BannedLast(Case):
    def test_missing_and_not_last_are_found(self):
        files = {
            "worker/a.c": "#include <stdio.h>\n",
            "worker/b.c": LAST + "#include <stdio.h>\n",
            "worker/c.c": "int c;\n",
            "worker/good.c": "#include <stdio.h>\n" + LAST,
            "worker/good.h": "#include <stdio.h>\n",
        }
        found = self.breaches(checks.banned_last, files=files)
        self.assertEqual(len(found), 3, found)
        self.assert_breach(found, "worker/b.c:2:", "banned.h")


class PolicyIsPure(Case):
    def test_impure_headers_and_calls_are_found(self):
        files = {
            "common/policy/a.c": "#include <stdio.h>\n",
            "common/policy/b.c": '#include "common/base/log.h"\n',
            "common/policy/c.c": "int64_t f(void)\n{\n    return clock_wall_ms();\n}\n",
            "common/policy/d.c": "char *f(void)\n{\n    return sam_xmalloc(1);\n}\n",
            "common/policy/good.c": '#include "common/model/status.h"\n/* no free() here */\n',
            "common/adapters/other.c": "#include <stdio.h>\n",
        }
        found = self.breaches(checks.policy_is_pure, files=files)
        self.assertEqual(len(found), 4, found)
        self.assert_breach(found, "common/policy/c.c:3:", "clock_wall_ms")


class SizesWordsLayout(Case):
    def test_long_files_and_lines_are_found(self):
        files = {
            "worker/a.c": "int a;\n" * 601,
            "worker/b.h": "/* " + "b" * 100 + " */\n",
            "worker/full.c": "int a;\n" * 600,
            "common/model/table.c": "/* Generated by a program. */\n" + "int a;\n" * 700,
        }
        found = self.breaches(checks.sizes, files=files)
        self.assertEqual(len(found), 2, found)
        self.assert_breach(found, "worker/a.c:600:", "601 lines")
        self.assert_breach(found, "worker/b.h:1:", "columns")

    def test_unfinished_words_and_machine_paths_are_found(self):
        for text, what in [
            ("/* TODO later */\n", "TODO"),
            ("/* FIXME */\n", "FIXME"),
            ('x = "/work/main/x";\n', "/work/"),
            ('x = "/home/anna/x";\n', "/home/anna/"),
            ("cd /root/sam\n", "/root/"),
            ("int a; \n", "blanks"),
            ("int a;", "newline"),
        ]:
            with self.subTest(text=text):
                self.setUp()
                self.assert_one(checks.words, {"worker/a.c": text}, "worker/a.c:1:", what)

    def test_code_that_coverage_would_not_count_is_found(self):
        for marker in ["GCOV_EXCL_LINE", "LCOV_EXCL_BR_START", "GCOVR_EXCL_STOP",
                       "LCOV_UNREACHABLE_LINE", "no_profile_instrument_function",
                       "-fprofile-exclude-files", "--exclude-unreachable-branches"]:
            for name in ["common/policy/a.c", "common/policy/CMakeLists.txt", "tests/run"]:
                with self.subTest(marker=marker, name=name):
                    self.setUp()
                    files = {name: f"text\nx {marker} x\n"}
                    self.assert_one(checks.coverage, files, f"{name}:2:", marker)

    def test_ordinary_text_passes(self):
        files = {"worker/a.c": "/* mktemp x.XXXXXX, see tests/work/a and $HOME/work/ */\n"}
        self.assertEqual(self.breaches(checks.words, files=files), [])

    def test_strays_at_the_top_and_build_output_are_found(self):
        files = {"notes.txt": "x\n", "tests/broker/kafka.jar": "x", "README.md": "x\n"}
        found = self.breaches(checks.layout, files=files)
        self.assertEqual(len(found), 2, found)
        self.assert_breach(found, "notes.txt", "top level")
        self.assert_breach(found, "tests/broker/kafka.jar", "committed")


class ScriptsAndData(Case):
    def test_bad_scripts_are_found(self):
        self.write("tests/a", "#!/bin/bash\nset -u\nif true; then\n", 0o755)
        self.write("tests/b", "#!/bin/bash\necho hello\n", 0o755)
        self.write("tests/c", "#!/bin/bash\nset -eu\n", 0o644)
        self.write("tests/d.py", "def f(:\n")
        self.write("tests/e.py", "import time\ntime.sleep(3)\n")
        self.write("tests/good", "#!/bin/bash\nset -euo pipefail\necho hello\n", 0o755)
        found = self.breaches(checks.scripts)
        self.assertEqual(len(found), 5, found)
        self.assert_breach(found, "tests/a:1:", "bash -n")
        self.assert_breach(found, "tests/b:1:", "set -u")
        self.assert_breach(found, "tests/c:1:", "chmod")
        self.assert_breach(found, "tests/d.py:1:", "SyntaxError")
        self.assert_breach(found, "tests/e.py:2:", "sleep")

    def test_bad_json_is_found(self):
        files = {"schemas/json/a.json": '{"a": 1,}\n', "schemas/json/good.json": "{}\n"}
        self.assert_one(checks.data, files, "schemas/json/a.json:1:", "")


def function(head, *lines):
    return "#include <stdlib.h>\n#include <string.h>\n" + "\n".join([head, "{", *lines, "}", ""])


TIDY_SAMPLES = {
    "readability-function-size": function(
        "int f(int a, int b, int c, int d, int e, int g, int h)", "return a + b + c + d + e + h;"
    ),
    "readability-function-cognitive-complexity": function(
        "int f(int a)", *(f"if (a > {i})" for i in range(7)), "return 1;", "return 0;"
    ),
    "readability-identifier-naming": function("int badName(void)", "return 1;"),
    "bugprone-suspicious-string-compare": function(
        "int f(const char *a)", 'if (strcmp(a, "b"))', "return 1;", "return 0;"
    ),
    "cert-err33-c": function("void f(char *p)", "strtol(p, NULL, 10);"),
    "clang-analyzer-core.NullDereference": function(
        "int f(int a)", "int *p = 0;", "if (a)", "return *p;", "return 0;"
    ),
}


class CTools(Case):
    def copy(self, name):
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            self.write(name, file.read())

    def test_bad_format_is_found(self):
        self.copy(".clang-format")
        files = {"worker/a.c": "int a;\nint  f( void ){return 1;}\n", "worker/good.c": "int a;\n"}
        self.assert_one(checks.formatting, files, "worker/a.c:2:", "clang-format -i")

    def test_a_header_that_needs_another_is_found(self):
        files = {
            "worker/a.h": "size_t f(void);\n",
            "worker/good.h": "#include <stddef.h>\nsize_t f(void);\n",
        }
        self.assert_one(checks.headers_alone, files, "worker/a.h:1:", "size_t")

    def test_clang_tidy_finds_what_the_config_promises(self):
        self.copy(".clang-tidy")
        for what, text in TIDY_SAMPLES.items():
            with self.subTest(check=what):
                self.write("worker/a.c", text)
                command = ["clang-tidy", "--quiet", *tidy.budget("ci")]
                command += [os.path.join(self.root, "worker/a.c"), "--", "-std=gnu17"]
                found = tidy.run(command, self.root)
                self.assert_breach(found, "worker/a.c:", what)

    def test_a_file_that_passed_is_looked_at_again_when_anything_changed(self):
        self.copy(".clang-tidy")
        path = os.path.join(self.root, "worker/a.c")
        entry = {"directory": self.root, "command": f"clang -o a.o -c {path}"}
        looked = []

        def looks(found=()):
            cache = TidyCache(self.root, os.path.join(self.root, "passed"))
            looked.clear()
            self.assertEqual(cache.run(entry, lambda: looked.append(1) or list(found)), list(found))
            return len(looked)

        for text in ("int a;\n", "int a; // NOLINT\n", "#define A 1\nint a; // NOLINT\n"):
            self.write("worker/a.c", text)
            self.assertEqual([looks(), looks()], [1, 0], text)
        entry["command"] += " -DB"
        self.assertEqual([looks(), looks()], [1, 0])
        self.write(".clang-tidy", "Checks: '-*,bugprone-*'\n")
        self.assertEqual([looks(), looks()], [1, 0])
        self.write("worker/a.c", "int b;\n")
        self.assertEqual([looks(["b"]), looks(["b"]), looks(), looks()], [1, 1, 1, 0])
        self.write("worker/a.c", '#include "none.h"\n')
        self.assertEqual([looks(), looks()], [1, 1])

    def test_a_pass_within_bounds_is_none_without_them(self):
        self.copy(".clang-tidy")
        path = os.path.join(self.root, "worker/a.c")
        entry = {"directory": self.root, "command": f"clang -o a.o -c {path}"}
        looked = []

        def looks(length):
            bounds = tidy.budget(length)
            cache = TidyCache(self.root, os.path.join(self.root, "passed"), bounds)
            looked.clear()
            cache.run(entry, lambda: looked.append(1) or [])
            return len(looked)

        self.write("worker/a.c", "int a;\n")
        self.assertEqual([looks("ci"), looks("ci"), looks("all"), looks("all")], [1, 0, 1, 0])
        self.write("worker/a.c", "int b;\n")
        self.assertEqual([looks(None), looks("all"), looks("ci")], [1, 0, 0])

    def test_clang_tidy_that_cannot_run_is_a_breach(self):
        found = tidy.run(["clang-tidy", "--quiet", "worker/none.c", "--"], self.root)
        self.assertTrue(found)


if __name__ == "__main__":
    unittest.main()
