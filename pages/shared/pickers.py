"""The pickers that pages share: window, cohort, free filter, what it is held against, and the link to all of it."""

import streamlit as st

from engine.explore import Opened
from engine.slices import Filter, Slice, parse_filter
from engine.slices.against import SAME_COHORT, WHOLE_REFERENCE
from pages.shared import door
from pages.shared.entries import Entry
from pages.shared.view import ALL_TIME, PARTIAL, View, cohort_options, hear, link, pick, window_options
from pages.shared.words import plain

OF_PAGES = ("column", "metric", "map", "rate", "offending", "selected", "search")  # what pages add to a link


def pickers(entry: Entry, opened: Opened) -> View:
    """The pickers of one monitor, in the sidebar."""
    params = {"monitor": entry.name}
    window = None
    if opened.windows:
        windows = window_options(opened, door.partials_of(entry.key, opened))
        unit = entry.monitor.window.unit
        complete = [text for text, found in windows.items() if found is not None and not text.endswith(PARTIAL)]
        default = complete[0] if complete else ALL_TIME
        params["window"] = pick(
            unit.capitalize(), list(windows), default, "window",
            f"The {unit} that begins on this day, newest first. ◌ marks one with too few rows to judge.",
        )  # fmt: skip
        window = windows[params["window"]]
        step(list(windows), params["window"], unit)
    else:
        st.caption("No timestamp: all rows are one window.")
    cohort: list[Filter] = []
    for column, values in opened.cohorts.items():
        key = f"cohort-{column}"
        options = cohort_options(column, values)
        params[key] = pick(plain(column), list(options), "all", key)
        chosen = options[params[key]]
        cohort += [chosen] if chosen else []
    typed = st.text_input(
        "Filter", key="filter", bind="query-params", placeholder="column>=100", on_change=hear,
        help="Any column: `seats>=100`, `carrier in(EV,UA)`, `gust_mph is_null`.",
    )  # fmt: skip
    if typed and typed.strip():
        cohort.append(parse_filter(typed.strip(), opened.reference.columns))
        params["filter"] = typed.strip()
    params["against"] = pick(
        "Against", [SAME_COHORT, WHOLE_REFERENCE], SAME_COHORT, "against",
        "Hold the cohort against the same cohort of the reference, or against all of it.",
    )  # fmt: skip
    with st.popover("Copy permalink", icon=":material/link:", width="stretch"):
        extra = {key: str(st.session_state[key]) for key in OF_PAGES if st.session_state.get(key)}
        st.code(link(params | extra), language=None, wrap_lines=True)
    return View(entry, opened, Slice(tuple(cohort), window), params["against"], params)


def step(options: list[str], chosen: str, unit: str) -> None:
    """Two buttons that go one window back or on; options are newest first, after all time."""
    at = options.index(chosen)

    def go(to: int) -> None:
        hear()
        st.session_state["window"] = options[to]

    with st.container(horizontal=True, gap="small"):
        st.button(
            "◂ earlier",
            key="earlier",
            on_click=go,
            args=(at + 1,),
            disabled=at + 1 >= len(options),
            help=f"The {unit} before",
            width="stretch",
        )
        st.button("later ▸", key="later", on_click=go, args=(at - 1,), disabled=at <= 1,
                  help=f"The {unit} after", width="stretch")  # fmt: skip
