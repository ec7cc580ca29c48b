"""Sections of signals that are read as a whole: what the model says, what it rests on, and how right it was."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.evidence.blocks import (
    Block,
    Cell,
    badge,
    bullets,
    count,
    heading,
    limits,
    number,
    share,
    strong,
    table,
    text,
)
from engine.evidence.findings_of import CALLS, Row, name_of_metric, of_signal


def readings(found: Iterable[Row], nothing: str, of: str = "Column") -> Block:
    """Findings as a table: values against thresholds and noise floor."""
    rows: list[list[Cell]] = [
        [
            *([strong(one["column"] or "–")] if of else []),
            name_of_metric(one["metric"]) if of else strong(name_of_metric(one["metric"])),
            _band(one),
            *limits(one),
            number(one["floor"]),
            f"{count(one['n_reference'])} / {count(one['n_production'])}",
            badge(one["severity"]),
        ]
        for one in found
    ]
    head = (
        *([of] if of else []),
        "Metric",
        "Value",
        "Warning",
        "Critical",
        "Noise floor",
        "n ref. / prod.",
        "Severity",
    )
    widths = (*(["1fr"] if of else []), "1fr", *["auto"] * 6)
    return table(head, rows, "l" * (2 if of else 1) + "rrrrrl", widths, empty=nothing, small=True)


def _band(one: Row) -> str:
    value = number(one["value"])
    if one["band"]:
        return f"{value} ({number(one['band'][0])} to {number(one['band'][1])})"
    if one["interval"] and one["interval"][0] != one["interval"][1]:
        return f"{value} (proven {number(one['interval'][0])} to {number(one['interval'][1])})"
    return value


def predictions(run: Mapping[str, Any]) -> list[Block]:
    """Drift of what the model says."""
    found = of_signal(run["findings"], "prediction_drift")
    said = [one["sentence"] for one in found if one["severity"] in CALLS]
    return [readings(found, "No column holds predictions or scores."), bullets(said)]


def attribution(run: Mapping[str, Any]) -> list[Block]:
    """What the prediction rests on, before and now."""
    found = of_signal(run["findings"], "attribution_drift")
    why = [one["because"] for one in run["not_computed"] if one["signal"] == "attribution_drift"]
    blocks = [readings(found, f"Not computed: {why[0]}." if why else "Nobody asked for it.", of="")]
    blocks += [bullets(one["sentence"] for one in found)]
    known = run["importance"]
    if known:
        order = {side: _places(known["features"], side) for side in ("reference", "production")}
        rows: list[list[Cell]] = [
            [
                strong(one["feature"]),
                share(one["reference"]),
                str(order["reference"][one["feature"]]),
                share(one["production"]),
                str(order["production"][one["feature"]]),
            ]
            for one in sorted(known["features"], key=lambda one: (-one["reference"], one["feature"]))
        ]
        head = ("Feature", "Importance, reference", "Place", "Importance, production", "Place")
        blocks += [heading(f"Importances ({known['source']})"), table(head, rows, "lrrrr", ("1fr", *["auto"] * 4))]
    return blocks


def _places(features: list[dict[str, Any]], side: str) -> dict[str, int]:
    ordered = sorted(features, key=lambda one: (-one[side], one["feature"]))
    return {one["feature"]: i for i, one in enumerate(ordered, start=1)}


def performance(run: Mapping[str, Any]) -> list[Block]:
    """How right predictions were, from labels; estimates where the document has them."""
    found = of_signal(run["findings"], "model_performance")
    why = [one["because"] for one in run["not_computed"] if one["signal"] == "model_performance"]
    blocks = []
    if run["labels"]:
        sides = [
            f"{count(run['labels'][side]['labelled'])} of {count(run['labels'][side]['rows'])} {side} rows have a label"
            for side in ("reference", "production")
        ]
        maturity = run["labels"].get("maturity")
        said = f" The labels of this window are {maturity}." if maturity else ""
        said = "; ".join(sides) + f".{said} Values stand with three standard errors to either side."
        blocks.append(text(said, sticky=True))
    blocks.append(readings(found, f"Not computed: {why[0]}." if why else "No labels were read.", of=""))
    blocks.append(bullets(one["sentence"] for one in found if one["severity"] != "not_judged"))
    estimates = run.get("estimates") or []
    if estimates:
        rows: list[list[Cell]] = [
            [
                strong(name_of_metric(one["metric"])),
                number(one["value"]),
                f"{number(one['low'])} to {number(one['high'])}" if one["low"] is not None else "–",
                count(one["rows"]),
                one["because"] or "",
            ]
            for one in estimates
        ]
        head = ("Metric", "Estimate", "Band", "Rows", "Why there is none")
        blocks += [
            heading("Estimated, before labels came"),
            table(head, rows, "lrrrl", ("1fr", "auto", "auto", "auto", "1fr")),
            *(text(said, "soft") for said in dict.fromkeys(one["assumption"] for one in estimates)),
        ]
    served = of_signal(run["findings"], "operations")
    if served:
        blocks += [heading("Operations"), readings(served, "", of=""), bullets(one["sentence"] for one in served)]
    return blocks
