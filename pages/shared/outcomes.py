"""The door to predictions held against labels: performance over windows, by cohort, and what scores still mean."""

import streamlit as st

from engine.explore import Opened, floors_of, performance_history
from engine.explore.performance import PerformanceHistory
from engine.explore.predicted import Predictions, predictions
from engine.explore.rates import Said, said
from engine.explore.reliability import Reliabilities, Surprise, reliabilities, surprises
from engine.metrics import METRICS
from engine.outcomes import Classification, Regression
from engine.performance import METRICS_OF_OUTCOMES
from engine.slices import Slice
from engine.tables.cells import ALL
from pages.shared.door import text_of
from pages.shared.view import View


def read_predictions(view: View) -> Predictions | str:
    """Predictions and labels of the monitor, or why nothing can be asked of them."""
    return predictions(view.opened)


def metrics_of_predictions(view: View) -> dict[str, str]:
    """Name -> key of every metric that fits this model, judged ones first; none where nothing can be asked."""
    found = predictions(view.opened)
    if isinstance(found, str):
        return {}
    needs = Classification if found.asked.task == "classification" else Regression
    fit = [one for one in METRICS_OF_OUTCOMES if one.needs is needs]
    if found.asked.worth is None:
        fit = [one for one in fit if one.key != "value_per_prediction"]
    judged = judged_of_predictions(view)
    keys = [*judged, *(one.key for one in fit if one.key not in judged)]
    return {METRICS[key].name: key for key in keys}


def judged_of_predictions(view: View) -> list[str]:
    """Keys of the metrics of predictions that this monitor judges."""
    seen = view.run.outcomes
    if seen is None or isinstance(seen, str):
        return []
    fit = [one for one in METRICS_OF_OUTCOMES if isinstance(seen, one.needs)]
    return [one.key for one in fit if view.opened.plan.judges_outcomes(seen, one)]


def performance_over(view: View, metric: str) -> PerformanceHistory | str:
    """One metric of predictions over all windows of the view's cohort, or why there is none."""
    return _over(view.entry.key, metric, text_of(view.timeless), view.against, view.opened, view.timeless)


@st.cache_resource(max_entries=60, show_spinner="Holding predictions against labels …")
def _over(key: str, metric: str, text: str, against: str, _opened: Opened, _cohort: Slice) -> PerformanceHistory | str:
    windows = _opened.windows
    floors = floors_of(_opened, Slice(_cohort.cohort, windows[0], _cohort.without) if windows else ALL, against)
    return performance_history(_opened, metric, _cohort, against, floors)


def reliabilities_of(view: View, of: str | None = None) -> Reliabilities | str:
    """What scores of the view's slice mean beside what they meant, or why nobody can tell."""
    return _reliabilities(view.entry.key, of, text_of(view.cut), view.against, view.opened, view.cut)


@st.cache_resource(max_entries=200, show_spinner=False)
def _reliabilities(
    key: str, of: str | None, text: str, against: str, _opened: Opened, _cut: Slice
) -> Reliabilities | str:
    return reliabilities(_opened, _cut, against, of)


def surprises_of(view: View, history: PerformanceHistory) -> tuple[Surprise, ...]:
    """Windows whose realized value left the band of the estimate."""
    return _surprises(
        view.entry.key, history.metric, text_of(view.timeless), view.against, view.opened, history, view.timeless
    )


@st.cache_resource(max_entries=60, show_spinner=False)
def _surprises(
    key: str, metric: str, text: str, against: str, _opened: Opened, _history: PerformanceHistory, _cohort: Slice
) -> tuple[Surprise, ...]:
    return surprises(_opened, _history, _cohort)


def said_over(view: View, of: str | None = None) -> Said | str:
    """What was predicted beside what came true, over all windows of the view's cohort."""
    return _said(view.entry.key, of, text_of(view.timeless), view.opened, view.timeless)


@st.cache_resource(max_entries=60, show_spinner=False)
def _said(key: str, of: str | None, text: str, _opened: Opened, _cohort: Slice) -> Said | str:
    return said(_opened, _cohort, of)
