"""Columns that stand in some files of a source and not in others, in words, wherever the files are read."""

from collections.abc import Callable, Sequence

from engine.errors import plain, shown

LISTED = 5  # notes of one kind that are told one by one


def lacking(names: Sequence[Sequence[str]], called: Callable[[int], str]) -> list[str]:
    """A note for each column that some files lack. names: of each file's columns; called: what a file is called.

    >>> lacking([["x"], ["x", "y"], ["x"]], ["a", "b", "c"].__getitem__)
    ["2 of 3 files have no column 'y', the first a"]
    """
    held = [set(one) for one in names]
    notes = []
    for field in dict.fromkeys(field for one in names for field in one):
        where = [i for i, one in enumerate(held) if field not in one]
        if where:
            first = plain(called(where[0]))
            notes.append(f"{len(where):,} of {len(names):,} files have no column {shown(field)}, the first {first}")
    return some(notes, "columns that some files lack")


def some(notes: list[str], what: str) -> list[str]:
    """The first notes of one kind, and how many more there are of what."""
    more = len(notes) - LISTED
    return [*notes[:LISTED], f"and {more:,} more {what}"] if more > 0 else notes
