"""The columns of two files as one table: what each is, why that was guessed, and what both sides hold of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from engine.columns import ONCE, Column, Kind, Role
from engine.explore.guesses import cohorts
from engine.tables.profile import SAMPLED, Profile
from pages.shared.column_cells import HELP, cells, config_of
from pages.shared.files import Looked, Profiles, of_kind
from pages.shared.words import plain, safe_cell


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
    if any(isinstance(one, Profile) and one.sampled for one in (*reference.profiles.values(), *other.values())):
        st.caption(f"Shapes of numbers are of about {SAMPLED:,} rows of a file, chosen by chance; all else is of all.")
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
        **{name: config_of(name) for name in frame.columns if ", " in name},
    }
    edited: pd.DataFrame = st.data_editor(
        frame, hide_index=True, disabled=[name for name in frame.columns if name not in ("Role", "Kind", "Cohort")],
        alt="Kinds and roles of the columns, and what both files hold of them", key=key,
        height=560 if len(columns) > 15 else "auto", column_config=config,
    )  # fmt: skip
    return edited


def _changed(kinds: Mapping[str, str], reference: Looked, production: Looked) -> None:
    """What columns hold under the kind that was chosen: the table above keeps what was guessed, so that it stays."""
    rows = [
        {"Column": safe_cell(name), "Kind": kind, **cells(*of_kind(reference, production, name, kind), True)}
        for name, kind in kinds.items()
    ]
    st.caption("As the kind that you chose:")
    frame = pd.DataFrame(rows)
    st.dataframe(frame, hide_index=True, key="as_chosen", alt="Columns whose kind was changed",
                 column_config={name: config_of(name) for name in frame.columns if ", " in name})  # fmt: skip
