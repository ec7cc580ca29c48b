"""The command line: python -m engine VERB. Each verb is one function; every error is a sentence, never a traceback."""

import json
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from engine.cli_backup import store as kept
from engine.cli_base import FINE, WRONG, Verbs, canonical, code, csv, fail_on, output, progress, why, write
from engine.cli_seal import VERBS as SEALS
from engine.cli_seal import sealing
from engine.cli_store import VERBS
from engine.errors import PlumblineError, plain, shown
from engine.logs import FORM, start_logging


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Plumbline: does a deployed model still see the world it was trained on?"""


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
@click.option("--everyone-but", "without", is_flag=True, help="Look at all rows but those of --where.")
@click.option(
    "--against",
    metavar="TEXT",
    help="'everyone else', 'previous window', 'trailing 4 windows', 'same window last year', "
    "'window START..END' or 'cohort FILTER & FILTER': other rows of production.",
)
@csv
@click.option("--rejects", metavar="FILE", type=click.Path(dir_okay=False),
              help="Write rows that fit no table to FILE as CSV: of every text file the first 10,000.")  # fmt: skip
@fail_on
@output
def compare(reference: str, production: str, fail_on: str, form: str, file: str | None, **options: Any) -> int:
    """Hold a PRODUCTION dataset against a REFERENCE: every signal that the columns allow.

    \b
    Example: python -m engine compare reference.parquet production.parquet --where origin=LGA --format json
    """
    from engine.cli_compare import compared
    from engine.cli_tables import render_run

    run = compared(reference, production, progress=progress(), **options)
    write(render_run(run, form), file)
    if not run.judged and fail_on != "never":  # a gate that let empty data pass would be open when it matters
        return WRONG
    return code(run.severity, fail_on)


@cli.command()
@click.argument("reference")
@click.argument("production")
@click.option("--column", multiple=True, metavar="COL", help="Ask this column only. Repeatable.")
@click.option("--metric", default="psi", show_default=True, help="psi, another metric of bins, or null_rate.")
@click.option("--by", "by_column", metavar="COL", help="List every cohort of COL, with its mix and behaviour.")
@click.option("--monitor", type=click.Path(), help="A monitor file: cohort columns, roles and thresholds are its own.")
@click.option("--timestamp", metavar="COL", help="The column that says when a row happened.")
@click.option("--window", metavar="START..END", help="Production rows from START to END (excluded).")
@click.option("--where", multiple=True, metavar="COL=VALUE", help="Also !=, >=, <, in(a,b), is_null. Repeatable.")
@click.option("--kind", multiple=True, metavar="COL=KIND", help="numeric, categorical, datetime. Repeatable.")
@click.option("--role", multiple=True, metavar="COL=ROLE", help="feature, target, score, id, ignore, … Repeatable.")
@csv
@fail_on
@output
def cohorts(reference: str, production: str, fail_on: str, form: str, file: str | None, **options: Any) -> int:
    """Find the cohorts that drift in PRODUCTION beside a REFERENCE, whether all rows do or not.

    \b
    Example: python -m engine cohorts reference.parquet production.parquet --column seats --by origin
    """
    from engine.cli_cohorts import looked_for, render

    answer = looked_for(reference, production, progress=progress(), **options)
    text = render(answer, form)
    write(text if isinstance(text, str) else canonical(text), file)
    if not answer.asked and fail_on != "never":
        return WRONG
    return code(answer.severity, fail_on)


@cli.command()
@click.argument("monitor", required=False)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a monitor file instead.")
@output
def check(monitor: str | None, schema: bool, form: str, file: str | None) -> int:
    """Check a MONITOR file against its data: all problems at once, each with its line.

    \b
    Example: python -m engine check data/monitors/flights.yaml
    """
    from engine.cli_tables import table
    from engine.monitor.check import check_monitor
    from engine.monitor.fields import json_schema

    if schema:
        write(json.dumps(json_schema(), indent=2, ensure_ascii=False), file)
        return FINE
    if monitor is None:
        raise PlumblineError("Which monitor?", hint="Give a file, as in check data/monitors/flights.yaml, or --schema.")
    problems = check_monitor(Path(monitor))
    head = ("severity", "line", "field", "message", "hint")
    if form == "json":
        listed = [{name: getattr(one, name) for name in head} for one in problems]
        write(canonical({"schema_version": 1, "kind": "check", "monitor": monitor, "problems": listed}), file)
    elif form != "table":
        rows = [(p.severity, str(p.line or ""), p.field, p.message, p.hint or "") for p in problems]
        write(table(head, rows, form), file)
    elif problems:
        write("\n".join(f"{p.severity:<8} {plain(str(p), 600)}" for p in problems), file)
    else:
        write(f"● {plain(monitor)} is in order.", file)
    return WRONG if any(p.severity == "error" for p in problems) else FINE


@cli.command()
@click.argument("metric", required=False)
@output
def explain(metric: str | None, form: str, file: str | None) -> int:
    """Print the manual of a METRIC: what it says, when to use it, its formula, its pitfalls and its source.

    \b
    Example: python -m engine explain psi
    """
    from engine.metrics import METRICS, manual
    from engine.metrics import metric as find

    chosen = METRICS.values() if metric is None else [find(metric)]
    head = ("key", "name", "signal", "warning", "critical", "formula", "manual")
    rows = [(one.key, one.name, one.signal, one.warning, one.critical, one.formula, manual(one.key)) for one in chosen]
    if form == "json":
        listed = [dict(zip(head, row, strict=True)) for row in rows]
        facts = {"kind": "metrics", "metrics": listed} if metric is None else {"kind": "metric", **listed[0]}
        write(canonical({"schema_version": 1, **facts}), file)
    elif metric is None or form != "table":
        from engine.cli_tables import table

        kept = 5 if metric is None else len(head)
        write(table(head[:kept], [[str(cell) for cell in row[:kept]] for row in rows], form), file)
    else:
        found = find(metric)
        limits = f"Warning at {found.warning:g}, critical at {found.critical:g}"
        limits += " above the reference's own value." if found.relative else "."
        write(f"{manual(metric)}\n\nFormula: {found.formula}\n{limits}", file)
    return FINE


for recorded in (*VERBS, kept):
    cli.add_command(recorded)


@cli.command()
@click.argument("run")
@click.option("--format", "form", type=click.Choice(["pdf", "html", "json", "csv"]), default="pdf", show_default=True)
@click.option("--by", metavar="NAME", help="Who asks for it; the user of this machine otherwise.")
@click.option("--previous", metavar="RUN", help="The run to compare with; that of the window before otherwise.")
@click.option("--environment", default="", metavar="TEXT", help="Where the model is served, as the first page says.")
@click.option("--brief", is_flag=True, help="Two pages for a weekly reading in place of the whole.")
@click.option("--paper", type=click.Choice(["a4", "us-letter"]), default="a4", show_default=True, help="Of the pages.")
@click.option("--cohorts", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="SECONDS",
              help="Search the run's data for cohorts that drift, for so long at most; 0 for not at all.")  # fmt: skip
@click.option("--sign-as", metavar="ROLE", help="Sign the run in this role, with --name and --decision.")
@click.option("--name", metavar="NAME", help="The printed name of who signs.")
@click.option("--meaning", default="review", show_default=True, help="What the signature means.")
@click.option("--decision", metavar="TEXT", help="What who signs decides.")
@sealing
@click.option("--store", metavar="URL", help="Where runs are kept; PLUMBLINE_STORE, else .plumbline/store.db.")
@click.option("-o", "--output", "file", type=click.Path(dir_okay=False), help="Write to FILE; - is standard output.")
def export(seal: str | None, cert: str | None, manifest: str | None, **options: Any) -> int:
    """Write the evidence of a RUN, by its id, or of the JSON file of a run, as PDF, HTML, JSON or CSV.

    \b
    Example: python -m engine export 4f27082a91c0 --format pdf --by "Jo Doe" --output evidence.pdf
    """
    from engine.cli_evidence import exported, write_bytes
    from engine.cli_seal import finished, ready

    key = ready(options["run"], options["form"], options["file"], seal, cert, manifest)
    where, data, said = exported(**options)
    data, more, beside = finished(data, where, key, manifest, options["store"], options["by"])
    for name, held in {where: data, **beside}.items():
        write_bytes(held, name)
    click.echo(said + more + (f" Written to {plain(where, 300)}." if where else ""), err=True)
    return FINE


@cli.command()
@click.argument("evidence", metavar="FILE")
@click.option("--data", is_flag=True, help="Compute every number again from the original files.")
@click.option("--reference", metavar="PATH", help="Where the reference lies now, if it was moved.")
@click.option("--production", metavar="PATH", help="Where production lies now, if it was moved.")
@click.option("--labels", metavar="PATH", help="Where the labels lie now, if they were moved.")
@click.option("--store", metavar="URL", help="Whose ledger is asked; PLUMBLINE_STORE, else .plumbline/store.db.")
@click.option("--manifest", metavar="FILE", help="The manifest of it; its signature lies beside it, FILE.sig.")
@click.option("--trust", multiple=True, metavar="PEM", help="A certificate of who seals, or the key of who signs.")
@output
def verify(evidence: str, form: str, file: str | None, **options: Any) -> int:
    """Check whether FILE, a PDF or JSON that was exported, is still what was made: exit code 0; 1 if not, or unproven.

    \b
    Example: python -m engine verify evidence.pdf --data
    """
    from engine.cli_evidence import told, verified

    answer = verified(evidence, **options)
    write(told(answer, form), file)
    return answer.code


for of_files in SEALS:
    cli.add_command(of_files)


@cli.command()
@click.argument("monitors", nargs=-1, metavar="[MONITOR]...")
@click.option("--test", is_flag=True, help="Send every target a test, whatever is due.")
@click.option("--store", metavar="URL", help="Where runs are kept; PLUMBLINE_STORE, else .plumbline/store.db.")
@output
def deliver(monitors: tuple[str, ...], test: bool, store: str | None, form: str, file: str | None) -> int:
    """Send what is due to the targets that MONITOR files name, of files or folders; data/monitors by default.

    \b
    Example: python -m engine deliver data/monitors/flights.yaml --test
    """
    from engine.cli_deliver import document, render, told

    done = told(monitors, store, test)
    write(canonical(document(done)) if form == "json" else render(done, form), file)
    return FINE if done.fine else WRONG


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb and return its exit code: 0 fine, 1 found something, 2 the input or command is wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a sign that the terminal does not know is no reason to fail
            stream.reconfigure(errors="backslashreplace", **({} if stream.isatty() else {"encoding": "utf-8"}))
    if any("\0" in one for one in given):
        return complain(PlumblineError("An argument cannot hold a NUL character."), given)
    try:
        if os.environ.get(FORM):
            start_logging()
        result = cli.main(given, standalone_mode=False, prog_name="python -m engine")
        return result if isinstance(result, int) else FINE
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return WRONG
    except click.ClickException as error:
        return complain(PlumblineError(error.format_message()), given)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return WRONG
    except PlumblineError as error:
        return complain(error, given)
    except MemoryError:
        return complain(PlumblineError("There is not enough memory.", hint="Compare fewer columns or rows."), given)
    except OSError as error:  # a full disk, a folder that nothing can be written to
        where = shown(str(error.filename)) if error.filename else None
        return complain(PlumblineError(f"{why(error)}.", where=where), given)


def complain(error: PlumblineError, given: Sequence[str]) -> int:
    """Tell an error: the sentence on stderr, and for a script the JSON document on stdout."""
    forms = [after for one, after in pairwise(given) if one == "--format"]
    forms += [one.removeprefix("--format=") for one in given if one.startswith("--format=")]
    try:
        click.echo("\n".join(plain(line, 2000) for line in str(error).splitlines()), err=True)
        if "json" in forms:
            click.echo(canonical(error.document()))
    except OSError:  # there is nobody left to tell
        pass
    return WRONG
