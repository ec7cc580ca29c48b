"""Findings as the store keeps them: briefly with a run, as rows of numbers, and back as what they were."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from engine.findings import Finding, NotComputed, Part, Severity, Threshold
from engine.store.packed import storable


def brief_of(findings: Iterable[Finding], not_computed: Iterable[NotComputed]) -> dict[str, Any]:
    """Findings without their bins, and what was not computed, as JSON; what is None or false is left out."""
    return {
        "findings": [{k: v for k, v in _plain(one).items() if v is not None and v is not False} for one in findings],
        "not_computed": [asdict(one) for one in not_computed],
    }


def _plain(one: Finding) -> dict[str, Any]:
    return {**asdict(one), "severity": str(one.severity), "parts": None}


def briefly(document: Mapping[str, Any]) -> dict[str, Any]:
    """The brief form of what a run's document says: what the store should hold beside it."""
    return brief_of(map(finding_of, document["findings"]), map(gap_of, document["not_computed"]))


def finding_of(said: Mapping[str, Any]) -> Finding:
    """A finding from the JSON of a run's document or of its brief form; what a later version adds is left out."""
    known = {name: said[name] for name in Finding.__dataclass_fields__ if name in said}
    known |= {name: None for name in ("column", "kind", "value") if name not in said}
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


def row_of(place: int, one: Finding) -> dict[str, Any]:
    """The numbers of a finding as a row; place: its number within the run."""
    limits = one.threshold
    return {
        "place": place,
        "signal": one.signal,
        "column_name": storable(one.column or ""),
        "metric": one.metric,
        "value": one.value,
        "severity": str(one.severity),
        "floor": one.floor,
        "warning": limits.warning if limits else None,
        "critical": limits.critical if limits else None,
        "within_noise": one.within_noise,
        "n_production": one.n_production,
    }
