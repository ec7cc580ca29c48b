"""A card: one column drawn on the bins that were scored, its readings on rulers with thresholds and noise floors."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.charts.distribution import bins_of, main_bins
from engine.evidence.blocks import Block, count, number, share
from engine.evidence.findings_of import CALLS, Row, by_column, finding_of, name_of_metric, read, short_name
from engine.evidence.glyphs import shortened
from engine.findings import Part

FILL = 12  # columns that get a card where fewer are in breach
ROWS = 24  # bins that a card lists
RULERS = 6  # readings on rulers a card


def cards(snapshot: Mapping[str, Any]) -> list[Block]:
    """Cards of the columns in breach, then of the next, worst first."""
    run, most = snapshot["run"], snapshot["options"]["cards"]
    said = {one["column"]: one["sentences"] for one in run["reasons"]}
    columns = by_column(one for one in run["findings"] if one["signal"] != "schema")
    drawn = [(name, rows) for name, rows in columns.items() if _drawn(rows) or _rulers(rows)]
    breaches = sum(rows[0]["severity"] in CALLS for _, rows in drawn)
    chosen = drawn[: min(most, max(breaches, FILL))]
    return [card(i, name, rows, said.get(name, ())) for i, (name, rows) in enumerate(chosen, start=1)]


def card(place: int, name: str, rows: Sequence[Row], reasons: Sequence[str] = ()) -> Block:
    """One column. rows: its findings, worst first."""
    binned, kind = _drawn(rows), rows[0]["kind"]
    bins = _bins(binned["parts"], kind != "categorical") if binned else []
    title = shortened(name)
    readings = [ruler(one) for one in _rulers(rows)]
    sides = next((one for one in rows if one["n_reference"] is not None), rows[0])
    parts = [f"{one['label']}: {one['reference']} to {one['production']}" for one in bins if one["main"]]
    return {
        "type": "card",
        "compact": False,
        "column": name,
        "drawn": binned["metric"] if binned else "",
        "judged": [one["metric"] for one in _rulers(rows)],
        "place": place,
        "title": title,
        "kind": kind or "",
        "severity": rows[0]["severity"],
        "rows": (
            f"{count(sides['n_reference'])} reference and {count(sides['n_production'])} production values; nulls "
            f"{share(sides['null_share_reference'])} and {share(sides['null_share_production'])}"
        ),
        "ordered": kind != "categorical",
        "metric": name_of_metric(binned["metric"]) if binned else "",
        "short": short_name(binned["metric"]) if binned else "",
        "bins": bins,
        "rulers": readings,
        "reasons": list(reasons) or [one["sentence"] for one in rows if one["severity"] in CALLS],
        "alt": (
            f"{title}: shares of reference and production rows on the {len(bins)} bins that were scored"
            + (f"; most of the score comes from {'; '.join(parts)}" if parts else "")
            + ". "
            + " ".join(one["words"] for one in readings)
        ),
    }


def _drawn(rows: Sequence[Row]) -> Row | None:
    """The finding whose bins are drawn: the most urgent one that has any and was judged, else PSI's."""
    judged = (one for one in rows if one["parts"] and one["threshold"] and one["severity"] != "not_judged")
    found = next(judged, None) or read(rows, "psi") or next((one for one in rows if one["parts"]), None)
    return found if found is not None and found["parts"] else None


def _rulers(rows: Sequence[Row]) -> list[Row]:
    """The judged readings, without rates that are nothing on both sides."""
    return [
        one
        for one in rows
        if one["threshold"] and one["value"] is not None and (one["value"] or one["signal"] != "data_quality")
    ][:RULERS]


def _bins(parts: Sequence[Mapping[str, Any]], ordered: bool) -> list[dict[str, Any]]:
    """What is drawn: shares as numbers and as texts; score: of the whole, as text; main: adds most to the score."""
    found = bins_of([Part(**one) for one in parts], ordered)
    telling = set(main_bins(found))
    top = max((max(one.reference, one.production) for one in found), default=0.0) or 1.0
    return [
        {
            "no": i + 1,
            "label": shortened(one.label, 60),
            "p": one.reference / top,
            "q": one.production / top,
            "reference": share(one.reference),
            "production": share(one.production),
            "score": "–" if one.score is None else f"{100 * one.score:.0f} %",
            "main": i in telling,
            "top": share(top),
        }
        for i, one in enumerate(found[:ROWS])
    ]


def ruler(row: Row) -> dict[str, Any]:
    """One reading on a ruler, all places from 0 to 1. from_right: lower is worse, so zones lie to the left."""
    finding = finding_of({**row, "parts": None})
    limits = finding.threshold
    assert limits is not None and finding.value is not None
    numbers = [finding.value, limits.warning, limits.critical]
    numbers += [] if finding.floor is None else [finding.floor]
    low, high = min(0.0, *numbers), max(numbers)
    up = limits.critical > limits.warning
    if not up:  # 0 is far away from where such readings lie
        low = min(numbers)
    room = (high - low) * 0.12 or 1.0
    low, high = (low - room if low < 0 or not up else low), high + room

    def at(value: float) -> float:
        return round(min(max((value - low) / (high - low), 0.0), 1.0), 5)

    floor = None if finding.floor is None else number(finding.floor)
    return {
        "name": short_name(finding.metric),
        "value": at(finding.value),
        "said": number(finding.value),
        "warning": at(limits.warning),
        "critical": at(limits.critical),
        "warning_said": number(limits.warning),
        "critical_said": number(limits.critical),
        "up": up,
        "floor": None if finding.floor is None else at(finding.floor),
        "floor_said": floor or "none",
        "zero": at(0.0) if low <= 0 <= high else 0.0,
        "severity": str(finding.severity),
        "words": (
            f"{name_of_metric(finding.metric)} is {number(finding.value)}; warning at {number(limits.warning)}, "
            f"critical at {number(limits.critical)}" + (f", noise floor {floor}" if floor else "") + "."
        ),
    }
