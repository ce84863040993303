"""deploy/kubernetes rendered as a user renders it, and what an object of Kubernetes may hold.

kustomize and the schemas come from tests/lib/kubernetes_tools; nothing here asks a cluster.
"""

import functools
import glob
import itertools
import json
import os
import subprocess
import tempfile

import jsonschema
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("SAM_SOURCE", os.path.dirname(os.path.dirname(HERE)))
FOLDER = os.path.join(SOURCE, "deploy", "kubernetes")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KAFKAS = ([], ["topics"], ["topics", "kafka-sasl"], ["strimzi"])
SCALERS = ([], ["hpa"], ["keda"], ["keda", "keda-due-items"])
# Kinds whose definition no package registry has: each with its reason, said by the test.
WITHOUT_SCHEMA = {
    ("postgresql.cnpg.io/v1", "Cluster"): "the Go proxy does not hand out CloudNativePG's module",
}


@functools.cache
def tools():
    """The folder of kubernetes_tools; RuntimeError with the reason if it cannot be had."""
    done = subprocess.run([os.path.join(HERE, "kubernetes_tools")], capture_output=True, text=True,
                          check=False)  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout.strip()


def render(folder):
    """The objects of a folder with a kustomization.yaml."""
    done = subprocess.run([os.path.join(tools(), "kustomize"), "build", folder],
                          capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise AssertionError(f"kustomize build {folder}: {done.stderr}")
    return [each for each in yaml.load_all(done.stdout, LOADER) if each]


def render_with(components):
    """The objects of base with these components."""
    with tempfile.TemporaryDirectory() as folder:
        folder = os.path.realpath(folder)
        base = os.path.relpath(os.path.realpath(FOLDER), folder)
        with open(os.path.join(folder, "kustomization.yaml"), "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
                       "namespace": "sam", "resources": [f"{base}/base"],
                       "components": [f"{base}/components/{name}" for name in components]},
                      file)  # fmt: skip
        return render(folder)


def combinations():
    for kafka, scaler, *others in itertools.product(
        KAFKAS, SCALERS, ([], ["cloudnative-pg"]), ([], ["monitoring"])
    ):
        both = [f"keda-{name}" for each, name in (("strimzi", "strimzi"), ("kafka-sasl", "sasl"))
                if each in kafka and "keda" in scaler]  # fmt: skip
        yield tuple([*kafka, *scaler, *both, *itertools.chain(*others)])


def names():
    """Of the overlays, and of what can be made of base: "base topics hpa"."""
    overlays = sorted(glob.glob(os.path.join(FOLDER, "overlays", "*")))
    return [*map(os.path.basename, overlays), *(" ".join(["base", *c]) for c in combinations())]


@functools.cache
def rendering(name):
    first, *components = name.split()
    if first == "base":
        return render_with(components)
    return render(os.path.join(FOLDER, "overlays", name))


def renderings():
    """Name and objects."""
    return {name: rendering(name) for name in names()}


# ---- looking at objects ------------------------------------------------------------------------


def of_kind(objects, *kinds):
    return [each for each in objects if each["kind"] in kinds]


def name_of(each):
    return f"{each['kind']} {each['metadata']['name']}"


def workloads(objects):
    return of_kind(objects, "Deployment", "Job")


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def pod_labels(workload):
    return workload["spec"]["template"]["metadata"]["labels"]


def container_of(workload):
    (container,) = pod_of(workload)["containers"]
    return container


def selects(selector, labels):
    """A label selector, as Kubernetes reads it; {} selects all."""
    wanted = selector.get("matchLabels", {})
    for rule in selector.get("matchExpressions", ()):
        assert rule["operator"] == "In", rule
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return all(labels.get(key) == value for key, value in wanted.items())


