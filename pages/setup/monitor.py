"""Monitor: one monitor as a form and as its file, side by side; checked as it is typed, its change seen, then saved."""

from typing import Any

import streamlit as st

from engine.errors import InvalidMonitor, PlumblineError, Problem, UnusableStore
from engine.findings import Severity
from engine.monitor import Monitor
from engine.monitor.edit import diff
from engine.monitor.read import parse_monitor
from engine.store import Store
from pages.shared import editing, monitor_files, recorded, states
from pages.shared.monitor_files import Held
from pages.shared.view import OWN
from pages.shared.visiting import name_field, typed
from pages.shared.words import badge, counted, plain

CHECKED, SAVED, FAILED = "checked", "monitor_saved", "monitor_failed"


def main() -> None:
    chosen = editing.choose_file()
    if said := st.session_state.pop(SAVED, None):
        st.success(plain(said), icon=":material/check:")
    try:
        before, text = editing.text_of(chosen)
    except PlumblineError as error:
        states.broken("This file cannot be read", error, "Mend it in its folder.", to_data=False)
        return
    monitor, problems = read(text, before)
    left, right = st.columns(2, gap="large")
    with right:
        st.subheader("Its file", anchor=False)
        st.html("<style>.st-key-yaml_text textarea {font-family: monospace; font-size: 13px}</style>")
        st.text_area("The file", key=editing.TEXT, height=520, label_visibility="collapsed")
        st.session_state["yaml_kept"] = st.session_state[editing.TEXT]
    with left:
        st.subheader("As a form", anchor=False)
        if monitor is not None:
            editing.show_form(monitor)
        else:
            st.markdown("◌ The form follows once the file can be read: mend the lines that are named.")
    show_problems(problems)
    if monitor is not None:
        show_check(before, text, monitor)
    show_change(chosen, before, text, monitor)


def read(text: str, before: Held | None) -> tuple[Monitor | None, tuple[Problem, ...]]:
    """The monitor that a text describes, or everything that is wrong with it."""
    try:
        return parse_monitor(text, before.path.name if before else "monitor.yaml"), ()
    except InvalidMonitor as error:
        return None, error.problems


def show_problems(problems: tuple[Problem, ...]) -> None:
    """Each problem at its line, worst first in the order of the file."""
    for one in problems:
        severity = Severity.CRITICAL if one.severity == "error" else Severity.WARNING
        line = f"**line {one.line}** · " if one.line else ""
        hint = f" {plain(one.hint)}" if one.hint else ""
        st.markdown(f"{badge(severity, one.severity)} {line}**{plain(one.field)}**: {plain(one.message)}{hint}")


def show_check(before: Held | None, text: str, monitor: Monitor) -> None:
    """Hold the text against its data, when somebody asks for it."""
    state: Any = st.session_state

    def check() -> None:
        path = before.path if before else monitor_files.folder_of_monitors() / "monitor.yaml"
        try:
            state[CHECKED] = (text, monitor_files.problems_of(path, text))
        except InvalidMonitor as error:
            state[CHECKED] = (text, error.problems)
        except PlumblineError as error:
            state[CHECKED] = (text, (Problem(None, error.where or "file", error.message, error.hint),))

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Check against the data", key="check", on_click=check, icon=":material/fact_check:")
        of, found = state.get(CHECKED, ("", ()))
        if of == text and not found:
            st.markdown(f"{badge(Severity.OK)} Everything fits its data.")
        elif of != text:
            st.caption("Columns, thresholds and cohorts are held against the files that the monitor names.")
    if of == text:
        show_problems(found)


def show_change(chosen: str, before: Held | None, text: str, monitor: Monitor | None) -> None:
    """What saving would change, line by line; nothing is written before it was shown."""
    state: Any = st.session_state
    st.subheader("What would be saved", anchor=False)
    if before is not None:
        try:
            now = monitor_files.held(before.path)
        except PlumblineError as error:
            states.broken("The file cannot be read any more", error, "Mend it in its folder.", to_data=False)
            return
        if now.sha != before.sha:
            st.warning("The file changed on disk since it was opened here. It is not overwritten: load it, then make "
                       "your change again.", icon=":material/sync_problem:")  # fmt: skip
            st.code(diff(before.text, now.text, before.path.name), language="diff")
        name = before.path.name
    else:
        name = st.text_input("Name of the file", f"{monitor.monitor if monitor else 'monitor'}", key="file_name")
    changes = diff(before.text if before else "", text, name or "monitor.yaml")
    if not changes:
        st.markdown("Nothing: the text is the file's.")
    else:
        st.code(changes, language="diff")
    if failed := state.pop(FAILED, None):
        st.error(plain(failed), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name_field(st, persist_state="session", width=220)
        st.button("Save", key="save_monitor", type="primary", disabled=not changes or monitor is None,
                  on_click=save, args=(chosen, before, text, name))  # fmt: skip
        st.button("Load the file again", key="load_again", on_click=editing.load, args=(chosen,))
    if before is None:
        st.caption("Files that were uploaded are kept for a day: let a monitor that stays point to files that stay.")


def save(chosen: str, before: Held | None, text: str, name: str) -> None:
    """Write it; for callbacks. What went wrong is said where the change is shown."""
    state: Any = st.session_state
    try:
        store: Store | None = recorded.the_store()
    except UnusableStore:
        store = None  # the file is what counts; its next run puts the change into the ledger
    try:
        made = monitor_files.save(before or editing.new_file(name), text, store, typed())
    except PlumblineError as error:
        state[FAILED] = str(error)
        return
    if chosen.endswith(editing.OWN_MARK):
        own = chosen.removesuffix(editing.OWN_MARK)
        state[OWN] = {one: monitor for one, monitor in state.get(OWN, {}).items() if one != own}
    state["file"] = made.path.name
    state[editing.HELD], state[editing.OF] = made, made.path.name
    lines = counted(len(text.splitlines()), "line")
    state[SAVED] = f"Saved {made.path.name}, {lines}" + ("." if store else "; the store could not be told.")


main()
