"""deploy/kubernetes: what is rendered is what Kubernetes takes, and what SAM promises.

Base, both overlays, and each combination of components that fits together. Nothing here runs on a
cluster: schemas, and rules in Python over the objects.
"""

import copy
import functools
import itertools
import os
import re
import subprocess
import tempfile
import unittest

import kubernetes_objects as kubernetes
import skipping
from kubernetes_breaks import BREAKS, change
from kubernetes_objects import (
    container_of, name_of, of_kind, pod_labels, pod_of, policies_of, ports, selects, workloads,
)  # fmt: skip

SOURCE = os.environ["SAM_SOURCE"]
BIN = os.environ["SAM_BIN"]
SECRETS = {"sam": {"postgres-conninfo", "unipile-api-key", "admin-token"}, "sam-kafka": None,
           "sam-keda-kafka": {"sasl", "tls", "username", "password"}}  # fmt: skip
USER_ID = 10001
SPARE_SECONDS = 10  # of the grace period, for everything that no timeout bounds
PORTS = {"sam-producer": "producer.listen", "sam-worker": "worker.listen"}


def setUpModule():
    skipping.unless_had(kubernetes.tools)


# ---- what programs are told ---------------------------------------------------------------------


def environment(objects, workload):
    """Variables of the container, ConfigMaps included, and its sam.cfg."""
    maps = {each["metadata"]["name"]: each["data"] for each in of_kind(objects, "ConfigMap")}
    found = {}
    for source in container_of(workload).get("envFrom", ()):
        if "configMapRef" in source:
            found.update(maps[source["configMapRef"]["name"]])
    found.update((each["name"], each["value"]) for each in container_of(workload).get("env", ()))
    config = [maps[volume["configMap"]["name"]] for volume in pod_of(workload)["volumes"]
              if "configMap" in volume]  # fmt: skip
    return found, config[0]["sam.cfg"]


@functools.cache
def printed_config(variables, config, files):
    """What `samctl --print-config` says of it, with the Secret's files in their place."""
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            with open(os.path.join(folder, os.path.basename(path)), "w", encoding="utf-8") as file:
                file.write("a-secret-of-more-than-32-characters-in-length")
            config = config.replace(f'"{path}"', f'"{folder}/{os.path.basename(path)}"')
        config_path = os.path.join(folder, "sam.cfg")
        with open(config_path, "w", encoding="utf-8") as file:
            file.write(config)
        return subprocess.run([os.path.join(BIN, "samctl"), "-c", config_path, "--print-config"],
                              env={"PATH": os.environ["PATH"], **dict(variables)},
                              capture_output=True, text=True, check=False)  # fmt: skip


def secret_files(workload):
    """Where the files of the workload's Secrets are: path and (secret, key)."""
    mounts = {each["name"]: each["mountPath"] for each in container_of(workload)["volumeMounts"]}
    return {f"{mounts[volume['name']]}/{item['path']}": (source["secret"]["name"], item["key"])
            for volume in pod_of(workload)["volumes"]
            for source in volume.get("projected", {"sources": ()})["sources"]
            for item in source["secret"]["items"]}  # fmt: skip


def config_of(objects, workload):
    variables, config = environment(objects, workload)
    done = printed_config(tuple(sorted(variables.items())), config,
                          tuple(sorted(secret_files(workload))))  # fmt: skip
    assert done.returncode == 0, f"{name_of(workload)}: {done.stdout}{done.stderr}"
    return dict(re.findall(r'^([\w.]+) = "?(.*?)"?  //', done.stdout, re.M))


def seconds(text):
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    return sum(float(n) * units[unit] for n, unit in re.findall(r"(\d+)(ms|s|m|h)", text))


# ---- the rules: each yields what is wrong ------------------------------------------------------


