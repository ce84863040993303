"""What test_kubernetes breaks, so that each of its rules is seen to complain."""

import re

# What is done to the objects of example-production, and a word of the complaint that must come.
BREAKS = {
    "Deployment sam-worker": [
        ("spec.template.spec.terminationGracePeriodSeconds", 100, "grace"),
        ("spec.template.spec.terminationGracePeriodSecond", 130, "terminationGracePeriodSecond"),
        ("spec.template.spec.enableServiceLinks", True, "enableServiceLinks"),
        ("spec.template.spec.securityContext.runAsUser", 0, "securityContext"),
        ("spec.template.spec.containers.0.securityContext.privileged", True, "securityContext"),
        ("spec.template.spec.containers.0.livenessProbe.httpGet.path", "/readyz", "probes"),
        ("spec.template.spec.containers.0.resources.limits.cpu", "1", "memory"),
        ("spec.template.spec.containers.0.env.0.value", "10m", "grace"),
        ("spec.template.metadata.labels.app.kubernetes.io/name", "worker", "own pods"),
        ("spec.replicas", 3, "scales"),
        ("spec.template.spec.containers.0.volumeMounts.0.mountPath", "/run/k",
         "Job sam-ask: ['/run/secrets/kafka/ca.crt'"),
    ],
    "ScaledObject sam-worker": [
        ("spec.triggers.0.metadata.lagThreshold", 1000, "not of type 'string'"),
        ("spec.triggers.0.metadata.lagThreshold", "500", "two claims"),
        ("spec.triggers.1.metadata.threshold", 500, "not of type 'string'"),
        ("spec.triggers.1.metadata.threshold", "5", "one claim"),
        ("spec.triggers.1.metadata.serverAddress", "prometheus:9090", "no address"),
        ("spec.maxReplicaCounts", 3, "maxReplicaCounts"),
        ("spec.maxReplicaCount", 49, "never ready"),
        ("spec.triggers.0.authenticationRef.name", "keda", "no unknown"),
    ],
    "KafkaTopic sam.events": [
        ("spec.partition", 48, "partition"),
        ("spec.partitions", 24, "samctl would make"),
    ],
    "KafkaUser sam-keda": [
        ("spec.authorization.acls.0.operations.0", "read", "not one of"),
        ("spec.authorization.acls.0.operations.0", "All", "may"),
        ("spec.authorization.acls.0.resource.name", "sam.job", "sam.job"),
    ],
    "PodMonitor sam": [("spec.podMetricsEndpoints.0.bearer", "x", "bearer")],
    "PodDisruptionBudget sam-worker": [
        ("spec.selector.matchLabels.app.kubernetes.io/name", "worker", "selects no pod"),
        ("spec.selector.matchLabels.app.kubernetes.io/name", "sam-ask", "counts sam-ask"),
    ],
    "Job sam-migrate": [("spec.activeDeadlineSeconds", 1800, "is given up")],
    "NetworkPolicy sam-kafka": [("spec.egress.0.ports.0.port", 9092, "does not reach")],
    "NetworkPolicy sam-unipile": [
        ("spec.egress.0.ports.1.port", 13112, "does not reach"),
        ("spec.egress.0.to.0.ipBlock.except", ["10.0.0.0/8"], "private"),
        ("spec.podSelector.matchExpressions", [], "no business"),
        ("spec.podSelector.matchExpressions.0.values", ["sam-worker"],
         "Job sam-ask: does not reach https"),
    ],
    "Namespace sam": [("metadata.labels.pod-security.kubernetes.io/enforce", "x", "restricted")],
    "Service sam-producer": [("spec.ports.0.port", 9465, "ports")],
}


def change(each, path, value):
    """Sets what stands at a path; names of labels have dots of their own."""
    path = re.sub(r"(app|pod-security)\.kubernetes\.io", r"\1/kubernetes/io", path)
    *parents, last = [word if word.isdigit() else word.replace("/kubernetes/io", ".kubernetes.io")
                      for word in path.split(".")]  # fmt: skip
    for word in parents:
        each = each[int(word)] if word.isdigit() else each[word]
    each[int(last) if last.isdigit() else last] = value
