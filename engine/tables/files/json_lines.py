"""JSON becomes Parquet: an object a line, or a list of objects; what is nested is laid out one level deep."""

import json
from pathlib import Path
from typing import Any

import duckdb

from engine.errors import UnreadableSource, plain, shown
from engine.slices import quoted
from engine.tables.connection import DuckDBPyConnection
from engine.tables.files.copies import Tell, Told
from engine.tables.literals import file_literal
from engine.tables.text.text_types import ISO_TIME, ISO_ZONE
from engine.tables.texts import MOSTLY, literal, reason

MOST_BAD = 0.5  # share of lines that may be no JSON
LISTED = 5  # bad lines that are told one by one
LONGEST = 64 << 20  # bytes of one object


def copy_json(path: Path, root: DuckDBPyConnection, target: Path, where: str, tell: Tell) -> Told:
    """Write a JSON file as Parquet. Types are decided by every row; lines that are no JSON are left out and told."""
    lines = _begins_with(path) == b"{"
    if not lines and not _is_closed(path):
        raise UnreadableSource("The list is not closed: the file was cut off, or is still written.", where=where)
    source, notes = path, tuple[str, ...]()
    cursor = root.cursor()
    try:
        tell(0.1, "reading JSON")
        try:
            how, more, numeric = _copied(cursor, source, lines, target, where)
        except duckdb.Error as error:
            if not lines or not isinstance(error, duckdb.InvalidInputException):
                raise
            source, notes = _without_bad_lines(path, target.with_name("good.jsonl"), where, reason(error))
            how, more, numeric = _copied(cursor, source, lines, target, where)
    except duckdb.Error as error:
        raise UnreadableSource(f"The JSON cannot be read: {reason(error)}", where=where) from None
    finally:
        target.with_name("good.jsonl").unlink(missing_ok=True)
        cursor.close()
    return Told(how, numeric, (*notes, *more))


