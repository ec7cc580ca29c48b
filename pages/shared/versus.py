"""Champion against challenger: two values of a column side by side – how right both are, and how other their rows."""

import streamlit as st

from engine.explore import Opened
from engine.explore.duel import Duel, Match, band_words, duel
from engine.explore.fairness import filter_of, name_of
from engine.explore.history import values_of
from engine.findings import three
from engine.metrics import METRICS
from engine.performance import BAND
from engine.slices import Slice
from pages.shared.door import text_of
from pages.shared.picking import pick
from pages.shared.tables import CALLS
from pages.shared.view import View
from pages.shared.where import columns_of_cohorts
from pages.shared.words import badge, counted, plain, to_csv

LISTED = 5  # drifted columns that are told one by one
OF = "versus_of"  # the column that was shown last


@st.cache_resource(max_entries=60, show_spinner="Holding one against the other …")
def _duel(
    key: str, by: str, names: str, text: str, _opened: Opened, _values: tuple[object, object], _cut: Slice
) -> Match:
    return duel(_opened, by, *_values, _cut)


def show_versus(view: View) -> None:
    """Choose a column of versions and two of its values; see who is better, and whether chance can be it."""
    possible = sorted(columns_of_cohorts(view.opened), key=lambda name: "version" not in name.lower())
    if not possible:
        st.markdown("◌ No column says which model answered: name it among the monitor's cohorts "
                    "(`columns: {cohorts: [model_version]}`).")  # fmt: skip
        return
    first, second, third = st.columns(3)
    with first:
        by = pick("Column of versions", possible, possible[0], "versions", "A model's version, or any other cohort.")
    values = by_size(view, by)
    names = list(values)
    if len(names) < 2:
        st.markdown(f"◌ {plain(by)} has one value only: there is nothing to hold it against.")
        return
    if st.session_state.get(OF, by) != by:  # another column has other values
        st.session_state["champion"], st.session_state["challenger"] = names[:2]
    st.session_state[OF] = by
    with second:
        champion = pick("Champion", names, names[0], "champion", "The one in office.")
    with third:
        challenger = pick("Challenger", names, names[1], "challenger", "The one that would follow.")
    if champion == challenger:
        st.markdown("◌ Choose two different ones.")
        return
    pair = (values[champion], values[challenger])
    show_match(_duel(view.entry.key, by, repr(pair), text_of(view.cut), view.opened, pair, view.cut))


def by_size(view: View, by: str) -> dict[str, object]:
    """Name -> value of every cohort of a column; those with most rows first where counts are at hand."""
    values = list(values_of(view.opened, by))
    if by in view.opened.cohorts:
        window = view.cut.window
        values.sort(key=lambda value: -view.opened.rows(window, Slice((filter_of(by, value),))))
    return {name_of(one): one for one in values}


def show_match(match: Match) -> None:
    st.markdown(plain(match.words))
    if not isinstance(match.duels, str):
        show_table(match, match.duels)
    if not match.drift:
        return
    called = [one for one in match.drift if one.severity in CALLS]
    names = plain(name_of(match.challenger)), plain(name_of(match.champion))
    st.markdown(f"**Rows of {names[0]} against those of {names[1]}: "
                f"{counted(len(called), 'column')} of {len(match.drift)} differ.**")  # fmt: skip
    st.markdown("\n".join(f"- {badge(one.severity)} {plain(one.sentence)}" for one in called[:LISTED]))
    if len(called) > LISTED:
        st.caption(f"{len(called) - LISTED} more differ by less; the page Compare has all.")


def show_table(match: Match, duels: tuple[Duel, ...]) -> None:
    """Every metric of both with its band, and who is better."""
    rows = [row_of(one) for one in duels]
    st.dataframe(
        rows, key="versus_table", hide_index=True, alt=f"{name_of(match.challenger)} against {name_of(match.champion)}",
        column_config={"Metric": st.column_config.TextColumn(pinned=True)}, height=35 * len(rows) + 38,
    )  # fmt: skip
    sizes = [f"{name} {labelled:,} labelled of {every:,}" for name, labelled, every
             in zip(("champion", "challenger"), match.labelled, match.rows, strict=True)]  # fmt: skip
    said, sheet = st.columns([5, 1])
    said.caption(
        f"Rows: {', '.join(sizes)}. ±: three standard errors, beyond which a difference is not put down to chance. "
        "Rows of both are taken as independent; that they may be of another kind is not corrected for: see below how "
        "other."
    )
    sheet.download_button(
        "CSV", to_csv(rows, list(rows[0])).encode(), "versus.csv", "text/csv", on_click="ignore", key="versus_csv",
        type="tertiary", icon=":material/download:",
    )  # fmt: skip


def row_of(one: Duel) -> dict[str, object]:
    first, second = (
        three(value) + (f" ± {three(BAND * error)}" if error is not None else "")
        for value, error in zip((one.champion, one.challenger), one.errors, strict=True)
    )
    return {"Metric": METRICS[one.metric].name, "Champion": first, "Challenger": second, "Difference": band_words(one),
            "Verdict": one.verdict}  # fmt: skip
