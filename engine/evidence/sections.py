"""The sections that follow the first page: what was found, column by column and signal by signal."""

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
    soft,
    strong,
    table,
    text,
)
from engine.evidence.cards import cards
from engine.evidence.findings_of import (
    CALLS,
    Row,
    by_column,
    name_of_metric,
    of_signal,
    read,
    worst,
)

SHOWN = ("psi", "wasserstein", "kolmogorov_smirnov", "jensen_shannon")
OF_ROWS = ("duplicate_rate", "volume", "freshness")  # about rows, not about values
LISTED = 40  # cohorts


def attention(run: Mapping[str, Any]) -> list[Block]:
    """Everything at warning or critical, with its sentence."""
    called = [one for one in worst(run["findings"]) if one["severity"] in CALLS]
    rows: list[list[Cell]] = [
        [badge(one["severity"]), one["sentence"], number(one["floor"]), one["floor_basis"] or "–"] for one in called
    ]
    return [
        table(
            ("Severity", "Finding", "Noise floor", "Floor from"),
            rows,
            "llrl",
            ("auto", "1fr", "auto", "auto"),
            empty="Nothing is at warning or critical.",
        )
    ]


def columns(run: Mapping[str, Any]) -> list[Block]:
    """Every column, worst first, by the metrics that are read most."""
    roles = {one["name"]: one["role"] for one in (run["asked"] or {}).get("columns", ())}
    rows: list[list[Cell]] = []
    for i, (name, mine) in enumerate(by_column(run["findings"]).items(), start=1):
        found = {key: read(mine, key) for key in (*SHOWN, "out_of_bounds_rate", "null_rate")}
        nulls = found["null_rate"]
        rows.append(
            [
                soft(str(i)),
                strong(name),
                soft(", ".join(filter(None, (str(roles.get(name) or ""), str(mine[0]["kind"] or ""))))),
                *(_value(found[key]) for key in SHOWN),
                f"{share(nulls['null_share_reference'])} → {share(nulls['null_share_production'])}" if nulls else "–",
                _share(found["out_of_bounds_rate"]),
                badge(mine[0]["severity"]),
            ]
        )
    head = ("No.", "Column", "Role, kind", "PSI", "Wasserst.", "KS", "JS", "Nulls", "Out of b.", "Severity")
    return [
        text(
            "Severity is the most urgent of all of a column's readings. Bold values are at warning or beyond.", "soft"
        ),
        table(
            head,
            rows,
            "rllrrrrrrl",
            ("auto", "1fr", *["auto"] * 8),
            empty="No column was read.",
            small=True,
        ),
    ]


def _value(one: Row | None) -> Cell:
    if one is None:
        return "–"
    said = number(one["value"])
    return {"strong": said} if one["severity"] in CALLS else said


def _share(one: Row | None) -> Cell:
    if one is None:
        return "–"
    return {"strong": share(one["value"])} if one["severity"] in CALLS else share(one["value"])


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
        blocks.append(text("; ".join(sides) + ". Values stand with three standard errors to either side."))
    blocks.append(readings(found, f"Not computed: {why[0]}." if why else "No labels were read.", of=""))
    blocks.append(bullets(one["sentence"] for one in found if one["severity"] != "not_judged"))
    estimates = run.get("estimates")
    if estimates:
        rows: list[list[Cell]] = [
            [
                strong(name_of_metric(one["metric"])),
                number(one["value"]),
                f"{number(one['low'])} to {number(one['high'])}",
                number(one["reference"]),
            ]
            for one in estimates["metrics"]
        ]
        blocks += [
            heading("Estimated without labels"),
            table(("Metric", "Estimate", "Band", "Reference"), rows, "lrrr", ("1fr", "auto", "auto", "auto")),
            text(estimates["assumption"], "soft"),
        ]
    served = of_signal(run["findings"], "operations")
    if served:
        blocks += [heading("Operations"), readings(served, "", of=""), bullets(one["sentence"] for one in served)]
    return blocks