def restricted(objects):
    for each in workloads(objects):
        pod = pod_of(each)
        want = {"runAsNonRoot": True, "runAsUser": USER_ID, "runAsGroup": USER_ID,
                "fsGroup": USER_ID, "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip
        if pod["securityContext"] != want:
            yield f"{name_of(each)}: securityContext of the pod"
        for key in ("hostNetwork", "hostPID", "hostIPC", "initContainers"):
            if key in pod:
                yield f"{name_of(each)}: {key}"
        want = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]}}  # fmt: skip
        if container_of(each)["securityContext"] != want:
            yield f"{name_of(each)}: securityContext of the container"
        for volume in pod["volumes"]:
            if not set(volume) & {"configMap", "projected", "emptyDir"}:
                yield f"{name_of(each)}: volume {volume['name']}"
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                yield f"{name_of(each)}: {volume['name']} has no sizeLimit"
        # A Service's variables would look like settings of ours.
        if pod.get("automountServiceAccountToken") is not False or pod["enableServiceLinks"]:
            yield f"{name_of(each)}: automountServiceAccountToken and enableServiceLinks: false"


def resources(objects):
    for each in workloads(objects):
        has = container_of(each)["resources"]
        if has["requests"]["memory"] != has["limits"]["memory"] or set(has["limits"]) != {"memory"}:
            yield f"{name_of(each)}: memory: request = limit, and no limit of cpu"
        if "cpu" not in has["requests"]:
            yield f"{name_of(each)}: no request of cpu"


def probes(objects):
    for each in of_kind(objects, "Deployment"):
        container = container_of(each)
        paths = [container.get(probe, {}).get("httpGet", {}).get("path")
                 for probe in ("startupProbe", "livenessProbe", "readinessProbe")]  # fmt: skip
        if paths != ["/healthz", "/healthz", "/readyz"]:
            yield f"{name_of(each)}: probes ask {paths}"
        (port,) = container["ports"]
        listen = config_of(objects, each)[PORTS[each["metadata"]["name"]]]
        if listen != f"0.0.0.0:{port['containerPort']}" or port["name"] != "admin":
            yield f"{name_of(each)}: port {port} and {listen}"
        if container["command"][0] != each["metadata"]["name"]:
            yield f"{name_of(each)}: runs {container['command']}"


def c_constant(path, pattern):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return int(re.search(pattern, file.read()).group(1))


def least_grace(config):
    """Seconds in which a worker has surely ended."""
    close = 2 * c_constant("common/adapters/kafka_consumer.c", r"#define CLOSE_MS\s+(\d+)") / 1000
    flush = 4 * c_constant("common/adapters/kafka_producer.c", r"kafka_producer_flush\(p, (\d+)\)")
    return (seconds(config["worker.drain_timeout"]) + seconds(config["unipile.timeout"]) +
            close + flush / 1000 + SPARE_SECONDS)  # fmt: skip


def grace(objects):
    for each in of_kind(objects, "Deployment"):
        has = pod_of(each)["terminationGracePeriodSeconds"]
        if each["metadata"]["name"] == "sam-worker":
            config = config_of(objects, each)
            if has < least_grace(config):
                yield f"{name_of(each)}: {has} s of grace, {least_grace(config)} s are needed"
            names = {variable["name"] for variable in container_of(each)["env"]}
            if not {"SAM_WORKER_DRAIN_TIMEOUT", "SAM_UNIPILE_TIMEOUT"} <= names:
                yield f"{name_of(each)}: the timeouts do not stand beside the grace period"
        if each["spec"]["progressDeadlineSeconds"] <= has:
            yield f"{name_of(each)}: a rollout is given up before a pod has ended"


