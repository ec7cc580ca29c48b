"""The verb store: a whole copy of the store while others write to it, and the way back."""

from typing import Any

import click

from engine.cli_base import FINE, Verbs, canonical, output, progress, write
from engine.cli_store import handed_on, kept_in
from engine.errors import plain


@click.group(cls=Verbs, invoke_without_command=True)
@kept_in
@output
@click.pass_context
def store(context: click.Context, store: str | None, form: str, file: str | None) -> int:
    """Say where the store is and what it holds; backup saves it to a file, restore makes it again from one.

    \b
    Example: python -m engine store --format json
    """
    handed_on(context, store=store, form=form, file=file)
    if context.invoked_subcommand is None:
        from engine.store import fleet, head, open_store

        opened = open_store(store, make=False)
        last = head(opened)
        entries, said = (last.seq, last.hash) if last else (0, "")
        monitors = len({one.monitor for one in fleet(opened)})
        facts = {"store": opened.place, "monitors": monitors, "entries": entries, "head": said}
        words = f"{opened.place}: {monitors} monitors, {entries} entries in the ledger. Head {said or 'none yet'}."
        _tell("store", facts, words, form, file)
    return FINE


@store.command("backup")
@click.argument("target", metavar="FILE")
@kept_in
@output
def store_backup(target: str, store: str | None, form: str, file: str | None) -> int:
    """Copy the store to FILE, as it is at one moment, while others go on writing; the copy's ledger is checked.

    \b
    Example: python -m engine store backup backups/store.db
    """
    from engine.store import open_store
    from engine.store.backup import backup

    found = backup(open_store(store, make=False), target, progress())
    _say("backup", found.words, found.head, target, form, file)
    return FINE


@store.command("restore")
@click.argument("source", metavar="FILE")
@click.option("--replace", is_flag=True, help="Set aside the store that is there.")
@kept_in
@output
def store_restore(source: str, replace: bool, store: str | None, form: str, file: str | None) -> int:
    """Make the store what FILE says, a backup that was made before. Stop the server first.

    \b
    Example: python -m engine store restore backups/store.db --store sqlite:///restored/store.db
    """
    from engine.store.backup import restore

    found = restore(source, store, replace, progress())
    _say("restore", found.words, found.head, source, form, file)
    return FINE


def _say(kind: str, words: str, head: str, place: str, form: str, file: str | None) -> None:
    _tell(kind, {"file": place, "head": head}, f"{place}: {words}", form, file)


def _tell(kind: str, facts: dict[str, Any], words: str, form: str, file: str | None) -> None:
    if form == "json":
        write(canonical({"schema_version": 1, "kind": kind, **facts}), file)
    elif form == "table":
        write(f"● {plain(words, 1000)}", file)
    else:
        from engine.cli_tables import table

        write(table(tuple(facts), [tuple(str(one) for one in facts.values())], form), file)
