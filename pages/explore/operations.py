"""Operations: how fast the model answered, how often it failed, and how much it was asked, window by window."""

import streamlit as st

from engine.charts.realized import Told, realized
from engine.charts.served import Volume, latencies, volume
from engine.explore.operations import OperationsHistory, is_served
from engine.findings import Finding
from engine.metrics import METRICS
from engine.operations_findings import METRICS_OF_OPERATIONS
from pages.shared import states
from pages.shared.charts import chart, file_name, window_row
from pages.shared.over_time import choose_window, happened, shown_of
from pages.shared.served import operations_over
from pages.shared.view import View, current, mode, option_of
from pages.shared.words import badge, plain

P95, QUIET = "latency_p95", {"50 %": "latency_p50", "99 %": "latency_p99"}
CLICK = "A click on a mark chooses its window."


def main() -> None:
    view = current()
    if not is_served(view.opened):
        states.empty(
            "Nothing was measured of how the model was served",
            "No column has the role *latency* or *error*, so nobody can tell how long answers took or how many failed.",
            "Log requests with `engine.collect`: its files carry `latency_ms`, `status_code` and `sample_rate`, and "
            "are read as they are (docs/collect.md). Columns you have already are named in the monitor: "
            "`columns: {latency: took_ms, error: failed}`, milliseconds and true or false.",
        )
        return
    show_now(view)
    if not view.opened.windows:
        st.caption("No timestamp cuts these rows into windows: there is no course over time.")
        return
    history = operations_over(view)
    first, second = st.columns(2, gap="large")
    with first:
        show_latency(view, history)
        show_volume(view, history)
    with second:
        show_metric(view, history, "error_rate", "Errors", "Share of requests that failed.")
        show_metric(view, history, "throughput", "Throughput", "Requests an hour, sampling undone.")


def show_now(view: View) -> None:
    """Every metric of this view in the engine's words, worst first."""
    keys = {one.key for one in METRICS_OF_OPERATIONS}
    for one in view.run.worst():
        if one.metric in keys:
            st.markdown(f"{badge(one.severity)} {view.says(one)}")
    for gap in view.run.not_computed:
        if gap.metric in keys:
            st.markdown(f"◌ {plain(METRICS[gap.metric].name)} is not known: {plain(gap.because)}.")


def told_of(view: View, history: OperationsHistory, key: str) -> list[Told]:
    """One metric's windows, each with the rows it rests on."""
    return [
        Told(option_of(window), window.words, window.start, found, None, None,
             (found.n_production if isinstance(found, Finding) else None) or 0, partial=partial)
        for window, found, partial in zip(history.windows, history.found[key], view.partial, strict=True)
    ]  # fmt: skip


def nothing(told: list[Told]) -> bool:
    """Whether no window has a value, which is said."""
    if any(one.read for one in told):
        return False
    why = getattr(told[-1].found, "because", "nothing was measured") if told else "there are no windows"
    st.markdown(f"◌ Not measured: {plain(why)}.")
    return True


def show_latency(view: View, history: OperationsHistory) -> None:
    """Three quantiles together, that of 95 % with its thresholds."""
    st.subheader("Latency", anchor=False)
    told = told_of(view, history, P95)
    if nothing(told):
        return
    beside = {
        name: [one.value if isinstance(one, Finding) else None for one in history.found[key]]
        for name, key in QUIET.items()
    }
    chart(
        latencies(told, beside, shown_of(view), mode(), happened(view)), "latency", file_name("latency"),
        "Latency over time, milliseconds",
        lambda: [
            {**window_row("", w, one.found), **{name: values[i] for name, values in beside.items()}}
            for i, (w, one) in enumerate(zip(history.windows, told, strict=True))
        ],
        f"What 50, 95 and 99 % of requests took at most; thresholds and floor are those of 95 %. {CLICK}",
        on_select=lambda: choose_window("latency"), selection_mode="points",
    )  # fmt: skip


def show_metric(view: View, history: OperationsHistory, key: str, title: str, said: str) -> None:
    """One metric over all windows with its thresholds and floor."""
    st.subheader(title, anchor=False)
    told = told_of(view, history, key)
    if nothing(told):
        return
    chart(
        realized(told, METRICS[key].name, shown_of(view), mode(), happened(view), "measured"), key, file_name(key),
        f"{METRICS[key].name} over time",
        lambda: [window_row("", w, one.found) for w, one in zip(history.windows, told, strict=True)],
        f"{said} {CLICK}", on_select=lambda: choose_window(key), selection_mode="points",
    )  # fmt: skip


def show_volume(view: View, history: OperationsHistory) -> None:
    """Requests of every window."""
    st.subheader("Volume", anchor=False)
    bars = [
        Volume(
            option_of(window), window.words, window.start, one.rows if one else 0, one.requests if one else 0.0, part
        )
        for window, one, part in zip(history.windows, history.served, view.partial, strict=True)
    ]
    chart(
        volume(bars, view.entry.monitor.window.least, shown_of(view), mode(), happened(view)), "volume",
        file_name("volume"), "Requests of every window",
        lambda: [{"from": one.key, "rows": one.rows, "requests": one.requests, "partial": one.partial} for one in bars],
        f"Each row stands for 1 ÷ its `sample_rate` requests. Pale: partial windows. {CLICK}",
        on_select=lambda: choose_window("volume"), selection_mode="points",
    )  # fmt: skip


main()
