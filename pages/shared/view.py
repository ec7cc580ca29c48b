"""The view: monitor, window, cohort and what it is held against, as the pickers and the URL say."""

from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from engine.explore import History, Opened
from engine.findings import Finding, NotComputed
from engine.metrics import METRICS
from engine.run import Run
from engine.slices import Slice, Window
from engine.slices.against import Against
from engine.summaries import ColumnSummary
from engine.tables.examples import Example
from pages.shared import door, sides
from pages.shared.entries import Entry
from pages.shared.words import plain

ALL_TIME, ALL, PARTIAL = "all time", "all", " ◌ partial"
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
        return door.history_of(self.entry, self.opened, metric, self.timeless, self.against, column)

    @property
    def timeless(self) -> Slice:
        """The cohort at all times."""
        return Slice(self.cut.cohort, without=self.cut.without)

    @property
    def held(self) -> Against:
        """The rows that the slice is held against."""
        return self.opened.held(self.cut, self.against)

    @property
    def sides(self) -> tuple[str, str]:
        """What charts call both sides: reference and production, or two slices of production."""
        return sides.names(self.against, self.cut, self.held, self.entry.monitor.window.unit)

    def says(self, finding: Finding) -> str:
        """A finding's sentence as Markdown; what it calls reference is called what it is."""
        return plain(self.named(finding.sentence))

    def named(self, said: str) -> str:
        """The engine's sentence; what it calls reference is called what it is where production is held to itself."""
        if self.held.side == "reference":
            return said
        for wrong, right in (
            ("(reference ", f"({self.sides[0]} "),
            ("the reference slice", f"the other side, {self.sides[0]},"),
            ("in the reference", "on the other side"),
            ("of the reference)", "of the other side)"),
            ("as wide as the reference's", "as wide as on the other side"),
        ):  # bounds and unseen categories stay the reference's: that is what they are held against
            said = said.replace(wrong, right)
        return said

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
        rows, of, others = door.rows_of(self.entry, self.opened, self.cut, self.against)
        said = plain(self.cut.words) if self.cut.window or self.cut.cohort else "all time, all rows"
        held = self.held
        against = f"**{others:,}** reference rows"
        against = against if held.side == "reference" else f"held against **{others:,}** production rows"
        return (
            f"{said[:1].upper()}{said[1:]}, against {plain(sides.words(self.against, held))} · "
            f"**{rows:,}** of {of:,} production rows · {against}"
        )


def current() -> View:
    """The view that the frame made for this run."""
    return st.session_state[VIEW]


def mode() -> str:
    """light or dark, as the visitor's browser shows the app."""
    return "dark" if st.context.theme.type == "dark" else "light"


def option_of(window: Window) -> str:
    """A window as it is picked and as it stands in a link: its first day, or hour.

    >>> from datetime import datetime
    >>> option_of(Window(datetime(2013, 4, 22), datetime(2013, 4, 29)))
    '2013-04-22'
    """
    return f"{window.start:{'%Y-%m-%d %H:%M' if window.start.hour or window.start.minute else '%Y-%m-%d'}}"


def link(params: dict[str, str]) -> str:
    """The address of this very view: every parameter is written, so that it survives a change of defaults."""
    return f"{st.context.url or ''}?{urlencode(params)}"


def go_page(page: str) -> None:
    """Open a page on the same view; for callbacks, as go_to."""
    st.session_state[GOING] = (page, {})


def go_to(page: str, column: str, window: str | None = None, **more: str) -> None:
    """Open a page on a column. For callbacks, which run before the frame knows its pages: the frame goes there.

    more: what else the page's pickers shall hold.
    """
    given = {"column": column, **({} if window is None else {"window": window}), **more}
    for key, value in given.items():
        st.session_state[key] = value
    st.session_state[GOING] = (page, {"column": column})
