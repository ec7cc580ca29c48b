"""The text of a monitor file while it is changed: which file, by typing or by the form, and what became of it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import PlumblineError
from engine.monitor import Monitor
from engine.monitor.fields import MEANING
from engine.monitor.lines import with_field
from engine.monitor.write import to_yaml
from engine.slices import UNITS
from pages.shared.entries import folder_of_monitors, named
from pages.shared.monitor_files import Held, held, path_of
from pages.shared.picking import pick
from pages.shared.view import OWN

TEXT, HELD, OF, PROBLEM = "yaml_text", "yaml_held", "yaml_of", "form_problem"
NEW, OWN_MARK = "a new monitor", " · this session's own"
TEMPLATE = """monitor: my-monitor
description: ""
owner: ""
reference: {path: data/demo/reference.parquet}
production: {path: data/demo/production.parquet}
"""
CHOICES = {  # fields of the form that hold one of a few values
    "window.every": tuple(f"1 {unit}" for unit in UNITS),
    "model.task": ("classification", "regression"),
    "model.tier": ("low", "medium", "high"),
}
FORM = (  # fields of the form, in its order; the rest is changed in the text
    "description", "owner", "model.name", "model.version", "model.task", "model.tier", "columns.timestamp",
    "columns.score", "columns.prediction", "columns.target", "window.every", "window.grace", "policy.persist",
    "policy.max_model_age",
)  # fmt: skip
OPTIONAL = ("columns.timestamp", "columns.score", "columns.prediction", "columns.target", "policy.max_model_age")


def choose_file() -> str:
    """The picker of files: those of the folder, what only this session has, and a new one."""
    folder = folder_of_monitors()
    files = sorted(one.name for one in [*folder.glob("*.yaml"), *folder.glob("*.yml")])
    first = next((path.name for _, path in named({})[0].values() if path), None)  # what opens first elsewhere too
    own = [f"{name}{OWN_MARK}" for name in st.session_state.get(OWN, {})]
    options = [*files, *own, NEW]
    default, help = first if first in options else options[0], "The files of the folder of monitors, and drafts."
    return pick("File", options, default, "file", help)


def text_of(chosen: str) -> tuple[Held, str]:
    """The file as it was when it was opened, and the text that is being changed; loaded when another is chosen."""
    state: Any = st.session_state
    if state.get(OF) != chosen or HELD not in state:
        load(chosen)
    elif TEXT not in state:  # the page was left and came back: the widget's own value is gone
        state[TEXT] = state["yaml_kept"]
    return state[HELD], state[TEXT]


def load(chosen: str) -> None:
    """Take the file's text, or the draft's; for callbacks too. What was typed before is gone."""
    state: Any = st.session_state
    own: Mapping[str, Monitor] = state.get(OWN, {})
    if chosen == NEW or chosen.endswith(OWN_MARK):
        monitor = own.get(chosen.removesuffix(OWN_MARK))
        state[HELD], state[TEXT] = None, to_yaml(monitor) if monitor else TEMPLATE
    else:
        state[HELD] = held(folder_of_monitors() / chosen)
        state[TEXT] = state[HELD].text
    state[OF] = chosen


def new_file(name: str) -> Held:
    """Where a monitor without a file would be saved. Raises UnreadableSource where that is taken."""
    return Held(path_of(name), "", "")


def show_form(monitor: Monitor) -> None:
    """The plain fields of a monitor; each change is a change of one line of the text."""
    fields = monitor.as_written()
    columns = st.columns(2)
    for i, field in enumerate(FORM):
        section, _, name = field.rpartition(".")
        value = (fields[section] if section else fields)[name]
        key = f"form_{field}"
        if isinstance(value, dict):
            columns[i % 2].text_input(field, "a table of its own", disabled=True, key=f"{key}_table")
            continue
        st.session_state[key] = value if field in CHOICES else str(value or "")
        if field in CHOICES:
            columns[i % 2].selectbox(field, CHOICES[field], key=key, on_change=take, args=(field,), help=MEANING[field])
        else:
            columns[i % 2].text_input(field, key=key, on_change=take, args=(field,), help=MEANING[field])
    if problem := st.session_state.pop(PROBLEM, None):
        st.code(problem, language=None, wrap_lines=True)


def take(field: str) -> None:
    """Put what a field of the form holds into the text; what does not fit is said, and the text stays."""
    state: Any = st.session_state
    value = state[f"form_{field}"]
    try:
        state[TEXT] = with_field(state[TEXT], field, None if field in OPTIONAL and not value else value)
    except PlumblineError as error:
        state[PROBLEM] = str(error)
