"""Whether the counts of a dataset fit into memory, asked before anything is counted: else a process would be ended."""

from collections.abc import Sequence

from engine.columns import ORDERED, Column, Kind
from engine.errors import UnusableData
from engine.slices import windows_between
from engine.tables.codes import CODES
from engine.tables.connection import memory_of
from engine.tables.count import span_of
from engine.tables.sources import Dataset

PART = 2  # of the memory, the counts of one side may take one part


def hold_room(dataset: Dataset, columns: Sequence[Column], unit: str | None) -> None:
    """Raises UnusableData where counts of these columns in every window would take more than half of the memory.

    Two kilobytes a window for a category, four for what has an order; cohorts, which are not known yet, take more.
    """
    there = [one for one in columns if dataset.has(one.name) and one.kind is not Kind.NESTED]
    tables = sum(2 if one.kind in ORDERED else 1 for one in there)
    memory = memory_of(dataset.root)
    if tables * CODES * 8 * PART <= memory // 10_000:  # no calendar has so many windows of anything that is monitored
        return
    span = span_of(dataset) if unit else None
    windows = len(windows_between(*span, unit)) if span and unit else 1
    needed = tables * CODES * 8 * windows
    if needed * PART > memory:
        raise UnusableData(
            f"Counts of {len(there):,} columns in {windows:,} windows would take {needed / 1e6:,.0f} MB a side; "
            f"half of the memory, {memory / PART / 1e6:,.0f} MB, is what they may take.",
            where=dataset.name,
            hint="Name fewer columns (features: in the monitor's file), choose longer windows, or set a larger "
            "PLUMBLINE_MEMORY.",
        )
