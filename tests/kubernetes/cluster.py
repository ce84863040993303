"""A Kubernetes without nodes: etcd, kube-apiserver and kube-controller-manager, for one program.

    cluster = Cluster(folder)
    cluster.start()
    cluster.kubectl("apply", "-k", folder)
    cluster.api.get("/api/v1/namespaces/sam/pods")["items"]
    cluster.stop()

What is accepted, which objects the controllers make of it, and what admission says is real; no
container is ever run. node.py plays what stands on a node.
"""

import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request

import sam_test
from ports import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
LOG_LINES_SHOWN = 20
CONTROLLERS = ("deployment replicaset job endpointslice horizontal-pod-autoscaler disruption "
               "serviceaccount namespace garbage-collector").split()  # fmt: skip
USERS = {"admin": "an-administrator", "controllers": "the-controller-manager"}
APPLY = "application/apply-patch+yaml"


def servers():
    """The folder with the programs; RuntimeError with the reason where they are not built."""
    done = subprocess.run([os.path.join(HERE, "servers"), "cached"], capture_output=True, text=True,
                          check=False)  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout.strip()


class Refused(AssertionError):
    """What the API server has not accepted: .code, .reason, .message."""

    def __init__(self, code, text):
        try:
            status = json.loads(text)
        except ValueError:
            status = {"message": text}
        self.code = code
        self.reason = status.get("reason")
        self.message = status.get("message")
        super().__init__(f"{code} {self.reason}: {self.message}")


