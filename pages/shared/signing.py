"""Signing a run: in which role, whose printed name, what the signature means, and what was decided."""

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from engine.access import acts
from engine.errors import PlumblineError
from engine.evidence.snapshot import MEANINGS, ROLES, SignOff
from engine.record import Record
from engine.store import Store
from pages.shared.visiting import may, name_field, visitor
from pages.shared.words import plain

DECISIONS = ("accept", "accept with conditions", "reject")
PROBLEM, DONE = "sign_problem", "sign_done"


def show_signing(store: Store, run: Record) -> None:
    """The form; a signature is an entry of the ledger and stands in every file that is exported after it."""
    if not may("sign"):
        st.caption("Signing takes the role reviewer.")
        return
    with st.expander("Sign off", key="sign_off", icon=":material/signature:"):
        st.caption(
            "An entry with your name, no cryptographic signature. What was exported stays as it is: the next PDF is "
            "a new revision that names the SHA-256 of the one before."
        )
        with st.form("sign", border=False, enter_to_submit=False):
            left, right = st.columns(2)
            left.selectbox("Role", ROLES, index=None, key="sign_role", placeholder="Choose")
            right.selectbox("Meaning", MEANINGS, index=None, key="sign_meaning", placeholder="Choose")
            name_field(left, "Printed name", "sign_name")
            right.selectbox("Decision", DECISIONS, index=None, key="sign_decision", placeholder="Choose")
            st.form_submit_button("Sign", on_click=take, args=(store, run), type="secondary")
        if problem := st.session_state.pop(PROBLEM, None):
            st.error(plain(problem), icon=":material/error:")
    if done := st.session_state.pop(DONE, None):
        st.success(plain(done), icon=":material/check:")


def take(store: Store, run: Record) -> None:
    """Record what the form holds; for callbacks."""
    state: Any = st.session_state
    fields = {name: str(state.get(f"sign_{name}") or "") for name in ("role", "name", "meaning", "decision")}
    try:
        who = visitor()
        fields["name"] = who.name if who.signed_in else fields["name"]
        made = SignOff(**fields, at=datetime.now(UTC).isoformat(timespec="seconds"))
        entry = acts.sign(who, store, run.id, made)
    except PlumblineError as error:
        state[PROBLEM] = str(error)
        return
    state[DONE] = f"Signed: entry {entry.seq} of the ledger. Export it again: the file now names {entry.body['name']}."
    for name, empty in (("role", None), ("meaning", None), ("decision", None), ("name", "")):
        state[f"sign_{name}"] = empty
