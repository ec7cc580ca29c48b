"""What production is held against: golden texts, the rows they mean, and what cannot be asked."""

import pytest

from engine.columns import Column, Kind
from engine.errors import InvalidFilter, UnknownName
from engine.explore import cells_for, findings_of, floors_of, look, rows_in
from engine.slices import Filter, Slice, parse_window
from engine.slices.against import NAMED, against

LGA = Filter("origin", "eq", ("LGA",))
WEEK = parse_window("2013-04-22..2013-04-29")
CUT = Slice((LGA,), WEEK)
COLUMNS = [Column("origin", "VARCHAR", Kind.CATEGORICAL), Column("seats", "INTEGER", Kind.NUMERIC)]

GOLDEN = [
    ("same cohort", "the reference, origin is LGA", 0),
    ("reference", "the reference, origin is LGA", 0),
    ("whole reference", "the whole reference", 0),
    ("everyone else", "production, week of 22 April 2013, everyone but origin is LGA", 0),
    ("previous window", "production, week of 15 April 2013, origin is LGA", 1),
    ("trailing 4 windows", "production, 2013-03-25 to 2013-04-22, origin is LGA", 4),
    ("trailing 1 window", "production, week of 15 April 2013, origin is LGA", 1),
    ("same window last year", "production, week of 23 April 2012, origin is LGA", 1),
    ("window 2013-04-01..2013-04-22", "production, 2013-04-01 to 2013-04-22, origin is LGA", 0),
    ("cohort origin=JFK & seats>=100", "production, week of 22 April 2013, origin is JFK and seats is at least 100", 0),
]


@pytest.mark.parametrize(("text", "words", "windows"), GOLDEN, ids=[row[0] for row in GOLDEN])
def test_a_text_means_these_rows(text, words, windows):
    held = against(text, CUT, COLUMNS)
    assert (held.words, held.windows) == (words, windows)


@pytest.mark.parametrize(
    ("window", "text", "means"),
    [
        ("2013-03-01..2013-04-01", "previous window", "2013-02-01..2013-03-01"),
        ("2013-03-01..2013-04-01", "trailing 3 windows", "2012-12-01..2013-03-01"),
        ("2013-03-01..2013-04-01", "same window last year", "2012-03-01..2012-04-01"),
        ("2013-03-04..2013-03-07", "previous window", "2013-03-01..2013-03-04"),
        ("2013-03-04..2013-03-05", "previous window", "2013-03-03..2013-03-04"),
    ],
)
def test_windows_before_follow_the_calendar(window, text, means):
    assert against(text, Slice(window=parse_window(window))).cut.window == parse_window(means)


def test_everyone_else_of_everyone_else_is_the_cohort():
    assert against("everyone else", Slice((LGA,), WEEK, without=True)).cut == CUT


@pytest.mark.parametrize(
    ("text", "cut", "error"),
    [
        ("everyone else", Slice(), InvalidFilter),
        ("previous window", Slice((LGA,)), InvalidFilter),
        ("cohort nowhere=1", CUT, UnknownName),
        ("window soon", CUT, InvalidFilter),
        ("trailing 0 windows", CUT, UnknownName),
        ("same window last year", Slice(window=parse_window("0001-01-01..0001-02-01")), InvalidFilter),
        ("trailing 9999 windows", Slice(window=parse_window("2013-01-01..2014-01-02")), InvalidFilter),
        ("previous window", Slice(window=parse_window("0001-01-01..0001-01-05")), InvalidFilter),
        ("previous windows", CUT, UnknownName),
    ],
)
def test_what_has_no_counterpart_is_told(text, cut, error):
    with pytest.raises(error):
        against(text, cut, COLUMNS)


def test_a_wrong_name_gets_the_nearest_right_one():
    with pytest.raises(UnknownName, match="Did you mean 'previous window'"):
        against("previous windw", CUT)


# ---- on the demo

DEMO = [
    *[(text, CUT) for text in NAMED],
    ("window 2013-04-01..2013-04-22", Slice((LGA,), parse_window("2013-04-22..2013-05-10"))),
    ("cohort origin=JFK & seats>=100", CUT),
    ("everyone else", Slice((Filter("seats", "gt", (150,)),), WEEK)),
    ("same cohort", Slice((Filter("seats", "gt", (150,)), LGA), WEEK, without=True)),
]


@pytest.mark.parametrize(("text", "cut"), DEMO, ids=[f"{text}: {cut.words}" for text, cut in DEMO])
def test_both_tiers_hold_the_same_rows_against_each_other(demo, text, cut):
    held = demo.held(cut, text)
    for side, one in ((held.side, held.cut), ("production", cut)):
        cells, groups = cells_for(demo, side, one)
        dataset = demo.sides[side].dataset
        condition, values = dataset.where(one)
        asked = f"SELECT count(*) AS n FROM {dataset.scan} WHERE {condition}"
        rows = dataset.query(asked, values)["n"][0].as_py()
        assert cells.rows[groups].sum() == rows == rows_in(demo, side, one)
    run = look(demo, cut, text)
    assert run.against == held and run.document()["against"]["side"] == held.side
    _, exact = findings_of(demo, "carrier", cut, text)
    told = {one.metric: one for one in run.findings if one.column == "carrier"}
    for one in exact:
        if one.metric in told:
            assert (one.value, one.severity) == (told[one.metric].value, told[one.metric].severity)


def test_nothing_differs_from_itself(demo):
    cut = Slice((LGA,), WEEK)
    run = look(demo, cut, "cohort origin=LGA")
    assert {one.value for one in run.findings if one.metric == "psi"} == {0.0}
    distances = [one for one in run.findings if one.metric == "wasserstein"]
    assert distances and all(one.value == 0.0 if one.interval is None else one.interval[0] == 0.0 for one in distances)


def test_window_floors_hold_for_windows_only(demo):
    assert floors_of(demo, CUT, "same cohort").windows == 6
    assert floors_of(demo, CUT, "previous window").windows == 6
    assert floors_of(demo, CUT, "everyone else").windows == 0
    assert floors_of(demo, Slice((LGA,)), "same cohort").windows == 0
    assert floors_of(demo, CUT, "previous window").floors["temp_f", "psi"] > 0


def test_a_side_of_production_has_its_own_share_out_of_bounds(demo):
    run = look(demo, Slice((LGA,), parse_window("2013-07-15..2013-07-22")), "everyone else")
    (one,) = (one for one in run.findings if (one.column, one.metric) == ("temp_f", "out_of_bounds_rate"))
    assert one.value > 0.5, "summer lies outside a winter reference"
    assert one.threshold.warning > 0.5 and one.severity in ("ok", "warning"), "and does so for everyone else too"
