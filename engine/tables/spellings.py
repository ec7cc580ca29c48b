"""One class that is written in several ways: 1 in one column or on one side, true or yes in another."""

from collections.abc import Collection, Mapping, Sequence

from engine.errors import plain
from engine.outcomes import YES

NO = ("false", "0", "no", "n", "f", "negative", "0.0")  # as YES, of what did not happen
NAMED = 5  # values that a sentence names, at most


def spellings(values: Sequence[str], first: Collection[str]) -> Mapping[str, str]:
    """Spelling -> class, where all values say yes or no and one of both is written in several ways; else empty.

    values: in order; first: those that the class is called by, if they are among them.

    >>> dict(spellings(("0", "1", "no", "yes"), {"no", "yes"}))
    {'0': 'no', 'no': 'no', '1': 'yes', 'yes': 'yes'}
    >>> dict(spellings(("0", "1"), ())), dict(spellings(("maybe", "yes", "y"), ()))
    ({}, {})
    """
    groups: dict[bool, list[str]] = {}
    for one in values:
        word = one.strip().lower()
        if word not in YES and word not in NO:
            return {}
        groups.setdefault(word in YES, []).append(one)
    if len(values) == len(groups):
        return {}
    return {one: next((n for n in group if n in first), group[0]) for group in groups.values() for one in group}


def words_of(found: Mapping[str, str]) -> str | None:
    """What is read as one class, for a reader; None where nothing is.

    >>> words_of({"0": "0", "no": "0", "1": "1"})
    '0 and no are read as one class'
    """
    groups: dict[str, list[str]] = {}
    for spelling, name in found.items():
        groups.setdefault(name, []).append(plain(spelling))
    said = [" and ".join(group) for group in groups.values() if len(group) > 1]
    return f"{'; '.join(said)} are read as one class" if said else None


def nothing_in_common(first: Collection[str], second: Collection[str], names: tuple[str, str]) -> str | None:
    """Why two sets of classes cannot be held against each other, or None. names: what they are called.

    >>> nothing_in_common({"a", "b"}, {"A", "B"}, ("labels", "predictions"))
    'labels (a, b) and predictions (A, B) have no value in common'
    """
    if not first or not second or set(first) & set(second):
        return None
    listed = [", ".join(plain(one) for one in sorted(some)[:NAMED]) + (", …" if len(some) > NAMED else "") for some in
              (first, second)]  # fmt: skip
    return f"{names[0]} ({listed[0]}) and {names[1]} ({listed[1]}) have no value in common"
