"""What deploy/kubernetes says beside its objects: the Pod of the runbooks, and what the component
monitoring tells the overlay to do."""

import json
import os
import re
import tempfile
import unittest

import kubernetes_objects as kubernetes
import runbooks
import skipping
import yaml

COMPONENTS = os.path.join(kubernetes.FOLDER, "components")


def setUpModule():
    skipping.unless_had(kubernetes.tools)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class KafkaTools(unittest.TestCase):
    """deploy/runbooks/kafka-tools.yaml fits into example-production."""

    def setUp(self):
        self.objects = list(yaml.safe_load_all(runbooks.page("kafka-tools.yaml")))
        self.config, self.pod = self.objects
        self.site = kubernetes.rendering("example-production")

    def test_each_version_of_kubernetes_takes_it(self):
        self.assertEqual(kubernetes.schema_complaints(self.objects), [])
        self.pod["spec"]["containers"][0]["imag"] = "x"
        self.assertNotEqual(kubernetes.schema_complaints(self.objects), [])

    def test_the_listener_and_the_policies_let_it_through(self):
        labels = self.pod["metadata"]["labels"]
        (kafka,) = kubernetes.of_kind(self.site, "Kafka")
        (listener,) = kafka["spec"]["kafka"]["listeners"]
        peers = [peer["podSelector"] for peer in listener["networkPolicyPeers"]
                 if "podSelector" in peer]  # fmt: skip
        self.assertTrue(any(kubernetes.selects(peer, labels) for peer in peers))
        workload = {"spec": {"template": {"metadata": {"labels": labels}}}}
        rules, closed = kubernetes.policies_of(self.site, workload, "Egress")
        self.assertTrue(closed)
        allowed = set().union(*map(kubernetes.ports, rules))
        self.assertLessEqual({("TCP", listener["port"]), ("UDP", 53)}, allowed)
        self.assertRegex(runbooks.head(runbooks.KUBERNETES), rf"BROKERS=\S+:{listener['port']}\s")
        # No Service or Deployment takes it for its own.
        for each in kubernetes.workloads(self.site):
            self.assertNotEqual(kubernetes.pod_labels(each)["app.kubernetes.io/name"],
                                labels["app.kubernetes.io/name"])  # fmt: skip

    def test_its_secrets_are_those_of_the_operator(self):
        users = {each["metadata"]["name"] for each in kubernetes.of_kind(self.site, "KafkaUser")}
        found = {}
        for volume in self.pod["spec"]["volumes"]:
            for source in volume.get("projected", {"sources": ()})["sources"]:
                for item in source["secret"]["items"]:
                    found[item["path"]] = (source["secret"]["name"], item["key"])
        self.assertEqual(found, {"user.crt": ("sam-operator", "user.crt"),
                                 "user.key": ("sam-operator", "user.key"),
                                 "ca.crt": ("sam-cluster-ca-cert", "ca.crt")})  # fmt: skip
        self.assertIn("sam-operator", users)
        (folder,) = {mount["mountPath"] for each in self.pod["spec"]["containers"]
                     for mount in each["volumeMounts"] if mount["name"] == "secrets"}  # fmt: skip
        for text in self.config["data"].values():
            for path in found:
                self.assertTrue(f"{folder}/{path}" in text or f"{folder}:{path}" in text, path)

    def test_the_runbook_names_what_is_there(self):
        head = runbooks.head(runbooks.KUBERNETES)
        (folder,) = {mount["mountPath"] for each in self.pod["spec"]["containers"]
                     for mount in each["volumeMounts"] if mount["name"] == "config"}  # fmt: skip
        for name in self.config["data"]:
            self.assertIn(f"={folder}/{name}", head)
        # One that has ended is still there the next night, and `apply` would leave it.
        name = self.pod["metadata"]["name"]
        for text in (head, runbooks.page("kafka-tools.yaml")):
            self.assertRegex(text, rf"delete pod {name} --ignore-not-found.*\n.* apply -f ")
        for each in self.pod["spec"]["containers"]:
            self.assertIn(f"{self.pod['metadata']['name']} -c {each['name']} -- ", head)
        (compose,) = re.findall(r"image: (apache/kafka:\S+)", read(
            kubernetes.SOURCE, "deploy", "compose", "compose.yaml"))  # fmt: skip
        self.assertIn(compose, self.pod["spec"]["containers"][1]["image"])


def namespaces(tree):
    """Those that are admitted by name, anywhere in an object."""
    if isinstance(tree, list):
        return set().union(*map(namespaces, tree))
    if not isinstance(tree, dict):
        return set()
    name = tree.get("namespaceSelector", {}).get("matchLabels", {})
    return {*name.values()}.union(*map(namespaces, tree.values()))


