"""Where data comes from: a path, glob, folder or frame becomes a Dataset, its columns with kinds and roles."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from engine.columns import Column, Role, guess_roles, kind_of, parse
from engine.errors import UnknownName, UnreadableSource, UnusableData, shown
from engine.slices import Slice
from engine.tables.away.addresses import beside, is_elsewhere, local_file, looked_at, without_secrets
from engine.tables.away.elsewhere import bring
from engine.tables.cache import fingerprint, key_of
from engine.tables.connection import DuckDBPyConnection, connect, hint_for
from engine.tables.files.copies import Tell, silent
from engine.tables.files.found import Found, find, is_dated
from engine.tables.files.gathered import Gathered, gather
from engine.tables.frames import frame_of
from engine.tables.spark.session import Spark
from engine.tables.text.rejects import Rejects
from engine.tables.text.text_format import TextFormat
from engine.tables.texts import reason
from engine.tables.watching import waited, waiting

__all__ = ["Dataset", "find_files", "open_dataset", "watched_files"]
HOUR = 3600.0  # seconds in which a page takes what lies elsewhere for unchanged


MOSTLY = {"numeric": "most of its texts are numbers", "datetime": "most of its texts are moments"}


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table that can be queried. scan is what stands after FROM; how tells a reader how it was read.

    files: that were given; scanned: the Parquet files that are read, which for a CSV is what it was made into;
    partitions: of each the folders that are columns, "year=2013", or "". text: the choices by which a text file was
    read, of several the first's; rejects: the rows that were left out, of all.
    sheet, sheets: of a workbook the one that is read, and all that it has in their order.
    pieces: of rows that lie in Spark, what can be counted alone: a scan, and what tells its rows from any other's.
    """

    name: str
    columns: tuple[Column, ...]
    rows: int
    scan: str
    root: DuckDBPyConnection | Spark
    how: str
    files: tuple[Path, ...] = ()
    scanned: tuple[Path, ...] = ()
    frame: pa.Table | None = None
    notes: tuple[str, ...] = field(default=())
    partitions: tuple[str, ...] = ()
    text: TextFormat | None = None
    rejects: Rejects | None = None
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    pieces: tuple[tuple[str, str], ...] = ()

    @property
    def far(self) -> bool:
        """Whether the rows lie in Spark and stay there: it is asked for counts, never for rows."""
        return isinstance(self.root, Spark)

    def column(self, name: str) -> Column:
        """The column of that name; UnknownName, with the nearest, if there is none."""
        if name in self.by_name:
            return self.by_name[name]
        raise UnknownName.of("column", name, [one.name for one in self.columns], where=self.name)

    def has(self, name: str) -> bool:
        return name in self.by_name

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns under their names: of ten thousand, each is asked for many times."""
        return {column.name: column for column in self.columns}

    def with_role(self, role: Role) -> Column | None:
        """The column of that role, or None."""
        return next((column for column in self.columns if column.role is role), None)

    @property
    def timestamp(self) -> str | None:
        column = self.with_role(Role.TIMESTAMP)
        return column.name if column else None

    def where(self, cut: Slice) -> tuple[str, list[Any]]:
        """The slice as an SQL condition on this dataset, and its values."""
        return cut.condition(self.timestamp, self.columns)

    def query(self, sql: str, values: Iterable[Any] = (), beside: Mapping[str, pa.Table] = {}) -> pa.Table:
        """The result of a query, built on self.scan, as Arrow. DuckDB's and Spark's errors come back as ours.

        beside: other tables that the query names; not in Spark.
        """
        if isinstance(self.root, Spark):
            return self.root.ask(sql, values, self.name)
        cursor = self.root.cursor()
        try:
            for name, table in (*beside.items(), *((("frame", self.frame),) if self.frame is not None else ())):
                cursor.register(name, table)
            return waited(lambda: cursor.sql(sql, params=list(values)).to_arrow_table(), cursor.interrupt)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise UnusableData(reason(error), where=self.name, hint=hint_for(error)) from None
        finally:
            cursor.close()

    def stream(self, sql: str, values: Iterable[Any], rows: int) -> Iterator[pa.RecordBatch]:
        """The result of a query in batches of so many rows, for what is too large to hold."""
        if isinstance(self.root, Spark):
            raise UnusableData("The rows lie in Spark and stay there.", where=self.name)
        cursor = self.root.cursor()
        try:
            if self.frame is not None:
                cursor.register("frame", self.frame)
            with waiting(cursor.interrupt) as wait:
                reader = wait(lambda: cursor.sql(sql, params=list(values)).to_arrow_reader(rows))
                while (batch := wait(lambda: next(reader, None))) is not None:
                    yield batch
        except duckdb.InterruptException:
            raise
        except (duckdb.Error, pa.ArrowException) as error:
            raise UnusableData(reason(error), where=self.name, hint=hint_for(error)) from None
        finally:
            cursor.close()

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of the content: of the file's bytes, of all files' prints, or of a frame's Arrow stream."""
        if self.frame is not None:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, self.frame.schema) as writer:
                writer.write_table(self.frame.combine_chunks())
            return hashlib.sha256(sink.getvalue()).hexdigest()
        if self.far:
            return key_of("spark", sorted(told for _, told in self.pieces))
        prints = [fingerprint(path) for path in self.files]
        if any(self.partitions):
            prints = [f"{one} {part}" for one, part in zip(prints, self.partitions, strict=True)]
        return prints[0] if len(prints) == 1 else hashlib.sha256("\n".join(prints).encode()).hexdigest()

    @cached_property
    def prints(self) -> tuple[str, ...]:
        """Of each file that is read, what tells its rows from any other's: content, how it was read, and partition."""
        return tuple(key_of(fingerprint(one), part) for one, part in zip(self.scanned, self.partitions, strict=True))

    def assign(self, kinds: Mapping[str, str] = {}, roles: Mapping[str, str] = {}) -> "Dataset":
        """This dataset with other kinds and roles; a role that is given to one column is taken from the others."""
        for name in (*kinds, *roles):
            self.column(name)
        given = {parse(Role, role) for role in roles.values()} - {Role.FEATURE, Role.IGNORE}
        changed = []
        for column in self.columns:
            if column.name in kinds:
                column = column.as_kind(kinds[column.name])
            if column.name in roles:
                column = column.as_role(roles[column.name])
            elif column.role in given:
                column = column.as_role(Role.FEATURE, why=f"another column is the {column.role}")
            changed.append(column)
        return replace(self, columns=tuple(changed))

    def only_features(self, names: Iterable[str]) -> "Dataset":
        """This dataset with these features alone; the other features are ignored."""
        wanted = {self.column(name).name for name in names}
        drop = {c.name: "ignore" for c in self.columns if c.role is Role.FEATURE and c.name not in wanted}
        return self.assign(roles=drop)


