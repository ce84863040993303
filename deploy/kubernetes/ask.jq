# Pod sam-ask: samctl as the worker would run, with the image, environment and mounts of an overlay,
# and the ConfigMaps that it mounts (README.md). In: what `kubectl create -k OVERLAY -o json`
# prints; $words: what samctl is asked, a blank between each.
#
# It has a name of its own. Under the worker's, its Deployment would leave it alone, but the
# disruption budget would count it as a healthy worker, and let two be evicted (seen on an API
# server), the autoscaler would take it for one more, and "Stop all" would wait for it. The policy
# sam-unipile names it beside the worker.
select(.kind == "ConfigMap"),
(select(.kind == "Deployment" and .metadata.name == "sam-worker") |
 {apiVersion: "v1", kind: "Pod",
  metadata: {name: "sam-ask", namespace: .metadata.namespace,
             labels: (.spec.template.metadata.labels | .["app.kubernetes.io/name"] = "sam-ask")},
  spec: (.spec.template.spec | .restartPolicy = "Never" | del(.topologySpreadConstraints) |
         .containers[0] |= (.name = "ask" |
             .command = ["samctl", "-c", "/etc/sam/sam.cfg"] + ($words | split(" ")) |
             del(.ports, .startupProbe, .livenessProbe, .readinessProbe)))})
