"""The command line: python -m engine VERB. Each verb is one function; every error is a sentence, never a traceback."""

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from engine.errors import InvalidMonitor, PlumblineError, UnknownName, UnreadableSource
from engine.findings import Severity, three

FORMATS = click.Choice(["table", "json", "tsv", "csv"])
FINE, FOUND, WRONG = 0, 1, 2
MARKS = {"ok": "●", "warning": "▲", "critical": "■", "not_enough_data": "◌", "info": "i", "not_judged": "–"}


class Verbs(click.Group):
    """Verbs in the order of their definition; an unknown one is answered with the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownName.of("verb", args[0], self.commands)
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Plumbline: does a deployed model still see the world it was trained on?"""


def output(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every verb has: the form of the answer, and where it goes."""
    verb = click.option("--format", "form", type=FORMATS, default="table", show_default=True)(verb)
    return click.option("-o", "--output", "file", type=click.Path(dir_okay=False), help="Write to FILE.")(verb)


def fail_on(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The option that decides about exit code 1."""
    levels = click.Choice(["warning", "critical", "never"])
    return click.option("--fail-on", type=levels, default="critical", show_default=True)(verb)


@cli.command()
@click.argument("reference")
@click.argument("production")
@click.option("--monitor", type=click.Path(), help="A monitor file: roles, kinds and thresholds are taken from it.")
@click.option("--timestamp", metavar="COL", help="The column that says when a row happened.")
@click.option("--window", metavar="START..END", help="Production rows from START to END (excluded).")
@click.option("--where", multiple=True, metavar="COL=VALUE", help="Also !=, >=, <, in(a,b), is_null. Repeatable.")
@click.option("--kind", multiple=True, metavar="COL=KIND", help="numeric, categorical, datetime. Repeatable.")
@click.option("--role", multiple=True, metavar="COL=ROLE", help="feature, target, score, id, ignore, … Repeatable.")
@click.option("--metrics", metavar="psi,ks,…", help="Compute and judge these only.")
@click.option("--whole-reference", is_flag=True, help="Hold a cohort against the whole reference, not its own.")
@fail_on
@output
def compare(reference: str, production: str, fail_on: str, form: str, file: str | None, **options: Any) -> int:
    """Hold a PRODUCTION dataset against a REFERENCE: every signal that the columns allow.

    Example: python -m engine compare reference.parquet production.parquet --where origin=LGA --format json
    """
    from engine.cli_compare import compared

    run = compared(reference, production, progress=progress(), **options)
    write(render_run(run, form), file)
    return code(run.severity, fail_on)


@cli.command()
@click.argument("monitor", required=False)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a monitor file instead.")
@output
def check(monitor: str | None, schema: bool, form: str, file: str | None) -> int:
    """Check a MONITOR file against its data: all problems at once, each with its line.

    Example: python -m engine check data/monitors/flights.yaml
    """
    from engine.monitor.check import check_monitor
    from engine.monitor.model import json_schema

    if schema:
        write(json.dumps(json_schema(), indent=2, ensure_ascii=False), file)
        return FINE
    if monitor is None:
        raise PlumblineError("Which monitor?", hint="Give a file, as in check data/monitors/flights.yaml, or --schema.")
    problems = check_monitor(Path(monitor))
    rows = [(p.severity, p.line or "", p.field, p.message, p.hint or "") for p in problems]
    if form == "json":
        listed = [dict(zip(("severity", "line", "field", "message", "hint"), row, strict=True)) for row in rows]
        write(canonical({"schema_version": 1, "kind": "check", "monitor": monitor, "problems": listed}), file)
    elif rows or form != "table":
        write(table(("severity", "line", "field", "message", "hint"), rows, form), file)
    else:
        write(f"● {monitor} is in order.", file)
    return WRONG if any(p.severity == "error" for p in problems) else FINE


@cli.command()
@click.argument("metric", required=False)
@output
def explain(metric: str | None, form: str, file: str | None) -> int:
    """Print the manual of a METRIC: what it says, when to use it, its formula, its pitfalls and its source.

    Example: python -m engine explain psi
    """
    from engine.metrics import METRICS, manual
    from engine.metrics import metric as find

    if metric is None:
        rows = [(m.key, m.name, m.signal, three(m.warning), three(m.critical)) for m in METRICS.values()]
        write(table(("key", "name", "signal", "warning", "critical"), rows, form), file)
        return FINE
    found = find(metric)
    if form == "json":
        facts = {"key": found.key, "name": found.name, "formula": found.formula, "manual": manual(metric)}
        write(canonical({"schema_version": 1, "kind": "metric", **facts}), file)
    else:
        limits = f"Warning at {three(found.warning)}, critical at {three(found.critical)}"
        limits += " above the reference's own value." if found.relative else "."
        write(f"{manual(metric)}\n\nFormula: {found.formula}\n{limits}", file)
    return FINE


def progress() -> Callable[[float, str], None] | None:
    """A line on stderr that tells how far a computation is, when a person is looking."""
    if not sys.stderr.isatty():
        return None

    def tell(share: float, said: str) -> None:
        sys.stderr.write(f"\r\033[K{share:4.0%} {said}" if share < 1 else "\r\033[K")
        sys.stderr.flush()

    return tell


def code(severity: Severity, fail_on: str) -> int:
    """The exit code of a finding's severity."""
    if fail_on == "never":
        return FINE
    return FOUND if severity.rank >= Severity(fail_on).rank else FINE


def render_run(run: Any, form: str) -> str:
    """A run in one of the four forms."""
    if form == "json":
        return str(run.to_json())
    head = ("severity", "signal", "column", "metric", "value", "floor", "warning", "critical", "sentence")
    rows = [
        (
            f.severity if form != "table" else f"{MARKS[str(f.severity)]} {str(f.severity).replace('_', ' ')}",
            f.signal,
            f.column or "",
            f.metric,
            *("" if x is None else three(x) if form == "table" else repr(x) for x in (f.value, f.floor)),
            *("" if f.threshold is None else three(x) for x in _limits(f.threshold)),
            f.sentence,
        )
        for f in run.worst()
        if form != "table" or f.severity not in (Severity.NOT_JUDGED, Severity.OK)
    ]
    if form != "table":
        return table(head, rows, form)
    said = [f"{run.cut.words} of {run.production.name}, against {run.reference.name}"]
    said += [table(head[:-1], [row[:-1] for row in rows], form) if rows else "● Nothing calls for attention."]
    counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in run.counts.items() if n)
    said += [counts + "."] + [f"Note: {note}" for note in run.notes]
    reasons = sorted({f"{gap.column} {gap.metric}: {gap.because}" for gap in run.not_computed})
    said += [f"Not computed: {len(reasons)}; --format json lists them with their reasons."] if reasons else []
    return "\n".join(said)


