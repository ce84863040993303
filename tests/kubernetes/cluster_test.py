"""What the tests on a cluster share: one cluster and one node a program, a namespace a test."""

import itertools
import json
import os
import shutil
import tempfile
import time
import unittest

import kubernetes_objects
import node
import sam_test
import skipping
import yaml
from cluster import Cluster, servers

# For a definition that no registry has (kubernetes_objects.WITHOUT_SCHEMA).
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
PLURALS = {("postgresql.cnpg.io/v1", "Cluster"): "clusters"}

_cluster = None
_node = None
_serial = itertools.count(1)


def set_up():
    """For setUpModule: starts the servers, or says why they are not there."""
    global _cluster, _node
    skipping.unless_had(servers)
    folder = tempfile.mkdtemp(prefix="sam-kubernetes.")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    _cluster = Cluster(folder)
    _cluster.start()
    unittest.addModuleCleanup(_cluster.stop)
    define_all(_cluster.api)
    _node = node.Node(_cluster.api)
    _node.start()
    unittest.addModuleCleanup(_node.stop)


def definitions():
    folder = os.path.join(kubernetes_objects.tools(), "crds")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            yield yaml.load(file, kubernetes_objects.LOADER)
    for (version, kind), plural in PLURALS.items():
        group, _, number = version.partition("/")
        yield {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
               "metadata": {"name": f"{plural}.{group}"},
               "spec": {"group": group, "scope": "Namespaced",
                        "names": {"kind": kind, "plural": plural},
                        "versions": [{"name": number, "served": True, "storage": True,
                                      "schema": {"openAPIV3Schema": ANYTHING}}]}}  # fmt: skip


def define_all(api):
    root = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    names = []
    for each in definitions():
        names.append(each["metadata"]["name"])
        api.post(root, each)

    def established():
        return all(node.condition(each, "Established") for each in api.get(root)["items"]
                   if each["metadata"]["name"] in names)  # fmt: skip

    sam_test.wait_for("the definitions", established)


class ClusterTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.cluster, self.api, self.node = _cluster, _cluster.api, _node
        self.namespace = f"t{next(_serial)}"
        self.folder = tempfile.mkdtemp(dir=_cluster.folder)
        self.tree = os.path.join(self.folder, "kubernetes")
        shutil.copytree(kubernetes_objects.FOLDER, self.tree)
        self.addCleanup(self.reset_node)

    def reset_node(self):
        self.node.ready = self.node.succeeds = self.node.drained = lambda pod: True

    def drain_takes(self, seconds):
        begun = {}
        self.node.drained = lambda pod: time.monotonic() >= seconds + begun.setdefault(
            pod["metadata"]["uid"], time.monotonic())  # fmt: skip

    # ---- what is asked and done ----------------------------------------------------------------

    def kubectl(self, *arguments):
        return self.cluster.kubectl("-n", self.namespace, *arguments)

    def objects(self, kind, group="apis/apps/v1"):
        return self.api.get(f"/{group}/namespaces/{self.namespace}/{kind}")["items"]

    def object(self, kind, name, group="apis/apps/v1"):
        return self.api.get(f"/{group}/namespaces/{self.namespace}/{kind}/{name}")

    def pods(self, app):
        return [each for each in self.objects("pods", "api/v1") if node.app_of(each) == app]

    def staying(self, app):
        return [each for each in self.pods(app) if not node.is_leaving(each)]

    def wait_for(self, what, condition, seconds=30):
        return sam_test.wait_for(what, condition, seconds)

    def wait_for_rollout(self, name, replicas=None):
        """Every Pod is of the newest template and available, and no other is left."""

        def complete():
            found = self.object("deployments", name)
            wanted, status = found["spec"]["replicas"], found.get("status", {})
            return (status.get("observedGeneration") == found["metadata"]["generation"] and
                    wanted == (wanted if replicas is None else replicas) and
                    [status.get(key, 0) for key in (
                        "replicas", "updatedReplicas", "readyReplicas", "availableReplicas")] ==
                    [wanted] * 4 and len(self.pods(name)) == wanted)  # fmt: skip

        try:
            self.wait_for(f"the rollout of {name}", complete)
        except AssertionError as why:
            status = json.dumps(self.object("deployments", name).get("status"), indent=1)
            pods = [(node.image_of(each), each["status"]) for each in self.pods(name)]
            raise AssertionError(f"{why}\n{status}\n{pods}") from None

    def apply(self, folder, **more):
        """A folder of the tree in this test's namespace, as `kubectl apply -k` does it."""
        wrapper = tempfile.mkdtemp(dir=self.folder)
        content = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
                   "namespace": self.namespace,
                   "resources": [os.path.relpath(os.path.join(self.tree, folder),
                                                 os.path.realpath(wrapper))], **more}  # fmt: skip
        with open(os.path.join(wrapper, "kustomization.yaml"), "w", encoding="utf-8") as file:
            json.dump(content, file)
        return self.run_cleanly(f"kubectl apply -k {wrapper}")

    def run_cleanly(self, commands):
        """Commands, none of which is warned of."""
        said = self.cluster.shell(commands, self.tree)
        self.assertNotIn("warning", said.lower(), commands)
        return said

    def since_now(self, app):
        """A function that tells of each change of an app's Pods from now on."""
        first = len(self.node.since(self.namespace, app))
        return lambda: self.node.since(self.namespace, app, first)
