"""The verbs of what is recorded: run, list, show, history, decide, ledger. Each opens the store that --store names."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from engine.cli_base import FINE, FOUND, WRONG, Verbs, canonical, code, fail_on, output, progress, write
from engine.errors import PlumblineError, plain

if TYPE_CHECKING:  # as everywhere: a verb imports what it needs when it runs
    from engine.deliver import Told
    from engine.due import Outcome, Which


MANY = click.IntRange(1, 2**63 - 1)  # what a database counts up to


def kept_in(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The option that says where runs are kept."""
    said = "Where runs are kept; PLUMBLINE_STORE, else .plumbline/store.db."
    return click.option("--store", metavar="URL", help=said)(verb)


def handed_on(context: click.Context, **options: str | None) -> None:
    """Options that were typed before the name of a verb's part hold for that part, unless it has its own."""
    if context.invoked_subcommand is not None:
        context.default_map = {context.invoked_subcommand: options}


@click.command()
@click.argument("monitors", nargs=-1, required=True, metavar="MONITOR...")
@click.option("--window", metavar="START..END", help="Rows from START to END (excluded), whether closed or not.")
@click.option("--all", "every", is_flag=True, help="Every closed window.")
@click.option("--due", is_flag=True, help="Every closed window not recorded yet, or with labels or rows since then.")
@click.option("--again", is_flag=True, help="Record what is recorded already as a new revision.")
@kept_in
@fail_on
@output
def run(monitors: tuple[str, ...], fail_on: str, form: str, file: str | None, store: str | None, **asked: Any) -> int:
    """Record the last closed window of MONITOR files, or of all in a folder. A broken one does not stop the others.

    \b
    Example: python -m engine run data/monitors --due
    """
    from engine.cli_recorded import render_outcomes
    from engine.deliver.hook import after_run
    from engine.due import run_monitors
    from engine.store import open_store

    opened = open_store(store)
    done = run_monitors(opened, monitors, _which(**asked), again=asked["again"], progress=progress())
    write(render_outcomes(opened, done, form), file)
    for one in done:
        named = one.error and one.error.where and str(one.path) in one.error.where
        for said in (*one.notes, *([str(one.error)] if one.error else [])):
            place = "" if named and said not in one.notes else f"{one.path}: "
            click.echo("\n".join(plain(f"{place}{line}", 2000) for line in said.splitlines()), err=True)
    _tell_problems(after_run(opened, [one.monitor for one in done if one.monitor and one.done]))
    return max(_code(one, fail_on) for one in done)


def _which(window: str | None, every: bool, due: bool, again: bool) -> "Which":
    from engine.slices import parse_window

    if (window is not None) + every + due > 1:
        raise PlumblineError("--window, --all and --due exclude one another.", hint="Give one of them.")
    if due and again:
        raise PlumblineError("--due finds out by itself what is to be told anew.", hint="Give --all or --window.")
    return parse_window(window) if window is not None else "all" if every else "due" if due else "last"


def _code(done: "Outcome", fail_on: str) -> int:
    """The worst of an outcome: 2 for an error, or for a single run that judged nothing."""
    if done.error:
        return WRONG
    records = [one.record for one in done.done]
    idle = [one for one in records if one.severity == "not_enough_data" and not one.counts["not_enough_data"]]
    if len(records) == 1 and idle and fail_on != "never":
        return WRONG
    return max((code(one.severity, fail_on) for one in records), default=FINE)


@click.command("list")
@click.option("--monitor", metavar="NAME", help="Runs of this monitor only.")
@click.option("--last", type=MANY, metavar="N", help="The last N only.")
@click.option("--revisions", is_flag=True, help="With those that were told anew later.")
@kept_in
@output
def list_runs(
    monitor: str | None, last: int | None, revisions: bool, store: str | None, form: str, file: str | None
) -> int:
    """List what was recorded, newest window last.

    \b
    Example: python -m engine list --monitor flights-late --last 10
    """
    from engine.cli_recorded import named_monitor, render_records
    from engine.store import open_store, records

    opened = open_store(store, make=False)
    name = named_monitor(opened, monitor) if monitor is not None else None
    found = records(opened, name, latest=not revisions, findings=False, last=last)
    write(render_records(found, form), file)
    return FINE


@click.command()
@click.argument("run")
@kept_in
@output
def show(run: str, store: str | None, form: str, file: str | None) -> int:
    """Show a recorded RUN, by its id or the first characters of it.

    \b
    Example: python -m engine show 4f27082a91c0 --format json
    """
    from engine.cli_recorded import since_recorded
    from engine.cli_tables import render_run
    from engine.store import open_store, run_of, text_of

    opened = open_store(store, make=False)
    said = text_of(opened, run)[0] if form == "json" else render_run(run_of(opened, run), form)
    write("\n".join([said, *since_recorded(opened, run)]) if form == "table" else said, file)
    return FINE


