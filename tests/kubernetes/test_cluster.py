"""deploy/kubernetes on a real API server with its controllers: what is accepted, what is made."""

import json
import os
import re
import unittest

import document
import kubernetes_objects
import node
import runbooks
import sam_test
import yaml
from cluster import Refused
from cluster_test import ClusterTest, set_up

BUDGETS = "apis/policy/v1"
PROGRAMS = ("sam-producer", "sam-worker")


def setUpModule():
    set_up()


class Accepted(ClusterTest):
    def path_of(self, each, known):
        group = ("api/" if "/" not in each["apiVersion"] else "apis/") + each["apiVersion"]
        if group not in known:
            known[group] = {found["kind"]: found for found in self.api.get("/" + group)["resources"]
                            if "/" not in found["name"]}  # fmt: skip
        resource = known[group][each["kind"]]
        space = f"/namespaces/{self.namespace}" if resource["namespaced"] else ""
        return f"/{group}{space}/{resource['name']}/{each['metadata']['name']}"

    def test_every_rendering_without_a_warning(self):
        """Both overlays, and base with components: with most of them, or in full length in each
        combination; an equal object is asked once."""
        names = [name for name in kubernetes_objects.names() if sam_test.FULL or
                 name == "base" or name.startswith("example-") or
                 {"cloudnative-pg", "monitoring"} <= set(name.split())]  # fmt: skip
        self.namespace = "sam"
        self.run_cleanly("kubectl apply -f base/namespace.yaml")
        asked, wrong, known = set(), [], {}
        for name in names:
            for each in kubernetes_objects.rendering(name):
                text = json.dumps(each, sort_keys=True)
                if text in asked:
                    continue
                asked.add(text)
                what = f"{name}: {each['kind']} {each['metadata']['name']}"
                try:
                    warnings = self.api.apply(self.path_of(each, known), each, "&dryRun=All")
                    wrong += [f"{what}: {warning}" for warning in warnings]
                except Refused as why:
                    wrong.append(f"{what}: {why}")
        self.assertEqual(wrong, [])
        version = self.api.get("/version")["gitVersion"]
        self.assertIn("({1}.{2})".format(*re.split(r"[v.]", version)),
                      document.section("What is proved, and what not"))  # fmt: skip
        print(f"\nfigure: {len(asked)} different objects of {len(names)} renderings accepted by "
              f"Kubernetes {version}")  # fmt: skip

    def test_the_pod_of_the_runbooks(self):
        """The namespace, which is restricted, lets it in; and not if it might run as root."""
        self.namespace = "sam"
        self.run_cleanly("kubectl apply -f base/namespace.yaml")
        config, pod = yaml.safe_load_all(runbooks.page("kafka-tools.yaml"))
        for each in (config, pod):
            self.assertEqual(self.api.apply(self.path_of(each, {}), each, "&dryRun=All"), [])
        del pod["spec"]["securityContext"]
        with self.assertRaisesRegex(Refused, 'violates PodSecurity "restricted'):
            self.api.apply(self.path_of(pod, {}), pod, "&dryRun=All")

    def test_an_unknown_field_and_a_broken_rule_are_refused(self):
        """So the test above can fail, for SAM's objects and for those of operators."""
        objects = {(each["kind"], each["metadata"]["name"]): each for each in
                   kubernetes_objects.rendering("example-production")}  # fmt: skip
        self.run_cleanly("kubectl apply -f base/namespace.yaml")
        for key, field, value in ((("Deployment", "sam-worker"), "replica", 2),
                                  (("ScaledObject", "sam-worker"), "maxReplica", 2),
                                  (("KafkaTopic", "sam.jobs"), "partitions", 0),
                                  (("PodDisruptionBudget", "sam-worker"), "minAvailable", 1)):
            each = json.loads(json.dumps(objects[key]))
            each["spec"][field] = value
            with self.subTest(key), self.assertRaises(Refused):
                self.namespace = "sam"
                self.api.apply(self.path_of(each, {}), each, "&dryRun=All")


class PodSecurity(ClusterTest):
    def test_the_namespace_is_restricted(self):
        self.apply("base")
        labels = self.api.get(f"/api/v1/namespaces/{self.namespace}")["metadata"]["labels"]
        for word in "enforce", "warn", "audit":
            self.assertEqual(labels["pod-security.kubernetes.io/" + word], "restricted")

    def test_what_runs_as_root_is_warned_of_and_gets_no_pod(self):
        self.apply("base")
        self.wait_for_rollout("sam-worker", 2)
        change = [{"op": "replace", "path": "/spec/template/spec/securityContext",
                   "value": {"runAsUser": 0}}]  # fmt: skip
        said = self.cluster.shell(
            f"kubectl -n {self.namespace} patch deployment sam-worker --type json "
            f"-p '{json.dumps(change)}'", self.tree)  # fmt: skip
        self.assertIn('Warning: would violate PodSecurity "restricted', said)

        def forbidden():
            events = self.objects("events", "api/v1")
            return [each for each in events if each["reason"] == "FailedCreate" and
                    each["involvedObject"]["kind"] == "ReplicaSet" and
                    "violates PodSecurity" in each["message"]]  # fmt: skip

        self.assertIn("forbidden", self.wait_for("the event", forbidden)[0]["message"])
        for pod in self.staying("sam-worker"):
            self.assertEqual(pod["spec"]["securityContext"]["runAsUser"], 10001)


