"""What the texts of a column are: numbers, moments, yes and no, or words; guessed from some, read by SQL in all.

A guess is made from the first rows; SQL reads every row by it and tells where a row does not fit, so that nothing is
lost that a sample did not show.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.slices import quoted

DAYS = (
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y",
    "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%y",
)  # fmt: skip
CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
SHAPES = {
    "%Y": r"\d{4}", "%y": r"\d{2}", "%m": r"(0?[1-9]|1[0-2])", "%d": r"(0?[1-9]|[12]\d|3[01])",
    "%H": r"([01]?\d|2[0-3])",
    "%I": r"(0?[1-9]|1[0-2])", "%M": r"[0-5]\d", "%S": r"[0-5]\d", "%f": r"\d{1,6}", "%p": r"[AaPp][Mm]",
    "%b": r"[A-Za-z]{3}", "%B": r"[A-Za-z]{3,9}", "%z": r"(Z|[+-]\d\d:?\d\d)",
}  # fmt: skip
INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
ZEROS = re.compile(r"[+-]?0\d+")
ISO_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}")
ISO_TIME = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?)?")  # a day alone is its start
ISO_ZONE = re.compile(ISO_TIME.pattern[:-1] + r" ?(Z|[+-]\d\d(:?\d\d)?)")
CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?")
YES_NO = re.compile(r"(?i)true|false")
SPECIAL = r"[+-]?(?:inf|infinity)"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the texts of one column become values. type: DuckDB's; format: of moments, "" for ISO; nulls: for missing."""

    type: str = "VARCHAR"
    format: str = ""
    decimal: str = "."
    thousands: str = ""
    nulls: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What its values are called in a sentence."""
        return {"VARCHAR": "words", "BOOLEAN": "yes or no"}.get(
            self.type, "numbers" if self.type in ("BIGINT", "DOUBLE") else "moments"
        )


TEXT = Reading()


def number_pattern(decimal: str, thousands: str) -> str:
    """A regular expression of the numbers that are written so; RE2 and Python read it alike.

    >>> bool(re.fullmatch(number_pattern(",", "."), "1.234,5")), bool(re.fullmatch(number_pattern(",", "."), "1.23"))
    (True, False)
    """
    point = re.escape(decimal)
    whole = r"\d+" if not thousands else rf"(?:\d+|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+)"
    return rf" *[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)? *|{SPECIAL}"


def moment_pattern(form: str) -> str:
    """A regular expression of the moments of a strptime format.

    >>> bool(re.fullmatch(moment_pattern("%d.%m.%Y"), "31.12.2013"))
    True
    """
    parts = re.split(r"(%[a-zA-Z])", form)
    return "".join(SHAPES.get(part, r"\S+") if part.startswith("%") else re.escape(part) for part in parts)


def candidates(decimal: str, thousands: str, dates: str | None, timestamps: str | None) -> tuple[Reading, ...]:
    """All readings of a column but as words, the strictest first. dates, timestamps: the chosen ones alone, or None."""
    numbers = [Reading("BIGINT"), Reading("DOUBLE", decimal=decimal, thousands=thousands)]
    if decimal != "." or thousands:
        numbers.append(Reading("DOUBLE"))
    days = DAYS if dates is None else (dates,) if dates else ()
    stamps = [timestamps] if timestamps else []
    if timestamps is None:
        stamps = [f"{day} {clock}" for day in days for clock in CLOCKS]
    moments = [Reading(kind) for kind in ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIME")]
    moments += [Reading("DATE", one) for one in days]
    moments += [Reading("TIMESTAMP", one) for one in stamps]
    return (Reading("BOOLEAN"), *numbers, *moments)


def fits(reading: Reading, text: str) -> bool:
    """Whether a text is a value of that reading, as far as its shape tells.

    >>> fits(Reading("BIGINT"), "007"), fits(Reading("DATE", "%d.%m.%Y"), "31.12.2013")
    (False, True)
    """
    return re.fullmatch(_shape(reading), text) is not None


def _shape(reading: Reading) -> str:
    if reading.type == "BIGINT":
        return INTEGER.pattern
    if reading.type == "DOUBLE":
        return rf"(?!{ZEROS.pattern}$)(?:{number_pattern(reading.decimal, reading.thousands)})"
    if reading.format:
        return moment_pattern(reading.format)
    iso = {"DATE": ISO_DAY, "TIMESTAMP": ISO_TIME, "TIMESTAMPTZ": ISO_ZONE, "TIME": CLOCK, "BOOLEAN": YES_NO}
    return iso[reading.type].pattern


def present_sql(name: str, reading: Reading) -> str:
    """SQL for the text of a row, NULL where it is a word that means missing."""
    column = quoted(name)
    words = [one for one in reading.nulls if one]
    if not words:
        return column
    return f"CASE WHEN {column} NOT IN ({', '.join(_literal(one) for one in words)}) THEN {column} END"


def value_sql(name: str, reading: Reading) -> str:
    """SQL for the value of a row by a reading: NULL where it is missing and where the text does not fit."""
    text = present_sql(name, reading)
    if reading.type == "VARCHAR":
        return text
    if reading.format:
        parsed = f"try_strptime({text}, {_literal(reading.format)})"
        return f"CAST({parsed} AS DATE)" if reading.type == "DATE" else parsed
    if reading.type != "DOUBLE" or (reading.decimal == "." and not reading.thousands):
        return f"TRY_CAST({text} AS {reading.type})"
    if not reading.thousands:  # a point in a number whose decimal mark is a comma is no number
        return f"TRY_CAST(replace(CASE WHEN NOT contains({text}, '.') THEN {text} END, ',', '.') AS DOUBLE)"
    shape = _literal(number_pattern(reading.decimal, reading.thousands))
    bare = f"replace(CASE WHEN regexp_full_match({text}, {shape}) THEN {text} END, {_literal(reading.thousands)}, '')"
    pointed = f"replace({bare}, ',', '.')" if reading.decimal == "," else bare
    return f"TRY_CAST({pointed} AS DOUBLE)"


def strict_sql(name: str, reading: Reading, label: str) -> str:
    """SQL for the value of a row; a text that does not fit stops the query with the label as its error.

    A whole number must print as it is written: 1.5 is none, nor is 007, which is a name.
    """
    text, value = present_sql(name, reading), value_sql(name, reading)
    if reading.type == "VARCHAR":
        return value
    stop = f"CASE WHEN {text} IS NOT NULL THEN CAST(error({_literal(label)}) AS {reading.type}) END"
    if reading.type in CHECKED:
        return f"CASE WHEN {_checked(text, value, reading)} THEN {value} ELSE {stop} END"
    return f"coalesce({value}, {stop})"


def broken_sql(name: str, reading: Reading) -> str:
    """SQL for whether a row holds a text that does not fit the reading, not-a-number among them; NULL means it fits."""
    text, value = present_sql(name, reading), value_sql(name, reading)
    if reading.type in CHECKED:
        return f"({text} IS NOT NULL AND NOT coalesce({_checked(text, value, reading)}, false))"
    strange = f"{value} IS NULL OR isnan({value})" if reading.type == "DOUBLE" else f"{value} IS NULL"
    return f"({text} IS NOT NULL AND ({strange}))"


CHECKED = ("BIGINT", "BOOLEAN", "DATE")  # of which DuckDB reads more than is meant: 1.5 as 2, t as true


def _checked(text: str, value: str, reading: Reading) -> str:
    if reading.type == "BIGINT":
        return f"CAST({value} AS VARCHAR) = {text}"
    if reading.type == "BOOLEAN":
        return f"lower({text}) IN ('true', 'false')"
    return f"{value} IS NOT NULL" + ("" if reading.format else f" AND length({text}) <= 10")  # a moment within a day


def fit(values: Sequence[str], tried: Sequence[Reading], nulls: Sequence[str]) -> tuple[Reading, float, set[str]]:
    """The first reading that most of these texts fit, the share that does, and the missing words among them.

    values: as they stand in the file, empty ones too. Words are the answer where fewer than half fit anything.
    """
    there = [one for one in values if one != ""]
    words = {one for one in there if one in nulls}
    kept = [one for one in there if one not in words]
    if not kept or any(ZEROS.fullmatch(one) for one in kept):
        return TEXT, 0.0 if kept else 1.0, words if not kept else set()
    probe = kept[: max(5, len(kept) // 10)]
    best, share = TEXT, 0.0
    for reading in tried:
        shape = re.compile(_shape(reading))
        if not any(shape.fullmatch(one) for one in probe):
            continue
        found = sum(shape.fullmatch(one) is not None for one in kept) / len(kept)
        if found > share:
            best, share = reading, found
        if share == 1:
            break
    return (best, share, words) if share >= 0.5 else (TEXT, share, set())


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
