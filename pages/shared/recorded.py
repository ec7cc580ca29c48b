"""The door to what was recorded: the store, and what pages read of it, kept until something is added.

What is kept is shared by all visitors: whether who is there sees a monitor is asked before, each time.
"""

import os
from collections.abc import Sequence

import streamlit as st

from engine.access.reading import seen
from engine.errors import UnusableStore
from engine.policy import ranks_of
from engine.record import Decision, Record
from engine.review import Review, review
from engine.slices import Window
from engine.store import Store, decisions, document, fleet, head, open_store, recent, records
from engine.store.opening import DEFAULT, VARIABLE
from pages.shared.entries import Entry
from pages.shared.visiting import sees, visitor


def the_store() -> Store:
    """The store of this server, made if there is none. Raises UnusableStore."""
    url, folder = os.environ.get(VARIABLE) or DEFAULT, os.getcwd()
    store = _opened(url, folder)
    if store.path is not None and not store.path.exists():  # removed meanwhile: a new one begins
        _opened.clear(url, folder)
        store = _opened(url, folder)
    return store


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(url: str, folder: str) -> Store:
    """folder is part of the key: the default is a place under it."""
    return open_store(url)


def version_of(store: Store) -> str:
    """Changes whenever anything is recorded or decided."""
    last = head(store)
    return last.hash if last else ""


def light_of(store: Store, monitor: str) -> tuple[Record, ...]:
    """All runs of a monitor without their findings, the newest window last."""
    return _light(store.place, monitor, version_of(store), store) if sees(monitor) else ()


@st.cache_resource(max_entries=60, show_spinner=False)
def _light(place: str, monitor: str, version: str, _store: Store) -> tuple[Record, ...]:
    return records(_store, monitor, findings=False)


def decisions_of(store: Store, monitor: str) -> tuple[Decision, ...]:
    """What people decided about a monitor, oldest first."""
    return _decisions(store.place, monitor, version_of(store), store) if sees(monitor) else ()


@st.cache_resource(max_entries=60, show_spinner=False)
def _decisions(place: str, monitor: str, version: str, _store: Store) -> tuple[Decision, ...]:
    return decisions(_store, monitor)


def records_of(store: Store, monitor: str) -> tuple[Record, ...]:
    """All runs of a monitor with their findings, read again when a run was added.

    A replaced run is among them where somebody decided about it: the decision stands, though labels came late.
    """
    ids = tuple(one.id for one in light_of(store, monitor))
    return _records(store.place, monitor, ids, store) if ids else ()


@st.cache_resource(max_entries=24, show_spinner="Reading what was recorded …")
def _records(place: str, monitor: str, ids: tuple[str, ...], _store: Store) -> tuple[Record, ...]:
    return recent(_store, monitor)


@st.cache_resource(max_entries=400, show_spinner=False)
def _ranks(place: str, run: str, _store: Store) -> tuple[str, ...]:
    return ranks_of(document(_store, run).get("importance"))


def ranks_in(store: Store, run: str) -> tuple[str, ...]:
    """Columns by what the predictions of a run rest on, the most important first; none where that is not known."""
    return _ranks(store.place, run, store)


def review_of(store: Store, entry: Entry, upto: Record, since: Window | None) -> Review | None:
    """The review of a monitor as it stood with the window of a record."""
    seen = since.text if since else ""
    return _review(store.place, version_of(store), entry.monitor.digest, upto.id, seen, store, entry, upto, since)


@st.cache_resource(max_entries=200, show_spinner=False)
def _review(
    place: str, version: str, digest: str, run: str, seen: str, _store: Store, _entry: Entry, _upto: Record,
    _since: Window | None,
) -> Review | None:  # fmt: skip
    monitor, last = _entry.monitor, _upto.window
    assert last is not None, "reviews are of windows"
    known = [one for one in records_of(_store, monitor.monitor) if one.window and one.window.end <= last.end]
    made = decisions_of(_store, monitor.monitor)
    return review(known, monitor, made, since=_since, against=_upto.against, ranks=ranks_in(_store, _upto.id))


def last_reviewed(made: Sequence[Decision], line: Sequence[Record], before: Window) -> Window | None:
    """The window that the last decision before a window was about; None where nobody decided anything yet."""
    known = {one.id: one.window for one in line}
    seen = [window for one in made if (window := known.get(one.run)) is not None and window.start < before.start]
    return max(seen, key=lambda one: one.start, default=None)


def several_recorded() -> bool:
    """Whether runs of several monitors are on record; where the store cannot be read, nobody knows."""
    try:
        return len({one.monitor for one in seen(visitor(), fleet(the_store()))}) > 1
    except UnusableStore:
        return False
