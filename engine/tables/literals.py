"""Paths as SQL: a text that means one file, whatever signs its name holds."""

from pathlib import Path

from engine.tables.texts import literal


def file_literal(path: Path) -> str:
    """A path as an SQL string that means this one file: quotes doubled, glob signs bracketed.

    >>> file_literal(Path("it's [1].csv"))
    "'it''s [[]1].csv'"
    """
    return literal(bracketed(str(path)))


def bracketed(path: str) -> str:
    """A path in which no sign is a wildcard.

    >>> bracketed("a*[b]")
    'a[*][[]b]'
    """
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)


def quotes_doubled(path: Path) -> str:
    """A path between the quotes of an SQL string where no glob is read: what is written to."""
    return str(path).replace("'", "''")


def scan_of(path: Path) -> str:
    """A Parquet file as it stands after FROM."""
    return f"read_parquet({file_literal(path)})"
