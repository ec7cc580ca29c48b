"""From two datasets and what was chosen about their columns to a monitor."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.columns import ONCE, Role
from engine.errors import UnusableData, shown
from engine.monitor import Monitor
from engine.monitor.model import Columns, WindowRule
from engine.tables.sources import Dataset
from pages.shared.intake import Source
from pages.shared.view import GOING, NOTICES, OWN

NAMED = ("id", "timestamp", "score", "prediction", "target", "latency", "error")


def draft(
    name: str,
    reference: Dataset,
    sources: Mapping[str, Source],
    kinds: Mapping[str, str],
    roles: Mapping[str, str],
    cohorts: Sequence[str],
    unit: str,
) -> Monitor:
    """The monitor that was chosen. Raises UnusableData where a role is given to two columns."""
    counts = Counter(roles.values())
    twice = next((role for role in ONCE if counts[str(role)] > 1), None)
    if twice is not None:
        both = ", ".join(shown(column) for column, role in roles.items() if role == twice)
        raise UnusableData(f"Only one column can be the {twice}: {both}.", hint="Make the others feature or ignore.")
    guessed = {column.name: column for column in reference.columns}
    changed = {one: kind for one, kind in kinds.items() if kind != str(guessed[one].kind)}
    by_role = {role: column for column, role in roles.items() if role in NAMED}
    features = [column for column, role in roles.items() if role == str(Role.FEATURE)]
    as_guessed = all(role == str(guessed[column].role) for column, role in roles.items())
    columns = {
        **{role: by_role.get(role) for role in NAMED},
        "features": "all" if as_guessed else features,
        "ignore": [column for column, role in roles.items() if role == str(Role.IGNORE)],
        "cohorts": list(cohorts),
        "kinds": changed,
    }
    return Monitor(
        monitor=name.strip() or "my-monitor",
        reference=sources["reference"].written(),
        production=sources["production"].written(),
        columns=Columns.model_validate(columns),
        window=WindowRule(every=f"1 {unit}"),
    )


def start(monitor: Monitor) -> None:
    """Make a monitor this session's own and open the dashboard on it; nobody else sees it."""
    st.session_state[OWN] = {**st.session_state.get(OWN, {}), monitor.monitor: monitor}
    state: Any = st.session_state
    for key in list(state):  # choices that were made for another monitor
        if key in ("window", "filter", "column", "metric", "selected", NOTICES) or str(key).startswith("cohort-"):
            del state[key]
    state["monitor"] = monitor.monitor
    state[GOING] = ("review/overview.py", {})
