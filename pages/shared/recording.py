"""Recording from the dashboard: closed windows, one after another in the background; and what is said before."""

import shlex
from collections.abc import Sequence

import streamlit as st

from engine.access import Visitor, acts
from engine.errors import Cancelled, PlumblineError, UnusableStore
from engine.store import Store
from engine.store.opening import VARIABLE
from pages.shared import states
from pages.shared.door import Progress, Work, begin, opening
from pages.shared.entries import Entry
from pages.shared.visiting import may, visitor
from pages.shared.words import counted

WORK = "recording"


def store_broken(error: UnusableStore) -> None:
    """The store cannot be opened, read or written to."""
    states.broken(
        "The store of recorded runs cannot be used", error,
        f"Whoever runs the server mends it, or names another store in {VARIABLE}. "
        "The pages under Overview and Explore read the data themselves and work meanwhile.",
        key="broken_store", to_data=False,
    )  # fmt: skip


def offer(store: Store, entries: Sequence[Entry]) -> None:
    """Nothing was recorded yet: what that means, one button that does it, and the command that does the same."""
    show_work()
    if WORK in st.session_state:
        return
    entries = [one for one in entries if one.path is not None]
    if not entries:
        states.empty(
            "Nothing is recorded yet", "This monitor is this session's own: it has no file, and no one else sees it.",
            "Save it first, under Setup → Monitor; then its windows can be recorded.", to_data=False,
        )  # fmt: skip
        return
    works = [opening(one.key, one).future for one in entries] if len(entries) == 1 else []
    ready = [one.result() for one in works if one.done() and not one.exception()]
    number = counted(len(ready[0].windows), "closed window") if ready and ready[0].windows else "all closed windows"
    what = entries[0].path if len(entries) == 1 else entries[0].base
    with st.container(border=True, key="nothing_recorded"):
        st.markdown("**◌ Nothing is recorded yet**")
        st.markdown(
            "A recorded run keeps what a window looked like, for good: what was read, held against which thresholds, "
            "by which monitor. Reviews, decisions and evidence are about recorded runs."
        )
        if not may("record"):
            st.markdown("Who may put runs on record does so on this page, or on the command line.")
            return
        st.button(f"Record {number}", type="primary", key="record", on_click=start, args=(store, entries))
        st.markdown("The same on the command line, and from a scheduler every hour:")
        st.code(f"python -m engine run {shlex.quote(str(what))} --due", language="bash")


def start(store: Store, entries: Sequence[Entry]) -> None:
    """Begin to record; for callbacks."""
    who = visitor()
    st.session_state[WORK] = begin(lambda tell: record_all(who, store, entries, tell), "Recording was stopped.", "run")


def record_all(who: Visitor, store: Store, entries: Sequence[Entry], tell: Progress) -> int:
    """Record every closed window of these monitors that is not on record yet; how many there were.

    Raises what stopped a monitor after the others were recorded.
    """
    made, failed = 0, []
    for i, entry in enumerate(entries):
        assert entry.path is not None, "only monitors that have a file are recorded"
        share = i / len(entries)
        outcome = acts.record_windows(
            who, store, entry.path, entry.monitor, "due",
            progress=lambda done, said, share=share: tell(share + done / len(entries), said),  # type: ignore[misc]
        )  # fmt: skip
        made += sum(one.new for one in outcome.done)
        failed += [outcome.error] if outcome.error else []
    if failed:
        raise failed[0]
    return made


def show_work() -> None:
    """How far recording is, with a way to stop it; how it ended, once."""
    work: Work[int] | None = st.session_state.get(WORK)
    if work is None:
        return
    states.wait(work, "Recording", "each window is read and put on record; what is recorded stays so.", "recording")
    del st.session_state[WORK]
    try:
        st.toast(f"Recorded {counted(work.future.result(), 'window')}.")
    except Cancelled:
        st.toast("Recording was stopped; what was recorded stays.")
    except PlumblineError as error:
        states.broken("Recording ended early", error, "Mend it, then record again: it goes on where it ended.",
                      key="broken_recording", to_data=False)  # fmt: skip
        st.stop()
    st.rerun()
