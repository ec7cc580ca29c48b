"""What Spark reads becomes a Dataset whose rows stay there: files that Spark finds, its tables, and its views."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from engine.columns import Column, guess_roles, kind_of
from engine.errors import UnreadableSource, UnusableData, nearest, shown
from engine.tables.away.databases import parts_of
from engine.tables.cache import key_of
from engine.tables.sources import Dataset
from engine.tables.spark.differences import differences
from engine.tables.spark.listing import (
    File,
    chunks,
    files_at,
    format_of,
    is_file,
    is_glob,
    literal,
    parted,
    still,
    unescaped,
)
from engine.tables.spark.session import Spark
from engine.tables.spark.views import Make, Still

OPTIONS: dict[str, dict[str, str]] = {
    "csv": {"header": "true", "inferSchema": "true"},
    "parquet": {"mergeSchema": "true"},  # else the columns of any one file would be those of all
    "orc": {"mergeSchema": "true"},
}
HELD = {"csv": {"enforceSchema": "false"}}  # of several files: else a column is its place alone
WHOLE = {"csv": {"columnPruning": "false"}}  # every column of every header is held against the first
OTHER_HEADER = re.compile(r"CSV header[^\0]*?CSV file: (\S.*)")
TYPES = {
    "string": "VARCHAR", "double": "DOUBLE", "float": "FLOAT", "bigint": "BIGINT", "int": "INTEGER",
    "smallint": "SMALLINT", "tinyint": "TINYINT", "boolean": "BOOLEAN", "date": "DATE", "binary": "BLOB",
    "timestamp": "TIMESTAMP WITH TIME ZONE", "timestamp_ntz": "TIMESTAMP", "void": "VARCHAR",
}  # fmt: skip
VIEWS = ("VIEW", "TEMPORARY")  # what has no files of its own


def open_path(path: str, root: Spark, name: str | None = None) -> Dataset:
    """The dataset that Spark reads at a path: a file, folder or glob, of its file system or s3a://, hdfs://, abfss://.

    What is to be read under its very name, whatever stands in it, is written with listing.literal.
    Read are Parquet, ORC, CSV with a header, JSON lines, and Delta where Spark has it. A folder in folders, or a file,
    is a piece that is counted alone. Raises UnreadableSource, UnusableData.
    """
    plain = unescaped(path)
    called = name or plain
    if root.do(lambda session: _is_delta(session, path), called):
        asked = root.ask_as_it_is(f"DESCRIBE HISTORY delta.`{plain.replace('`', '``')}` LIMIT 1", {}, called)
        version = str(asked["version"][0].as_py())
        told = key_of("delta", path, version)

        def delta(session: Any) -> Any:
            return session.read.format("delta").option("versionAsOf", version).load(plain)

        made = _whole(root, told, delta, called)
        return replace(made, pieces=((made.scan, told),), how="Delta, in Spark")
    files = root.do(lambda session: files_at(session, path), called)
    if not files:
        raise UnreadableSource(
            "Spark finds no file there.", where=shown(called), hint="The path is one of Spark's own."
        )
    kind = format_of(files, called)
    more = HELD.get(kind, {}) if len(files) > 1 else {}
    schema = root.do(lambda session: _schema(_reader(kind, [path], None, None, {}), session, called), called)
    globbed = is_glob(path)
    based = None if globbed or is_file(plain, files) else plain

    def reader(some: Sequence[File], options: dict[str, str]) -> Make:
        return _reader(kind, [literal(one.path) for one in some], schema, based, options)

    whole, wanted = reader(files, more), chunks(files)
    count = reader(files, more | WHOLE.get(kind, {})) if more else whole
    if globbed and parted(files, schema.names):  # what a folder's name says is lost where its files are read alone
        whole = count = _reader(kind, [path], schema, None, more)
        wanted = [files]
    key = key_of("path", path, kind, [one.told for one in files])
    bare = _whole(root, key, whole, called, count, still(files, path))
    pieces = []
    for some in wanted:
        told, scan = key_of("files", kind, [one.told for one in some]), bare.scan
        if len(wanted) > 1:
            scan = root.name(_view(key_of("piece", path, told)), reader(some, more), called, later=True)
        pieces.append((scan, told))
    bare = replace(bare, notes=(*bare.notes, *differences(root, kind, files, called)))
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
    told, steady = _state_of(named, root, called)  # before anything is read: a view is named by what it holds
    bare = _whole(root, told, lambda session: session.table(named), called, still=steady)
    return replace(bare, pieces=((bare.scan, told),), how="a table of Spark")


def _whole(
    root: Spark, key: str, make: Make, called: str, count: Make | None = None, still: Still | None = None
) -> Dataset:
    """The dataset of what make reads, with its columns and how many rows it has. key: of what it is and its state, so
    that who looks at an older one does not see it change. count: reads the same, to count it. still: as View has it."""

    def types(session: Any) -> list[tuple[str, str]]:
        return list(make(session).dtypes)

    try:
        columns = [Column(one, type_of(kind), kind_of(type_of(kind))) for one, kind in root.do(types, called)]
    except UnusableData as error:
        raise UnreadableSource(error.message, where=shown(called), hint=error.hint) from None
    if not columns:
        raise UnusableData("The table has no column.", where=shown(called))
    view = root.name(_view(key), make, called)
    view.still = still
    told = (f"its rows are counted in Spark {root.do(lambda session: session.version)}",)
    bare = Dataset(called, guess_roles(tuple(columns)), 0, view, root, "in Spark", notes=told)
    return replace(bare, rows=root.do(lambda session: _counted((count or make)(session), called), called))


def _counted(frame: Any, called: str) -> int:
    try:
        return int(frame.count())
    except Exception as error:
        if found := OTHER_HEADER.search(str(error)):
            raise UnusableData(
                f"Its files do not have the same header: {shown(found[1].rpartition('/')[2])} has another.",
                where=shown(called),
                hint="Every file names the same columns in the same order, each once; or make a view of Spark.",
            ) from None
        raise


def _schema(make: Make, session: Any, called: str) -> Any:
    """The columns of all files. Raises UnusableData where one has two types."""
    try:
        return make(session).schema
    except Exception as error:
        if "CANNOT_MERGE" in str(error):
            types = " and ".join(dict.fromkeys(re.findall(r'"STRUCT<([^"]{1,200})>"', str(error))))
            raise UnusableData(
                f"Its files have columns of one name and different types: {types or 'Spark does not say which'}.",
                where=shown(called),
                hint="Write them alike, or make a view of Spark that casts them.",
            ) from None
        raise


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


def _reader(
    kind: str,
    paths: Sequence[str],
    schema: Any,
    base: str | None,
    more: Mapping[str, str],
) -> Make:
    """What reads paths, each a glob to Spark. base: the folder from which on names of folders are values."""

    def read(session: Any) -> Any:
        reader = session.read.format(kind).options(**OPTIONS.get(kind, {}), **more)
        reader = reader.option("sep", "\t") if kind == "csv" and paths[0].endswith(".tsv") else reader
        reader = reader.schema(schema) if schema is not None else reader
        return (reader.option("basePath", base) if base else reader).load(list(paths))

    return read


def _is_delta(session: Any, path: str) -> bool:
    try:
        return bool(session.read.format("binaryFile").load(f"{path.rstrip('/')}/_delta_log").limit(1).count())
    except Exception as error:
        if "PATH_NOT_FOUND" in str(error) or "does not exist" in str(error):
            return False
        raise


def _state_of(named: str, root: Spark, called: str) -> tuple[str, Still | None]:
    """What tells the rows of a table from any other's; and how to look whether they are the same."""

    def files_of(session: Any) -> tuple[list[tuple[str, str]], list[str], list[File]]:
        table = session.table(named)
        types = list(table.dtypes)
        if session.catalog.getTable(named).tableType in VIEWS:
            return types, [], []
        paths = [literal(unquote(one)) for one in table.inputFiles()]  # told as addresses: a blank is %20
        return types, paths, files_at(session, paths) if paths else []

    types, paths, files = root.do(files_of, called)
    if files:
        return key_of("table", named, types, [one.told for one in files]), still(files, paths)
    hashed = ", ".join(_hashed(_quoted(name), said) for name, said in types)
    asked = f"SELECT count(*) AS n, sum(CAST(xxhash64({hashed}) AS DECIMAL(38, 0))) AS h FROM {named}"
    row = root.ask_as_it_is(asked, {}, called).to_pylist()[0]
    return key_of("rows", named, types, row["n"], str(row["h"])), None


def _hashed(name: str, said: str) -> str:
    """What of a column is hashed: xxhash64 passes over what is missing, so that it is missing is hashed too."""
    value = name
    if said.startswith(("array", "struct", "map", "variant")):
        value = f"CAST({name} AS STRING), to_json({name}, map('ignoreNullFields', 'false'))"  # microseconds; nulls
    return f"{name} IS NULL, {value}"


def _quoted(name: str) -> str:
    """A name as one of Spark's identifiers."""
    return "`" + name.replace("`", "``") + "`"


def _view(key: str) -> str:
    return f"plumbline_{key[:24]}"
