"""schemas/json and the readers in C say the same about records.

Each record type has a schema and a corpus (records/TYPE.json):
  good              both take it, and what C writes again still fits the schema
  bad               both refuse it; C's reason contains `why`
  only_c_can_tell   C refuses it, a schema cannot say it (bytes, nesting, what follows)
A case is a whole `record`, `raw` text, or the first good record with `set` and `delete` applied.
Beyond the corpus, every key that a schema names is changed in every way that could matter.
"""

import json
import os
import re
import subprocess
import unittest

from schema_check import (
    CORPUS,
    ROOT,
    SCHEMAS as ALL_SCHEMAS,
    VALIDATORS,
    VERDICT,
    enums_of,
    jsonschema,
    judge_by_schema,
    judge_in_c,
    load,
    named_keys,
    numbers_of,
    words_of,
)

SCHEMAS = {name: schema for name, schema in ALL_SCHEMAS.items() if name.startswith("sam.")}

# Which of C's lists stands behind an enum, by schema and key.
LISTS = {
    ("sam.job.v1", "kind"): "call_kind",
    ("sam.sync.v1", "kind"): "sync_kind",
    ("sam.attempt.started.v1", "kind"): "call_kind",
    ("sam.attempt.ended.v1", "kind"): "call_kind",
    ("sam.attempt.ended.v1", "outcome"): "outcome",
    ("sam.attempt.ended.v1", "refusal"): "refusal",
    ("sam.person.v1", "finding"): "finding",
    ("sam.person.v1", "status"): "person_status",
    ("sam.person.v1", "reply_class"): "reply_class",
    ("sam.campaign.v1", "status"): "campaign_status",
    ("sam.workspace.v1", "status"): "workspace_status",
    ("sam.blocklist.v1", "kind"): "block_kind",
    ("sam.account.v1", "status"): "account_status",
    ("sam.account.v1", "sync"): "sync_kind",
    ("sam.account_state.v1", "status"): "account_status",
    ("sam.account_state.v1", "reason"): "reason",
}


def corpus():
    """(type, group, case, text) of every case."""
    for name in SCHEMAS:
        groups = load(os.path.join(CORPUS, name + ".json"))
        base = groups["good"][0]["record"]
        for group, cases in groups.items():
            for case in cases:
                yield name, group, case, words_of(case, base)


class Corpus(unittest.TestCase):
    def test_schema_and_c_agree(self):
        cases = list(corpus())
        answers = judge_in_c([(name, text) for name, _, _, text in cases])
        for (name, group, case, text), (good, words) in zip(cases, answers):
            with self.subTest(type=name, group=group, case=case["name"]):
                self.assertEqual(good, group == "good", words)
                if group == "only_c_can_tell":
                    self.assertIn(case["why"], words)
                    continue
                self.assertEqual(judge_by_schema(name, text), group == "good")
                if group == "bad":
                    self.assertIn(case["why"], words)

    def test_what_c_writes_fits_the_schema(self):
        cases = [(name, text) for name, group, _, text in corpus() if group == "good"]
        for (name, text), (good, written) in zip(cases, judge_in_c(cases)):
            with self.subTest(type=name, text=text):
                self.assertTrue(good, written)
                self.assertEqual(list(VALIDATORS[name].iter_errors(json.loads(written))), [])
                kept = {key for key, value in json.loads(text).items() if value is not None}
                self.assertEqual(set(json.loads(written)), kept & named_keys(SCHEMAS[name]))

    def test_unknown_types_are_told_apart_from_broken_records(self):
        for name in ("sam.job.v2", "sam.attempt.ended.v9", "sam.person", ""):
            (good, words), = judge_in_c([(name, "{}")])
            self.assertFalse(good)
            self.assertIn("ce_type", words)


