"""The demo's other models: minutes of delay and three classes, in the furlough week and beside what was expected."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import confusion_matrix, log_loss, mean_absolute_error, roc_auc_score

from engine.explore import floors_of, look, open_monitor, performance_history, performance_of, predictions
from engine.explore.reliability import confusion, reliabilities, surprises
from engine.metrics import METRICS
from engine.monitor import read_monitor
from engine.slices import Slice, parse_window

DATA = Path(__file__).resolve().parents[2] / "data"
FURLOUGHS = Slice(window=parse_window("2013-04-22..2013-04-29"))
CLASSES = {"late": "p_late", "on time": "p_on_time", "very late": "p_very_late"}


def opened(name):
    path = DATA / "monitors" / f"{name}.yaml"
    return open_monitor(read_monitor(path), path.parent)


@pytest.fixture(scope="module")
def delay():
    return opened("flights-delay")


@pytest.fixture(scope="module")
def classes():
    return opened("flights-class")


@pytest.fixture(scope="module")
def week():
    table = pq.read_table(DATA / "demo" / "delays" / "production.parquet").to_pandas()
    at = table["scheduled_departure"]
    return table[(at >= FURLOUGHS.window.start) & (at < FURLOUGHS.window.end)]


def test_all_data_of_the_demo_stay_small():
    assert sum(path.stat().st_size for path in (DATA / "demo").rglob("*.parquet")) < 6_000_000


def test_the_week_reads_what_scikit_learn_reads(delay, classes, week):
    known = week[week["outcome"].notna()]
    side = performance_of(classes, FURLOUGHS).outcomes
    scores = known[list(CLASSES.values())].to_numpy(np.float64)
    whole = scores / scores.sum(axis=1, keepdims=True)  # they are kept in single precision
    areas = [roc_auc_score(known["outcome"] == name, scores[:, i]) for i, name in enumerate(CLASSES)]
    truth = {
        "log_loss": log_loss(known["outcome"], whole, labels=list(CLASSES)),
        "roc_auc": np.mean(areas),
    }
    for key, value in truth.items():
        assert METRICS[key].compute(side).value == pytest.approx(value, abs=1e-6)
    cells = {(one.came, one.predicted): one.production for one in confusion(side)}
    matrix = confusion_matrix(known["outcome"], known["predicted_outcome"], labels=list(CLASSES))
    assert [[cells[a, b] for b in CLASSES] for a in CLASSES] == matrix.tolist()
    came = week[week["arrival_delay"].notna()]
    value = METRICS["mae"].compute(performance_of(delay, FURLOUGHS).outcomes).value
    assert value == pytest.approx(mean_absolute_error(came["arrival_delay"], came["predicted_delay"]), abs=1e-9)


@pytest.mark.parametrize(("name", "metric", "outside"), [("classes", "log_loss", 3), ("delay", "mae", 6)])
def test_what_came_lay_outside_of_what_was_expected(request, name, metric, outside):
    one = request.getfixturevalue(name)
    history = performance_history(one, metric, floors=floors_of(one, FURLOUGHS, "same cohort"))
    found = surprises(one, history)
    assert len(found) == outside == history.honesty.windows - history.honesty.inside
    assert FURLOUGHS.window in {each.window for each in found} and not any(each.better for each in found)
    assert history.honesty.windows == 40 and history.assumption


def test_what_is_not_estimated_says_why(delay):
    history = performance_history(delay, "mean_error")
    assert history.estimates is None and "says nothing about the side" in history.because
    assert predictions(delay).learned.explained > 0.05


@pytest.mark.parametrize(("of", "rose"), [("on time", False), ("late", True), ("very late", True)])
def test_every_class_has_its_reliability(classes, of, rose):
    found = reliabilities(classes, FURLOUGHS, of=of)
    assert found.score == CLASSES[of] and ("rose" in found.words) == rose


def test_not_every_week_is_in_alarm(delay, classes):
    for one, most in ((delay, 15), (classes, 17)):
        severities = [str(look(one, Slice(window=window)).severity) for window in one.windows]
        assert severities.count("critical") <= most and severities.count("ok") >= 10
