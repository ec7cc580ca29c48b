"""Runs as lists and pickers have them: every one that is on record, newest first, and the one that a link asks for."""

from collections.abc import Sequence

import streamlit as st

from engine.access.reading import seen
from engine.record import Record
from engine.store import Store, records
from pages.shared.picking import asked
from pages.shared.recorded import version_of
from pages.shared.view import option_of
from pages.shared.visiting import check
from pages.shared.words import mark, plain

ANY = "any"
MOST = 500  # runs that a list or a picker holds; a search narrows it down


def all_runs(store: Store) -> tuple[Record, ...]:
    """Every run and every revision without findings that who is there sees, the newest window first."""
    return seen(check("look"), _all(store.place, version_of(store), store))


@st.cache_resource(max_entries=4, show_spinner="Reading what was recorded …")
def _all(place: str, version: str, _store: Store) -> tuple[Record, ...]:
    return tuple(reversed(records(_store, latest=False, findings=False)))


def window_text(run: Record) -> str:
    """A run's window as a filter has it: its first day, or that it is of all time."""
    return option_of(run.window) if run.window else "all time"


def words_of(run: Record) -> str:
    """A run's window and cohort, for a reader."""
    said = run.window.words if run.window else "all time"
    return f"{said}, {run.cohort}" if run.cohort else said


def option(run: Record) -> str:
    """A run as the picker has it; it begins with the id, which alone is enough in a link."""
    again = f" · revision {run.revision}" if run.revision else ""
    return f"{run.id} · {run.monitor} · {words_of(run)} · {mark(run.severity)}{again}"


def chosen_run(runs: Sequence[Record], everything: str) -> Record | None:
    """The run that the sidebar's picker or a link holds, None for none. everything: what the empty picker says."""
    shown = {option(one): one for one in runs[:MOST]}
    wanted = asked("run")
    if wanted and wanted not in shown:
        begins = wanted.split(" ")[0].lower()
        found = next((one for one in runs if begins and one.id.startswith(begins)), None)
        if found is None:
            st.warning(f"Run {plain(repr(wanted[:60]))} is not on record here.", icon=":material/link_off:")
            st.session_state["run"] = None
        else:
            shown[option(found)] = found
            st.session_state["run"] = option(found)
    with st.sidebar:
        chosen = st.selectbox("Run", list(shown), index=None, key="run", bind="query-params", placeholder=everything,
                              help="Write part of an id, a monitor, a window or a state.")  # fmt: skip
    return shown.get(chosen or "")


def matching(
    runs: Sequence[Record], monitor: str, window: str, severity: str, text: str, earlier: bool
) -> list[Record]:
    """Runs that the filters leave. text: words that all stand somewhere; earlier: revisions that were replaced too."""
    replaced = set() if earlier else {one.revises for one in runs if one.revises}
    words = text.casefold().split()

    def says(one: Record) -> str:
        return f"{option(one)} {one.against} {one.trigger} {one.version} {one.at} {window_text(one)}".casefold()

    return [
        one for one in runs
        if monitor in (ANY, one.monitor) and window in (ANY, window_text(one))
        and severity in (ANY, str(one.severity).replace("_", " ")) and one.id not in replaced
        and all(word in says(one) for word in words)
    ]  # fmt: skip
