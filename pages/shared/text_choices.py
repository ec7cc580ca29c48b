"""How a text file was read: every choice with what spoke for it, each to be changed; the rows that did not fit."""

from dataclasses import replace
from typing import Any

import streamlit as st

from engine.errors import PlumblineError
from engine.tables.sources import Dataset
from engine.tables.text.rejects import Rejects, as_sheet
from engine.tables.text.text_format import ENCODINGS, SAID, TextFormat, text_format
from pages.shared.bringing import SOURCES, sources
from pages.shared.words import counted, plain, safe_cell

# The choices in their order: what they are called, and what they may be besides what was found; None: typed.
CHOICES: tuple[tuple[str, str, tuple[str, ...] | None], ...] = (
    ("delimiter", "Between fields", (",", ";", "\t", "|", " ", ":")),
    ("decimal", "Decimal mark", (".", ",")),
    ("thousands", "Between thousands", ("", ".", ",", "'", " ")),
    ("encoding", "Letters", tuple(ENCODINGS)),
    ("header", "Rows of names", ("0", "1", "2", "3")),
    ("skip", "Lines before them", None),
    ("quote", "Quote", ("", '"', "'")),
    ("nulls", "Words for missing", None),
    ("dates", "Dates as", ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y%m%d")),
    ("timestamps", "Moments as", ("%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y%m%d%H%M%S")),
)
SHOWN, ROWS = {"": "none", **SAID, '"': 'double "', "'": "single '", ".": "point"}, 200


def show(side: str, one: Dataset) -> None:
    """The choices in force and the rows left out; a change reads the file again."""
    if one.rejects is not None and one.rejects.count:
        _rejected(side, one.rejects)
    if len(one.sheets) > 1:
        st.selectbox("Sheet", one.sheets, one.sheets.index(one.sheet), key=f"sheet_{side}", on_change=choose_sheet,
                     args=(side,), width=320, help="Found: the first that is visible and holds anything.")  # fmt: skip
    if one.text is not None:
        with st.expander("Read otherwise", expanded=bool(chosen(side)), key=f"otherwise_{side}"):
            st.caption("Each choice was found in the file. Change one where it is wrong: the file is read again.")
            places = st.columns(5)
            for i, (name, label, options) in enumerate(CHOICES):
                with places[i % len(places)]:
                    _choice(side, name, label, options, one.text)
            if chosen(side):
                st.button("As it was found", key=f"found_{side}", on_click=forget, args=(side,))
            if error := st.session_state.get(f"text_error_{side}"):
                st.markdown(f":red[■] {plain(error)}")


def _rejected(side: str, rejects: Rejects) -> None:
    """Rows that were left out, each with its line and the reason."""
    rows = [{key: safe_cell(value) for key, value in row.items()} for row in rejects.rows(ROWS)]
    with st.expander(f"▲ {counted(rejects.count, 'row')} left out: line, column, reason, text", key=f"left_out_{side}"):
        st.dataframe(rows, hide_index=True, key=f"rejects_{side}", alt=f"Rows of the {side} file that were left out")
        if rejects.count > len(rows):
            st.caption(f"The first {len(rows):,} of {rejects.count:,}.")
        said = "Download them" if rejects.kept == rejects.count else f"Download {rejects.kept:,} of them"
        st.download_button(f"{said} as CSV", lambda: as_sheet([(side, rejects)]), f"left-out-{side}.csv", "text/csv",
                           key=f"take_{side}", on_click="ignore")  # fmt: skip


def chosen(side: str) -> dict[str, Any]:
    """What was chosen for a side, not found."""
    source = sources().get(side)
    return source.text.chosen if source and source.text else {}


def _choice(side: str, name: str, label: str, options: tuple[str, ...] | None, text: TextFormat) -> None:
    """One choice: what was found first."""
    key, now, help = f"text_{side}_{name}", _written(getattr(text, name)), text.why.get(name)
    taken: dict[str, Any] = {"key": key, "on_change": change, "args": (side, name, key), "help": help and plain(help)}
    if options is None:
        st.text_input(label, now, **taken)
        return
    known = list(dict.fromkeys([now, *options]))
    typed = name in ("encoding", "dates", "timestamps")
    st.selectbox(label, known, index=0, format_func=lambda one: SHOWN.get(one, one), accept_new_options=typed, **taken)


def _written(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def change(side: str, name: str, key: str) -> None:
    """Take a choice; for callbacks. What it cannot be is told, and the file stays as it was read."""
    state: Any = st.session_state
    state.pop(f"text_error_{side}", None)
    source = sources()[side]
    try:
        made = text_format({**(source.text.chosen if source.text else {}), name: state.get(key)})
    except PlumblineError as error:
        state[f"text_error_{side}"] = str(error)
        return
    _put(side, text=made)


def forget(side: str) -> None:
    """Read the file as it was found; for callbacks."""
    _put(side, text=None)


def reset(side: str) -> None:
    """Forget every choice of a side; for callbacks."""
    _put(side, text=None, sheet="")


def choose_sheet(side: str) -> None:
    """Read another sheet of a workbook; for callbacks."""
    _put(side, sheet=str(st.session_state.get(f"sheet_{side}") or ""))


def _put(side: str, **how: Any) -> None:
    state: Any = st.session_state
    state[SOURCES] = {**sources(), side: replace(sources()[side], **how)}
    for name, *_ in CHOICES:  # widgets begin with what is found now
        state.pop(f"text_{side}_{name}", None)