class Api:
    """The API server over HTTP, for what kubectl has no word for; safe to be used by threads."""

    def __init__(self, address, token, authority):
        self.address = address
        self.token = token
        self.context = ssl.create_default_context(cafile=authority)

    def open(self, method, path, body=None, kind="application/json"):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            return urllib.request.urlopen(request, context=self.context, timeout=60)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, error.read().decode()) from None

    def call(self, *request):
        """What it answers, and its warnings."""
        with self.open(*request) as answer:
            return json.load(answer), answer.headers.get_all("Warning", [])

    def get(self, path):
        return self.call("GET", path)[0]

    def post(self, path, body):
        return self.call("POST", path, body)[0]

    def delete(self, path, seconds):
        """As a kubelet deletes: nobody else is waited for if the seconds are 0."""
        return self.call("DELETE", path, {"gracePeriodSeconds": seconds})[0]

    def patch(self, path, body):
        return self.call("PATCH", path, body, "application/strategic-merge-patch+json")[0]

    def apply(self, path, body, query=""):
        """Server-side, strictly; returns the warnings."""
        return self.call("PATCH", f"{path}?fieldManager=test&fieldValidation=Strict{query}", body,
                         APPLY)[1]  # fmt: skip


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        self.programs = servers()
        self.kubeconfig = self.path("admin.kubeconfig")
        self.environment = {**os.environ, "KUBECONFIG": self.kubeconfig, "HOME": folder,
                            "PATH": f"{self.programs}:{os.environ['PATH']}"}  # fmt: skip
        self.api = None
        self.processes = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    # ---- start and stop ------------------------------------------------------------------------

    def start(self):
        try:
            etcd = self._start_etcd()
            self._start_api_server(etcd)
            self._start_controllers()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """In the order in which they need each other, by their process ids."""
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []

    def _start(self, name, *flags):
        command = ["setpriv", "--pdeathsig", "KILL", os.path.join(self.programs, name), *flags]
        with open(self.path(name + ".log"), "w", encoding="utf-8") as log:
            self.processes.append(subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log,
                                                   stdin=subprocess.DEVNULL))  # fmt: skip

    def _wait_for(self, name, url, context=None):
        def answers():
            if self.processes[-1].poll() is not None:
                raise AssertionError(f"{name} has ended:\n{self.log(name)}")
            try:
                with urllib.request.urlopen(url, context=context, timeout=5) as answer:
                    return answer.status == 200
            except OSError:  # HTTPError is one
                return False

        try:
            sam_test.wait_for(name, answers, 60)
        except AssertionError as why:
            raise AssertionError(f"{why}\n{self.log(name)}") from None

    def log(self, name):
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-LOG_LINES_SHOWN:])

    def _start_etcd(self):
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._start("etcd", "--data-dir", self.path("etcd"), "--log-level", "error",
                    "--unsafe-no-fsync", "--listen-client-urls", client,
                    "--advertise-client-urls", client, "--listen-peer-urls", peer,
                    "--initial-advertise-peer-urls", peer,
                    "--initial-cluster", f"default={peer}")  # fmt: skip
        self._wait_for("etcd", client + "/health")
        return client

    def _start_api_server(self, etcd):
        key = self.path("service-accounts.key")
        sam_test.run("openssl", "genrsa", "-out", key, "2048")
        with open(self.path("tokens.csv"), "w", encoding="utf-8") as file:
            for user, token in USERS.items():
                file.write(f'{token},{user},{user},"system:masters"\n')
        port = free_port()
        self._start("kube-apiserver", "--etcd-servers", etcd, "--bind-address", "127.0.0.1",
                    "--secure-port", str(port), "--advertise-address", "127.0.0.1",
                    "--endpoint-reconciler-type", "none", "--cert-dir", self.path("certificates"),
                    "--authorization-mode", "RBAC", "--token-auth-file", self.path("tokens.csv"),
                    "--service-account-issuer", "https://kubernetes.default.svc",
                    "--service-account-key-file", key, "--service-account-signing-key-file", key,
                    "--service-cluster-ip-range", "10.96.0.0/16")  # fmt: skip
        authority = self.path("certificates", "apiserver.crt")
        made = sam_test.wait_for("the API server's certificate", lambda: os.path.exists(authority)
                                 or self.processes[-1].poll() is not None, 60)  # fmt: skip
        if not made or not os.path.exists(authority):
            raise AssertionError(f"kube-apiserver has ended:\n{self.log('kube-apiserver')}")
        address = f"https://127.0.0.1:{port}"
        self.api = Api(address, USERS["admin"], authority)
        self._wait_for("kube-apiserver", address + "/readyz", self.api.context)
        for user, token in USERS.items():
            self._write_kubeconfig(user, token, address, authority)

    def _write_kubeconfig(self, user, token, address, authority):
        with open(self.path(user + ".kubeconfig"), "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "test",
                       "clusters": [{"name": "test", "cluster": {
                           "server": address, "certificate-authority": authority}}],
                       "users": [{"name": user, "user": {"token": token}}],
                       "contexts": [{"name": "test", "context": {
                           "cluster": "test", "user": user}}]}, file)  # fmt: skip

    def _start_controllers(self):
        """HPAs are looked at each second, and not each quarter of a minute."""
        port = free_port()
        self._start("kube-controller-manager", "--kubeconfig", self.path("controllers.kubeconfig"),
                    "--leader-elect=false", "--bind-address", "127.0.0.1",
                    "--secure-port", str(port), "--cert-dir", self.path("controllers"),
                    "--horizontal-pod-autoscaler-sync-period", "1s", "--kube-api-qps", "200",
                    "--kube-api-burst", "400", "--controllers",
                    ",".join(name + "-controller" for name in CONTROLLERS))  # fmt: skip
        insecure = ssl._create_unverified_context()  # its certificate is made while it starts
        self._wait_for("kube-controller-manager", f"https://127.0.0.1:{port}/healthz", insecure)

    # ---- kubectl -------------------------------------------------------------------------------

    def shell(self, commands, folder):
        """Commands of a document, each of which must succeed; returns what they said."""
        done = subprocess.run(["bash", "-euc", commands], cwd=folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=240 * sam_test.PATIENCE)  # fmt: skip
        said = done.stdout + done.stderr
        if done.returncode:
            raise AssertionError(f"{commands}\nexit {done.returncode}\n{said}")
        return said

    def kubectl(self, *arguments):
        return sam_test.run("kubectl", *arguments, env=self.environment)
