"""What a review is about: the recorded window, since when, against what; and its topics, each a way to its page."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from engine.policy import baselines, timeline
from engine.record import Record
from engine.review import Item, Review, State, Topic
from engine.signals import SIGNALS
from engine.slices import Window
from engine.store import Store
from pages.shared import recorded
from pages.shared.entries import Entry
from pages.shared.pickers import step
from pages.shared.picking import pick
from pages.shared.view import PARTIAL, go_page, go_to, option_of
from pages.shared.visiting import may
from pages.shared.words import badge, plain

LAST, BEFORE, BEGINNING = "the last review", "the window before", "the beginning"
PAGES = {
    "model_performance": "review/performance.py",
    "attribution_drift": "explore/attribution.py",
    "operations": "explore/operations.py",
    "data_quality": "explore/quality.py",
    "schema": "explore/quality.py",
}
SHOWN = 8  # topics of a state that have a line of their own


@dataclass(frozen=True, slots=True)
class Asked:
    """What is reviewed. since: the window that the last review saw, None for the beginning; told: that, in words."""

    line: tuple[Record, ...]
    upto: Record
    since: Window | None
    told: str


def line_of(store: Store, entry: Entry, against: str) -> tuple[Record, ...]:
    """The recorded windows of a monitor, oldest first, without findings."""
    return timeline(recorded.light_of(store, entry.monitor.monitor), entry.monitor.window.unit, against)


def option(record: Record) -> str:
    """A recorded window as the pickers of all pages call it."""
    assert record.window is not None, "a timeline is of windows"
    return option_of(record.window) + (PARTIAL if record.partial else "")


def asked(store: Store, entry: Entry) -> Asked | None:
    """The pickers of the sidebar; None where no window was recorded."""
    with st.sidebar:
        names = list(baselines(entry.monitor))
        against = pick("Against", names, names[0], "baseline") if len(names) > 1 else names[0]
        line = line_of(store, entry, against)
        if not line:
            return None
        options = [option(one) for one in reversed(line)]
        unit = entry.monitor.window.unit
        chosen = pick(unit.capitalize(), options, options[0], "window", f"The {unit} that begins on this day.")
        step(["", *options], chosen, unit)
        upto = line[len(line) - 1 - options.index(chosen)]
        assert upto.window is not None
        before = [one.window for one in line if one.window and one.window.start < upto.window.start]
        seen = recorded.last_reviewed(recorded.decisions_of(store, entry.monitor.monitor), line, upto.window)
        whens = [*([LAST] if seen else []), *([BEFORE] if before else []), BEGINNING]
        since = pick("What changed since", whens, whens[0], "since",
                     "The last review is the newest window before this one that somebody decided about.")  # fmt: skip
    window = {LAST: seen, BEFORE: before[-1] if before else None}.get(since)
    return Asked(line, upto, window, since)


def opens(topic: Topic, window: str) -> None:
    """Open the page of a column or signal on this window; for callbacks."""
    signal = topic.items[0].signal
    if topic.column is not None and signal != "schema":
        go_to("explore/column.py", topic.column, window)
    else:
        go_page(PAGES.get(signal, "review/overview.py"))


def about(names: Sequence[str]) -> None:
    """Choose findings in the form; for callbacks."""
    st.session_state["decide_about"] = list(names)


def show_topics(found: Review, window: str) -> None:
    """What changed and what stands, in the order in which a reader wants it; what is many is a table."""
    for state in State:
        mine = [one for one in found.topics if one.state is state]
        for one in mine[:SHOWN]:
            show_topic(one, window)
        if mine[SHOWN:]:
            with st.expander(f"{len(mine) - SHOWN} more: {state}", key=f"more_{state}".replace(" ", "_")):
                st.dataframe(
                    [{"Finding": item.name, "In words": item.sentence} for one in mine[SHOWN:] for item in one.items],
                    hide_index=True, alt=f"Findings: {state}", key=f"table_{state}".replace(" ", "_"),
                )  # fmt: skip


def show_topic(topic: Topic, window: str) -> None:
    """One column, or one signal: its state, how bad, since when, in the engine's words; open it, or decide about it."""
    first = worst(topic)
    said = first.finding.sentence if first.finding else first.sentence
    subject = topic.column or SIGNALS[topic.items[0].signal].name
    others = [one.name for one in topic.items if one is not first]
    more = f" *Also {plain(', '.join(others))}.*" if others else ""
    key = f"column_{topic.column}" if topic.column else f"signal_{topic.items[0].signal}"
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", key=f"topic_{key}"):
        st.markdown(
            f"{badge(topic.severity)} **{topic.state}** · **{plain(subject)}** {standing(first)}{plain(said)}{more}",
            width="stretch",
        )  # fmt: skip
        st.button("Open ›", key=f"open_{key}", on_click=opens, args=(topic, window), type="tertiary", width=56,
                  help=f"Open {plain(subject)} in this window")  # fmt: skip
        if may("decide"):
            st.button("Decide", key=f"about_{key}", on_click=about, args=([one.name for one in topic.items],),
                      type="tertiary", width=56, help=f"Decide about {plain(subject)}")  # fmt: skip


def worst(topic: Topic) -> Item:
    """The item that gives a topic its state and severity."""
    mine = [one for one in topic.items if one.state is topic.state] or list(topic.items)
    return max(mine, key=lambda one: (one.severity.rank, one.reads.rank, one.finding.urgency if one.finding else ()))


def standing(item: Item) -> str:
    """Since when, until when, who decided: what the engine's sentence of the finding does not say."""
    if item.state is State.MUTED and item.muted:
        return f"*until {item.muted.until}, {plain(item.muted.by)}: {plain(item.muted.why)}.* "
    said = f"*{item.windows} windows since the {item.since.words}.* " if item.windows > 1 and item.since else ""
    said = f"*was {item.was}.* " if item.state in (State.RECOVERED, State.PASSED) else said
    if item.decided:
        said += f"*{plain(item.decided.by)} decided: {item.decided.choice}.* "
    return said
