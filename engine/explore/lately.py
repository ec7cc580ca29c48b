"""What was found lately is kept: of so many things those that were asked for last."""

from collections.abc import Callable, Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def lately(known: dict[K, V], key: K, most: int, find: Callable[[], V]) -> V:
    """What is known of a key, or is found now; then the longest unused are let go, until so many are left.

    Sessions that read one monitor at once may ask of one table: what another lets go meanwhile is found anew.

    >>> known = {"a": 1, "b": 2}
    >>> lately(known, "a", 2, lambda: 0), lately(known, "c", 2, lambda: 3), known
    (1, 3, {'a': 1, 'c': 3})
    """
    found = known.pop(key, None)
    if found is None:
        found = find()
    known[key] = found  # last, so that it is let go last
    for old in list(known)[:-most]:
        known.pop(old, None)
    return found
