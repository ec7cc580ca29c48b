"""The view: monitor, window, cohort and what it is held against, as the pickers and the URL say."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from engine.explore import History, Opened
from engine.findings import Finding, NotComputed
from engine.metrics import METRICS
from engine.run import Run
from engine.slices import Filter, Slice, Window
from engine.slices.against import SAME_COHORT, WHOLE_REFERENCE
from engine.summaries import ColumnSummary
from engine.tables.examples import Example
from pages.shared import door
from pages.shared.entries import Entry
from pages.shared.words import plain

ALL_TIME, ALL, PARTIAL = "all time", "all", " ◌ partial"
AGAINST = {SAME_COHORT: "the same cohort of the reference", WHOLE_REFERENCE: "the whole reference"}
OWN, VIEW, NOTICES, GOING = "own_monitors", "view", "notices", "going"


@dataclass(frozen=True, eq=False)
class View:
    """What is looked at. params: all of it as it stands in a link."""

    entry: Entry
    opened: Opened
    cut: Slice
    against: str
    params: dict[str, str]

    @property
    def run(self) -> Run:
        """The run of this slice, from the cache."""
        return door.run_of(self.entry, self.opened, self.cut, self.against)

    @property
    def judged(self) -> tuple[str, ...]:
        """Keys of the metrics that are judged: of drift as the monitor says, of data quality all."""
        drift = [key for found in self.opened.plan.judged.values() for key in found]
        return tuple(dict.fromkeys([*drift, *(key for key, one in METRICS.items() if one.signal == "data_quality")]))

    def history(self, metric: str, column: str | None = None) -> History:
        """One metric over all windows of this cohort, of every column or of one."""
        return door.history_of(self.entry, self.opened, metric, Slice(self.cut.cohort), self.against, column)

    @property
    def partial(self) -> tuple[bool, ...]:
        """Per window, whether it is partial."""
        return door.partials_of(self.entry.key, self.opened)

    def exact(self, column: str) -> tuple[ColumnSummary | str, tuple[Finding | NotComputed, ...]]:
        """One column read from the data itself: its summary, and a finding or a reason for every metric."""
        return door.exact_of(self.entry, self.opened, column, self.cut, self.against)

    def examples(self, column: str) -> tuple[Example, ...]:
        """Production values of a column that are type errors or out of bounds."""
        return door.examples_of(self.entry, self.opened, column, self.cut)

    @property
    def sentence(self) -> str:
        """What is being looked at, as Markdown."""
        rows, of, reference = door.rows_of(self.entry, self.opened, self.cut, self.against)
        said = plain(self.cut.words) if self.cut.window or self.cut.cohort else "all time, all rows"
        return (
            f"{said[:1].upper()}{said[1:]}, against {AGAINST[self.against]} · "
            f"**{rows:,}** of {of:,} production rows · **{reference:,}** reference rows"
        )


def current() -> View:
    """The view that the frame made for this run."""
    found: View = st.session_state[VIEW]
    return found


def mode() -> str:
    """light or dark, as the visitor's browser shows the app."""
    return "dark" if st.context.theme.type == "dark" else "light"


def option_of(window: Window) -> str:
    """A window as it is picked and as it stands in a link: its first day, or hour.

    >>> from datetime import datetime
    >>> option_of(Window(datetime(2013, 4, 22), datetime(2013, 4, 29)))
    '2013-04-22'
    """
    start = window.start
    return f"{start:%Y-%m-%d}" if not (start.hour or start.minute) else f"{start:%Y-%m-%d %H:%M}"


def window_options(opened: Opened, partial: tuple[bool, ...]) -> dict[str, Window | None]:
    """Picker text -> window; partial ones are marked."""
    found: dict[str, Window | None] = {ALL_TIME: None}
    for window, is_partial in zip(reversed(opened.windows), reversed(partial), strict=True):
        found[option_of(window) + (PARTIAL if is_partial else "")] = window
    return found


def cohort_options(column: str, values: tuple[Any, ...]) -> dict[str, Filter | None]:
    """Picker text -> filter. Missing values are a cohort too; a value that reads like one of ours is quoted."""
    found: dict[str, Filter | None] = {ALL: None}
    for value in values:
        text = "(missing)" if value is None else str(value)
        text = repr(value) if text in found else text
        found[text] = Filter(column, "is_null") if value is None else Filter(column, "eq", (value,))
    return found


def settle(key: str, options: list[str], default: str) -> int:
    """The index of a picker's default. What a link asks for and is not there is said, and the default taken."""
    asked = st.session_state.get(key, st.query_params.get(key))
    if asked is not None and asked not in options:
        near = next((one for one in options if one.split(" ◌")[0] == str(asked).split(" ◌")[0]), None)
        if near is None:
            said = f"{plain(key)} {plain(repr(str(asked)))} is not there; {plain(default)} is shown."
            st.session_state[NOTICES] = [*st.session_state.get(NOTICES, []), said]
        st.session_state[key] = near or default
    return options.index(default) if default in options else 0


def hear() -> None:
    """A picker was used: what was said about the link is over."""
    st.session_state.pop(NOTICES, None)


def pick(label: str, options: list[str], default: str, key: str, help: str | None = None) -> str:
    """A picker that is bound to the URL and never holds a value that is not there."""
    index = settle(key, options, default)
    found = st.selectbox(label, options, index=index, key=key, bind="query-params", on_change=hear, help=help)
    return found if found in options else default


def link(params: dict[str, str]) -> str:
    """The address of this very view: every parameter is written, so that it survives a change of defaults."""
    return f"{st.context.url or ''}?{urlencode(params)}"


def go_to(page: str, column: str, window: str | None = None) -> None:
    """Open a page on a column. For callbacks, which run before the frame knows its pages: the frame goes there."""
    st.session_state["column"] = column
    if window is not None:
        st.session_state["window"] = window
    st.session_state[GOING] = (page, {"column": column})
