"""deploy/prometheus, deploy/grafana and deploy/runbooks hold together, and name only what there is.

The programs' own list of metrics, labels and their values is common/METRICS.md, which a unit test
holds to common/base/metrics.h.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import unittest

import yaml

SOURCE = os.environ["SAM_SOURCE"]
SAMCTL = os.path.join(os.environ["SAM_BIN"], "samctl")
DEPLOY = os.path.join(SOURCE, "deploy")
RUNBOOK = "deploy/runbooks/alerts.md"
ROWS = ["Sends and outcomes", "Lateness", "Ledger and gate", "Accounts", "Unipile",
        "Kafka and Postgres", "Process"]  # fmt: skip
# Labels that Prometheus itself gives.
SCRAPED = {"instance", "job", "namespace"}
# What is left of an expression without strings, braces and brackets, and is no metric.
WORDS = {"and", "or", "unless", "by", "on", "offset", "le", "h"}

# What another SAM tells that is well, at each moment.
WELL = {
    'sam_postgres_up{instance="other"}': 1,
    'sam_items_overdue{instance="other"}': 0,
    'sam_oldest_due_seconds{instance="other"}': 0,
    'sam_last_send_seconds{instance="other"}': 1,
    'sam_assigned_partitions{instance="other", topic="sam.jobs"}': 48,
    'sam_unknown_items{instance="other"}': 900,
    'sam_calls_total{instance="other", outcome="sent"}': "0+60",
    'sam_lateness_seconds_bucket{instance="other", le="60"}': "0+60",
    'sam_lateness_seconds_count{instance="other"}': "0+60",
    'sam_accounts{instance="other", status="active"}': 900,
}

HAVE_PROMTOOL = shutil.which("promtool") is not None


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def ticked(text):
    return re.findall("`([^`]*)`", text)


class List:
    """names: every series' name; labels[name]: its label, "" for none; values[name]: of the label,
    None where it is free."""

    def __init__(self):
        document = read("common", "METRICS.md")
        self.names, self.labels, self.values = set(), {}, {}
        for row in re.findall(r"^\| (`.*) \|$", document, re.M):
            cells = [cell.strip() for cell in row.split("|")]
            if len(cells) == 5:
                (name,) = ticked(cells[0])
                parts = ("_bucket", "_sum", "_count") if cells[1] == "histogram" else ("",)
                for series in (name + part for part in parts):
                    self.names.add(series)
                    self.labels[series] = cells[2].strip("`")
                    self.values[series] = None
            elif len(cells) == 3 and ticked(cells[2]):
                for name in ticked(cells[0]):
                    for series in (name, name + "_bucket", name + "_sum", name + "_count"):
                        self.values[series] = set(ticked(cells[2]))

    def wrong(self, expression):
        """What an expression names that the programs do not have; [] = nothing."""
        found = []
        for name, braces in re.findall(r"([A-Za-z_]\w*)\s*\{([^}]*)\}", expression):
            found += self._wrong_labels(name, braces)
        rest = re.sub(r'"[^"]*"', "", expression)
        rest = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", rest)
        rest = re.sub(r"\b(by|on)\s*\([^)]*\)", " ", rest)
        for name, call in re.findall(r"(?<![\w.])([A-Za-z_]\w*)(\s*\()?", rest):
            if not call and name not in WORDS | self.names | {"ALERTS"}:
                found.append(f"{name} is no metric")
        return found

    def _wrong_labels(self, name, braces):
        for label, sign, text in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', braces):
            if name not in self.names or label in SCRAPED:
                continue
            if label == "le" and name.endswith("_bucket"):
                continue
            if label != self.labels[name]:
                yield f"{name} has no label {label}"
            for value in text.split("|") if "~" in sign else [text]:
                if self.values[name] is not None and value not in self.values[name]:
                    yield f"{name} is never {label}={value}"


def blocks(text, head):
    """(name, block) of each item of a YAML list that begins with `- HEAD: NAME`."""
    pieces = re.split(rf"^ *- {head}: ", text, flags=re.M)[1:]
    return [(piece.split("\n", 1)[0].strip('"'), piece) for piece in pieces]


def value_of(block, key):
    """A plain, quoted or folded (>-) value of a key."""
    match = re.search(rf"^( *){key}: (?:>-\n((?:\1 +.*\n?)+)|(.*)\n)", block, re.M)
    if not match:
        return ""
    folded, plain = match.group(2), match.group(3)
    return " ".join(folded.split()) if folded else plain.strip("\"'")


class Alerts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.list = List()
        cls.rules = blocks(read("deploy", "prometheus", "rules.yml"), "alert")
        cls.tests = blocks(read("deploy", "prometheus", "rules_test.yml"), "name")
        cls.names = [name for name, _ in cls.rules]

    def promtool(self, *words):
        done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False,
                              cwd=os.path.join(DEPLOY, "prometheus"))  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    @unittest.skipUnless(HAVE_PROMTOOL, "no promtool here (Debian package prometheus)")
    def test_promtool_takes_the_rules(self):
        said = self.promtool("check", "rules", "rules.yml")
        self.assertIn(f"{len(self.names)} rules found", said)

    @unittest.skipUnless(HAVE_PROMTOOL, "no promtool here (Debian package prometheus)")
    def test_every_case_comes_out_as_it_should(self):
        self.assertIn("SUCCESS", self.promtool("test", "rules", "rules_test.yml"))

    def test_every_alert_has_a_firing_and_a_quiet_case(self):
        seen = set()
        for title, block in self.tests:
            looks = re.findall(r'alertname="(\w+)".*\n.*\n *exp_samples: (\[.*)', block)
            self.assertTrue(looks, title)
            for name, samples in looks:
                self.assertEqual(title.split(":")[0], name)
                seen.add((name, "quiet" if samples == "[]" else "firing"))
        self.assertEqual(seen, {(n, case) for n in self.names for case in ("quiet", "firing")})

    def test_every_alert_says_what_whoever_is_woken_needs(self):
        self.assertEqual(len(set(self.names)), len(self.names))
        for name, block in self.rules:
            self.assertRegex(name, "^Sam([A-Z][a-z]+)+$")
            self.assertRegex(block, r"\n *labels: \{severity: (page|ticket)\}\n")
            for key in ("summary", "description"):
                self.assertTrue(value_of(block, key), f"{name}: {key}")
            self.assertEqual(value_of(block, "runbook_url"), f"{RUNBOOK}#{name.lower()}")

    def test_the_runbook_has_a_part_for_each(self):
        parts = re.split(r"^## ", read(RUNBOOK), flags=re.M)[1:]
        self.assertEqual([part.split("\n")[0] for part in parts], self.names)
        for part in parts:
            for word in ("**Meaning.**", "**Look.**", "**Do.**", "**Wake somebody"):
                self.assertEqual(part.count(word), 1, f"{part[:30]}: {word}")

    def test_the_runbook_names_only_commands_that_there_are(self):
        text = read(RUNBOOK)
        commands = set(re.findall(r"samctl ([a-z]+(?: [a-z][a-z-]+)?)((?: --[a-z]+)*)", text))
        self.assertGreater(len(commands), 15)
        for words, options in commands:
            asked = [SAMCTL, *words.split(), "--help"]
            done = subprocess.run(asked, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f"samctl {words}: {done.stderr}")
            for option in options.split():
                if option != "--help":
                    self.assertIn(option, done.stdout, f"samctl {words}")
        topics = set(re.findall(r'read_topic "(\S+)"', text))
        self.assertEqual(topics, {"${PREFIX}sam.jobs", "${PREFIX}sam.events",
                                  "dlq.${PREFIX}sam.jobs"})  # fmt: skip
        groups = set(re.findall(r'--group "\${PREFIX}(\S+)"', text))
        self.assertEqual(groups, {"sam-workers", "sam-ledger"})
        for name in re.findall(r"`((?:sam|process)_\w+)`", text):
            self.assertIn(name, self.list.names)

    def test_rules_and_cases_name_only_metrics_that_there_are(self):
        self.assertGreater(len(self.list.names), 60)
        for name, block in self.rules:
            expression = value_of(block, "expr")
            self.assertTrue(expression, name)
            self.assertEqual(self.list.wrong(expression), [], name)
        for title, block in self.tests:
            series = re.findall(r"series: '([^']*)'", block)
            self.assertTrue(series, title)
            for one in series:
                self.assertEqual(self.list.wrong(one), [], title)

    def test_a_wrong_name_is_found(self):
        for wrong in ("max(sam_item_overdue) > 0", 'sam_accounts{status="restng"}',
                      'sam_accounts{state="resting"}', "rate(sam_call_seconds[5m])",
                      'sam_calls_total{outcome=~"sent|unkown"}', "sum by (x) (sam_lateness_sum)"):
            self.assertEqual(len(self.list.wrong(wrong)), 1, wrong)  # fmt: skip


class Runbooks(unittest.TestCase):
    def test_both_readmes_name_each(self):
        pages = [name for name in os.listdir(os.path.join(DEPLOY, "runbooks"))
                 if name.endswith(".md")]  # fmt: skip
        self.assertGreater(len(pages), 6)
        for readme in (("README.md",), ("deploy", "README.md")):
            text = read(*readme)
            for name in pages:
                self.assertRegex(text, rf"`(deploy/runbooks/)?{re.escape(name)}`", readme)


class ScalingQuery(unittest.TestCase):
    """What KEDA asks Prometheus is what the alert asks, of the same namespace."""

    def test_it_counts_what_the_alert_counts(self):
        trigger = read("deploy", "kubernetes", "components", "keda-due-items", "trigger.yaml")
        query = value_of(trigger, "query")
        self.assertEqual(re.findall(r"sam_\w+", query), ["sam_items_overdue", "sam_postgres_up"])
        self.assertEqual(List().wrong(query), [])
        rules = dict(blocks(read(*PrometheusRule.PATH), "alert"))
        self.assertTrue(value_of(rules["SamWorkOverdue"], "expr").startswith(query + " > 0 "))


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.list = List()
        cls.dashboard = json.loads(read("deploy", "grafana", "sam.json"))
        cls.panels = [p for p in cls.dashboard["panels"] if p["type"] != "row"]

    def test_it_can_be_loaded_anywhere(self):
        self.assertEqual(self.dashboard["uid"], "sam-overview")
        self.assertNotIn("id", self.dashboard)
        (variable,) = self.dashboard["templating"]["list"]
        self.assertEqual((variable["name"], variable["type"]), ("datasource", "datasource"))
        sources = re.findall(r'"uid": "([^"]*)"', json.dumps(self.dashboard))
        self.assertEqual(set(sources), {"sam-overview", "${datasource}"})
        for panel in self.panels:
            for part in (panel, *panel["targets"]):
                self.assertEqual(part["datasource"]["uid"], "${datasource}", panel["title"])

    def test_its_rows_and_places(self):
        panels = self.dashboard["panels"]
        self.assertEqual([p["title"] for p in panels if p["type"] == "row"], ROWS)
        self.assertEqual(len({p["id"] for p in panels}), len(panels))
        taken = set()
        for panel in panels:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])}  # fmt: skip
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24)
            taken |= cells

    def test_it_names_only_metrics_that_there_are(self):
        for panel in self.panels:
            for target in panel["targets"]:
                self.assertEqual(self.list.wrong(target["expr"]), [], panel["title"])
                for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                    labels = {self.list.labels.get(name)
                              for name in re.findall(r"\w+", target["expr"])}  # fmt: skip
                    self.assertIn(label, labels | SCRAPED, panel["title"])


def in_namespace(expression, namespace="sam"):
    """The same of one installation: the operator gives each series the namespace of its pod."""
    one = f'namespace="{namespace}"'
    return re.sub(r"\b(sam_\w+)(\{)?",
                  lambda m: f"{m[1]}{{{one}" + (", " if m[2] else "}"), expression)  # fmt: skip


class PrometheusRule(unittest.TestCase):
    """The Prometheus operator's form of the same rules, each of them for the namespace sam only:
    the Prometheus of a cluster sees every SAM of it."""

    PATH = ("deploy", "kubernetes", "components", "monitoring", "prometheus-rule.yaml")
    HEAD = """\
