"""Which files a path means: one file, a sheet of it, a glob or a folder; the nearest name where there is none."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from engine.errors import UnreadableSource, plain, shown

LISTINGS = 20  # of a folder, until two in a row are alike
# In a folder a name says what may be data; what a file is, its content says.
TABLES = frozenset(
    ".parquet .csv .tsv .psv .txt .json .jsonl .ndjson .arrow .feather .ipc .arrows .xlsx .xls .xlsb .xlsm .ods".split()
)
DATED = set("year yyyy yr quarter month mm mon week day dd date dt ds hour hh".split())  # names of a date's parts
PARTITION = re.compile(r"[^=]+=[^=]+")  # a folder that names a column and its value, as others write them
PACKED = frozenset({".gz", ".zst", ".zip"})


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a source, sorted. base: the folder below which partitions are told; part: a sheet that was named."""

    files: tuple[Path, ...]
    base: Path
    part: str | None = None


def find(source: str | Path) -> Found:
    """The files that a path, glob or folder on this machine names; what follows a # is the name of a sheet.

    A file whose own name holds a # is found first. Raises UnreadableSource, with the nearest name.
    """
    text = str(source)
    if "\0" in text or not text.strip():
        raise UnreadableSource("A path cannot be empty or hold a NUL character.", where=shown(text))
    try:
        path = Path(text).expanduser()
        before, sign, part = text.rpartition("#")
        if sign and part.strip() and before.strip() and not path.exists():
            return _found(Path(before).expanduser(), before, part)
        return _found(path, text, None)
    except (OSError, RuntimeError, ValueError, NotImplementedError) as error:  # too long, no such user, a wrong glob
        why = getattr(error, "strerror", None) or str(error)
        raise UnreadableSource(f"It cannot be looked up: {plain(why.rstrip('.'), 200)}.", where=shown(text)) from None


def _found(path: Path, text: str, part: str | None) -> Found:
    if path.is_file():
        return Found((path.resolve(),), path.resolve().parent, part)
    if path.is_dir():
        return Found(_in_folder(path, text), path.resolve(), part)
    if any(sign in text for sign in "*?["):
        base = Path(path.anchor) if path.is_absolute() else Path()
        found = _listed(base, str(path.relative_to(path.anchor)), text)
        if found:
            return Found(found, _before_glob(path).resolve(), part)
    if path.exists():
        raise UnreadableSource("It is neither a file nor a folder.", where=shown(text))
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, beside, n=1)
    hint = f"Did you mean {shown(str(path.parent / near[0]))}?" if near else f"Looked from {Path.cwd()}."
    raise UnreadableSource("There is no such file or folder.", where=shown(text), hint=hint)


def _in_folder(path: Path, text: str) -> tuple[Path, ...]:
    """The tables of a folder and the folders in it: its Parquet files, else all that are of one other kind."""
    if found := _listed(path, "**/*.parquet", text):
        return found
    found = tuple(one for one in _listed(path, "**/*", text) if suffix_of(one) in TABLES and one.name[0] not in "._")
    kinds = sorted({suffix_of(one) for one in found})
    if len(kinds) > 1:
        said = f"The folder holds files of several kinds: {', '.join(kinds)}."
        raise UnreadableSource(said, where=shown(text), hint=f"Write {shown(f'{text}/*{kinds[0]}')} for those alone.")
    if not found:
        hint = "Known by their names are " + ", ".join(sorted(TABLES)) + ", also with .gz, .zst or .zip behind."
        raise UnreadableSource("The folder holds no Parquet file, and no other table.", where=shown(text), hint=hint)
    return found


def suffix_of(path: Path) -> str:
    """The end of a file's name that says what is in it, without what says how it is packed.

    >>> suffix_of(Path("a.csv.gz")), suffix_of(Path("A.Parquet"))
    ('.csv', '.parquet')
    """
    endings = [one.lower() for one in path.suffixes]
    return next((one for one in reversed(endings) if one not in PACKED), "")


def _before_glob(path: Path) -> Path:
    """The folders of a glob before the first part that holds a wildcard."""
    fixed = Path()
    for part in path.parts:
        if any(sign in part for sign in "*?["):
            break
        fixed /= part
    return fixed


def _listed(base: Path, pattern: str, text: str) -> tuple[Path, ...]:
    """The files that a pattern finds, twice alike: a folder that is being written to is listed in no one moment."""
    before: tuple[Path, ...] | None = None
    for _ in range(LISTINGS):
        found = tuple(sorted(one.resolve() for one in base.glob(pattern) if one.is_file()))
        if found == before:
            return found
        before = found
    raise UnreadableSource("The folder changes faster than it can be listed.", where=shown(text), hint="Try again.")


def is_dated(key: str) -> bool:
    """Whether a partition is a part of a date by its name: what it holds is new in every new folder.

    >>> [is_dated(one) for one in ("year", "Month", "event_date", "dt", "country", "birthday")]
    [True, True, True, True, False, False]
    """
    return re.split(r"[^a-z]+", key.lower())[-1] in DATED


def partitions(files: Iterable[Path], base: Path) -> tuple[str, ...]:
    """Of each file, its folders below the base that are written key=value: "year=2013/month=4", or "".

    Empty for all unless every file has the same keys in the same order.

    >>> partitions([Path("/d/year=2013/a.parquet"), Path("/d/year=2014/b.parquet")], Path("/d"))
    ('year=2013', 'year=2014')
    """
    found, keys = [], set()
    for file in files:
        folders = file.parent.relative_to(base).parts if file.is_relative_to(base) else ()
        named = [one for one in folders if PARTITION.fullmatch(one)]
        found.append("/".join(named))
        keys.add(tuple(one.partition("=")[0] for one in named))
    return tuple(found) if len(keys) == 1 else ("",) * len(found)
