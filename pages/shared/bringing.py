"""One side of a new monitor on its way in: sent from the visitor's machine, or pointed to where it lies."""

from typing import Any

import streamlit as st

from engine.errors import PlumblineError
from engine.monitor import Monitor
from pages.shared import states
from pages.shared.intake import Source, allowed_roots, let_go, source_at, source_of
from pages.shared.offered import offered
from pages.shared.uploading import uploader
from pages.shared.view import OWN
from pages.shared.visiting import check, may
from pages.shared.words import plain

SIDES = {"reference": "what the model was built or approved on", "production": "what it sees now"}
UPLOAD, PATH = "Upload a file", "Point to a path"
SOURCES = "sources"


def sources() -> dict[str, Source]:
    """What this session has brought in, by side."""
    found: dict[str, Source] = st.session_state.get(SOURCES, {})
    return found


def bring(side: str) -> None:
    """One side: how it comes in, and what came."""
    st.subheader(side.capitalize(), anchor=False)
    st.caption(SIDES[side])
    ways = [UPLOAD, PATH] if may("point") else [UPLOAD]
    how = st.segmented_control(
        "How", ways, default=UPLOAD, required=True, key=f"how_{side}", persist_state="session",
        label_visibility="collapsed",
    ) if len(ways) > 1 else UPLOAD  # fmt: skip
    again = "Choose another" if side in sources() else f"Choose the {side} file"
    if how == UPLOAD:
        if done := uploader(side, again, f"upload_{side}"):
            take(side, str(done["id"]), bool(done.get("already")))
    else:
        roots = ", ".join(plain(root) for root in allowed_roots())
        st.selectbox(
            "File, folder or pattern", offered(), index=None, key=f"path_{side}", accept_new_options=True,
            on_change=point, args=(side,), placeholder="choose one, newest first, or type", persist_state="session",
            help=f"Folders are read whole; patterns as in data/*.parquet. Under {roots}, hidden folders left out.",
        )  # fmt: skip
    if error := st.session_state.get(f"error_{side}"):
        states.broken("This cannot be read", error, "Give another file.", key=f"broken_{side}", to_data=False)
    elif source := sources().get(side):
        st.markdown(f"Here: **{plain(source.name)}**" + (" – already here, not sent again" if source.again else ""))


def point(side: str) -> None:
    """Take the path that was chosen or typed; for callbacks."""
    given = st.session_state.get(f"path_{side}")
    if given:
        take(side, str(given))


def take(side: str, given: str, already: bool | None = None) -> None:
    """Remember what was brought: an upload by its id, told whether it was here already, or a path."""
    state: Any = st.session_state
    state.pop(f"error_{side}", None)
    upload = already is not None
    try:
        check("upload" if upload else "point")
        source = source_of(given, bool(already)) if upload else source_at(given)
    except PlumblineError as error:
        state[f"error_{side}"] = error
        return
    before = sources()
    state[SOURCES] = {**before, side: source}
    state.pop(f"sheet_{side}", None)  # what was chosen of another workbook
    if side in before:
        let_go(before[side], used([*sources().values()]))


def used(kept: list[Source]) -> set[str]:
    """Paths that something of this session reads: its monitors, and what is chosen here."""
    own: dict[str, Monitor] = st.session_state.get(OWN, {})
    places = [place.path or "" for one in own.values() for place in (one.reference, one.production)]
    return {*places, *(one.path for one in kept)}
