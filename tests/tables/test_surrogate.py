"""The surrogate: η² from codes is that of the rows, without the bias of many bins, with an error that covers it."""

import numpy as np
import pyarrow as pa
import pytest

from engine.columns import Column, Kind
from engine.slices import Slice
from engine.tables.connection import connect
from engine.tables.counted import counted
from engine.tables.crosstab import bins_of_codes
from engine.tables.sources import open_dataset
from engine.tables.supports import CategoricalSupport, build_support
from engine.tables.surrogate import correlation_ratio, moments, numbers_of_codes
from engine.tables.values import read

ROOT = connect(())


def coded(**columns):
    dataset = open_dataset(pa.table(columns), ROOT)
    supports = {one.name: build_support(one, read(dataset, one, Slice())) for one in dataset.columns}
    return counted(dataset, supports)[1]


def powers(values: np.ndarray, bins: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(bins, values**power) for power in range(5)], axis=1)


def plain(values: np.ndarray, bins: np.ndarray) -> float:
    """η² less its bias, from rows."""
    means = np.array([values[bins == one].mean() for one in np.unique(bins)])
    sizes = np.array([(bins == one).sum() for one in np.unique(bins)])
    ratio = (sizes * (means - values.mean()) ** 2).sum() / ((values - values.mean()) ** 2).sum()
    return max(0.0, 1 - (1 - ratio) * (len(values) - 1) / (len(values) - len(sizes)))


@pytest.mark.parametrize("kind", ["score", "yes or no"])
def test_it_is_the_correlation_ratio_of_the_rows(kind):
    rng = np.random.default_rng(1)
    x, word = rng.normal(size=5000), rng.choice(["a", "b", "c"], 5000)
    score = 1 / (1 + np.exp(-x - (word == "a") + rng.normal(size=5000)))
    number = score if kind == "score" else (score > 0.6).astype(float)
    codes = coded(x=x, word=word, y=score if kind == "score" else score > 0.6)
    found = moments(codes, Slice(), "y", ["x", "word"]).of()
    for i, name in enumerate(("x", "word")):
        place = codes.names.index(name)
        bins = bins_of_codes(codes.supports[name]).take(
            np.concatenate([one[f"v{place}"].to_numpy() for one in codes.batches])
        )
        assert found.value[i] == pytest.approx(plain(number, bins), rel=2e-3 if kind == "score" else 1e-9)
    assert found.rows == 5000


def test_a_feature_that_says_nothing_reads_nothing_however_many_bins():
    rng = np.random.default_rng(2)
    read_as = [correlation_ratio(powers(rng.random(300), rng.integers(0, 50, 300)))[0] for _ in range(200)]
    assert np.mean(read_as) < 0.03 and np.mean(np.array(read_as) == 0) > 0.4


def test_one_standard_error_is_the_spread_of_samples():
    rng = np.random.default_rng(3)
    means = np.array([0.1, 0.4, 0.7, 0.2])
    found = []
    for _ in range(600):
        bins = rng.choice(4, 800, p=[0.4, 0.3, 0.2, 0.1])
        found.append(correlation_ratio(powers(means[bins] + rng.exponential(0.3, 800), bins)))
    values, errors = np.array(found).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.1)


def test_a_missing_value_is_a_bin_and_a_missing_prediction_no_row():
    x = np.array([None, 1.0] * 100)
    score = np.where(np.arange(200) % 2 == 0, 0.9, 0.1) + np.tile([0, 0, 0.01, 0.01], 50)
    found = moments(coded(x=x.tolist(), y=score), Slice(), "y", ["x"]).of()
    assert found.value[0] > 0.99
    holes = pa.array([None if i < 50 else float(one) for i, one in enumerate(score)])
    assert moments(coded(x=x.tolist(), y=holes), Slice(), "y", ["x"]).of().rows == 150


def test_what_has_no_number_or_no_spread_says_so():
    column = Column("y", "VARCHAR", Kind.CATEGORICAL)
    three = CategoricalSupport(column, ("a", "b", "c"), frozenset(), ("a", "b", "c", "other", "unseen"), 0.0)
    assert "several classes" in str(numbers_of_codes(three))
    assert np.isnan(correlation_ratio(powers(np.full(50, 0.3), np.arange(50) % 2))[0])
    assert np.isnan(correlation_ratio(powers(np.array([0.3, 0.4]), np.array([0, 1])))[0])