class Operators(unittest.TestCase):
    def test_the_document_says_what_they_must_have(self):
        text = read(kubernetes.FOLDER, "README.md")
        (table,) = re.findall(r"^\| operator .*\n(?:\|.*\n)+", text, re.M)
        admitted = namespaces(kubernetes.rendering("example-production")) - {"kube-system"}
        self.assertEqual(set(re.findall(r"the namespace `(\S+)`", table)), admitted)
        (provider,) = re.findall(r"STRIMZI_\w+=\w+", read(
            kubernetes.FOLDER, "overlays", "example-production", "kafka.yaml"))  # fmt: skip
        self.assertIn(f"`{provider}`", table)


def strings(tree):
    if isinstance(tree, (dict, list)):
        return set().union(*map(strings, tree.values() if isinstance(tree, dict) else tree))
    return {tree} if isinstance(tree, str) else set()


class PostgresOfAnotherName(unittest.TestCase):
    def test_the_page_names_all_that_must_follow(self):
        page = runbooks.page("postgres.md")
        part = page[page.index("With CloudNativePG, in place") : page.index("## 3. ")]
        site = kubernetes.rendering("example-production")
        named = {each for each in strings(site) if each.startswith("sam-postgres")}
        self.assertEqual(named, set(re.findall(r"sam-postgres[\w-]*", part)))
        selecting = {each["metadata"]["name"]: json.dumps(each).count('"cnpg.io/cluster"')
                     for each in kubernetes.of_kind(site, "NetworkPolicy")}  # fmt: skip
        self.assertEqual({name: count for name, count in selecting.items() if count},
                         {"sam-postgres": 1, "sam-postgres-server": 2})  # fmt: skip
        for text in (runbooks.head(runbooks.KUBERNETES), read(
                kubernetes.SOURCE, "deploy", "README.md")):  # fmt: skip
            self.assertIn("cnpg.io/cluster=sam-postgres", text)


class Monitoring(unittest.TestCase):
    """The comment of the component is followed."""

    def setUp(self):
        text = read(COMPONENTS, "monitoring", "kustomization.yaml")
        self.comment = re.sub(r"^# ?", "", text[text.index("# For") : text.index("resources:")],
                              flags=re.M)  # fmt: skip

    def render(self, patches):
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.realpath(folder)
            tree = os.path.relpath(os.path.realpath(kubernetes.FOLDER), folder)
            with open(os.path.join(folder, "kustomization.yaml"), "w", encoding="utf-8") as file:
                json.dump({"apiVersion": "kustomize.config.k8s.io/v1beta1",
                           "kind": "Kustomization", "resources": [f"{tree}/base"],
                           "components": [f"{tree}/components/monitoring"], **patches},
                          file)  # fmt: skip
            return kubernetes.render(folder)

    def test_the_label_that_the_chart_selects_by(self):
        (snippet,) = re.findall(r"^    patches:\n(?:     .*\n)+", self.comment, re.M)
        objects = self.render(yaml.safe_load(snippet))
        labels = {each["kind"]: each["metadata"].get("labels", {}).get("release")
                  for each in objects}  # fmt: skip
        labelled = {kind for kind, value in labels.items() if value == "kube-prometheus-stack"}
        self.assertEqual(labelled, {"PodMonitor", "PrometheusRule"})
        self.assertEqual(kubernetes.schema_complaints(objects), [])

    def test_another_namespace_of_prometheus(self):
        (path,) = re.findall(r"patch `(\S+)`", self.comment)
        (policy,) = re.findall(r"NetworkPolicy `(\S+)`", self.comment)
        value = {"kubernetes.io/metadata.name": "observability"}
        objects = self.render({"patches": [{
            "target": {"kind": "NetworkPolicy", "name": policy},
            "patch": json.dumps([{"op": "replace", "path": path, "value": value}])}]})  # fmt: skip
        (changed,) = [each for each in kubernetes.of_kind(objects, "NetworkPolicy")
                      if each["metadata"]["name"] == policy]  # fmt: skip
        self.assertEqual(changed["spec"]["ingress"][0]["from"],
                         [{"namespaceSelector": {"matchLabels": value}}])  # fmt: skip

    def test_the_number_of_alerts(self):
        rules = yaml.safe_load(read(COMPONENTS, "monitoring", "prometheus-rule.yaml"))
        count = sum(len(group["rules"]) for group in rules["spec"]["groups"])
        self.assertIn(f"are the alerts there? {count}.", self.comment)

    def test_the_word_that_another_namespace_replaces(self):
        (command,) = re.findall(r"sed -i '(.*)' (\S+) (\S+)", self.comment)
        self.assertEqual(command[0], """s/namespace="sam"/namespace="YOURS"/""" + "g")
        for pattern, folder in zip(command[1:], ("monitoring", "keda-due-items")):
            text = read(COMPONENTS, folder, os.path.basename(pattern))
            self.assertIn('namespace="sam"', text)


if __name__ == "__main__":
    unittest.main()
