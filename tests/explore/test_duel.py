"""Champion against challenger: both read as they are read alone, told apart only beyond chance, their rows compared."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import recall_score

from engine.errors import UnknownName
from engine.explore import look, open_datasets, performance_of
from engine.explore.duel import duel
from engine.metrics import METRICS
from engine.monitor import Monitor
from engine.slices import Filter, Slice, parse_window
from engine.tables.connection import connect
from engine.tables.sources import open_dataset

WEEK = parse_window("2013-04-22..2013-04-29")
MONITOR = {
    "monitor": "m", "reference": {"path": "a"}, "production": {"path": "b"},
    "columns": {"score": "score", "prediction": "said", "target": "came", "cohorts": ["model_version"]},
}  # fmt: skip


def versions(rng, n, noise, name):
    """Scores that are right but for noise: the more, the worse the model. x is alike for all."""
    x = rng.normal(size=n)
    truth = 1 / (1 + np.exp(-x))
    score = 1 / (1 + np.exp(-(x + noise * rng.normal(size=n))))
    return pa.table({"x": x, "score": score, "said": score >= 0.5, "came": rng.random(n) < truth,
                     "model_version": [name] * n})  # fmt: skip


def opened(reference, production, **more):
    monitor = Monitor.model_validate(MONITOR | more)
    roles = monitor.columns.roles
    root = connect(set())
    sides = [open_dataset(one, root, name) for one, name in ((reference, "reference"), (production, "production"))]
    return open_datasets(monitor, *(one.assign({}, roles) for one in sides))


def two(noise, seed=0, n=6000):
    rng = np.random.default_rng(seed)
    old, new = versions(rng, n, 0.5, "v1"), versions(rng, n, noise, "v2")
    return opened(versions(rng, n, 0.5, "v1"), pa.concat_tables([old, new]))


def test_each_side_reads_what_it_reads_alone(demo):
    match = duel(demo, "carrier", "UA", "EV", Slice(window=WEEK))
    for one in match.duels:
        for value, side in (("UA", one.champion), ("EV", one.challenger)):
            alone = performance_of(demo, Slice((Filter("carrier", "eq", (value,)),), WEEK)).outcomes
            assert METRICS[one.metric].compute(alone).value == side
    recall = next(one for one in match.duels if one.metric == "recall")
    table = demo.production.query(
        f"SELECT late, predicted_late FROM {demo.production.scan} WHERE carrier = 'EV' AND late IS NOT NULL "
        "AND scheduled_departure >= '2013-04-22' AND scheduled_departure < '2013-04-29'", [],
    )  # fmt: skip
    assert recall.challenger == pytest.approx(recall_score(table["late"], table["predicted_late"]), abs=1e-12)
    assert recall.better is True and "challenger better" in recall.verdict
    assert {one.metric for one in match.duels[:2]} == {"log_loss", "roc_auc"}, "those that are judged come first"
    assert match.rows[1] == demo.rows(WEEK, Slice((Filter("carrier", "eq", ("EV",)),)))


def test_the_drift_is_that_of_the_run_against_the_champion(demo):
    match = duel(demo, "carrier", "UA", "EV", Slice(window=WEEK))
    run = look(demo, Slice((Filter("carrier", "eq", ("EV",)),), WEEK), "cohort carrier=UA")
    read = {(one.column, one.metric): one for one in run.findings}
    assert match.drift[0].column == "seats" and all(one == read[one.column, one.metric] for one in match.drift)
    assert "carrier" not in {one.column for one in match.drift}, "what tells them apart is no news"


def test_a_worse_challenger_is_found_and_one_that_is_alike_is_not():
    worse = duel(two(3.0), "model_version", "v1", "v2", Slice())
    found = {one.metric: one for one in worse.duels}
    assert found["roc_auc"].better is False and found["log_loss"].better is False
    assert "v2 is worse in" in worse.words and "better in" not in worse.words
    alike = [duel(two(0.5, seed), "model_version", "v1", "v2", Slice()) for seed in range(20)]
    called = sum(any(one.better is not None for one in match.duels) for match in alike)
    assert called <= 2, "three standard errors: about one pair in fifty differs in any of ten metrics by chance"
    assert "differ in no metric by more than chance" in next(
        match.words for match in alike if not any(one.better is not None for one in match.duels)
    )


def test_the_standard_error_of_a_difference_is_its_spread():
    """Twenty pairs of models that are alike: the differences spread as their errors say."""
    z = []
    for seed in range(20):
        for one in duel(two(0.5, 100 + seed, 1500), "model_version", "v1", "v2", Slice()).duels:
            if one.metric in ("accuracy", "brier", "log_loss", "roc_auc"):
                z.append(one.difference / one.error)
    assert 0.75 < np.std(z) < 1.3


def test_a_challenger_that_the_reference_never_had_can_fight():
    match = duel(two(0.5), "model_version", "v1", "v2", Slice())
    assert not isinstance(match.duels, str) and len(match.duels) >= 8 and match.labelled == (6000, 6000)


def test_a_metric_of_numbers_counts_its_distance_from_nothing():
    rng = np.random.default_rng(3)

    def made(bias, name):
        target = rng.normal(50, 5, 3000)
        return pa.table({"said": target + bias + rng.normal(size=3000), "came": target,
                         "model_version": [name] * 3000})  # fmt: skip

    columns = {"prediction": "said", "target": "came", "cohorts": ["model_version"]}
    both = opened(made(0, "v1"), pa.concat_tables([made(-2, "v1"), made(0.5, "v2")]), columns=columns)
    found = {one.metric: one for one in duel(both, "model_version", "v1", "v2", Slice()).duels}
    assert found["mean_error"].better is True and found["mae"].better is True
    assert found["mean_error"].difference == pytest.approx(2.5, abs=0.2)


def test_who_has_no_labels_is_told():
    rng = np.random.default_rng(4)
    new = versions(rng, 500, 0.5, "v2")
    new = new.set_column(new.schema.get_field_index("came"), "came", pa.nulls(500, pa.bool_()))
    both = opened(versions(rng, 500, 0.5, "v1"), pa.concat_tables([versions(rng, 500, 0.5, "v1"), new]))
    match = duel(both, "model_version", "v1", "v2", Slice())
    assert match.duels == "no row of v2 has both a prediction and a label in this slice"
    assert "cannot be held against" in match.words and match.drift, "its rows can be compared all the same"


def test_a_value_that_is_not_there_names_the_nearest(demo):
    with pytest.raises(UnknownName, match="'UB'"):
        duel(demo, "carrier", "UA", "UB", Slice(window=WEEK))
