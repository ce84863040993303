"""schemas/json and the readers in C say the same about the files that users write.

The corpora stand in files/NAME.json, like those of the records (test_schemas.py), with one group
more:
  only_c_takes      C is more patient than the schema, which shows the one way to write it
Beyond the corpus, every key of a campaign is changed in every way that could matter. There the two
may differ only as the two groups of the corpus say.
"""

import json
import os
import re
import subprocess
import unittest

from schema_check import (
    HERE,
    SCHEMAS,
    VALIDATORS,
    VERDICT,
    judge_by_schema,
    judge_in_c,
    jsonschema,
    load,
    words_of,
)

FILES = os.path.join(HERE, "files")
README = os.path.join(HERE, "..", "..", "README.md")
TABLE = os.path.join(HERE, "..", "..", "schemas", "calendar", "holidays.txt")
CAMPAIGN = SCHEMAS["campaign"]

# C's words for what a schema cannot know.
ONLY_C = re.compile(
    r"ISO 3166 code|must be an IANA zone|timezone: missing; \w\w has several|hours: must end later|"
    r"end_at: must be later|no such variable|brace|contains a NUL|without its variables|"
    r"must be at least 30d|subdivision: \w\w has"
)


SAMPLES = [
    None, True, False, 0, 1, 1.5, -1, 100000, 100001, "", " ", "x", [], ["x"], [""], [1], {},
    {"x": 1}, {"text": "a"}, {"text": ""}, {"text": 1}, {"text": "a", "after": "1d"},
    {"text": "a", "after": 1}, {"after": "1d"}, "1d", "1d12h", "0s", "0w0ms", "12h1d", "1ms",
    "1x", "d", "1d ", "-1d", "1.5d", "2w21d", "5m5ms", "9:00", "09:00", "23:59", "24:00", "24:01",
    "23:60", "a9:00", "2027-01-15T09:00:00Z", "2027-01-15", "2027-02-30T00:00:00Z",
    "1969-01-01T00:00:00Z", "DE", "US", "de", "DEU", "connector", "messenger", "hold", "cut",
    "Europe/Berlin", "Europe/Atlantis", ["monday"], ["monday", "monday"], "a" * 9, "a" * 10,
    "a" * 200, "a" * 201, "a" * 32000, "a" * 32001, ["anna", "ben"], ["anna", "anna"],
    ["a"] * 1001, [str(n) for n in range(1000)], [str(n) for n in range(1001)],
    {"from": "10:00"}, {"to": "10:00"}, {"from": "10:00", "to": "10:00"}, {"from": 9},
]  # fmt: skip


def corpus(name):
    """(group, case, text) of every case."""
    groups = load(os.path.join(FILES, name + ".json"))
    base = groups["good"][0]["record"]
    return [(group, case, words_of(case, base)) for group in groups for case in groups[group]]


