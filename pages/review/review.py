"""Review: what is new, worse or recovered since the last one, the verdict with its reasons, and what is decided."""

import streamlit as st

from engine.charts.theme import MARKS
from engine.errors import UnusableStore
from engine.findings import Finding
from engine.policy.verdict import Reason
from engine.review import Review
from engine.store import Store
from pages.shared import recorded
from pages.shared.choosing import monitor_or_stop
from pages.shared.deciding import show_form, show_history
from pages.shared.entries import Entry
from pages.shared.recording import offer, store_broken
from pages.shared.reviewing import Asked, asked, option, show_topics
from pages.shared.view import go_page
from pages.shared.words import COLOURS, badge, counted, plain

PERFORMANCE = "review/performance.py"


def main() -> None:
    entry = monitor_or_stop()
    try:
        store = recorded.the_store()
        what = asked(store, entry)
        found = recorded.review_of(store, entry, what.upto, what.since) if what else None
        if what is None or found is None:
            offer(store, [entry])
        else:
            show(store, entry, what, found)
    except UnusableStore as error:
        store_broken(error)


def show(store: Store, entry: Entry, what: Asked, found: Review) -> None:
    """Verdict and changes to the left; performance and the decision to the right; what was decided below."""
    st.markdown(sentence(entry, what, found))
    left, right = st.columns([5, 3], gap="medium")
    with left:
        show_verdict(found)
    with right, st.container(gap="xsmall", key="matters"):
        show_performance(found)
    left, right = st.columns([5, 3], gap="medium")
    with left, st.container(gap="xsmall", key="topics"):
        if found.topics:
            show_topics(found, option(what.upto))
        else:
            st.markdown("**Nothing is new, worse or open**: every finding is in order, and was.")
    with right:
        show_form(store, entry, what.upto, [one.name for one in found.items if one.finding is not None])
        said = [*(one.sentence for one in found.budgets), *found.notes]
        st.caption("\n".join(f"- {plain(one)}" for one in said))
    show_history(store, entry.monitor.monitor, what.line)


def sentence(entry: Entry, what: Asked, found: Review) -> str:
    """What is reviewed, as every page says it under its title."""
    counts = ", ".join(f"**{n}** {state}" for state, n in found.counts.items() if n) or "nothing to report"
    window = what.upto.window
    since = f"the {what.since.words}" if what.since else "the beginning"
    told = "" if what.told.startswith("the beginning") else f" ({what.told})"
    words = window.words if window else "all time"
    return (
        f"{words[:1].upper()}{words[1:]} of {plain(entry.name)}, against {plain(what.upto.against)} · since "
        f"{since}{told}: {counts} · run `{what.upto.id}`, **{what.upto.rows:,}** rows"
    )


def show_verdict(found: Review) -> None:
    """What the rules call for: the first that holds, then the others, each with the findings behind it."""
    verdict = found.verdict
    first, *others = verdict.reasons
    with st.container(border=True, gap="xsmall", key="verdict"):
        colour, mark = COLOURS[verdict.severity], MARKS[verdict.severity]
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            said = f"**:{colour}[{mark}] {str(verdict.action).capitalize()}**: {plain(first.sentence)}"
            st.markdown(said, width="stretch")
            with st.popover("Evidence", key="evidence", width=110, help="Every rule that fired, and its findings"):
                for one in verdict.reasons:
                    show_evidence(one, found)
        if others:
            st.markdown("\n".join(f"- also **{one.action}**: {plain(one.sentence)}" for one in others))


def show_evidence(reason: Reason, found: Review) -> None:
    """One rule with the sentences of its findings."""
    st.markdown(f"Rule **{plain(reason.rule)}** calls for: **{reason.action}**")
    by_name = {one.name: one for one in found.items}
    for name in reason.findings:
        item = by_name.get(name)
        if item and item.finding:
            level = max(item.severity, item.reads, key=lambda one: one.rank)
            st.markdown(f"- {badge(level)} {plain(name)}: {plain(item.finding.sentence)}")
    if not reason.findings:
        st.markdown(f"- {plain(reason.sentence)}")


def show_performance(found: Review) -> None:
    """Performance, to be read beside what drifted; where there is none, why."""
    drifted = {one.column for one in found.items if one.signal == "data_drift" and one.severity.rank > 1}
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key="beside_drift"):
        st.markdown("**Does it matter?**", width="stretch")
        st.button("Open ›", key="open_performance", on_click=go_page, args=(PERFORMANCE,), type="tertiary", width=64,
                  help="Open Performance in this window")  # fmt: skip
    for one in found.performance:
        if isinstance(one, Finding):
            st.markdown(f"{badge(one.severity)} {plain(one.sentence)}")
        else:
            st.markdown(f"◌ {plain(one.metric)} is not known: {plain(one.because)}.")
    if not found.performance:
        st.markdown("◌ Nothing is known of performance: the monitor has no labels.")
    names = ", ".join(sorted(plain(one) for one in drifted if one))
    beside = f"{counted(len(drifted), 'column')} {'drifts' if len(drifted) == 1 else 'drift'}"
    st.markdown(f"Meanwhile {beside}{f': {names}' if names else ''}.")


main()
