"""Rare values stay out of evidence: of few rows, they are pooled in bins, counted in sentences, and no cohort."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NEW = re.compile(r"; never seen before: |(?<=of the values): ")  # what stands before names with their rows
NAMED = re.compile(r"(.+?) \((\d[\d,]*)\)(?:, |\.)", re.DOTALL)
ONE = re.compile(r"The new category .+ is (?=[\d.]+% of the values\.)", re.DOTALL)
GONE = re.compile(r"( vanished: )(.+)( \([\d.]+% of the reference\)\.)", re.DOTALL)
STUCK = re.compile(r" is .+ in all (?=[\d,]+ rows that have a value)", re.DOTALL)
KEPT = ("other", "unseen")  # bins that hold several values already


@dataclass(frozen=True, slots=True)
class Few:
    """What is known of a column's rare categories. names: of fewer rows than least, both sides together; unseen: rows
    of production whose category the reference never had; rows: of production that have a value.
    """

    least: int
    names: tuple[str, ...] = ()
    unseen: int = 0
    rows: int = 0


def without_rare(document: Mapping[str, Any], least: int, top: int) -> dict[str, Any]:
    """A run's document in which no category of fewer than least rows, both sides together, is named, and none beyond
    the top most frequent stands in a bin of its own. Sums and values stay what they are.
    """
    known = _few(document, least)
    nothing = Few(least)
    findings = [_finding(one, known.get(one["column"], nothing), top) for one in document["findings"]]
    reasons = [
        {**one, "sentences": [hushed(said, known.get(one["column"], nothing)) for said in one["sentences"]]}
        for one in document["reasons"]
    ]
    return {**document, "findings": findings, "reasons": reasons}


def frequent(cohorts: Iterable[Mapping[str, Any]], least: int) -> list[Mapping[str, Any]]:
    """The cohorts that hold at least so many rows, both sides together: the name of a smaller one may tell of persons.

    >>> frequent([{"n_reference": 3, "n_production": 1}, {"n_reference": 3, "n_production": 2}], least=5)
    [{'n_reference': 3, 'n_production': 2}]
    """
    return [one for one in cohorts if one["n_reference"] + one["n_production"] >= least]


def _few(document: Mapping[str, Any], least: int) -> dict[str | None, Few]:
    """What is rare, by column; columns of numbers have no categories."""
    names: dict[str, dict[str, int]] = {}
    for one in document["findings"]:
        if one["kind"] == "categorical" and one["parts"]:
            rows = one["n_reference"] or 0, one["n_production"] or 0
            names.setdefault(one["column"], {}).update({part["label"]: _rows(part, rows) for part in one["parts"]})
    found: dict[str | None, Few] = {}
    for one in document["quality"]:
        now = one["production"]
        named = names.get(one["column"], {})
        rare = sorted((name for name, n in named.items() if n < least and name not in KEPT), key=len, reverse=True)
        values = now["rows"] - now["nulls"] - now["nans"] - now["type_errors"]
        found[one["column"]] = Few(least, tuple(rare), now["out_of_bounds"], values)
    return found


def _rows(part: Mapping[str, Any], rows: tuple[int, int]) -> int:
    return int(round(part["reference"] * rows[0]) + round(part["production"] * rows[1]))


def _finding(finding: Mapping[str, Any], few: Few, top: int) -> dict[str, Any]:
    changed = {**finding, "sentence": hushed(finding["sentence"], few)}
    if finding["kind"] == "categorical" and finding["parts"]:
        rows = finding["n_reference"] or 0, finding["n_production"] or 0
        changed["parts"] = pooled(finding["parts"], rows, few.least, top)
    return changed


def pooled(parts: list[dict[str, Any]], rows: tuple[int, int], least: int, top: int) -> list[dict[str, Any]]:
    """The bins with the rare ones as one, which stands before "other" and "unseen". rows: of both sides.

    >>> parts = [{"label": x, "reference": p, "production": p, "part": 0.0} for x, p in (("a", 0.99), ("b", 0.01))]
    >>> [one["label"] for one in pooled(parts, (100, 100), least=5, top=30)]
    ['a', '1 less frequent']
    """
    named = [one for one in parts if one["label"] not in KEPT]
    often = sorted(named, key=lambda one: -max(one["reference"], one["production"]))[:top]
    kept = {one["label"] for one in often if _rows(one, rows) >= least}
    rare = [one for one in named if one["label"] not in kept]
    if not rare:
        return parts
    one_bin: dict[str, Any] = {side: sum(one[side] for one in rare) for side in ("reference", "production")}
    one_bin["part"] = None if any(one["part"] is None for one in rare) else sum(one["part"] for one in rare)
    one_bin["label"] = f"{len(rare)} less frequent"
    return [
        *(one for one in named if one["label"] in kept),
        one_bin,
        *(one for one in parts if one["label"] in KEPT),
    ]


def hushed(sentence: str, few: Few) -> str:
    """A sentence about a column in which its rare categories are counted, not named.

    >>> few = Few(least=5, names=("J. Doe",), unseen=8)
    >>> hushed("Rate of c is 0.1; never seen before: ABQ (7), A. Roe (1).", few)
    'Rate of c is 0.1; never seen before: ABQ (7), 1 rare.'
    >>> hushed("PSI of c is 0.3; 60% of it is J. Doe (1.0% → 0.0%).", few)
    'PSI of c is 0.3; 60% of it is a rare category (1.0% → 0.0%).'
    """
    for hush in HUSHES:
        sentence = hush(sentence, few)
    return sentence


def _new(sentence: str, few: Few) -> str:
    """Categories with their rows. Where the rows cannot be those of new categories, a name reads like a list: then
    none is told.
    """
    sign = NEW.search(sentence)
    if not sign:
        return sentence
    found = list(NAMED.finditer(sentence, sign.end()))
    rows = [int(one[2].replace(",", "")) for one in found]
    if not found or sum(rows) > few.unseen:
        return sentence[: sign.end()] + "some that are not named here."
    often = [f"{one[1]} ({one[2]})" for one, n in zip(found, rows, strict=True) if n >= few.least]
    rare = len(found) - len(often)
    told = ", ".join(often + ([f"{rare} rare"] if rare else []))
    return sentence[: sign.end()] + told + sentence[found[-1].end(2) + 1 :]


def _one(sentence: str, few: Few) -> str:
    """The only new category."""
    return sentence if few.unseen >= few.least else ONE.sub("A new category is ", sentence)


def _vanished(sentence: str, few: Few) -> str:
    """Categories that production has no longer."""
    sign = GONE.search(sentence)
    if not sign:
        return sentence
    told, rare = sign[2], 0
    for name in few.names:
        told, n = re.subn(rf"(^|, ){re.escape(name)}(?=, |$)", "", told, count=1)
        rare += n
    said = ", ".join(filter(None, (told.removeprefix(", "), f"{rare} rare" if rare else "")))
    return sentence[: sign.start(2)] + said + sentence[sign.end(2) :]


def _bin(sentence: str, few: Few) -> str:
    """A bin with its shares on both sides."""
    for name in few.names:
        sentence = re.sub(rf"(?<= is ){re.escape(name)}(?= \([\d.]+% → [\d.]+%\))", "a rare category", sentence)
    return sentence


def _stuck(sentence: str, few: Few) -> str:
    """The one value that a column has."""
    return sentence if few.rows >= few.least else STUCK.sub(" is the same in all ", sentence)


HUSHES: Sequence[Callable[[str, Few], str]] = (_new, _one, _vanished, _bin, _stuck)
