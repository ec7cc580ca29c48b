"""What became of a recorded run: its revisions, what people decided about it, and its entries in the ledger."""

from collections.abc import Sequence

import streamlit as st

from engine.record import Record
from engine.store import Entry, Store, decisions
from pages.shared.words import counted, plain


def show_revisions(one: Record, runs: Sequence[Record]) -> None:
    """The trace of a window that was recorded more than once; the newest is the one that counts."""
    same = [r for r in runs if (r.monitor, r.window, r.against, r.cohort) == (one.monitor, one.window, one.against,
                                                                             one.cohort)]  # fmt: skip
    if len(same) < 2:
        return
    st.subheader("Revisions", anchor=False)
    last = max(same, key=lambda r: r.revision)
    said = "the one that counts" if last.id == one.id else f"replaced: revision {last.revision} is the one that counts"
    st.markdown(f"This is revision {one.revision} of {counted(len(same), 'record')} of this window, {said}.")
    st.dataframe(
        [
            {"Revision": r.revision, "Recorded (UTC)": r.at[:16].replace("T", " "), "Trigger": r.trigger,
             "State": str(r.severity).replace("_", " "), "Rows": r.rows, "Labelled": r.labelled, "Run": r.id}
            for r in sorted(same, key=lambda r: r.revision)
        ],
        hide_index=True, key="revisions", alt="Revisions of this window",
    )  # fmt: skip


def show_decisions(store: Store, one: Record) -> None:
    st.subheader("Decisions", anchor=False)
    made = [d for d in decisions(store, one.monitor) if d.run == one.id]
    for d in made:
        what = ", ".join(d.findings) or "all in alarm"
        st.markdown(f"**{d.choice}** by {plain(d.by)}, {d.at[:16].replace('T', ' ')} UTC, about {plain(what)}: "
                    f"{plain(d.reason)}")  # fmt: skip
    if not made:
        st.markdown("Nobody has decided anything about this run.")


def show_entries(mine: Sequence[Entry]) -> None:
    """The ledger's entries about the run and about the rules that it ran under."""
    st.subheader("In the ledger", anchor=False)
    st.dataframe(
        [{"Entry": e.seq, "At (UTC)": e.at[:19].replace("T", " "), "Kind": e.kind, "By": str(e.body.get("by", "–")),
          "Hash": e.hash} for e in mine],
        hide_index=True, key="entries", alt="Entries of the ledger about this run",
    )  # fmt: skip