class Overlays(ClusterTest):
    def begin(self, overlay):
        """The Pods are ready only after the Job: as the programs wait for the schema."""
        self.node.ready = lambda pod: node.ends(pod) or self.migrated()
        self.apply(overlay)
        self.wait_for("the Job", self.migrated, 60)
        self.wait_for_rollout("sam-producer")

    def migrated(self):
        return node.condition(self.object("jobs", "sam-migrate", "apis/batch/v1"), "Complete")

    def counts(self):
        return {name: len(self.staying(name)) for name in PROGRAMS}

    def test_the_small_one(self):
        self.begin("overlays/example-small")
        self.wait_for_rollout("sam-worker", 2)  # by its HorizontalPodAutoscaler: it has no replicas
        self.assertEqual(self.counts(), {"sam-producer": 1, "sam-worker": 2})
        self.wait_for("the topics", lambda: node.condition(
            self.object("jobs", "sam-topics", "apis/batch/v1"), "Complete"))  # fmt: skip
        for name in (*PROGRAMS, "sam-migrate", "sam-topics"):
            for pod in self.pods(name):
                with self.subTest(name):
                    self.check_pod(pod)

    def test_a_job_whose_postgres_comes_late_is_tried_again(self):
        tried = []
        self.node.succeeds = lambda pod: tried.append(pod["metadata"]["uid"]) or len(
            set(tried)) > 1  # fmt: skip
        self.begin("base")
        self.assertEqual(len(self.pods("sam-migrate")), 2)

    def check_pod(self, pod):
        """What admission has made of the template: nothing that SAM did not say."""
        spec = pod["spec"]
        self.assertEqual([each["name"] for each in spec["volumes"]], ["config", "secrets", "tmp"])
        self.assertIs(spec["enableServiceLinks"], False)
        # The Secret `sam` was never made: that is nothing to the API server, but no container
        # begins without it.
        for source in spec["volumes"][1]["projected"]["sources"]:
            self.assertNotIn("optional", source["secret"])

    def test_the_one_for_production(self):
        self.begin("overlays/example-production")
        self.wait_for_rollout("sam-producer", 3)
        self.kubectl("scale", "deployment", "sam-worker", "--replicas=3")  # KEDA's part
        self.wait_for_rollout("sam-worker", 3)
        self.assertEqual(self.counts(), {"sam-producer": 3, "sam-worker": 3})
        self.apply("overlays/example-production")
        self.assertEqual(self.object("deployments", "sam-worker")["spec"]["replicas"], 3)
        paused = []
        for command in document.inline("Update"):
            self.run_cleanly(command.replace("-n sam ", f"-n {self.namespace} "))
            scaler = self.object("scaledobjects", "sam-worker", "apis/keda.sh/v1alpha1")
            paused.append(scaler["metadata"]["annotations"].get("autoscaling.keda.sh/paused"))
        self.assertEqual(paused, ["true", None])


