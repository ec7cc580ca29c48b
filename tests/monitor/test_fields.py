"""Every field of a monitor file has a meaning, stands in the manual with its default, and in a current JSON Schema."""

import json
import re
from pathlib import Path

import pytest
import yaml

from engine.monitor import Monitor
from engine.monitor.fields import MEANING, fields, json_schema, table
from engine.monitor.read import parse_monitor

DOCS = Path(__file__).resolve().parents[2] / "docs"
LEAST = "monitor: m\nreference: {path: a}\nproduction: {path: b}\n"
MANUAL = (DOCS / "monitor.md").read_text(encoding="utf-8")


def test_every_field_has_a_meaning_and_no_meaning_is_left_over():
    assert {one.path for one in fields()} == set(MEANING), "engine/monitor/fields.py: MEANING and the fields differ"


def test_the_manual_has_every_field_as_it_is():
    assert table() in MANUAL, "docs/monitor.md is older than the fields: put the output of fields.table() in its place"


def test_defaults_in_the_table_are_those_of_a_short_file():
    short = parse_monitor(LEAST).model_dump(mode="json")
    rows = {one.path: one.default for one in fields()}
    for path in ("model.name", "model.task", "window.every", "window.least", "against", "policy.false_alarms",
                 "policy.persist", "policy.important", "policy.baselines", "engine.on"):  # fmt: skip
        found = short
        for step in path.split("."):
            found = found[step]
        assert rows[path] == str(found)


def test_the_published_schema_is_current():
    published = json.loads((DOCS / "monitor.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(), "python -m engine check --schema -o docs/monitor.schema.json"


def test_the_schema_tells_editors_what_fields_mean():
    schema = json_schema()
    assert schema["properties"]["against"]["description"] == MEANING["against"]
    rule = schema["$defs"]["Rule"]["properties"]
    assert rule["when"]["description"] == MEANING["policy.rules.when"]
    missing = [name for name, one in schema["properties"].items() if not one.get("description")]
    assert not missing
    assert schema["additionalProperties"] is False and set(schema["required"]) == {
        "monitor", "reference", "production",
    }  # fmt: skip


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL), ids=lambda text: text[:20])
def test_every_example_of_the_manual_is_read(block):
    text = block if "monitor:" in block.splitlines()[0] else LEAST + block
    assert isinstance(parse_monitor(text), Monitor)
    assert yaml.safe_load(text)
