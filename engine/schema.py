"""What changed in the columns themselves: missing, new, renamed, of another type, all null, or constant."""

from collections.abc import Iterator, Mapping

import numpy as np

from engine.columns import Column, Role, kind_of
from engine.errors import UnusableData, shown
from engine.findings import Finding, Severity, three
from engine.metrics import metric
from engine.slices import Slice
from engine.summaries import ColumnSummary, Histogram
from engine.tables.exact import summarize
from engine.tables.labels import say
from engine.tables.sources import Dataset
from engine.tables.spark.reading import bins_there
from engine.tables.supports import build_support
from engine.tables.together import read_each
from engine.tables.values import Uncounted, read

BY_CHANCE = 1e-3  # a slice in which chance alone makes a column null or constant this often says nothing
ALIKE = 0.1  # PSI below which two columns are taken for one that was renamed
FEWEST = 10  # rows that must agree before a column is called constant: the first sets the value
USUAL = 0.5  # a column that stays at the value it usually has (no rain) is not stuck
PAIRS = 40  # missing × new columns that are tried at most
LEAST_ROWS = 100  # on both sides, for two distributions to be called alike


def schema_findings(
    reference: Dataset, production: Dataset, cut: Slice, summaries: Mapping[str, ColumnSummary | str]
) -> list[Finding]:
    """One finding a change, none where the columns agree. A missing column is critical, a new one information."""
    found = [*_stored(reference, production), *_renamed(reference, production, cut)]
    for column in reference.columns:
        summary = summaries.get(column.name)
        if isinstance(summary, ColumnSummary):
            found += _emptied(column, summary)
    return found


def _stored(reference: Dataset, production: Dataset) -> Iterator[Finding]:
    """What the two lists of columns say."""
    for column in reference.columns:
        if column.role is Role.IGNORE:
            continue
        if not production.has(column.name):
            said = f"Production has no column {shown(column.name)}; the reference does."
            yield _finding(column, "missing_column", Severity.CRITICAL, said)
            continue
        stored = production.column(column.name)
        if stored.type != column.type and _typed(reference) and _typed(production):
            widened = kind_of(stored.type) is kind_of(column.type) and stored.base != "VARCHAR"
            said = f"{shown(column.name)} is {stored.type} in production and {column.type} in the reference."
            yield _finding(column, "retyped_column", Severity.INFO if widened else Severity.WARNING, said)
    for column in production.columns:
        if not reference.has(column.name):
            said = f"Production has a column {shown(column.name)} that the reference does not have."
            yield _finding(column, "new_column", Severity.INFO, said)


def _typed(side: Dataset) -> bool:
    """Whether a side tells what its columns hold: a text file without rows does not."""
    return side.rows > 0 or side.text is None


def _emptied(column: Column, summary: ColumnSummary) -> list[Finding]:
    """All null, or one value only, where the reference had more and chance does not explain it."""
    before, now = summary.quality.reference, summary.quality.production
    if column.role is Role.IGNORE or not now.rows or not before.rows:
        return []
    if now.nulls + now.nans == now.rows and before.null_share < 1 and before.null_share**now.rows < BY_CHANCE:
        said = f"{shown(column.name)} is null in all {now.rows:,} rows; in the reference in {before.null_share:.1%}."
        return [_finding(column, "all_null", Severity.CRITICAL, said)]
    only = _only_value(column, summary)
    if only and now.values >= FEWEST and only[1] < USUAL and only[1] ** (now.values - 1) < BY_CHANCE:
        said = f"{shown(column.name)} is {only[0]} in all {now.values:,} rows that have a value; in the reference in "
        return [_finding(column, "constant", Severity.WARNING, f"{said}{only[1]:.1%}.")]
    return []


def _only_value(column: Column, summary: ColumnSummary) -> tuple[str, float] | None:
    """The only value that production has, in words, and its share of the reference; None if it has several."""
    bins, curve = summary.histogram, summary.curve
    if bins is None or not bins.reference.sum():
        return None
    if curve is not None:
        held = np.flatnonzero(curve.production)
        if len(held) != 1 or curve.open[held[0]] or sum(curve.production_infinite):
            return None
        share = float(curve.reference[held[0]] / max(int(curve.reference.sum()), 1))
        return say(float(curve.edges[held[0]]), column), share
    held = np.flatnonzero(bins.production)
    if len(held) != 1 or held[0] == bins.unseen or bins.labels[held[0]] == "other":
        return None
    if bins.lows is not None and bins.highs is not None and bins.lows[held[0]] != bins.highs[held[0]]:
        return None  # a bin of numbers holds more than one value
    return bins.labels[held[0]], float(bins.reference[held[0]] / bins.reference.sum())


def _renamed(reference: Dataset, production: Dataset, cut: Slice) -> Iterator[Finding]:
    """Pairs of a missing and a new column whose values are distributed alike."""
    gone = [c for c in reference.columns if c.role is not Role.IGNORE and not production.has(c.name)]
    new = [c for c in production.columns if not reference.has(c.name)]
    pairs = [(old, one) for old in gone for one in new if old.kind is one.kind][:PAIRS]
    for old, one in pairs:
        try:
            bins = _both_in_bins(reference, old, production, one, cut)
        except UnusableData:
            continue
        value = metric("psi").compute(bins).value if bins else None
        if value is not None and value < ALIKE and bins is not None and len(bins.labels) > 1:
            said = f"The new column {shown(one.name)} looks like {shown(old.name)} renamed: PSI {three(value)}."
            yield _finding(one, "renamed_column", Severity.WARNING, said)


def _both_in_bins(reference: Dataset, old: Column, production: Dataset, new: Column, cut: Slice) -> Histogram | None:
    """A column of the reference and one of production that has another name, on the bins of the first."""
    if reference.far or production.far:
        (there,) = read_each(reference, [old], Slice())
        support = there if isinstance(there, str) else build_support(old, there)
        if isinstance(support, str):
            return None
        found = bins_there(support, reference, production, new.name, cut)
        return found if min(found.reference.sum(), found.production.sum()) >= LEAST_ROWS else None
    first = read(reference, old, Slice())
    support = build_support(old, first)
    if isinstance(support, str) or isinstance(first, Uncounted) or first.n < LEAST_ROWS:
        return None
    second = read(production, new, cut)
    if isinstance(second, Uncounted):
        return None
    return summarize(support, first, second).histogram if second.n >= LEAST_ROWS else None


def _finding(column: Column, metric: str, severity: Severity, sentence: str) -> Finding:
    return Finding("schema", column.name, str(column.kind), metric, None, severity, sentence)
