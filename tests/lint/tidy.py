"""clang-tidy over the C files of the tree, by the compile commands of preset tidy."""

import concurrent.futures
import json
import os
import re
import subprocess

from tidy_cache import TidyCache

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


def tidy(tree):
    """What clang-tidy finds with the tree's .clang-tidy."""
    build = configure(tree.root)
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        built = {os.path.relpath(entry["file"], tree.root): entry for entry in json.load(file)}
    for name in sorted(set(tree.code((".c",))) - set(built)):
        if not name.startswith("tests/fuzz/"):
            yield f"{name}:1: is in no target, so nothing compiles or checks it"
    cache = TidyCache(tree.root)

    def look(name):  # one file a run: clang-tidy 14 carries va_list states over to the next
        command = ["nice", "clang-tidy", "--quiet", "-p", build, name]
        return cache.run(built[name], lambda: run(command, tree.root))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for found in pool.map(look, [name for name in tree.code((".c",)) if name in built]):
            yield from found
