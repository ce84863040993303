"""deploy/README.md, 8: Prometheus takes the page's own configuration, with rules.yml beside it, and
reads a producer and a worker that want a token."""

import json
import os
import re
import shutil
import unittest

import deploy_page
import yaml
from sam_test import SOURCE, Process, SamTest, free_port, http, run

HAVE_PROMETHEUS = shutil.which("promtool") and shutil.which("prometheus")
TOKEN = "of-a-test"


def configuration():
    """prometheus.yml as the page has it."""
    (text, _) = deploy_page.page()["Watching, and at night"]
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
    return block


def targets():
    """{name: port} of Compose's network."""
    (job,) = yaml.safe_load(configuration())["scrape_configs"]
    return {name: one["port"] for one in job["dns_sd_configs"] for name in one["names"]}


@unittest.skipUnless(HAVE_PROMETHEUS, "no Prometheus here (Debian package prometheus)")
class Scraping(SamTest):
    def setUp(self):
        super().setUp()
        self.write("admin-token", TOKEN + "\n")
        shutil.copy(os.path.join(SOURCE, "deploy", "prometheus", "rules.yml"), self.folder)

    def test_promtool_takes_it(self):
        path = self.write("prometheus.yml", configuration())
        told = run("promtool", "check", "config", path)
        self.assertRegex(told, r"SUCCESS: \d+ rules found")

    def test_the_names_and_ports_are_those_of_compose(self):
        folder = os.path.join(SOURCE, "deploy", "compose")
        with open(os.path.join(folder, "compose.yaml"), encoding="utf-8") as file:
            services = yaml.safe_load(file)["services"]
        self.assertLessEqual(set(targets()), set(services))
        with open(os.path.join(folder, "sam.cfg"), encoding="utf-8") as file:
            listens = re.findall(r'(\w+): \{\n  listen = "0.0.0.0:(\d+)"', file.read())
        self.assertEqual({name: int(port) for name, port in listens}, targets())

    def test_prometheus_reads_producer_and_worker(self):
        self.install()
        token = {"SAM_ADMIN_TOKEN_FILE": os.path.join(self.folder, "admin-token")}
        daemons = [self.start_worker(**token), self.start_producer(**token)]
        for daemon in daemons:
            self.assertEqual(daemon.get("/metrics")[0], 401)
        self.begin_prometheus([f"127.0.0.1:{daemon.port}" for daemon in daemons])
        self.wait_for("both targets", lambda: self.values("up") == [1, 1])
        self.wait_for("the producer's", lambda: self.values("sam_items_overdue") == [0])
        partitions = 'sam_assigned_partitions{topic="sam.jobs"}'
        count = self.config["kafka"]["partitions"]
        self.wait_for("the worker's", lambda: self.values(partitions) == [count])
        self.assertIn('"SamProducerGone"', http("GET", self.prometheus + "/api/v1/rules")[1])

    def begin_prometheus(self, addresses):
        """At other addresses than the page's, and with a shorter wait."""
        value = yaml.safe_load(configuration())
        (job,) = value["scrape_configs"]
        del job["dns_sd_configs"]
        job.update(scrape_interval="1s", scrape_timeout="1s")
        job["static_configs"] = [{"targets": addresses}]
        path = self.write_json("prometheus.yml", value)
        address = f"127.0.0.1:{free_port()}"
        self.prometheus = "http://" + address
        data = os.path.join(self.folder, "prometheus")
        command = ["prometheus", f"--config.file={path}", f"--web.listen-address={address}",
                   f"--storage.tsdb.path={data}"]  # fmt: skip
        self.processes.append(Process("prometheus", command, self.folder))

    def values(self, query):
        """What Prometheus answers; [] while it does not."""
        status, text = http("GET", f"{self.prometheus}/api/v1/query?query={query}")
        if status != 200:
            return []
        return [float(one["value"][1]) for one in json.loads(text)["data"]["result"]]


if __name__ == "__main__":
    unittest.main()
