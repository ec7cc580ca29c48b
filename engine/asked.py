"""How a run was asked: columns, plan and counterpart as one JSON value, enough to ask it again of the same files."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from engine.columns import Column, Kind, Role
from engine.outcomes import Terms
from engine.signals import Level, Plan
from engine.tables.late_labels import LabelTable
from engine.tables.sources import Dataset


def asked_of(
    reference: Dataset,
    plan: Plan,
    against: str,
    least: float,
    labels: LabelTable | None = None,
    tier: Literal["exact", "cells"] = "exact",
) -> dict[str, Any]:
    """What was asked of a reference. against: as slices/against.py reads it; least: share of rows of a whole window.

    tier: exact where every column was sorted, cells where slices of a monitor's counts were summed. Of a monitor,
    beside is filled in as engine/monitor/beside.py has it.
    """
    late: dict[str, Any] | None = None
    if labels:
        late = {"name": labels.dataset.name, "id": labels.id, "column": labels.column}
        given = labels.dataset.text.given.document() if labels.dataset.text else {}
        late |= {"csv": given} if given else {}
    return {
        "against": against,
        "beside": None,
        "columns": [
            {"name": c.name, "type": c.type, "kind": str(c.kind), "role": str(c.role)} for c in reference.columns
        ],
        "estimate": plan.estimate,
        "false_alarms": plan.false_alarms,
        "features": None if plan.features is None else sorted(plan.features),
        "judged": {str(kind): list(keys) for kind, keys in plan.judged.items()},
        "labels": late,
        "least": least,
        "metrics": None if plan.metrics is None else sorted(plan.metrics),
        "off": sorted(plan.off),
        "performance": None if plan.performance is None else list(plan.performance),
        "terms": asdict(plan.terms),
        "tier": tier,
        "thresholds": {
            pattern: [[level.amount, level.relative] for level in levels] for pattern, levels in plan.thresholds.items()
        },
    }


def plan_of(asked: Mapping[str, Any]) -> Plan:
    """The plan that asked_of wrote down.

    >>> from engine.tables.sources import open_dataset
    >>> import pyarrow as pa
    >>> plan = Plan(thresholds={"psi": (Level.parse(0.1), Level.parse("5 %"))}, terms=Terms(worth={"tp": 1.0}))
    >>> plan_of(asked_of(open_dataset(pa.table({"x": [1]})), plan, "same cohort", 0.5)) == plan
    True
    """
    return Plan(
        metrics=None if asked["metrics"] is None else frozenset(asked["metrics"]),
        judged={Kind(kind): tuple(keys) for kind, keys in asked["judged"].items()},
        thresholds={
            pattern: (Level(*warning), Level(*critical)) for pattern, (warning, critical) in asked["thresholds"].items()
        },
        features=None if asked["features"] is None else frozenset(asked["features"]),
        false_alarms=asked["false_alarms"],
        performance=None if asked["performance"] is None else tuple(asked["performance"]),
        terms=Terms(**asked["terms"]),
        off=frozenset(asked.get("off", ())),
        estimate=asked.get("estimate", True),
    )


def columns_of(asked: Mapping[str, Any]) -> tuple[Column, ...]:
    """The reference's columns as they were read then."""
    return tuple(Column(one["name"], one["type"], Kind(one["kind"]), Role(one["role"])) for one in asked["columns"])