class Campaign(unittest.TestCase):
    def test_schema_and_c_agree(self):
        cases = corpus("campaign")
        answers = judge_in_c([("campaign", text) for _, _, text in cases])
        for (group, case, text), (good, words) in zip(cases, answers):
            with self.subTest(group=group, case=case["name"]):
                self.assertEqual(good, group in ("good", "only_c_takes"), words)
                by_schema = judge_by_schema("campaign", text)
                self.assertEqual(by_schema, group in ("good", "only_c_can_tell"))
                if not good:
                    self.assertIn(case["why"], words)
                if group == "only_c_can_tell":
                    self.assertNotIn("; file", words, "one thing is wrong, one line is said")

    def changes(self, record):
        """(key, value, changed file) for every key, at the top, in hours and in the messages."""
        for key in [*CAMPAIGN["properties"], "other"]:
            yield key, "deleted", {k: v for k, v in record.items() if k != key}
            for value in SAMPLES:
                yield key, value, {**record, key: value}
        messages = record["message_templates"]
        for key in [*messages, "follow_up_3", "follow_up_0", "direct_message_3", "other"]:
            less = {k: v for k, v in messages.items() if k != key}
            yield key, "deleted", {**record, "message_templates": less}
            for value in SAMPLES:
                yield key, value, {**record, "message_templates": {**messages, key: value}}

    def only_patience(self, key, value):
        """Does only_c_takes of the corpus cover it?"""
        return key == "weekend" and value == ["monday", "monday"]

    def test_every_key_in_every_way(self):
        for example in CAMPAIGN["examples"]:
            changed = list(self.changes(example))
            answers = judge_in_c([("campaign", json.dumps(c)) for _, _, c in changed])
            for (key, value, file), (good, words) in zip(changed, answers):
                by_schema = VALIDATORS["campaign"].is_valid(file)
                if by_schema == good:
                    continue
                if by_schema and ONLY_C.search(words):
                    continue
                if good and self.only_patience(key, value):
                    continue
                self.fail(
                    f"{example['name']}, {key} = {repr(value)[:80]}: C says "
                    f"{'good' if good else words!r}, the schema says the opposite"
                )

    def test_each_subdivision_of_the_tables(self):
        """Those of the holidays, and Sharjah, which has only a weekend of its own."""
        parts = [("AE", "SH")]
        with open(TABLE, encoding="utf-8") as file:
            rows = [line.split("\t") for line in file if not line.startswith("#")]
        parts += [(row[0], part) for row in rows if row[2] == "s" for part in row[1].split(",")]
        self.assertGreater(len(parts), 600)
        files = [
            {**CAMPAIGN["examples"][0], "country": country, "timezone": "Etc/UTC",
             "subdivision": prefix + part}
            for country, part in parts for prefix in ("", country + "-")
        ]  # fmt: skip
        answers = judge_in_c([("campaign", json.dumps(file)) for file in files])
        for file, (good, words) in zip(files, answers):
            with self.subTest(country=file["country"], subdivision=file["subdivision"]):
                self.assertTrue(good, words)
                self.assertTrue(VALIDATORS["campaign"].is_valid(file))

    def test_messages_are_kept_as_written(self):
        (good, words), = judge_in_c([("campaign", json.dumps(CAMPAIGN["examples"][0]))])
        self.assertTrue(good, words)
        day = 24 * 3600 * 1000
        self.assertEqual(
            [(step["message_type"], step["after_ms"]) for step in json.loads(words)],
            [("connection_request", 0), ("follow_up_1", day), ("follow_up_2", 4 * day)],
        )

    def test_the_example_of_the_readme(self):
        with open(README, encoding="utf-8") as file:
            blocks = re.findall(r"```\n(.*?)```", file.read(), re.S)
        examples = [" ".join(b.split()) for b in blocks if '"campaign_type"' in b]
        self.assertEqual(len(examples), 1)
        self.assertTrue(judge_by_schema("campaign", examples[0]))
        ((good, words),) = judge_in_c([("campaign", examples[0])])
        self.assertTrue(good, words)

    def test_enums_are_the_lists_in_c(self):
        done = subprocess.run([VERDICT, "names"], capture_output=True, check=True)
        names = json.loads(done.stdout)
        keys = CAMPAIGN["properties"]
        self.assertEqual(keys["campaign_type"]["enum"], names["campaign_type"])
        self.assertEqual(keys["on_note_limit"]["enum"], [*names["note_limit"], None])


class People(unittest.TestCase):
    def test_corpus(self):
        for group, case, text in corpus("people"):
            with self.subTest(group=group, case=case["name"]):
                self.assertEqual(judge_by_schema("people", text), group == "good")

    def test_c_takes_the_identities_of_the_good_lines(self):
        keys = ("linkedin_url", "linkedin_user_id")
        good = [json.loads(text) for group, _, text in corpus("people") if group == "good"]
        given = [("identity", line[key]) for line in good for key in keys if line.get(key)]
        self.assertGreaterEqual(len(given), len(good))
        for (_, text), (taken, words) in zip(given, judge_in_c(given)):
            with self.subTest(identity=text):
                self.assertTrue(taken, words)


class Schemas(unittest.TestCase):
    def test_schemas_are_schemas(self):
        for name in ("campaign", "people"):
            with self.subTest(name=name):
                schema = SCHEMAS[name]
                jsonschema.Draft202012Validator.check_schema(schema)
                self.assertEqual(schema["$id"], "urn:sam:" + name)
                for example in schema["examples"]:
                    self.assertEqual(list(VALIDATORS[name].iter_errors(example)), [])


if __name__ == "__main__":
    unittest.main()
