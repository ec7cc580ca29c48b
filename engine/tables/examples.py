"""Values that stand out, by example: what cannot be read, what lies out of range, what the reference never had."""

from dataclasses import dataclass

import numpy as np

from engine.columns import ORDERED, Column, Kind
from engine.slices import Slice, is_number, quoted
from engine.tables.known import known_categories
from engine.tables.labels import say
from engine.tables.sources import Dataset
from engine.tables.supports import CategoricalSupport, NumericSupport, Support
from engine.tables.values import LARGEST, Uncounted, can_fail, read_categories, value_sql

MOST = 10  # of each kind
LENGTH = 200  # letters of a value that are kept


@dataclass(frozen=True, slots=True)
class Example:
    """A value as it is stored, what is wrong with it, and the rows that hold it. problem: a key of QualityCounts."""

    value: str
    problem: str
    words: str
    rows: int


def unreadable(dataset: Dataset, wanted: Column, cut: Slice) -> tuple[Example, ...]:
    """Values that cannot be read as the reference's type, the most frequent first."""
    stored = dataset.column(wanted.name)
    if wanted.kind is Kind.NESTED or not can_fail(stored, wanted):
        return ()
    condition, values = dataset.where(cut)
    sql = (
        f"SELECT left(shown, {LENGTH}) AS shown, n FROM (SELECT CAST({quoted(stored.name)} AS VARCHAR) AS shown, "
        f"count(*) AS n FROM {dataset.scan} WHERE ({condition}) AND {quoted(stored.name)} IS NOT NULL "
        f"AND ({value_sql(stored, wanted)}) IS NULL GROUP BY 1) ORDER BY n DESC, shown LIMIT {MOST}"
    )
    said = f"cannot be read as {wanted.type}"
    if wanted.base == "VARCHAR":  # a text column that is read as numbers or moments by its kind
        said = "is no number" if wanted.kind is Kind.NUMERIC else "is no moment in time"
    return tuple(Example(row["shown"], "type_errors", said, row["n"]) for row in dataset.query(sql, values).to_pylist())


def outside(dataset: Dataset, wanted: Column, support: Support, cut: Slice) -> tuple[Example, ...]:
    """Values out of the reference's range or categories, the most frequent first, then the farthest out."""
    if isinstance(support, CategoricalSupport):
        found = read_categories(dataset, wanted, cut)
        if isinstance(found, Uncounted):
            found = known_categories(dataset, wanted, cut, support)
        new = [(name, int(n)) for name, n in zip(found.names, found.counts, strict=True) if name not in support.index]
        return tuple(Example(name[:LENGTH], "out_of_bounds", "never seen before", n) for name, n in new[:MOST])
    return _out_of_range(dataset, wanted, support, cut) if wanted.kind in ORDERED else ()


def _out_of_range(dataset: Dataset, wanted: Column, support: NumericSupport, cut: Slice) -> tuple[Example, ...]:
    name = quoted(dataset.column(wanted.name).name)
    condition, values = dataset.where(cut)
    low, high = support.bounds
    read = f"SELECT {name}, {value_sql(dataset.column(wanted.name), wanted)} AS value FROM {dataset.scan}"
    sql = (
        f"SELECT left(shown, {LENGTH}) AS shown, value, n FROM (SELECT CAST({name} AS VARCHAR) AS shown, "
        f"any_value(value) AS value, count(*) AS n FROM ({read} WHERE {condition}) "
        f"WHERE {is_number('value')} AND (value < ? OR value > ?) GROUP BY 1) "
        f"ORDER BY n DESC, greatest(? - value, value - ?) DESC, shown LIMIT {MOST}"
    )
    found = dataset.query(sql, [*values, low, high, low, high]).to_pylist()
    return tuple(Example(row["shown"], "out_of_bounds", _words(row["value"], support), row["n"]) for row in found)


def _words(value: float, support: NumericSupport) -> str:
    """How a value lies out of range."""
    low, high = support.bounds
    if not np.isfinite(value):
        return "infinite"
    bound, side = (low, "below") if value < low else (high, "above")
    far = " (so large that it counts as infinite)" if abs(value) >= LARGEST else ""
    return f"{side} the reference's {say(bound, support.column, 6)}{far}"