SAMPLES = [
    None, True, 0, 1, -1, 5, 1.5, [], {}, [1], {"a": 1}, "x", " ", "null",
    "0197c0de-0000-7000-8000-000000000001", "0197C0DE-0000-7000-8000-00000000000A",
    "00000000-0000-0000-0000-000000000000", "0197c0de000070008000000000000001",
    "0197c0de-0000-7000-8000-00000000000", "0197c0de-0000-7000-8000-0000000000012",
    "0197c0de-0000-7000-8000-00000000000g", "{0197c0de-0000-7000-8000-000000000001}",
    "2026-11-23T09:00:00.000Z", "2026-11-23T09:00:00Z", "2026-11-23t09:00:00z",
    "2026-11-23 09:00:00.5+01:00", "2026-11-23T09:00:00.123456789-0330", "2024-02-29T00:00:00Z",
    "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z",
    "2026-11-23T24:00:00Z", "2026-11-23T23:60:00Z", "2026-11-23T23:59:60Z", "2026-11-23T23:59:61Z",
    "2026-11-23T09:00:00", "2026-11-23T09:00:00.Z", "2026-11-23T09:00Z", "2026-11-23",
    "2026-11-23T09:00:00+24:00", "2026-11-23T09:00:00+01", " 2026-11-23T09:00:00Z", "20261123",
]  # fmt: skip


def samples(schema):
    yield from SAMPLES
    for n in sorted(set(numbers_of(schema, "maxLength"))):
        yield from ("a" * n, "a" * (n + 1))
    for n in sorted({*numbers_of(schema, "minimum"), *numbers_of(schema, "maximum")}):
        # More than 64 bits is not what a schema is about.
        yield from (v for v in (n - 1, n, n + 1) if abs(v) < 2**63)
    for values in enums_of(schema).values():
        yield from values


class Changes(unittest.TestCase):
    """What a schema says of a key is what C says, for every key and good record."""

    def changes(self, name, record):
        schema = SCHEMAS[name]
        enums = enums_of(schema)
        values = list(samples(schema))
        for key in sorted(named_keys(schema)):
            yield key, "deleted", {k: v for k, v in record.items() if k != key}
            for value in values:
                yield key, repr(value)[:60], {**record, key: value}
            # An empty text reads as absent where a text may be absent; the schemas say so in words
            # and not in every enum.
            if key not in enums:
                yield key, "''", {**record, key: ""}

    def test_every_key_in_every_way(self):
        for name, group, case, text in corpus():
            if group != "good":
                continue
            changed = list(self.changes(name, json.loads(text)))
            answers = judge_in_c([(name, json.dumps(record)) for _, _, record in changed])
            for (key, what, record), (good, words) in zip(changed, answers):
                if VALIDATORS[name].is_valid(record) != good:
                    self.fail(
                        f"{name}, {case['name']!r}, {key} {what}: C says "
                        f"{'good' if good else words!r}, the schema says the opposite"
                    )


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = subprocess.run([VERDICT, "names"], capture_output=True, check=True)
        cls.names = json.loads(done.stdout)

    def test_every_record_type_has_a_schema(self):
        self.assertEqual(set(SCHEMAS), {"sam.job.v1", "sam.sync.v1", "sam.account_state.v1",
                                        *self.names["event_type"]})  # fmt: skip

    def test_schemas_are_schemas(self):
        for name, schema in SCHEMAS.items():
            with self.subTest(type=name):
                jsonschema.Draft202012Validator.check_schema(schema)
                self.assertEqual(schema["title"], name)
                self.assertEqual(schema["$id"], "urn:sam:" + name)
                self.assertIn("ce_type " + name, schema["description"])
                self.assertTrue(schema["examples"])
                for example in schema["examples"]:
                    self.assertEqual(list(VALIDATORS[name].iter_errors(example)), [])

    def test_enums_are_the_lists_in_c(self):
        found = set()
        for name, schema in SCHEMAS.items():
            for key, values in enums_of(schema).items():
                found.add((name, key))
                with self.subTest(type=name, key=key):
                    self.assertEqual(values, self.names[LISTS[name, key]])
        self.assertEqual(found, set(LISTS))

    def test_every_key_that_c_reads_is_named(self):
        read = set()
        reads = r'(?:record_get_\w+|GET_ENUM)\(&?r, "(\w+)"|\{"(\w+)", offsetof'
        for source in ("job.c", "event.c", "account_state.c"):
            with open(os.path.join(ROOT, "common", "model", source), encoding="utf-8") as file:
                read |= {key for keys in re.findall(reads, file.read()) for key in keys if key}
        named = set().union(*(named_keys(schema) for schema in SCHEMAS.values()))
        self.assertEqual(read, named)

    def test_no_record_has_room_for_a_text_or_a_name(self):
        for name, schema in SCHEMAS.items():
            for key in named_keys(schema):
                self.assertNotRegex(key, r"text|note|body|first|last|company|email", name)


if __name__ == "__main__":
    unittest.main()
