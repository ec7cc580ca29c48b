"""What two documents of one run say differently: every number and sentence, but not when and by what they were made."""

from collections.abc import Iterable, Mapping, Sequence
from math import isclose
from operator import itemgetter
from typing import Any

from engine.record import name_of

CLOSE = 1e-9  # sums of doubles over several threads differ in their last digits
READING = "value severity".split()  # of a finding, told first
UNASKED = frozenset({"signal", "column", "kind", "metric"})  # what a finding is of
# What a document lists: what each row is called by, and in which words.
LISTS = {
    "estimates": ("metric", "estimate of "),
    "quality": ("column", "counts of "),
    "reasons": ("column", "reasons of "),
}
WHOLE = ("slice", "against", "severity", "counts", "labels", "notes")  # compared as they are
GONE, NEW = "cannot be computed any more", "was not there"


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What two documents of a run say differently, as sentences; each begins with what it is about and a colon.

    >>> bare = {"findings": [], "not_computed": [{"column": None, "metric": "ndcg", "because": "x"}]}
    >>> differing(bare, {"findings": [], "not_computed": []})
    ['ndcg: was not computed, now it is not asked']
    """
    said = []
    for name, (first, second) in _paired(then["findings"], now["findings"], _name).items():
        said += _rows(name, first, second, UNASKED)
    for name, (first, second) in _paired(then["not_computed"], now["not_computed"], _name).items():
        if first is None or second is None:
            was = "was asked of nobody" if first is None else "was not computed"
            said.append(f"{name}: {was}, now it is not {'computed' if first is None else 'asked'}")
        elif first["because"] != second["because"]:
            said.append(f"{name}: was not computed, but for another reason: {_short(first['because'])}")
    for part, (key, words) in LISTS.items():
        rows = _paired(then.get(part) or (), now.get(part) or (), itemgetter(key))
        for name, (first, second) in rows.items():
            said += _rows(f"{words}{name}", first, second, frozenset({key}))
    said += _importance(then.get("importance"), now.get("importance"))
    for side in ("reference", "production"):
        if side in then:
            said += _rows(f"{side} data", then[side], now[side], frozenset({"name"}))
    for part in WHOLE:
        if part in then and not alike(then[part], now.get(part)):
            said.append(f"{part} of the run: were {_short(then[part])}, are {_short(now.get(part))}")
    return said


def readings_in(said: Iterable[str]) -> int:
    """How many readings the sentences of differing are about; what is of the run as a whole is none.

    >>> readings_in(["a.psi: value was 1, is 2", "a.psi: floor was 1, is 2", "counts of a: nulls was 1, is 2"])
    1
    """
    rest = ("importance of ", *(words for _, words in LISTS.values()))
    whole = (*(f"{one} of the run" for one in WHOLE), "reference data", "production data")
    return len({one.split(": ")[0] for one in said if not one.startswith((*rest, *whole))})


def _importance(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> list[str]:
    if then is None or now is None:
        return [] if then is now else [f"importance of the features: {NEW if then is None else GONE}"]
    said = [] if then["source"] == now["source"] else [f"importance of the features: was from {_short(then['source'])}"]
    for name, (first, second) in _paired(then["features"], now["features"], lambda one: str(one["feature"])).items():
        said += _rows(f"importance of {name}", first, second, frozenset({"feature"}))
    return said


def _rows(
    name: str, first: Mapping[str, Any] | None, second: Mapping[str, Any] | None, but: frozenset[str]
) -> list[str]:
    """What two rows say differently, values first. but: fields that say what the row is of."""
    if first is None or second is None:
        return [f"{name}: {NEW if first is None else GONE}"]
    fields = sorted({*first, *second} - but, key=lambda one: (READING.index(one) if one in READING else 9, one))
    return [
        f"{name}: {field} was {_short(first.get(field))}, is {_short(second.get(field))}"
        for field in fields
        if not alike(first.get(field), second.get(field))
    ]


def _paired(
    then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], name: Any
) -> dict[str, tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    old, new = ({name(one): one for one in rows} for rows in (then, now))
    return {one: (old.get(one), new.get(one)) for one in sorted({*old, *new})}


def _name(one: Mapping[str, Any]) -> str:
    return name_of(one["column"], one["metric"])


def alike(first: Any, second: Any) -> bool:
    """Whether two JSON values are the same, numbers within rounding.

    >>> alike([1.0, None, "a"], [1.0 + 1e-12, None, "a"]), alike(1.0, 1.1), alike(True, 1)
    (True, False, False)
    """
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, int | float) and isinstance(second, int | float):
        return isclose(first, second, rel_tol=CLOSE, abs_tol=1e-12)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(alike(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(alike(a, b) for a, b in zip(first, second, strict=True))
    return bool(first == second)


def _short(value: Any) -> str:
    said = str(value)
    return said if len(said) <= 60 else f"{said[:59]}…"
