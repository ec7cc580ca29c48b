"""What the columns of a text file hold, decided by all of their rows: for those that the first ones left open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import plain, shown
from engine.slices import quoted
from engine.tables.connection import DuckDBPyConnection
from engine.tables.literals import scan_of
from engine.tables.text.sniff import Sniffed
from engine.tables.text.text_format import NULL_WORDS
from engine.tables.text.text_types import Reading, broken_sql, candidates, fit, fits, present_sql, value_sql

MOSTLY = 0.9  # share of a text column's values that must be numbers for it to be a number column with type errors
TOGETHER = 100  # columns that one query asks: planning takes the square of their number
RARE = 0.02  # share of a column's values below which a way of writing moments is none
PROBED = 2000  # values by which readings are chosen that are then tried on every row


@dataclass(frozen=True, slots=True)
class Decided:
    """What is in force. names: columns that are kept; values: SQL for those that are written anew.

    kinds: columns that stay text, and what most of their values are; nulls: words that mean missing.
    """

    names: tuple[str, ...]
    readings: tuple[Reading, ...]
    values: dict[str, str]
    kinds: dict[str, str]
    nulls: tuple[str, ...]
    notes: tuple[str, ...]


def decide(
    cursor: DuckDBPyConnection, written: Path, seen: Sniffed, readings: Sequence[Reading], unsure: set[int]
) -> Decided:
    """Ask the rows that were written of every column that is unsure; those that are texts are asked for numbers too."""
    scan, text, given = scan_of(written), seen.text, seen.given
    texts = [i for i, one in enumerate(readings) if one.type == "VARCHAR" and i not in unsure]
    unsure = unsure | _mostly_numbers(cursor, scan, seen.names, texts)
    tried = candidates(text.decimal or ".", text.thousands or "", given.dates, given.timestamps)
    words = NULL_WORDS if given.nulls is None else given.nulls
    found, values, kinds, notes = list(readings), dict[str, str](), dict[str, str](), list[str]()
    nulls = dict.fromkeys(text.nulls or ())
    for i in sorted(unsure):
        name = seen.names[i]
        some = _sample(cursor, scan, name)
        reading, broken = _fitted(cursor, scan, name, some, tried, words)
        if reading is None:
            if ways := moments_in(some, tried, words):
                said = f"stays text, as its moments are written in {len(ways)} ways: {', '.join(ways)}"
                notes.append(f"{plain(name)} {said}")
            continue
        if given.nulls is None:
            nulls |= dict.fromkeys(_used(cursor, scan, name))
        values[name], found[i] = value_sql(name, reading), reading
        if broken:  # what fits is written as a number or a moment is, so that it is read as one; the rest stays
            found[i] = readings[i]
            values[name] = f"coalesce(CAST({values[name]} AS VARCHAR), {present_sql(name, reading)})"
            kinds[name] = "numeric" if reading.type in ("BIGINT", "DOUBLE") else "datetime"
            notes.append(_told(cursor, scan, name, reading, broken))
    names = seen.names[: len(seen.names) - _empty_end(cursor, scan, seen)]
    if len(names) < len(seen.names):
        notes.append("the rows end with a delimiter: what follows it is empty and is no column")
    kept = tuple(nulls) if given.nulls is None else given.nulls
    return Decided(names, tuple(found[: len(names)]), values, kinds, kept, tuple(notes))


def _mostly_numbers(cursor: DuckDBPyConnection, scan: str, names: Sequence[str], asked: Sequence[int]) -> set[int]:
    """Text columns of which most values are numbers, though the first rows did not show it."""
    found: set[int] = set()
    for at in range(0, len(asked), TOGETHER):
        some = asked[at : at + TOGETHER]
        columns = [quoted(names[i]) for i in some]
        shares = ", ".join(f"count(TRY_CAST({one} AS DOUBLE)) / nullif(count({one}), 0)" for one in columns)
        row = cursor.execute(f"SELECT {shares} FROM {scan}").fetchone() or ()
        found |= {i for i, share in zip(some, row, strict=True) if share and share >= MOSTLY}
    return found


def _sample(cursor: DuckDBPyConnection, scan: str, name: str) -> list[str]:
    """Some of the texts of a column."""
    column = quoted(name)
    rows = cursor.execute(
        f"SELECT * FROM (SELECT {column} FROM {scan} WHERE {column} IS NOT NULL) "
        f"USING SAMPLE reservoir({PROBED} ROWS) REPEATABLE (1)"
    ).fetchall()
    return [str(row[0]) for row in rows]


def moments_in(values: Sequence[str], tried: Sequence[Reading], nulls: Sequence[str]) -> list[str]:
    """An example of each way in which a column's moments are written, the most frequent first, if there are several.

    None where other texts are among them, but for a tenth.

    >>> tried = [Reading("DATE"), Reading("DATE", "%d.%m.%Y"), Reading("DATE", "%m/%d/%Y"), Reading("DOUBLE")]
    >>> moments_in(["2024-01-31", "31.01.2024", "01/31/2024", "2024-02-01"] * 9, tried, ("",))
    ["'2024-01-31'", "'31.01.2024'", "'01/31/2024'"]
    """
    left = [one for one in values if one not in nulls]
    kinds = [one for one in tried if one.words == "moments"]
    found, whole = list[str](), len(left)
    while left and kinds:
        fitting = [[one for one in left if fits(kind, one)] for kind in kinds]
        most = max(fitting, key=len)
        if len(most) < RARE * whole:
            break
        found.append(shown(most[0]))
        gone = set(most)
        left = [one for one in left if one not in gone]
    return found if len(found) > 1 and len(left) <= (1 - MOSTLY) * whole else []


def _fitted(
    cursor: DuckDBPyConnection, scan: str, name: str, values: Sequence[str], tried: Sequence[Reading],
    words: Sequence[str],
) -> tuple[Reading | None, int]:  # fmt: skip
    """The first reading that all values of a column fit, or nearly all, and how many do not; None for words.

    values: some of the column's.
    """
    column = quoted(name)
    likely = [one for one in tried if fit(values, [one], words)[1] >= 0.5] if values else []
    tests = [replace(one, nulls=tuple(words)) for one in likely if fit(values, [one], words)[0] is one]
    if not tests:
        return None, 0
    asked = ", ".join(f"count(*) FILTER ({broken_sql(name, one)})" for one in tests)
    zeros = f"count(*) FILTER (regexp_full_match({column}, '[+-]?0[0-9]+'))"
    there, zero, *broken = cursor.execute(
        f"SELECT count({present_sql(name, tests[0])}), {zeros}, {asked} FROM {scan}"
    ).fetchone() or (0, 0)
    least = min(broken, default=0)
    reading = tests[broken.index(least)]
    if not there or least > there * (1 - MOSTLY) or (zero and reading.type in ("BIGINT", "DOUBLE")):
        return None, 0  # 007 is a name, whatever stands beside it
    return reading, int(least)


def _used(cursor: DuckDBPyConnection, scan: str, name: str) -> list[str]:
    """The words for missing that stand in a column."""
    listed = ", ".join("'" + one.replace("'", "''") + "'" for one in NULL_WORDS)
    rows = cursor.execute(f"SELECT DISTINCT {quoted(name)} FROM {scan} WHERE {quoted(name)} IN ({listed})").fetchall()
    return sorted(str(row[0]) for row in rows)


def _told(cursor: DuckDBPyConnection, scan: str, name: str, reading: Reading, broken: int) -> str:
    """The sentence about values that are of another kind than the rest of their column, with the first of them."""
    first = cursor.execute(
        f"SELECT row, text FROM (SELECT row_number() OVER () AS row, {quoted(name)} AS text, "
        f"{broken_sql(name, reading)} AS broken FROM {scan}) WHERE broken ORDER BY row LIMIT 1"
    ).fetchone() or (0, "")
    values = (
        f"value is no {reading.words[:-1]} and counts" if broken == 1 else f"values are no {reading.words} and count"
    )
    said = f"{plain(name)}: {broken:,} {values} as type errors"
    return f"{said}, the first {shown(first[1])} in row {first[0]:,}"


def either_way(cursor: DuckDBPyConnection, written: Path, seen: Sniffed, decided: Decided) -> list[str]:
    """Columns of days of which no row says whether day or month stands first."""
    kept = {name: one for name, one in zip(decided.names, decided.readings, strict=True) if one.format}
    asked = [name for name in seen.ambiguous if name in kept and kept[name] in seen.readings]
    if not asked or seen.given.dates is not None or seen.given.timestamps is not None:
        return []
    tests = ", ".join(f"coalesce(max(day({quoted(name)})), 0) <= 12" for name in asked)
    row = cursor.execute(f"SELECT {tests} FROM {scan_of(written)}").fetchone() or ()
    return [name for name, open_ in zip(asked, row, strict=True) if open_]


def _empty_end(cursor: DuckDBPyConnection, scan: str, seen: Sniffed) -> int:
    """1 where the last column has no name and no value: rows end with a delimiter; else 0."""
    last = len(seen.names) - 1
    if last < 1 or seen.names[-1] != f"column{last}" or not seen.text.header:
        return 0
    count = cursor.execute(f"SELECT count({quoted(seen.names[-1])}) FROM {scan}").fetchone() or (0,)
    return int(count[0] == 0)