def secrets(objects):
    known = {name: keys for name, keys in SECRETS.items()}
    for each in of_kind(objects, "KafkaUser"):
        known[each["metadata"]["name"]] = {"user.crt", "user.key"}
        known[each["metadata"]["labels"]["strimzi.io/cluster"] + "-cluster-ca-cert"] = {"ca.crt"}
    for each in of_kind(objects, "Cluster"):
        known[each["metadata"]["name"] + "-app"] = {"uri"}
        known[each["metadata"]["name"] + "-ca"] = {"ca.crt"}
    for each in of_kind(objects, "Secret"):
        yield f"{name_of(each)}: a Secret in the tree"
    used = []
    for each in workloads(objects):
        used += secret_files(each).values()
        used += [(source["secretRef"]["name"], None) for source in container_of(each)["envFrom"]
                 if "secretRef" in source]  # fmt: skip
        if "/run/secrets/sam/postgres-conninfo" not in secret_files(each):
            yield f"{name_of(each)}: no conninfo"
    for each in of_kind(objects, "TriggerAuthentication"):
        used += [(ref["name"], ref["key"]) for ref in each["spec"]["secretTargetRef"]]
    for each in of_kind(objects, "PodMonitor"):
        used += [(end["authorization"]["credentials"]["name"],
                  end["authorization"]["credentials"]["key"])
                 for end in each["spec"]["podMetricsEndpoints"]]  # fmt: skip
    for name, key in used:
        if name not in known or (key and key not in known[name]):
            yield f"Secret {name}, key {key}: nobody makes it"


def selectors(objects):
    pods = [pod_labels(each) for each in workloads(objects)]
    for each in of_kind(objects, "Deployment"):
        for spread in pod_of(each)["topologySpreadConstraints"]:
            if not selects(spread["labelSelector"], pod_labels(each)):
                yield f"{name_of(each)}: spreads others"
        if not selects(each["spec"]["selector"], pod_labels(each)):
            yield f"{name_of(each)}: does not select its own pods"
        if sum(selects(each["spec"]["selector"], labels) for labels in pods) != 1:
            yield f"{name_of(each)}: selects pods of others"
        budgets = [budget["spec"] for budget in of_kind(objects, "PodDisruptionBudget")
                   if selects(budget["spec"]["selector"], pod_labels(each))]  # fmt: skip
        if [(b.get("maxUnavailable"), b.get("unhealthyPodEvictionPolicy")) for b in budgets] != [
                (1, "AlwaysAllow")]:  # fmt: skip
            yield f"{name_of(each)}: disruption budgets {budgets}"
    for each in of_kind(objects, "PodDisruptionBudget", "PodMonitor"):
        if not any(selects(each["spec"]["selector"], labels) for labels in pods):
            yield f"{name_of(each)}: selects no pod"
    for each in of_kind(objects, "Service"):
        chosen = [workload for workload in workloads(objects)
                  if selects({"matchLabels": each["spec"]["selector"]}, pod_labels(workload))]
        if len(chosen) != 1 or [(port["targetPort"], port["port"])
                                for port in each["spec"]["ports"]] != [
                (port["name"], port["containerPort"])
                for port in container_of(chosen[0])["ports"]]:  # fmt: skip
            yield f"{name_of(each)}: its pods or their ports"


