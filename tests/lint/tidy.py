"""clang-tidy over the C files of the tree, by the compile commands of preset tidy."""

import concurrent.futures
import json
import os
import re
import subprocess

from tidy_cache import TidyCache

# How many states the analyzer may walk through in each function. By its own 225,000 a run with a
# cold cache takes 280 s of processor time, by these 87; functions that need more are looked at to
# the end by `tests/run all lint`, and by hand.
CI_NODES = 20000
ANALYZER = ("--extra-arg=-Xclang", "--extra-arg=-analyzer-config", "--extra-arg=-Xclang")

FINDING = re.compile(r"^(.*?):(\d+):\d+: (?:error|warning): (.*)$")


def configure(root):
    """Makes build/tidy/compile_commands.json."""
    done = subprocess.run(
        ["cmake", "--preset", "tidy"], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError("cmake --preset tidy: " + done.stderr.strip()[-2000:])
    return os.path.join(root, "build", "tidy")


def findings(output, root):
    """"path:line: what [check]" of each finding in clang-tidy's output, each once."""
    seen = set()
    for line in output.splitlines():
        match = FINDING.match(line)
        if not match:
            continue
        path, number, text = match.groups()
        path = os.path.relpath(path, root) if os.path.isabs(path) else path
        found = f"{path}:{number}: {text.replace(',-warnings-as-errors', '')}"
        if found not in seen:
            seen.add(found)
            yield found


def run(command, root):
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    found = list(findings(done.stdout, root))
    if done.returncode and not found:
        found = ["clang-tidy:1: " + (done.stderr.strip() or done.stdout.strip())[-2000:]]
    return found


def budget(length):
    """The arguments that bound clang-tidy in a run of this length (SAM_TEST_LENGTH)."""
    return [*ANALYZER, f"--extra-arg=max-nodes={CI_NODES}"] if length == "ci" else []


def tidy(tree):
    """What clang-tidy finds with the tree's .clang-tidy."""
    bounds = budget(os.environ.get("SAM_TEST_LENGTH"))
    build = configure(tree.root)
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        built = {os.path.relpath(entry["file"], tree.root): entry for entry in json.load(file)}
    for name in sorted(set(tree.code((".c",))) - set(built)):
        if not name.startswith("tests/fuzz/"):
            yield f"{name}:1: is in no target, so nothing compiles or checks it"
    cache = TidyCache(tree.root, bounds=bounds)

    def look(name):  # one file a run: clang-tidy 14 carries va_list states over to the next
        command = ["nice", "clang-tidy", "--quiet", "-p", build, *bounds, name]
        return cache.run(built[name], lambda: run(command, tree.root))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for found in pool.map(look, [name for name in tree.code((".c",)) if name in built]):
            yield from found
