"""The names of a text table's columns: how many rows hold them, and what each column is called."""

from collections.abc import Sequence

from engine.errors import shown
from engine.tables.text.text_types import TEXT, Reading, fit

MOST_HEADERS = 3

Record = list[str]


def header_rows(
    rows: Sequence[Record], width: int, tried: Sequence[Reading], nulls: Sequence[str], why: dict[str, str]
) -> int:
    """How many rows hold names: those above whose texts are no values of the columns that they stand over."""
    if len(rows) == 1:
        return int(all(fit([one], tried, nulls)[0] is TEXT for one in rows[0]))
    top = min(MOST_HEADERS, len(rows) - 1)
    below = [row for row in rows[top:] if len(row) == width][:200] or [rows[-1]]
    kinds = [fit([row[i] for row in below if i < len(row)], tried, nulls) for i in range(width)]
    typed = [i for i, (reading, share, _) in enumerate(kinds) if reading is not TEXT and share > 0.8]
    if not typed:
        values = [{row[i] for row in below if i < len(row)} for i in range(width)]
        known = sum(one in values[i] for i, one in enumerate(rows[0][:width]) if one)
        if known > len([one for one in rows[0] if one]) / 2:
            why["header"] = "what the first row holds stands below it too"
            return 0
        return 1
    count = 0
    for row in rows[:top]:
        there = [(i, row[i]) for i in typed if i < len(row) and row[i] not in nulls]
        strange = [i for i, one in there if fit([one], [kinds[i][0]], nulls)[1] < 1 and not _a_number(one, tried)]
        if there and len(strange) < len(there):
            break
        if count and (len(strange) < 2 or len(row) != width):
            break  # one strange text in a second row is a broken value, not a name
        if not there and count:
            break
        count += 1
    if count != 1:
        why["header"] = "the first row holds values" if not count else f"the first {count} rows hold no values"
    return count


def _a_number(text: str, tried: Sequence[Reading]) -> bool:
    return any(fit([text], [one], ())[1] == 1 for one in tried if one.type in ("BIGINT", "DOUBLE"))


def names_of(header: Sequence[Record], width: int, body: Sequence[Record]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A name for each column, none twice whatever its case, and what had to be mended.

    Rows that end with a delimiter have one field more than there are names; so have those whose first column is a row's
    name, as R writes them.
    """
    notes: list[str] = []
    longest = max((len(row) for row in header), default=width)
    rows = [row for row in body if len(row) == width]
    if longest == width - 1 and rows and all(row[-1] == "" for row in rows):
        width -= 1
    elif longest == width - 1 and rows:
        notes.append("the header has one name less than the rows have fields: the first column is taken to have none")
        header = [["", *row] for row in header]
    elif any(cell.strip() for row in header for cell in row[width:]):
        width = longest
    names = []
    for i in range(width):
        parts = [part for part in dict.fromkeys(_parts(header, i)) if part]
        names.append(" ".join(parts) or f"column{i}")
        if header and not parts:
            notes.append(f"a column without a name is called {names[-1]}")
    return _told_apart(names, notes), _few(notes)


def _parts(header: Sequence[Record], i: int) -> list[str]:
    """What stands over a column, row by row; a name over several columns stands over the first of them."""
    parts = []
    for level, row in enumerate(header):
        cell = row[i].strip() if i < len(row) else ""
        if not cell and level < len(header) - 1:
            cell = next((one.strip() for one in reversed(row[:i]) if one.strip()), "")
        parts.append(cell)
    return parts


def _told_apart(names: Sequence[str], notes: list[str]) -> tuple[str, ...]:
    """Names of which no two are alike but for their case: the database does not tell X from x."""
    taken: set[str] = set()
    known = {one.lower() for one in names}
    found = []
    for name in names:
        free, n = name, 0
        while free.lower() in taken or (n and free.lower() in known):
            n += 1
            free = f"{name}_{n}"
        if free != name:
            notes.append(f"the column {shown(name)} is read as {shown(free)}: another has its name")
        taken.add(free.lower())
        found.append(free)
    return tuple(found)


def _few(notes: list[str]) -> tuple[str, ...]:
    more = len(notes) - 5
    return (*notes[:5], f"{more:,} more names are mended so") if more > 0 else tuple(notes)
