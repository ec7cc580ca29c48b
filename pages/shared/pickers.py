"""The pickers that pages share: window, cohort, what it is held against, and the link to all of it."""

import streamlit as st

from engine.explore import Opened
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT
from pages.shared import door
from pages.shared.against import against_pickers, splits
from pages.shared.cohort import cohort_pickers
from pages.shared.entries import Entry
from pages.shared.named import named_cohorts
from pages.shared.picking import asked, hear, newest_complete, pick, span_of, type_in, window_options
from pages.shared.view import View, link

# what pages add to a link
OF_PAGES = (
    "column", "metric", "map", "rate", "offending", "selected", "search", "by", "measure", "class", "output",
    "gap", "first", "second", "beside", "gaps_by", "versions", "champion", "challenger",
)  # fmt: skip


def pickers(entry: Entry, opened: Opened, free: bool) -> View:
    """The pickers of one monitor, in the sidebar. free: any slice may be asked for, not the monitor's windows alone."""
    params = {"monitor": entry.name}
    window = window_picker(entry, opened, params, free) if opened.windows else None
    if not opened.windows:
        st.caption("No timestamp: all rows are one window.")
    if not free:
        return View(entry, opened, Slice((), window), SAME_COHORT, params)
    cohort, without = cohort_pickers(opened, params)
    named_cohorts(entry, opened, cohort)
    against, window = against_pickers(entry, opened, cohort, window, params)
    with st.popover("Copy permalink", icon=":material/link:", width="stretch"):
        extra = {key: str(st.session_state[key]) for key in OF_PAGES if st.session_state.get(key)}
        st.code(link(params | extra), language=None, wrap_lines=True)
    return View(entry, opened, Slice(cohort, window, without), against, params)


def window_picker(entry: Entry, opened: Opened, params: dict[str, str], free: bool) -> Window | None:
    """The window: one of the calendar's, all time, or any span that is typed or that a link asks for."""
    windows = window_options(opened, door.partials_of(entry.key, opened))
    unit = entry.monitor.window.unit
    default = newest_complete(windows)
    steps = list(windows)
    wanted = asked("window")
    if free and (span := span_of(wanted)) is not None and wanted not in windows:
        same = next((text for text, found in windows.items() if found == span), None)
        if same is not None:  # START..END of a window of the calendar
            st.session_state["window"] = same
        else:
            windows[str(wanted)] = span
    split = free and splits(opened)
    params["window"] = pick(
        unit.capitalize(), list(windows), default, "window",
        "An event parts time in two; choose another counterpart to choose a window." if split else
        f"The {unit} that begins on this day, newest first. ◌ marks one with too few rows to judge.",
        disabled=split,
    )  # fmt: skip
    if not split:
        step(steps, params["window"], unit)
    if free and not split:
        with st.popover("Any span of time", icon=":material/date_range:", width="stretch", key="any_span"):
            type_in("From..to", "window", "2013-04-15..2013-05-06", "Two days or moments; the end is excluded.")
    return windows[params["window"]]


def step(options: list[str], chosen: str, unit: str) -> None:
    """Two buttons that go one window back or on; options are newest first, after all time."""
    at = options.index(chosen) if chosen in options else 0

    def go(to: int) -> None:
        hear()
        st.session_state["window"] = options[to]

    with st.container(horizontal=True, gap="small"):
        st.button("◂ earlier", key="earlier", on_click=go, args=(at + 1,), disabled=at + 1 >= len(options),
                  help=f"The {unit} before", width="stretch")  # fmt: skip
        st.button("later ▸", key="later", on_click=go, args=(at - 1,), disabled=at <= 1,
                  help=f"The {unit} after", width="stretch")  # fmt: skip
