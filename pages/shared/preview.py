"""The pages of a snapshot as images, drawn in the background and kept until something about the run is recorded."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from engine.access import Visitor, acts
from engine.evidence.cover import stamps
from engine.evidence.pdf import pages_of
from engine.evidence.searched import Searched
from engine.evidence.snapshot import Options
from engine.record import Record
from engine.store import Store
from pages.shared.door import Progress, Work, begin
from pages.shared.recorded import version_of
from pages.shared.visiting import visitor

PIXELS = 96.0  # per inch


@dataclass(frozen=True, eq=False)
class Preview:
    """A snapshot that was not exported. pages: PNG; stamps: what must not be overlooked; columns: that it tells of."""

    snapshot: dict[str, Any]
    pages: list[bytes]
    stamps: list[str]
    columns: int


def now() -> str:
    """The moment, as evidence writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def preview_of(
    store: Store, run: Record, options: Options, by: str, looked: Searched | None = None
) -> Work[Preview]:
    """The drawing of the pages, begun once for all sessions that want the same. looked: for cohorts that drift."""
    return _preview(*_key(store, run, options, by, looked))


def _key(store: Store, run: Record, options: Options, by: str, looked: Searched | None) -> tuple[Any, ...]:
    who = visitor()
    said, found = who.signature(by), looked.words if looked else ""
    return store.place, version_of(store), run.id, repr(options), said, found, store, options, who, by, looked


def forget(store: Store, run: Record, options: Options, by: str, looked: Searched | None = None) -> None:
    """Let pages be drawn anew, after that failed or was stopped."""
    _preview.clear(*_key(store, run, options, by, looked))


@st.cache_resource(max_entries=8, show_spinner=False)
def _preview(
    place: str, version: str, run: str, said: str, by: str, found: str, _store: Store, _options: Options, _who: Visitor,
    _typed: str, _looked: Searched | None,
) -> Work[Preview]:  # fmt: skip

    def task(tell: Progress) -> Preview:
        tell(0.1, "gathering what is on record")
        made = acts.evidence_of(_who, _store, run, typed=_typed, generated_at=now(), options=_options,
                                looked=_looked)  # fmt: skip
        tell(0.4, "drawing")
        pages = pages_of(made, PIXELS)
        return Preview(made, pages, stamps(made), len(made["run"]["quality"]))

    return begin(task, "Drawing was stopped.", run)
