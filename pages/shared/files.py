"""Two files before there is a monitor: each read and looked at once, in the background, and held against the other."""

from dataclasses import dataclass, replace

import streamlit as st

from engine.errors import PlumblineError, shown
from engine.explore import first_look
from engine.explore.guesses import guessed
from engine.findings import Finding
from engine.pair import read_as
from engine.tables.away.addresses import is_elsewhere
from engine.tables.profile import Profile, profile, redrawn
from engine.tables.sources import Dataset, find_files, open_dataset
from pages.shared.door import Progress, Work, begin
from pages.shared.entries import prints
from pages.shared.intake import Source

Profiles = dict[str, Profile | str]


@dataclass(frozen=True, eq=False)
class Looked:
    """A side that was read, with roles guessed. key changes with its files and with how they are read."""

    dataset: Dataset
    profiles: Profiles
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
            opened = open_dataset(_source.place, text=_source.text, tell=lambda share, said: tell(share / 2, said))
            tell(0.5, "looking at its columns")
            found = profile(opened, opened.columns, tell=lambda share, said: tell(0.5 + share / 2, said))
        except PlumblineError as error:
            raise called(error, _source) from None
        return Looked(replace(opened, columns=guessed(opened.columns, found)), found, key)

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
    def task(tell: Progress) -> Profiles:
        mine, read = _reference.dataset, read_as(_reference.dataset, _production.dataset)
        like = _shapes(_reference.profiles)
        same = {  # what is stored alike was counted alike
            one.name: found for one in mine.columns
            if read.has(one.name) and read.column(one.name).type == one.type and one.name in like
            and isinstance(found := _production.profiles.get(one.name), Profile) and found.kind is one.kind
        }  # fmt: skip
        found = profile(read, [one for one in mine.columns if one.name not in same], like, tell)
        for i, (name, known) in enumerate(same.items(), start=1):
            tell(i / len(same), f"{i} of {len(same)} columns on the same bars")
            found[name] = redrawn(read, mine.column(name), known, like[name])
        return found

    return begin(task, "Looking was stopped.", "both files")


def _shapes(profiles: Profiles) -> dict[str, Profile]:
    return {name: one for name, one in profiles.items() if isinstance(one, Profile)}


def of_kind(reference: Looked, production: Looked, name: str, kind: str) -> tuple[Profile | str, Profile | str]:
    """Both profiles of a column whose kind was chosen, not guessed."""
    return _of_kind(reference.key, production.key, name, kind, reference.dataset, production.dataset)


@st.cache_resource(max_entries=64, show_spinner=False)
def _of_kind(
    first: str, second: str, name: str, kind: str, _reference: Dataset, _production: Dataset
) -> tuple[Profile | str, Profile | str]:
    known = _reference.assign({name: kind})
    mine = profile(known, [known.column(name)])
    other = profile(read_as(known, _production), [known.column(name)], _shapes(mine))
    return mine[name], other.get(name, "production has no such column")


def first_look_of(reference: Dataset, production: Dataset) -> list[Finding]:
    """What both files tell before there is a monitor, by the kinds and roles that were chosen."""
    files = [*reference.files, *production.files]
    chosen = ",".join(f"{one.name!r} {one.kind} {one.role}" for one in reference.columns)
    return _first_look(prints(files), chosen, reference, production)


@st.cache_resource(max_entries=12, show_spinner="Holding the files against each other …")
def _first_look(prints: str, chosen: str, _reference: Dataset, _production: Dataset) -> list[Finding]:
    return first_look(_reference, _production)