@click.command()
@click.argument("monitor")
@click.option("--column", metavar="COL", help="This column only.")
@click.option("--metric", metavar="METRIC", help="This metric only.")
@click.option("--against", metavar="TEXT", help="Runs against this only, where a monitor has several baselines.")
@kept_in
@output
def history(monitor: str, store: str | None, form: str, file: str | None, **asked: str | None) -> int:
    """Print what was recorded of a MONITOR, by its name or file: a metric of a column, window by window.

    \b
    Example: python -m engine history flights-late --column temp_f --metric psi
    """
    from engine.cli_recorded import points, render_points
    from engine.store import open_store

    write(render_points(points(open_store(store, make=False), monitor, **asked), form), file)
    return FINE


@click.command()
@click.argument("run")
@click.option("--finding", "findings", multiple=True, metavar="COLUMN.METRIC", help="About this only. Repeatable.")
@click.option("--decision", "choice", required=True, metavar="TEXT", help="accept, mute, investigate data, retrain, …")
@click.option("--reason", default="", metavar="TEXT", help="Why, for who reads it in a year.")
@click.option("--by", default="", metavar="NAME", help="Who decides.")
@click.option("--until", metavar="DATE", help="The last day of a mute.")
@click.option(
    "--monitors", metavar="PATH", help="The monitor's file or its folder; PLUMBLINE_MONITORS, else data/monitors."
)
@kept_in
@output
def decide(store: str | None, form: str, file: str | None, monitors: str | None, **said: Any) -> int:
    """Record what somebody decides about a RUN, or about some of its findings. It cannot be taken back, only followed.

    Targets in the monitor's file that are told of decisions are told at once. Where that fails it is said, and tried
    again by the next run: the decision stands.

    \b
    Example: python -m engine decide 4f27 --finding temp_f.psi --decision accept --reason "it is summer" --by Jo
    """
    from engine.cli_recorded import decided, decision_document
    from engine.deliver.decided import after_decision
    from engine.store import open_store

    opened = open_store(store, make=False)
    made = decided(opened, **said)
    document = decision_document(made)
    words = f"● {made.choice} is recorded for run {made.run} of {plain(made.monitor)}, by {plain(made.by)}."
    if form in ("tsv", "csv"):
        from engine.cli_tables import table

        flat = {name: "; ".join(one) if isinstance(one, list) else str(one or "") for name, one in document.items()}
        words = table(tuple(flat), [tuple(flat.values())], form)
    write(canonical(document) if form == "json" else words, file)
    _tell_problems(after_decision(opened, made.monitor, monitors))
    return FINE


def _tell_problems(told: "Told") -> None:
    """What could not be delivered, on stderr."""
    for problem in told.said:
        click.echo("\n".join(plain(f"deliver: {line}", 2000) for line in problem.splitlines()), err=True)


@click.group(cls=Verbs, invoke_without_command=True)
@click.option("--kind", metavar="KIND", help="Entries of this kind only.")
@click.option("--last", type=MANY, metavar="N", help="The last N only.")
@kept_in
@output
@click.pass_context
def ledger(
    context: click.Context, kind: str | None, last: int | None, store: str | None, form: str, file: str | None
) -> int:
    """List the ledger: runs, changed monitors, alerts, decisions, exports, each with the hash of the one before.

    \b
    Example: python -m engine ledger --last 20
    """
    handed_on(context, store=store, form=form, file=file)
    if context.invoked_subcommand is None:
        from engine.cli_recorded import render_entries
        from engine.store import entries, open_store

        write(render_entries(entries(open_store(store, make=False), kind, most=last), form), file)
    return FINE


@ledger.command("verify")
@click.option("--head", metavar="HASH", help="The hash of an earlier head that was kept elsewhere.")
@kept_in
@output
def ledger_verify(head: str | None, store: str | None, form: str, file: str | None) -> int:
    """Check every entry of the chain, every run and every decision. 0: all as recorded; 1: not.

    \b
    Example: python -m engine ledger verify --head 9f86d081884c
    """
    from engine.cli_recorded import render_chain
    from engine.store import open_store, verify

    found = verify(open_store(store, make=False), head, progress())
    write(render_chain(found, form), file)
    return FINE if found.ok else FOUND


@ledger.command("head")
@kept_in
@output
def ledger_head(store: str | None, form: str, file: str | None) -> int:
    """Print the hash of the last entry. Kept elsewhere, it proves later that nothing before it was changed.

    \b
    Example: python -m engine ledger head
    """
    from engine.cli_recorded import entry_document, render_entries
    from engine.store import head, open_store

    last = head(open_store(store, make=False))
    if form == "json":
        write(canonical({"schema_version": 1, "kind": "head", "head": entry_document(last) if last else None}), file)
    else:
        text = last.hash if last else "The ledger is empty."
        write(text if form == "table" else render_entries((last,) if last else (), form), file)
    return FINE


VERBS = (run, list_runs, show, history, decide, ledger)
