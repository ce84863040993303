"""Kafka with users and rights, as clusters have it: what the manifests give is enough, and what is
missing is named while the program waits for it, unready."""

import concurrent.futures
import os
import re
import unittest

import deploy_page
import runbooks
import sam_test
import yaml
from campaign_test import HELLO, CampaignTest
from kafka_with_rights import PASSWORD, KafkaWithRights

USERS = os.path.join(sam_test.SOURCE, "deploy/kubernetes/components/strimzi/users.yaml")
VIEW = "w8"  # what nothing waits for
# A user of a program that may do everything but this: (program, topic or group, what).
MISSING = {
    "w1": ("worker", "sam.events", "Write"),
    "w2": ("worker", "sam.events", "Read"),
    "w3": ("worker", "sam.jobs", "Read"),
    "w4": ("worker", "sam-workers", "Read"),
    "w5": ("worker", "sam-ledger", "Read"),
    "w6": ("worker", "sam.sync", "Describe"),
    "w7": ("worker", "sam.jobs", "Read"),  # from time to time
    VIEW: ("worker", "sam.accounts", "Write"),
    "p1": ("producer", "sam.events", "Write"),
    "p2": ("producer", "sam.jobs", "Write"),
}
IN_CI = ("w1", "w3", "w4", "p1")
MENDED = ("w1", "w3")  # while the program runs, which must see it by itself
TOOLS = "kafka-tools.yaml"  # of deploy/runbooks


