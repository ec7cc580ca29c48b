"""Thresholds: what other limits would have raised in the windows that were, and the change as lines of the file."""

from typing import Any

import streamlit as st

from engine.charts.alerts import alerts
from engine.charts.timeline import Happened
from engine.errors import Cancelled, PlumblineError
from engine.findings import Severity
from engine.record import Record
from engine.studio import Fit, Replay
from pages.shared import states, trying
from pages.shared.changing import show_saving
from pages.shared.charts import chart
from pages.shared.choosing import monitor_or_stop
from pages.shared.entries import Entry
from pages.shared.picking import pick
from pages.shared.view import mode
from pages.shared.words import badge, counted, plain

HAND, SLIDER = "By hand", "At most so many alerts"


def main() -> None:
    entry = monitor_or_stop()
    records = trying.on_record(entry) or read_or_stop(entry)
    if not records:
        states.empty("Nothing to try thresholds on", "The monitor's data have no timestamp, so there are no windows.",
                     "Name the column of the timestamp in the monitor.", to_data=False)  # fmt: skip
        return
    base = trying.tried(records, entry.monitor, {}, None)
    if not base.windows:
        states.empty("Nothing to try thresholds on", "No closed window is on record as the monitor now cuts time.",
                     "Record its windows on Home.", to_data=False)  # fmt: skip
        return
    unit = entry.monitor.window.unit
    st.markdown(
        f"**{counted(len(base.windows), unit)}** of {plain(entry.name)}, judged again as if other limits had been in "
        "force. The data are not read: values and noise floors are those on record."
    )
    how = st.segmented_control("How", [HAND, SLIDER], default=HAND, required=True, key="how", bind="query-params",
                               label_visibility="collapsed")  # fmt: skip
    try:
        limits, persist, most, told = by_hand(entry, base) if how == HAND else by_slider(entry, records, base)
        after = trying.tried(records, entry.monitor, limits, persist)
    except PlumblineError as error:
        states.broken("These limits cannot be used", error, "Mend what is named; nothing was saved.",
                      key="broken_limits", to_data=False)  # fmt: skip
        return
    show(entry, base, after, most, told)
    show_saving(entry, limits, persist)


def read_or_stop(entry: Entry) -> tuple[Record, ...]:
    """Nothing is on record: all windows of the data, read in the background. Ends the run where that fails."""
    work = trying.reading(entry.key, entry)
    states.wait(work, "Nothing is on record yet, so the data are read", "every window once; nothing is kept.", "trying")
    try:
        return work.future.result()
    except Cancelled as error:
        states.broken("Reading was stopped", error, "Begin again when you are ready.", to_data=False)
    except PlumblineError as error:
        states.broken("This monitor's data cannot be read", error, "Mend what is named above, then begin again.")
    st.button("Begin again", on_click=trying.reading.clear, args=(entry.key, entry), key="read_again", type="primary")
    st.stop()


def by_hand(entry: Entry, base: Replay) -> tuple[dict[str, Any], str | None, None, str]:
    """One pattern with its limits, and how long a finding must hold."""
    first, second, third, fourth = st.columns([2, 1, 1, 1])
    with first:
        options = trying.patterns(base)
        pattern = pick("Limits of", options, options[0], "pattern", "A metric, or COLUMN.METRIC for one column.")
    now = trying.levels_of(entry.monitor, pattern)
    help = "A number, '5 %' or '+0.01' (relative to the reference)."
    warning = second.text_input("Warning", now[0], key=f"warning-{pattern}", help=help)
    critical = third.text_input("Critical", now[1], key=f"critical-{pattern}", help=help)
    held = entry.monitor.policy.persist
    persist = fourth.text_input("Must hold in", held, key=f"persist-{entry.name}",
                                help="k of w windows, for drift and performance.")  # fmt: skip
    limits = {pattern: (trying.value_of(warning), trying.value_of(critical))} if (warning, critical) != now else {}
    return limits, persist if persist != held else None, None, ""


def by_slider(entry: Entry, records: tuple[Record, ...], base: Replay) -> tuple[dict[str, Any], None, float, str]:
    """At most so many findings in alarm in a window: the lowest limits that keep to it."""
    unit, top = entry.monitor.window.unit, max(round(base.per_window * 1.2), 2)
    most = st.slider(f"At most this many findings in alarm a {unit}, on average", 0.5, float(top), step=0.5,
                     value=float(min(top, max(0.5, round(base.per_window / 2)))), key="most",
                     bind="query-params")  # fmt: skip
    work = trying.proposing(records, entry.monitor, most)
    states.wait(work, "Looking for limits", "the windows are judged again under one candidate after another.", "search")
    found: Fit = work.future.result()
    return found.thresholds, None, most, found.sentence


def show(entry: Entry, base: Replay, after: Replay, most: float | None, told: str) -> None:
    """Before and after: alerts per window, columns that always or never alarm, incidents caught or missed."""
    if told:
        st.markdown(f"**{plain(told)}**")
    unit = entry.monitor.window.unit
    places = st.columns(3)
    for place, name, new, old in (
        (places[0], f"In alarm a {unit}", after.per_window, base.per_window),
        (places[1], f"New or worse a {unit}", after.news_per_window, base.news_per_window),
        (places[2], f"{unit.capitalize()}s without an alarm", float(after.quiet), float(base.quiet)),
    ):
        place.metric(name, f"{new:.3g}", f"{new - old:+.3g}" if new != old else None, delta_color="off",
                     delta_description=f"from {old:.3g}", border=True)  # fmt: skip
    events = [Happened(one.at, one.name, one.end) for one in entry.monitor.events]
    counts = [[len(one) for one in side.alarms] for side in (base, after)]
    chart(
        alerts(after.windows, counts[0], counts[1], most, mode(), events), "alerts", "alerts",
        "Findings in alarm per window, before and after",
        lambda: [
            {"from": window.start.isoformat(), "to": window.end.isoformat(), "before": old, "after": new,
             "in alarm after": ", ".join(names)}
            for window, old, new, names in zip(after.windows, *counts, after.alarms, strict=True)
        ],
        "Bars: with these limits. Line: as the file has them. Shaded: events of the monitor.",
    )  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**In alarm in every {unit}**: {', '.join(map(plain, after.always)) or 'no column'}.")
        st.markdown(f"**Never in alarm**: {', '.join(map(plain, after.never)) or 'no column'}.")
    with right:
        for old, new in zip(base.incidents, after.incidents, strict=True):
            state = (
                Severity.OK if new.after is not None else Severity.CRITICAL if new.seen else Severity.NOT_ENOUGH_DATA
            )
            said = "caught" if new.after is not None else "missed" if new.seen else "not on record"
            was = "" if (old.after is None) == (new.after is None) else " It was otherwise before."
            st.markdown(f"{badge(state, said)} {plain(new.sentence)}{was}")
        st.caption("\n".join(f"- {plain(one)}" for one in after.notes))


main()