def references(objects):
    accounts = {each["metadata"]["name"]: each for each in of_kind(objects, "ServiceAccount")}
    for each in accounts.values():
        if each.get("automountServiceAccountToken") is not False:
            yield f"{name_of(each)}: automountServiceAccountToken"
    for each in workloads(objects):
        if pod_of(each)["serviceAccountName"] not in accounts:
            yield f"{name_of(each)}: no such ServiceAccount"
        if not re.fullmatch(r"(.*/)?sam:.+", container_of(each)["image"]):
            yield f"{name_of(each)}: image {container_of(each)['image']}"
    for each in objects:
        if each["kind"] == "Namespace":
            if each["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] != "restricted":
                yield f"{name_of(each)}: not restricted"
        elif each["metadata"].get("namespace") != "sam":
            yield f"{name_of(each)}: not in namespace sam"


def network(objects):
    for each in workloads(objects):
        rules, closed = policies_of(objects, each, "Egress")
        allowed = set().union(*map(ports, rules))
        config = config_of(objects, each)
        kafka = {("TCP", int(server.rpartition(":")[2]))
                 for server in config["kafka.bootstrap_servers"].split(",")}  # fmt: skip
        if not closed or not all(rule.get("ports") for rule in rules):
            yield f"{name_of(each)}: may send anywhere"
        if not {("UDP", 53), ("TCP", 53), ("TCP", 5432), *kafka} <= allowed:
            yield f"{name_of(each)}: does not reach what it needs, only {allowed}"
        outside = [rule for rule in rules if any("ipBlock" in to for to in rule.get("to", ()))]
        if each["metadata"]["name"] not in ("sam-worker", "sam-ask"):
            if outside:
                yield f"{name_of(each)}: has no business with Unipile"
        else:
            yield from reaches_unipile(each, outside, config["unipile.base_url"])
        rules, closed = policies_of(objects, each, "Ingress")
        if not closed or [(ports(rule), len(rule["from"])) for rule in rules] != [
                ({("TCP", "admin")}, 1)]:  # fmt: skip
            yield f"{name_of(each)}: takes more than scrapes"


def reaches_unipile(each, outside, base_url):
    port = re.fullmatch(r"https://[^/:]+(?::(\d+))?/?", base_url).group(1) or 443
    if not any(("TCP", int(port)) in ports(rule) for rule in outside):
        yield f"{name_of(each)}: does not reach {base_url}"
    private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
               "100.64.0.0/10"}  # fmt: skip
    for rule in outside:
        if ("TCP", 443) not in ports(rule):
            yield f"{name_of(each)}: not 443"
        for to in rule["to"]:
            if not private <= set(to["ipBlock"]["except"]):
                yield f"{name_of(each)}: reaches private addresses as Unipile"


def names_itself(objects, worker, trigger):
    """Does KEDA, where Kafka asks its clients who they are?"""
    secret = any("secretRef" in source for source in container_of(worker)["envFrom"])
    asked = secret or "SAM_KAFKA_PROPERTIES" in environment(objects, worker)[0]
    known = [each["metadata"]["name"] for each in of_kind(objects, "TriggerAuthentication")]
    return not asked or trigger.get("authenticationRef", {}).get("name") in known


def trigger_complaints(objects, worker, trigger):
    has = trigger["metadata"]
    batch = int(config_of(objects, worker)["worker.batch"])
    if trigger["type"] == "kafka":
        if not names_itself(objects, worker, trigger):
            yield "ScaledObject: Kafka lets no unknown look"
        if has["bootstrapServersFromEnv"] not in environment(objects, worker)[0]:
            yield "ScaledObject: no such variable"
        if has["lagThreshold"] != str(2 * batch):
            yield "ScaledObject: lagThreshold is two claims"
        prefix = config_of(objects, worker)["kafka.topic_prefix"]
        if (has["topic"], has["consumerGroup"]) != (prefix + "sam.jobs", prefix + "sam-workers"):
            yield "ScaledObject: counts what waits for another SAM"
    elif not re.fullmatch(r"https?://[\w.-]+:\d+", has["serverAddress"]):
        yield "ScaledObject: serverAddress is no address"
    elif has["threshold"] != str(batch) or has["ignoreNullValues"] != "false":
        yield "ScaledObject: late messages: one claim, and an error where nobody tells"


def scaling(objects):
    scalers = of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject")
    worker = next(each for each in workloads(objects) if each["metadata"]["name"] == "sam-worker")
    if len(scalers) > 1 or bool(scalers) == ("replicas" in worker["spec"]):
        yield "sam-worker: replicas, or else one who scales"
    if worker["spec"]["strategy"]["rollingUpdate"] != {"maxSurge": 0, "maxUnavailable": "25%"}:
        yield "sam-worker: another worker more would only move partitions"
    for each in scalers:
        spec = each["spec"]
        if spec["scaleTargetRef"]["name"] != "sam-worker":
            yield f"{name_of(each)}: scales nothing"
        most = spec.get("maxReplicas", spec.get("maxReplicaCount"))
        if most > int(config_of(objects, worker)["kafka.partitions"]):
            yield f"{name_of(each)}: a worker without partitions is never ready"
        for trigger in spec.get("triggers", ()):
            if not all(isinstance(value, str) for value in trigger["metadata"].values()):
                yield f"{name_of(each)}: KEDA takes strings only"
            yield from trigger_complaints(objects, worker, trigger)


