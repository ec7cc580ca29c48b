"""Verify: is a file still the evidence that was made? Five levels in words, and what none of them can prove."""

import hashlib
from functools import partial

import streamlit as st

from engine.errors import Cancelled, PlumblineError, UnusableStore
from engine.errors import plain as shown_plain
from engine.evidence.verify import LIMIT, Level, Verified
from engine.findings import Severity
from engine.store import Store
from pages.shared import recorded, states
from pages.shared.chain import show_chain
from pages.shared.checking import check, manifest_of
from pages.shared.door import begin
from pages.shared.entries import monitors
from pages.shared.recording import store_broken
from pages.shared.visiting import may, visitor
from pages.shared.words import badge, counted, plain

LARGEST = 100  # megabytes of a file; 40 columns have 0.7
CHECKED = "checked"
SAME, DIFFERENT, UNKNOWN = "same", "different", "unknown"
MEANS = {
    SAME: (Severity.OK, "as it was"),
    DIFFERENT: (Severity.CRITICAL, "not as it was"),
    UNKNOWN: (Severity.NOT_ENOUGH_DATA, "cannot be told here"),
}
ASKS = {
    1: "Are the data inside the ones that the file names?",
    2: "Do the entries of the ledger that it shows follow one another?",
    3: "Drawn again from its data, is it the same to the last byte?",
    4: "Does the ledger here know this very file, and the run in it?",
    5: "Computed again from the original data, does every number come out?",
    6: "Is its seal whole, and whose is it?",
    7: "Is its manifest the one that was signed, and by whom?",
}
SHOWN = 20  # differences of a level that are listed


def main() -> None:
    store: Store | None = None
    try:
        store = recorded.the_store()
    except UnusableStore as error:
        store_broken(error)
    st.markdown("Drop a file that was exported here or elsewhere. It is read, checked and not kept.")
    left, right = st.columns([3, 2], gap="large")
    with right:
        if store is not None:
            show_chain(store)
    with left:
        given = st.file_uploader("Evidence: PDF or JSON; CSV and HTML are known by ledger or manifest",
                                 type=["pdf", "json", "csv", "html"], key="evidence",
                                 max_upload_size=LARGEST)  # fmt: skip
        st.caption(f"Larger than {LARGEST} MB: `python -m engine verify FILE` on the machine where it lies.")
        beside = st.file_uploader("Its manifest and signature, where there are any", type=["json", "sig"], key="beside",
                                  accept_multiple_files=True, max_upload_size=1)  # fmt: skip
        data = may("recompute") and st.toggle(
            "With the original data: compute every number again", key="with_data", bind="query-params",
            help="Takes some seconds; the files must still be there.",
        )  # fmt: skip
        places = moved() if data else {}
        if given is not None:
            dropped = [(one.name, one.getvalue()) for one in beside]
            answer(store, given.getvalue(), given.name, bool(data), places, dropped)
        elif beside:
            st.markdown("◌ The manifest is there; drop the file that it is about too.")


def moved() -> dict[str, str]:
    """Where the data lie now, if they are not where they were."""
    if not may("point"):
        return {}
    with st.expander("The files have moved", key="moved"):
        typed = {
            side: st.text_input(side.capitalize(), key=f"place_{side}", placeholder="a path on this machine").strip()
            for side in ("reference", "production", "labels")
        }
    return {side: place for side, place in typed.items() if place}


def answer(
    store: Store | None, whole: bytes, name: str, data: bool, places: dict[str, str], beside: list[tuple[str, bytes]]
) -> None:
    """Check in the background, once for each file and question; then tell."""
    try:
        manifest = manifest_of(beside)
    except PlumblineError as error:
        states.broken("The manifest cannot be checked", error, "Both lie where it was signed.", to_data=False)
        return
    version = recorded.version_of(store) if store else ""
    digests = [hashlib.sha256(one).hexdigest() for one in (whole, *(manifest or ()))]
    key = f"{digests} {data} {sorted(places.items())} {version}"
    asked, work = st.session_state.get(CHECKED, ("", None))
    if asked != key or work is None:
        bases = {one.monitor.monitor: one.base for one in monitors({})[0].values()}
        task = partial(check, visitor(), whole, name, store, data, places, bases, manifest=manifest)
        work = begin(task, "Checking was stopped.", "file")
        st.session_state[CHECKED] = key, work
    states.wait(work, f"Checking {plain(shown_plain(name, 60))}", "nothing of it is kept.", "checking")
    try:
        found, why = work.future.result()
    except (Cancelled, PlumblineError) as error:
        del st.session_state[CHECKED]
        states.broken("The file was not checked", error, "Drop it again.", to_data=False)
        return
    show(found, why, len(whole))


def show(found: Verified, why: str, size: int) -> None:
    """The answer in a sentence, then level by level."""
    severity, word = MEANS[found.state]
    with st.container(border=True, key="answer"):
        st.markdown(f"{badge(severity, word)} **{plain(found.words)}**")
        run = f" · run `{plain(found.run[:40])}`" if found.run else ""
        st.markdown(f"{plain(shown_plain(found.file, 80))}, {counted(size, 'byte')}{run}")
        st.code(f"SHA-256 {found.sha256}", language=None, wrap_lines=True)
    for one in found.levels:
        show_level(one, why if one.number == 5 else "")
    st.markdown(
        f"**What this cannot prove.** {plain(LIMIT)} A sign-off is an entry with a name; a seal is cryptographic, "
        "and says which key was at hand, not who held it. "
        "That a number comes out again says nothing about whether it was the right question."
    )


def show_level(one: Level, why: str) -> None:
    """One question, its mark, its answer, and what differs."""
    severity, word = MEANS[one.state]
    with st.container(gap="xsmall", key=f"level_{one.number}"):
        st.markdown(f"{badge(severity, word)} **{one.number} · {ASKS[one.number]}**")
        st.markdown(plain(f"The numbers were not computed again: {why}" if why else one.words))
        if one.differing:
            st.markdown("\n".join(f"- {plain(shown_plain(said, 200))}" for said in one.differing[:SHOWN]))
            if more := len(one.differing) - SHOWN:
                st.caption(f"and {more} more" if more > 0 else "")


main()
