"""Two sources as a pair: opened on one connection, read alike, and their columns summarised exactly."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.columns import Column
from engine.slices import Slice
from engine.slices.against import Against
from engine.summaries import ColumnSummary
from engine.tables.connection import connect
from engine.tables.exact import quality_only, summarize
from engine.tables.sources import Dataset, find_files, open_dataset
from engine.tables.supports import Support, build_support
from engine.tables.text.text_format import TextFormat
from engine.tables.together import in_groups, read_each
from engine.tables.values import Categories, Numbers


def open_both(
    reference: Any, production: Any, texts: tuple[TextFormat | None, TextFormat | None] = (None, None)
) -> tuple[Dataset, Dataset]:
    """Both sides on one connection that can read their folders and nothing else. texts: how their files are written."""
    paths = [source for source in (reference, production) if isinstance(source, str) or hasattr(source, "__fspath__")]
    root = connect({file.parent for source in paths for file in find_files(source)})
    names = _name(reference, "reference"), _name(production, "production")
    first = open_dataset(reference, root, names[0], texts[0])
    return first, open_dataset(production, root, names[1], texts[1])


def in_one_reading(
    reference: Dataset, production: Dataset, kinds: Mapping[str, str], roles: Mapping[str, str]
) -> tuple[Dataset, Dataset]:
    """Both sides with the kinds and roles that were given; what a column is, and is to the model, the reference says.

    Its kind too: numbers that production stores as text are compared as numbers, so that a filter means the same rows.
    """
    known = reference.assign(kinds, roles)
    return known, read_as(known, production)


def read_as(reference: Dataset, production: Dataset) -> Dataset:
    """Production with the kinds and roles of the reference's columns."""
    shared = [column for column in reference.columns if production.has(column.name)]
    moved = {one.name: str(one.kind) for one in shared if production.column(one.name).kind is not one.kind}
    return production.assign(moved, {one.name: str(one.role) for one in shared})


def _name(source: Any, otherwise: str) -> str:
    return str(source) if isinstance(source, str) or hasattr(source, "__fspath__") else otherwise


Values = Numbers | Categories | str
Fresh = tuple[Support | str, ColumnSummary | str]
MISSING = "production has no such column"


def fresh_summaries(
    reference: Dataset, production: Dataset, columns: Sequence[Column], held: Against, cut: Slice
) -> list[Fresh]:
    """The support of each column, or why it has none, and its summary; columns that are read together."""
    there = [column for column in columns if production.has(column.name)]
    side, base = (production if held.side == "production" else reference), held.cut
    whole = read_each(reference, there, Slice())
    first = whole if base == Slice() and side is reference else read_each(side, there, base)
    second = read_each(production, there, cut)
    found = {column.name: _fresh(column, *read) for column, *read in zip(there, whole, first, second, strict=True)}
    return [found.get(column.name, (MISSING, MISSING)) for column in columns]


def _fresh(column: Column, whole: Values, first: Values, second: Values) -> Fresh:
    if isinstance(whole, str):
        return whole, whole
    support = build_support(column, whole)
    summary = _summary(support, first, second)
    return (summary, summary) if isinstance(summary, str) else (support, summary)


def summarize_columns(
    reference: Dataset,
    production: Dataset,
    columns: Sequence[Column],
    supports: Mapping[str, Support | str],
    base: Slice,
    cut: Slice,
) -> dict[str, ColumnSummary | str]:
    """What the metrics need of some columns of two slices, exact; or the reason why there is nothing.

    supports: of the columns, or the reason why one has none; then only what is missing is counted.
    """
    found: dict[str, ColumnSummary | str] = dict.fromkeys((column.name for column in columns), MISSING)
    there = [column for column in columns if production.has(column.name)]
    for group in in_groups(there, max(reference.rows, production.rows), len(reference.columns)):
        sides = read_each(reference, group, base), read_each(production, group, cut)
        for column, first, second in zip(group, *sides, strict=True):
            found[column.name] = _summary(supports[column.name], first, second)
    return found


def _summary(support: Support | str, first: Values, second: Values) -> ColumnSummary | str:
    """The summary of what was read, or why it could not be."""
    if isinstance(first, str) or isinstance(second, str):
        return first if isinstance(first, str) else str(second)
    if isinstance(support, str):
        return quality_only(support, first.quality, second.quality)
    return summarize(support, first, second)
