"""Performance in a run: what is judged, against what, in which words; on the demo, what really happened there."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from engine import compare
from engine.findings import Severity
from engine.look import look
from engine.maturity import Figure, Maturity, maturity, restated
from engine.outcomes import Terms
from engine.pair import in_one_reading, open_both
from engine.signals import Level, Plan
from engine.slices import Filter, Slice, parse_window
from engine.tables.late_labels import LabelTable
from engine.tables.sources import open_dataset

DEMO = Path(__file__).resolve().parent.parent / "data" / "demo"
ROLES = {"score": "score", "said": "prediction", "came": "target"}
DEMO_ROLES = {
    "flight_id": "id", "scheduled_departure": "timestamp", "late_probability": "score", "predicted_late": "prediction",
    "late": "target",
}  # fmt: skip


def made(rng, n, turned=0.0):
    """Scores that are right, but for a share of rows whose label is turned around."""
    score = rng.random(n)
    came = (rng.random(n) < score) ^ (rng.random(n) < turned)
    return pa.table({"score": score, "said": score >= 0.5, "came": came})


def of_model(run):
    return {one.metric: one for one in run.findings if one.signal == "model_performance"}


def test_a_model_that_got_worse_is_found():
    rng = np.random.default_rng(0)
    run = compare(made(rng, 5000), made(rng, 5000, turned=0.3), roles=ROLES)
    found = of_model(run)
    assert {key for key, one in found.items() if one.threshold} == {"log_loss", "roc_auc"}
    assert found["log_loss"].severity is found["roc_auc"].severity is Severity.CRITICAL
    assert found["recall"].severity is Severity.NOT_JUDGED and found["recall"].band[0] < found["recall"].value
    one = found["roc_auc"]
    assert one.column is None and one.parts is None and one.n_production == 5000 and one.floor_basis == "closed form"
    assert one.value < one.threshold.critical < one.floor < one.threshold.warning
    assert one.sentence.startswith("ROC AUC of the 5,000 labelled rows is 0.6")
    assert "value_per_prediction" not in found and run.outcomes.production.labelled == 5000


def test_one_that_did_not_is_not():
    rng = np.random.default_rng(1)
    found = of_model(compare(made(rng, 5000), made(rng, 5000), roles=ROLES))
    assert {found[key].severity for key in ("log_loss", "roc_auc")} <= {Severity.OK, Severity.NOT_ENOUGH_DATA}


def test_one_row_is_no_rows():
    rng = np.random.default_rng(0)
    found = of_model(compare(made(rng, 500), made(rng, 1), roles=ROLES))
    assert found["log_loss"].sentence.startswith("Log loss of the 1 labelled row is ")


def test_labels_in_other_words_are_refused_whichever_side_has_the_yes_and_no():
    rng = np.random.default_rng(0)
    words = made(rng, 500)
    words = words.set_column(2, "came", pa.array(np.where(words["came"].to_numpy(), "late", "early")))
    because = {one.because for one in compare(made(rng, 500), words, roles=ROLES).not_computed
               if one.signal == "model_performance"}  # fmt: skip
    assert because == {
        "labels of the reference (false, true) and those of production (early, late) have no value in common"
    }
    none = words.set_column(2, "came", pa.array([""] * 500))
    because = {one.because for one in compare(made(rng, 500), none, roles=ROLES).not_computed
               if one.signal == "model_performance"}  # fmt: skip
    assert "no row has a label yet" in because


def test_values_too_large_to_be_squared_are_told():
    rng = np.random.default_rng(0)
    both = made(rng, 500), made(rng, 500)
    for worth, there in ((1e74, True), (1e300, False)):
        plan = Plan(terms=Terms(worth={"tp": 1.0, "fn": -worth}))
        run = compare(*both, roles=ROLES, plan=plan)
        assert ("value_per_prediction" in of_model(run)) is there
        for one in run.findings:
            assert one.band is None or np.isfinite(one.band).all()
    gap = next(one for one in run.not_computed if one.metric == "value_per_prediction")
    assert gap.because == "values as large as 1e+300 cannot be squared"


def test_clearly_better_needs_few_rows():
    rng = np.random.default_rng(2)
    found = of_model(compare(made(rng, 400, turned=0.4), made(rng, 400), roles=ROLES))
    assert {found[key].severity for key in ("log_loss", "roc_auc")} == {Severity.OK}


def test_metrics_that_are_asked_for_are_judged_and_no_others_computed():
    rng = np.random.default_rng(3)
    sides = made(rng, 3000), made(rng, 3000, turned=0.3)
    found = of_model(compare(*sides, roles=ROLES, metrics=["recall", "psi"]))
    assert set(found) == {"recall"} and found["recall"].severity is Severity.CRITICAL
    assert of_model(compare(*sides, roles=ROLES, metrics=["psi"])) == {}
    wrong = compare(*sides, roles=ROLES, metrics=["rmse"]).not_computed
    assert [one.because for one in wrong] == ["Root mean squared error is not defined for predictions of classes"]


def test_levels_and_the_worth_of_outcomes_are_the_users():
    rng = np.random.default_rng(4)
    plan = Plan(
        performance=("recall", "value_per_prediction"),
        terms=Terms(worth={"tp": 0, "fp": -1, "fn": -10, "tn": 0}),
        thresholds={"came.recall": (Level.parse("-50 %"), Level.parse("-60 %")), "roc_auc": (Level(0.6), Level(0.5))},
    )
    run = compare(made(rng, 4000), made(rng, 4000, turned=0.3), roles=ROLES, plan=plan)
    found = of_model(run)
    assert found["recall"].severity is Severity.OK and found["roc_auc"].severity is Severity.NOT_JUDGED
    value = found["value_per_prediction"]
    confusion = run.outcomes.production.confusion
    assert value.value == pytest.approx((-10 * confusion[1, 0] - confusion[0, 1]) / 4000)
    assert value.severity is Severity.CRITICAL and "in all, of 4,000 predictions" in value.sentence


@pytest.mark.parametrize(("shift", "worse"), [(0.4, True), (-0.4, True), (0.0, False)])
def test_a_bias_counts_on_either_side(shift, worse):
    rng = np.random.default_rng(5)
    came = rng.normal(10, 2, (2, 4000))
    said = came + rng.normal(0, 1, (2, 4000)) + np.array([[0.0], [shift]])
    sides = [pa.table({"came": a, "said": b}) for a, b in zip(came, said, strict=True)]
    roles = {"came": "target", "said": "prediction"}
    found = of_model(compare(*sides, roles=roles, plan=Plan(performance=("mean_error", "r2"))))
    assert (found["mean_error"].severity is Severity.CRITICAL) == worse
    assert found["mean_error"].threshold.critical * (shift or 1) > 0 or not worse
    assert {"mae", "rmse", "mape"} <= set(found)


def test_without_labels_there_is_one_reason():
    run = compare(pa.table({"x": [1.0, 2.0]}), pa.table({"x": [1.0, 2.0]}))
    gaps = [one for one in run.not_computed if one.signal == "model_performance"]
    assert [(one.column, one.because) for one in gaps] == [(None, "no column has the role target")]


def test_labels_of_a_table_of_their_own():
    rng = np.random.default_rng(6)
    old, new = made(rng, 2000), made(rng, 2000, turned=0.3)
    ids = [pa.array(range(2000)), pa.array(range(2000, 4000))]
    came = [old["came"].combine_chunks(), new["came"].combine_chunks().slice(0, 1500)]
    keys = [ids[0], ids[1].slice(0, 1500)]
    labels = pa.table({"key": pa.chunked_array(keys), "came": pa.chunked_array(came)})
    sides = [one.drop_columns(["came"]).append_column("key", key) for one, key in zip((old, new), ids, strict=True)]
    roles = {"score": "score", "said": "prediction", "key": "id"}
    run = compare(*sides, roles=roles, labels=LabelTable(open_dataset(labels), "key", "came"))
    whole = of_model(compare(old, new.slice(0, 1500), roles=ROLES))
    assert {key: one.value for key, one in of_model(run).items()} == {key: one.value for key, one in whole.items()}
    assert of_model(run)["recall"].null_share_production == 0.25
    assert "labels: 500 of 4,000 predictions have no label." in run.notes


# ---- the demo


@pytest.fixture(scope="module")
def demo():
    paths = DEMO / "reference.parquet", DEMO / "production.parquet"
    return in_one_reading(*open_both(*paths), {"hour": "categorical"}, DEMO_ROLES)


def week(demo, text, *cohort):
    return of_model(look(*demo, Slice(cohort, parse_window(text)), Plan()))


def test_the_week_of_the_furloughs_fails_loudly(demo):
    found = week(demo, "2013-04-22..2013-04-29")
    assert found["log_loss"].value == pytest.approx(0.775, abs=5e-4)
    assert found["log_loss"].severity is Severity.CRITICAL and found["log_loss"].floor_basis == "reference windows"
    assert found["log_loss"].floor > 0.563, "the worst week of the reference"
    assert found["recall"].value == pytest.approx(0.15, abs=0.005)
    assert found["recall"].null_share_production == pytest.approx(166 / 6560)
    lga = week(demo, "2013-04-22..2013-04-29", Filter("origin", "eq", ("LGA",)))
    assert lga["recall"].value == pytest.approx(0.07, abs=0.005)
    after = week(demo, "2013-04-29..2013-05-06")
    assert after["recall"].value == pytest.approx(0.125, abs=5e-4)
    assert after["log_loss"].severity is Severity.OK, "few were late: what was missed cost little"


def test_ranking_did_not_fall_over_the_year(demo):
    found = of_model(look(*demo, Slice(), Plan()))["roc_auc"]
    assert found.value == pytest.approx(0.689, abs=5e-4) and "reference 0.68)" in found.sentence
    assert found.severity is Severity.OK


# ---- labels that are still coming


def test_labels_come_late_or_not_at_all():
    m, p, i = Maturity.MATURE, Maturity.PROVISIONAL, Maturity.INCOMPLETE
    assert maturity([97, 98, 60, 97, 98, 90, 20, 0], [100] * 8) == (m, m, i, m, m, p, p, p)
    assert maturity([50, 10], [100, 100], reference=0.98) == (p, p)
    assert maturity([96, 10], [100, 100], reference=0.98) == (m, p)
    assert maturity([5, 0], [100, 100]) == (m, p), "nobody knows what is usual: whoever has labels has them"
    assert maturity([], []) == ()
    assert maturity([98, 98, 98, 0, 97], [100, 100, 100, 0, 100])[3] is m, "a window without rows lacks nothing"


def test_a_figure_told_anew_leaves_a_trace():
    old = Figure("log_loss", 0.5, 40, 100, "2013-05-01")
    assert restated(old, Figure("log_loss", 0.5, 40, 100, "2013-05-09")) is None
    trace = restated(old, Figure("log_loss", None, 0, 100, "2013-05-09"))
    assert trace.was is old and trace.words.endswith("with 0 of 100 it is not computed.")


def test_quiet_weeks_stay_quiet_where_windows_differ_by_themselves():
    """Weeks whose level moves at random: by rows alone half of them alarm, by windows hardly any."""
    rng = np.random.default_rng(7)
    start, tables = datetime(2024, 1, 1), []
    for first, weeks in ((0, 10), (10, 1)):
        parts = []
        for i in range(first, first + weeks):
            score = np.clip(rng.random(1500), 0.05, 0.95)
            came = rng.random(1500) < np.clip(score + rng.normal(0, 0.12), 0.02, 0.98)
            at = [start + timedelta(weeks=i, minutes=6 * j) for j in range(1500)] + [
                start + timedelta(weeks=i, days=6.99)
            ]
            parts.append(pa.table({"at": at[1:], "score": score, "came": came}))
        tables.append(pa.concat_tables(parts))
    roles = {"at": "timestamp", "score": "score", "came": "target"}
    cut = Slice(window=parse_window("2024-03-11..2024-03-18"))
    found = of_model(compare(*tables, roles=roles, cut=cut))["log_loss"]
    assert found.floor_basis == "reference windows" and found.severity not in (Severity.WARNING, Severity.CRITICAL)
