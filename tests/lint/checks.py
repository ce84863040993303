"""The house rules that neither compiler sees. Each check yields "path:line: what; what to do".

A rule's data stands at the top of its check, so that a new folder or library is one line.
"""

import json
import os
import py_compile
import re
import subprocess
import tempfile

# ---- includes: folders look only one way ------------------------------------------------------

# folder: the folders that its files may include. The longest matching folder rules.
MAY_INCLUDE = {
    "common/base": ["common/base"],
    "common/model": ["common/base", "common/model"],
    "common/policy": ["common/base", "common/model", "common/policy"],
    "common/adapters": ["common"],
    "producer": ["common", "producer"],
    "producer/ctl": ["common", "producer"],
    "worker": ["common", "worker"],
    "worker/unipile": ["common/base", "common/model", "worker/unipile"],
    # The judge of the tests shares nothing with what it judges.
    "tests/simulator": ["common/base", "tests/simulator"],
    "tests": ["common", "producer", "worker", "tests"],
}


def _inside(path, folder):
    return path.startswith(folder + "/")


def _rule_of(name, rules):
    folders = [folder for folder in rules if _inside(name, folder)]
    return max(folders, key=len) if folders else None


def include_direction(tree):
    """Folders look one way only, and includes are full paths from the top of the tree."""
    for name in tree.code():
        folder = _rule_of(name, MAY_INCLUDE)
        if folder is None:
            yield f"{name}:1: C code in a folder without a rule; add it to MAY_INCLUDE"
            continue
        for line, path, quoted in tree.includes(name):
            if not quoted:
                continue
            if path not in tree.files:
                yield f'{name}:{line}: "{path}" is no file; include by the full path from the top'
            elif not any(_inside(path, allowed) for allowed in MAY_INCLUDE[folder]):
                allowed = ", ".join(MAY_INCLUDE[folder])
                yield f"{name}:{line}: {folder} must not know {path}; it may include {allowed}"


# ---- libraries: each one's headers in its own folder -------------------------------------------

LIBRARIES = {
    "librdkafka/": ["common/adapters", "tests/devbroker", "tests/contract", "tests/fakes"],
    "libpq": ["common/adapters", "tests/contract"],
    "microhttpd.h": ["common/adapters", "tests/simulator", "tests/contract"],
    "curl/": ["worker/unipile", "producer/ctl", "tests/simulator", "tests/contract"],
    "libconfig.h": ["common/base", "tests/simulator"],
    "glib": ["common/model", "common/adapters", "producer", "worker", "tests/simulator"],
    "csv.h": ["producer/ctl"],
    "cmocka.h": ["tests"],
}


def library_headers(tree):
    """Outside libraries are met in one folder each, and never through a header that others see."""
    for name in tree.code():
        for line, path, quoted in tree.includes(name):
            library = next((l for l in LIBRARIES if not quoted and path.startswith(l)), None)
            if library is None:
                continue
            if not any(_inside(name, folder) for folder in LIBRARIES[library]):
                yield f"{name}:{line}: <{path}> belongs to {', '.join(LIBRARIES[library])} only"
            elif name.endswith(".h") and not name.endswith(("_internal.h", "tests/test.h")):
                yield f"{name}:{line}: <{path}> in a header; only a .c or *_internal.h may"
        for line, path, quoted in tree.includes(name):
            if quoted and path.endswith("_internal.h"):
                if os.path.dirname(path) != os.path.dirname(name):
                    yield f"{name}:{line}: {path} is private to its folder"


# ---- banned calls ------------------------------------------------------------------------------

BANNED = "common/base/banned.h"


def banned_last(tree):
    """Each .c file ends its includes with banned.h, so that it bans them for all of its code."""
    for name in tree.code((".c",)):
        includes = list(tree.includes(name))
        if not includes or includes[-1][1] != BANNED:
            line = includes[-1][0] if includes else 1
            yield f'{name}:{line}: the last include must be "{BANNED}"'


# ---- policy is pure ----------------------------------------------------------------------------