def _limits(threshold: Any) -> tuple[float, float]:
    return (0.0, 0.0) if threshold is None else (threshold.warning, threshold.critical)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], form: str) -> str:
    """Rows as an aligned table, TSV or CSV; in files a text that a spreadsheet would run is quoted with a '."""
    cells = [[str(cell).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows]
    if form == "table":
        widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                 for row in [list(head), *cells]]  # fmt: skip
        return "\n".join(lines)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter="\t" if form == "tsv" else ",", lineterminator="\n")
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in cells)
    return stream.getvalue().rstrip("\n")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are.

    >>> harmless("=1+1"), harmless("-0.5")
    ("'=1+1", '-0.5')
    """
    if not cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def canonical(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, default=str)


def write(text: str, file: str | None) -> None:
    """Print an answer, or write it to a file whole or not at all."""
    if file is None:
        click.echo(text)
        return
    path = Path(file)
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UnreadableSource(f"The file cannot be written: {error.strerror}.", where=file) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb and return its exit code: 0 fine, 1 found something, 2 the input or command is wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(given, standalone_mode=False, prog_name="python -m engine")
        return result if isinstance(result, int) else FINE
    except click.ClickException as error:
        return complain(PlumblineError(error.format_message()), given)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return WRONG
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except InvalidMonitor as error:
        return complain(error, given)
    except PlumblineError as error:
        return complain(error, given)


def complain(error: PlumblineError, given: Sequence[str]) -> int:
    """Tell an error: the sentence on stderr, and for a script the JSON document on stdout."""
    if any(one in ("--format=json", "json") for one in given):
        click.echo(canonical(error.document()))
    click.echo(str(error), err=True)
    return WRONG
