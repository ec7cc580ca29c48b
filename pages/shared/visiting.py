"""Who is there: whom the sign-in token names, by the file of roles as it now is; else who sits here."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.auth_util import get_secrets_auth_section

from engine.access import LOCAL, Access, Visitor, read_access, require, visitor_of
from engine.errors import InvalidAccess, Problem
from pages.shared.words import plain

FILE = "PLUMBLINE_ACCESS"  # the file that gives roles
NO_SIGN_IN = "a file gives roles, but no sign-in is set up: nobody can show who they are"
Claims = Mapping[str, Any]


def visitor() -> Visitor:
    """Who is there, asked anew each time: what the file says now counts now. Raises InvalidAccess for a broken one."""
    return visitor_by(claims())


def claims() -> Claims | None:
    """What the token of this session says; empty where nobody is signed in, None where sign-in is not set up."""
    return st.user.to_dict() if get_secrets_auth_section() else None


def visitor_by(said: Claims | None) -> Visitor:
    """Who these claims name; for deeds that are done outside of any page, with the claims of the page."""
    access = rules()
    if said is None:
        if access is None:
            return LOCAL
        where, hint = os.environ[FILE], "Set up [auth] in .streamlit/secrets.toml, or take the variable away."
        raise InvalidAccess(where, (Problem(None, "file", NO_SIGN_IN, hint),))
    return visitor_of(said, access) if said.get("is_logged_in") is True else Visitor(access=access)


def rules() -> Access | None:
    """The file of roles as it is now; None where none is named. Raises InvalidAccess."""
    named = os.environ.get(FILE, "").strip()
    if not named:
        return None
    try:
        stat = Path(named).stat()
        state = f"{stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_size}"
    except (OSError, ValueError):
        state = "missing"
    return _rules(named, state)


@lru_cache(maxsize=4)
def _rules(path: str, state: str) -> Access:
    """state is part of the key alone: a file that was written anew is read anew; one that is broken is not kept."""
    return read_access(path)


def check(deed: str, monitor: str | None = None) -> Visitor:
    """Who is there, if they may do a deed. Raises Forbidden, UnknownName, InvalidAccess."""
    who = visitor()
    require(who, deed, monitor)
    return who


def may(deed: str, monitor: str | None = None) -> bool:
    """Whether who is there may do a deed; what pages show or leave out, the deed itself asks again.

    A file of roles that was broken since the page was drawn lets nobody do anything: parts that run by themselves ask
    without the frame, which tells it.
    """
    try:
        return visitor().may(deed, monitor)
    except InvalidAccess:
        return False


def sees(monitor: str) -> bool:
    """Whether a monitor is there for who is there."""
    return visitor().sees(monitor)


def name_field(place: Any, label: str = "Your name", key: str = "decide_by", **more: Any) -> str:
    """The name that a deed is put on record under: that of who is signed in; else what is typed, which is marked so."""
    who = visitor()
    if who.signed_in:
        place.markdown(f"{plain(label)}: **{plain(who.name)}**, signed in")
        return who.signature()
    said = "Nobody is signed in here: the record says that this name was typed."
    return str(place.text_input(label, key=key, help=said, **more) or "").strip()


def typed(key: str = "decide_by") -> str:
    """The name as it was typed, for callbacks; it counts only where nobody is signed in."""
    return str(st.session_state.get(key) or "")
