"""What columns hold at a glance, before there is a monitor: missing values, different ones, range, and their shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite

import numpy as np

from engine.columns import ORDERED, Column, Kind
from engine.errors import PlumblineError, plain
from engine.slices import is_number, quoted
from engine.summaries import Floats
from engine.tables.sources import Dataset
from engine.tables.values import there_sql, value_sql
from engine.tables.watching import Progress

BARS = 16  # of the shape of numbers and moments
TOP = 8  # categories that are told apart; the rest is one bar
SAMPLED = 40_000  # rows, about, of which the bars of numbers and moments are drawn where there are more
FEW = 1_000  # values that such rows hold at least: of a column with fewer in them, most of it missing, all are drawn
TOGETHER = 40  # columns of one query
KEYLIKE = 0.5  # share of rows beyond which different texts are not counted one by one: no category is frequent

EMPTY: Floats = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Profile:
    """One column of one dataset. nulls (not-a-number too) and errors (no value of this kind) are rows.

    distinct: different values, within 5 % where it is not exact. low, high: as text, empty where there is no order.
    top: the most frequent categories with their rows. limits: the first bar's lower and the last one's upper limit;
    names: categories of the bars. bars: rows of each, the last one all other categories. sampled: whether the bars are
    of some rows only; all else is of every row.
    """

    name: str
    kind: Kind
    rows: int
    nulls: int
    errors: int
    distinct: int
    exact: bool
    low: str = ""
    high: str = ""
    top: tuple[tuple[str, int], ...] = ()
    limits: tuple[float, float] | None = None
    names: tuple[str, ...] = ()
    bars: tuple[int, ...] = ()
    sampled: bool = False

    @property
    def read(self) -> int:
        """Rows that are neither missing nor unreadable."""
        return self.rows - self.nulls - self.errors

    @property
    def null_share(self) -> float:
        return self.nulls / self.rows if self.rows else 0.0

    @property
    def shares(self) -> tuple[float, ...]:
        """The bars as shares of what is neither missing nor unreadable."""
        whole = max(sum(self.bars), 1)
        return tuple(one / whole for one in self.bars)


def profile(
    dataset: Dataset,
    columns: Sequence[Column],
    like: Mapping[str, Profile] | None = None,
    tell: Progress = lambda share, said: None,
) -> dict[str, Profile | str]:
    """Each of the columns that the dataset has, by its kind; or the reason why it has no profile.

    like: profiles of the other side, whose bars are counted here too, so that shapes can be compared.
    """
    there = [one for one in columns if dataset.has(one.name)]
    found: dict[str, Profile | str] = {}
    for start in range(0, len(there), TOGETHER):
        part = there[start : start + TOGETHER]
        try:
            counted = _counts(dataset, part)
            values = _values(dataset, part, {name: _read(one) for name, one in counted.items()})
        except PlumblineError:  # one of them cannot be read: the others still can
            counted, values = {}, {}
        for i, column in enumerate(part, start=start + 1):
            tell(i / len(there), f"{i} of {len(there)} columns")
            try:
                bare = counted[column.name] if counted else _counts(dataset, [column])[column.name]
                some = values if counted else _values(dataset, [column], {column.name: _read(bare)})
                found[column.name] = _shaped(dataset, column, bare, some.get(column.name, EMPTY), like or {})
            except PlumblineError as error:
                found[column.name] = f"its values cannot be read: {error.message}"
    return found


def redrawn(
    dataset: Dataset, columns: Sequence[Column], known: Mapping[str, Profile], like: Mapping[str, Profile]
) -> dict[str, Profile]:
    """Profiles of these very columns with their bars counted as the other side's are."""
    drawn = [one for one in columns if one.kind is Kind.NUMERIC and known[one.name].bars and like[one.name].limits]
    moved = [one for one in drawn if known[one.name].limits != like[one.name].limits]
    values: dict[str, Floats] = {}
    for start in range(0, len(moved), TOGETHER):
        part = moved[start : start + TOGETHER]
        values |= _values(dataset, part, {one.name: known[one.name].read for one in part})
    return {one.name: _redrawn(dataset, one, known[one.name], like[one.name], values.get(one.name)) for one in columns}


