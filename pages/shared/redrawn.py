"""Distributions of a recorded run, drawn from what the store kept of them: the data may be gone."""

import streamlit as st

from engine.charts.bullet import bullet
from engine.charts.curves import curves
from engine.charts.distribution import distribution
from engine.columns import ORDERED
from engine.findings import Finding
from engine.metrics import METRICS
from engine.run import Run
from engine.summaries import ColumnSummary
from pages.shared.charts import bins_rows, chart, curve_rows, file_name
from pages.shared.picking import pick
from pages.shared.view import mode
from pages.shared.words import badge, number, plain

BARE = {"displayModeBar": False}  # the ruler shows one number, which stands above it


def show_columns(run: Run) -> None:
    """A picker, the worst column first, and one column: its bins, its curves, its reading on the ruler."""
    st.subheader("Distributions, as they were", anchor=False)
    drawn = [one for one in run.worst() if one.column and one.parts]
    binned = {one.column for one in drawn}
    names = list(dict.fromkeys(one.column for one in run.worst() if one.column in binned and one.column))
    if not names:
        st.markdown("◌ No column was binned in this run.")
        return
    name = pick("Column", names, names[0], "column")
    found = next(one for one in drawn if one.column == name)
    show_column(run, name, found)


def show_column(run: Run, name: str, found: Finding) -> None:
    """One column. found: its worst finding that has bins."""
    metric = METRICS[found.metric].name
    others = [one for one in run.worst() if one.column == name and one.severity.rank > 1] or [found]
    st.markdown("\n".join(f"- {badge(one.severity)} {plain(one.sentence)}" for one in others))
    for said in run.reasons.get(name, ()):
        st.caption(plain(said))
    left, right = st.columns([3, 2], gap="large")
    parts, ordered = found.parts or (), found.kind in ORDERED
    with left:
        chart(
            distribution(parts, metric, name, ordered, mode()), "kept_bins", file_name("distribution", name),
            f"Distribution of {name}: reference against production", lambda: bins_rows(parts),
            f"From the record. Shaded bins make up most of the {metric}; the number above is their share of it.",
        )  # fmt: skip
        if found.value is not None:
            st.plotly_chart(
                bullet(found, mode()), theme=None, key="kept_ruler", config=BARE,
                alt=f"{metric} of {name}: {number(found.value)} against its thresholds",
            )  # fmt: skip
    with right:
        summary = run.summaries.get(name)
        curve = summary.curve if isinstance(summary, ColumnSummary) else None
        if curve is not None and ordered:
            chart(
                curves(curve, name, False, mode()), "kept_curves", file_name("cumulative", name),
                f"Cumulative curves of {name}", lambda: curve_rows(curve), "On at most 250 cells, as they were kept.",
            )  # fmt: skip