class Rollouts(ClusterTest):
    def setUp(self):
        super().setUp()
        self.apply("base")
        for name in PROGRAMS:
            self.wait_for_rollout(name, 2)

    def scale_workers(self, replicas):
        self.kubectl("scale", "deployment", "sam-worker", f"--replicas={replicas}")
        self.wait_for_rollout("sam-worker", replicas)

    def roll_out(self, name, image):
        """How many Pods there were at each change; those that were told to leave not counted."""
        changes = self.since_now(name)
        self.kubectl("set", "image", f"deployment/{name}", f"{name[4:]}={image}")
        self.wait_for_rollout(name)
        self.assertEqual({node.image_of(each) for each in self.pods(name)}, {image})
        return changes()

    def assert_between(self, changes, fewest_ready, most):
        self.assertEqual((min(each.ready for each in changes), max(each.alive for each in changes)),
                         (fewest_ready, most))  # fmt: skip

    def test_workers_one_by_one_and_never_more(self):
        """maxSurge 0, maxUnavailable 25%: one of two, one of four; who drains is not counted."""
        self.assert_between(self.roll_out("sam-worker", "sam:two"), 1, 2)
        self.scale_workers(4)
        self.drain_takes(1)
        changes = self.roll_out("sam-worker", "sam:four")
        self.assert_between(changes, 3, 4)
        self.assertGreater(max(each.alive + each.leaving for each in changes), 4)

    def test_producers_with_one_more(self):
        self.assert_between(self.roll_out("sam-producer", "sam:next"), 2, 3)

    def test_a_release_that_never_gets_ready_stops_at_one_pod(self):
        self.scale_workers(4)
        self.node.ready = lambda pod: node.image_of(pod) != "sam:bad"
        changes = self.since_now("sam-worker")
        self.kubectl("set", "image", "deployment/sam-worker", "worker=sam:bad")

        def stuck():
            status = self.object("deployments", "sam-worker")["status"]
            images = [node.image_of(each) for each in self.staying("sam-worker")]
            return (status.get("updatedReplicas"), status.get("readyReplicas")) == (
                1, 3) and images.count("sam:bad") == 1  # fmt: skip

        self.wait_for("a rollout that waits", stuck)
        self.kubectl("rollout", "undo", "deployment/sam-worker")
        self.wait_for_rollout("sam-worker", 4)
        self.assert_between(changes(), 3, 4)
        self.assertNotIn("sam:bad", map(node.image_of, self.pods("sam-worker")))

    def test_two_four_two(self):
        changes = self.since_now("sam-worker")
        self.scale_workers(4)
        self.node.drained = lambda pod: False
        self.kubectl("scale", "deployment", "sam-worker", "--replicas=2")

        def leaving():
            found = [each for each in self.pods("sam-worker") if node.is_leaving(each)]
            return found if len(found) == 2 else None

        for pod in self.wait_for("two that drain", leaving):
            self.assertEqual(pod["metadata"]["deletionGracePeriodSeconds"], 130)
        self.reset_node()
        self.wait_for_rollout("sam-worker", 2)
        self.assert_between(changes(), 2, 4)

    def test_a_node_that_is_drained_takes_one_worker_at_a_time(self):
        self.scale_workers(4)
        self.wait_for_budget("sam-worker", allowed=1, healthy=4)
        replaced = []
        self.node.ready = lambda pod: node.condition(pod, "Ready") or replaced
        first, second, third, _ = self.pods("sam-worker")
        self.evict(first)
        self.wait_for_budget("sam-worker", allowed=0, healthy=3)
        with self.assertRaises(Refused) as refused:
            self.evict(second)
        self.assertEqual(refused.exception.code, 429)
        # One that is not ready hinders nobody, even now: unhealthyPodEvictionPolicy.
        self.node.say(third, False)
        self.wait_for_budget("sam-worker", allowed=0, healthy=2)
        self.evict(third)
        replaced.append(True)
        self.wait_for_budget("sam-worker", allowed=1, healthy=4)
        self.evict(second)

    def test_the_only_producer_may_be_evicted(self):
        self.kubectl("scale", "deployment", "sam-producer", "--replicas=1")
        self.wait_for_rollout("sam-producer", 1)
        self.wait_for_budget("sam-producer", allowed=1, healthy=1)
        self.evict(self.pods("sam-producer")[0])
        self.wait_for_rollout("sam-producer", 1)

    def evict(self, pod):
        name = pod["metadata"]["name"]
        self.api.post(node.path_of(pod) + "/eviction", {
            "apiVersion": "policy/v1", "kind": "Eviction",
            "metadata": {"name": name, "namespace": self.namespace}})  # fmt: skip

    def wait_for_budget(self, name, allowed, healthy):
        def counted():
            status = self.object("poddisruptionbudgets", name, BUDGETS)["status"]
            return (status["disruptionsAllowed"], status["currentHealthy"]) == (allowed, healthy)

        self.wait_for(f"{allowed} disruptions allowed, {healthy} healthy", counted)


