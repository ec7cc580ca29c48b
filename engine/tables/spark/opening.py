"""What Spark reads becomes a Dataset whose rows stay there: files that Spark finds, its tables, and its views."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from engine.columns import Column, guess_roles, kind_of
from engine.errors import UnreadableSource, UnusableData, nearest, shown
from engine.tables.away.databases import parts_of
from engine.tables.cache import key_of
from engine.tables.sources import Dataset
from engine.tables.spark.session import Spark

MOST = 400  # pieces of a dataset that are counted alone; of more files, several in a row are one
FORMATS = {".parquet": "parquet", ".pq": "parquet", ".orc": "orc", ".csv": "csv", ".tsv": "csv", ".json": "json",
           ".jsonl": "json", ".ndjson": "json"}  # fmt: skip
OPTIONS: dict[str, dict[str, str]] = {"csv": {"header": "true", "inferSchema": "true"}}
TYPES = {
    "string": "VARCHAR", "double": "DOUBLE", "float": "FLOAT", "bigint": "BIGINT", "int": "INTEGER",
    "smallint": "SMALLINT", "tinyint": "TINYINT", "boolean": "BOOLEAN", "date": "DATE", "binary": "BLOB",
    "timestamp": "TIMESTAMP WITH TIME ZONE", "timestamp_ntz": "TIMESTAMP", "void": "VARCHAR",
}  # fmt: skip
VIEWS = ("VIEW", "TEMPORARY")  # what has no files of its own

Make = Callable[[Any], Any]


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


def open_path(path: str, root: Spark, name: str | None = None) -> Dataset:
    """The dataset that Spark reads at a path: a file, folder or glob, of its file system or s3a://, hdfs://, abfss://.

    Read are Parquet, ORC, CSV with a header, JSON lines, and Delta where Spark has it. A folder in folders, or a file,
    is a piece that is counted alone. Raises UnreadableSource, UnusableData.
    """
    called = name or path
    if root.do(lambda session: _is_delta(session, path), called):
        made = _whole(root, key_of("delta", path), lambda session: session.read.format("delta").load(path), called)
        version = root.ask_as_it_is(f"DESCRIBE HISTORY delta.`{path.replace('`', '``')}` LIMIT 1", {}, called)
        print_ = key_of("delta", path, str(version["version"][0].as_py()))
        return replace(made, pieces=((made.scan, print_),), how="Delta, in Spark")
    files = root.do(lambda session: _files(session, path), called)
    if not files:
        raise UnreadableSource(
            "Spark finds no file there.", where=shown(called), hint="The path is one of Spark's own."
        )
    kind = _format(files, called)
    wanted = [files] if len(files) == 1 else _chunks(files)
    bare = _whole(root, key_of("path", path), _reader(kind, [path], None), called)
    schema = root.do(lambda session: _reader(kind, [path], None)(session).schema, called)
    pieces = []
    for some in wanted:
        told = key_of("files", kind, [one.told for one in some])
        scan = bare.scan
        if len(wanted) > 1:
            scan = _view(told)
            based = None if any(sign in path for sign in "*?[{") else path
            root.name(scan, _reader(kind, [one.path for one in some], schema, based), called, later=True)
        pieces.append((scan, told))
    return replace(bare, pieces=tuple(pieces), how=f"{kind.upper() if kind != 'parquet' else 'Parquet'}, in Spark")


def open_table(table: str, root: Spark, name: str | None = None) -> Dataset:
    """The dataset that Spark knows as a table or view, catalog.schema.name. Raises UnreadableSource, UnusableData.

    A table of files is told by them; what is none – a view, a table behind a connection – by how many rows it has and
    the sum of their hashes, which reads all of it.
    """
    called, parts = name or table, parts_of(table)
    if not 1 <= len(parts) <= 3:
        raise UnreadableSource(f"{shown(table)} is no name of a table.", where=shown(called), hint="Write schema.name.")
    named = ".".join(_quoted(part) for part in parts)

    def there(session: Any) -> tuple[bool, list[str]]:
        if session.catalog.tableExists(named):
            return True, []
        return False, [one.name for one in session.catalog.listTables()]

    found, known = root.do(there, called)
    if not found:
        hint = nearest(table, [one for one in known if not one.startswith("plumbline_")])
        raise UnreadableSource(f"Spark has no table or view {shown(table)}.", where=shown(called), hint=hint)
    bare = _whole(root, key_of("table", named), lambda session: session.table(named), called)
    return replace(bare, pieces=((bare.scan, _state_of(bare, named, root)),), how="a table of Spark")


def _whole(root: Spark, key: str, make: Make, called: str) -> Dataset:
    """The dataset of what make reads, with its columns and how many rows it has."""
    view = _view(key)

    def types(session: Any) -> list[tuple[str, str]]:
        return list(make(session).dtypes)

    try:
        columns = [Column(one, type_of(kind), kind_of(type_of(kind))) for one, kind in root.do(types, called)]
    except UnusableData as error:
        raise UnreadableSource(error.message, where=shown(called), hint=error.hint) from None
    if not columns:
        raise UnusableData("The table has no column.", where=shown(called))
    root.name(view, make, called)
    told = (f"its rows are counted in Spark {root.do(lambda session: session.version)}",)
    bare = Dataset(called, guess_roles(tuple(columns)), 0, view, root, "in Spark", notes=told)
    return replace(bare, rows=int(bare.query(f"SELECT count(*) AS n FROM {view}")["n"][0].as_py()))


def type_of(said: str) -> str:
    """DuckDB's name of what Spark stores.

    >>> [type_of(one) for one in ("bigint", "decimal(9,2)", "array<int>", "map<string,int>", "varchar(3)")]
    ['BIGINT', 'DECIMAL(9,2)', 'INTEGER[]', 'MAP', 'VARCHAR']
    """
    base = re.split(r"[(<]", said)[0]
    if base == "array":
        return f"{type_of(said[len('array<') : -1])}[]"
    if base in ("varchar", "char"):
        return "VARCHAR"
    return TYPES.get(base) or (said.upper() if base == "decimal" else base.split(" ")[0].upper())


def _reader(kind: str, paths: Sequence[str], schema: Any, base: str | None = None) -> Make:
    def read(session: Any) -> Any:
        reader = session.read.format(kind).options(**OPTIONS.get(kind, {}))
        reader = reader.option("sep", "\t") if kind == "csv" and paths[0].endswith(".tsv") else reader
        reader = reader.schema(schema) if schema is not None else reader
        reader = reader.option("basePath", base) if base and len(paths) > 0 and paths[0] != base else reader
        return reader.load(list(paths))

    return read


def _is_delta(session: Any, path: str) -> bool:
    try:
        return bool(session.read.format("binaryFile").load(f"{path.rstrip('/')}/_delta_log").limit(1).count())
    except Exception as error:
        if "PATH_NOT_FOUND" in str(error) or "does not exist" in str(error):
            return False
        raise


def _files(session: Any, path: str) -> list[File]:
    """The files at a path, by name; they are listed, not read."""
    listed = session.read.format("binaryFile").load(path).select("path", "length", "modificationTime").toArrow()
    rows = listed.to_pylist()
    found = [File(row["path"], row["length"], row["modificationTime"].isoformat()) for row in rows if row["length"]]
    return sorted(found, key=lambda one: one.path)


def _format(files: Sequence[File], called: str) -> str:
    """The format that the names of most files end with."""
    ends = [suffix for one in files for suffix in PurePosixPath(one.path).suffixes[-2:] if suffix.lower() in FORMATS]
    if not ends:
        raise UnreadableSource(
            f"The names of its files do not say what they are: {shown(files[0].path.rpartition('/')[2])}.",
            where=shown(called),
            hint=f"They end with {', '.join(FORMATS)}; or make them a table of Spark.",
        )
    return FORMATS[max(ends, key=ends.count).lower()]


def _chunks(files: Sequence[File]) -> list[list[File]]:
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


def _state_of(dataset: Dataset, named: str, root: Spark) -> str:
    """What tells the rows of a table from any other's."""

    def files_of(session: Any) -> list[File]:
        if session.catalog.getTable(named).tableType in VIEWS:
            return []
        paths = session.table(named).inputFiles()
        listed = session.read.format("binaryFile").load(paths).select("path", "length", "modificationTime").toArrow()
        return [File(one["path"], one["length"], one["modificationTime"].isoformat()) for one in listed.to_pylist()]

    files = sorted(root.do(files_of, dataset.name) or [], key=lambda one: one.path)
    types = [[one.name, one.type] for one in dataset.columns]
    if files:
        return key_of("table", named, types, [one.told for one in files])
    hashed = ", ".join(
        f"CAST({_quoted(one.name)} AS STRING)" if one.type.startswith(("MAP", "VARIANT")) else _quoted(one.name)
        for one in dataset.columns
    )
    asked = f"SELECT count(*) AS n, sum(CAST(xxhash64({hashed}) AS DECIMAL(38, 0))) AS h FROM {dataset.scan}"
    row = root.ask_as_it_is(asked, {}, dataset.name).to_pylist()[0]
    return key_of("rows", named, types, row["n"], str(row["h"]))


def _quoted(name: str) -> str:
    """A name as one of Spark's identifiers."""
    return "`" + name.replace("`", "``") + "`"


def _view(key: str) -> str:
    return f"plumbline_{key[:24]}"
