"""How two sides were read from text, as evidence keeps it, and where they were not read alike."""

from typing import Any

from engine.columns import ORDERED, Kind, kind_of
from engine.errors import plain
from engine.tables.sources import Dataset
from engine.tables.text.text_format import TextFormat, text_format

TOLD = 5  # rejected rows that are named, and columns
COMPARED = ("decimal", "thousands", "dates", "timestamps", "nulls")  # choices that change what a value is
ABSENT = {"decimal": ".", "thousands": "", "dates": "", "timestamps": "", "nulls": ("",)}


def read_of(dataset: Dataset) -> dict[str, Any] | None:
    """How a text file was read, for a run's document; None for what is no text.

    choices: in force; given: those that were not sniffed; rejected: rows that were left out; first: line, column and
    reason of some, without what they hold.
    """
    if dataset.text is None:
        return None
    rejects = dataset.rejects
    rows = rejects.rows(TOLD) if rejects else []
    first = [{"line": one["line"], "column": one["column"], "reason": one["reason"]} for one in rows]
    count = rejects.count if rejects else 0
    told = {"how": dataset.how, "choices": dataset.text.document(), "given": dataset.text.given.document()}
    return told | {"rejected": count, "first": first}


def given_then(read: Any) -> TextFormat | None:
    """The choices that were given when a run's document was written, so that the same is read again."""
    given = read.get("given") if isinstance(read, dict) else None
    return text_format(given) if given else None


def unlike(reference: Dataset, production: Dataset) -> list[str]:
    """Sentences about choices and types that differ between the sides; the mend stands in them.

    A frame or a Parquet file has no choices: it is held against types alone; a side without rows against nothing.
    """
    if empty := [side for side, one in (("The reference", reference), ("Production", production)) if not one.rows]:
        return [f"{side} has no rows: only the names of its columns can be compared." for side in empty]
    notes = []
    first, second = reference.text, production.text
    if first is not None and second is not None:
        for name in COMPARED:
            one, other = (getattr(side, name) or ABSENT[name] for side in (first, second))
            if name == "nulls" and (set(one) == set(other)):
                continue
            if one != other:
                sides = f"{_said(one)} in the reference, {_said(other)} in production"
                notes.append(f"The sides are not written alike: {name} is {sides}.")
    if first is None and second is None:
        return notes
    typed = [(one, production.column(one.name)) for one in reference.columns if production.has(one.name)]
    odd = [(one, other) for one, other in typed if (one.base == "VARCHAR") != (other.base == "VARCHAR")]
    odd = [pair for pair in odd if any(kind_of(one.type) in ORDERED for one in pair)]
    for one, other in odd[:TOLD]:
        side, text = ("production", second) if other.base == "VARCHAR" else ("the reference", first)
        known = kind_of((one if other.base == "VARCHAR" else other).type)
        mend = _mend(text) if text is not None and known is Kind.NUMERIC else ""
        notes.append(f"{plain(one.name)} is {known} on one side and text in {side}.{mend}")
    if len(odd) > TOLD:
        notes.append(f"{len(odd) - TOLD:,} more columns are text on one side alone.")
    return notes


def _mend(text: TextFormat) -> str:
    other = "comma" if text.decimal == "." else "point"
    return f" It is read with a decimal {_said(text.decimal)}; the choice decimal={other} reads it the other way."


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(one or "nothing at all" for one in value)
    return {".": "point", ",": "comma", "": "none of its own"}.get(str(value), plain(str(value)))
