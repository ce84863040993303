"""A Kafka of three brokers, for integration tests: one may die, and the others go on."""

import base64
import os
import uuid
from concurrent.futures import ThreadPoolExecutor

from ports import free_port
from servers import Kafka

NODES = (1, 2, 3)
# Each is broker and controller. The quorum is written down, so that nobody has to be first.
PROPERTIES = """\
node.id={node}
controller.quorum.voters={voters}
controller.quorum.bootstrap.servers={bootstrap}
offsets.topic.replication.factor=3
default.replication.factor=3
min.insync.replicas=2
"""


class Node(Kafka):
    def __init__(self, folder, node, controllers, cluster):
        super().__init__(folder, private=True)
        path = f"{folder}.properties"
        voters = ",".join(f"{n}@127.0.0.1:{port}" for n, port in controllers.items())
        bootstrap = ",".join(f"127.0.0.1:{port}" for port in controllers.values())
        with open(path, "w", encoding="utf-8") as file:
            file.write(PROPERTIES.format(node=node, voters=voters, bootstrap=bootstrap))
        self.environment["SAM_TEST_BROKER_MORE"] = path
        self.environment["SAM_TEST_BROKER_CLUSTER"] = f"{cluster}:{controllers[node]}"
        self._port = str(free_port())

        self._up = False

    def start(self):
        self.address = self._do("start", self._port)
        self._up = True

    def stop(self):
        self._up = False
        super().stop()

    def kill(self):
        self._up = False
        super().kill()

    def is_up(self):
        return self._up


class KafkaCluster(Kafka):
    """All three as one server; `nodes` has each by its number."""

    def __init__(self, folder):
        super().__init__(folder, private=True)
        os.makedirs(folder, exist_ok=True)
        controllers = {node: free_port() for node in NODES}
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        cluster = "sam" + cluster[3:]  # begins with no dash
        self.nodes = {
            node: Node(os.path.join(folder, str(node)), node, controllers, cluster)
            for node in NODES
        }

    def _each(self, do):
        with ThreadPoolExecutor(len(NODES)) as side_by_side:
            list(side_by_side.map(do, self.nodes.values()))

    def start(self):
        self._each(lambda node: node.start())
        self.address = ",".join(node.address for node in self.nodes.values())

    def stop(self):
        """All at once: the last of a quorum would wait for the others."""
        self._each(lambda node: node.kill())

    def kill(self):
        self.stop()

    def tool(self, name, *arguments):
        """By the first of them that runs."""
        up = next(node for node in self.nodes.values() if node.is_up())
        return up.tool(name, *arguments)
