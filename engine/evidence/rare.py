"""Rare values stay out of evidence: categories of few rows are pooled, in bins and in sentences."""

import re
from collections.abc import Mapping
from typing import Any

NEW = re.compile(r"; never seen before: |(?<=of the values): ")  # what stands before names with their rows
NAMED = re.compile(r"(.+?) \((\d[\d,]*)\)(?:, |\.)", re.DOTALL)
KEPT = ("other", "unseen")  # bins that hold several values already


def without_rare(document: Mapping[str, Any], least: int, top: int) -> dict[str, Any]:
    """A run's document in which no category of fewer than least rows, both sides together, and none beyond the top
    most frequent is named. Sums and values stay what they are.
    """
    findings = [_finding(one, least, top) for one in document["findings"]]
    reasons = [{**one, "sentences": [hushed(said, least) for said in one["sentences"]]} for one in document["reasons"]]
    return {**document, "findings": findings, "reasons": reasons}


def _finding(finding: Mapping[str, Any], least: int, top: int) -> dict[str, Any]:
    changed = {**finding, "sentence": hushed(finding["sentence"], least)}
    if finding["kind"] == "categorical" and finding["parts"]:
        rows = finding["n_reference"] or 0, finding["n_production"] or 0
        changed["parts"] = pooled(finding["parts"], rows, least, top)
    return changed


def pooled(parts: list[dict[str, Any]], rows: tuple[int, int], least: int, top: int) -> list[dict[str, Any]]:
    """The bins with the rare ones as one, which stands before "other" and "unseen". rows: of both sides.

    >>> parts = [{"label": x, "reference": p, "production": p, "part": 0.0} for x, p in (("a", 0.99), ("b", 0.01))]
    >>> [one["label"] for one in pooled(parts, (100, 100), least=5, top=30)]
    ['a', '1 rare']
    """
    named = [one for one in parts if one["label"] not in KEPT]
    often = sorted(named, key=lambda one: -max(one["reference"], one["production"]))[:top]
    kept = {
        one["label"] for one in often if round(one["reference"] * rows[0]) + round(one["production"] * rows[1]) >= least
    }
    rare = [one for one in named if one["label"] not in kept]
    if not rare:
        return parts
    one_bin: dict[str, Any] = {side: sum(one[side] for one in rare) for side in ("reference", "production")}
    one_bin["part"] = None if any(one["part"] is None for one in rare) else sum(one["part"] for one in rare)
    one_bin["label"] = f"{len(rare)} rare"
    return [
        *(one for one in named if one["label"] in kept),
        one_bin,
        *(one for one in parts if one["label"] in KEPT),
    ]


def hushed(sentence: str, least: int) -> str:
    """A sentence in which new categories of fewer rows than least are counted, not named.

    >>> hushed("Rate of c is 0.1; never seen before: ABQ (7), J. Doe (1).", least=5)
    'Rate of c is 0.1; never seen before: ABQ (7), 1 rare.'
    """
    sign = NEW.search(sentence)
    if not sign:
        return sentence
    found = NAMED.findall(sentence[sign.end() :])
    often = [f"{name} ({rows})" for name, rows in found if int(rows.replace(",", "")) >= least]
    rare = len(found) - len(often)
    return sentence[: sign.end()] + ", ".join(often + ([f"{rare} rare"] if rare or not often else [])) + "."
