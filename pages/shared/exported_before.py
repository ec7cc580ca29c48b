"""What left the house of a run and who signed it: exports, seals and signatures, as the ledger has them."""

from typing import Any

import streamlit as st

from engine.record import Record
from engine.store import Store, entries
from pages.shared.exporting import BOX
from pages.shared.visiting import may
from pages.shared.words import plain


@st.fragment(run_every=2.0)
def show_history(store: Store, run: Record) -> None:
    """What left the house and who signed it, newest first; looks again by itself, for no page hears of a made file."""
    if not may("look", run.monitor):  # this part runs by itself, without the frame that asks
        return
    st.subheader("Exported and signed before", anchor=False)
    if said := st.session_state.get(BOX, {}).get("error"):
        st.error(plain(said), icon=":material/error:")
    kinds = ("export", "sign-off", "seal")
    mine = [one for one in entries(store) if one.kind in kinds and one.body.get("run") == run.id]
    if not mine:
        st.markdown("Nothing of this run was exported or signed yet.")
        return
    st.dataframe(
        [
            {
                "Entry": one.seq, "At (UTC)": one.at[:19].replace("T", " "), "What": in_words(one.kind, one.body),
                "By": str(one.body.get("by", "–")), "SHA-256 of the file": str(one.body.get("sha256") or "–"),
                "Revises": str(one.body.get("revises") or "–"),
            }
            for one in reversed(mine)
        ],
        hide_index=True, key="exports", alt="Exports and signatures of this run",
    )  # fmt: skip


def in_words(kind: str, body: Any) -> str:
    """An entry in a few words."""
    if kind == "export":
        return f"{str(body['format']).upper()}, {int(body['bytes']):,} bytes"
    if kind == "seal":
        return f"sealed by {body['signer']}" if body["form"] == "seal" else "manifest signed"
    return f"signed as {body['role']}: {body['meaning']}, {body['decision']}"
