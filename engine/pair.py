"""Two sources as a pair: opened on one connection, read alike, and their columns summarised exactly."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine.columns import Column
from engine.errors import UnusableData
from engine.slices import Slice
from engine.slices.against import Against
from engine.summaries import ColumnSummary
from engine.tables.connection import connect, memory_of
from engine.tables.exact import quality_only, summarize
from engine.tables.known import known_categories
from engine.tables.sources import Dataset, find_files, open_dataset
from engine.tables.spark.reading import summaries_there
from engine.tables.supports import CategoricalSupport, Support, build_support
from engine.tables.text.text_format import TextFormat
from engine.tables.together import at_once, in_groups, read_each
from engine.tables.values import Categories, Held, Numbers, Uncounted
from engine.tables.watching import carried
from engine.thinned import read_and_thinned


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


Values = Numbers | Held | Categories | Uncounted | str
Sides = tuple[tuple[Dataset, Slice], tuple[Dataset, Slice]]
Fresh = tuple[Support | str, ColumnSummary | str]
MISSING = "production has no such column"


def fresh_summaries(
    reference: Dataset, production: Dataset, columns: Sequence[Column], held: Against, cut: Slice
) -> list[Fresh]:
    """The support of each column, or why it has none, and its summary; columns that are read together.

    No more than two arrays of a column's values stand at a time: those of the slice and of what it is held against.
    """
    there = [column for column in columns if production.has(column.name)]
    if reference.far or production.far:
        return _fresh_there(reference, production, columns, there, held, cut)
    side, base = (production if held.side == "production" else reference), held.cut
    supports: list[Support | str] | None = None
    unread: dict[str, str] = {}
    if base != Slice() or side is not reference:
        supports, unread = _whole(reference, there)
    supports, summaries = _group(((side, base), (production, cut)), there, supports)
    found = {
        column.name: (one, one) if isinstance(one, str) else (support, one)
        for column, support, one in zip(there, supports, map(_thinned, summaries), strict=True)
    } | {name: (why, why) for name, why in unread.items()}
    return [found.get(column.name, (MISSING, MISSING)) for column in columns]


def _fresh_there(
    reference: Dataset,
    production: Dataset,
    columns: Sequence[Column],
    there: Sequence[Column],
    held: Against,
    cut: Slice,
) -> list[Fresh]:
    """As fresh_summaries, of rows that lie in Spark. there: the columns that production has."""
    made = _supports(there, read_each(reference, there, Slice()))
    supports = {column.name: one for column, one in zip(there, made, strict=True)}
    first = production if held.side == "production" else reference
    found = summarize_columns(first, production, columns, supports, held.cut, cut)
    return [(supports.get(column.name, MISSING), found[column.name]) for column in columns]


def _whole(reference: Dataset, columns: Sequence[Column]) -> tuple[list[Support | str], dict[str, str]]:
    """The supports of columns by the whole reference, and why some of them cannot be read; values are let go of."""
    read = read_each(reference, columns, Slice())
    unread = {column.name: one for column, one in zip(columns, read, strict=True) if isinstance(one, str)}
    return _supports(columns, read), unread


def _supports(columns: Sequence[Column], read: Sequence[Values]) -> list[Support | str]:
    """The supports that the whole reference's values fix, or why there is none: they cannot be read."""
    return [
        one if isinstance(one, str) else build_support(column, one) for column, one in zip(columns, read, strict=True)
    ]


def _both(sides: Sides, columns: Sequence[Column]) -> tuple[list[Values], list[Values]]:
    """The values of both sides; at the same time where columns are so long that they are read one after the other."""
    (first, base), (second, cut) = sides
    if at_once(max(first.rows, second.rows), memory_of(first.root)) > 1:
        return read_each(first, columns, base), read_each(second, columns, cut)
    with ThreadPoolExecutor(2) as pool:
        reading = [carried(read_each), carried(read_each)]
        tasks = [pool.submit(reading[0], first, columns, base), pool.submit(reading[1], second, columns, cut)]
        return tasks[0].result(), tasks[1].result()


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
    if reference.far or production.far:
        counted = summaries_there(reference, production, there, supports, base, cut)
        return found | {name: _thinned(one) for name, one in counted.items()}
    memory = memory_of(reference.root)
    for group in in_groups(there, max(reference.rows, production.rows), len(reference.columns), memory):
        known = [supports[column.name] for column in group]
        summaries = _group(((reference, base), (production, cut)), group, known)[1]
        found |= {column.name: _thinned(one) for column, one in zip(group, summaries, strict=True)}
    return found


def _group(
    sides: Sides, columns: Sequence[Column], supports: list[Support | str] | None
) -> tuple[list[Support | str], list[ColumnSummary | str]]:
    """The summaries of columns that are read together, whose values are let go of with it.

    supports: None where they are made of the first side's values, which are the whole reference's.
    """
    read = _both(sides, columns)
    supports = _supports(columns, read[0]) if supports is None else supports
    found = []
    for column, support, *both in zip(columns, supports, *read, strict=True):
        first, second = (_known(one, column, support, *side) for one, side in zip(both, sides, strict=True))
        found.append(_summary(support, first, second))
    return supports, found


def _known(found: Values, column: Column, support: Support | str, dataset: Dataset, cut: Slice) -> Values:
    """What was read; of more categories than can be held, those that the reference has."""
    if not isinstance(found, Uncounted) or not isinstance(support, CategoricalSupport):
        return found
    try:
        return known_categories(dataset, column, cut, support)
    except UnusableData as error:
        return f"its values cannot be read: {error.message}"


def _thinned(summary: ColumnSummary | str) -> ColumnSummary | str:
    return summary if isinstance(summary, str) else read_and_thinned(summary)


def _summary(support: Support | str, first: Values, second: Values) -> ColumnSummary | str:
    """The summary of what was read, or why it could not be."""
    if isinstance(first, str) or isinstance(second, str):
        return first if isinstance(first, str) else str(second)
    if isinstance(support, str):
        return quality_only(support, first.quality, second.quality)
    assert not isinstance(first, Uncounted) and not isinstance(second, Uncounted), "else there is no support"
    return summarize(support, first, second)
