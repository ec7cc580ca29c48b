"""The columns of two files as one table: what each is, why that was guessed, and what both sides hold of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from engine.columns import ONCE, Column, Kind, Role
from engine.explore.guesses import cohorts
from engine.tables.profile import Profile
from pages.shared.files import Looked, Profiles, of_kind
from pages.shared.words import plain, safe_cell

HELP = {
    "Role": "What the column is to the model. Click it to change it.",
    "Kind": "How its values compare: along a line, or only as the same and not the same.",
    "Cohort": "Compare the groups that its values make, each by itself.",
    "Missing": "Rows without a value, not-a-number included.",
    "Values": "Different values; ≈ where they were counted within a few percent.",
    "Holds": "From the smallest to the largest, or the most frequent with their shares.",
    "Shape": "How rows are spread: the same bars on both sides, outer ones with what lies beyond; time has its own.",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the table says of the columns: kinds and roles by name, and the cohorts."""

    kinds: dict[str, str]
    roles: dict[str, str]
    cohorts: list[str]


def table(reference: Looked, production: Looked | None, other: Profiles, key: str) -> Chosen:
    """Show the table and answer what it says now. other: production's profiles, read as the reference's columns."""
    columns = reference.dataset.columns
    offers = cohorts(columns, reference.profiles, other) if production else {}
    edited = _editor(columns, reference.profiles, other if production else None, offers, key)
    names = [one.name for one in columns]
    kinds = dict(zip(names, map(str, edited["Kind"]), strict=True))
    changed = {one.name: kinds[one.name] for one in columns if kinds[one.name] != str(one.kind)}
    if changed and production:
        _changed(changed, reference, production)
    roles = moved(columns, dict(zip(names, map(str, edited["Role"]), strict=True)))
    wanted = [name for name, yes in zip(names, edited["Cohort"], strict=True) if yes]
    groups = [n for n in wanted if production and production.dataset.has(n) and kinds[n] == str(Kind.CATEGORICAL)]
    if left := [one for one in wanted if one not in groups]:
        st.caption(f"No cohorts by {', '.join(map(plain, left))}: that takes categories which both files have.")
    return Chosen(kinds, roles, groups)


def moved(columns: Sequence[Column], roles: dict[str, str]) -> dict[str, str]:
    """The roles where one that was given to another column leaves the one that it was guessed for.

    >>> columns = [Column("y", "INTEGER", Kind.NUMERIC, Role.TARGET), Column("x", "INTEGER", Kind.NUMERIC)]
    >>> moved(columns, {"y": "target", "x": "target"})
    {'y': 'feature', 'x': 'target'}
    """
    guessed = {one.name: str(one.role) for one in columns}
    given = {role for name, role in roles.items() if role != guessed[name] and role in ONCE}
    return {n: "feature" if role in given and role == guessed[n] else role for n, role in roles.items()}


def _editor(
    columns: Sequence[Column], mine: Profiles, other: Profiles | None, offers: Mapping[str, tuple[bool, str]], key: str
) -> pd.DataFrame:
    rows = []
    for one in columns:
        wanted, why = offers.get(one.name, (False, ""))
        reason = f"{one.why}; as a cohort: {why}" if why else one.why
        row = {"Column": safe_cell(one.name), "Role": str(one.role), "Kind": str(one.kind), "Cohort": wanted,
               "Why this was guessed": reason}  # fmt: skip
        rows.append(row | cells(mine.get(one.name), other and other.get(one.name, "no such column"), other is not None))
    frame = pd.DataFrame(rows)
    config = {
        "Column": st.column_config.TextColumn(pinned=True, width=150),
        "Role": st.column_config.SelectboxColumn(
            options=[*map(str, Role)], required=True, help=HELP["Role"], width=100
        ),
        "Kind": st.column_config.SelectboxColumn(
            options=[*map(str, Kind)], required=True, help=HELP["Kind"], width=100
        ),
        "Cohort": st.column_config.CheckboxColumn(help=HELP["Cohort"], width=70),
        "Why this was guessed": st.column_config.TextColumn(width=230),
        **{name: _config(name) for name in frame.columns if ", " in name},
    }
    edited: pd.DataFrame = st.data_editor(
        frame, hide_index=True, disabled=[name for name in frame.columns if name not in ("Role", "Kind", "Cohort")],
        alt="Kinds and roles of the columns, and what both files hold of them", key=key,
        height=560 if len(columns) > 15 else "auto", column_config=config,
    )  # fmt: skip
    return edited


def _config(name: str) -> object:
    what = name.partition(",")[0]
    if what == "Shape":
        colour = "gray" if name.endswith("ref.") else "blue"
        return st.column_config.BarChartColumn(name, help=HELP[what], y_min=0, width=110, color=colour)
    if what == "Missing":
        return st.column_config.NumberColumn(name, help=HELP[what], format="percent", width=90)
    return st.column_config.TextColumn(name, help=HELP[what], width=100 if what == "Values" else 200)


def cells(mine: Profile | str | None, other: Profile | str | None, both: bool) -> dict[str, object]:
    """What both sides hold of a column, property by property beside each other; where there is one side, of that."""
    first, second = side(mine), side(other)
    if not both:
        return {f"{what}, ref.": first[what] for what in first}
    return {f"{what}, {where}": held[what] for what in first for where, held in (("ref.", first), ("prod.", second))}


def side(held: Profile | str | None) -> dict[str, object]:
    """The cells of one side of a column."""
    if not isinstance(held, Profile):
        return {"Shape": None, "Missing": None, "Holds": f"◌ {held or 'not looked at'}", "Values": ""}
    distinct = f"{held.distinct:,}" if held.exact else f"≈ {held.distinct:,}"
    errors = f"; {held.errors:,} are none of this kind" if held.errors else ""
    shape = list(held.shares) or None
    return {"Shape": shape, "Missing": held.null_share, "Holds": holds(held) + errors, "Values": distinct}


def holds(held: Profile) -> str:
    """What a column holds, in a few words.

    >>> holds(Profile("x", Kind.CATEGORICAL, 10, 0, 0, 2, True, top=(("a", 9), ("b", 1))))
    'a 90 %, b 10 %'
    """
    if held.low:
        return held.low if held.low == held.high else f"{held.low} … {held.high}"
    values = held.rows - held.nulls - held.errors
    if held.top and values:
        more = ", …" if held.distinct > 3 else ""
        return ", ".join(f"{name} {100 * n / values:.0f} %" for name, n in held.top[:3]) + more
    return "nothing" if not values else "each value is rare"


def _changed(kinds: Mapping[str, str], reference: Looked, production: Looked) -> None:
    """What columns hold under the kind that was chosen: the table above keeps what was guessed, so that it stays."""
    rows = [
        {"Column": safe_cell(name), "Kind": kind, **cells(*of_kind(reference, production, name, kind), True)}
        for name, kind in kinds.items()
    ]
    st.caption("As the kind that you chose:")
    frame = pd.DataFrame(rows)
    st.dataframe(frame, hide_index=True, key="as_chosen", alt="Columns whose kind was changed",
                 column_config={name: _config(name) for name in frame.columns if ", " in name})  # fmt: skip