# Written from deploy/prometheus/rules.yml: SAM_WRITE_DOCS=1 tests/run contract/test_alerts
# Each series with its namespace: another SAM of the cluster neither hides an alert nor makes one.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: sam
spec:
"""
    WIDTH = 98

    def expression(self, match):
        indent = match.group(1) + "  "
        text = in_namespace(" ".join((match.group(2) or match.group(3)).split()))
        lines = textwrap.wrap(text, self.WIDTH, initial_indent=indent, subsequent_indent=indent,
                              break_long_words=False, break_on_hyphens=False)  # fmt: skip
        return "\n".join([f"{match.group(1)}expr: >-", *lines, ""])

    def written(self):
        rules = read("deploy", "prometheus", "rules.yml")
        rules = re.sub(r"^(?=.)", "  ", rules[rules.index("groups:") :], flags=re.M)
        whole = r"^( *)expr: (?:>-\n((?:\1 +.*\n)+)|(.*)\n)"
        return self.HEAD + re.sub(whole, self.expression, rules, flags=re.M)

    def test_it_is_what_the_rules_say(self):
        want = self.written()
        if os.environ.get("SAM_WRITE_DOCS"):
            with open(os.path.join(SOURCE, *self.PATH), "w", encoding="utf-8") as file:
                file.write(want)
        self.assertEqual(read(*self.PATH), want)

    def test_each_series_has_its_namespace(self):
        for name, block in blocks(read(*self.PATH), "alert"):
            expression = value_of(block, "expr")
            named = re.findall(r"\bsam_\w+", expression)
            self.assertTrue(named, name)
            self.assertEqual(expression.count('{namespace="sam"'), len(named), name)
            self.assertEqual(List().wrong(expression), [], name)

    @unittest.skipUnless(HAVE_PROMTOOL, "no promtool here (Debian package prometheus)")
    def test_another_installation_neither_hides_an_alert_nor_makes_one(self):
        """The cases of rules_test.yml: of this SAM, beside another that is well, all come out as
        there; of another alone none does, and what is absent here is absent."""
        for namespace in ("sam", "staging"):
            cases = yaml.safe_load(read("deploy", "prometheus", "rules_test.yml"))
            for case in cases["tests"]:
                for series in case["input_series"]:
                    series["series"] = in_namespace(series["series"], namespace)
                if namespace == "sam":
                    case["input_series"] += [
                        {"series": in_namespace(series, "staging"), "values": f"{value}x700"}
                        for series, value in WELL.items()
                    ]
                    continue
                for look in case["promql_expr_test"]:
                    gone = "Gone" in look["expr"]  # each of them looks after more than 5 minutes
                    look["exp_samples"] = [{"labels": "{}", "value": 1}] if gone else []
            with self.subTest(namespace), tempfile.TemporaryDirectory() as folder:
                rules = yaml.safe_load(read(*self.PATH))["spec"]
                for name, value in (("rules.yml", rules), ("rules_test.yml", cases)):
                    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                        json.dump(value, file)
                done = subprocess.run(["promtool", "test", "rules", "rules_test.yml"], cwd=folder,
                                      capture_output=True, text=True, check=False)  # fmt: skip
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
