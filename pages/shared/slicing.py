"""The slice that somebody explores, put on record as a run, so that there is evidence of it."""

import streamlit as st

from engine.access import Visitor, acts
from engine.errors import Cancelled, PlumblineError
from engine.explore import look
from engine.record import Record
from engine.slices.against import SAME_COHORT
from engine.store import Store, document, recorded
from engine.store.runs import cohort_text
from pages.shared import states
from pages.shared.door import Progress, begin
from pages.shared.on_record import option
from pages.shared.view import VIEW, View
from pages.shared.visiting import check, may, sees
from pages.shared.words import plain

WORK = "recording_slice"


def against_of(view: View) -> str:
    """What a view is held against, as the store has it: all rows against the reference are what schedules record."""
    return "reference" if view.against == SAME_COHORT else view.against


def on_record(store: Store, view: View) -> Record | None:
    """The run that says just this: same slice, same rules, same data. None where there is none."""
    key = view.cut.window, against_of(view), cohort_text(view.cut)
    found = recorded(store, view.entry.monitor.monitor).get(key)
    if found is None or found.digest != view.entry.monitor.digest:
        return None
    sides = document(store, found.id)
    same = all(sides[name]["sha256"] == getattr(view.opened, name).sha256 for name in ("reference", "production"))
    return found if same else None


def record_slice(who: Visitor, store: Store, view: View, tell: Progress) -> Record:
    """Put a slice on record, every column read exactly; what is there already is given back."""
    tell(0.1, "reading the slice, every column exactly")
    run = look(view.opened, view.cut, view.against, exact=True)
    tell(0.9, "putting it on record")
    window, entry = view.cut.window, view.entry
    partial = window is not None and window in view.opened.windows and view.opened.partial(window)
    text = entry.path.read_text(encoding="utf-8", errors="replace") if entry.path else ""
    made = acts.record_slice(who, store, run, entry.monitor, against=against_of(view), partial=partial, text=text,
                             draft=entry.path is None)  # fmt: skip
    if made is None:  # somebody recorded the very same in this second
        made = recorded(store, entry.monitor.monitor)[window, against_of(view), cohort_text(view.cut)]
    return made


def show_slice(store: Store, shown: Record | None) -> None:
    """What was looked at last on the other pages: a way to its evidence. Nothing where nothing was."""
    view: View | None = st.session_state.get(VIEW)
    if view is None or not sees(view.entry.monitor.monitor):
        return
    try:
        known = on_record(store, view)
    except PlumblineError:  # of a store that is damaged the page itself tells
        known = None
    if known is not None and shown is not None and known.id == shown.id:
        return
    with st.container(border=True, key="explored"):
        st.markdown(f"**You were exploring** {view.sentence[:1].lower()}{view.sentence[1:]}")
        if known is not None:
            st.button("Show its run", key="show_explored", on_click=shows, args=(known,))
        elif may("record"):
            st.button("Record this slice, then show it", key="record_explored", on_click=start, args=(store, view),
                      help="Evidence is of recorded runs. It becomes a run with the trigger manual.")  # fmt: skip


def shows(run: Record) -> None:
    """Choose a run; for callbacks."""
    st.session_state["run"] = option(run)


def start(store: Store, view: View) -> None:
    """Begin to record; for callbacks."""
    who = check("record", view.entry.monitor.monitor)
    work = begin(lambda tell: record_slice(who, store, view, tell), "Recording was stopped.", plain(view.entry.name))
    st.session_state[WORK] = work


def finish() -> None:
    """How far recording is; when it is done, its run is chosen. To be called before the picker of runs is drawn."""
    work = st.session_state.get(WORK)
    if work is None:
        return
    states.wait(work, "Recording the slice", "every column is read exactly, then put on record.", "recording_slice")
    del st.session_state[WORK]
    try:
        shows(work.future.result())
        st.toast("The slice is on record.")
    except Cancelled:
        st.toast("Recording was stopped; nothing was recorded.")
    except PlumblineError as error:
        states.broken("This slice cannot be recorded", error, "Choose another slice.", to_data=False)
