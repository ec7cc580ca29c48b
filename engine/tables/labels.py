"""How the bins of a column are called: short, distinct, in the column's own terms."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from engine.columns import Column, Kind
from engine.errors import plain
from engine.summaries import Floats


def interval_labels(lows: Floats, highs: Floats, column: Column, unseen: int | None) -> tuple[str, ...]:
    """One label a bin: '3' for a point mass, '≤ 2.5', '2.5 – 4', '> 4'; whole numbers for integers.

    >>> from engine.columns import Kind
    >>> inf, x = np.inf, Column("x", "INTEGER", Kind.NUMERIC)
    >>> interval_labels(np.array([-inf, 3.0, 7.0]), np.array([3.0, 7.0, inf]), x, None)
    ('≤ 3', '4 – 7', '> 7')
    """
    for digits in (3, 4, 5, 6, 8, 10, 12, 17):
        labels = [_label(low, high, column, digits) for low, high in zip(lows, highs, strict=True)]
        if len(labels) > 1 and lows[0] == -np.inf and is_atom(lows[1], highs[1]):
            labels[0] = f"< {say(highs[1], column, digits)}"
        if len(set(labels)) == len(labels):
            break
    if len(set(labels)) < len(labels):  # moments closer than a microsecond, and the like
        labels = [f"{label} [{i}]" for i, label in enumerate(labels, start=1)]
    if unseen is not None:
        labels[unseen] = "unseen"
    return tuple(labels)


def is_atom(low: float, high: float) -> bool:
    """Whether a bin holds one double only."""
    return bool(np.isfinite(high) and np.nextafter(high, -np.inf) == low)


def _label(low: float, high: float, column: Column, digits: int) -> str:
    if is_atom(low, high) or (column.integer and high - low == 1):
        return say(high, column, digits)
    if low == -np.inf:
        return "any" if high == np.inf else f"≤ {say(high, column, digits)}"
    if high == np.inf:
        return f"> {say(low, column, digits)}"
    if column.integer and np.floor(low) + 1 <= np.floor(high):
        return f"{say(np.floor(low) + 1, column, digits)} – {say(np.floor(high), column, digits)}"
    return f"{say(low, column, digits)} – {say(high, column, digits)}"


def say(value: float, column: Column, digits: int = 4) -> str:
    """A value of the column in words: a number with so many digits, or the moment it stands for.

    >>> from engine.columns import Kind
    >>> say(0.0, Column("at", "TIMESTAMP", Kind.DATETIME))
    '1970-01-01'
    """
    if column.kind is Kind.DATETIME and column.base.startswith(("TIMESTAMP", "DATE")):
        try:
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(value))
        except (OverflowError, ValueError):
            return f"{value:.{digits}g} s"
        if digits > 12:
            return f"{at:%Y-%m-%d} {at.time().isoformat()}"
        return f"{at:%Y-%m-%d}" if at.time() == datetime.min.time() or digits < 6 else f"{at:%Y-%m-%d %H:%M:%S}"
    value += 0.0  # -0 is 0
    if column.integer and abs(value) < 1e15:
        return f"{value:.0f}"
    return f"{value:.{digits}g}"


def category_labels(named: tuple[str, ...]) -> tuple[str, ...]:
    """One label a bin of categories: the names, then the rarer ones together, then the ones never seen before.

    >>> category_labels(("a", "other"))
    ('a', 'other', 'all others', 'unseen')
    """
    short = tuple(plain(name) for name in named)
    if len(set(short)) < len(short):
        short = tuple(f"{name} [{i}]" for i, name in enumerate(short, start=1))
    named = short
    rest = [next(label for label in words if label not in named) for words in (_words("other"), _words("unseen"))]
    return (*named, *rest)


def _words(word: str) -> Iterator[str]:
    yield word
    yield f"all {word}s" if word == "other" else f"never seen ({word})"
    while True:
        word = f"({word})"
        yield word
