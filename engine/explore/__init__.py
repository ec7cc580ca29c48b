"""A monitor opened on its data: supports and cells once, after which any slice of it answers at once."""

from engine.explore.cohorts import cohort_columns, crosstabs_of, found, mix_of
from engine.explore.first import examples, first_look
from engine.explore.history import History, histories, history
from engine.explore.letting_go import let_go
from engine.explore.look import exact_summary, findings_of, floors_of, look, summaries_of
from engine.explore.opened import Opened, cells_for, open_datasets, open_monitor, rows_in
from engine.explore.performance import PerformanceHistory, performance_history, performance_of
from engine.explore.predicted import Predictions, predictions

__all__ = [
    "History",
    "Opened",
    "PerformanceHistory",
    "Predictions",
    "cells_for",
    "cohort_columns",
    "crosstabs_of",
    "exact_summary",
    "examples",
    "findings_of",
    "first_look",
    "floors_of",
    "found",
    "histories",
    "history",
    "let_go",
    "look",
    "mix_of",
    "open_datasets",
    "open_monitor",
    "performance_history",
    "performance_of",
    "predictions",
    "rows_in",
    "summaries_of",
]