def open_dataset(
    source: Any,
    root: DuckDBPyConnection | None = None,
    name: str | None = None,
    text: TextFormat | None = None,
    tell: Tell | None = None,
) -> Dataset:
    """The dataset that a path (file, glob or folder), an address or a frame holds; docs/data.md lists what is read.

    text: how text files are written, where that is not to be found out. tell: is told how far copying is, and may
    raise Cancelled. Raises UnreadableSource when nothing is there or it is no
    table, UnusableData when it has no column.
    """
    if isinstance(source, Dataset):
        return source
    if isinstance(source, str | Path):
        found = _found(source, tell)
        root = root or connect({path.parent for path in found.files})
        called = without_secrets(name or str(source))
        try:
            return _open_files(gather(found, root, called, tell or silent, text), root, called)
        except (OSError, pa.ArrowException) as error:  # between listing and reading, files are joined and go away
            said = f"One of its files cannot be read: {reason(error).rstrip('.')}."
            hint = "It may have been replaced meanwhile: try again."
            raise UnreadableSource(said, where=shown(called), hint=hint) from None
    return _open_frame(source, root or connect(()), name or "frame")


def find_files(source: str | Path, tell: Tell | None = None) -> tuple[Path, ...]:
    """The files that a path, glob or folder names, sorted; of an address, its copies, which are brought first."""
    return _found(source, tell).files


