"""The verb store: a whole copy of the store while others write to it, and the way back."""

import click

from engine.cli_base import FINE, Verbs, canonical, output, progress, write
from engine.cli_store import kept_in
from engine.errors import plain


@click.group(cls=Verbs)
def store() -> None:
    """Save the store to a file, or make it again from one.

    \b
    Example: python -m engine store backup backups/store.db
    """


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
    facts = {"file": place, "head": head}
    if form == "json":
        write(canonical({"schema_version": 1, "kind": kind, **facts}), file)
    elif form == "table":
        write(f"● {plain(place, 300)}: {words}", file)
    else:
        from engine.cli_tables import table

        write(table(tuple(facts), [tuple(facts.values())], form), file)
