"""Answers as text: a run in one of the four forms, and rows as an aligned table, TSV or CSV that nothing runs."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from engine.errors import plain
from engine.findings import Finding, Severity, three
from engine.metrics import METRICS
from engine.run import Run
from engine.spreadsheet import runs, visible

MARKS = {"ok": "●", "warning": "▲", "critical": "■", "not_enough_data": "◌", "info": "i", "not_judged": "–"}
WIDEST = 60  # of a cell in a table that a person reads; files hold the whole
LONGEST = 600  # of a sentence there
HEAD = ("severity", "signal", "column", "metric", "value", "floor", "warning", "critical", "sentence")


def render_run(run: Run, form: str) -> str:
    """A run as a table of what calls for attention, as TSV or CSV of every finding, or as its JSON document."""
    if form == "json":
        return run.to_json()
    if form != "table":
        return table(HEAD, [_in_file(one) for one in run.worst()], form)
    rows = [_to_read(one) for one in run.worst() if one.severity not in (Severity.NOT_JUDGED, Severity.OK)]
    judged = any(one.severity is not Severity.NOT_JUDGED for one in run.findings)
    nothing = "● Nothing calls for attention." if judged else "– Nothing could be judged."
    own = run.against.side == "production"
    sides = f"{run.production.name}, against {run.against.words if own else run.reference.name}"
    said = [plain(f"{run.cut.words} of {sides}", 400), table(HEAD[:-1], rows, form) if rows else nothing]
    said += _why(run.reasons)
    said += [", ".join(f"{n} {name.replace('_', ' ')}" for name, n in run.counts.items() if n) + "."]
    said += _expected(run)
    said += [f"Note: {note}" for note in run.notes]
    reasons = {f"{gap.column} {gap.metric}: {gap.because}" for gap in run.not_computed}
    said += [f"Not computed: {len(reasons)}; --format json lists them with their reasons."] if reasons else []
    return "\n".join(said)


def _expected(run: Run) -> list[str]:
    """Performance as it must be expected to be, where labels have not come; empty lines set it off."""
    if run.expected is None:
        return []
    lines = []
    for key, one in run.expected.by.items():
        if one.value is not None:
            ends = "" if one.low is None or one.high is None else f" ({three(one.low)} to {three(one.high)})"
            lines.append(f"  {METRICS[key].name} {three(one.value)}{ends} of {one.rows:,} rows")
    return ["", "Expected until labels come:", *lines, f"  {run.expected.assumption}", ""] if lines else []


def _why(reasons: Mapping[str, Sequence[str]]) -> list[str]:
    """The reasons of every column in alarm, its name before the first of them; empty lines set them off."""
    width = max((len(plain(name, WIDEST)) for name in reasons), default=0)
    names = (
        (plain(name, WIDEST) if i == 0 else "", one) for name, said in reasons.items() for i, one in enumerate(said)
    )
    lines = [f"  {name.ljust(width)}  {plain(one, LONGEST)}" for name, one in names]
    return ["", "Why:", *lines, ""] if lines else []


def _to_read(one: Finding) -> tuple[str, ...]:
    numbers = [one.value, one.floor, *_limits(one)]
    mark = f"{MARKS[str(one.severity)]} {str(one.severity).replace('_', ' ')}"
    return mark, one.signal, one.column or "", one.metric, *("" if x is None else three(x) for x in numbers)


def _in_file(one: Finding) -> tuple[str, ...]:
    numbers = ["" if x is None else repr(x) for x in (one.value, one.floor, *_limits(one))]
    return str(one.severity), one.signal, one.column or "", one.metric, *numbers, one.sentence


def _limits(one: Finding) -> tuple[float | None, float | None]:
    return (one.threshold.warning, one.threshold.critical) if one.threshold else (None, None)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], form: str) -> str:
    """Rows as an aligned table, TSV or CSV. No cell can break its row, steer a terminal or run in a spreadsheet."""
    if form == "table":
        cells = [list(head)] + [[plain(cell, WIDEST) for cell in row] for row in rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        return "\n".join(line.rstrip() for line in lines)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter="\t" if form == "tsv" else ",", lineterminator="\n")
    writer.writerow(head)
    writer.writerows([harmless(visible(cell)) for cell in row] for row in rows)
    return stream.getvalue().rstrip("\n")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, set off by a '; numbers stay as they are.

    >>> harmless("=1+1"), harmless("-0.5")
    ("'=1+1", '-0.5')
    """
    if not runs(cell):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
