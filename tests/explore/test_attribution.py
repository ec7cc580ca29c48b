"""The demo's attributions: quiet all year, by what was logged; noisier by a stand-in, which its floor knows."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.attribution import exact_ranking
from engine.explore.attribution import attribution_history, attribution_of, explained, ranking_of
from engine.findings import Finding, Severity
from engine.ranking import LOGGED, SURROGATE, Ranking
from engine.slices import Filter, Slice

BASE = Path(__file__).resolve().parents[2] / "data" / "monitors"


@pytest.fixture(scope="module")
def logged(demo):
    return explained(demo, BASE)


@pytest.fixture(scope="module")
def surrogate(demo):
    """The demo as a monitor that logs no attributions."""
    columns = demo.monitor.columns.model_copy(update={"attributions": None})
    return replace(demo, monitor=demo.monitor.model_copy(update={"columns": columns}))


def test_all_that_was_logged_fits(logged):
    assert logged.source == LOGGED and len(logged.features) == 15
    assert logged.notes == (
        "attributions: 3,000 of 43,048 reference and 12,000 of 255,987 production rows are explained.",
    )


def test_attribution_is_quiet_all_year(demo, logged):
    found = attribution_history(demo, logged)
    values = [one.value for one in found.findings.values() if isinstance(one, Finding)]
    assert len(values) == 40 and min(values) >= 0.972 and max(values) <= 0.9985
    assert {one.severity for one in found.findings.values() if isinstance(one, Finding)} == {Severity.OK}


def test_a_slice_reads_as_it_does_in_the_history(demo, logged):
    found = attribution_history(demo, logged)
    ((one,), _), ranking = attribution_of(demo, logged, Slice(window=demo.windows[3]))
    assert one == found.findings[3] and isinstance(ranking, Ranking) and ranking.rows == (3000, 300)


def test_cohorts_and_other_windows_can_be_asked(demo, logged):
    cut = Slice((Filter("origin", "eq", ("LGA",)),), demo.windows[8])
    ((one,), _), ranking = attribution_of(demo, logged, cut, "previous window")
    assert isinstance(ranking, Ranking) and 0 < ranking.rows[0] < 300 and 0 < one.value <= 1


def test_a_stand_in_is_named_as_such(surrogate):
    of = explained(surrogate, BASE)
    assert of.source == SURROGATE and of.by == "late_probability" and "surrogate" in of.notes[0]
    found = attribution_history(surrogate, of)
    severities = [one.severity for one in found.findings.values() if isinstance(one, Finding)]
    assert severities.count(Severity.OK) >= 35
    ((one,), _), ranking = attribution_of(surrogate, of, Slice(window=surrogate.windows[3]))
    assert one == found.findings[3] and SURROGATE in one.sentence
    assert isinstance(ranking, Ranking) and ranking.rows[0] == 43_048


def test_a_table_that_is_not_there_is_told_and_stood_in_for(demo):
    gone = demo.monitor.columns.attributions.model_copy(update={"path": "data/demo/gone.parquet"})
    columns = demo.monitor.columns.model_copy(update={"attributions": gone})
    of = explained(replace(demo, monitor=demo.monitor.model_copy(update={"columns": columns})), BASE)
    assert of.source == SURROGATE and "There is no such file" in of.notes[0]


def test_datasets_without_codes_read_the_same(surrogate, logged):
    cut = Slice(window=surrogate.windows[3])
    sides = surrogate.reference, surrogate.production, surrogate.held(cut), cut, surrogate.supports
    by_codes = ranking_of(surrogate, explained(surrogate, BASE), cut)
    fresh = exact_ranking(*sides)
    assert isinstance(fresh, Ranking) and isinstance(by_codes, Ranking) and fresh.features == by_codes.features
    assert fresh.reference == pytest.approx(by_codes.reference, abs=1e-12)
    assert fresh.production_error == pytest.approx(by_codes.production_error, abs=1e-12)
    same = exact_ranking(*sides, logged.logged)
    assert isinstance(same, Ranking) and same.rows == (3000, 300)
