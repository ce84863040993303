"""Postgres and Kafka of the tests, behind the scripts that start and stop them."""

import json
import os
import shutil
import tempfile

from waiting import run

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("SAM_SOURCE", os.path.dirname(os.path.dirname(HERE)))


def folder_of(test_class):
    """Where the data of its servers lie, in memory if tests/run says so; gone with the class."""
    folder = tempfile.mkdtemp(prefix="sam-servers.", dir=os.environ.get("SAM_TEST_SERVERS"))
    os.chmod(folder, 0o711)  # as root, Postgres runs as somebody else and must reach its data
    test_class.addClassCleanup(shutil.rmtree, folder, True)
    return folder


class Server:
    """A server behind one of the start/stop/kill scripts of tests/."""

    script = ()
    running_variable = ""

    def __init__(self, folder, private):
        self.folder = folder
        self.environment = dict(os.environ)
        if private:
            self.environment.pop(self.running_variable, None)
            self.environment["SAM_TEST_SHORT_LIVED"] = "1"
        self.address = None

    def _do(self, verb, *arguments):
        return run(*self.script, verb, self.folder, *arguments, env=self.environment).strip()

    def start(self):
        self.address = self._do("start")

    def stop(self):
        """In order; start() takes it up again, at the same address."""
        self._do("stop")

    def kill(self):
        """A crash; start() recovers it, at the same address."""
        self._do("kill")


class Postgres(Server):
    script = (os.path.join(HERE, "postgres"),)
    running_variable = "SAM_TEST_POSTGRES"


class Kafka(Server):
    script = (os.path.join(SOURCE, "tests", "broker", "run"),)
    running_variable = "SAM_TEST_KAFKA"

    def tool(self, name, *arguments):
        """One of Kafka's own tools (TopicCommand, ConsumerGroupCommand ...); a JVM: a second."""
        return self._do("tool", name, *arguments)

    def records(self, topic):
        """All records of a topic: dicts with partition, offset, key, headers (a dict), value."""
        source = ("-b", self.address, "-t", topic)
        found = []
        command = ("kcat", "-q", "-C", "-J", "-e", "-o", "beginning", *source)
        for line in run(*command, errors="surrogateescape").splitlines():
            record = json.loads(line)
            headers = record.get("headers") or []
            record["headers"] = dict(zip(headers[::2], headers[1::2]))
            record["value"] = record.pop("payload")
            found.append(record)
        return found

    def produce(self, topic, value, key=None, headers=()):
        """One record, acknowledged; headers as "name=value"; partitioned by key as SAM does it. A
        value that is None needs a key; bytes that are not UTF-8 as Python has them: "\\udcff"."""
        command = ["kcat", "-q", "-P", "-b", self.address, "-t", topic]
        command += ["-X", "acks=all", "-X", "partitioner=murmur2_random"]
        command += ["-X", "message.max.bytes=2000000"]  # the broker's limit is what counts
        for header in headers:
            command += ["-H", header]
        if not value:  # kcat sends none of these from a plain input
            command += ["-K", ":", *(["-Z"] if value is None else [])]
            value = f"{key}:\n"
        elif key is not None:
            command += ["-k", key]
        run(*command, input=value, errors="surrogateescape")
