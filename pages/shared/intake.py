"""What a session may read: uploads in its own inbox, and paths under allowed folders."""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from engine.errors import UnreadableSource, shown
from engine.monitor.model import Place
from engine.tables.away.addresses import is_elsewhere, may_be_typed, without_secrets
from engine.tables.connection import cache_folder
from engine.tables.places import all_below, from_home, resolved
from engine.tables.text.text_format import TextFormat
from pages.shared.allowance import Refused
from pages.shared.inbox import drop, folder_of, parcel

ROOTS = "PLUMBLINE_DATA"  # folders that a path may lie in, joined as PATH is; the working folder by default


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was brought in. name is what its owner calls it; upload its id in the inbox, if it is one; again:
    whether it was there before it was sent. text, sheet: how it is read, where that was chosen."""

    path: str
    name: str
    upload: str = ""
    again: bool = False
    text: TextFormat | None = None
    sheet: str = ""

    @property
    def place(self) -> str:
        """Where it lies, as the engine takes it."""
        return f"{self.path}#{self.sheet}" if self.sheet else self.path

    def written(self) -> Place:
        """As a monitor's file names it."""
        how = {"csv": self.text.document()} if self.text and self.text.chosen else {}
        return Place.model_validate({"path": self.path, **how, **({"sheet": self.sheet} if self.sheet else {})})


def allowed_roots() -> tuple[Path, ...]:
    """The folders that a path may lie in, links followed."""
    named = [one for one in os.environ.get(ROOTS, "").split(os.pathsep) if one.strip()]
    return tuple(Path(one).expanduser().resolve() for one in named or ["."])


def source_at(text: str) -> Source:
    """The source that a path names, or an address of a configured host.

    Raises UnreadableSource for one outside the allowed folders, links followed, or of another host.
    """
    wanted = text.strip()
    if is_elsewhere(wanted):
        may_be_typed(wanted)
        return Source(wanted, without_secrets(wanted))
    if not wanted or "\0" in wanted:
        raise UnreadableSource("Write the path of a file or folder on this machine.", where=shown(wanted))
    roots = allowed_roots()
    plain = from_home(wanted)
    whole = plain if plain.is_absolute() else roots[0] / plain
    named = f"Allowed: {', '.join(map(str, roots))}, hidden folders not. Whoever runs the server sets {ROOTS}."
    # of uploads this session's alone are read, wherever they lie
    all_below(whole, (*roots, *resolved([folder_of(session())])), named, resolved([cache_folder()]), wanted)
    return Source(str(whole), wanted)


def source_of(upload: str, again: bool = False) -> Source:
    """The upload of that id in this session's inbox. Raises Refused where it has none that is whole."""
    home = folder_of(session())
    one = parcel(home, upload)
    if not one.sha256:
        raise Refused(409, "This upload is not whole yet.", "Choose the same file again: it goes on.")
    return Source(str(home / one.file), one.name, one.id, again)


def let_go(old: Source, used: Iterable[str]) -> None:
    """Take an upload that was replaced off the disk, unless something of this session still reads it."""
    if old.upload and old.path not in used:
        drop(folder_of(session()), old.upload)


def session() -> str:
    """A name for this session that nobody can guess; it opens the session's inbox."""
    return str(st.session_state.setdefault("session", secrets.token_hex(16)))
