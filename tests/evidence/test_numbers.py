"""A run's numbers belong to a version: what the demo's week reads in this one is on record, none drifts unsaid."""

import json
from pathlib import Path

import pytest

from engine.record import name_of
from engine.run import VERSION

KEPT = Path(__file__).with_name("numbers.json")
OTHERWISE = (
    "the numbers of the demo's week are others than those version {} is known by; where that is meant, raise VERSION "
    "in engine/run.py and write them anew: PYTHONPATH=. python tests/evidence/test_numbers.py"
)


def numbers_of(run):
    """Value and floor of every finding, and every estimate and importance."""
    found = {name_of(one["column"], one["metric"]): [one["value"], one["floor"]] for one in run["findings"]}
    found |= {f"estimate {one['metric']}": [one["value"], one["low"]] for one in run["estimates"]}
    features = run["importance"]["features"] if run["importance"] else []
    return found | {f"importance {one['feature']}": [one["reference"], one["production"]] for one in features}


def test_the_numbers_are_those_of_the_version(demo):
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert kept["version"] == VERSION, "VERSION went up: write the numbers anew, as the text below says. " + OTHERWISE
    found = numbers_of(demo[0])
    assert len(found) > 190 and found.keys() == kept["numbers"].keys(), OTHERWISE.format(VERSION)
    wrong = {
        name: (kept["numbers"][name], pair)
        for name, pair in found.items()
        for first, second in zip(kept["numbers"][name], pair, strict=True)
        if first != (None if second is None else pytest.approx(second, rel=1e-9, abs=1e-12))
    }
    assert not wrong, f"{OTHERWISE.format(VERSION)}: {dict(list(wrong.items())[:5])}"


def write():
    """Put on record what the demo's week reads now."""
    from engine.explore import look, open_monitor
    from engine.monitor import read_monitor
    from engine.slices import Slice, parse_window

    path = Path(__file__).resolve().parents[2] / "data" / "monitors" / "flights.yaml"
    run = look(open_monitor(read_monitor(path), path.parent), Slice((), parse_window("2013-04-22..2013-04-29")))
    said = {"version": VERSION, "numbers": numbers_of(json.loads(run.to_json()))}
    KEPT.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
