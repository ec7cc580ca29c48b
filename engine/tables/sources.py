"""Where data comes from: a path, glob, folder or frame becomes a Dataset, its columns with kinds and roles."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from engine.columns import Column, Role, guess_roles, kind_of, parse
from engine.errors import UnknownName, UnreadableSource, UnusableData, shown
from engine.slices import Slice
from engine.tables.cache import fingerprint
from engine.tables.connection import DuckDBPyConnection, connect
from engine.tables.delimited import file_literal, ingest, reason
from engine.tables.frames import frame_of

LISTINGS = 20  # of a folder, until two in a row are alike


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table that can be queried. scan is what stands after FROM; how tells a reader how it was read.

    files: that were given; scanned: the Parquet files that are read, which for a CSV is what it was made into.
    """

    name: str
    columns: tuple[Column, ...]
    rows: int
    scan: str
    root: DuckDBPyConnection
    how: str
    files: tuple[Path, ...] = ()
    scanned: tuple[Path, ...] = ()
    frame: pa.Table | None = None
    notes: tuple[str, ...] = field(default=())

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

    def query(self, sql: str, values: Iterable[Any] = ()) -> pa.Table:
        """The result of a query, built on self.scan, as Arrow. DuckDB's errors come back as ours."""
        cursor = self.root.cursor()
        try:
            if self.frame is not None:
                cursor.register("frame", self.frame)
            return cursor.sql(sql, params=list(values)).to_arrow_table()
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise UnusableData(reason(error), where=self.name) from None
        finally:
            cursor.close()

    def stream(self, sql: str, values: Iterable[Any], rows: int) -> Iterator[pa.RecordBatch]:
        """The result of a query in batches of so many rows, for what is too large to hold."""
        cursor = self.root.cursor()
        try:
            if self.frame is not None:
                cursor.register("frame", self.frame)
            yield from cursor.sql(sql, params=list(values)).to_arrow_reader(rows)
        except duckdb.InterruptException:
            raise
        except (duckdb.Error, pa.ArrowException) as error:
            raise UnusableData(reason(error), where=self.name) from None
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
        prints = [fingerprint(path) for path in self.files]
        return prints[0] if len(prints) == 1 else hashlib.sha256("\n".join(prints).encode()).hexdigest()

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


def open_dataset(source: Any, root: DuckDBPyConnection | None = None, name: str | None = None) -> Dataset:
    """The dataset that a path (file, glob or folder of Parquet, or a CSV file) or a frame holds.

    Raises UnreadableSource when nothing is there or it is no table, UnusableData when it has no column.
    """
    if isinstance(source, Dataset):
        return source
    if isinstance(source, str | Path):
        files = find_files(source)
        root = root or connect({path.parent for path in files})
        return _open_files(files, root, name or str(source))
    return _open_frame(source, root or connect(()), name or "frame")


def find_files(source: str | Path) -> tuple[Path, ...]:
    """The files that a path, glob or folder names, sorted; the nearest name in the error when there is none."""
    text = str(source)
    if "\0" in text or not text.strip():
        raise UnreadableSource("A path cannot be empty or hold a NUL character.", where=shown(text))
    try:
        return _found(Path(text).expanduser(), text)
    except (OSError, RuntimeError, ValueError, NotImplementedError) as error:  # too long, no such user, a wrong glob
        raise UnreadableSource(f"It cannot be looked up: {str(error).rstrip('.')}.", where=shown(text)) from None


def _found(path: Path, text: str) -> tuple[Path, ...]:
    if path.is_file():
        return (path.resolve(),)
    if path.is_dir():
        found = _listed(path, "**/*.parquet", text)
        if not found:
            raise UnreadableSource("The folder holds no Parquet file.", where=shown(text))
        return tuple(found)
    if any(sign in text for sign in "*?["):
        base = Path(path.anchor) if path.is_absolute() else Path()
        found = _listed(base, str(path.relative_to(path.anchor)), text)
        if found:
            return tuple(found)
    if path.exists():
        raise UnreadableSource("It is neither a file nor a folder.", where=shown(text))
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, beside, n=1)
    hint = f"Did you mean {shown(str(path.parent / near[0]))}?" if near else f"Looked from {Path.cwd()}."
    raise UnreadableSource("There is no such file or folder.", where=shown(text), hint=hint)


def _listed(base: Path, pattern: str, text: str) -> list[Path]:
    """The files that a pattern finds, twice alike: a folder that is being written to is listed in no one moment."""
    before: list[Path] | None = None
    for _ in range(LISTINGS):
        found = sorted(one.resolve() for one in base.glob(pattern) if one.is_file())
        if found == before:
            return found
        before = found
    raise UnreadableSource("The folder changes faster than it can be listed.", where=shown(text), hint="Try again.")


def _open_files(files: tuple[Path, ...], root: DuckDBPyConnection, name: str) -> Dataset:
    how, notes, numeric, scanned = "Parquet", tuple[str, ...](), frozenset[str](), files
    if not all(_is_parquet(path) for path in files):
        if len(files) > 1:
            odd = next(path for path in files if not _is_parquet(path))
            raise UnreadableSource("Several files are read together only if all are Parquet.", where=str(odd))
        read = ingest(files[0], root)
        how, notes, numeric, scanned = read.how, read.notes, read.numeric, (read.parquet,)
    paths = ", ".join(file_literal(path) for path in scanned)
    scan = f"read_parquet([{paths}]" + (", union_by_name = true)" if len(scanned) > 1 else ")")
    opened = _described(name, scan, root, how, numeric, files=files, scanned=scanned, notes=notes)
    return _with_new_names(opened, pq.read_schema(scanned[0]).names) if len(scanned) == 1 else opened


def _open_frame(source: Any, root: DuckDBPyConnection, name: str) -> Dataset:
    frame = frame_of(source)
    return _with_new_names(_described(name, "frame", root, "frame", frozenset(), frame=frame), frame.column_names)


def _with_new_names(opened: Dataset, stored: Sequence[str]) -> Dataset:
    """The dataset with a note on every column that had to be renamed: the database does not tell X from x."""
    pairs = zip(stored, (column.name for column in opened.columns), strict=False)
    renamed = [(a, b, "another has its name" if a.strip() else "it has no name") for a, b in pairs if a != b]
    told = [f"the column {shown(a)} is read as {shown(b)}: {why}" for a, b, why in renamed]
    return replace(opened, notes=(*opened.notes, *told))


def _described(
    name: str, scan: str, root: DuckDBPyConnection, how: str, numeric: frozenset[str], **rest: Any
) -> Dataset:
    """The dataset with its columns and rows read from the table itself."""
    bare = Dataset(name, (), 0, scan, root, how, **rest)
    try:
        schema = bare.query(f"DESCRIBE SELECT * FROM {scan}").to_pylist()
        rows = bare.query(f"SELECT count(*) AS n FROM {scan}")["n"][0].as_py()
    except UnusableData as error:
        raise UnreadableSource(error.message, where=shown(name)) from None
    columns = [Column(row["column_name"], row["column_type"], kind_of(row["column_type"])) for row in schema]
    columns = [c.as_kind("numeric", "most of its texts are numbers") if c.name in numeric else c for c in columns]
    if not columns:
        raise UnusableData("The table has no column.", where=shown(name))
    return replace(bare, columns=guess_roles(tuple(columns)), rows=int(rows))


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError as error:
        raise UnreadableSource(f"The file cannot be read: {error.strerror}.", where=str(path)) from None
