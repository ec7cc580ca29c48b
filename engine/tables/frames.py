"""Frames of a program, as Arrow: pandas, polars and Arrow itself; what Arrow cannot hold is taken as text."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from engine.errors import UnreadableSource, plain, shown

READABLE = {pa.float16().id: pa.float32(), pa.decimal256(1).id: pa.float64()}


def frame_of(source: Any) -> pa.Table:
    """The Arrow table that a frame holds. Raises UnreadableSource for what is no frame."""
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if hasattr(source, "to_table") and hasattr(source, "count_rows"):  # an Arrow dataset
        source = source.to_table()
    if type(source).__module__.split(".")[0] == "polars":
        source = _of_polars(source)
    if hasattr(source, "to_arrow"):
        source = source.to_arrow()
    if isinstance(source, pa.Table):
        return _plain(source)
    if hasattr(source, "__arrow_c_stream__") and not hasattr(source, "iloc"):  # readers, relations of DuckDB
        return _plain(_streamed(source))
    if hasattr(source, "iloc") and hasattr(source, "to_frame"):  # one column on its own
        source = source.to_frame()
    if hasattr(source, "iloc"):
        try:
            return _plain(pa.Table.from_pandas(source, preserve_index=False))
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            names = [str(name) for name in source.columns]
            return _plain(pa.table([_column(source.iloc[:, i]) for i in range(len(names))], names=names))
    raise UnreadableSource(
        f"A {type(source).__name__} is no table.", hint="Give a path, a pandas or polars frame, or an Arrow table."
    )


def _of_polars(source: Any) -> pa.Table:
    """A frame or series of polars; whole numbers of 128 bits as doubles, objects as texts: Arrow has neither."""
    if hasattr(source, "collect"):
        raise UnreadableSource(
            f"A {type(source).__name__} is a plan, and no table yet.", hint="Give what its collect() returns."
        )
    if not hasattr(source, "columns"):  # one column on its own
        source = source.to_frame()
    _named(source.columns)
    odd: dict[str, pa.Array] = {}
    for name, kind in source.schema.items():
        if str(kind) == "Object":
            odd[name] = pa.array([None if one is None else _text(one) for one in source[name].to_list()], pa.string())
        elif str(kind) in ("Int128", "UInt128"):
            odd[name] = pa.array(source[name].cast(float).to_list(), pa.float64())
    try:
        table = source.drop(list(odd)).to_arrow()
    except (pa.ArrowException, ValueError, TypeError) as error:
        said = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise UnreadableSource(f"A {type(source).__name__} of polars cannot be read: {plain(said, 200)}.") from None
    return pa.table({name: odd[name] if name in odd else table[name] for name in source.columns})


def _named(names: Iterable[str]) -> None:
    """Refuse a name that holds NUL."""
    if wrong := next((name for name in names if "\0" in name), None):
        raise UnreadableSource(f"The name of the column {shown(wrong)} holds a NUL character.", hint="Rename it.")


def _streamed(source: Any) -> pa.Table:
    """All that a reader still has to give. Raises UnreadableSource where it was read, or breaks."""
    try:
        return pa.table(source)
    except (pa.ArrowException, ValueError, TypeError, OSError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableSource(f"A {type(source).__name__} cannot be read: {said}.") from None


def _plain(table: pa.Table) -> pa.Table:
    """The table with the numbers that DuckDB cannot read, half precision and 256 bits, as ones that it can.

    Raises UnreadableSource for a name that holds NUL: what passes names on ends them there.
    """
    _named(table.column_names)
    fields = [field.with_type(READABLE.get(field.type.id, field.type)) for field in table.schema]
    return table if fields == list(table.schema) else table.cast(pa.schema(fields))


def _column(values: Any) -> pa.Array:
    """One pandas column as Arrow, as text where its values are of several kinds.

    >>> import pandas
    >>> _column(pandas.Series([1, "a", None], dtype=object)).to_pylist()
    ['1', 'a', None]
    """
    values = values.sparse.to_dense() if hasattr(values, "sparse") else values
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return pa.array([None if gone else _text(one) for one, gone in zip(values, values.isna(), strict=True)])


def _text(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()
