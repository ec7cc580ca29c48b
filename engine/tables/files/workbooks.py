"""Workbooks become Parquet: Excel (xlsx, xlsb, xls) and OpenDocument; one sheet, its header found, its values typed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from engine.errors import UnknownName, UnreadableSource, plain, shown
from engine.tables.files.binary_sheets import short_cells
from engine.tables.files.copies import Told, write_parquet
from engine.tables.texts import MOSTLY, reason

LOOKED_AT = 50  # rows among which the header is looked for
BATCH = 20_000  # rows written at a time
EXACT = 2**53  # whole numbers beyond are not kept exactly by a workbook itself


@dataclass(frozen=True)
class Field:
    """A column of a sheet. at: its place; kind: its type; mixed: how many of its cells are of another kind."""

    at: int
    name: str
    kind: pa.DataType
    mixed: int = 0
    numeric: bool = False


def read_workbook(path: Path, sheet: str | None, target: Path, where: str) -> Told:
    """Write one sheet as Parquet: the one that is named, else the first that is visible and holds anything.

    Values of formulas are those that were last computed; a cell with an error is missing; of merged cells each has
    the value. Raises UnreadableSource, and UnknownName for a sheet that is not there.
    """
    try:
        if short_cells(path):
            said = "Its cells are written in a short form, as some programs do and Excel does not; they would be lost."
            raise UnreadableSource(said, where=where, hint="Open it and save it as xlsx.")
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            found, notes = _sheet(book, sheet, where)
            fields, first, more = _fields(found, where)
            schema = pa.schema([pa.field(one.name, one.kind) for one in fields])
            batches = _batches(found, fields, first)
            write_parquet(batches, schema, target, where)
            sheets = tuple(one.name for one in book.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet)
    except calamine.PasswordError:
        raise UnreadableSource("The workbook is encrypted.", where=where, hint="Save it without a password.") from None
    except (calamine.CalamineError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        said = plain(reason(error).rstrip("."), 200)
        raise UnreadableSource(f"The workbook cannot be read: {said}.", where=where) from None
    numeric = frozenset(one.name for one in fields if one.numeric)
    told = [f"{shown(one.name)} holds texts beside {one.mixed:,} other values" for one in fields if one.mixed]
    return Told(f"workbook, sheet {shown(found.name)}", numeric, (*notes, *more, *told), found.name, sheets)


def _sheet(book: Any, wanted: str | None, where: str) -> tuple[Any, list[str]]:
    names = list(book.sheet_names)
    if wanted is not None:
        if wanted not in names:
            raise UnknownName.of("sheet", wanted, names, where=where)
        return book.get_sheet_by_name(wanted), []
    about = [one for one in book.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet]
    visible = [one.name for one in about if one.visible == calamine.SheetVisibleEnum.Visible]
    for name in visible:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height:
            others = [one for one in names if one != name]
            said = f"not read: the sheets {', '.join(map(shown, others[:8]))}; #NAME behind the path reads one"
            return sheet, [said] if others else []
    raise UnreadableSource("No visible sheet of the workbook holds anything.", where=where)


def _fields(sheet: Any, where: str) -> tuple[list[Field], int, list[str]]:
    """The columns, the row that the table begins on (from 0), and notes."""
    head = [(i, _cells(row)) for i, row in enumerate(islice(sheet.iter_rows(), LOOKED_AT))]
    most = max((sum(one is not None for one in row) for _, row in head), default=0)
    if not most:
        raise UnreadableSource("The sheet holds nothing in its first rows.", where=where)
    at, top = next((i, row) for i, row in head if 2 * sum(one is not None for one in row) >= most)
    named = all(one is None or isinstance(one, str) for one in top)
    first = at + 1 if named else at
    seen: list[dict[type, int]] = []
    fits: list[bool] = []
    for row in islice(_filled(sheet), first, None):
        while len(seen) < len(row):
            seen.append({})
            fits.append(True)
        for i, one in enumerate(row):
            if one is not None:
                seen[i][type(one)] = seen[i].get(type(one), 0) + 1
                if type(one) is float and not (one.is_integer() and abs(one) <= EXACT):
                    fits[i] = False
    top = top + [None] * (len(seen) - len(top)) if named else [None] * len(seen)
    seen += [{} for _ in range(len(top) - len(seen))]
    fits += [True] * (len(seen) - len(fits))
    fields, notes, taken = [], [], set[str]()
    for i, (name, counts) in enumerate(zip(top, seen, strict=True)):
        if name is None and not counts:
            continue
        called = str(name).strip() if name is not None and str(name).strip() else _letter(i)
        while called.lower() in taken:
            called += "_1"
        taken.add(called.lower())
        if called != name and named:
            notes.append(
                f"column {_letter(i)} is read as {shown(called)}: {'another has its name' if name else 'no name'}"
            )
        fields.append(_field(i, called, counts, fits[i]))
    if not named:
        notes.append("no row of names was found: columns are called by their letters")
    above = sum(any(one is not None for one in row) for i, row in head if i < at)
    if above:
        notes.append(f"{above} row{'s' if above > 1 else ''} above the names {'are' if above > 1 else 'is'} not read")
    if merged := len(sheet.merged_cell_ranges or ()):
        notes.append(f"{merged} group{'s' if merged > 1 else ''} of merged cells: each cell has the value of its group")
    return fields, first, notes


def _field(at: int, name: str, counts: dict[type, int], whole: bool) -> Field:
    kinds, total = set(counts), sum(counts.values())
    if not kinds:
        return Field(at, name, pa.null())
    if kinds == {float}:
        return Field(at, name, pa.int64() if whole else pa.float64())
    if kinds <= {date, datetime}:
        return Field(at, name, pa.date32() if kinds == {date} else pa.timestamp("us"))
    alone = {bool: pa.bool_(), time: pa.time64("us"), timedelta: pa.float64(), str: pa.string()}
    if len(kinds) == 1 and (kind := alone.get(next(iter(kinds)))) is not None:
        return Field(at, name, kind)
    share = counts.get(float, 0) / total
    return Field(at, name, pa.string(), total - counts.get(str, 0), share >= MOSTLY)


def _batches(sheet: Any, fields: list[Field], first: int) -> Iterator[pa.RecordBatch]:
    rows = islice(_filled(sheet), first, None)
    schema = pa.schema([pa.field(one.name, one.kind) for one in fields])
    while part := list(islice(rows, BATCH)):
        part = [row for row in part if any(one is not None for one in row)]  # rows that stand empty are no rows
        columns = [[_as(row[f.at] if f.at < len(row) else None, f.kind) for row in part] for f in fields]
        yield pa.record_batch([pa.array(c, f.kind) for c, f in zip(columns, fields, strict=True)], schema=schema)


def _as(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_string(kind):
        whole = isinstance(value, float) and value.is_integer() and abs(value) <= EXACT
        return str(int(value)) if whole else str(value)
    if pa.types.is_integer(kind):
        return int(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if pa.types.is_timestamp(kind) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value


def _cells(row: list[Any]) -> list[Any]:
    return [None if one == "" else float(one) if type(one) is int else one for one in row]


def _filled(sheet: Any) -> Iterator[list[Any]]:
    """The rows, every merged cell with the value of its group."""
    groups = {start: (start, end) for start, end in sheet.merged_cell_ranges or ()}
    starts: dict[int, list[tuple[tuple[int, int], tuple[int, int]]]] = {}
    for (top, left), end in groups.values():
        starts.setdefault(top, []).append(((top, left), end))
    open_: list[tuple[tuple[int, int], tuple[int, int], Any]] = []
    for i, raw in enumerate(sheet.iter_rows()):
        row = _cells(raw)
        open_ = [one for one in open_ if one[1][0] >= i]
        for start, end in starts.get(i, ()):
            open_.append((start, end, row[start[1]] if start[1] < len(row) else None))
        for (_, left), (_, right), value in open_:
            for j in range(left, min(right + 1, len(row))):
                row[j] = value
        yield row


def _letter(at: int) -> str:
    """The letters of a column, from 0.

    >>> _letter(0), _letter(27)
    ('A', 'AB')
    """
    text, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        text = chr(65 + rest) + text
    return text
