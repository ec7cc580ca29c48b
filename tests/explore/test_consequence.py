"""The demo's drift beside its cost: concept drift in the week of the furloughs, seasons without it."""

from pathlib import Path

import numpy as np
import pytest

from engine.consequence import Verdict
from engine.errors import UnknownName
from engine.explore import look
from engine.explore.attribution import explained, ranking_of
from engine.explore.consequence import concept_of, consequences_of, number_of_target, target_by_bins
from engine.slices import Slice, parse_window

BASE = Path(__file__).resolve().parents[2] / "data" / "monitors"
FURLOUGHS = Slice(window=parse_window("2013-04-22..2013-04-29"))


def test_rows_and_positives_of_every_bin_are_those_of_the_data(demo):
    tables = target_by_bins(demo, FURLOUGHS)
    assert not isinstance(tables, str)
    data = demo.production
    sql = f"SELECT count(late) AS n, count_if(late) AS hits FROM {data.scan} WHERE {data.where(FURLOUGHS)[0]}"
    whole = data.query(sql, data.where(FURLOUGHS)[1]).to_pylist()[0]
    for n, _, m, more in tables.values():
        assert (m.sum(), more.sum()) == (whole["n"], whole["hits"]) and n.sum() > m.sum()
    by = demo.supports["origin"].labels.index("LGA")
    where, values = f"{data.where(FURLOUGHS)[0]} AND origin = 'LGA'", data.where(FURLOUGHS)[1]
    one = data.query(f"SELECT count(late) AS n, count_if(late) AS hits FROM {data.scan} WHERE {where}", values)
    assert [int(tables["origin"][i][by]) for i in (2, 3)] == list(one.to_pylist()[0].values())


def test_the_furloughs_changed_what_scores_came_true(demo):
    found = concept_of(demo, FURLOUGHS)
    assert not isinstance(found, str)
    score = found["late_probability"]
    assert score.beyond and 0.2 < score.unexpected < 0.3
    assert score.unexpected + score.mix == pytest.approx(score.change.change, abs=1e-12)


def test_few_weeks_of_the_year_show_concept_drift_of_the_score(demo):
    weeks = [concept_of(demo, Slice(window=one)) for one in demo.windows]
    beyond = [i for i, one in enumerate(weeks) if one["late_probability"].beyond]
    assert 3 in beyond and len(beyond) <= 6


def test_a_drift_that_matters_is_told_from_one_that_does_not(demo):
    of = explained(demo, BASE)
    run = look(demo, FURLOUGHS)
    found = {one.column: one for one in consequences_of(demo, run.findings, ranking_of(demo, of, FURLOUGHS), FURLOUGHS)}
    assert set(found) == set(of.features)
    assert found["temp_f"].verdict is Verdict.COSTLY and "performance" in found["temp_f"].goes_with
    assert found["precip_in"].verdict is Verdict.NOISE and "concept" in found["precip_in"].goes_with, "within noise"
    assert sum(one.verdict is Verdict.NOISE for one in found.values()) >= 10
    august = Slice(window=parse_window("2013-08-19..2013-08-26"))
    calm = consequences_of(demo, look(demo, august).findings, ranking_of(demo, of, august), august)
    by = {one.column: one.verdict for one in calm}
    assert by["wind_mph"] is Verdict.HARMLESS and Verdict.COSTLY not in by.values()


def test_a_target_without_a_rate_says_why(demo):
    assert "is a number" in str(number_of_target(demo.supports["temp_f"]))
    assert "name the one" in str(number_of_target(demo.supports["carrier"]))
    with pytest.raises(UnknownName):
        number_of_target(demo.supports["carrier"], "XX")
    codes = number_of_target(demo.supports["carrier"], "EV")
    assert np.nansum(codes) == 1
