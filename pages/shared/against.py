"""What the slice is held against, in the sidebar: the reference, other production, or what was before an event."""

import re
from datetime import datetime

import streamlit as st

from engine.errors import InvalidFilter
from engine.explore import Opened
from engine.slices import Filter, Window
from engine.slices.against import EVERYONE_ELSE, LAST_YEAR, PREVIOUS, SAME_COHORT, TRAILING, WHOLE_REFERENCE
from engine.slices.texts import joined_text, parse_filters
from pages.shared.entries import Entry
from pages.shared.picking import asked, hear, pick, span_of, type_in
from pages.shared.view import option_of

OTHER_COHORT, OTHER_WINDOW, EVENT = "another cohort", "another window", "before an event"
HELP = (
    "The reference, or other rows of production: the same window for everyone else or another cohort, "
    "the same cohort in other windows, or what came before an event."
)
DAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?")


def splits(opened: Opened) -> bool:
    """Whether an event parts time in two, so that no window is chosen."""
    return bool(opened.windows) and asked("against") == EVENT


def against_pickers(
    entry: Entry, opened: Opened, cohort: tuple[Filter, ...], window: Window | None, params: dict[str, str]
) -> tuple[str, Window | None]:
    """What the slice is held against, as the engine's text, and the window: an event chooses its own."""
    taken_apart()
    options = [SAME_COHORT, WHOLE_REFERENCE]
    options += [EVERYONE_ELSE] if cohort else []
    options += [PREVIOUS, TRAILING, LAST_YEAR] if window or splits(opened) else []
    options += [OTHER_COHORT]
    options += [OTHER_WINDOW, EVENT] if opened.windows else []
    params["against"] = pick("Against", options, SAME_COHORT, "against", HELP)
    match params["against"]:
        case "another cohort":
            return other_cohort(opened, params), window
        case "another window":
            return other_window(opened, window, params), window
        case "before an event":
            return before_event(entry, opened, params)
    return params["against"], window


def taken_apart() -> None:
    """Links may carry the engine's own texts, 'cohort …' and 'window …': they are shared out to the fields."""
    text = asked("against") or ""
    for head, option, key in (
        ("cohort ", OTHER_COHORT, "against-cohort"),
        ("window ", OTHER_WINDOW, "against-window"),
    ):
        if text.startswith(head):
            st.session_state["against"], st.session_state[key] = option, text.removeprefix(head)


def other_cohort(opened: Opened, params: dict[str, str]) -> str:
    """Another cohort of production in the same window."""
    text = st.text_input(
        "The other cohort", key="against-cohort", bind="query-params", placeholder="carrier=EV & origin=LGA",
        on_change=hear, help="Filters over any columns, joined by ` & `.",
    )  # fmt: skip
    if not text or not text.strip():
        st.caption("Until it is named, the same cohort of the reference is shown.")
        return SAME_COHORT
    params["against-cohort"] = text.strip()
    return f"cohort {joined_text(parse_filters(text, opened.reference.columns))}"


def other_window(opened: Opened, window: Window | None, params: dict[str, str]) -> str:
    """Another window of production: one of the calendar's, or any span."""
    known = {option_of(one): one for one in reversed(opened.windows)}
    options = list(known)
    span = span_of(asked("against-window"))
    if span is not None:
        same = next((text for text, one in known.items() if one == span), None)
        options += [] if same else [str(asked("against-window"))]
        if same:
            st.session_state["against-window"] = same
    first = next((text for text, one in known.items() if one != window), options[0])
    text = pick("The other window", options, first, "against-window")
    type_in("Or any span", "against-window", "2013-04-01..2013-05-01", "From..to, the end excluded.")
    params["against-window"] = text
    chosen = known.get(text, span)
    assert chosen is not None, "the picker holds what it was offered"
    return f"window {chosen.text}"


def before_event(entry: Entry, opened: Opened, params: dict[str, str]) -> tuple[str, Window]:
    """Production after an event, held against production before it."""
    first, last = opened.windows[0].start, opened.windows[-1].end
    options = [f"{day_of(one.at)} {one.name}" for one in entry.monitor.events if first < one.at < last]
    given = asked("event") or ""
    if given not in options and DAY.match(given):
        near = next((one for one in options if one.split(" ")[0] == given), None)
        options += [] if near else [given]
        if near:
            st.session_state["event"] = near
    options = options or [option_of(opened.windows[len(opened.windows) // 2])]
    text = pick("Event", options, options[0], "event", "The monitor's events, and days that were typed.")
    type_in("Or another day", "event", "2013-05-01", "Production after it is held against production before it.")
    params["event"] = text
    found = DAY.match(text)
    try:
        at = datetime.fromisoformat(found[0] if found else text)
    except ValueError:
        raise InvalidFilter(f"{text!r} is no day.", hint="Write 2013-05-01.") from None
    if not first < at < last:
        said = f"Production lies from {day_of(first)} to {day_of(last)}; an event must lie between."
        raise InvalidFilter(said, hint="Choose another day.")
    return f"window {Window(first, at).text}", Window(at, last)


def day_of(at: datetime) -> str:
    return f"{at:%Y-%m-%d}" if at.time() == datetime.min.time() else f"{at:%Y-%m-%d %H:%M}"
