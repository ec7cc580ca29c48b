"""Findings as the store keeps them: briefly with a run, as rows of numbers, and back as what they were."""

from collections.abc import Mapping
from typing import Any

from engine.findings import Finding, NotComputed, Part, Severity, Threshold
from engine.store.packed import storable

OPEN = ("warning", "critical")  # severities that call for something
FIELDS = frozenset(Finding.__dataclass_fields__)


def brief_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The findings of a run's document without bins, and what was not computed; what is null or false is left out.

    It is made from the document alone, so that who checks the store makes the same again, whatever version they have.
    """
    findings = [
        {k: v for k, v in one.items() if k != "parts" and v is not None and v is not False}
        for one in document["findings"]
    ]
    return {"findings": findings, "not_computed": document["not_computed"]}


def open_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The brief form of those findings alone that call for something."""
    kept = [one for one in document["findings"] if one["severity"] in OPEN]
    return brief_of({"findings": kept, "not_computed": []})


def finding_of(said: Mapping[str, Any]) -> Finding:
    """A finding from the JSON of a run's document or of its brief form; what a later version adds is left out."""
    known: dict[str, Any] = {"column": None, "kind": None, "value": None}
    known |= {name: value for name, value in said.items() if name in FIELDS}
    known["severity"] = Severity(said["severity"])
    if said.get("threshold"):
        known["threshold"] = Threshold(**said["threshold"])
    for name in ("interval", "band"):
        if said.get(name):
            known[name] = (said[name][0], said[name][1])
    if said.get("parts"):
        known["parts"] = tuple(Part(**one) for one in said["parts"])
    return Finding(**known)


def gap_of(said: Mapping[str, Any]) -> NotComputed:
    """What was not computed, from its JSON."""
    return NotComputed(said["signal"], said["column"], said["metric"], said["because"])


def row_of(place: int, said: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a finding, given as JSON, as a row; place: its number within the run."""
    limits = said["threshold"] or {}
    kept = {name: said[name] for name in ("signal", "metric", "value", "severity", "floor", "n_production")}
    column, noise = storable(said["column"] or ""), bool(said["within_noise"])
    limits = {name: limits.get(name) for name in ("warning", "critical")}
    return {"place": place, **kept, **limits, "column_name": column, "within_noise": noise}
