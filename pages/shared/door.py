"""The one cached door to the engine: monitors are opened in the background, results kept by digest and slice.

Nothing here hashes a frame: keys are a monitor's digest, the prints of its files, and a slice as text.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import streamlit as st

from engine.errors import Cancelled
from engine.explore import History, Opened, examples, findings_of, history, look, open_monitor, rows_in
from engine.findings import Finding, NotComputed
from engine.run import Run
from engine.slices import Slice
from engine.summaries import ColumnSummary
from engine.tables.examples import Example
from pages.shared.entries import Entry
from pages.shared.visiting import check

POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="plumbline")

Progress = Callable[[float, str], None]
Exact = tuple[ColumnSummary | str, tuple[Finding | NotComputed, ...]]
Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Work(Generic[Found]):
    """What is being done in the background. told: how far it is; stop: set to end it."""

    future: "Future[Found]"
    told: dict[str, float | str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)


OPENINGS: WeakKeyDictionary[Work[Opened], Entry] = WeakKeyDictionary()  # those that are kept, for who asks for all


@st.cache_resource(max_entries=6, show_spinner=False)
def opening(key: str, _entry: Entry) -> Work[Opened]:
    """The opening of a monitor, begun once for all sessions that want it; that of what its data were goes."""
    for one in list(OPENINGS.values()):
        if (one.monitor.digest, one.base) == (_entry.monitor.digest, _entry.base) and one.key != key:
            opening.clear(one.key, one)
    work = begin(lambda tell: open_monitor(_entry.monitor, _entry.base, tell), "Opening was stopped.", _entry.name)
    OPENINGS[work] = _entry
    return work


def all_opened() -> list[tuple[str, Opened]]:
    """The monitors that are open, with their keys; neither those on their way nor those that failed."""
    kept = [(entry.key, one.future) for one, entry in list(OPENINGS.items())]
    return [(key, future.result()) for key, future in kept if future.done() and not future.exception()]


def begin(task: Callable[[Progress], Found], stopped: str, where: str) -> Work[Found]:
    """Do something in the background that tells how far it is. stopped: what is said of it when it was."""
    told: dict[str, float | str] = {"share": 0.0, "said": "reading the files"}
    stop = threading.Event()

    def progress(share: float, said: str) -> None:
        told.update(share=min(share, 1.0), said=said)
        if stop.is_set():
            raise Cancelled(stopped, where=where)

    return Work(POOL.submit(task, progress), told, stop)


def forget(entry: Entry) -> None:
    """Let a monitor be opened anew, after it failed or was stopped."""
    opening.clear(entry.key, entry)


def text_of(cut: Slice) -> str:
    """A slice as a key: values with their types, since 1 and '1' are different filters."""
    said = [f"{one.column!r} {one.operator} {one.values!r}" for one in cut.cohort]
    return " & ".join(["but" if cut.without else "", *said, cut.window.text if cut.window else ""])


def run_of(entry: Entry, opened: Opened, cut: Slice, against: str) -> Run:
    return _run(entry.key, text_of(cut), against, opened, cut)


@st.cache_resource(max_entries=200, show_spinner=False)
def _run(key: str, text: str, against: str, _opened: Opened, _cut: Slice) -> Run:
    return look(_opened, _cut, against)


def history_of(
    entry: Entry, opened: Opened, metric: str, cohort: Slice, against: str, column: str | None = None
) -> History:
    """One metric over all windows, of every column or of one."""
    return _history(entry.key, metric, text_of(cohort), against, column, opened, cohort)


@st.cache_resource(max_entries=200, show_spinner=False)
def _history(
    key: str, metric: str, text: str, against: str, column: str | None, _opened: Opened, _cohort: Slice
) -> History:
    return history(_opened, metric, _cohort, against, column)


def exact_of(entry: Entry, opened: Opened, column: str, cut: Slice, against: str) -> Exact:
    return _exact(entry.key, column, text_of(cut), against, opened, cut)


@st.cache_resource(max_entries=200, show_spinner=False)
def _exact(key: str, column: str, text: str, against: str, _opened: Opened, _cut: Slice) -> Exact:
    return findings_of(_opened, column, _cut, against)


def examples_of(entry: Entry, opened: Opened, column: str, cut: Slice) -> tuple[Example, ...]:
    """Production values of a column that are type errors or out of bounds: rows as they are."""
    check("explore")
    return _examples(entry.key, column, text_of(cut), opened, cut)


@st.cache_resource(max_entries=200, show_spinner=False)
def _examples(key: str, column: str, text: str, _opened: Opened, _cut: Slice) -> tuple[Example, ...]:
    return examples(_opened, column, _cut)


@st.cache_resource(max_entries=12, show_spinner=False)
def partials_of(key: str, _opened: Opened) -> tuple[bool, ...]:
    """Per window, whether it is partial: asked on every run, and each answer looks at all windows."""
    return tuple(_opened.partial(window) for window in _opened.windows)


def rows_of(entry: Entry, opened: Opened, cut: Slice, against: str) -> tuple[int, int, int]:
    """Production rows of the slice, of its window without the cohort, and the reference's rows that it is held to."""
    return _rows(entry.key, text_of(cut), against, opened, cut)


@st.cache_resource(max_entries=400, show_spinner=False)
def _rows(key: str, text: str, against: str, _opened: Opened, _cut: Slice) -> tuple[int, int, int]:
    held = _opened.held(_cut, against)
    reference = rows_in(_opened, held.side, held.cut)
    return _opened.rows(_cut.window, _cut), _opened.rows(_cut.window), reference
