"""Whether what is held of a dataset fits into memory, asked before it is read: else a process would be ended."""

from collections.abc import Sequence

from engine.columns import ORDERED, Column, Kind
from engine.errors import UnusableData
from engine.slices import Slice, windows_between
from engine.tables.codes import CODES
from engine.tables.connection import memory_of
from engine.tables.moments import span_of
from engine.tables.sources import Dataset

PART = 2  # of the memory, the counts of one side may take one part, and its predictions and labels too
# Bytes a row, as the process grew by four million rows with ids of fifteen letters.
LABEL, ID = 256, 96  # of a table of labels, while each id gets one; of predictions whose ids are looked for in it
PREDICTED, SCORE, MOMENT, JOINED = 24, 16, 16, 72  # of a prediction and its label; of what else is read with them


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


def hold_outcomes(dataset: Dataset, cut: Slice, scores: int, windows: bool, joined: bool) -> None:
    """Raises UnusableData where predictions and labels of a slice would take more than half of the memory.

    scores: how many columns of them; windows: whether each row's moment is read; joined: whether its id is.
    """
    width = PREDICTED + SCORE * scores + MOMENT * windows + JOINED * joined
    rows, memory = dataset.rows, memory_of(dataset.root)
    if rows * width * PART > memory and cut != Slice():
        condition, values = dataset.where(cut)
        rows = dataset.query(f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}", values)["n"][0].as_py()
    if rows * width * PART > memory:
        raise UnusableData(
            f"Predictions and labels of {rows:,} rows would take {_size(rows * width)}; half of the memory, "
            f"{_size(memory / PART)}, is what those of one side may take.",
            where=dataset.name,
            hint=f"Set PLUMBLINE_MEMORY to {-(-rows * width * PART // 10**9)}GB, or ask for fewer rows: a window or a "
            "cohort.",
        )


def hold_labels(labels: Dataset, datasets: Sequence[Dataset]) -> None:
    """Raises UnusableData where joining a table of labels to these datasets would take more than the memory."""
    predictions, memory = sum(one.rows for one in datasets), memory_of(labels.root)
    needed = LABEL * labels.rows + ID * predictions
    if needed > memory:
        raise UnusableData(
            f"Joining {labels.rows:,} labels to {predictions:,} predictions by id would take {_size(needed)} of "
            f"memory; there are {_size(memory)}.",
            where=labels.name,
            hint=f"Set PLUMBLINE_MEMORY to {-(-needed // 10**9)}GB, or join them beforehand, so that the label is a "
            "column beside the prediction.",
        )


def _size(much: float) -> str:
    return f"{much / 1e9:,.1f} GB" if much >= 1e9 else f"{much / 1e6:,.0f} MB"
