"""What both sides hold of a column, as cells of a table: shape, what is missing, what is there."""

import streamlit as st

from engine.tables.profile import Profile

HELP = {
    "Role": "What the column is to the model. Click it to change it.",
    "Kind": "How its values compare: along a line, or only as the same and not the same.",
    "Cohort": "Compare the groups that its values make, each by itself.",
    "Missing": "Rows without a value, not-a-number included.",
    "Values": "Different values; ≈ where they were counted within a few percent.",
    "Holds": "From the smallest to the largest, or the most frequent with their shares.",
    "Shape": "How rows are spread: the same bars on both sides, outer ones with what lies beyond; time has its own.",
}


def config_of(name: str) -> object:
    what = name.partition(",")[0]
    if what == "Shape":
        colour = "gray" if name.endswith("ref.") else "blue"
        return st.column_config.BarChartColumn(name, help=HELP[what], y_min=0, width=110, color=colour)
    return st.column_config.TextColumn(name, help=HELP[what], width=200 if what == "Holds" else 100)


def cells(mine: Profile | str | None, other: Profile | str | None, both: bool) -> dict[str, object]:
    """What both sides hold of a column, property by property beside each other; where there is one side, of that."""
    first, second = side(mine), side(other)
    if not both:
        return {f"{what}, ref.": first[what] for what in first}
    return {f"{what}, {where}": held[what] for what in first for where, held in (("ref.", first), ("prod.", second))}


def side(held: Profile | str | None) -> dict[str, object]:
    """The cells of one side of a column."""
    if not isinstance(held, Profile):
        return {"Shape": None, "Missing": "", "Holds": f"◌ {held or 'not looked at'}", "Values": ""}
    distinct = f"{held.distinct:,}" if held.exact else f"≈ {held.distinct:,}"
    errors = f"; {held.errors:,} are none of this kind" if held.errors else ""
    shape = list(held.shares) or None
    return {"Shape": shape, "Missing": share(held.null_share), "Holds": holds(held) + errors, "Values": distinct}


def share(part: float) -> str:
    """A share of rows; what is there is never rounded to nothing.

    >>> share(0.0), share(0.0004), share(0.123), share(0.9999)
    ('0', '< 0.1 %', '12.3 %', '> 99.9 %')
    """
    if part in (0.0, 1.0):
        return "all" if part else "0"
    return "< 0.1 %" if part < 0.001 else "> 99.9 %" if part > 0.999 else f"{100 * part:.1f} %"


def holds(held: Profile) -> str:
    """What a column holds, in a few words.

    >>> from engine.columns import Kind
    >>> holds(Profile("x", Kind.CATEGORICAL, 10, 0, 0, 2, True, top=(("a", 9), ("b", 1))))
    'a 90 %, b 10 %'
    """
    if held.low:
        return held.low if held.low == held.high else f"{held.low} … {held.high}"
    values = held.rows - held.nulls - held.errors
    if held.top and values:
        more = ", …" if held.distinct > 3 else ""
        return ", ".join(f"{name} {100 * n / values:.0f} %" for name, n in held.top[:3]) + more
    return "nothing" if not values else "each value is rare"
