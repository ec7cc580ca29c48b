"""What every verb of the command line shares: its options, its exit codes, and how an answer is written."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.errors import UnknownName, UnreadableSource, shown

if TYPE_CHECKING:  # every verb imports what it needs when it runs: --help answers at once
    from engine.findings import Severity

FORMATS = click.Choice(["table", "json", "tsv", "csv"])
FINE, FOUND, WRONG = 0, 1, 2


class Verbs(click.Group):
    """Verbs in the order of their definition; an unknown one is answered with the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownName.of("verb", args[0], self.commands)
        return super().resolve_command(ctx, args)


def output(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every verb has: the form of the answer, and where it goes."""
    verb = click.option("--format", "form", type=FORMATS, default="table", show_default=True)(verb)
    return click.option("-o", "--output", "file", type=click.Path(dir_okay=False), help="Write to FILE.")(verb)


def csv(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how text files are written, where that is not to be found out."""
    for option, said in (
        ("--production-csv", "The same for PRODUCTION alone. Repeatable."),
        ("--reference-csv", "The same for REFERENCE alone. Repeatable."),
        ("--csv", "How text files are written: delimiter=semicolon, decimal=comma, header=0, … Repeatable."),
    ):
        verb = click.option(option, multiple=True, metavar="NAME=VALUE", help=said)(verb)
    return verb


def fail_on(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The option that decides about exit code 1."""
    levels = click.Choice(["warning", "critical", "never"])
    return click.option("--fail-on", type=levels, default="critical", show_default=True)(verb)


def progress() -> Callable[[float, str], None] | None:
    """A line on stderr that tells how far a computation is, when a person is looking."""
    if not sys.stderr.isatty():
        return None

    def tell(share: float, said: str) -> None:
        sys.stderr.write(f"\r\033[K{share:4.0%} {said}" if share < 1 else "\r\033[K")
        sys.stderr.flush()

    return tell


def code(severity: "Severity", fail_on: str) -> int:
    """The exit code of a finding's severity."""
    if fail_on == "never":
        return FINE
    return FOUND if severity.rank >= type(severity)(fail_on).rank else FINE


def canonical(document: dict[str, Any]) -> str:
    """A document as canonical JSON, like that of a run."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def write(text: str, file: str | None) -> None:
    """Print an answer, or write it to a file whole or not at all. A reader of a pipe may have seen enough."""
    if file is None:
        try:
            click.echo(text)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            raise UnreadableSource(f"It cannot be written: {why(error)}.", where="output") from None
        return
    path = Path(file)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and not path.is_file():  # a device or a pipe is written to, not replaced
            path.write_text(text + "\n", encoding="utf-8")
            return
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(path)
    except (OSError, ValueError) as error:
        raise UnreadableSource(f"The file cannot be written: {why(error)}.", where=shown(file)) from None
    finally:
        _remove(partial)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except (OSError, ValueError):
        return  # it could not be made either


def why(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
