"""Several filters in one text: whatever stands in a name or a value, they come back as they went."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns import Column, Kind
from engine.errors import PlumblineError
from engine.slices import Filter
from engine.slices.texts import check_syntax, joined_text, parse_filters, split_text

COLUMNS = [Column(name, "VARCHAR", Kind.CATEGORICAL) for name in ("a b", 'x & "y"', "plain")]
ONE = st.sampled_from(["eq", "ne", "ge", "contains"])
TEXTS = st.text(alphabet='ab"& ,()=<>', max_size=8)
FILTERS = st.one_of(
    st.builds(lambda c, o, v: Filter(c.name, o, (v,)), st.sampled_from(COLUMNS), ONE, TEXTS),
    st.builds(lambda c, v: Filter(c.name, "in", tuple(v)), st.sampled_from(COLUMNS), st.lists(TEXTS, min_size=1)),
    st.builds(lambda c: Filter(c.name, "is_null"), st.sampled_from(COLUMNS)),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(FILTERS, max_size=4))
def test_filters_survive_their_text(filters):
    assert parse_filters(joined_text(filters), COLUMNS) == tuple(filters)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("", []), ("  ", []), ("a=1", ["a=1"]), ("a=1 & ", ["a=1"]),
     ('a=5" pipe & b=2', ['a=5" pipe', "b=2"]), ("a&b=1", ["a&b=1"])],
)  # fmt: skip
def test_a_text_is_parted_between_filters_only(text, pieces):
    assert split_text(text) == pieces


def test_one_wrong_filter_among_others_is_told():
    with pytest.raises(PlumblineError, match="Did you mean 'plain'"):
        parse_filters("plain=1 & plian=2", COLUMNS)


@pytest.mark.parametrize("text", ["seats>=100", '"a & b"=x', "carrier in(EV,UA)", "a is_null", "x between(1,2)"])
def test_syntax_needs_no_columns(text):
    check_syntax(text)


@pytest.mark.parametrize("text", ["seats", "=1", "", "x between(1)", "a in()"])
def test_wrong_syntax_is_told(text):
    with pytest.raises(PlumblineError):
        check_syntax(text)
