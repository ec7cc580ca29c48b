"""Two sources as a pair: opened on one connection, read alike, and one column of both summarised exactly."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.columns import Column
from engine.errors import UnusableData
from engine.slices import Slice
from engine.slices.against import Against
from engine.summaries import ColumnSummary
from engine.tables.connection import connect
from engine.tables.exact import quality_only, summarize
from engine.tables.sources import Dataset, find_files, open_dataset
from engine.tables.supports import Support, build_support
from engine.tables.together import read_together
from engine.tables.values import Categories, Numbers, read


def open_both(reference: Any, production: Any) -> tuple[Dataset, Dataset]:
    """Both sides on one connection that can read their folders and nothing else."""
    paths = [source for source in (reference, production) if isinstance(source, str) or hasattr(source, "__fspath__")]
    root = connect({file.parent for source in paths for file in find_files(source)})
    names = _name(reference, "reference"), _name(production, "production")
    return open_dataset(reference, root, names[0]), open_dataset(production, root, names[1])


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


Values = Numbers | Categories
Fresh = tuple[Support | str, ColumnSummary | str]


def fresh_summaries(
    reference: Dataset, production: Dataset, columns: Sequence[Column], held: Against, cut: Slice
) -> list[Fresh]:
    """The support of each column, or why it has none, and its summary; columns that are read together."""
    there = [column for column in columns if production.has(column.name)]
    side, base = (production if held.side == "production" else reference), held.cut
    try:
        whole = read_together(reference, there, Slice())
        first = whole if base == Slice() and side is reference else read_together(side, there, base)
        second = read_together(production, there, cut)
    except UnusableData as error:  # one column that cannot be read takes no other with it
        if len(columns) > 1:
            return [one for column in columns for one in fresh_summaries(reference, production, [column], held, cut)]
        why = f"its values cannot be read: {error.message}"
        return [(why, why)]
    found = {column.name: _fresh(column, *read) for column, *read in zip(there, whole, first, second, strict=True)}
    missing = "production has no such column"
    return [found.get(column.name, (missing, missing)) for column in columns]


def _fresh(column: Column, whole: Values, first: Values, second: Values) -> Fresh:
    support = build_support(column, whole)
    if isinstance(support, str):
        return support, quality_only(support, first.quality, second.quality)
    return support, summarize(support, first, second)


def summarize_column(
    reference: Dataset, production: Dataset, column: Column, support: Support | str, base: Slice, cut: Slice
) -> ColumnSummary | str:
    """What the metrics need of one column of two slices, exact; or the reason why there is nothing.

    support: of the column, or the reason why it has none; then only what is missing is counted.
    """
    if not production.has(column.name):
        return "production has no such column"
    try:
        first, second = read(reference, column, base), read(production, column, cut)
    except UnusableData as error:
        return f"its values cannot be read: {error.message}"
    if isinstance(support, str):
        return quality_only(support, first.quality, second.quality)
    return summarize(support, first, second)