class Rights(CampaignTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kafka = KafkaWithRights(cls.kafka.folder + "-secured",
                                    ["sam-producer", "sam-worker", *MISSING])  # fmt: skip
        cls.addClassCleanup(cls.kafka.stop)
        cls.kafka.start()

    def as_user(self, user):
        properties = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
                      "sasl.username": user, "sasl.password": PASSWORD}  # fmt: skip
        return {"SAM_KAFKA_BOOTSTRAP_SERVERS": self.kafka.secured,
                "SAM_KAFKA_PROPERTIES": ",".join(f"{k}={v}" for k, v in properties.items()),
                }  # fmt: skip

    def give_what_the_manifests_give(self):
        with open(USERS, encoding="utf-8") as file:
            users = list(yaml.safe_load_all(file))
        for user in users:
            for acl in user["spec"]["authorization"]["acls"]:
                resource = acl["resource"]
                where = {resource["type"] + "s": [self.topic(resource["name"])]}
                self.kafka.acl("add", "allow", [user["metadata"]["name"]], acl["operations"],
                               **where)  # fmt: skip

    def start_as_the_manifests_do(self):
        self.give_what_the_manifests_give()
        self.prepare()
        self.worker = self.start("sam-worker", "worker", **self.as_user("sam-worker"))
        self.producer = self.start("sam-producer", "producer", **self.as_user("sam-producer"))
        self.wait_for("the worker", self.worker.ready, 60)
        self.campaign("c", "messenger", HELLO, 4)
        self.wait_until_sent(4)
        self.kafka.produce(self.topic("sam.jobs"), "no job", key="x")
        self.wait_for("the dead letter", lambda: self.kafka.records(self.topic("dlq.sam.jobs")))

    def test_what_the_manifests_give_is_enough(self):
        self.start_as_the_manifests_do()
        for daemon in (self.worker, self.producer):
            self.assertNotIn("refuse", daemon.log())
            self.assertEqual(daemon.stop(), 0)

    def test_dead_letters_are_shown_in_every_pod_and_put_back_in_a_producers(self):
        self.start_as_the_manifests_do()
        said = {}
        for user in ("sam-worker", "sam-producer"):
            of = self.as_user(user)
            self.config["kafka"]["bootstrap_servers"] = of["SAM_KAFKA_BOOTSTRAP_SERVERS"]
            self.config["kafka"]["properties"] = of["SAM_KAFKA_PROPERTIES"].split(",")
            self.write_config()
            (letter,) = self.samctl_json("dlq", "list")
            said[user] = self.samctl_result("dlq", "replay", letter["letter"])
        self.assertEqual(said["sam-worker"].returncode, 1)
        self.assertIn("give it Write on the topic", said["sam-worker"].stderr)
        self.assertEqual(said["sam-producer"].returncode, 0, said["sam-producer"].stderr)
        self.wait_for("it", lambda: len(self.kafka.records(self.topic("dlq.sam.jobs"))) == 2)

    def operators_shell(self):
        """The reader of the runbooks on Kubernetes: by the files of the Pod that he starts there,
        with the key of sam-operator and the broker that asks for it."""
        config, _ = yaml.safe_load_all(runbooks.page(TOOLS))
        folder = os.path.join(self.folder, "etc", "kafka-tools")
        os.makedirs(folder)
        for name, text in config["data"].items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text.replace("/run/secrets/kafka", self.kafka.keys))
        (_, top), *_ = runbooks.blocks("queue.md")
        anna = self.database.value("SELECT id FROM linkedin_accounts WHERE name = 'anna'")
        shell = runbooks.Shell(self.folder, runbooks.head(runbooks.KUBERNETES) + top, {
            "BROKERS": self.kafka.by_key, "PREFIX": self.topic_prefix, "ACCOUNT": anna,
        })  # fmt: skip
        runbooks.play_kubernetes(shell, self.database.conninfo)
        return shell

    def test_the_operator_may_do_what_the_runbooks_say(self):
        """Every command of queue.md, and those of alerts.md that ask Kafka, but for the one that
        wants another user."""
        self.start_as_the_manifests_do()
        accounts = self.topic("sam.accounts")
        self.wait_for("the accounts", lambda: len(self.kafka.records(accounts)) >= 2)
        shell = self.operators_shell()
        _, *commands = runbooks.blocks("queue.md")
        replay = [text for heading, text in commands if heading == "Replay"]
        self.assertEqual(len(replay), 1)
        places = (runbooks.OWN, runbooks.COMPOSE, runbooks.KUBERNETES)
        commands += [each for each in runbooks.blocks("alerts.md") if each[0] not in places and
                     re.search(r"kafka-|read_topic", each[1])]  # fmt: skip
        self.assertGreater(len(commands), 15)
        changes = [text for _, text in commands if "kafka-configs.sh" in text]
        self.assertEqual(len(changes), 1)
        shell.link(os.path.join(self.bin, "samctl"))
        self.listen_as_they_do()
        partition = self.kafka.records(self.topic("sam.events"))[0]["partition"]
        for heading, text in commands:
            if text in replay + changes:
                continue
            text = text.replace("-p PARTITION", f"-p {partition}").replace("OFFSET", "0")
            text = text.replace("""grep '"unknown"'""", """grep '"sent"'""")
            with self.subTest(heading, text=text):
                out = shell.run(text)
                self.assertTrue(out.strip())
                self.assertNotIn("uthoriz", out)
        refused = shell.result(changes[0])
        self.assertIn("AuthorizationException", refused.stdout + refused.stderr)
        for daemon in (self.worker, self.producer):
            self.assertEqual(daemon.stop(), 0)
        jobs = self.topic("sam.jobs")
        self.wait_for("the offsets", lambda: jobs in shell.result(replay[0]).stdout)
        self.take_the_ledger_along(shell)

    def take_the_ledger_along(self, shell):
        """deploy/README.md, "Leaving", with Strimzi: by the same shell, its Postgres left out."""
        said = "at_postgres() { :; }\nCLIENT=$CONFIG LEAVE=. DATABASE=sam SERVER=\n"
        copy, count = deploy_page.blocks()["Leaving"][2:4]
        shell.run(said + copy)
        self.assertRegex(shell.run(said + count), r"^(\d+) records are kept of \1\n$")

    def listen_as_they_do(self):
        """`samctl health` looks where sam.cfg says."""
        for section, daemon in (("producer", self.producer), ("worker", self.worker)):
            self.config.setdefault(section, {})["listen"] = f"127.0.0.1:{daemon.port}"
        self.write_config()

    def refuse(self, verb, user):
        _, name, what = MISSING[user]
        where = {"groups" if "-" in name else "topics": [self.topic(name)]}
        self.kafka.acl(verb, "deny", [user], [what], **where)

    def test_a_right_that_comes_and_goes_where_nothing_is_to_be_read(self):
        self.prepare()
        self.kafka.acl("add", "allow", ["w7"], ["All"], ["*"], ["*"])
        worker = self.start("sam-worker", "worker", **self.as_user("w7"))
        self.wait_for("the worker", worker.ready, 60)
        for turn in (1, 2):
            self.refuse("add", "w7")
            self.wait_for("the reason", lambda: self.topic("sam.jobs") in worker.get("/readyz")[1])
            self.assertEqual(worker.log().count("kafka_refused"), turn)
            self.assertEqual(worker.metric("sam_kafka_up"), 1)
            self.refuse("remove", "w7")
            self.wait_for("the worker, by itself", worker.ready)
        self.assertEqual(worker.stop(), 0)

    def test_a_right_that_is_missing_is_named_until_it_is_there(self):
        self.prepare()
        self.campaign("c", "messenger", HELLO, 1)  # so that there is something to publish
        self.kafka.acl("add", "allow", MISSING, ["All"], ["*"], ["*"])
        cases = IN_CI
        if os.environ.get("SAM_TEST_LENGTH") == "all":
            cases = [user for user in MISSING if user not in ("w7", VIEW)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda user: self.refuse("add", user), cases))
        for user in cases:
            program, name, what = MISSING[user]
            if name == "sam.jobs" and program == "producer":
                self.start_worker()  # else it would publish nothing
            with self.subTest(user, missing=f"{what} on {name}"):
                daemon = self.start(f"sam-{program}", program, **self.as_user(user))
                self.wait_for("the reason",
                              lambda d=daemon, n=name: self.topic(n) in d.get("/readyz")[1])
                status, reasons = daemon.get("/readyz")
                self.assertEqual(status, 503)
                self.assertIn(what.lower(), reasons.lower())
                self.assertEqual(daemon.log().count("kafka_refused"), what != "Describe")
                if user in MENDED:
                    self.refuse("remove", user)
                    self.wait_for("the program, by itself", daemon.ready, 60)
                self.assertEqual(daemon.stop(), 0)

    def test_nothing_waits_for_the_right_to_write_the_view(self):
        self.prepare()
        self.kafka.acl("add", "allow", [VIEW], ["All"], ["*"], ["*"])
        self.refuse("add", VIEW)
        worker = self.start("sam-worker", "worker", **self.as_user(VIEW))
        self.wait_for("the worker", worker.ready, 60)
        self.start_producer()
        self.campaign("c", "messenger", HELLO, 4)
        self.wait_until_sent(4)
        lost = "sam_account_states_lost_total"
        self.wait_for("refusals", lambda: worker.metric(lost) >= 2)
        before = worker.metric(lost)
        self.wait_for("another attempt", lambda: worker.metric(lost) > before, 60)
        self.assertEqual(worker.log().count("accounts_unwritten"), 1)
        self.assertIn("an ACL forbids it", worker.log())
        self.assertTrue(worker.ready())
        self.refuse("remove", VIEW)
        self.wait_for("the records",
                      lambda: len(self.kafka.records(self.topic("sam.accounts"))) >= 2, 60)
        self.wait_for("the word of it", lambda: worker.log().count("accounts_written") == 1)
        self.judge(4)
        self.assertEqual(worker.stop(), 0)


if __name__ == "__main__":
    unittest.main()
