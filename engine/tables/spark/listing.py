"""The files that Spark lists at a path, what format their names say, and which are counted together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from engine.errors import UnreadableSource, shown
from engine.tables.spark.views import Still
from engine.tables.steady import changed, gone

MOST = 400  # pieces of a dataset that are counted alone; of more files, several in a row are one
FORMATS = {".parquet": "parquet", ".pq": "parquet", ".orc": "orc", ".csv": "csv", ".tsv": "csv", ".json": "json",
           ".jsonl": "json", ".ndjson": "json"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A file as Spark lists it: where it lies, and what tells that it is the same."""

    path: str
    size: int
    changed: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def told(self) -> list[Any]:
        return [self.path, self.size, self.changed]


def literal(path: str) -> str:
    """A path as a glob that finds it alone.

    >>> print(literal("/data/a[1].parquet"))
    /data/a\\[1\\].parquet
    """
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", path)


def unescaped(path: str) -> str:
    """What a glob that finds one path alone finds.

    >>> print(unescaped("/data/a\\\\[1\\\\].parquet"))
    /data/a[1].parquet
    """
    return re.sub(r"\\(.)", r"\1", path)


def is_glob(path: str) -> bool:
    """Whether a path as Spark reads it names any file that fits.

    >>> is_glob("/data/*.parquet"), is_glob(literal("/data/a[1].parquet"))
    (True, False)
    """
    return re.search(r"[*?\[{]", re.sub(r"\\.", "", path)) is not None


def is_file(path: str, files: Sequence[File]) -> bool:
    """Whether a path is that of the only file found there."""
    inside = re.sub("^[A-Za-z0-9+.-]+:(//[^/]*)?", "", path)
    return len(files) == 1 and files[0].path.endswith(inside)


def parted(files: Sequence[File], names: Sequence[str]) -> bool:
    """Whether folders say values of columns, name=value."""
    parts = {part for one in files for part in one.folder.split("/") if "=" in part}
    return any(unquote(part.partition("=")[0]) in names for part in parts)


def files_at(session: Any, path: str | list[str]) -> list[File]:
    """The files at a path, by name; they are listed, not read."""
    listed = session.read.format("binaryFile").load(path).select("path", "length", "modificationTime").toArrow()
    rows = listed.to_pylist()
    found = [File(row["path"], row["length"], row["modificationTime"].isoformat()) for row in rows if row["length"]]
    return sorted(found, key=lambda one: one.path)


def still(files: Sequence[File], path: str | list[str]) -> Still:
    """What raises UnusableData for the first of the files that is not what it was when it was listed at the path.

    One that was added since changes no other.
    """

    def look(session: Any) -> None:
        try:
            now = {one.path: one for one in files_at(session, path)}
        except Exception as error:  # of several paths, that one is not there
            said = str(error)
            if "PATH_NOT_FOUND" not in said:
                raise
            raise gone(next((one.path for one in files if one.path in said), files[0].path)) from None
        for one in files:
            if one.path not in now:
                raise gone(one.path)
            if now[one.path] != one:
                raise changed(one.path)

    return look


def format_of(files: Sequence[File], called: str) -> str:
    """The format that the names of most files end with."""
    ends = [suffix for one in files for suffix in PurePosixPath(one.path).suffixes[-2:] if suffix.lower() in FORMATS]
    if not ends:
        raise UnreadableSource(
            f"The names of its files do not say what they are: {shown(files[0].path.rpartition('/')[2])}.",
            where=shown(called),
            hint=f"They end with {', '.join(FORMATS)}; or make them a table of Spark.",
        )
    return FORMATS[max(ends, key=ends.count).lower()]


def chunks(files: Sequence[File]) -> list[list[File]]:
    """Files that are counted together: those of one folder where there are several, else each, or so many in a row."""
    folders = list(dict.fromkeys(one.folder for one in files))
    groups = [[one] for one in files]
    if 1 < len(folders) <= MOST:
        inside: dict[str, list[File]] = {folder: [] for folder in folders}
        for one in files:
            inside[one.folder].append(one)
        groups = list(inside.values())
    step = 1
    while len(groups) > MOST * step:  # doubled, so that a new file seldom moves the others
        step *= 2
    return [[one for group in groups[at : at + step] for one in group] for at in range(0, len(groups), step)]
