"""Cohorts: which cohort and window a drift comes from, whether by mix or behaviour, and what hides in the whole."""

from typing import Any

import streamlit as st

from engine.charts.heatmap import Spot, heatmap
from engine.charts.mix import Share, mix_chart, summed
from engine.errors import PlumblineError
from engine.metrics import METRICS
from engine.slices.against import SAME_COHORT
from pages.shared import states
from pages.shared.against import splits
from pages.shared.charts import chart, file_name, spots_of, window_row
from pages.shared.cohort import choose
from pages.shared.finder import show_finder
from pages.shared.picking import cohort_options, pick
from pages.shared.tables import metrics_of, worst_columns
from pages.shared.view import View, current, go_to, mode, option_of
from pages.shared.where import cohort_glances_of, cohort_history_of, columns_of_cohorts, mix_of_view
from pages.shared.words import plain

COLUMN = "explore/column.py"
ALL_TIME = Spot("", "all time", "all time")


def main() -> None:
    view = current()
    names = [column.name for column in view.opened.columns]
    possible = columns_of_cohorts(view.opened)
    if not possible:
        states.empty(
            "No column makes cohorts",
            "Cohorts are the values of a column that has few: the monitor names none, and no column is categorical.",
            "Name cohort columns in the monitor (`columns: {cohorts: [region]}`), or add a filter in the sidebar.",
        )
        return
    worst = [one.column for one in worst_columns(view.run, 1) if one.column in names]
    first, second, third = st.columns(3)
    with first:
        name = pick("Column", names, worst[0] or names[0] if worst else names[0], "column")
    called = {METRICS[key].name: key for key in metrics_of(view, name)}
    with second:
        metric = called[pick("Metric", list(called), next(iter(called)), "metric")]
    with third:
        default = next((one for one in possible if one != name), possible[0])
        by = pick("Cohorts of", possible, default, "by", "A cohort for each value of this column.")
    show_map(view, by, metric, name)
    show_mix(view, by, metric, name)
    show_finder(view, "null_rate" if metric == "null_rate" else "psi")


def show_map(view: View, by: str, metric: str, name: str) -> None:
    """Cohorts by windows, worst cohort first; a click opens the column on that cohort in that window."""
    st.subheader("Which cohort, and when", anchor=False)
    history = cohort_glances_of(view, by, metric, name)
    texts = {found: text for text, found in cohort_options(by, history.values).items() if found}
    labels = list(texts.values())
    filters = dict(zip(labels, texts, strict=True))
    spots = spots_of(view) if view.opened.windows else [ALL_TIME]
    rows = [labels[i] for i in history.worst]
    cells = [[history.cells.get((i, j)) for j in range(len(spots))] for i in history.worst]
    others = () if view.cut.without else tuple(one for one in view.cut.cohort if one.column != by)

    def opened(label: str, window: str | None) -> None:
        held = choose(view.opened, (*others, filters[label]))
        if window and splits(view.opened):  # an event would choose the window again
            st.session_state["against"] = SAME_COHORT
        go_to(COLUMN, name, window or None, **{key: text for key, text in held.items() if text})

    def clicked() -> None:
        points = st.session_state["cohort_map"].selection.points
        if points:
            opened(str(points[0]["customdata"][0]), str(points[0]["customdata"][1]))

    def full_lines() -> list[tuple[str, list[Any]]]:
        found = cohort_history_of(view, by, metric, name).cells
        return [(labels[i], [found.get((i, j)) for j in range(len(spots))]) for i in history.worst]

    said = METRICS[metric].name
    shown = option_of(view.cut.window) if view.cut.window else None
    chart(
        heatmap(rows, spots, cells, said, shown, mode()), "cohort_map", file_name(said, name, "by", by),
        f"{said} of {name} by {by}",
        lambda: [
            {"cohort": label, **window_row(name, window, found)}
            for label, line in full_lines()
            for window, found in zip(view.opened.windows, line, strict=False)
        ],
        "■ critical  ▲ warning  hatched ◌ not enough data; ◌ above: a partial window; pale: below the warning; "
        "empty: not computed. Worst cohort first. Click a cell to open the column on its cohort in its window.",
        on_select=clicked, selection_mode="points",
    )  # fmt: skip
    if view.cut.without:
        st.caption("Everyone but a cohort cannot be parted into cohorts on this map: it shows those of all rows.")
    picker, action = st.columns([3, 2], vertical_alignment="bottom")
    with picker:
        label = st.selectbox("Cohort to open", rows, key="cohort_to_open", help="In the window that is chosen.")
    with action:
        st.button("Open column on it", key="open_cohort", type="primary", disabled=not rows,
                  on_click=lambda: opened(str(st.session_state["cohort_to_open"] or label), None))  # fmt: skip


def show_mix(view: View, by: str, metric: str, name: str) -> None:
    """How much of the reading of this view is that there are more of some rows, how much that rows changed."""
    st.subheader("Mix or behaviour", anchor=False)
    asked = "null_rate" if metric == "null_rate" else "psi"
    said = "PSI" if asked == "psi" else "move of the null rate"
    if by == name:
        st.markdown(f"{plain(name)} cannot be split by itself: choose other cohorts.")
        return
    try:
        found = mix_of_view(view, name, by, asked)
    except PlumblineError as error:
        st.markdown(f"No split: {plain(error)}")
        return
    shares = [
        Share(
            str(i), one.words.removeprefix(f"{by} "), one.mix, one.behaviour, one.share_reference, one.share_production
        )
        for i, one in enumerate(found)
        if one.mix is not None and one.behaviour is not None
    ]
    if not shares:
        st.markdown("No split: this column has no bins on both sides of this view.")
        return
    whole = sum(one.mix + one.behaviour for one in shares)
    first, second = view.sides
    st.markdown(f"**{plain(summed(shares, said, whole))}**, {plain(view.cut.words)}: {plain(second)} against {first}.")
    chart(
        mix_chart(shares, said, mode()), "mix", file_name("mix or behaviour", name, "by", by),
        f"Mix or behaviour of {name} by {by}",
        lambda: [
            {"cohort": one.words, "mix": one.mix, "behaviour": one.behaviour, f"share of {first}": one.before,
             f"share of {second}": one.after}
            for one in shares
        ],
        "Mix: there are more or fewer of these rows. Behaviour: these rows themselves changed. Both parts of all "
        f"cohorts add up to the {said}" + ("." if metric == asked else f"; {METRICS[metric].name} has no such split."),
    )  # fmt: skip


main()
