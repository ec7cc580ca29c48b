"""Predictions and labels as tallies: the counts of a pass over rows, the same means, curves within bounds."""

from dataclasses import fields
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine.columns import Role
from engine.metrics import METRICS
from engine.outcomes import Average, Classes, Errors, Terms
from engine.slices import Filter, Slice, windows_between
from engine.tables.outcomes import OutcomeRows, held, read_outcomes
from engine.tables.question import Question, question
from engine.tables.sources import Dataset
from engine.tables.spark.outcomes import outcomes_there
from engine.tables.spark.session import spark
from tests.tables.spark.hostile import ADDRESS, far, near

START = datetime(2024, 1, 1)


def classified(rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    score = rng.beta(1, 6, rows)
    target = np.where(rng.random(rows) < score, "yes", "no").astype(object)
    target[rng.random(rows) < 0.2] = None
    said = np.where(score > 0.3, "yes", "no").astype(object)
    said[:5] = None
    score[5:9] = [np.nan, np.inf, 0.0, 1.0]
    at = [START + timedelta(hours=int(h)) for h in rng.integers(0, 24 * 40, rows)]
    return pa.table(
        {
            "at": pa.array(at, pa.timestamp("us")), "region": pa.array(rng.choice(["EU", "US"], rows)), "x": score * 2,
            "y": pa.array(target.tolist(), pa.string()), "said": pa.array(said.tolist(), pa.string()),
            "p": pa.array(score),
        }
    )  # fmt: skip


def regressed(rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    y = 1000 + rng.normal(0, 30, rows)
    said = y + rng.normal(2, 5, rows)
    y[:7], said[10:14] = np.nan, np.nan
    at = [START + timedelta(hours=int(h)) for h in rng.integers(0, 24 * 40, rows)]
    return pa.table(
        {
            "at": pa.array(at, pa.timestamp("us")),
            "region": pa.array(rng.choice(["EU", "US"], rows)),
            "y": y,
            "said": said,
        }
    )


def in_roles(dataset: Dataset) -> Dataset:
    roles = {"at": "timestamp", "y": "target", "said": "prediction"}
    return dataset.assign({}, roles | ({"p": "score"} if dataset.has("p") else {}))


def there(dataset: Dataset, asked: Question, cut: Slice, windows) -> OutcomeRows:
    tallies, target, predicted, scores, window = outcomes_there(dataset, asked, cut, windows)
    return OutcomeRows(asked, target, predicted, scores, window, tuple(windows), tallies)


def assert_same_average(here: Average | None, far_: Average | None) -> None:
    assert (here is None) == (far_ is None)
    if here and far_:
        assert here.n == far_.n
        assert far_.mean == pytest.approx(here.mean, rel=1e-9, abs=1e-12)
        assert far_.variance == pytest.approx(here.variance, rel=1e-6, abs=1e-12)


def assert_same(here: Classes | Errors, found: Classes | Errors) -> None:
    assert (here.rows, here.labelled) == (found.rows, found.labelled)
    if isinstance(here, Errors) and isinstance(found, Errors):
        assert here.zeros == found.zeros and here.beyond == found.beyond
        for one in fields(Errors):
            value = getattr(here, one.name)
            if isinstance(value, Average):
                assert_same_average(value, getattr(found, one.name))
        return
    assert isinstance(here, Classes) and isinstance(found, Classes)
    assert here.confusion.tolist() == found.confusion.tolist()
    assert_same_average(here.loss, found.loss)
    assert_same_average(here.square, found.square)
    assert len(here.curves) == len(found.curves)
    for a, b in zip(here.curves, found.curves, strict=True):
        assert a.positives.sum() == b.positives.sum() and a.negatives.sum() == b.negatives.sum()
        assert area(b) == pytest.approx(area(a), abs=3e-4)


def area(curve) -> float:
    """ROC AUC by pairs."""
    below = np.cumsum(curve.negatives) - curve.negatives
    pairs = (curve.positives * (below + curve.negatives / 2)).sum()
    return float(pairs / (curve.positives.sum() * curve.negatives.sum()))


def test_curves_from_bins_carry_an_interval_that_holds_the_exact_value():
    dataset = in_roles(near(classified(4000)))
    asked = question(dataset, dataset)
    assert isinstance(asked, Question)
    rows, tallies = read_outcomes(dataset, asked), there(dataset, asked, Slice(), ())
    exact, found = held(asked, rows.side(), rows.side()), held(asked, tallies.side(), tallies.side())
    for key in ("roc_auc", "average_precision"):
        one, other = METRICS[key].compute(exact), METRICS[key].compute(found)
        assert one.interval is None and other.interval is not None
        low, high = other.interval
        assert low <= one.value <= high and low <= other.value <= high and high - low < 0.02


def windows_of(dataset: Dataset):
    return windows_between(START, START + timedelta(days=39), "week")


CUTS = [Slice(), Slice((Filter("region", "eq", ("EU",)),))]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.words)
@pytest.mark.parametrize("made", [classified, regressed])
def test_tallies_tell_what_rows_tell(made, cut):
    dataset = in_roles(near(made(4000)))
    asked = question(dataset, dataset)
    assert isinstance(asked, Question)
    windows = windows_of(dataset)
    here, found = read_outcomes(dataset, asked, cut, windows), there(dataset, asked, cut, windows)
    assert_same(here.side(), found.side())
    for window in windows:
        assert_same(here.side(here.of_windows([window])), found.side(found.of_windows([window])))
    assert found.rows_of().sum() == here.rows_of().sum()


def test_a_threshold_stands_in_for_predictions():
    dataset = in_roles(near(classified(1000))).assign({}, {"said": "ignore"})
    asked = question(dataset, dataset, Terms(threshold=0.25))
    assert isinstance(asked, Question) and asked.prediction is None
    assert_same(read_outcomes(dataset, asked).side(), there(dataset, asked, Slice(), ()).side())


def test_few_scores_are_told_exactly():
    table = classified(800)
    rounded = np.round(table["p"].to_numpy(), 2)
    dataset = in_roles(near(table.set_column(5, "p", pa.array(rounded))))
    asked = question(dataset, dataset)
    assert isinstance(asked, Question)
    here, found = read_outcomes(dataset, asked).side(), there(dataset, asked, Slice(), ()).side()
    assert here.curves[0].scores.tolist() == found.curves[0].scores.tolist()
    assert here.curves[0].positives.tolist() == found.curves[0].positives.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(("made", "cut"), [(classified, CUTS[1]), (regressed, CUTS[0])])
def test_spark_tells_what_rows_tell(made, cut, java_here, tmp_path):
    table = made(3000)
    here, away = in_roles(near(table)), in_roles(far(table, tmp_path, made.__name__, spark(ADDRESS)))
    asked, same = question(here, here), question(away, away)
    assert isinstance(asked, Question) and isinstance(same, Question)
    assert (asked.classes, asked.positive, asked.no_probability) == (same.classes, same.positive, same.no_probability)
    assert away.with_role(Role.TARGET)
    windows = windows_of(here)
    one, other = read_outcomes(here, asked, cut, windows), read_outcomes(away, same, cut, windows)
    assert one.tallies is None and other.tallies is not None
    assert_same(one.side(), other.side())
    assert_same(one.side(one.of_windows(windows[2:4])), other.side(other.of_windows(windows[2:4])))


def test_of_too_many_classes_the_number_is_the_least_that_there_are(java_here, tmp_path):
    names = [f"came {i}" for i in range(1200)]
    table, root = pa.table({"y": names, "said": names}), spark(ADDRESS)
    roles = {"y": "target", "said": "prediction"}
    sides = [one.assign({}, roles) for one in (near(table), far(table, tmp_path, "many", root))]
    refused = " values: too many to be classes, and it is no number"
    assert question(sides[0], sides[0]) == f"y has 1,200{refused}"
    told = str(question(sides[1], sides[1]))
    assert told.startswith("y has at least 1,") and told.endswith(refused)