def topics_of_samctl(config):
    """Name and partitions, as the table of topics has them; its other values are held there."""
    with open(os.path.join(SOURCE, "common", "model", "TOPICS.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| `([\w.]*sam\.\w+)` \| (`kafka.partitions`|1) \|", file.read(), re.M)
    assert "sam.events" in dict(rows), rows
    prefixed = config["kafka.topic_prefix"]
    return {re.sub(r"(?=sam\.)", prefixed, name): 1 if count == "1" else
            int(config["kafka.partitions"]) for name, count in rows}  # fmt: skip


def groups_of_sam(config):
    return [config["kafka.topic_prefix"] + name
            for name in ("sam-workers", "sam-ledger", "sam-operator")]  # fmt: skip


def topics(objects):
    made = of_kind(objects, "KafkaTopic")
    jobs = {each["metadata"]["name"] for each in of_kind(objects, "Job")}
    if made and "sam-topics" in jobs:
        yield "topics are made by two"
    if not made:
        return
    config = config_of(objects, workloads(objects)[0])
    found = {each["metadata"]["name"]: each["spec"]["partitions"] for each in made}
    if found != topics_of_samctl(config):
        yield f"KafkaTopics {found}, samctl would make {topics_of_samctl(config)}"
    for each in made:
        if each["spec"]["replicas"] != int(config["kafka.replication_factor"]):
            yield f"{name_of(each)}: replicas"
    for each in of_kind(objects, "KafkaUser"):
        for acl in each["spec"]["authorization"]["acls"]:
            topic = acl["resource"]["type"] == "topic"
            known = topics_of_samctl(config) if topic else groups_of_sam(config)
            if acl["resource"]["name"] not in known or acl["resource"]["patternType"] != "literal":
                yield f"{name_of(each)}: {acl['resource']}"
            if set(acl["operations"]) - {"Read", "Write", "Describe", "DescribeConfigs"}:
                yield f"{name_of(each)}: may {acl['operations']}"


def certificates(objects):
    for each in workloads(objects):
        properties = environment(objects, each)[0].get("SAM_KAFKA_PROPERTIES", "")
        files = re.findall(r"\.location=([^,]+)", properties)
        if each["metadata"]["name"] in (*PORTS, "sam-ask") and not set(files) <= set(
                secret_files(each)):  # fmt: skip
            yield f"{name_of(each)}: {files} of SAM_KAFKA_PROPERTIES are not all mounted"


def jobs(objects):
    for each in of_kind(objects, "Job"):
        if "activeDeadlineSeconds" in each["spec"]:
            yield f"{name_of(each)}: is given up while its Pod waits for a Secret"


def asking(objects):
    (ask,) = (each for each in workloads(objects) if each["metadata"]["name"] == "sam-ask")
    for each in of_kind(objects, "Deployment", "Service", "PodDisruptionBudget", "PodMonitor"):
        selector = each["spec"]["selector"]
        selector = {"matchLabels": selector} if each["kind"] == "Service" else selector
        if selects(selector, pod_labels(ask)):
            yield f"{name_of(each)}: counts sam-ask"
    if set(container_of(ask)) & {"ports", "startupProbe", "livenessProbe", "readinessProbe"}:
        yield "sam-ask: serves nothing, and nobody asks it"


RULES = (restricted, resources, probes, grace, secrets, selectors, references, network, scaling,
         topics, certificates, jobs, asking)  # fmt: skip


def complaints(objects, some_versions=None):
    pod, _ = kubernetes.asking(objects, "doctor")
    found = kubernetes.schema_complaints([*objects, pod], some_versions)
    whole = [*objects, kubernetes.as_workload(pod)]
    return found or [f"{rule.__name__}: {wrong}" for rule in RULES for wrong in rule(whole)]


class Kubernetes(unittest.TestCase):
    maxDiff = None

    def test_each_rendering_is_right(self):
        kinds = set()
        for name, objects in kubernetes.renderings().items():
            with self.subTest(name):
                self.assertEqual(complaints(objects), [])
            kinds |= {(each["apiVersion"], each["kind"]) for each in objects}
        print(f"{len(kubernetes.names())} renderings, {len(kinds)} kinds, Kubernetes "
              f"{' '.join(kubernetes.versions())}")  # fmt: skip
        for key in sorted(kinds & set(kubernetes.WITHOUT_SCHEMA)):
            print(f"not checked against its definition: {key[1]}: {kubernetes.WITHOUT_SCHEMA[key]}")

    def test_the_document_names_the_versions_that_are_checked(self):
        with open(os.path.join(kubernetes.HERE, "kubernetes_tools"), encoding="utf-8") as file:
            checked = dict(re.findall(r"^(keda|prometheus_operator|strimzi)=(?:.*@v)?([\d.]+)$",
                                      file.read(), re.M))  # fmt: skip
        with open(os.path.join(kubernetes.FOLDER, "README.md"), encoding="utf-8") as file:
            rows = dict(re.findall(r"^\| (\w[\w ]+) \| (\d.*checked against.*) \|$",
                                   file.read(), re.M))  # fmt: skip
        names = {"keda": "KEDA", "prometheus_operator": "Prometheus operator",
                 "strimzi": "Strimzi"}  # fmt: skip
        self.assertEqual(set(rows), {*names.values(), "CloudNativePG"})
        for name, version in checked.items():
            self.assertIn(version, re.findall(r"\d+(?:\.\d+)+", rows[names[name]]), name)
        self.assertEqual(set(checked), set(names))

    def test_an_overlay_names_a_version(self):
        for name, objects in kubernetes.renderings().items():
            if name.startswith("example-"):
                for each in workloads(objects):
                    self.assertNotIn(":latest", container_of(each)["image"], name)

    def test_every_component_is_in_a_rendering(self):
        there = set(os.listdir(os.path.join(kubernetes.FOLDER, "components")))
        self.assertEqual(there, set(itertools.chain(*kubernetes.combinations())))

    def test_a_misspelt_key_of_the_config_is_refused(self):
        objects = copy.deepcopy(kubernetes.rendering("base"))
        for each in of_kind(objects, "ConfigMap"):
            if "sam.cfg" in each["data"]:
                each["data"]["sam.cfg"] = each["data"]["sam.cfg"].replace("format", "fromat")
        with self.assertRaisesRegex(AssertionError, "fromat"):
            complaints(objects)


class ChecksCanFail(unittest.TestCase):
    def test_what_is_broken_is_complained_of(self):
        whole = kubernetes.rendering("example-production")
        newest = kubernetes.versions()[-1:]
        for name, breaks in BREAKS.items():
            for path, value, word in breaks:
                objects = copy.deepcopy(whole)
                change(next(each for each in objects if name_of(each) == name), path, value)
                with self.subTest(f"{name}: {path}"):
                    self.assertIn(word, "\n".join(complaints(objects, newest)))

    def test_a_prefix_that_is_in_the_config_alone(self):
        objects = copy.deepcopy(kubernetes.rendering("example-production"))
        (site,) = (each for each in of_kind(objects, "ConfigMap")
                   if each["metadata"]["name"].startswith("sam-site"))  # fmt: skip
        site["data"]["SAM_KAFKA_TOPIC_PREFIX"] = "other."
        found = "\n".join(complaints(objects, kubernetes.versions()[-1:]))
        for word in ("ScaledObject: counts what waits for another", "dlq.other.sam.jobs",
                     "KafkaUser sam-worker: {'name': 'sam.jobs'", "'sam-ledger'",
                     "KafkaUser sam-keda: {'name': 'sam-workers'"):  # fmt: skip
            self.assertIn(word, found)


if __name__ == "__main__":
    unittest.main()
