"""What is kept of a run's summaries beside its document, so that an old run is redrawn when its data are gone.

Per column: the scored bins with the rows of both sides, and both cumulative curves on at most 250 cells. Counts are
exact; sums within cells are kept to five digits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.run import Run
from engine.summaries import ColumnSummary, Curve, Floats, Histogram, Quality, QualityCounts, Scale
from engine.thinned import thinned

CELLS, LEAST, ALL = 250, 20, 25_000  # of one curve; of one in a run of many columns; of all curves of a run
DIGITS = 5


def summaries_document(run: Run) -> dict[str, Any]:
    """The summaries of a run as JSON."""
    curves = sum(isinstance(one, ColumnSummary) and one.curve is not None for one in run.summaries.values())
    cells = max(LEAST, min(CELLS, ALL // max(curves, 1)))
    columns = {name: _column(one, cells) for name, one in run.summaries.items()}
    return {"schema_version": 1, "kind": "summaries", "run": run.id, "columns": columns}


def summaries_from(said: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, ColumnSummary | str]:
    """The summaries as charts take them. document: of the run; it holds the counts of data quality."""
    quality = {one["column"]: one for one in document["quality"]}
    return {name: _summary(one, quality.get(name)) for name, one in said["columns"].items()}


def _column(one: ColumnSummary | str, cells: int) -> dict[str, Any] | str:
    if isinstance(one, str):
        return one
    said: dict[str, Any] = {"limits": one.quality.limits, "unseen": [list(pair) for pair in one.quality.unseen]}
    if one.because is not None:
        said["because"] = one.because
    if one.histogram is not None:
        said["histogram"] = _histogram(one.histogram)
    if one.curve is not None:
        said["curve"] = _curve(thinned(one.curve, cells))
    return said


def _histogram(one: Histogram) -> dict[str, Any]:
    said = {"labels": list(one.labels), "reference": one.reference.tolist(), "production": one.production.tolist()}
    if one.lows is not None and one.highs is not None:
        said |= {"lows": _ended(one.lows), "highs": _ended(one.highs)}
    return said | ({"unseen": one.unseen} if one.unseen is not None else {})


def _curve(one: Curve) -> dict[str, Any]:
    scale = {"unit": one.scale.unit, "basis": one.scale.basis, "clip": _ended(np.array(one.scale.clip))}
    sums = {name: _short(getattr(one, name)) for name in ("reference_gap", "production_gap")}
    return {
        "edges": one.edges.tolist(),
        "reference": one.reference.tolist(),
        "production": one.production.tolist(),
        **sums,
        "scale": scale,
        "infinite": [list(one.reference_infinite), list(one.production_infinite)],
        "slack": one.slack if np.isfinite(one.slack) else None,
    }


def _short(values: Floats) -> list[float | int | None]:
    """Five digits of each; whole numbers as such. What is beyond a double is None."""
    rounded = [float(f"{value:.{DIGITS}g}") for value in values.tolist()]
    return [
        None if not np.isfinite(one) else int(one) if one.is_integer() and abs(one) < 1e15 else one for one in rounded
    ]


def _ended(values: Floats) -> list[float | str]:
    """Limits, of which the outer ones have no number: "-inf", "inf"."""
    return [one if np.isfinite(one) else str(one) for one in values.tolist()]


def _floats(said: list[Any]) -> Floats:
    return np.array([np.inf if one is None else float(one) for one in said], dtype=np.float64)


def _summary(said: Mapping[str, Any] | str, counts: Mapping[str, Any] | None) -> ColumnSummary | str:
    if isinstance(said, str):
        return said
    sides = [QualityCounts(**counts[side]) if counts else QualityCounts(0) for side in ("reference", "production")]
    quality = Quality(sides[0], sides[1], said["limits"], tuple((name, n) for name, n in said["unseen"]))
    bins, curve = said.get("histogram"), said.get("curve")
    return ColumnSummary(
        quality,
        histogram=None if bins is None else Histogram(
            tuple(bins["labels"]), np.array(bins["reference"], np.int64), np.array(bins["production"], np.int64),
            _floats(bins["lows"]) if "lows" in bins else None, _floats(bins["highs"]) if "highs" in bins else None,
            bins.get("unseen"),
        ),
        curve=None if curve is None else Curve(
            _floats(curve["edges"]), np.array(curve["reference"], np.int64), np.array(curve["production"], np.int64),
            _floats(curve["reference_gap"]), _floats(curve["production_gap"]),
            Scale(curve["scale"]["unit"], curve["scale"]["basis"], tuple(_floats(curve["scale"]["clip"]).tolist())),
            tuple(curve["infinite"][0]), tuple(curve["infinite"][1]),
            np.inf if curve["slack"] is None else curve["slack"],
        ),
        because=said.get("because"),
    )  # fmt: skip
