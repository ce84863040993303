"""deploy/runbooks: the commands of its pages, run as a reader runs them."""

import os
import re
import subprocess

from servers import SOURCE
from waiting import PATIENCE

LIMIT = 60  # seconds of a command: a JVM on a busy machine
OWN, COMPOSE, KUBERNETES = "On servers of your own", "Compose", "Kubernetes"


def page(name):
    with open(os.path.join(SOURCE, "deploy", "runbooks", name), encoding="utf-8") as file:
        return file.read()


def blocks(name):
    """[(the heading above it, the shell text), ...] of a page."""
    parts = re.split(r"^#+ (.*)\n", page(name), flags=re.M)[1:]
    return [
        (heading, text)
        for heading, part in zip(parts[::2], parts[1::2])
        for text in re.findall(r"^```sh\n(.*?)^```$", part, flags=re.M | re.S)
    ]


def head(place=OWN):
    """What alerts.md has its reader say first."""
    (text,) = [text for heading, text in blocks("alerts.md") if heading == place]
    return text


class Shell:
    """A reader's bash: `top` is what he said first, `variables` are the values of his place, and
    the tools are found in a folder."""

    def __init__(self, folder, top, variables):
        self.folder = folder
        self.path = os.path.join(folder, "kafka-scripts")
        broker = os.path.join(SOURCE, "tests", "broker", "run")
        subprocess.run([broker, "scripts", self.path], check=True, timeout=600)
        for name in variables:
            if not re.search(rf"(^|\s){name}=", top):
                raise AssertionError(f"the page does not set {name}, which is replaced here")
        self.top = top + "".join(f"{name}='{value}'\n" for name, value in variables.items())

    def link(self, program):
        os.symlink(program, os.path.join(self.path, os.path.basename(program)))

    def result(self, text):
        """Runs it; the finished process."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{self.top}\n{text}"], cwd=self.folder,
            env=dict(os.environ, PATH=f"{self.path}:{os.environ['PATH']}"),
            capture_output=True, text=True, check=False, timeout=LIMIT * PATIENCE,
        )  # fmt: skip

    def run(self, text):
        """Runs what must succeed; what it printed."""
        done = self.result(text)
        if done.returncode:
            raise AssertionError(f"{text}\n{done.stdout}\n{done.stderr}")
        return done.stdout


# Plays kubectl before the programs of this machine: what is run in a pod is run here, one pod for
# each program is there, and the files of ConfigMaps and Secrets are below the folder.
KUBECTL = r"""#!/bin/bash
set -euo pipefail
before=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    before+=("$1")
    shift
done
case " ${before[*]} " in
*" -n sam delete pod sam-kafka-tools "* | *" -n sam apply "* | *" -n sam wait "*) exit ;;
*" get pod "*"instanceRole=primary"*) echo pod/sam-postgres-1 && exit ;;
*" get pod "*name=sam-*) echo "pod/${before[*]: -3:1}" && exit ;;
*" -n sam exec "*) ;;
*) echo "no such command here: ${before[*]}" >&2 && exit 1 ;;
esac
shift
case "${before[*]} $1" in
*"sam-kafka-tools -c kcat kcat" | *"sam-kafka-tools -c kafka /opt/kafka/bin/"*) ;;
*"-c postgres pod/sam-postgres-1 psql" | *"-i deploy/sam-worker samctl") ;;
*"name=sam-producer samctl" | *"name=sam-worker samctl") ;;
*) echo "that pod does not have $1: ${before[*]}" >&2 && exit 1 ;;
esac
program=${1##*/}
shift
[ "$program" != psql ] || set -- -X -d "$SAM_TEST_DATABASE" "${@:4}"
exec "$program" "${@//\/etc\/kafka-tools/$PWD/etc/kafka-tools}"
"""


def play_kubernetes(shell, conninfo):
    path = os.path.join(shell.path, "kubectl")
    with open(path, "w", encoding="utf-8") as file:
        file.write(KUBECTL.replace("$SAM_TEST_DATABASE", conninfo))
    os.chmod(path, 0o755)
