"""A run out of the store, to be drawn, exported and read like a fresh one, with or without its data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine.run import Run, Side
from engine.slices import Filter, Slice, Window
from engine.slices.against import Against
from engine.store.findings import finding_of, gap_of
from engine.store.kept import summaries_from
from engine.store.opening import Store, reading
from engine.store.packed import unpacked
from engine.store.runs import full_id
from engine.store.tables import RUNS


@dataclass(frozen=True)
class Recorded(Run):
    """A run as it was recorded. told: its document, word for word; engine versions are those of then.

    Its summaries are those of engine/store/kept.py; outcomes and ranking are not kept, their findings are.
    """

    told: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def _body(self, bins: bool = True) -> dict[str, Any]:
        said = {name: one for name, one in self.told.items() if name != "id"}
        if bins:
            return said
        bare = [{name: value for name, value in one.items() if name != "parts"} for one in said["findings"]]
        return {**said, "findings": bare}


def run_of(store: Store, run: str) -> Recorded:
    """A recorded run by its id or the first characters of it. Raises UnknownName with the nearest id."""
    with reading(store) as connection:
        whole = full_id(connection, run)
        row = connection.execute(select(RUNS.c.document, RUNS.c.summaries).where(RUNS.c.id == whole)).one()
    return revived(json.loads(unpacked(row.document, whole)), json.loads(unpacked(row.summaries, whole)))


def revived(told: Mapping[str, Any], summaries: Mapping[str, Any]) -> Recorded:
    """The run that a document and its summaries tell of."""
    held = told["against"]
    return Recorded(
        at=told["at"],
        cut=_slice(told["slice"]),
        against=Against(held["side"], _slice(held)),
        reference=Side(**told["reference"]),
        production=Side(**told["production"]),
        findings=tuple(finding_of(one) for one in told["findings"]),
        not_computed=tuple(gap_of(one) for one in told["not_computed"]),
        summaries=summaries_from(summaries, told),
        monitor=told["monitor"],
        monitor_digest=told["monitor_digest"],
        notes=tuple(told["notes"]),
        reasons={one["column"]: tuple(one["sentences"]) for one in told["reasons"]},
        asked=told.get("asked"),
        definition=told.get("definition"),
        told=told,
    )


def _slice(said: Mapping[str, Any]) -> Slice:
    filters = tuple(Filter(one["column"], one["operator"], tuple(one["values"])) for one in said["cohort"])
    window = said["window"]
    span = Window(*(datetime.fromisoformat(window[end]) for end in ("start", "end"))) if window else None
    return Slice(filters, span, said["without"])
