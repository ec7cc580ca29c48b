"""Why a column drifted, in sentences: what is missing, whether its unit changed, where its values went, which bins.

A reason is a function of what was kept of the column and gives a sentence, or None. Which are asked, and in which order
they are told, is in the tables at the end.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.columns import ORDERED, Column, Kind
from engine.errors import plain
from engine.findings import Finding, Severity, parts_of, three
from engine.metrics import METRICS
from engine.summaries import ColumnSummary, Counts, Curve, Floats, Quantiles
from engine.tables.labels import is_atom, say
from engine.units import rounding, spread, unit_change

SHARES = np.arange(1, 200) / 200
SURE = 3.0  # standard errors that a move must exceed to be told
FEWEST = 10  # rows of a category that production should have had, for its absence to be no chance
MOST = 0.6  # of the score: bins are told until they make it up, three at most
NAMED = 5  # categories that are named
TOLD = frozenset({Severity.WARNING, Severity.CRITICAL})
DRIFTS = frozenset({"data_drift", "prediction_drift"})


@dataclass(frozen=True, eq=False)
class Facts:
    """What was kept of a column, and what several reasons ask of it."""

    column: Column
    summary: ColumnSummary

    @cached_property
    def quantiles(self) -> Quantiles | None:
        """Values at 1/200 … 199/200 on both sides, from the curve where none were kept; None without an order."""
        curve = self.summary.curve
        if self.summary.quantiles or self.column.kind not in ORDERED or curve is None:
            return self.summary.quantiles
        if not curve.reference.sum() or not curve.production.sum():
            return None
        return Quantiles(_within(curve, curve.reference), _within(curve, curve.production))

    @cached_property
    def rows(self) -> tuple[int, int]:
        """Usable values of reference and production."""
        return self.summary.quality.reference.values, self.summary.quality.production.values

    @property
    def noise(self) -> float:
        """One standard error of the difference of two means, in standard deviations."""
        return float(np.sqrt(sum(1 / max(rows, 1) for rows in self.rows)))


def _within(curve: Curve, counts: Counts) -> Floats:
    """Quantiles of one side of a curve, values taken as evenly spread in their cell. Shape (199,)."""
    edges = curve.edges
    lows, highs = np.concatenate([edges[:1], edges]), np.concatenate([edges, edges[-1:]])
    upto = np.cumsum(counts)
    wanted = SHARES * upto[-1]
    cell = np.searchsorted(upto, wanted)
    inside = (wanted - (upto - counts)[cell]) / counts[cell]
    values: Floats = np.where(curve.open[cell], lows[cell] + inside * (highs - lows)[cell], highs[cell])
    return values


# ---- what is missing or broken


def nulls(facts: Facts) -> str | None:
    """The share of rows without a value, where it rose by a hundredth or fell by a tenth, and by more than chance."""
    sides = facts.summary.quality.reference, facts.summary.quality.production
    p, q = (side.null_share for side in sides)
    pooled = sum(side.nulls + side.nans for side in sides) / max(sum(side.rows for side in sides), 1)
    error = np.sqrt(pooled * (1 - pooled) * sum(1 / max(side.rows, 1) for side in sides))
    if abs(q - p) < max(0.01 if q > p else 0.1, SURE * error):
        return None
    return f"{q:.1%} of the rows have no value ({p:.1%} in the reference)."


def type_errors(facts: Facts) -> str | None:
    """Values that are not of the reference's type."""
    quality = facts.summary.quality
    if not quality.production.type_errors:
        return None
    share = quality.production.type_errors / quality.production.rows
    return f"{quality.production.type_errors:,} values ({share:.1%} of the rows) cannot be read as {facts.column.type}."


def outside(facts: Facts) -> str | None:
    """Values out of the reference's range; categories have a reason of their own."""
    quality = facts.summary.quality
    p, q = (side.out_of_bounds / max(side.rows, 1) for side in (quality.reference, quality.production))
    if facts.column.kind not in ORDERED or q - p < 0.01:
        return None
    return f"{q:.1%} of the rows lie {quality.limits}."