class Document(ClusterTest):
    """README.md's own commands. Its namespace is `sam`, as nobody else's here."""

    def setUp(self):
        super().setUp()
        self.namespace = "sam"
        for name in "unipile-api-key", "postgres-conninfo", "SAM_KAFKA_PROPERTIES":
            with open(os.path.join(self.tree, name), "w", encoding="utf-8") as file:
                file.write("a-secret-of-more-than-32-characters-in-length")

    def edit(self, old, new, where="overlays/example-small/kustomization.yaml"):
        """As an engineer changes the overlay of his own."""
        path = os.path.join(self.tree, where)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def set_image(self, old, new):
        self.edit(f'newTag: "{old}"', f'newTag: "{new}"')
        return f"sam:{old}", f"sam:{new}"

    def config_maps(self):
        return {each["metadata"]["name"] for each in self.objects("configmaps", "api/v1")}

    def ask(self, commands, words):
        """The image would say what its migrations mean: its Pod is let in, finds what it mounts,
        and is waited for although it ends with 1, as where files wait."""
        self.node.succeeds = lambda pod: pod["metadata"]["name"] != "sam-ask"
        asks, delete = commands.strip().rsplit("\n", 1)
        self.assertIn("pod/sam-ask condition met", self.run_cleanly(asks))
        pod = self.object("pods", "sam-ask", "api/v1")
        spec = pod["spec"]
        (container,) = spec["containers"]
        self.assertIn("sam:1.0.1", container["image"])
        self.assertEqual(container["command"][-len(words):], words)
        mounted = {each["configMap"]["name"] for each in spec["volumes"] if "configMap" in each}
        mounted |= {each["configMapRef"]["name"] for each in container["envFrom"]}
        self.assertEqual(len(mounted), 2, mounted)
        self.assertLessEqual(mounted, self.config_maps())
        # The Deployment has not taken it: it replaces nobody, and nobody is deleted for it.
        self.assertNotIn("ownerReferences", pod["metadata"])
        self.assertEqual(len(self.staying("sam-worker")), 2)
        self.assertIn('pod "sam-ask" deleted', self.run_cleanly(delete))
        return mounted

    def roll(self, commands, new):
        """To an image that no Pod has yet, one after the other."""
        self.run_cleanly(commands)
        self.wait_for_rollout("sam-producer", 1)
        self.wait_for_rollout("sam-worker", 2)
        self.check_job(new)

    def check_job(self, image):
        job = self.object("jobs", "sam-migrate", "apis/batch/v1")
        self.assertIn(image, job["spec"]["template"]["spec"]["containers"][0]["image"])

    def stop_all(self, commands, seconds_of_drain):
        """Judged by each change of a Pod: none of before is there with one of after."""
        old, new = self.set_image("1.0.1", "1.0.2")
        self.drain_takes(seconds_of_drain)
        changes = [self.since_now(name) for name in PROGRAMS]
        self.run_cleanly(commands)
        self.wait_for_rollout("sam-producer", 1)
        self.wait_for_rollout("sam-worker", 2)
        for each in changes:
            stopped = [bool(moment.alive + moment.leaving) for moment in each()].index(False)
            before = each()[:stopped]
            self.assertTrue(all(old in image for moment in before for image in moment.images))
            self.assertTrue(any(new in image for image in each()[-1].images))
        self.check_job(new)

    def test_begin_and_update(self):
        (begin,) = document.blocks("Begin")
        self.run_cleanly(begin)
        self.wait_for_rollout("sam-producer", 1)
        self.wait_for_rollout("sam-worker", 2)
        with self.subTest("a restart"):
            generations = self.generations()
            for command in document.inline("Begin"):
                self.run_cleanly(command)
                # A Pod that goes while it is described is an error to kubectl.
                self.wait_for_rollout("sam-producer", 1)
                self.wait_for_rollout("sam-worker", 2)
            self.assertEqual(self.generations(), [each + 1 for each in generations])
        with self.subTest("a Job is in the way of another image"):
            self.edit('newTag: "1.0.0"', 'newTag: "1.0.1"')
            with self.assertRaisesRegex(AssertionError, "field is immutable"):
                self.run_cleanly("kubectl apply --dry-run=server -k overlays/example-small")
            self.edit('newTag: "1.0.1"', 'newTag: "1.0.0"')
        ask, roll, stop_all = document.blocks("Update")
        _, new = self.set_image("1.0.0", "1.0.1")
        self.edit("kafka: {", "# changed\nkafka: {", "base/sam.cfg")
        with self.subTest("the policies alone"):
            self.policies_alone()
        before = self.config_maps()
        mounted = self.ask(ask, ["migrate", "--status"])
        self.assertEqual(len(mounted - before), 1, "the changed sam.cfg has a name of its own")
        self.assertIn("`--arg words doctor`", document.section("Update"))
        self.ask(ask.replace("'migrate --status'", "doctor"), ["doctor"])
        self.roll(roll, new)
        self.stop_all(stop_all, seconds_of_drain=1)

    def policies_alone(self):
        """As kafka-moved.md has them applied, of an overlay that is not: nothing else changes."""
        page = runbooks.page("kafka-moved.md")
        (command,) = re.findall(r"^kubectl create -k .*?apply -f -$", page, re.M | re.S)
        policies = "base/network-policies.yaml"
        before = (self.generations(), self.config_maps())
        self.edit("port: 9093", "port: 9096", policies)
        self.run_cleanly(f"OVERLAY=overlays/example-small\n{command}")
        group = "apis/networking.k8s.io/v1"
        (rule,) = self.object("networkpolicies", "sam-kafka", group)["spec"]["egress"]
        self.assertEqual([each["port"] for each in rule["ports"]], [9092, 9096])
        self.assertEqual((self.generations(), self.config_maps()), before)

    def generations(self):
        return [self.object("deployments", name)["metadata"]["generation"] for name in PROGRAMS]


if __name__ == "__main__":
    unittest.main()
