"""From two files that were looked at to a monitor that runs: what it will tell, what not, and the one button."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.columns import Role
from engine.errors import PlumblineError
from engine.monitor import Monitor
from engine.monitor.write import to_yaml
from engine.slices import UNITS
from pages.shared import door
from pages.shared.column_table import Chosen
from pages.shared.draft import draft, start
from pages.shared.entries import Entry, key_of
from pages.shared.files import Looked
from pages.shared.intake import Source
from pages.shared.keeping import keep
from pages.shared.visiting import may
from pages.shared.words import counted, plain

# What is not computed where no column has a role, and what could be done about it.
WITHOUT = {
    Role.TIMESTAMP: "no windows, no history and no floors from the reference's own weeks: all rows are taken together",
    Role.SCORE: "no drift of scores, and no performance estimated before labels come",
    Role.PREDICTION: "no accuracy and no errors, unless a score says what is predicted",
    Role.TARGET: "no performance; labels that come later may stand in a table of their own, joined by id",
    Role.ID: "repeated rows are not told, and labels in a table of their own cannot be joined",
}
KEPT, FAILED = "monitor_kept", "monitor_not_kept"


def show(place: Any, reference: Looked, chosen: Chosen, sources: Mapping[str, Source]) -> None:
    """What the monitor will be, with its name and windows, and the button that starts it."""
    with place.container(border=True, key="starting"):
        st.markdown(amounts_to(chosen))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name of the monitor", value="my-monitor", key="new_name", persist_state="session",
                                 width=240)  # fmt: skip
            timed = str(Role.TIMESTAMP) in chosen.roles.values()
            unit = st.selectbox("Windows", UNITS, index=2, key="new_unit", width=130) if timed else "week"
            try:
                monitor = draft(
                    name or "", reference.dataset, sources, chosen.kinds, chosen.roles, chosen.cohorts, str(unit)
                )
            except PlumblineError as error:
                st.markdown(f":red[■] {plain(error)}")
                return
            st.button("Start monitoring", type="primary", key="start", on_click=start, args=(monitor,))
            st.download_button("Download as YAML", to_yaml(monitor), f"{file_name(name)}.yaml", key="yaml",
                               on_click="ignore")  # fmt: skip
            if may("edit"):
                help = "Writes it into the folder of monitors; what was uploaded is kept beside it."
                st.button("Save for everybody", key="keep", on_click=save, args=(monitor, sources), help=help)
        told()
    ahead(monitor)


def amounts_to(chosen: Chosen) -> str:
    """What was understood, in a sentence, and what will not be computed."""
    by_role = {role: name for name, role in chosen.roles.items() if role not in ("feature", "ignore")}
    features = sum(role == "feature" for role in chosen.roles.values())
    known = ", ".join(f"{role} **{plain(name)}**" for role, name in by_role.items())
    groups = ", ".join(f"**{plain(one)}**" for one in chosen.cohorts)
    said = f"{counted(features, 'feature')}{'; ' + known if known else ''}" + (
        f"; cohorts by {groups}" if groups else ""
    )
    lines = [f"Understood: {said}. Change it in the table below where that is wrong."]
    missing = {role: why for role, why in WITHOUT.items() if str(role) not in by_role}
    if Role.SCORE not in missing:  # which says what is predicted, too
        missing.pop(Role.PREDICTION, None)
    if missing:
        lines.append("Not computed, until a column of the table is given the role:")
    return "\n\n".join(lines) + "".join(f"\n- ◌ no **{role}**: {why}" for role, why in missing.items())


def file_name(name: str) -> str:
    """A monitor's name as a file's."""
    return "".join(one if one.isalnum() or one in "-_" else "-" for one in name)[:60].strip("-") or "monitor"


def ahead(monitor: Monitor) -> None:
    """Begin to open it while its maker still looks: what is counted now need not be waited for."""
    state: Any = st.session_state
    key = key_of(monitor, None)
    before = state.get("ahead")
    if before is None or before[0] != key:
        if before is not None and not before[1].future.done():
            before[1].stop.set()
        state["ahead"] = (key, door.opening(key, Entry(monitor.monitor, monitor, None, key)))


def save(monitor: Monitor, sources: Mapping[str, Source]) -> None:
    """Write it into the folder of monitors; for callbacks."""
    state: Any = st.session_state
    try:
        state[KEPT] = keep(monitor, sources)
    except PlumblineError as error:
        state[FAILED] = str(error)


def told() -> None:
    """What became of saving it."""
    state: Any = st.session_state
    if failed := state.pop(FAILED, None):
        st.markdown(f":red[■] {plain(failed)}")
    if kept := state.pop(KEPT, None):
        st.markdown(f":green[●] Saved as **{plain(kept)}**: all who come here see it on Home.")
