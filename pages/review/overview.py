"""Overview: is this model well? Signals as cards, the worst columns in sentences, and a map of columns by window."""

from collections import Counter

import streamlit as st

from engine.charts.sparkline import sparkline
from engine.charts.theme import MARKS
from engine.findings import Severity, three
from engine.metrics import METRICS
from engine.run import Run
from engine.signals import PERFORMANCE
from pages.shared.cards import Card, cards, without_rows
from pages.shared.charts import show_map
from pages.shared.matters import show_matters, state_of
from pages.shared.tables import CALLS, worst_columns
from pages.shared.view import View, current, go_to, mode
from pages.shared.words import COLOURS, badge, counted, plain

COLUMN = "explore/column.py"
EMPTY = {  # why a signal of metrics has nothing to count
    PERFORMANCE: "– no label or no prediction to hold it against",
    "attribution_drift": "– nothing says what predictions rest on",
    "operations": "– no column says how fast it answered or what failed",
}


def main() -> None:
    view = current()
    run = view.run
    laid = cards(view, run)
    headline(run)
    show_matters(view, run, next(card for card in laid if card.signal.key == "data_drift"))
    with st.grid(min_column_width=220, key="cards"):
        for card in laid:
            show(card, view)
    worst, notes = st.columns([3, 2], gap="large")
    with worst:
        show_worst(view, run, {column.name for column in view.opened.columns})
    with notes:
        show_notes(view, run)
    if view.opened.windows:
        show_where(view, run)


def headline(run: Run) -> None:
    """The state in words, with its mark."""
    called = {one.column for one in run.findings if one.severity in CALLS and one.column}
    counts, severity = run.counts, run.severity
    st.subheader(f":{COLOURS[severity]}[{MARKS[severity]}] {state_of(run)}", anchor=False)
    st.markdown(
        f"{counted(counts['critical'], 'critical finding')} and {counted(counts['warning'], 'warning')} "
        f"in {counted(len(called), 'column')}; {counts['ok']} ok, "
        f"{counts['not_enough_data']} without enough data, {counts['not_judged']} shown but not judged."
    )


def show(card: Card, view: View) -> None:
    """One signal: its state, how many columns, and the same number over all windows."""
    ranked = [one for one in (*CALLS, Severity.NOT_ENOUGH_DATA, Severity.INFO) if card.counts.get(one)]
    badges = " ".join(badge(one, f"{card.counts[one]} {str(one).replace('_', ' ')}") for one in ranked)
    at = view.opened.windows.index(view.cut.window) if view.cut.window in view.opened.windows else None
    before = card.called - card.over[at - 1] if card.over and at else None
    with st.container(border=True, height="stretch", key=f"card_{card.signal.key}"):
        st.metric(
            card.signal.name,
            f"{card.called} of {counted(card.columns, card.of)}" if card.columns else "not monitored",
            delta=before,
            delta_color="blue",
            delta_description=f"since the {view.entry.monitor.window.unit} before" if before is not None else None,
            help=card.signal.question,
        )
        if card.over and any(card.over):  # bars of nothing are an empty box
            windows = [one.words for one in view.opened.windows]
            st.html(sparkline(card.over, windows, f"{card.signal.name}: {card.of}s that call", at, mode()))
        st.markdown(badges or (badge(Severity.OK) if card.columns else card_empty(card, view.run)))
        if card.over is None and card.signal.key == "schema":
            st.caption("Names and types are held against the reference as a whole, not window by window.")


def card_empty(card: Card, run: Run) -> str:
    """Why a card counts nothing: no rows, what its metrics miss, or what the monitor does not name."""
    gaps, empty = [one for one in run.not_computed if one.signal == card.signal.key], without_rows(run)
    if gaps and empty:
        return f"– {empty}"
    if gaps and card.signal.key in EMPTY:  # of a column that is there before one that is not
        return f"– {plain(min(gaps, key=lambda one: one.column is None).because)}"
    if gaps:  # of columns that are there: why most of them have nothing
        return f"– {plain(Counter(one.because for one in gaps).most_common(1)[0][0])}"
    return EMPTY.get(card.signal.key, "– no column has a role that it looks at")


def show_worst(view: View, run: Run, names: set[str]) -> None:
    """The five worst columns, each in the engine's own sentence, each a way to its page."""
    st.subheader("What is worst, and why", anchor=False)
    found = worst_columns(run, 5)
    if not found:
        st.markdown("Nothing reached a threshold in this view.")
    for i, one in enumerate(found):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", key=f"worst_{i}"):
            st.markdown(f"{badge(one.severity)} {view.says(one)}", width="stretch")
            if one.column in names:  # a new column has no page: there is nothing to hold it against
                st.button("Open ›", key=f"open_{i}", on_click=go_to, args=(COLUMN, one.column), type="tertiary",
                          width=64, help=f"Open {plain(one.column)}")  # fmt: skip


def show_notes(view: View, run: Run) -> None:
    """What the numbers can bear: noise floors, small windows, what was not computed."""
    st.subheader("How sure this is", anchor=False)
    said = []
    floors = [one for one in run.findings if one.floor is not None]
    held = sorted({one.column or "" for one in floors if one.within_noise})
    if floors:
        bases = ", ".join(sorted({str(one.floor_basis) for one in floors if one.floor_basis}))
        said.append(f"A value counts only above its noise floor, which no change at all stays under ({bases}).")
    if held:
        names = ", ".join(plain(name) for name in held)
        said.append(f"Beyond a threshold but within noise, so not raised: {names}.")
    small = [one for one in run.findings if one.severity is Severity.NOT_ENOUGH_DATA]
    needed = [one.rows_needed for one in small if one.rows_needed]
    if small:
        more = f"; about {float(three(max(needed))):,.0f} production rows would do" if needed else ""
        said.append(f"◌ Not enough data for {counted(len(small), 'finding')}{more}.")
    said += [plain(one[:1].upper() + one[1:]) for one in run.notes if one]
    said.append(f"Not computed: {counted(len(run.not_computed), 'question')}, each with a reason on the column's page.")
    st.markdown("\n".join(f"- {one}" for one in said))


def show_where(view: View, run: Run) -> None:
    """Columns by windows, worst column of this view first; a click opens the column in that window."""
    st.subheader("Where and when", anchor=False)
    names = {key: METRICS[key].name for key in view.judged}
    chosen = st.segmented_control(
        "Metric of the map", list(names.values()), default=names[view.judged[0]], key="map", required=True,
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    key = next((key for key, name in names.items() if name == chosen), view.judged[0])
    show_map(view, run, key, COLUMN)


main()
