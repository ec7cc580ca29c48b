"""Performance: are the predictions right? What came true beside what was estimated, and what scores still mean."""

import streamlit as st

from engine.charts.realized import Told, realized
from engine.explore.performance import PerformanceHistory
from engine.findings import Finding, NotComputed, three
from engine.maturity import Maturity
from engine.metrics import METRICS
from pages.shared import states
from pages.shared.beside import show_cohorts
from pages.shared.charts import chart, file_name, window_row
from pages.shared.meaning import show_confusion, show_meaning
from pages.shared.outcomes import metrics_of_predictions, performance_over, read_predictions, surprises_of
from pages.shared.over_time import choose_window, happened, shown_of
from pages.shared.picking import pick
from pages.shared.view import View, current, mode, option_of
from pages.shared.words import badge, counted, plain

LISTED = 6  # windows outside their band that are told one by one


def main() -> None:
    view = current()
    read = read_predictions(view)
    if isinstance(read, str):
        states.empty(
            "Nothing says yet whether predictions were right",
            f"{plain(read[:1].upper() + read[1:])}.",
            "Give a column of what came true the role *target*, and the model's answers the role *score* or "
            "*prediction*: on the page Data, or in the monitor (`columns: {target: late, score: p}`). Labels that come "
            "later can stand in a table of their own (`target: {path: labels.parquet, id: id, column: late}`).",
        )
        return
    called = metrics_of_predictions(view)
    judged = next(iter(called))
    metric = called[pick("Metric", list(called), judged, "measure", "Judged ones first.")]
    history = performance_over(view, metric) if view.opened.windows else None
    show_now(view, metric, history if isinstance(history, PerformanceHistory) else None)
    if isinstance(history, PerformanceHistory):
        show_history(view, history)
    else:
        st.caption(
            "No timestamp cuts these rows into windows: there is no course over time, and no estimate beside it."
        )
    if read.asked.task == "classification":  # numbers have no score that could mean anything, and no classes
        first, second = st.columns(2, gap="large")
        with first:
            show_meaning(view)
        with second:
            show_confusion(view)
    show_cohorts(view, metric)


def show_now(view: View, metric: str, history: PerformanceHistory | None) -> None:
    """The chosen slice in a sentence: what came true, and what was expected."""
    found = next((one for one in view.run.findings if one.signal == "model_performance" and one.metric == metric), None)
    gap = next((one for one in view.run.not_computed if one.metric == metric), None)
    if found is not None:
        st.markdown(f"{badge(found.severity)} {view.says(found)}")
    elif gap is not None:
        st.markdown(f"◌ {plain(METRICS[metric].name)} is not known yet: {plain(gap.because)}.")
    if history is None or view.cut.window not in history.windows:
        return
    at = history.windows.index(view.cut.window)
    told = history.estimates[at] if history.estimates else None
    if told is not None and told.value is not None:
        ends = f", {three(told.low)} to {three(told.high)}" if told.low is not None and told.high is not None else ""
        same = history.of_labelled[at] if history.of_labelled else None
        beside = f"; {three(same.value)} of the {same.rows:,} of them that have a label" if (
            same is not None and same.value is not None and same.rows < told.rows) else ""  # fmt: skip
        st.markdown(f"Estimated before labels: **{three(told.value)}**{ends}, of {counted(told.rows, 'row')}{beside}.")
    elif told is not None:
        st.markdown(f"◌ Not estimated before labels: {plain(told.because or 'nobody knows why')}.")
    share = history.labelled[at] / history.rows[at] if history.rows[at] else 0.0
    if history.maturity[at] is not Maturity.MATURE:
        still = "labels are still coming" if history.maturity[at] is Maturity.PROVISIONAL else "the others went missing"
        st.markdown(f"◌ **{history.maturity[at]}**: {share:.0%} of {counted(history.rows[at], 'row')} have a label; "
                    f"{still}.")  # fmt: skip


def show_history(view: View, history: PerformanceHistory) -> None:
    """Realized and estimated over all windows, how far estimates were off, and where they failed."""
    name = METRICS[history.metric].name
    told = [
        Told(option_of(window), window.words, window.start, found, estimate, labelled, rows, grown, partial)
        for window, found, estimate, labelled, rows, grown, partial in zip(
            history.windows, history.found, history.estimates or [None] * len(history.windows), history.labelled,
            history.rows, history.maturity, view.partial, strict=True,
        )
    ]  # fmt: skip
    chart(
        realized(told, name, shown_of(view), mode(), happened(view)), "performance",
        file_name(name, "over time"), f"{name} over time, realized and estimated",
        lambda: [csv_row(window, one) for window, one in zip(history.windows, told, strict=True)],
        "Solid: what came true, with three standard errors. Dashed: what was estimated before labels came. Hollow: "
        "partial, or labels still missing; the share of labels is in the hover. A click on a mark chooses its window."
        + (" Upright bands are the monitor's events; that the time fits proves nothing." if happened(view) else ""),
        on_select=lambda: choose_window("performance"), selection_mode="points",
    )  # fmt: skip
    if history.estimates is None:
        st.caption(f"Not estimated before labels: {plain(history.because or 'nobody knows why')}.")
        return
    show_surprises(view, history)


def show_surprises(view: View, history: PerformanceHistory) -> None:
    """Windows whose realized value left the band of the estimate, and what the estimate rests on."""
    found = surprises_of(view, history)
    with st.container(border=True, key="surprises"):
        if found:
            st.markdown(f"**Where the estimate failed: {counted(len(found), 'window')}**")
            st.markdown("\n".join(f"- {plain(one.words)}" for one in found[:LISTED]))
            if len(found) > LISTED:
                st.caption(f"{len(found) - LISTED} more lie outside by less; the CSV of the chart has all.")
        elif history.honesty is not None and history.honesty.windows:
            st.markdown("**In no window with labels did realized leave the band of the estimate.**")
        if history.honesty is not None:
            st.markdown(plain(history.honesty.words))
        st.caption(plain(history.assumption or ""))


def csv_row(window: object, one: Told) -> dict[str, object]:
    """One window of the chart: as every chart has it, with the estimate and the labels."""
    found: Finding | NotComputed | None = one.found
    band = one.read.band if one.read and one.read.band else (None, None)
    told = one.estimate
    return {
        **window_row("", window, found), "low": band[0], "high": band[1],  # type: ignore[arg-type]
        "estimated": told.value if told else None, "estimated low": told.low if told else None,
        "estimated high": told.high if told else None, "labelled rows": one.labelled, "rows": one.rows,
        "labels": str(one.maturity),
    }  # fmt: skip


main()
