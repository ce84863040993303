"""The image: what is in it, and that its programs do their work as a container runs them (as user
10001, on a read-only root), from an empty database to a message that has arrived."""

import json
import os
import re
import shlex
import stat
import subprocess
import unittest

import sam_test
from campaign_test import ALL_DAY, HELLO, CampaignTest

RUN = os.path.join(sam_test.SOURCE, "tests", "image", "run")
NAME = "sam:test"
SIZE_MAX_MIB = 60
UID = 10001

# A program of the image in a mount namespace of its own: $1 the root file system, $2 the folder
# that is its /etc/sam, $3 ro or rw, $4 the user; what follows is run. exec keeps the process id.
CONTAINER = """
set -e
root=$1 config=$2 mode=$3 user=$4
shift 4
mount --bind "$root" "$root"
mount --bind "$config" "$root/etc/sam"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,"$mode" "$root"
exec chroot --userspec="$user" "$root" "$@"
"""


def build(name=NAME, stage="sam"):
    """What the build has printed."""
    done = subprocess.run([RUN, "build", name, stage], capture_output=True, text=True,
                          check=False)  # fmt: skip
    if done.returncode:
        said = done.stdout[-4000:] + done.stderr[-2000:]
        raise AssertionError(f"the image does not build:\n{said}")
    return done.stdout


class Recipe(unittest.TestCase):
    """What can be said of the Containerfile where no image can be built."""

    def read(self, name):
        with open(os.path.join(sam_test.SOURCE, name), encoding="utf-8") as file:
            return file.read()

    def test_it_names_this_release(self):
        version = re.search(r"project\(sam VERSION (\S+)", self.read("CMakeLists.txt"))[1]
        stated = re.findall(r"^ARG VERSION=(\S+)$", self.read("deploy/image/Containerfile"), re.M)
        self.assertEqual(stated, [version])

    def test_what_it_copies_is_sent_to_it(self):
        """.dockerignore leaves out everything that is not named."""
        copies = re.findall(r"^COPY (?!--from)(.+) \S+$",
                            self.read("deploy/image/Containerfile"), re.M)  # fmt: skip
        sources = {name for line in copies for name in line.split()}
        first, *sent = self.read(".dockerignore").split()
        self.assertEqual(first, "*")
        self.assertEqual({"!" + name for name in sources}, set(sent))
        for name in sources:
            self.assertTrue(os.path.exists(os.path.join(sam_test.SOURCE, name)), name)