def _is_closed(path: Path) -> bool:
    """Whether a list ends with its bracket: the database reads one that was cut off as far as it goes."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 4096, 0))
        return stream.read().rstrip().endswith(b"]")


def _begins_with(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _copied(
    cursor: DuckDBPyConnection, path: Path, lines: bool, target: Path, where: str
) -> tuple[str, tuple[str, ...], frozenset[str]]:
    kind = "auto" if lines else "array"
    options = f"format = '{kind}', sample_size = -1, map_inference_threshold = -1, maximum_object_size = {LONGEST}"
    source = f"read_json({file_literal(path)}, {options})"
    relation = cursor.sql(f"SELECT * FROM {source}")
    columns = list(zip(relation.columns, relation.types, strict=True))
    if [name for name, _ in columns] == ["json"]:
        hint = 'Write one object a line, as {"x": 1, "y": "a"}.'
        raise UnreadableSource("It is JSON, but no list of objects.", where=where, hint=hint)
    asked, notes = _flat(columns)
    literal_target = literal(str(target))
    cursor.execute(f"COPY (SELECT {asked} FROM {source}) TO {literal_target} (FORMAT parquet, COMPRESSION zstd)")
    rows = cursor.execute(f"SELECT count(*) FROM read_parquet({literal_target})").fetchall()[0][0]
    if rows == 1 and all(_nested(kind) for _, kind in columns):
        raise UnreadableSource(
            "It is one JSON object whose fields are columns, no list of rows.", where=where,
            hint="From pandas, write to_json(path, orient='records', lines=True).",
        )  # fmt: skip
    notes += _with_moments(cursor, target)
    numeric = _mostly_numbers(cursor, literal_target)
    return ("JSON, an object a line" if lines else "JSON, a list of objects"), tuple(notes), numeric


def _flat(columns: list[tuple[str, Any]]) -> tuple[str, list[str]]:
    """What is selected: the fields of an object as columns of their own, "a.b"; mixed values as text."""
    asked, notes, taken = [], [], {name.lower() for name, _ in columns}
    for name, kind in columns:
        fields = list(kind.children) if kind.id == "struct" else []
        names = [f"{name}.{one}" for one, _ in fields]
        if fields and not taken & {one.lower() for one in names} and len({one.lower() for one in names}) == len(names):
            taken |= {one.lower() for one in names}
            for (field, inner), new in zip(fields, names, strict=True):
                asked.append(f"{_as_value(f'{quoted(name)}[{literal(field)}]', inner)} AS {quoted(new)}")
            notes.append(f"{shown(name)} holds objects: their fields are columns, {shown(names[0])} and so on")
            deep = [new for (_, inner), new in zip(fields, names, strict=True) if _nested(inner)]
        else:
            asked.append(f"{_as_value(quoted(name), kind)} AS {quoted(name)}")
            deep = [name] if _nested(kind) else []
        notes += [f"{shown(one)} holds lists or deeper objects, which are not compared" for one in deep]
    return ", ".join(asked), notes


def _as_value(sql: str, kind: Any) -> str:
    return f"({sql} ->> '$')" if str(kind) == "JSON" else sql


def _nested(kind: Any) -> bool:
    return kind.id in ("struct", "list", "map", "array", "union")


def _with_moments(cursor: DuckDBPyConnection, target: Path) -> list[str]:
    """Make texts that are all moments such, which JSON has no way to write and the database knows in one form alone.

    Notes on those columns are given back.
    """
    table = f"read_parquet({file_literal(target)})"
    names = [row[0] for row in cursor.execute(f"DESCRIBE SELECT * FROM {table}").fetchall() if row[1] == "VARCHAR"]
    ways = {
        "TRY_CAST({c} AS TIMESTAMP)": ISO_TIME.pattern,
        "TRY_CAST({c} AS TIMESTAMPTZ)": ISO_ZONE.pattern,
    }
    found: dict[str, str] = {}
    for name in names:
        column = quoted(name)
        made = {way.format(c=column): shape for way, shape in ways.items()}
        asked = [f"count({way}) FILTER (regexp_full_match({column}, {literal(shape)}))" for way, shape in made.items()]
        n, *fit = cursor.execute(f"SELECT count({column}), {', '.join(asked)} FROM {table}").fetchall()[0]
        found.update((name, way) for way, fits in zip(made, fit, strict=True) if n and fits == n)
    if found:
        whole = target.with_name("moments.parquet")
        changed = ", ".join(f"{way} AS {quoted(name)}" for name, way in found.items())
        cursor.execute(
            f"COPY (SELECT * REPLACE ({changed}) FROM {table}) TO {literal(str(whole))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        whole.replace(target)
    return [f"{shown(name)}: texts that are moments, as such" for name in found]


def _mostly_numbers(cursor: DuckDBPyConnection, table: str) -> frozenset[str]:
    described = cursor.execute(f"DESCRIBE SELECT * FROM read_parquet({table})").fetchall()
    names = [row[0] for row in described if row[1] in ("VARCHAR", "JSON")]
    if not names:
        return frozenset()
    shares = ", ".join(f"count(TRY_CAST({quoted(n)} AS DOUBLE)) / nullif(count({quoted(n)}), 0)" for n in names)
    row = cursor.execute(f"SELECT {shares} FROM read_parquet({table})").fetchall()[0]
    return frozenset(name for name, share in zip(names, row, strict=True) if share and MOSTLY <= share < 1)


def _without_bad_lines(path: Path, good: Path, where: str, why: str) -> tuple[Path, tuple[str, ...]]:
    """The file without lines that are no JSON object, and notes on those."""
    bad: list[str] = []
    n = kept = left_out = 0
    with path.open("rb") as stream, good.open("wb") as target:
        for n, line in enumerate(stream, 1):
            text = line.strip().removeprefix(b"\xef\xbb\xbf")
            if not text:
                continue
            said = _wrong(text)
            if said is None:
                kept += 1
                target.write(text + b"\n")
                continue
            left_out += 1
            if len(bad) < LISTED:
                bad.append(f"line {n}: {said}")
    if not left_out or left_out > MOST_BAD * (kept + left_out):
        raise UnreadableSource(f"The JSON cannot be read: {why}", where=where, hint=f"{bad[0]}." if bad else None)
    were = "line is no JSON object and was" if left_out == 1 else "lines are no JSON objects and were"
    return good, (f"{left_out:,} {were} left out", *bad)


def _wrong(text: bytes) -> str | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        return plain(str(error), 120)
    return None if isinstance(found, dict) else f"it is {plain(text.decode('utf-8', 'replace'), 40)}"