def new_categories(facts: Facts) -> str | None:
    """Categories that the reference never had, with their rows."""
    histogram, names = facts.summary.histogram, facts.summary.quality.unseen
    if facts.column.kind is not Kind.CATEGORICAL or histogram is None or histogram.unseen is None:
        return None
    rows = int(histogram.production[histogram.unseen])
    if not rows:
        return None
    share = rows / histogram.production.sum()
    if len(names) == 1 and names[0][1] == rows:
        return f"The new category {plain(names[0][0])} is {share:.1%} of the values."
    told = ", ".join(f"{plain(name)} ({count:,})" for name, count in names[:NAMED])
    more = ", …" if rows > sum(count for _, count in names[:NAMED]) else ""
    return f"Categories that the reference never had are {share:.1%} of the values{f': {told}{more}' if told else ''}."


# ---- where the values went


def unit(facts: Facts) -> str | None:
    """A change of unit; asked of single values only."""
    kept = facts.summary.quantiles
    found = unit_change(kept.reference, kept.production, facts.rows) if kept else None
    return found.sentence if found else None


def rounded(facts: Facts) -> str | None:
    """Values that are rounded on one side only."""
    kept = facts.summary.quantiles
    return rounding(kept.reference, kept.production, facts.rows) if kept and facts.column.kind is Kind.NUMERIC else None


def vanished(facts: Facts) -> str | None:
    """Categories that production has no longer, though it should have several rows of each."""
    histogram = facts.summary.histogram
    if facts.column.kind is not Kind.CATEGORICAL or histogram is None or not histogram.production.sum():
        return None
    p = histogram.reference / histogram.reference.sum()
    gone = np.flatnonzero((histogram.production == 0) & (p * histogram.production.sum() >= FEWEST))
    if len(gone) == 0:
        return None
    names = ", ".join(histogram.labels[i] for i in gone[:NAMED]) + (", …" if len(gone) > NAMED else "")
    said = "category vanished" if len(gone) == 1 else "categories vanished"
    return f"{len(gone)} {said}: {names} ({p[gone].sum():.1%} of the reference)."


def point_mass(facts: Facts) -> str | None:
    """The single value whose share changed most, in a column that is not made of such values."""
    if facts.quantiles is None:
        return None
    sides = facts.quantiles.reference, facts.quantiles.production
    heavy = {v for side in sides for v, count in zip(*np.unique(side, return_counts=True), strict=True) if count >= 10}
    if not heavy or len(heavy) > NAMED or any(len(np.unique(side)) < len(heavy) for side in sides):
        return None
    shares = {value: tuple(_share(facts, value, i) for i in (0, 1)) for value in sorted(heavy)}
    value, (p, q) = max(shares.items(), key=lambda one: abs(one[1][1] - one[1][0]))
    if abs(q - p) < max(0.05, SURE * 0.5 * facts.noise):
        return None
    return f"{say(value, facts.column, 6)} is {q:.1%} of the values now ({p:.1%} in the reference)."


def _share(facts: Facts, value: float, i: int) -> float:
    """The share of one value on one side: of its bin if it has one, else of the quantiles."""
    histogram, quantiles = facts.summary.histogram, facts.quantiles
    assert quantiles is not None
    if histogram and histogram.lows is not None and histogram.highs is not None:
        for at in np.flatnonzero(histogram.highs == value):
            if is_atom(histogram.lows[at], histogram.highs[at]):
                return float(histogram.shares[i][at])
    return float(((quantiles.reference, quantiles.production)[i] == value).mean())


def location(facts: Facts) -> str | None:
    """A median that moved by a tenth of a standard deviation, and more than chance."""
    if facts.quantiles is None:
        return None
    p, q = (float(np.median(side)) for side in (facts.quantiles.reference, facts.quantiles.production))
    scale = facts.summary.curve.scale if facts.summary.curve else None
    moved = (q - p) / (scale.unit if scale else spread(facts.quantiles.reference) or 1.0)
    if abs(moved) < max(0.1, SURE * 1.25 * facts.noise):
        return None
    old, new = _pair(p, q, facts.column)
    by = f"{three(abs(moved))} × the reference's spread{f' ({scale.basis})' if scale else ''}"
    return f"The median moved {'up' if moved > 0 else 'down'} from {old} to {new}, by {by}."


def width(facts: Facts) -> str | None:
    """A middle half that is wider or narrower by a fifth, and more than chance."""
    if facts.quantiles is None:
        return None
    p, q = (
        float(np.subtract(*np.quantile(side, (0.75, 0.25))))
        for side in (facts.quantiles.reference, facts.quantiles.production)
    )
    if p <= 0 or q <= 0 or abs(np.log(q / p)) < max(np.log(1.2), SURE * 1.5 * facts.noise):
        return None
    return f"The middle half of the values is {three(q / p)} × as wide as the reference's."


