"""The cohort in the sidebar: pickers of the cohort columns, free filters by rows or as text, and everyone but these."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import PlumblineError
from engine.explore import Opened
from engine.slices import OPERATORS, Filter, typed
from engine.slices.texts import joined_text, parse_filters
from engine.tables.supports import CategoricalSupport
from pages.shared.picking import ALL, cohort_options, hear, pick
from pages.shared.words import plain

PROBLEM = "filter_problem"  # what was wrong with the last filter that was added
BY_LABEL = {row.label: row.key for row in OPERATORS.values()}
LISTED = ("eq", "ne", "in", "not_in")  # operators whose values can be chosen from a list
CHOICES = 400  # values of a column at most that are offered as a list


def cohort_pickers(opened: Opened, params: dict[str, str]) -> tuple[tuple[Filter, ...], bool]:
    """The filters that are chosen, and whether everyone but their cohort is meant. params: what a link carries."""
    chosen: list[Filter] = []
    for column, values in opened.cohorts.items():
        key = f"cohort-{column}"
        options = cohort_options(column, values)
        params[key] = pick(plain(column), list(options), ALL, key)
        one = options[params[key]]
        chosen += [one] if one else []
    typed_in = st.text_input(
        "Filter", key="filter", bind="query-params", placeholder="column>=100 & other=x", on_change=hear,
        help="Any columns, joined by ` & `: `seats>=100 & carrier in(EV,UA)`, `gust_mph is_null`. "
        "Values that hold & or a quote stand in double quotes.",
    )  # fmt: skip
    free: tuple[Filter, ...] = ()
    try:
        if typed_in and typed_in.strip():
            free = parse_filters(typed_in, opened.reference.columns)
            params["filter"] = typed_in.strip()
    finally:  # a text that cannot be understood must not take away the rows that could mend it
        rows(opened, free)
    cohort = (*chosen, *free)
    without = False
    if cohort:
        without = st.toggle("Everyone but this cohort", key="without", bind="query-params", on_change=hear)
        params |= {"without": "true"} if without else {}
    return cohort, without


def rows(opened: Opened, free: tuple[Filter, ...]) -> None:
    """The free filters, each with a button that takes it away, and a way to add one."""
    for i, one in enumerate(free):
        st.button(
            plain(one.words), key=f"drop_{i}", icon=":material/close:", help="Take this filter away",
            on_click=put, args=((*free[:i], *free[i + 1 :]),), width="stretch",
        )  # fmt: skip
    with st.popover("Add a filter", icon=":material/filter_alt:", width="stretch", key="add_filter"):
        names = [column.name for column in opened.reference.columns]
        name = st.selectbox("Column", names, key="build_column")
        label = st.selectbox("Is", list(BY_LABEL), key="build_operator", index=list(BY_LABEL).index("="))
        operator = BY_LABEL[label or "="]
        values = value_inputs(opened, str(name), operator)
        st.button(
            "Add", key="build_add", type="primary", on_click=add, args=(opened, free, str(name), operator, values)
        )
        if said := st.session_state.pop(PROBLEM, None):
            st.error(plain(said))


def value_inputs(opened: Opened, name: str, operator: str) -> tuple[str, ...]:
    """The keys of the fields that hold the values: none, one, two, or a list."""
    wanted = OPERATORS[operator].values
    support = opened.supports.get(name)
    known = [str(one) for one in support.categories] if isinstance(support, CategoricalSupport) else []
    if wanted == 0:
        return ()
    if operator in LISTED and 0 < len(known) <= CHOICES:
        key = f"build_list_{wanted}"
        if wanted is None:
            st.multiselect("Values", known, key=key, accept_new_options=True)
        else:
            st.selectbox("Value", known, key=key, accept_new_options=True)
        return (key,)
    if wanted == 2:
        st.text_input("From", key="build_from")
        st.text_input("To, included", key="build_to")
        return "build_from", "build_to"
    said = "Value" if wanted else "Values, parted by commas"
    st.text_input(said, key="build_value")
    return ("build_value",)


def add(opened: Opened, free: tuple[Filter, ...], name: str, operator: str, keys: tuple[str, ...]) -> None:
    """Add the filter that was built to the text; what is wrong with it is said where it was built."""
    given: list[Any] = [st.session_state.get(key) for key in keys]
    if OPERATORS[operator].values is None:
        first = given[0] if given else None
        given = list(first) if isinstance(first, list) else [one.strip() for one in str(first or "").split(",")]
    column = opened.reference.column(name)
    try:
        values = tuple("" if one is None else str(one) for one in given)
        made = Filter(name, operator, values if operator == "contains" else tuple(typed(one, column) for one in values))
    except PlumblineError as error:
        st.session_state[PROBLEM] = str(error)
        return
    put((*free, made))


def put(filters: tuple[Filter, ...]) -> None:
    """Make these the free filters."""
    hear()
    st.session_state["filter"] = joined_text(filters)


def choose(opened: Opened, filters: tuple[Filter, ...]) -> Mapping[str, str]:
    """Make these the cohort: what the cohort pickers can hold goes there, the rest is free."""
    hear()
    held = {f"cohort-{column}": ALL for column in opened.cohorts}
    rest: list[Filter] = []
    for one in filters:
        options = cohort_options(one.column, opened.cohorts.get(one.column, ()))
        text = next((text for text, found in options.items() if found == one), None)
        if text is None or held[f"cohort-{one.column}"] != ALL:
            rest.append(one)
        else:
            held[f"cohort-{one.column}"] = text
    held["filter"] = joined_text(rest)
    for key, value in held.items():
        st.session_state[key] = value
    st.session_state["without"] = False
    return held
