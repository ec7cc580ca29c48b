"""How the text of a table is written: encoding, delimiter, decimal mark, header, null words; sniffed or chosen."""

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from engine.errors import PlumblineError, UnknownName, shown

WORDS = {
    "comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "space": " ", "bar": "|", "pipe": "|", "colon": ":",
    "double": '"', "single": "'", "backslash": "\\", "point": ".", "dot": ".", "apostrophe": "'", "hash": "#",
    "none": "", "empty": "",
}  # fmt: skip
SAID = {",": "comma", ";": "semicolon", "\t": "tab", " ": "space", "|": "bar", "": "none", ":": "colon"}
CHOSEN = "chosen"  # why a choice is in force that was not sniffed
NULL_WORDS = ("", "NA", "N/A", "n/a", "na", "NULL", "null", "None", "NaN", "nan", "-", "?")


@dataclass(frozen=True, slots=True)
class TextFormat:
    """The choices with which a text file is read as a table; None: sniffed from the file.

    encoding: a name that Python knows. delimiter: one character; a space stands for a run of them. quote, escape,
    comment, thousands: one character, "" for none. decimal: "." or ",". header: rows of names, 0 for none; names that
    stand in several rows are joined. skip: lines before the header. nulls: words that mean a missing value in columns
    of numbers, moments and yes/no; chosen ones mean it in columns of text too. dates, timestamps: as strptime takes
    them, beside ISO 8601; "" for ISO alone. why: field -> what spoke for it, where it was sniffed.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    comment: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: int | None = None
    skip: int | None = None
    nulls: tuple[str, ...] | None = None
    dates: str | None = None
    timestamps: str | None = None
    why: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def chosen(self) -> dict[str, Any]:
        """The fields that are not left to the sniffer.

        >>> TextFormat(delimiter=";", nulls=("-",)).chosen
        {'delimiter': ';', 'nulls': ('-',)}
        """
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}

    @property
    def given(self) -> "TextFormat":
        """Of choices in force, those that were not sniffed."""
        return TextFormat(**{name: value for name, value in self.chosen.items() if self.why.get(name) == CHOSEN})

    def over(self, sniffed: "TextFormat") -> "TextFormat":
        """These choices, and what was sniffed where nothing is chosen."""
        return replace(sniffed, **self.chosen, why={n: said for n, said in sniffed.why.items() if n not in self.chosen})

    def document(self) -> dict[str, Any]:
        """The choices as plain values, for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.chosen.items()}


NAMES = tuple(one.name for one in fields(TextFormat) if one.name != "why")
_ONE, _MAYBE = ("delimiter",), ("quote", "escape", "comment", "thousands")
ENCODINGS = "utf-8 utf-16 utf-32 latin-1 cp1252 cp1250 cp1251 mac-roman shift_jis gb18030".split()  # to choose from
_TWO = (("delimiter", "quote"), ("delimiter", "comment"), ("quote", "comment"), ("decimal", "thousands"))
_MOST = {"header": 10, "skip": 1_000_000}


def text_format(given: Mapping[str, Any], where: str = "csv") -> TextFormat:
    """The choices of a mapping, as a monitor file or a command line writes them: words and characters alike.

    Raises UnknownName for a field that is none, PlumblineError for a value that cannot be.

    >>> text_format({"delimiter": "tab", "header": "2", "nulls": "NA,-"}).chosen
    {'delimiter': '\\t', 'header': 2, 'nulls': ('NA', '-')}
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in NAMES:
            raise UnknownName.of("choice", name, NAMES, where=where)
        if value is not None:
            found[name] = _value(name, value, where)
    made = TextFormat(**found)
    _told_apart(made, where)
    return made


def typed_format(texts: Iterable[str], where: str = "--csv") -> TextFormat | None:
    """The choices of NAME=VALUE texts, None where there are none; the first = divides, and a name is given once.

    >>> typed_format(["delimiter=;", "decimal=comma"]).chosen
    {'delimiter': ';', 'decimal': ','}
    """
    given: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not name:
            raise PlumblineError(f"{shown(text)} is not NAME=VALUE.", where=where, hint="Write delimiter=semicolon.")
        if name in given:
            raise PlumblineError(f"{name} is given twice.", where=where)
        given[name] = value
    return text_format(given, where) if given else None


def _value(name: str, value: Any, where: str) -> Any:
    if name in _MOST:
        return _number(name, value, where)
    if name == "nulls":
        words = value.split(",") if isinstance(value, str) else value
        if not isinstance(words, list | tuple):
            raise PlumblineError("nulls is a list of words.", where=where, hint="Write NA,-,NULL.")
        return tuple(dict.fromkeys(str(one) for one in words))
    text = str(value)
    if name in ("dates", "timestamps"):
        return _moment(name, text, where)
    if name == "encoding":
        return _encoding(text, where)
    sign = WORDS.get(text.strip().lower(), text) if text.strip() else text
    if name == "decimal" and sign not in (".", ","):
        raise PlumblineError(f"{shown(text)} is no decimal mark.", where=where, hint="Write point or comma.")
    if (name in _ONE and len(sign) != 1) or len(sign) > 1 or sign in ("\n", "\r", "\0"):
        words = "Write the character itself, or comma, semicolon, tab, space, bar"
        hint = f"{words} or none." if name in _MAYBE else f"{words}."
        raise PlumblineError(f"{name} is one character, not {shown(text)}.", where=where, hint=hint)
    if len(sign.encode("utf-8", "replace")) > 1 and name != "thousands":
        raise PlumblineError(f"{name} is a character of ASCII, not {shown(text)}.", where=where)
    return sign


def _number(name: str, value: Any, where: str) -> int:
    text = str({"none": 0, "yes": 1, "no": 0, "true": 1, "false": 0}.get(str(value).lower(), value))
    if not text.isascii() or not text.isdigit() or int(text[:9]) > _MOST[name]:
        raise PlumblineError(f"{name} is a number from 0 to {_MOST[name]:,}, not {shown(text)}.", where=where)
    return int(text)


def _encoding(text: str, where: str) -> str:
    try:
        found = codecs.lookup(text.strip())
        "".encode(found.name)  # a codec of text, not of bytes
    except (LookupError, ValueError, TypeError):
        raise UnknownName.of("encoding", text, ENCODINGS, where=where) from None
    return {"iso8859-1": "latin-1"}.get(found.name, found.name)


def _moment(name: str, text: str, where: str) -> str:
    if text.strip().lower() in ("", "iso"):
        return ""
    if "%" not in text:
        raise PlumblineError(f"{name} is written as in %d.%m.%Y, not {shown(text)}.", where=where)
    return text


def _told_apart(made: TextFormat, where: str) -> None:
    """Refuse one character with two meanings that cannot be told apart."""
    for one, other in _TWO:
        sign = getattr(made, one)
        if sign and sign == getattr(made, other):
            raise PlumblineError(f"{one} and {other} cannot both be {shown(sign)}.", where=where)
