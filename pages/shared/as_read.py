"""How a file was read: its first rows, what was noticed on the way, and what does not fit."""

import streamlit as st

from engine.columns import Column, Kind
from engine.slices import quoted
from engine.tables.sources import Dataset
from pages.shared import text_choices
from pages.shared.words import plain

ROWS, WIDE = 20, 200  # of the preview: rows, and columns beyond which the rest is left to the table of columns


def show(one: Dataset, side: str, name: str) -> None:
    """The first rows of one side, and how they were read."""
    st.markdown(f"**{plain(name)}** · **{one.rows:,}** rows · **{len(one.columns)}** columns · {plain(one.how)}")
    if one.notes:
        with st.container(key=f"notes_{side}"):
            st.markdown("\n".join(f"- :orange[▲] {plain(said)}" for said in one.notes))
    text_choices.show(side, one)
    columns = one.columns[:WIDE]
    read = ", ".join(cell(column) for column in columns)
    head = one.query(f"SELECT {read} FROM {one.scan} LIMIT {ROWS}")
    st.dataframe(head, hide_index=True, height=280, key=f"head_{side}", alt=f"First rows of the {side} file")
    if len(columns) < len(one.columns):
        st.caption(f"The first {WIDE} of {len(one.columns):,} columns.")


def cell(column: Column) -> str:
    """SQL for a value as the preview shows it: lists and structs as text."""
    name = quoted(column.name)
    return f"CAST({name} AS VARCHAR) AS {name}" if column.kind is Kind.NESTED else name
