"""Attribution: whether the model still decides by the same features, and which drift falls on what it leans on."""

import streamlit as st

from engine.attribution import rank_changes
from engine.charts.quadrant import quadrant
from engine.charts.realized import Told, realized
from engine.charts.slope import SHOWN, slope
from engine.consequence import Consequence
from engine.explore.attribution import explained_of
from engine.ranking import SURROGATE, Ranking
from pages.shared import states
from pages.shared.attributed import attribution_over, consequences_in, reasons_in, verdict_of
from pages.shared.charts import chart, file_name, window_row
from pages.shared.over_time import choose_window, happened, shown_of
from pages.shared.view import View, current, go_to, mode, option_of
from pages.shared.words import badge, mark, plain, to_csv

COLUMN = "explore/column.py"
NOT_ASKED = "the monitor does not ask for attributions"


def main() -> None:
    view = current()
    ranking = view.run.ranking
    found = [one for one in view.run.findings if one.signal == "attribution_drift"]
    if not isinstance(ranking, Ranking) and not consequences_in(view):
        why = ranking if isinstance(ranking, str) else NOT_ASKED
        states.empty(
            "Nothing says what the model decides by",
            f"{plain(why[:1].upper() + why[1:])}.",
            "Log attributions (SHAP values, say) as a table with an id (`columns: {attributions: {path: a.parquet, id: "
            "id}}`) or as columns with a prefix; or give a column the role *score* or *prediction*, and features "
            "stand in: how much of the score each explains.",
        )
        return
    for one in found:
        st.markdown(f"{badge(one.severity)} {view.says(one)}")
    notes = explained_of(view.opened).notes
    if notes:
        st.caption(" ".join(plain(one[:1].upper() + one[1:]) for one in notes))
    if view.opened.windows:
        show_history(view)
    if isinstance(ranking, Ranking):
        show_ranks(view, ranking)
    show_consequences(view, ranking if isinstance(ranking, Ranking) else None)


def source_of(ranking: Ranking) -> str:
    """What importances are, in words."""
    if ranking.source == SURROGATE:
        return "surrogate η², not SHAP: the share of the score's variance that a feature's bins explain by themselves"
    return f"{ranking.source}: the mean absolute value per side"


def show_history(view: View) -> None:
    """The likeness of both orders over all windows."""
    st.subheader("Order of importance over time", anchor=False)
    history = attribution_over(view)
    told = [
        Told(option_of(window), window.words, window.start, history.findings.get(i), None, None,
             getattr(history.findings.get(i), "n_production", None) or 0, partial=partial)
        for i, (window, partial) in enumerate(zip(history.windows, view.partial, strict=False))
    ]  # fmt: skip
    if not any(one.read for one in told):
        st.markdown(f"◌ In no window can it be told: {plain('; '.join(reasons_in(history)) or NOT_ASKED)}.")
        return
    chart(
        realized(told, "NDCG", shown_of(view), mode(), happened(view), "NDCG"), "ndcg", file_name("ndcg"),
        "NDCG of feature importances over time",
        lambda: [window_row("", w, one.found) for w, one in zip(history.windows, told, strict=True)],
        "1: the reference's own order. The floor is what no change at all falls to. A click on a mark chooses its "
        "window.",
        on_select=lambda: choose_window("ndcg"), selection_mode="points",
    )  # fmt: skip


def show_ranks(view: View, ranking: Ranking) -> None:
    """Places of features on both sides."""
    st.subheader("Places of features", anchor=False)
    changes = rank_changes(ranking)
    chart(
        slope(changes, mode(), view.sides), "slope", file_name("places of features"),
        "Places of features on both sides",
        lambda: [
            {"feature": one.feature, "place before": one.place_reference, "place now": one.place_production,
             "share before": one.share_reference, "share now": one.share_production}
            for one in changes
        ],
        f"Source: {plain(source_of(ranking))}; of {ranking.rows[0]:,} and {ranking.rows[1]:,} rows. Strong lines moved "
        "two places or more."
        + (f" The CSV has the {len(changes) - SHOWN} least important too." if len(changes) > SHOWN else ""),
    )  # fmt: skip


def show_consequences(view: View, ranking: Ranking | None) -> None:
    """Each column's drift beside its importance, and what it goes with."""
    st.subheader("Drift × importance: does it matter?", anchor=False)
    found = consequences_in(view)
    if not found:
        st.markdown("No feature's drift was judged in this view.")
        return

    def clicked() -> None:
        points = st.session_state["quadrant"].selection.points
        if points:
            go_to(COLUMN, str(points[0]["customdata"][0]))

    if ranking is not None:
        chart(
            quadrant(found, mode()), "quadrant", file_name("drift and importance"), "Drift of columns by importance",
            lambda: rows_of(found),
            "Right of the upright line: features that make up 80 % of importance. Hollow: beyond its threshold, but "
            "within noise or not judged. That drift goes with a cost proves no cause. A click opens the column.",
            on_select=clicked, selection_mode="points",
        )  # fmt: skip
    rows = rows_of(found)
    st.dataframe(
        rows, key="verdicts", hide_index=True, alt="Verdict per column", height=min(35 * len(rows) + 38, 600),
        column_config={
            "Share of importance": st.column_config.NumberColumn(
                format="percent", help="Of all importance, on the side where it is larger: they sum to 1 or more."
            ),
            "Drift ÷ threshold": st.column_config.NumberColumn(format="%.3g"),
            "In words": st.column_config.TextColumn(width="large"),
            "Column": st.column_config.TextColumn(pinned=True),
        },
    )  # fmt: skip
    st.download_button("CSV", to_csv(rows, list(rows[0])).encode(), "verdicts.csv", "text/csv", on_click="ignore",
                       key="verdicts_csv", type="tertiary", icon=":material/download:")  # fmt: skip


def rows_of(found: tuple[Consequence, ...]) -> list[dict[str, object]]:
    return [
        {
            "Column": one.column,
            "Verdict": verdict_of(one),
            "Drift": mark(one.severity),
            "Drift ÷ threshold": one.ratio,
            "Share of importance": one.share,
            "In words": one.sentence,
        }
        for one in found
    ]


main()
