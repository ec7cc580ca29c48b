"""Does it matter? What came true of the predictions in a sentence, beside how many columns drift."""

from statistics import median

import streamlit as st

from engine.findings import Severity, three
from engine.metrics import METRICS
from engine.outcomes import Regression
from engine.run import Run
from engine.signals import PERFORMANCE, SIGNALS
from pages.shared.cards import Card, without_rows
from pages.shared.outcomes import performance_over, surprises_of
from pages.shared.tables import CALLS
from pages.shared.view import View, go_page
from pages.shared.words import badge, counted, plain

PERFORMANCE_PAGE = "review/performance.py"


def signals_at(run: Run) -> str:
    """The signals that are as bad as the run, what the model gets wrong before what its inputs do."""
    worst = run.severity
    keys = {one.signal for one in run.findings if one.severity is worst}
    order = sorted(SIGNALS, key=lambda key: key != PERFORMANCE)
    names = [SIGNALS[key].name.lower() for key in order if key in keys] or ["something"]
    told = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return f"{told} {'are' if len(names) > 1 else 'is'}"


def state_of(run: Run) -> str:
    """How the model is, in a sentence; in two where nothing but the schema could be judged."""
    where, empty = signals_at(run), without_rows(run)
    said = {
        Severity.CRITICAL: f"Not well: {where} beyond a critical threshold.",
        Severity.WARNING: f"Look closer: {where} beyond a warning threshold.",
        Severity.NOT_ENOUGH_DATA: "Too few rows to say: what moved could be chance alone.",
        Severity.INFO: "Well: a change in the columns, nothing that was judged.",
    }.get(run.severity, "Well: nothing reached a threshold.")
    if run.judged:
        return said
    why = f"could be judged{': ' + empty if empty else ''}."
    return f"{said} Nothing else {why}" if run.severity in CALLS else f"Nothing {why}"


def show_matters(view: View, run: Run, drift: Card) -> None:
    """Does it matter? What came true of the predictions, beside how many columns drift."""
    read = [one for one in run.worst() if one.signal == PERFORMANCE and one.severity is not Severity.NOT_JUDGED]
    beside = f"{drift.called} of {counted(drift.columns, 'column')} {'drifts' if drift.called == 1 else 'drift'}"
    usual = median(drift.over) if drift.over and view.cut.window in view.opened.windows else None
    if usual is not None:
        beside += f", {usual:g} in the median {view.entry.monitor.window.unit}"
    if not read:
        gaps = (one.because for one in run.not_computed if one.signal == PERFORMANCE)
        gap = without_rows(run) or next(gaps, "")
        if gap:
            st.markdown(f"**Does it matter?** Nobody can tell yet: {plain(gap)}. {beside}.")
        return
    quiet = read[0].severity in CALLS and usual is not None and drift.called <= usual
    said = f"Meanwhile {beside}" + (": counting them would not have told." if quiet else ".")
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key="matters"):
        st.markdown(f"**Does it matter?** {badge(read[0].severity)} {view.says(read[0])}"
                    f"{surprise_of(view, read[0].metric)} {said}", width="stretch")  # fmt: skip
        st.button("Open ›", key="open_performance", on_click=go_page, args=(PERFORMANCE_PAGE,), type="tertiary",
                  width=64, help="Open Performance")  # fmt: skip


def surprise_of(view: View, metric: str) -> str:
    """How far off the estimate of this window was, where what came true left its band; else nothing."""
    history = performance_over(view, metric) if view.cut.window in view.opened.windows else ""
    if isinstance(history, str):
        return ""
    found = next((one for one in surprises_of(view, history) if one.window == view.cut.window), None)
    if found is None or found.better or found.estimate.value is None:
        return ""
    knew = "features" if METRICS[metric].needs is Regression else "scores"
    return f" Before labels these rows were estimated at {three(found.estimate.value)}: the {knew} did not know."