def policies_of(objects, workload, direction):
    """The rules of all policies that apply to the pods of a workload; None = none applies."""
    policies = [each["spec"] for each in of_kind(objects, "NetworkPolicy")
                if selects(each["spec"]["podSelector"], pod_labels(workload)) and
                direction in each["spec"]["policyTypes"]]  # fmt: skip
    return [rule for each in policies for rule in each.get(direction.lower(), ())], bool(policies)


def ports(rule):
    return {(port.get("protocol", "TCP"), port["port"]) for port in rule["ports"]}


def asking(objects, words):
    """The Pod that asks samctl (ask.jq), and the ConfigMaps that come with it."""
    done = subprocess.run(["jq", "-c", "--arg", "words", words, "-f",
                           os.path.join(FOLDER, "ask.jq")],
                          input="".join(map(json.dumps, objects)), capture_output=True, text=True,
                          check=False)  # fmt: skip
    if done.returncode:
        raise AssertionError(f"jq -f ask.jq: {done.stderr}")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return of_kind(found, "Pod")[0], of_kind(found, "ConfigMap")


def as_workload(pod):
    """A Pod in the form of what makes Pods, for the rules about those."""
    labels = pod["metadata"]["labels"]
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": pod["metadata"],
            "spec": {"template": {"metadata": {"labels": labels}, "spec": pod["spec"]}}}


# ---- schemas -----------------------------------------------------------------------------------


def versions():
    return sorted(os.listdir(os.path.join(tools(), "schemas")))


@functools.cache
def _definitions(version):
    path = os.path.join(tools(), "schemas", version, "_definitions.json")
    with open(path, encoding="utf-8") as file:
        return json.loads(file.read().replace("/api/_definitions.json#/", "#/"))["$defs"]


def _own_schema(version, api_version, kind):
    group, _, number = api_version.rpartition("/")
    file_name = "-".join(filter(None, [kind.lower(), group.split(".")[0], number])) + ".json"
    path = os.path.join(tools(), "schemas", version, file_name)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        schema = json.loads(file.read().replace("/api/_definitions.json#/", "#/"))
    return {**schema, "$defs": _definitions(version)}


def _closed(schema):
    """The same, but what is not named is refused, as `kubectl apply --validate=strict` does."""
    schema = dict(schema)
    if "properties" in schema:
        schema["properties"] = {name: _closed(s) for name, s in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = _closed(schema[key])
    is_open = (schema.get("x-kubernetes-preserve-unknown-fields") or
               "additionalProperties" in schema)  # fmt: skip
    if schema.get("type") == "object" and not is_open:
        schema["additionalProperties"] = False
    return schema


@functools.cache
def _custom_schemas():
    """By apiVersion and kind, from the definitions."""
    found = {}
    for path in glob.glob(os.path.join(tools(), "crds", "*.yaml")):
        with open(path, encoding="utf-8") as file:
            spec = yaml.load(file, LOADER)["spec"]
        for version in spec["versions"]:
            schema = _closed(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {
                "$ref": "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}  # fmt: skip
            schema["$defs"] = _definitions(versions()[-1])
            key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            found[key] = jsonschema.Draft7Validator(schema)
    return found


@functools.cache
def _validator(version, api_version, kind):
    schema = _own_schema(version, api_version, kind)
    return jsonschema.Draft7Validator(schema) if schema else None


@functools.cache
def _complaints(text, version):
    each = json.loads(text)
    key = (each.get("apiVersion", ""), each.get("kind", ""))
    if key in WITHOUT_SCHEMA:
        return []
    validator = _custom_schemas().get(key) or _validator(version, *key)
    if validator is None:
        return [f"{key}: no schema"]
    return [f"{key[1]} {each['metadata']['name']} ({version}): "
            f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
            for error in validator.iter_errors(each)]  # fmt: skip


def schema_complaints(objects, some_versions=None):
    """What the schemas of each version of Kubernetes do not accept; [] = nothing."""
    return [complaint for version in some_versions or versions() for each in objects
            for complaint in _complaints(json.dumps(each, sort_keys=True), version)]  # fmt: skip
