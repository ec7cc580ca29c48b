"""From a served request to a flat row, and from rows to an Arrow table, whatever the values are.

Only four types are ever stored for inputs and outputs: whole numbers, numbers, booleans and texts. Files of any two of
these can be read as one table, so a value of an odd type can spoil no folder.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from engine.collect.redact import Redaction
from engine.errors import plain

TEXT = 4096  # characters of a text that are kept
NAME = 200  # characters of a name
DEPTH = 8  # structures within structures that are followed
COLUMNS = 20_000  # of one file at most: names can come from outside

SCHEMA = pa.schema([
    ("served_at", pa.timestamp("us")),
    ("request_id", pa.string()),
    ("model_version", pa.string()),
    ("latency_ms", pa.float64()),
    ("status_code", pa.int64()),
    ("sample_rate", pa.float64()),
])  # fmt: skip
NARROWEST: tuple[tuple[frozenset[type], pa.DataType], ...] = (
    (frozenset(), pa.null()),
    (frozenset({bool}), pa.bool_()),
    (frozenset({bool, int}), pa.int64()),
    (frozenset({bool, int, float}), pa.float64()),
)
OWN = frozenset(SCHEMA.names)
SIMPLE = frozenset({bool, int, float, str, type(None)})

Value = bool | int | float | str | None


class Served(NamedTuple):
    """One request as it was handed over. at: nanoseconds since 1970, UTC; inputs, outputs: a mapping, JSON as bytes, or
    anything else; size: bytes of what is held, where known."""

    at: int
    request_id: str
    version: str | None
    latency_ms: float | None
    status: int | None
    rate: float
    inputs: Any
    outputs: Any
    size: int = 0


def flat(served: Served, redact: Redaction) -> dict[str, Value]:
    """The row of one request: own columns first, then inputs and outputs by name, structures as dotted paths.

    An input or output that is named like one of our own, and an output named like an input, is told apart by a prefix.

    >>> row = flat(Served(0, "r", None, 1.5, 200, 1.0, {"age": 3, "job": {"kind": "x"}}, {"age": 4}), Redaction())
    >>> {name: value for name, value in row.items() if name not in OWN}
    {'age': 3, 'job.kind': 'x', 'output.age': 4}
    """
    row: dict[str, Value] = {
        "served_at": served.at // 1000,
        "request_id": text(served.request_id),
        "model_version": None if served.version is None else text(served.version),
        "latency_ms": None if served.latency_ms is None else float(served.latency_ms),
        "status_code": None if served.status is None else int(served.status),
        "sample_rate": served.rate,
    }
    if (way := redact.way("request_id", "request_id")) is not None:
        row["request_id"] = redact.hashed(served.request_id) if way == "hash" else None
    taken = {name.lower() for name in row}
    for part, body in (("input", served.inputs), ("output", served.outputs)):
        for path, value in _leaves(_opened(body, part), "", redact, DEPTH):
            name = _name(path) if len(path) <= NAME else plain(path, NAME)
            if name.lower() in taken:
                name = f"{part}.{name}"
            number = 2
            while name.lower() in taken:
                name, number = f"{name.rpartition(' #')[0] or name} #{number}", number + 1
            taken.add(name.lower())
            row[name] = value
    return row


@lru_cache(maxsize=1 << 15)  # the same names come with every request
def _name(path: str) -> str:
    return plain(path, NAME) or "unnamed"


def _opened(body: Any, part: str) -> Mapping[Any, Any]:
    """A body as a mapping; what is none becomes the only value of one."""
    if isinstance(body, bytes):
        body = json.loads(body)
    if body is None:
        return {}
    body = _by_name(body)
    return body if isinstance(body, Mapping) else {part: body}


def _by_name(value: Any) -> Any:
    """An object of named fields as a mapping, so that names are redacted in it too; everything else as it is."""
    if isinstance(value, Mapping | type):
        return value
    if hasattr(value, "model_dump"):  # pydantic
        return value.model_dump()
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return value._asdict() if isinstance(value, tuple) and hasattr(value, "_asdict") else value


def _leaves(body: Mapping[Any, Any], prefix: str, redact: Redaction, depth: int) -> Iterator[tuple[str, Value]]:
    for key, value in body.items():
        name = text(key)
        path = f"{prefix}{name}"
        way = redact.way(name, path)
        if way == "drop":
            continue
        if way == "hash":
            yield path, None if value is None else redact.hashed(_as_text(stored(value)))
            continue
        value = value if type(value) in SIMPLE else _by_name(value)
        if isinstance(value, Mapping) and depth > 1:
            yield from _leaves(value, f"{path}.", redact, depth - 1)
        else:
            yield path, stored(value, redact)


def stored(value: Any, redact: Redaction | None = None) -> Value:
    """A value as one of the types that are stored; lists become JSON text, moments ISO text, all else its own text."""
    kind = type(value)
    if kind in (bool, float) or value is None:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return value if -(2**63) <= value < 2**63 else float(value) if abs(value) < 10**300 else text(hex(value))
    if kind is str:
        return text(value)
    found = _simple(value, redact or Redaction(), DEPTH)
    return found if isinstance(found, bool | int | float | str) else text(json.dumps(found, ensure_ascii=False))


def _simple(value: Any, redact: Redaction, depth: int) -> Any:
    """A value that JSON can hold, without what is redacted inside it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int) or type(value) is float:
        return stored(int(value) if isinstance(value, int) else value)
    if isinstance(value, float | Decimal):
        return float(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return text(bytes(value[: TEXT + 1]).decode("utf-8", "backslashreplace"))
    if hasattr(value, "tolist"):  # numpy: a number or an array
        value = value.tolist()
        return _simple(value, redact, depth - 1) if depth > 0 else "…"
    value = _by_name(value)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        if depth <= 0:
            return "…"
        if not isinstance(value, Mapping):
            return [_simple(one, redact, depth - 1) for one in value]
        kept = {}
        for key, one in value.items():
            name = text(key)
            way = redact.way(name, name)
            if way != "drop":
                kept[name] = redact.hashed(_as_text(stored(one))) if way else _simple(one, redact, depth - 1)
        return kept
    return text(value)


def text(value: Any) -> str:
    """A text that can be stored: of limited length, and UTF-8 whatever it holds."""
    try:
        said = value if type(value) is str else str(value)
    except Exception:  # the object's own defect
        return f"<unreadable {type(value).__name__}>"
    said = said if len(said) <= TEXT else f"{said[: TEXT - 1]}…"
    return said if said.isascii() else said.encode("utf-8", "backslashreplace").decode("utf-8")


def _as_text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def table_of(rows: Sequence[Mapping[str, Value]]) -> tuple[pa.Table, int]:
    """Rows as a table with every name that any of them has, and how many values were left out.

    Two names that differ in case only are one column, as they are to the database that will read them. Values are left
    out beyond so many columns (COLUMNS): names can come from outside, and a file must stay readable.
    """
    columns: dict[str, list[Value]] = {name: [None] * len(rows) for name in SCHEMA.names}
    spelled = {name: name for name in columns}
    left_out = 0
    for i, row in enumerate(rows):
        for name, value in row.items():
            column = columns.get(name)
            if column is None:
                known = spelled.setdefault(name.lower(), name)
                if known not in columns:
                    if len(columns) >= COLUMNS:
                        del spelled[name.lower()]
                        left_out += 1
                        continue
                    columns[known] = [None] * len(rows)
                column = columns[known]
            column[i] = value
    arrays = [_array(values, SCHEMA.field(n).type if n in OWN else None) for n, values in columns.items()]
    return pa.Table.from_arrays(arrays, names=list(columns)), left_out


def _array(values: list[Value], kind: pa.DataType | None = None) -> pa.Array:
    """Values as the narrowest type that holds all of them. Shape (rows,).

    Built from buffers: pa.array would import pandas into the service, and cannot while an interpreter ends.
    """
    n, there = len(values), np.array([value is not None for value in values], dtype=bool)
    if kind is None:
        kinds = {type(value) for value in values} - {type(None)}
        kind = next((found for held, found in NARROWEST if kinds <= held), pa.string())
    if kind == pa.null():
        return pa.nulls(n)
    valid = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
    if kind == pa.string():
        texts = [b"" if one is None else _as_text(one).encode() for one in values]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        return pa.Array.from_buffers(kind, n, [valid, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))])
    filled = [0 if one is None else one for one in values]
    if kind == pa.bool_():
        data = np.packbits(np.array(filled, dtype=bool), bitorder="little")
    else:
        data = np.array(filled, dtype=np.float64 if kind == pa.float64() else np.int64)
    return pa.Array.from_buffers(kind, n, [valid, pa.py_buffer(data)])