def may_mount():
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@unittest.skipUnless(may_mount(), "this machine lets nobody mount a root file system")
class Image(CampaignTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.said = build()
        opened = sam_test.run(RUN, "open", NAME).split()
        cls.container, cls.root = opened[0], opened[1]
        cls.addClassCleanup(sam_test.run, RUN, "close", cls.container)
        for folder in "proc", "dev", "etc/sam":  # as a container's runtime makes them
            os.makedirs(os.path.join(cls.root, folder), exist_ok=True)

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        self.ports = {"producer": sam_test.free_port(), "worker": sam_test.free_port()}
        for section, port in self.ports.items():
            self.config.setdefault(section, {})["listen"] = f"127.0.0.1:{port}"

    def command(self, program, *arguments, mode="ro", user=f"{UID}:{UID}"):
        return ["unshare", "--mount", "sh", "-c", CONTAINER, "sh", self.root, self.folder, mode,
                user, f"/usr/local/bin/{program}", *arguments]  # fmt: skip

    def test_people_come_in_as_the_document_says(self):
        """The commands of deploy/kubernetes/README.md, "People", with the image in kubectl's
        place: it has no shell that could read a file, and its root takes none."""
        with open(os.path.join(sam_test.SOURCE, "deploy/kubernetes/README.md"),
                  encoding="utf-8") as file:  # fmt: skip
            block = re.search(r"^## People\n.*?```\n(.*?)```", file.read(), re.M | re.S)[1]
        function, commands = block.split("\n", 1)
        self.assertRegex(function, r'^samctl\(\) \{ kubectl .*-- samctl -c \S+ "\$@"; \}$')
        program = shlex.join(self.command("samctl", "-c", "/etc/sam/sam.cfg"))
        self.install()
        self.write_json("spring.json", dict(
            ALL_DAY, name="spring", campaign_type="messenger", accounts=["anna"],
            message_templates=HELLO))  # fmt: skip
        self.write("people.csv", "linkedin_url,first_name\nada,Ada\nhttps://example.com/,Bo\n")
        script = f'samctl() {{ {program} "$@"; }}\n' + commands.replace("--unipile-id ID",
                                                                       "--unipile-id Uanna")
        done = subprocess.run(["bash", "-euc", script], cwd=self.folder, capture_output=True,
                              text=True, check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(os.path.join(self.folder, "people.rejected.csv"), encoding="utf-8") as file:
            self.assertIn('"3","', file.read())
        self.start_both()
        self.wait_until_sent(1)
        command = self.command("samctl", "-c", "/etc/sam/sam.cfg", "import", "-", "--campaign",
                               "spring")  # fmt: skip
        done = subprocess.run(command, input="linkedin_url\nhttps://example.com/\n",
                              capture_output=True, text=True, check=False)  # fmt: skip
        self.assertIn("Read-only file system (`--rejects FILE` says", done.stderr)
        self.judge(1)

    def samctl_result(self, *arguments):
        inside = [argument.replace(self.folder, "/etc/sam") for argument in arguments]
        command = self.command("samctl", "-c", "/etc/sam/sam.cfg", *inside)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def start(self, program, section, mode="ro", user=f"{UID}:{UID}", **environment):
        command = self.command(program, "-c", "/etc/sam/sam.cfg", mode=mode, user=user)
        variables = {**os.environ, **self.image_environment(), **environment}
        name = f"{section}{next(self._names)}"
        daemon = sam_test.Daemon(name, command, self.folder, self.ports[section], variables)
        self.processes.append(daemon)
        return daemon

    @classmethod
    def config_of_image(cls):
        return json.loads(sam_test.run(RUN, "inspect", NAME))["Docker"]["config"]

    @classmethod
    def image_environment(cls):
        return dict(pair.split("=", 1) for pair in cls.config_of_image()["Env"])

    def test_what_the_image_says_of_itself(self):
        config = self.config_of_image()
        self.assertEqual(config["User"], f"{UID}:{UID}")
        self.assertEqual(config["Healthcheck"]["Test"][:2], ["CMD", "samctl"])
        labels = config["Labels"]
        version = self.samctl_result("--version").stdout.strip()
        self.assertEqual(labels["org.opencontainers.image.version"], version)
        for label in "title", "description", "licenses", "revision":
            self.assertTrue(labels.get("org.opencontainers.image." + label), label)

    def test_what_is_in_it(self):
        """What the programs open, and nothing that could be run beside them."""
        programs, size = [], 0
        for folder, _, names in os.walk(self.root):
            if folder.startswith((self.root + "/proc", self.root + "/dev")):
                continue
            for name in names:
                path = os.path.join(folder, name)
                about = os.lstat(path)
                if not stat.S_ISREG(about.st_mode):
                    continue
                size += about.st_size
                self.assertFalse(about.st_mode & (stat.S_ISUID | stat.S_ISGID), path)
                self.assertEqual((about.st_uid, about.st_mode & stat.S_IWOTH), (0, 0), path)
                library = ".so" in name
                if about.st_mode & stat.S_IXUSR and not library:
                    programs.append(path[len(self.root) :])
        self.assertEqual(sorted(programs), [f"/usr/local/bin/{p}" for p in
                                            ("sam-producer", "sam-worker", "samctl")])  # fmt: skip
        self.assertLess(size, SIZE_MAX_MIB << 20)
        print(f"\nfigure: the image has {size / (1 << 20):.1f} MiB")

    def test_its_bill_of_materials(self):
        """Printed by the build, kept in the image, and the same as what scanners read."""
        with open(os.path.join(self.root, "usr/share/sam/packages"), encoding="utf-8") as file:
            packages = dict(line.split() for line in file)
        for package in "libc6", "librdkafka1", "libpq5", "libcurl4", "libssl3", "tzdata":
            self.assertIn(package, packages)
        for package, version in packages.items():
            with open(os.path.join(self.root, "var/lib/dpkg/status.d", package),
                      encoding="utf-8") as file:  # fmt: skip
                self.assertIn(f"\nVersion: {version}\n", file.read())
        rules = os.path.join(self.root, "usr/share/zoneinfo/tzdata.zi")
        with open(rules, encoding="utf-8") as file:
            release = file.readline().split()[-1]
        self.assertTrue(packages["tzdata"].startswith(release), release)
        print(f"\nfigure: {len(packages)} packages, tzdata {release}: "
              + ", ".join(f"{package} {version}" for package, version in packages.items()))

    def test_the_simulator_of_compose(self):
        """The stage of the demo: its program, and none of SAM's."""
        build("sam-simulator:test", "simulator")
        container, root = sam_test.run(RUN, "open", "sam-simulator:test").split()
        self.addCleanup(sam_test.run, RUN, "close", container)
        self.assertEqual(os.listdir(os.path.join(root, "usr/local/bin")), ["sam-simulator"])
        command = ["chroot", f"--userspec={UID}:{UID}", root, "sam-simulator", "--version"]
        version = self.samctl_result("--version").stdout
        self.assertEqual(sam_test.run(*command), f"sam-simulator {version}")

    def test_from_an_empty_database_to_a_message(self):
        self.prepare()
        self.start_both()
        self.campaign("c", "messenger", HELLO, 1)
        self.wait_until_sent(1)
        done = self.samctl_result("health", "--ready")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.worker.stop(), 0)
        self.assertEqual(self.producer.stop(), 0)
        self.judge(1)

    def test_a_container_that_is_started_carelessly_says_so(self):
        self.prepare()
        for user, mode, words in ((f"{UID}:{UID}", "ro", []), ("0:0", "ro", ["runs_as_root"]),
                                  (f"{UID}:{UID}", "rw", ["root_writable"])):  # fmt: skip
            worker = self.start("sam-worker", "worker", mode=mode, user=user)
            shown = ["runs as root"] * (user == "0:0") + ["can be written to"] * (mode == "rw")
            if shown:
                self.wait_for("the gate", lambda w=worker: "gate_open" in w.log(), 60)
                status, reasons = worker.get("/readyz")
                self.assertEqual((status, len(reasons.splitlines())), (503, len(shown)), reasons)
                for reason in shown:
                    self.assertIn(reason, reasons)
            else:
                self.wait_for("the worker", worker.ready, 60)
            said = [word for word in ("runs_as_root", "root_writable") if word in worker.log()]
            self.assertEqual(said, words)
            self.assertEqual(worker.stop(), 0)


if __name__ == "__main__":
    unittest.main()
