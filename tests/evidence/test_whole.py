"""Documents of runs from files: what a run writes is taken, whatever a later version adds; what is broken is told."""

import copy

import jsonschema
import pytest

from engine.evidence.schema import run_schema
from engine.evidence.whole import flaw_of


def test_what_runs_write_is_whole(run, demo):
    for one in (run, *demo):
        assert flaw_of(one) == ""
        assert flaw_of({**one, "asked": None, "later": {"more": 1}}) == ""


BROKEN = {
    "The document is no object.": lambda said: [said],
    "kind is 'snapshot'.": lambda said: said.update(kind="snapshot"),
    "slice.cohort is missing.": lambda said: said["slice"].pop("cohort"),
    "reference.rows is -1.": lambda said: said["reference"].update(rows=-1),
    "reference.rows is no integer.": lambda said: said["reference"].update(rows=True),
    "production.sha256 is 'x'.": lambda said: said["production"].update(sha256="x"),
    "findings is no array.": lambda said: said.update(findings={}),
    "findings.2.metric is no string.": lambda said: said["findings"][2].update(metric=None),
    "findings.0.interval has 1 parts.": lambda said: said["findings"][0].update(interval=[1.0]),
    "notes.0 is no string.": lambda said: said.update(notes=[[]]),
    "at is 'yesterday'.": lambda said: said.update(at="yesterday"),
}


@pytest.mark.parametrize("flaw", BROKEN)
def test_what_is_broken_is_told_with_its_place_and_the_schema_says_so_too(run, flaw):
    said = copy.deepcopy(run)
    said = [said] if flaw.startswith("The document") else said
    if isinstance(said, dict):
        BROKEN[flaw](said)
    assert flaw_of(said) == flaw
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(said, run_schema())


@pytest.mark.parametrize(
    "asked",
    [
        {"labels": {"name": "a"}}, {"labels": "late"}, {"columns": [{"name": "x"}]}, {"judged": {"odd": []}},
        {"least": "half"}, {"thresholds": {"psi": [1]}}, {"terms": {"worth": 1, "odd": 2}}, {"tier": None},
    ],
    ids=str,
)  # fmt: skip
def test_what_was_asked_otherwise_than_a_run_asks_is_told(run, asked):
    assert flaw_of({**run, "asked": {**run["asked"], **asked}}) == "asked is not as a run writes it."
    assert flaw_of({**run, "asked": {}}) == "asked is not as a run writes it."


def test_every_alternative_of_the_schema_is_something_or_null():
    def within(schema):
        yield schema
        for one in (*schema.get("anyOf", ()), *schema.get("properties", {}).values(), schema.get("items", {})):
            yield from within(one) if one else ()

    for one in within(run_schema()):
        if "anyOf" in one:
            assert len(one["anyOf"]) == 2 and one["anyOf"][1] == {"type": "null"}
