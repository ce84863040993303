"""What test_schemas*.py share: the schemas, their validators, and the verdicts of C."""

import calendar
import copy
import glob
import json
import os
import re
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("needs the Python package jsonschema: apt-get install python3-jsonschema")

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
VERDICT = os.path.join(
    os.environ.get("SAM_TESTS", os.path.join(ROOT, "build", "dev", "tests")), "verdict"
)
CORPUS = os.path.join(HERE, "records")
FORMATS = jsonschema.FormatChecker(())


@FORMATS.checks("date-time")
def is_date_time(value):
    """The form is the schema's pattern; only the length of the months is left."""
    found = re.match(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", value) if isinstance(value, str) else None
    if not found:
        return True
    year, month, day = (int(part) for part in found.groups())
    return not 1 <= month <= 12 or day <= calendar.monthrange(year or 4, month)[1]


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def schemas():
    """Of the records by their type, of the users' files by their name."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "schemas", "json", "*.schema.json"))):
        schema = load(path)
        found[os.path.basename(path)[: -len(".schema.json")]] = schema
    return found


SCHEMAS = schemas()
VALIDATORS = {
    name: jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
    for name, schema in SCHEMAS.items()
}


def judge_in_c(cases):
    """(good, C's words) for each (type, text)."""
    lines = b"".join(f"{name}\t{text}\n".encode("utf-8") for name, text in cases)
    done = subprocess.run([VERDICT], input=lines, capture_output=True, check=True)
    answers = done.stdout.decode("utf-8").splitlines()
    assert len(answers) == len(cases), f"{len(answers)} answers to {len(cases)} cases"
    return [(a.startswith("good "), a.split(" ", 1)[1]) for a in answers]


def judge_by_schema(name, text):
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return VALIDATORS[name].is_valid(value)


def words_of(case, base):
    """The record's text."""
    if "raw" in case:
        return case["raw"]
    record = copy.deepcopy(case.get("record", base))
    record.update(case.get("set", {}))
    for key in case.get("delete", []):
        del record[key]
    return json.dumps(record)


def parts_of(schema):
    """The schema and those inside it that speak of the same object."""
    yield schema
    for part in schema.get("allOf", []):
        yield from parts_of(part)
    for key in ("if", "then", "else"):
        if key in schema:
            yield from parts_of(schema[key])


def named_keys(schema):
    return {key for part in parts_of(schema) for key in part.get("properties", {})}


def numbers_of(schema, word):
    """Every value of a word like maxLength, anywhere in the schema."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == word:
                yield value
            yield from numbers_of(value, word)
    elif isinstance(schema, list):
        for value in schema:
            yield from numbers_of(value, word)


def enums_of(schema):
    """{key: values} of the enums that stand at a key."""
    found = {}
    for part in parts_of(schema):
        for key, value in part.get("properties", {}).items():
            if "enum" in value:
                found[key] = [v for v in value["enum"] if v is not None]
    return found
