"""Checks a model of this folder with spin: every state that it can come to.

spin makes a C program of the model, which is compiled here and searches. A variant is a name that
the model knows as a macro, set to true; it takes a rule away.
"""

import os
import re
import subprocess
import tempfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
SECONDS = 600  # for one search, on a machine that does other things too
MEMORY_MIB = 6144
STATES = re.compile(r"^ *([\d.e+]+) states, stored", re.M)
WRONG = re.compile(r"^pan:\d+: (.*) \(at depth (\d+)\)", re.M)
CUT_SHORT = re.compile(r"^error: |out of memory|too small", re.M)
VARIANT = re.compile(r"^#define ([A-Z_]+) false", re.M)


class Search:
    """What came of one: states seen, and of a model that is wrong what (else None), and the way
    that leads there."""

    def __init__(self, output, trail):
        wrong = WRONG.search(output)
        states = STATES.search(output)
        self.output = output
        self.states = int(float(states.group(1))) if states else 0
        self.wrong = wrong.group(1) if wrong else None
        self.trail = trail
        self.whole = bool(states) and not CUT_SHORT.search(output)


def text(model):
    with open(os.path.join(FOLDER, f"{model}.pml"), encoding="utf-8") as file:
        return file.read()


def variants(model):
    """The names of the rules that can be taken away."""
    return VARIANT.findall(text(model))


def run(command, folder, seconds=SECONDS):
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds
    )
    return done.returncode, done.stdout + done.stderr


def search(model, *variant, **constants):
    """Searches the model with this variant, if any, and constants of another value."""
    defines = [f"-D{name}=true" for name in variant]
    defines += [f"-D{name}={value}" for name, value in constants.items()]
    with tempfile.TemporaryDirectory(prefix="sam-model-") as folder:
        with open(os.path.join(folder, "model.pml"), "w", encoding="utf-8") as file:
            file.write(text(model))
        code, output = run(["spin", *defines, "-a", "model.pml"], folder)
        if code or not os.path.exists(os.path.join(folder, "pan.c")):
            raise RuntimeError(f"spin {model} {' '.join(defines)}: {output}")
        compiler = ["gcc", "-w", "-O2", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MIB}"]
        code, output = run([*compiler, "-o", "pan", "pan.c"], folder)
        if code:
            raise RuntimeError(f"gcc: {output}")
        _, output = run(["./pan", "-m200000"], folder)
        trail = ""
        if os.path.exists(os.path.join(folder, "model.pml.trail")):
            _, trail = run(["spin", *defines, "-t", "-g", "-p", "model.pml"], folder)
        return Search(output, trail)
