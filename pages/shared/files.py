"""Two files before there is a monitor: each read and looked at once, in the background, and held against the other."""

from dataclasses import dataclass

import streamlit as st

from engine.errors import PlumblineError, shown
from engine.explore import first_look
from engine.explore.brought import Brought, Profiles, brought, on_the_same_bars, shapes
from engine.findings import Finding
from engine.pair import read_as
from engine.tables.away.addresses import is_elsewhere
from engine.tables.profile import Profile, profile
from engine.tables.sources import Dataset, find_files
from pages.shared.door import Progress, Work, begin
from pages.shared.entries import prints
from pages.shared.intake import Source

__all__ = ["Looked", "Profiles", "beside", "called", "first_look_of", "forget", "of_kind", "reading"]


@dataclass(frozen=True, eq=False)
class Looked(Brought):
    """A side that was read, with roles guessed. key changes with its files and with how they are read."""

    key: str


def reading(source: Source) -> Work[Looked]:
    """The reading of one side, begun once: opened, its columns looked at, and roles guessed from names and values."""
    return _reading(_key(source), source)


def forget(source: Source) -> None:
    """Let a file be read anew, after it failed or was stopped."""
    _reading.clear(_key(source), source)


def _key(source: Source) -> str:
    how = f"{source.text.document() if source.text else ''} {source.sheet}"
    return how + (source.path if is_elsewhere(source.path) else prints(list(find_files(source.path))))


@st.cache_resource(max_entries=12, show_spinner=False)
def _reading(key: str, _source: Source) -> Work[Looked]:
    def task(tell: Progress) -> Looked:
        try:
            found = brought(_source.place, _source.text, tell)
        except PlumblineError as error:
            raise called(error, _source) from None
        return Looked(found.dataset, found.profiles, key)

    return begin(task, "Reading was stopped.", _source.name)


def called(error: PlumblineError, source: Source) -> PlumblineError:
    """The error, naming the file as its owner does, not where we keep it."""
    if source.upload:
        for field in ("message", "where", "hint"):
            said = getattr(error, field)
            for path in (shown(source.path), source.path):  # as it is, and shortened in the middle
                said = said and said.replace(path, source.name)
            setattr(error, field, said)
    return error


def beside(reference: Looked, production: Looked) -> Work[Profiles]:
    """Production's columns read as the reference's and counted on its bars, so that shapes can be compared."""
    return _beside(reference.key, production.key, reference, production)


@st.cache_resource(max_entries=12, show_spinner=False)
def _beside(first: str, second: str, _reference: Looked, _production: Looked) -> Work[Profiles]:
    return begin(lambda tell: on_the_same_bars(_reference, _production, tell), "Looking was stopped.", "both files")


def of_kind(reference: Looked, production: Looked, name: str, kind: str) -> tuple[Profile | str, Profile | str]:
    """Both profiles of a column whose kind was chosen, not guessed."""
    return _of_kind(reference.key, production.key, name, kind, reference.dataset, production.dataset)


@st.cache_resource(max_entries=64, show_spinner=False)
def _of_kind(
    first: str, second: str, name: str, kind: str, _reference: Dataset, _production: Dataset
) -> tuple[Profile | str, Profile | str]:
    known = _reference.assign({name: kind})
    mine = profile(known, [known.column(name)])
    other = profile(read_as(known, _production), [known.column(name)], shapes(mine))
    return mine[name], other.get(name, "production has no such column")


def first_look_of(reference: Dataset, production: Dataset) -> list[Finding]:
    """What both files tell before there is a monitor, by the kinds and roles that were chosen."""
    files = [*reference.files, *production.files]
    chosen = ",".join(f"{one.name!r} {one.kind} {one.role}" for one in reference.columns)
    return _first_look(prints(files), chosen, reference, production)


@st.cache_resource(max_entries=12, show_spinner="Holding the files against each other …")
def _first_look(prints: str, chosen: str, _reference: Dataset, _production: Dataset) -> list[Finding]:
    return first_look(_reference, _production)
