"""Columns that some of the files lack that Spark reads as one, told as of files on this machine."""

from collections.abc import Sequence
from typing import Any

from engine.tables.files.lacking import lacking
from engine.tables.spark.listing import File, literal
from engine.tables.spark.session import Spark

FOOTED = ("parquet", "orc")  # a file's columns stand at its end: of others, all of it would be read
MOST = 64  # files that are looked at one by one: Spark is asked for the columns of each, once while it is the same


def differences(root: Spark, kind: str, files: Sequence[File], called: str) -> list[str]:
    """A note for each column that some files lack, or that so many were not looked at. Raises as Spark.do."""
    if len(files) < 2 or kind not in FOOTED:
        return []
    if len(files) > MOST:
        return [f"whether some of its {len(files):,} files lack columns is not told of more than {MOST} files in Spark"]
    names = root.do(lambda session: [_columns(session, root, kind, one) for one in files], called)
    return lacking(names, lambda i: _place(files[i].path))


def _columns(session: Any, root: Spark, kind: str, file: File) -> list[str]:
    """The columns of one file; remembered, for it is the same while its size and time are."""
    known = root.columns.get(key := tuple(file.told))
    if known is None:
        known = root.columns[key] = session.read.format(kind).load(literal(file.path)).columns
    return known


def _place(path: str) -> str:
    """A file as it is called on this machine, or its address.

    >>> _place("file:/data/a.parquet"), _place("s3a://bucket/a.parquet")
    ('/data/a.parquet', 's3a://bucket/a.parquet')
    """
    return "/" + path.removeprefix("file:").lstrip("/") if path.startswith("file:/") else path
