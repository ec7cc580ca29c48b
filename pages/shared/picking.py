"""Pickers that are bound to the URL: their options, and what happens to a value that is not there."""

from typing import Any

import streamlit as st

from engine.errors import PlumblineError
from engine.explore import Opened
from engine.slices import Filter, Window, parse_window
from pages.shared.view import ALL, ALL_TIME, NOTICES, PARTIAL, option_of
from pages.shared.words import plain


def window_options(opened: Opened, partial: tuple[bool, ...]) -> dict[str, Window | None]:
    """Picker text -> window; partial ones are marked."""
    found: dict[str, Window | None] = {ALL_TIME: None}
    for window, is_partial in zip(reversed(opened.windows), reversed(partial), strict=True):
        found[option_of(window) + (PARTIAL if is_partial else "")] = window
    return found


def newest_complete(options: dict[str, Window | None]) -> str:
    """The picker's default: the newest window that is not partial, else all time."""
    return next((text for text, one in options.items() if one is not None and not text.endswith(PARTIAL)), ALL_TIME)


def cohort_options(column: str, values: tuple[Any, ...]) -> dict[str, Filter | None]:
    """Picker text -> filter. Missing values are a cohort too; a value that reads like one of ours is quoted."""
    found: dict[str, Filter | None] = {ALL: None}
    for value in values:
        text = "(missing)" if value is None else str(value)
        text = repr(value) if text in found else text
        found[text] = Filter(column, "is_null") if value is None else Filter(column, "eq", (value,))
    return found


def asked(key: str) -> str | None:
    """What a picker holds, or what the link asks it to, before it is drawn."""
    found = st.session_state.get(key, st.query_params.get(key))
    return None if found is None else str(found)


def span_of(text: str | None) -> Window | None:
    """The window that a text START..END means, or None for any other text."""
    try:
        return parse_window(text) if text and ".." in text else None
    except PlumblineError:
        return None


def type_in(label: str, key: str, holds: str, help: str) -> None:
    """A field whose text becomes the value of a picker, which says what it cannot be."""
    field = f"{key}_typed"

    def take() -> None:
        hear()
        if text := str(st.session_state.get(field) or "").strip():
            st.session_state[key] = text
            st.session_state[field] = ""

    st.text_input(label, key=field, placeholder=holds, on_change=take, help=help)


def settle(key: str, options: list[str], default: str) -> int:
    """The index of a picker's default. What a link asks for and is not there is said, and the default taken."""
    wanted = asked(key)
    if wanted is not None and wanted not in options:
        near = next((one for one in options if one.split(" ◌")[0] == wanted.split(" ◌")[0]), None)
        if near is None:
            said = f"{plain(key)} {plain(repr(wanted))} is not there; {plain(default)} is shown."
            st.session_state[NOTICES] = [*st.session_state.get(NOTICES, []), said]
        st.session_state[key] = near or default
    return options.index(default) if default in options else 0


def hear() -> None:
    """A picker was used: what was said about the link is over."""
    st.session_state.pop(NOTICES, None)


def pick(label: str, options: list[str], default: str, key: str, help: str | None = None, **more: Any) -> str:
    """A picker that is bound to the URL and never holds a value that is not there."""
    index = settle(key, options, default)
    found = st.selectbox(label, options, index=index, key=key, bind="query-params", on_change=hear, help=help, **more)
    return found if found in options else default
