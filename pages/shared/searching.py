"""The search of a run's data for cohorts that drift: begun as its pages are shown, in the background, once for all."""

from pathlib import Path

import streamlit as st

from engine.errors import PlumblineError
from engine.evidence.exported import kept_run
from engine.evidence.searched import SECONDS, Searched, cohorts_of
from engine.record import Record
from engine.store import Store
from pages.shared.door import Progress, Work, begin
from pages.shared.entries import named
from pages.shared.visiting import may
from pages.shared.words import counted, plain


def searching(store: Store, run: Record, brief: bool) -> Work[Searched] | None:
    """The search, begun once for all sessions that look at this run; None where none is made: a brief shows no cohorts,
    and data are asked for nobody who may not compute.
    """
    if brief or not may("recompute", run.monitor):
        return None
    known = named({})[0].get(run.monitor)
    base = known[1].parent if known and known[1] else None
    return _search(store.place, run.id, store, base)


@st.cache_resource(max_entries=32, show_spinner=False)
def _search(place: str, run: str, _store: Store, _base: Path | None) -> Work[Searched]:
    def task(tell: Progress) -> Searched:
        return cohorts_of(kept_run(_store, run)[1], SECONDS, _base, tell)

    return begin(task, "The search was stopped.", run)


def show_search(store: Store, run: Record, work: Work[Searched] | None) -> tuple[Searched | None, bool]:
    """How far the search is, or what came of it; its answer, None while there is none, and whether it still runs."""
    if work is None:
        return None, False
    if not work.future.done():
        watch(work)
        return None, True
    try:
        found = work.future.result()
    except PlumblineError:  # a run that is kept otherwise than the ledger says: the pages tell that themselves
        _search.clear(store.place, run.id, store, None)
        return None, False
    if found.cohorts is None:
        st.caption(f"◌ {plain(found.words)}")
        st.button("Search again", key="search_again", on_click=_search.clear, type="tertiary",
                  args=(store.place, run.id, store, None))  # fmt: skip
    else:
        st.caption(f"{counted(len(found.cohorts), 'cohort')} that drift, in the section *Cohorts*.")
    return found, False


@st.fragment(run_every=0.5)
def watch(work: Work[Searched]) -> None:
    """Look twice a second how far the search is; the page is drawn anew when it ends."""
    if work.future.done():
        st.rerun()
    said = plain(str(work.told["said"]))
    st.progress(float(work.told["share"]), f"Searching the data for cohorts that drift: {said}")
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(f"At most {SECONDS:g} seconds; the file waits for it.")
    right.button("Stop", key="stop_search", on_click=work.stop.set)