def tail(facts: Facts) -> str | None:
    """An end that grew although the middle stands where it was."""
    if facts.quantiles is None or location(facts) or width(facts):
        return None
    p, q = facts.quantiles.reference, facts.quantiles.production
    ends = ((p[197], "above", q > p[197], p > p[197]), (p[1], "below", q < p[1], p < p[1]))
    for limit, said, new, old in ends:
        share = float(new.mean())
        if share >= 0.03 + SURE * 0.1 * facts.noise:
            end = say(float(limit), facts.column, 4)
            return f"{share:.1%} of the values lie {said} {end} ({float(old.mean()):.1%} in the reference)."
    return None


def farthest(facts: Facts) -> str | None:
    """Where the values moved most, when nothing else can be said; the outer twentieths are left out."""
    if facts.quantiles is None:
        return None
    p, q = facts.quantiles.reference, facts.quantiles.production
    at = 9 + int(np.argmax(np.abs(q - p)[9:190]))
    if p[at] == q[at]:
        return None
    old, new = _pair(float(p[at]), float(q[at]), facts.column)
    return f"The values moved most where {SHARES[at]:.0%} lie below: from {old} to {new}."


def _pair(p: float, q: float, column: Column) -> tuple[str, str]:
    """Two values of a column, with as many digits as it takes to tell them apart."""
    for digits in (3, 4, 6, 10, 17):
        told = say(p, column, digits), say(q, column, digits)
        if told[0] != told[1]:
            break
    return told


def bins(facts: Facts) -> str | None:
    """The bins that make up most of the Population Stability Index: three at most."""
    histogram = facts.summary.histogram
    if histogram is None or not histogram.reference.sum() or not histogram.production.sum():
        return None
    reading = METRICS["psi"].compute(histogram)
    parts = sorted(parts_of(histogram, reading) or (), key=lambda part: -(part.part or 0.0))
    if reading.value < 0.02:
        return None
    named = {} if histogram.unseen is None else {histogram.labels[histogram.unseen]: "what the reference never had"}
    shares = np.array([(part.part or 0.0) / reading.value for part in parts[:3]])
    enough = int(np.searchsorted(np.cumsum(shares), MOST)) + 1
    said = ", ".join(
        f"{share:.0%} {'' if i else 'of the PSI '}is {named.get(part.label, part.label)} "
        f"({part.reference:.1%} → {part.production:.1%})"
        for i, (share, part) in enumerate(zip(shares[:enough], parts, strict=False))
    )
    return f"{said}."


# ---- which are asked, in the order they are told

Reason = Callable[[Facts], str | None]
BROKEN: tuple[Reason, ...] = (nulls, type_errors, new_categories)
UNITS: tuple[Reason, ...] = (unit,)
MOVED: tuple[Reason, ...] = (rounded, vanished, point_mass, location, width, tail, outside, bins)
ELSE: tuple[Reason, ...] = (farthest,)


def reasons(column: Column, summary: ColumnSummary, drifted: bool = True) -> tuple[str, ...]:
    """Why a column is in alarm, most telling first.

    drifted: whether its values moved beyond noise; if not, only what is missing or broken is told. A change of unit
    explains all that the values do, so that nothing else is said of them.
    """
    facts = Facts(column, summary)
    if not drifted:
        return _told(facts, (*BROKEN, outside))
    return _told(facts, BROKEN) + (_told(facts, UNITS) or _told(facts, MOVED) or _told(facts, ELSE))


def _told(facts: Facts, asked: Iterable[Reason]) -> tuple[str, ...]:
    return tuple(said for one in asked if (said := one(facts)))


def reasons_of(
    findings: Iterable[Finding], columns: Iterable[Column], summaries: Mapping[str, ColumnSummary | str]
) -> dict[str, tuple[str, ...]]:
    """The reasons of every column with drift or data quality at warning or critical, in the columns' order."""
    alarms: dict[str, set[str]] = {}
    for one in findings:
        if one.column and one.severity in TOLD and one.signal in DRIFTS | {"data_quality"}:
            alarms.setdefault(one.column, set()).add(one.signal)
    found = {}
    for column in columns:
        summary = summaries.get(column.name)
        if column.name in alarms and isinstance(summary, ColumnSummary):
            found[column.name] = reasons(column, summary, bool(alarms[column.name] & DRIFTS))
    return {name: said for name, said in found.items() if said}