def drawn(snapshot: Mapping[str, Any]) -> list[Block]:
    """A card per column in breach."""
    found = cards(snapshot)
    total = len(by_column(snapshot["run"]["findings"]))
    key = {"type": "key"}
    said = (
        f"{len(found)} of {total} columns are drawn, worst first; the table of all columns and the attached JSON hold "
        "the rest. Bins are those that were scored, fixed on the whole reference; the scale of a chart ends at its "
        "highest share. Shaded bins make up most of the score."
    )
    return [text(said, "soft"), key, *found] if found else [text("No column has bins to draw.")]


def quality(run: Mapping[str, Any]) -> list[Block]:
    """What is missing, broken or out of range; columns as such; rows as such."""
    schema = of_signal(run["findings"], "schema")
    asked = of_signal(run["findings"], "data_quality")
    rows_of = [one for one in asked if one["metric"] in OF_ROWS]
    called = [one for one in asked if one["metric"] not in OF_ROWS and one["severity"] in CALLS]
    counts: list[list[Cell]] = []
    for one in run["quality"]:
        first, second = one["reference"], one["production"]
        counts.append(
            [
                strong(one["column"]),
                *(
                    f"{count(first[name])} / {count(second[name])}"
                    for name in ("rows", "nulls", "nans", "infinite", "type_errors", "out_of_bounds")
                ),
            ]
        )
    blocks = [
        heading("Breaches"),
        bullets(one["sentence"] for one in called) if called else text("No column breaches a threshold of quality."),
        heading("Columns as such"),
        bullets(one["sentence"] for one in schema) if schema else text("The columns are those of the reference."),
        heading("Rows as such"),
        bullets(one["sentence"] for one in rows_of) if rows_of else text("Neither repeated ids nor volume was asked."),
        heading("Counts, reference / production"),
        table(
            ("Column", "Rows", "Nulls", "Not a number", "± Infinity", "Type errors", "Out of bounds"),
            counts,
            "lrrrrrr",
            ("1fr", *["auto"] * 6),
            empty="No column was counted.",
            small=True,
        ),
    ]
    return blocks


def cohorts(snapshot: Mapping[str, Any]) -> list[Block]:
    """The slice that was looked at, and the cohorts that drift, where somebody searched for them."""
    run, found = snapshot["run"], snapshot["cohorts"]
    against = run["against"]
    first = text(f"This run looked at {run['slice']['words']}, held against {against['words']} of {against['side']}.")
    if found is None:
        return [first, text("Cohorts that drift were not searched for this evidence.", "soft")]
    rows: list[list[Cell]] = [
        [
            strong(one["words"]),
            one["column"],
            name_of_metric(one["metric"]),
            number(one["value"]),
            number(one["floor"]),
            f"{share(one['share_reference'])} → {share(one['share_production'])}",
            number(one["value_without"]),
            badge(one["severity"]),
        ]
        for one in found[:LISTED]
    ]
    head = ("Cohort", "Column", "Metric", "Value", "Noise floor", "Share of rows", "Without it", "Severity")
    return [
        first,
        table(head, rows, "lllrrrrl", ("2fr", "1fr", "auto", *["auto"] * 5), empty="No cohort drifts.", small=True),
        *([text(f"{len(found) - LISTED} more stand in the attached JSON.", "soft")] if len(found) > LISTED else []),
    ]


def changed(snapshot: Mapping[str, Any]) -> list[Block]:
    """What changed since the run before."""
    before = snapshot["previous"]
    if before is None:
        return [text("No earlier run was named to compare with.")]
    rows: list[list[Cell]] = [
        [
            {"strong": one["change"]},
            strong(one["column"] or "–"),
            name_of_metric(one["metric"]),
            *(
                f"{number(side['value'])}, {side['severity'].replace('_', ' ')}" if side else "–"
                for side in (one["before"], one["after"])
            ),
        ]
        for one in before["changes"]
    ]
    said = f"Since run {before['run']} ({before['words']})."
    run = snapshot["run"]
    if before["monitor_digest"] != run["monitor_digest"]:
        said += " The rules are not the same as then: the monitor's digest was another."
    head = ("Change", "Column", "Metric", "Before", "Now")
    return [
        text(said),
        table(
            head,
            rows,
            "lllll",
            ("auto", "1fr", "1fr", "auto", "auto"),
            empty="Nothing was or is at warning or critical.",
        ),
    ]
