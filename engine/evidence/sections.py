"""The sections that follow the first page: what was found, column by column and signal by signal."""

from collections.abc import Mapping
from typing import Any

from engine.evidence.blocks import (
    Block,
    Cell,
    badge,
    bullets,
    count,
    heading,
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
            "Severity is the most urgent of all of a column's readings. Bold values are at warning or beyond.",
            "soft",
            sticky=True,
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
    return [text(said, "soft", sticky=True), key, *found] if found else [text("No column has bins to draw.")]


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
        said = snapshot.get("searched") or "Cohorts that drift were not searched for this evidence."
        return [first, text(said, "soft")]
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
        {**first, "sticky": True},
        table(head, rows, "lllrrrrl", ("2fr", "1fr", "auto", *["auto"] * 5), empty="No cohort drifts.", small=True),
        *([text(snapshot["searched"], "soft")] if snapshot.get("searched") else []),
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
                cell
                for side in (one["before"], one["after"])
                for cell in ((number(side["value"]), badge(side["severity"])) if side else ("–", ""))
            ),
        ]
        for one in before["changes"]
    ]
    said = f"Since run {before['run']} ({before['words']})."
    run = snapshot["run"]
    if before["monitor_digest"] != run["monitor_digest"]:
        said += " The rules are not the same as then: the monitor's digest was another."
    head = ("Change", "Column", "Metric", "Before", "", "Now", "")
    return [
        text(said, sticky=True),
        table(
            head,
            rows,
            "lllrlrl",
            ("auto", "1fr", "1fr", *["auto"] * 4),
            empty="Nothing was or is at warning or critical.",
        ),
    ]
