"""One recorded run in full: verdict, worst findings, distributions out of the store, revisions, decisions, ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from engine.evidence.canonical import sha256
from engine.evidence.exported import about, called_for
from engine.findings import Finding, NotComputed, Severity
from engine.record import Record
from engine.store import Entry, Recorded, Store, record, run_of, text_of
from pages.shared.on_record import option, words_of
from pages.shared.recorded import version_of
from pages.shared.redrawn import show_columns
from pages.shared.run_trail import show_decisions, show_entries, show_revisions
from pages.shared.tables import CALLS
from pages.shared.view import GOING, option_of
from pages.shared.words import badge, counted, plain

WORST = 8  # findings that have a line of their own
REVIEW, SNAPSHOT = "review/review.py", "evidence/snapshot.py"


@st.cache_resource(max_entries=24, show_spinner="Reading the run …")
def _run(place: str, run: str, sha: str, _store: Store) -> Recorded:
    return run_of(_store, run)


@st.cache_resource(max_entries=100, show_spinner=False)
def _called_for(place: str, run: str, version: str, _store: Store, _told: dict[str, Any]) -> dict[str, Any] | None:
    found = record(_store, run)
    return called_for(_store, found, _told, datetime.fromisoformat(found.at).date())


def show_run(store: Store, one: Record, runs: Sequence[Record]) -> None:
    """Everything that is on record about a run. Raises UnusableStore and other PlumblineErrors."""
    text, said = text_of(store, one.id)
    whole = sha256(text.encode("utf-8", "backslashreplace"))
    run = _run(store.place, one.id, whole, store)
    st.markdown(
        f"{plain(words_of(one)[:1].upper() + words_of(one)[1:])} of {plain(one.monitor)}, against "
        f"{plain(one.against)} · **{one.rows:,}** rows · run `{one.id}`, recorded {one.at[:16].replace('T', ' ')} UTC, "
        f"trigger {one.trigger}{' · ◌ partial window' if one.partial else ''}"
    )
    mine = about(store, one)
    show_whole(one, whole, said, mine)
    with st.container(horizontal=True):
        st.button("Snapshot ›", key="to_snapshot", type="primary", on_click=goes, args=(SNAPSHOT, one),
                  help="Preview this run as a document, sign and export it")  # fmt: skip
        if one.window and not one.cohort:
            st.button("Review ›", key="to_review", on_click=goes, args=(REVIEW, one),
                      help="What was new in this window, and what is decided")  # fmt: skip
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show_verdict(store, one, run)
        show_findings(run)
    with right:
        show_revisions(one, runs)
        show_decisions(store, one)
        if run.notes:
            st.subheader("How far it can be relied on", anchor=False)
            st.markdown("\n".join(f"- {plain(note[:1].upper() + note[1:])}" for note in run.notes))
    show_columns(run)
    show_entries(mine)


def goes(page: str, one: Record) -> None:
    """Open a page on this run; for callbacks."""
    if page == SNAPSHOT:
        st.session_state["run"] = option(one)
    elif one.window:
        st.session_state["monitor"] = one.monitor
        st.session_state["window"] = option_of(one.window)
    st.session_state[GOING] = (page, {})


def show_whole(one: Record, whole: str, said: str, mine: Sequence[Entry]) -> None:
    """Whether the run is still what the ledger says it was."""
    entry = next((e for e in mine if e.kind == "run" and e.body.get("id") == one.id), None)
    if entry is None:
        st.markdown(f"{badge(Severity.CRITICAL, 'not in the ledger')} No entry of the ledger tells of this run.")
    elif not whole == said == entry.body.get("sha256"):
        st.markdown(f"{badge(Severity.CRITICAL, 'changed')} This run is not what entry {entry.seq} of the ledger says "
                    "it was: somebody changed it since.")  # fmt: skip
    else:
        st.markdown(f"{badge(Severity.OK, 'as recorded')} Its SHA-256 is the one in entry {entry.seq} of the ledger: "
                    f"`{whole[:16]}…`")  # fmt: skip


def show_verdict(store: Store, one: Record, run: Recorded) -> None:
    """What the policy that the run carries calls for, and the counts."""
    st.subheader("Verdict", anchor=False)
    told = [badge(s, f"{run.counts[str(s)]} {str(s).replace('_', ' ')}") for s in reversed(Severity)
            if run.counts.get(str(s)) and s is not Severity.NOT_JUDGED]  # fmt: skip
    st.markdown(" ".join(told) or "Nothing was judged.")
    made = _called_for(store.place, one.id, version_of(store), store, dict(run.told))
    if made is None:
        st.markdown("No verdict: the policy is about calendar windows of all rows, and this run is of another slice.")
        return
    first, *others = made["reasons"]
    st.markdown(f"{badge(Severity(made['severity']), str(made['action']).capitalize())} {plain(first)}")
    if others:
        st.markdown("\n".join(f"- {plain(said)}" for said in others))


def show_findings(run: Recorded) -> None:
    """The worst findings as sentences; all of them, and what was not computed, behind."""
    called = [found for found in run.worst() if found.severity in CALLS]
    st.subheader("Worst findings", anchor=False)
    for found in called[:WORST]:
        st.markdown(f"{badge(found.severity)} {plain(found.sentence)}")
    if not called:
        st.markdown("Nothing was at or beyond a threshold.")
    with st.expander(f"All {counted(len(run.findings), 'finding')}", key="all_findings"):
        st.dataframe([as_row(found) for found in run.worst()], hide_index=True, key="findings", alt="All findings")
    if run.not_computed:
        with st.expander(f"{counted(len(run.not_computed), 'question')} not answered, and why", key="gaps"):
            st.dataframe([as_gap(gap) for gap in run.not_computed], hide_index=True, key="not_computed",
                         alt="What was not computed")  # fmt: skip


def as_row(found: Finding) -> dict[str, Any]:
    return {
        "State": str(found.severity).replace("_", " "), "Column": found.column or "–", "Metric": found.metric,
        "Value": found.value, "Floor": found.floor, "Warning": found.threshold.warning if found.threshold else None,
        "Critical": found.threshold.critical if found.threshold else None, "In words": found.sentence,
    }  # fmt: skip


def as_gap(gap: NotComputed) -> dict[str, Any]:
    return {"Column": gap.column or "–", "Metric": gap.metric, "Because": gap.because}
