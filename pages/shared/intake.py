"""Files on their way in: uploads become files of ours at once, and paths must lie under allowed folders."""

import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import UnreadableSource, shown
from engine.tables.connection import cache_folder
from engine.tables.sources import find_files

ROOTS = "PLUMBLINE_DATA"  # folders that a path may lie in, joined as PATH is; the working folder by default
LARGEST = 200  # megabytes; an upload lives in the server's memory until it is written
KEPT = 24 * 3600  # seconds after which uploads of sessions long gone are removed


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was brought in. name is what its owner calls it."""

    path: str
    name: str


def allowed_roots() -> tuple[Path, ...]:
    """The folders that a path may lie in, links followed."""
    named = [one for one in os.environ.get(ROOTS, "").split(os.pathsep) if one.strip()]
    return tuple(Path(one).expanduser().resolve() for one in named or ["."])


def source_at(text: str) -> Source:
    """The source that a path names. Raises UnreadableSource for one outside the allowed folders, links followed."""
    wanted = text.strip()
    if not wanted or "\0" in wanted or "://" in wanted:
        raise UnreadableSource("Write the path of a file or folder on this machine.", where=shown(wanted))
    roots = allowed_roots()
    plain = Path(wanted).expanduser()
    whole = plain if plain.is_absolute() else roots[0] / plain
    fixed = Path(*_before_glob(whole.parts)).resolve()  # before anything is looked up: errors tell of neighbours
    _under(fixed, roots, wanted)
    for file in find_files(whole):
        _under(file, roots, wanted)
    return Source(str(whole), wanted)


def _before_glob(parts: tuple[str, ...]) -> list[str]:
    """The folders of a path before the first that holds a wildcard."""
    found: list[str] = []
    for part in parts:
        if any(sign in part for sign in "*?["):
            break
        found.append(part)
    return found


def _under(path: Path, roots: tuple[Path, ...], wanted: str) -> None:
    if not any(path.is_relative_to(root) for root in roots):
        raise UnreadableSource(
            "This path lies outside the folders that may be read.", where=shown(wanted),
            hint=f"Allowed: {', '.join(map(str, roots))}. Whoever runs the server sets {ROOTS}.",
        )  # fmt: skip


def source_of(upload: Any, side: str) -> Source:
    """An upload as a file of this session, under a name of ours; what it is called is kept as text only."""
    if upload.size > LARGEST * 1_000_000:
        raise UnreadableSource(f"An upload has at most {LARGEST} MB.", hint="Point to a path instead.")
    home = cache_folder() / "uploads"
    folder = home / session()
    folder.mkdir(parents=True, exist_ok=True)
    _tidy(home)
    head = upload.read(4)
    upload.seek(0)
    path = folder / f"{side}-{secrets.token_hex(6)}.{'parquet' if head == b'PAR1' else 'csv'}"
    with path.open("wb") as stream:
        shutil.copyfileobj(upload, stream)
    return Source(str(path), upload.name)


def session() -> str:
    """A name for this session that nobody can guess."""
    return str(st.session_state.setdefault("session", secrets.token_hex(16)))


def _tidy(home: Path) -> None:
    """Remove what sessions left behind a day ago."""
    for folder in home.iterdir():
        if folder.is_dir() and folder.name != session() and time.time() - folder.stat().st_mtime > KEPT:
            shutil.rmtree(folder, ignore_errors=True)
