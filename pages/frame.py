"""The frame around every page: navigation, the pickers that pages share, and a sentence on what is looked at."""

from pathlib import Path

import engine  # noqa: F401  # first: it chooses a faster sort, which numpy reads when it is imported

# isort: split
import streamlit as st

from engine.errors import PlumblineError
from engine.explore import Opened
from engine.run import SAME_COHORT, WHOLE_REFERENCE
from engine.slices import Filter, Slice, parse_filter
from pages.shared import states
from pages.shared.entries import Entry, monitors
from pages.shared.view import (
    ALL_TIME,
    NOTICES,
    OWN,
    VIEW,
    View,
    cohort_options,
    hear,
    link,
    pick,
    window_options,
)
from pages.shared.words import plain

HERE = Path(__file__).parent
SECTIONS = {
    "Review": [("review/overview.py", "Overview", ":material/dashboard:", "Is this model well, and what is worst?")],
    "Explore": [
        ("explore/columns.py", "Columns", ":material/table_rows:", "All columns by all metrics, worst first."),
        ("explore/column.py", "Column", ":material/bar_chart:", "One column: its bins, curves and history."),
    ],
    "Setup": [("setup/data.py", "Data", ":material/upload_file:", "Bring data in and start a monitor.")],
}


def main() -> None:
    st.set_page_config(page_title="Plumbline", page_icon="📏", layout="wide")
    pages = {
        section: [
            st.Page(HERE / path, title=title, icon=icon, help=says, default=title == "Overview")
            for path, title, icon, says in rows
        ]
        for section, rows in SECTIONS.items()
    }
    page = st.navigation(pages)
    st.title(page.title, anchor=False)
    if page.title != "Data":
        st.session_state[VIEW] = look(page.title)
    page.run()


def look(title: str) -> View:
    """The view that the pickers choose; ends the run, in words, when there is none."""
    entries, wrong = monitors(st.session_state.get(OWN, {}))
    for file, error in wrong.items():
        states.broken(
            f"The monitor file {plain(file)} cannot be read", error,
            "Mend the lines named above; the other monitors work meanwhile.", key=f"broken_{file}", to_data=not entries,
        )  # fmt: skip
    if not entries:
        if not wrong:
            states.empty(
                "No monitor yet",
                "A monitor holds a model's production data against a reference, column by column and week by week.",
                "Give two files, one of each, and the dashboard runs on them.",
            )
        st.stop()
    with st.sidebar:
        names = list(entries)
        entry = entries[pick("Monitor", names, names[0], "monitor")]
    sentence = st.empty()
    opened = states.open_or_stop(entry)
    try:
        with st.sidebar:
            view = pickers(entry, opened)
        sentence.markdown(view.sentence)
    except PlumblineError as error:
        states.broken(
            "This filter cannot be understood", error,
            "Mend it in the sidebar, or empty the field. Examples: `seats>=100`, `carrier in(EV,UA)`, `seats is_null`.",
            to_data=False,
        )  # fmt: skip
        st.stop()
    if st.session_state.get(NOTICES):
        st.warning("This link asks for more: " + " ".join(st.session_state[NOTICES]), icon=":material/link_off:")
    return view


def pickers(entry: Entry, opened: Opened) -> View:
    """The pickers of one monitor, in the sidebar."""
    params = {"monitor": entry.name}
    window = None
    if opened.windows:
        windows = window_options(opened)
        unit = entry.monitor.window.unit
        complete = [text for text, found in windows.items() if found is not None and not opened.partial(found)]
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
        extra = {k: str(st.session_state[k]) for k in ("column", "metric") if st.session_state.get(k)}
        st.code(link(params | extra), language=None, wrap_lines=True)
    return View(entry, opened, Slice(tuple(cohort), window), params["against"], params)


def step(options: list[str], chosen: str, unit: str) -> None:
    """Two buttons that go one window back or on; options are newest first, after all time."""
    at = options.index(chosen)

    def go(to: int) -> None:
        hear()
        st.session_state["window"] = options[to]

    with st.container(horizontal=True, gap="small"):
        st.button("◂ earlier", key="earlier", on_click=go, args=(at + 1,), disabled=at + 1 >= len(options),
                  help=f"The {unit} before", width="stretch")
        st.button("later ▸", key="later", on_click=go, args=(at - 1,), disabled=at <= 1,
                  help=f"The {unit} after", width="stretch")  # fmt: skip


main()