def _redrawn(dataset: Dataset, column: Column, known: Profile, like: Profile, values: Floats | None) -> Profile:
    if values is not None and like.limits:
        return replace(known, limits=like.limits, bars=_bars(values, *like.limits))
    if known.names and like.names and known.names != like.names:
        names, counts, distinct = _categories(dataset, column)
        bars = _of(like.names, names, counts, known.read, distinct)
        return replace(known, names=like.names, bars=bars)
    return known


Counted = dict[str, float | None]


def _counts(dataset: Dataset, columns: Sequence[Column]) -> dict[str, Counted]:
    """Rows, nulls, errors, values and range of several columns, in one pass."""
    asked = ["count(*) AS rows"]
    for i, column in enumerate(columns):
        stored, value = dataset.column(column.name), _value(dataset, column)
        there = there_sql(stored) if column.kind is Kind.CATEGORICAL else quoted(stored.name)
        asked.append(f"count({there}) AS there{i}, count({value}) AS read{i}, approx_count_distinct({value}) AS d{i}")
        if column.kind in ORDERED:
            asked.append(f"min({value}) AS low{i}, max({value}) AS high{i}")
    row = dataset.query(f"SELECT {', '.join(asked)} FROM {dataset.scan}").to_pylist()[0]
    found: dict[str, Counted] = {}
    for i, column in enumerate(columns):
        one: Counted = {
            "rows": row["rows"],
            **{key: row.get(f"{key}{i}") for key in ("there", "read", "d", "low", "high")},
        }
        ends = (one["low"], one["high"])
        if any(end is not None and not isfinite(end) for end in ends):  # not-a-number counts as the largest
            one |= _finite(dataset, column)
        found[column.name] = one
    return found


def _finite(dataset: Dataset, column: Column) -> Counted:
    """The range of what is finite, and how many are not-a-number."""
    value = _value(dataset, column)
    asked = f"count_if(NOT {is_number(value)}) AS nan, min({value}) {{0}} AS low, max({value}) {{0}} AS high"
    kept = asked.format(f"FILTER (isfinite({value}))")
    return dict(dataset.query(f"SELECT {kept} FROM {dataset.scan} WHERE {value} IS NOT NULL").to_pylist()[0])


def _value(dataset: Dataset, column: Column) -> str:
    stored = dataset.column(column.name)
    return quoted(stored.name) if column.kind is Kind.NESTED else f"({value_sql(stored, column)})"


def _read(counted: Counted) -> int:
    """Rows whose value is a number that was read."""
    return int(counted["read"] or 0) - int(counted.get("nan") or 0)


def _some(rows: int, read: int) -> bool:
    """Whether some of a column's values are drawn, not all."""
    return rows > SAMPLED and read * SAMPLED >= FEW * rows


def _values(dataset: Dataset, columns: Sequence[Column], read: Mapping[str, int]) -> dict[str, Floats]:
    """The values that are there of columns that have an order: of all rows, or of some. read: how many there are."""
    asked = [one for one in columns if one.kind in ORDERED]
    all_of = [one for one in asked if not _some(dataset.rows, read[one.name])]
    some_of = [one for one in asked if _some(dataset.rows, read[one.name])]
    share = f" USING SAMPLE {100.0 * SAMPLED / max(dataset.rows, 1):.6f}% (bernoulli, 1)"
    return _drawn(dataset, all_of, "") | _drawn(dataset, some_of, share)


def _drawn(dataset: Dataset, columns: Sequence[Column], sample: str) -> dict[str, Floats]:
    """The values of some columns, by one query. They come as lists: what is missing takes no room."""
    if not columns:
        return {}
    read = ", ".join(f"{_value(dataset, column)} AS v{i}" for i, column in enumerate(columns))
    there = ", ".join(f"list(v{i}) FILTER (v{i} IS NOT NULL) AS v{i}" for i in range(len(columns)))
    table = dataset.query(f"SELECT {there} FROM (SELECT {read} FROM {dataset.scan}{sample})")
    values = [one.combine_chunks().flatten().to_numpy() for one in table.columns]
    return {column.name: one[~np.isnan(one)] for column, one in zip(columns, values, strict=True)}