def watched_files(source: str | Path) -> tuple[Path, ...]:
    """The files whose times tell whether a source must be looked at again; no other machine is asked.

    Of an address, a name that is no file and another one every hour.
    """
    text = str(source)
    if not is_elsewhere(text):
        return find(text).files
    if looked_at(text):
        file = local_file(text)
        return tuple(one for one in (file, *beside(file)) if one.is_file()) or (file,)
    return (Path(f"{without_secrets(text)} at {int(time.time() // HOUR)}"),)


def _found(source: str | Path, tell: Tell | None) -> Found:
    return bring(str(source), tell or silent) if is_elsewhere(source) else find(source)


def _open_files(read: Gathered, root: DuckDBPyConnection, name: str) -> Dataset:
    about: dict[str, Any] = {"files": read.files, "scanned": read.scanned, "partitions": read.partitions}
    about["notes"] = read.notes
    about |= {"text": getattr(read.first, "text", None), "rejects": read.rejects}
    about |= {"sheet": getattr(read.first, "sheet", ""), "sheets": getattr(read.first, "sheets", ())}
    opened = _without_dates(_described(name, read.scan, root, read.how, read.kinds, **about))
    return _with_new_names(opened, pq.read_schema(read.scanned[0]).names) if len(read.scanned) == 1 else opened


def _open_frame(source: Any, root: DuckDBPyConnection, name: str) -> Dataset:
    frame = frame_of(source)
    return _with_new_names(_described(name, "frame", root, "frame", {}, frame=frame), frame.column_names)


def _without_dates(opened: Dataset) -> Dataset:
    """The dataset without the parts of a date that its folders tell, as features: they are others in every new one."""
    keys = {one.partition("=")[0] for one in next(iter(opened.partitions), "").split("/")}
    why = "a folder of the date: every new one has another"
    dated = {one.name for one in opened.columns if one.name in keys and one.role is Role.FEATURE and is_dated(one.name)}
    columns = (one.as_role(Role.IGNORE, why) if one.name in dated else one for one in opened.columns)
    return replace(opened, columns=tuple(columns)) if dated else opened


def _is_text(column: Column, kinds: Mapping[str, str]) -> bool:
    return column.base == "VARCHAR" and column.name in kinds


def _with_new_names(opened: Dataset, stored: Sequence[str]) -> Dataset:
    """The dataset with a note on every column that had to be renamed: the database does not tell X from x."""
    pairs = zip(stored, (column.name for column in opened.columns), strict=False)
    renamed = [(a, b, "another has its name" if a.strip() else "it has no name") for a, b in pairs if a != b]
    told = [f"the column {shown(a)} is read as {shown(b)}: {why}" for a, b, why in renamed]
    return replace(opened, notes=(*opened.notes, *told))


def _described(
    name: str, scan: str, root: DuckDBPyConnection, how: str, kinds: Mapping[str, str], **rest: Any
) -> Dataset:
    """The dataset with its columns and rows read from the table itself."""
    bare = Dataset(name, (), 0, scan, root, how, **rest)
    try:
        schema = bare.query(f"DESCRIBE SELECT * FROM {scan}").to_pylist()
        rows = bare.query(f"SELECT count(*) AS n FROM {scan}")["n"][0].as_py()
    except UnusableData as error:
        raise UnreadableSource(error.message, where=shown(name)) from None
    columns = [Column(row["column_name"], row["column_type"], kind_of(row["column_type"])) for row in schema]
    columns = [c.as_kind(kinds[c.name], MOSTLY[kinds[c.name]]) if _is_text(c, kinds) else c for c in columns]
    if not columns:
        raise UnusableData("The table has no column.", where=shown(name))
    return replace(bare, columns=guess_roles(tuple(columns)), rows=int(rows))
