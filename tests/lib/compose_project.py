"""deploy/compose, for tests: the projects as Compose reads them, and the commands of the README."""

import functools
import json
import os
import re
import subprocess

SOURCE = os.environ["SAM_SOURCE"]
FOLDER = os.path.join(SOURCE, "deploy", "compose")
LOADER = os.path.join(SOURCE, "tests", "lib", "compose_config")
SECRETS = "/run/secrets"


def load(folder=FOLDER, env_file=None):
    """The project; ValueError: it is not one, in Compose's words; RuntimeError: no Compose here."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SAM_")}
    command = [LOADER, folder, *([env_file] if env_file else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean)
    if done.stderr.startswith("tests/lib/compose_config:"):
        raise RuntimeError(done.stderr.strip())
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return json.loads(done.stdout)


@functools.cache
def plain():
    return load()


@functools.cache
def demo():
    return load(env_file="demo.env")


def of_sam(project):
    """Name and service, of each that runs a program of ours."""
    return {name: each for name, each in project["services"].items()
            if each["image"].startswith("sam")}  # fmt: skip


def program(service):
    return (service["entrypoint"] or service["command"])[0]


def environment(service):
    return {name: value for name, value in (service.get("environment") or {}).items()
            if value is not None}  # fmt: skip


def readme_blocks():
    """The commands of the README's blocks, in order, each on one line."""
    with open(os.path.join(FOLDER, "README.md"), encoding="utf-8") as file:
        text = re.sub(r" *\\\n *", " ", file.read())
    return re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)
