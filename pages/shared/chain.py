"""The ledger itself: its head, to be kept elsewhere, and a check of every entry and run in it."""

from functools import partial

import streamlit as st

from engine.errors import Cancelled, PlumblineError
from engine.findings import Severity
from engine.store import Chain, Store, head, verify
from pages.shared import states
from pages.shared.door import Progress, begin
from pages.shared.visiting import check as check_visitor
from pages.shared.visiting import visitor
from pages.shared.words import badge, counted, plain

WORK = "checking_chain"
SHOWN = 20  # flaws that are listed
HIDDEN = "What differs may be about monitors that are not yours to see: tell whoever sees them all."


def show_chain(store: Store) -> None:
    """The head, and the button that checks the whole chain."""
    st.subheader("The ledger here", anchor=False)
    last = head(store)
    if last is None:
        st.markdown("◌ It is empty: nothing was recorded yet.")
        return
    st.markdown(
        f"{counted(last.seq, 'entry').replace('entrys', 'entries')}, the last of {last.at[:16].replace('T', ' ')} UTC. "
        "Its hash stands for all before it. Keep it elsewhere – in a ticket, a mail, a notary's book: then nobody can "
        "rebuild the ledger unseen."
    )
    st.code(last.hash, language=None, wrap_lines=True)
    known = st.text_input("A hash that was kept elsewhere", key="known_head", placeholder="12 digits or more; optional")
    st.button("Check every entry and run", key="check_chain", on_click=start, args=(store, (known or "").strip()))
    show_result()


def check(store: Store, known: str, tell: Progress) -> Chain:
    return verify(store, known or None, tell)


def start(store: Store, known: str) -> None:
    """Begin to check; for callbacks."""
    check_visitor("verify")
    st.session_state[WORK] = begin(partial(check, store, known), "Checking was stopped.", "ledger")


def show_result() -> None:
    """How far checking is, and what came of it."""
    work = st.session_state.get(WORK)
    if work is None:
        return
    states.wait(work, "Checking the ledger", "every entry, run and decision is compared.", "checking_chain")
    try:
        found: Chain = work.future.result()
    except (Cancelled, PlumblineError) as error:
        del st.session_state[WORK]
        states.broken("The ledger was not checked", error, "Check it again.", key="broken_chain", to_data=False)
        return
    with st.container(key="chain_result"):
        word = "as it was" if found.ok else "not as it was"
        told = found.words if found.ok or visitor().sees_all else HIDDEN
        st.markdown(f"{badge(Severity.OK if found.ok else Severity.CRITICAL, word)} {plain(told)}")
        if not found.ok and not visitor().sees_all:
            return
        if len(found.flaws) > 1:
            st.markdown("\n".join(f"- {plain(one.sentence)}" for one in found.flaws[:SHOWN]))