def _shaped(dataset: Dataset, column: Column, counted: Counted, values: Floats, like: Mapping[str, Profile]) -> Profile:
    """The profile of a column of which all but its shape is counted. values: of which that is drawn."""
    rows, there, read = (int(counted[key] or 0) for key in ("rows", "there", "read"))
    nans = int(counted.get("nan") or 0)
    nulls, errors, distinct = rows - there + nans, there - read, int(counted["d"] or 0)
    bare = (column.name, column.kind, rows, nulls, errors)
    other = like.get(column.name)
    other = other if other and other.kind is column.kind else None
    if column.kind in ORDERED and counted["low"] is not None and counted["high"] is not None:
        shared = (
            other.limits if other and column.kind is Kind.NUMERIC else None
        )  # two spans of time have no bars in common
        limits = shared or _limits(values, counted["low"], counted["high"])
        low, high = (_said(float(counted[key] or 0.0), column) for key in ("low", "high"))
        bars, some = _bars(values, *limits), _some(dataset.rows, _read(counted))
        return Profile(*bare, distinct - bool(nans), False, low, high, limits=limits, bars=bars, sampled=some)
    if column.kind is Kind.CATEGORICAL and distinct <= KEYLIKE * rows + TOP:
        names, counts, exact = _categories(dataset, column)
        drawn = (other.names if other else None) or names[:TOP]
        top = tuple((plain(name, 40), n) for name, n in zip(names[:TOP], counts, strict=False))
        return Profile(*bare, exact, True, top=top, names=drawn, bars=_of(drawn, names, counts, read, exact))
    return Profile(*bare, min(distinct, read - nans), False)


def _of(drawn: Sequence[str], names: Sequence[str], counts: Sequence[int], read: int, distinct: int) -> tuple[int, ...]:
    """Rows of each category that is drawn, and of all others where there are any."""
    held = dict(zip(names, counts, strict=True))
    bars = tuple(held.get(name, 0) for name in drawn)
    return (*bars, read - sum(bars)) if distinct > len(drawn) or sum(bars) < read else bars


def _categories(dataset: Dataset, column: Column) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """The thousand most frequent categories, their rows, and how many there are."""
    table = dataset.query(
        f"SELECT name, n, count(*) OVER () AS d FROM (SELECT {_value(dataset, column)} AS name, count(*) AS n "
        f"FROM {dataset.scan} GROUP BY 1) WHERE name IS NOT NULL ORDER BY n DESC, name LIMIT 1000"
    )
    found = table.to_pydict()
    return tuple(found["name"]), tuple(found["n"]), int(found["d"][0]) if found["d"] else 0


def _limits(values: Floats, low: float, high: float) -> tuple[float, float]:
    """Between which values bars are drawn: nearly all of them, since one that lies far out would leave one bar."""
    finite = values[np.isfinite(values)]
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers as large as doubles can be
        first, last = np.quantile(finite, [0.005, 0.995]).tolist() if len(finite) else (low, high)
    spread = last - first
    if not isfinite(spread) or spread <= 0:
        return low, high
    return (low if first - low < spread / 4 else first), (high if high - last < spread / 4 else last)


def _bars(values: Floats, low: float, high: float) -> tuple[int, ...]:
    """Rows per bar of equal width; the outer ones hold what lies beyond. One bar where there is one value."""
    width = high / BARS - low / BARS
    if width <= 0:
        return (len(values),)
    with np.errstate(over="ignore"):
        place = np.clip(np.floor((values - low) / width), 0, BARS - 1).astype(np.int64)
    return tuple(int(one) for one in np.bincount(place, minlength=BARS))


def _said(value: float, column: Column) -> str:
    """A limit as a reader writes it.

    >>> _said(1704067200.0, Column("at", "TIMESTAMP", Kind.DATETIME)), _said(3.0, Column("n", "BIGINT", Kind.NUMERIC))
    ('2024-01-01 00:00', '3')
    """
    if column.kind is Kind.DATETIME:
        try:
            when = datetime.fromtimestamp(value, UTC)
        except (OverflowError, ValueError, OSError):
            return f"{value:.6g} s"
        return f"{when:%Y-%m-%d}" if column.base == "DATE" else f"{when:%Y-%m-%d %H:%M}"
    return f"{value:.0f}" if column.integer else f"{value:.6g}"