POLICY_HEADERS = {
    "assert.h", "errno.h", "inttypes.h", "limits.h", "math.h", "stdbool.h", "stddef.h", "stdint.h",
    "stdlib.h", "string.h", "common/base/attr.h", "common/base/banned.h", "common/base/clock.h",
    "common/base/uuid.h",
}
POLICY_FOLDERS = ("common/model/", "common/policy/")
IMPURE_CALL = re.compile(
    r"\b(clock_\w+|time_parse|log_\w+|random_\w+|uuid_v7|sam_x\w+|malloc|calloc|realloc|free|"
    r"printf|fprintf|time|getenv|fopen|open|read|write|abort|exit)\s*\("
)


def policy_is_pure(tree):
    """common/policy decides over plain values: no clock, no I/O, no allocation, no logging."""
    for name in tree.code():
        if not _inside(name, "common/policy"):
            continue
        for line, path, _ in tree.includes(name):
            if path not in POLICY_HEADERS and not path.startswith(POLICY_FOLDERS):
                yield f"{name}:{line}: policy must not include {path}; hand it the value instead"
        for line, text in tree.lines(name):
            call = IMPURE_CALL.search(text)
            if call and not text.lstrip().startswith(("*", "/*", "//")):
                yield f"{name}:{line}: {call.group(1)}() in policy; hand it the value instead"


# ---- sizes, words, layout ----------------------------------------------------------------------

LINES_MAX = 600
COLUMNS_MAX = 100


def sizes(tree):
    """A file that a person can hold in the head, lines that fit beside each other."""
    for name in tree.files:
        is_code = name.endswith(CODE_AND_SCRIPTS) or tree.script(name)
        if not is_code or tree.generated(name):
            continue
        lines = tree.lines(name)
        count = len(lines) - 1
        if count > LINES_MAX:
            yield f"{name}:{LINES_MAX}: {count} lines ({LINES_MAX} at most); split it by its nouns"
        for number, text in lines:
            if len(text) > COLUMNS_MAX:
                yield f"{name}:{number}: {len(text)} columns ({COLUMNS_MAX} at most)"


CODE_AND_SCRIPTS = (".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt")

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$})-])/(?:work|root|home/\w+)/")
TEXT = CODE_AND_SCRIPTS + (".md", ".sql", ".json", ".yaml", ".yml", ".txt", ".cfg", ".xml", ".html")


def words(tree):
    """Nothing unfinished and no path of one machine goes into the tree; lines end cleanly."""
    for name in tree.files:
        if _inside(name, "tests/lint") or not (name.endswith(TEXT) or tree.script(name)):
            continue
        text = tree.text(name)
        if text and not text.endswith("\n"):
            yield f"{name}:{text.count(chr(10)) + 1}: no newline at the end of the file"
        for number, line in tree.lines(name):
            for word in UNFINISHED.findall(line):
                yield f"{name}:{number}: {word}: finish it or leave it out"
            for path in MACHINE_PATH.findall(line):
                yield f"{name}:{number}: {path}: a path of one machine"
            if line != line.rstrip() and not name.endswith(".md"):
                yield f"{name}:{number}: blanks at the end of the line"


# Each hides code from gcov, gcovr or lcov, and `tests/run coverage` would no longer mean all of it.
NOT_COUNTED = re.compile(
    r"\b(?:GCOV|GCOVR|LCOV)_EXCL\w*|\bLCOV_UNREACHABLE\w*|\bno_profile_instrument_function\b|"
    r"-fprofile-(?:exclude|filter)-files\b|--exclude-(?:\w+-)?(?:lines|branches|functions)\b"
)


def coverage(tree):
    """Nothing is left out of the count of branches: what cannot be reached is taken out."""
    for name in tree.files:
        if _inside(name, "tests/lint"):
            continue
        for number, line in tree.lines(name):
            for marker in NOT_COUNTED.findall(line):
                yield f"{name}:{number}: {marker}: leaves code out of the coverage; test it instead"


TOP = {
    "CMakeLists.txt", "CMakePresets.json", "README.md", "CONTRIBUTING.md", "LICENSE",
    "common", "producer", "worker", "schemas", "deploy", "tests",
}
NEVER_COMMITTED = (".jar", ".o", ".a", ".so", ".pyc", ".class", ".log")


