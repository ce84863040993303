"""deploy/compose: Compose reads it, and it is what the programs and the image are."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import compose_project as compose
import skipping

BIN = os.environ["SAM_BIN"]
USER = "10001:10001"
DAEMONS = {"sam-producer": "producer", "sam-worker": "worker"}
CLOSE_OF_KAFKA_S = 14  # as deploy/kubernetes/base/worker.yaml counts it


def setUpModule():
    skipping.unless_had(compose.plain)


def seconds(text):
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)([hms])", text))


def read(*path):
    with open(os.path.join(compose.SOURCE, *path), encoding="utf-8") as file:
        return file.read()


class Compose(unittest.TestCase):
    def each(self, of=lambda project: project["services"]):
        """Service by service of both projects, with a name for what fails."""
        for title, project in (("plain", compose.plain()), ("demo", compose.demo())):
            for name, service in of(project).items():
                yield f"{title}: {name}", project, service

    def each_of_sam(self):
        return self.each(compose.of_sam)

    def test_what_stands_in_the_projects(self):
        servers = {"postgres", "kafka", "migrate", "topics", "producer", "worker", "samctl"}
        self.assertEqual(set(compose.plain()["services"]), servers)
        self.assertEqual(set(compose.demo()["services"]), servers | {"simulator", "worker-2"})
        self.assertEqual(compose.plain()["services"]["worker"]["scale"], 2)

    def test_a_wrong_key_is_found(self):
        """The reader is a strict one, so the tests above are worth something."""
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copytree(compose.FOLDER, os.path.join(folder, "compose"))
            path = os.path.join(copy, "compose.yaml")
            text = read("deploy", "compose", "compose.yaml")
            for wrong in ("read_onyl: true", "secrets: [unipile-key]"):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text.replace("    scale: 2\n", f"    scale: 2\n    {wrong}\n"))
                with self.assertRaises(ValueError):
                    compose.load(copy)

    def test_containers_of_sam_may_do_nothing_more(self):
        for name, _, service in self.each_of_sam():
            with self.subTest(name):
                self.assertEqual(service["user"], USER)
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertFalse(service.get("privileged"))

    def test_images(self):
        version = re.search(r"project\(sam VERSION (\S+)", read("CMakeLists.txt"))[1]
        containerfile = read("deploy", "image", "Containerfile")
        for name, _, service in self.each_of_sam():
            with self.subTest(name):
                self.assertTrue(service["image"].endswith(":" + version), service["image"])
                self.assertEqual(service["build"]["context"], compose.SOURCE)
                stage = f"AS {service['build']['target']}\n"
                self.assertIn(stage, containerfile)
                shipped = "sam-producer sam-worker samctl"
                if "simulator" in stage:
                    shipped = "sam-simulator"
                self.assertIn(compose.program(service), shipped.split())
                self.assertIn(shipped, containerfile)

    def test_nobody_else_reaches_a_port(self):
        for name, _, service in self.each():
            with self.subTest(name):
                for port in service.get("ports", ()):
                    self.assertEqual(port["host_ip"], "127.0.0.1")

    def test_secrets_are_files_that_the_readme_makes(self):
        made = compose.readme_blocks()[0]
        for name, project, service in self.each():
            with self.subTest(name):
                for secret in service.get("secrets", ()):
                    file = project["secrets"][secret["source"]]["file"]
                    self.assertEqual(os.path.dirname(file), os.path.join(compose.FOLDER, "secrets"))
                    self.assertIn(os.path.basename(file), made)
        self.assertIn("/deploy/compose/secrets/\n", read(".gitignore"))

    def settings(self, service, folder):
        """What is in force in the container, by --print-config."""
        text = read("deploy", "compose", "sam.cfg").replace(compose.SECRETS, folder)
        path = os.path.join(folder, "sam.cfg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        for secret in service["secrets"]:
            target = os.path.join(folder, os.path.basename(secret["target"]))
            with open(target, "w", encoding="utf-8") as file:
                file.write("dbname=sam")
        known = {"SAM_UNIPILE_BASE_URL": "https://api1.unipile.com:13111"}
        known.update(compose.environment(service))
        done = subprocess.run([os.path.join(BIN, compose.program(service)), "-c", path,
                               "--print-config"], capture_output=True, text=True, check=False,
                              env=known)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        return dict(re.findall(r'^([\w.]+) = "?(.*?)"?  //', done.stdout, re.M))

    def test_the_programs_take_their_settings(self):
        for name, project, service in self.each_of_sam():
            with self.subTest(name):
                if compose.program(service) == "sam-simulator":
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    found = self.settings(service, folder)
                self.assertEqual(found["kafka.bootstrap_servers"], "kafka:9092")
                self.assertEqual(found["kafka.replication_factor"], "1")
                inside = project["services"]["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
                self.assertIn("INSIDE://" + found["kafka.bootstrap_servers"] + ",", inside)
                if compose.program(service) == "sam-worker":
                    self.assertLessEqual(service["scale"], int(found["kafka.partitions"]))
                    least = (seconds(found["worker.drain_timeout"]) + CLOSE_OF_KAFKA_S
                             + seconds(found["unipile.timeout"]))  # fmt: skip
                    self.assertGreater(seconds(service["stop_grace_period"]), least)

    def test_daemons_wait_for_what_they_need_and_tell_how_they_are(self):
        for name, _, service in self.each_of_sam():
            with self.subTest(name):
                daemon = DAEMONS.get(compose.program(service))
                if not daemon:
                    continue
                waits = {name: on["condition"] for name, on in service["depends_on"].items()}
                for job in "migrate", "topics":
                    self.assertEqual(waits[job], "service_completed_successfully")
                self.assertEqual(" ".join(service["healthcheck"]["test"]),
                                 f"CMD samctl -c /etc/sam/sam.cfg health {daemon}")  # fmt: skip
                self.assertEqual(service["restart"], "unless-stopped")

    def test_the_demo_calls_nobody_but_the_simulator(self):
        """On its network, where the address is the loopback: there alone SAM takes the settings."""
        simulator = compose.demo()["services"]["simulator"]
        port = simulator["command"][simulator["command"].index("--listen") + 1].split(":")[1]
        for name, service in compose.of_sam(compose.demo()).items():
            if name in ("simulator", "migrate", "topics"):
                continue
            with self.subTest(name):
                self.assertEqual(service["network_mode"], "service:simulator")
                self.assertEqual(service["environment"]["SAM_UNIPILE_BASE_URL"],
                                 f"http://127.0.0.1:{port}")  # fmt: skip

    def test_an_image_is_built_with_the_packages_of_the_day(self):
        """Else the layer with Debian's packages, time zones among them, is the first build's."""
        wanted = "--pull --no-cache"
        self.assertIn(f"`{wanted}`", read("deploy", "image", "README.md"))
        for line in re.findall("docker compose build.*", read("deploy", "compose", "README.md")):
            self.assertEqual(line, f"docker compose build {wanted}")
        self.assertIn(f"docker compose build {wanted}\n", compose.readme_blocks()[-1])

    def test_the_readme_names_what_is_there(self):
        for line in "\n".join(compose.readme_blocks()).splitlines():
            words = line.split()
            if words[:2] != ["docker", "compose"]:
                continue
            self.assertNotIn("-c", words)
            for word in words:
                if word.endswith((".env", ".json", ".csv")):
                    near = os.path.join(compose.FOLDER, word)
                    self.assertTrue(os.path.exists(near) or os.path.exists(
                        os.path.join(compose.FOLDER, "demo", word)), word)  # fmt: skip


if __name__ == "__main__":
    unittest.main()
