"""A node in words only: what a scheduler and a kubelet would tell the API server of each Pod.

It runs nothing. A new Pod is bound to the node and said to run, and to be ready if `ready(pod)` is
true; a Pod that is never started anew has ended then, well if `succeeds(pod)`; a Pod that is being
deleted is gone once `drained(pod)` is true. All may be set by a test. What the Deployments did
meanwhile is in `history`: each change of a Pod, in the API server's order, and not what a look now
and then happens to find.
"""

import collections
import datetime
import json
import threading
import time

from cluster import Refused

NAME = "node-1"
APP = "app.kubernetes.io/name"
READY_SINCE_SECONDS = 60  # longer than each minReadySeconds, so that nobody waits for those
LOOK_SECONDS = 0.05
OTHERS_WERE_FIRST = (404, 409)  # the watch brings the Pod as it is now

Moment = collections.namedtuple("Moment", "alive ready leaving images")


def condition(each_object, kind):
    return any(each["type"] == kind and each["status"] == "True"
               for each in each_object.get("status", {}).get("conditions") or ())  # fmt: skip


def is_leaving(pod):
    return "deletionTimestamp" in pod["metadata"]


def app_of(pod):
    return pod["metadata"]["labels"].get(APP)


def image_of(pod):
    return pod["spec"]["containers"][0]["image"]


def path_of(pod):
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def ends(pod):
    """As those of Jobs do."""
    return pod["spec"]["restartPolicy"] == "Never"


def ended(pod, well):
    """What a kubelet would say of a Pod whose containers have done their work, or have not."""
    state = {"terminated": {"exitCode": 0 if well else 1}}
    containers = [{"name": each["name"], "image": each["image"], "imageID": "", "ready": False,
                   "restartCount": 0, "state": state}
                  for each in pod["spec"]["containers"]]  # fmt: skip
    reason = "PodCompleted" if well else "PodFailed"
    return {"phase": "Succeeded" if well else "Failed", "containerStatuses": containers,
            "conditions": [{"type": "Ready", "status": "False", "reason": reason}]}  # fmt: skip


def running(pod, ready, since):
    """The same of one whose containers run."""
    word = "True" if ready else "False"
    containers = [{"name": each["name"], "image": each["image"], "imageID": "", "ready": ready,
                   "restartCount": 0, "started": True, "state": {"running": {"startedAt": since}}}
                  for each in pod["spec"]["containers"]]  # fmt: skip
    return {"phase": "Running", "startTime": since, "containerStatuses": containers, "conditions": [
        {"type": kind, "status": word, "lastTransitionTime": since}
        for kind in ("Ready", "ContainersReady")]}  # fmt: skip


class Node:
    def __init__(self, api):
        self.api = api
        self.ready = lambda pod: True
        self.succeeds = lambda pod: True
        self.drained = lambda pod: True
        self.ready_since_seconds = READY_SINCE_SECONDS
        self.pods = {}
        self.history = collections.defaultdict(list)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.trouble = None
        self.threads = [threading.Thread(target=self._guarded, args=(each,), daemon=True)
                        for each in (self._watch, self._work)]  # fmt: skip

    def start(self):
        for each in self.threads:
            each.start()

    def stop(self):
        self.ended.set()
        for each in self.threads:
            each.join(10)
        if self.trouble:
            raise AssertionError("the node has failed") from self.trouble

    def since(self, namespace, app, first=0):
        """How many Pods of an app there were, at each change from that one on."""
        with self.lock:
            return self.history[namespace, app][first:]

    def _guarded(self, run):
        try:
            run()
        except BaseException as error:
            if not self.ended.is_set():
                self.trouble = error
                raise

    # ---- what happens to Pods ------------------------------------------------------------------

    def _watch(self):
        version = self.api.get("/api/v1/pods")["metadata"]["resourceVersion"]
        while not self.ended.is_set():
            path = f"/api/v1/pods?watch=1&timeoutSeconds=2&resourceVersion={version}"
            with self.api.open("GET", path) as answer:
                for line in answer:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise AssertionError(event["object"])
                    version = event["object"]["metadata"]["resourceVersion"]
                    self._take(event["type"], event["object"])

    def _take(self, kind, pod):
        key = path_of(pod)
        namespace, app = pod["metadata"]["namespace"], app_of(pod)
        with self.lock:
            self.pods[key] = pod
            if kind == "DELETED":
                del self.pods[key]
            ours = [each for each in self.pods.values()
                    if app_of(each) == app and each["metadata"]["namespace"] == namespace]
            stay = [each for each in ours if not is_leaving(each)]
            self.history[namespace, app].append(
                Moment(len(stay), sum(condition(each, "Ready") for each in stay),
                       len(ours) - len(stay), frozenset(map(image_of, stay))))  # fmt: skip

    # ---- what is done about it -----------------------------------------------------------------

    def _work(self):
        while not self.ended.wait(LOOK_SECONDS):
            with self.lock:
                pods = list(self.pods.values())
            for pod in pods:
                try:
                    self._care_for(pod)
                except Refused as why:
                    if why.code not in OTHERS_WERE_FIRST:
                        raise

    def _care_for(self, pod):
        path = path_of(pod)
        if is_leaving(pod):
            if self.drained(pod):
                self.api.delete(path, 0)
        elif not pod["spec"].get("nodeName"):
            self.api.post(path + "/binding", {
                "apiVersion": "v1", "kind": "Binding", "metadata": {
                    "name": pod["metadata"]["name"]},
                "target": {"apiVersion": "v1", "kind": "Node", "name": NAME}})  # fmt: skip
        elif pod["status"]["phase"] in ("Pending", "Running"):
            ready = bool(self.ready(pod))
            if pod["status"]["phase"] == "Pending" or ready != condition(pod, "Ready"):
                self.say(pod, ready)

    def say(self, pod, ready):
        since = time.time() - self.ready_since_seconds
        since = datetime.datetime.fromtimestamp(since, datetime.timezone.utc)
        if ready and ends(pod):
            body = {"status": ended(pod, self.succeeds(pod))}
        else:
            body = {"status": running(pod, ready, since.strftime("%Y-%m-%dT%H:%M:%SZ"))}
        self.api.patch(path_of(pod) + "/status", body)