def layout(tree):
    """The top level is a table of contents; no build output is ever committed."""
    for name in tree.files:
        top = name.split("/", 1)[0]
        if top not in TOP and not top.startswith("."):
            yield f"{name}:1: {top} does not belong at the top level"
        if name.endswith(NEVER_COMMITTED):
            yield f"{name}:1: build output or a download; it must not be committed"


# ---- scripts and data --------------------------------------------------------------------------


def scripts(tree):
    """Scripts parse, stop at unset variables, can be started, and never sleep for luck."""
    for name in tree.files:
        kind = tree.script(name)
        has_first_line = tree.text(name).startswith("#!")
        if kind and has_first_line and not os.access(tree.path(name), os.X_OK):
            yield f"{name}:1: has a #! line but cannot be started; chmod +x"
        if kind == "bash":
            yield from _bash(tree, name)
        elif kind == "python":
            yield from _python(tree, name)


def _bash(tree, name):
    parsed = subprocess.run(
        ["bash", "-n", tree.path(name)], capture_output=True, text=True, check=False
    )
    if parsed.returncode:
        yield f"{name}:1: bash -n: {parsed.stderr.strip()}"
    sets_u = re.search(r"^set -\w*u", tree.text(name), re.M)
    only_execs = re.search(r"^exec ", tree.text(name), re.M)
    if tree.text(name).startswith("#!") and not sets_u and not only_execs:
        yield f"{name}:1: no `set -u`: a misspelt variable would be empty"


def _python(tree, name):
    with tempfile.TemporaryDirectory() as folder:
        try:
            py_compile.compile(tree.path(name), cfile=os.path.join(folder, "x"), doraise=True)
        except py_compile.PyCompileError as error:
            yield f"{name}:1: {error.msg.strip()}"
    for number, line in tree.lines(name):
        if re.search(r"\btime\.sleep\(", line) and not _inside(name, "tests/lib"):
            yield f"{name}:{number}: a sleep hopes; wait for a condition with a deadline"


def data(tree):
    """JSON files parse."""
    for name in tree.files:
        if name.endswith(".json") and not _inside(name, "tests/fuzz") and "/bad" not in name:
            try:
                json.loads(tree.text(name))
            except ValueError as error:
                yield f"{name}:1: {error}"


# ---- what the C tools say ----------------------------------------------------------------------


def formatting(tree):
    """clang-format would change nothing."""
    style = "--style=file:" + tree.path(".clang-format")
    names = {tree.path(name): name for name in tree.code()}
    done = subprocess.run(["clang-format", style, "--dry-run", "-Werror", *names],
                          capture_output=True, text=True, check=False)  # fmt: skip
    found = re.findall(r"^([^:\n]+):(\d+):\d+: error: code should be clang-formatted", done.stderr,
                       re.MULTILINE)  # fmt: skip
    first = {names[path]: line for path, line in reversed(found)}
    for name, line in sorted(first.items()):
        yield f"{name}:{line}: not formatted; clang-format -i {name}"
    if done.returncode and not found:
        yield f"clang-format:1: {done.stderr.strip()}"


def headers_alone(tree):
    """Each header compiles by itself, so that the order of includes never matters."""
    packages = ["json-c", "rdkafka", "libpq", "libcurl", "libmicrohttpd", "glib-2.0", "libconfig"]
    flags = subprocess.run(
        ["pkg-config", "--cflags", *packages], capture_output=True, text=True, check=False
    ).stdout.split()
    for name in tree.code((".h",)):
        done = subprocess.run(
            ["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c", "-I", tree.root,
             *flags, tree.path(name)],
            capture_output=True, text=True, check=False,
        )
        if done.returncode:
            first = next((l for l in done.stderr.splitlines() if "error:" in l), done.stderr)
            yield f"{name}:1: does not compile alone: {first.split('error:')[-1].strip()}"


ALL = {
    "includes": include_direction,
    "libraries": library_headers,
    "banned": banned_last,
    "policy": policy_is_pure,
    "sizes": sizes,
    "words": words,
    "coverage": coverage,
    "layout": layout,
    "scripts": scripts,
    "data": data,
    "format": formatting,
    "headers": headers_alone,
}
