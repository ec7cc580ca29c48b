"""What a score still means in a view: reliability of both sides, concept drift in a sentence, the confusion matrix."""

import streamlit as st

from engine.charts.reliability import reliability_chart
from engine.explore.reliability import Reliabilities, confusion
from engine.outcomes import Classification
from pages.shared.charts import chart, file_name
from pages.shared.outcomes import read_predictions, reliabilities_of
from pages.shared.picking import pick
from pages.shared.view import View, mode
from pages.shared.words import badge, counted, plain, to_csv

CELLS = 36  # of confusion matrices that are shown; the rest is in the CSV


def show_meaning(view: View) -> None:
    """How often each score came true on both sides, and what the rate did at the same score."""
    st.subheader("Does a score still mean the same?", anchor=False)
    read = read_predictions(view)
    of = None
    if not isinstance(read, str) and read.asked.positive is None and read.asked.scores:
        of = pick("Class", list(read.asked.classes), read.asked.classes[0], "class")
    found = reliabilities_of(view, of)
    if isinstance(found, str):
        st.markdown(f"◌ Nobody can tell: {plain(found)}.")
        return
    st.markdown(plain(found.words))
    chart(
        reliability_chart(
            found.reference, found.production, found.score, found.name, mode(), view.sides,
            found.not_probable is None,
        ),
        "reliability", file_name("reliability", found.score), f"Reliability of {found.score} on both sides",
        lambda: reliability_rows(found, view.sides),
        "Bins hold equally many rows of the side that production is held against; bars are 95 % intervals. "
        + ("Above the diagonal, more came true than the score says."
           if found.not_probable is None else f"{plain(found.not_probable)}: only the order says something."),
    )  # fmt: skip


def reliability_rows(found: Reliabilities, sides: tuple[str, str]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, one in zip(sides, (found.reference, found.production), strict=True):
        for i in range(len(one.rows)):
            cell = {"side": name, "bin": i + 1, "rows": int(one.rows[i]), "mean score": float(one.mean[i])}
            rows.append(cell | {"share that came true": float(one.share[i]), "low": float(one.low[i]),
                                "high": float(one.high[i])})  # fmt: skip
    return rows


def show_confusion(view: View) -> None:
    """What was predicted beside what came true, on both sides, and what it was worth."""
    seen = view.run.outcomes
    st.subheader("What came true", anchor=False)
    if not isinstance(seen, Classification):
        why = seen if isinstance(seen, str) else "numbers have no classes; the errors are in the metrics above"
        st.markdown(f"No confusion matrix: {plain(why)}.")
        return
    worth = next((one for one in view.run.findings if one.metric == "value_per_prediction"), None)
    if worth is not None:
        st.markdown(f"{badge(worth.severity)} {view.says(worth)}")
    cells = confusion(seen)
    if seen.no_prediction or not any(one.production for one in cells):
        st.markdown(f"No confusion matrix: {plain(seen.no_prediction or 'no labelled row has a prediction')}.")
        return
    first, second = view.sides
    rows = [
        {
            "Came true": one.came,
            "Predicted": one.predicted,
            first: one.reference,
            f"{first} share": one.share_reference,
            second: one.production,
            f"{second} share": one.share_production,
        }
        for one in cells
    ]
    shares = {
        f"{side} share": st.column_config.NumberColumn("share", format="percent", help=f"Of labelled rows: {side}.")
        for side in view.sides
    }
    counts = {side: st.column_config.NumberColumn(side, format="localized") for side in view.sides}
    st.dataframe(
        rows[:CELLS], key="confusion", hide_index=True, column_config={**shares, **counts},
        alt="Confusion matrix of both sides",
    )  # fmt: skip
    side, of = seen.production, int(seen.production.confusion.sum())
    but = "" if of == side.labelled else " with a prediction"
    st.caption(f"{counted(of, 'labelled row')}{but} of {side.rows:,} on this side; a cell is a share of the labelled "
               f"rows{but} of its side.")  # fmt: skip
    st.download_button(
        "CSV", to_csv(rows, list(rows[0])).encode(), "confusion.csv", "text/csv", on_click="ignore",
        key="confusion_csv", type="tertiary", icon=":material/download:",
    )  # fmt: skip
