"""The supports of all columns of a reference, kept under its fingerprint: a reference is binned once."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.columns import Column
from engine.slices import Slice
from engine.summaries import Scale
from engine.tables import cache
from engine.tables.connection import memory_of
from engine.tables.sources import Dataset
from engine.tables.spark.coding import TOGETHER
from engine.tables.supports import CategoricalSupport, NumericSupport, Support, build_support
from engine.tables.together import in_groups, read_each
from engine.tables.values import Uncounted, value_sql
from engine.tables.watching import Progress

FORMAT = 3  # goes up when the same reference is cut in another way


def binned(reference: Dataset, columns: Sequence[Column], progress: Progress | None = None) -> dict[str, Support | str]:
    """The support of every column, or the reason why it has none. progress may raise Cancelled.

    A reason that may be gone tomorrow – too little memory, values that could not be read – is asked for each time.
    """
    key, place, supports = None, None, dict[str, Support | str]()
    if reference.files or reference.pieces:
        read = [[one.name, one.type, str(one.kind), value_sql(reference.column(one.name), one)] for one in columns]
        key = cache.key_of(FORMAT, [*reference.prints, *(told for _, told in reference.pieces)], read)
        place = cache.recall("binned", key)
        supports = _read(place, columns) if place else {}
    wanted, passing = [column for column in columns if column.name not in supports], set[str]()
    for group in _groups(reference, wanted):
        supports |= _built(reference, group, passing)
        if progress:
            progress(len(supports) / len(columns), f"binned {len(supports)} of {len(columns)} columns of the reference")
    if key and len(passing) < len(wanted):
        kept = [_said(supports[column.name]) if column.name not in passing else None for column in columns]
        text = json.dumps(kept)
        if place:
            cache.forget(place)
        cache.keep("binned", key, lambda folder: _write(folder, text))
    return {column.name: supports[column.name] for column in columns}


def _groups(reference: Dataset, columns: Sequence[Column]) -> Sequence[Sequence[Column]]:
    """The columns that are read together."""
    if reference.far:
        return [columns[at : at + TOGETHER] for at in range(0, len(columns), TOGETHER)]
    return in_groups(columns, reference.rows, len(reference.columns), memory_of(reference.root))


def _built(reference: Dataset, group: Sequence[Column], passing: set[str]) -> dict[str, Support | str]:
    """The supports of columns that are read together; their values are let go of with it.

    passing: grows by the columns that could not be read this time.
    """
    pairs = [*zip(group, read_each(reference, group, Slice()), strict=True)]
    passing |= {column.name for column, one in pairs if isinstance(one, str | Uncounted)}
    return {column.name: one if isinstance(one, str) else build_support(column, one) for column, one in pairs}


def _write(folder: Path, text: str) -> None:
    (folder / "supports.json").write_text(text, encoding="utf-8")


def _read(place: Path, columns: Sequence[Column]) -> dict[str, Support | str]:
    """The supports as they were kept; none if they cannot be read: then they are taken away, and made again."""
    try:
        found = json.loads((place / "supports.json").read_text(encoding="utf-8"))
        pairs = zip(columns, found, strict=True)
        return {column.name: _support(column, said) for column, said in pairs if said is not None}
    except (OSError, ValueError, KeyError, TypeError):
        cache.forget(place)
        return {}


def _said(support: Support | str) -> Any:
    """A support as JSON; Python writes and reads doubles without loss, infinite ones included."""
    if isinstance(support, str):
        return support
    if isinstance(support, CategoricalSupport):
        return {
            "categories": list(support.categories),
            "rarer": sorted(support.rarer),
            "labels": list(support.labels),
            "own": support.own,
        }
    scale = support.scale
    return {
        "edges": support.edges.tolist(),
        "bin_of": support.bin_of.tolist(),
        "labels": list(support.labels),
        "lows": support.lows.tolist(),
        "highs": support.highs.tolist(),
        "unseen": support.unseen,
        "scale": [scale.unit, scale.basis, list(scale.clip)],
        "bounds": list(support.bounds),
        "own": support.own,
    }


def _support(column: Column, said: Any) -> Support | str:
    if isinstance(said, str):
        return said
    return _categorical(column, said) if "categories" in said else _numeric(column, said)


def _categorical(column: Column, said: Mapping[str, Any]) -> CategoricalSupport:
    names = tuple(said["categories"]), frozenset(said["rarer"]), tuple(said["labels"])
    return CategoricalSupport(column, *names, said["own"])


def _numeric(column: Column, said: Mapping[str, Any]) -> NumericSupport:
    unit, basis, (low, high) = said["scale"]
    return NumericSupport(
        column,
        np.array(said["edges"], dtype=np.float64),
        np.array(said["bin_of"], dtype=np.int64),
        tuple(said["labels"]),
        np.array(said["lows"], dtype=np.float64),
        np.array(said["highs"], dtype=np.float64),
        said["unseen"],
        Scale(unit, basis, (low, high)),
        (said["bounds"][0], said["bounds"][1]),
        said["own"],
    )
