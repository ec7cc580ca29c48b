"""What a column holds at a glance, held against numpy."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.columns import Column, Kind
from engine.tables.profile import BARS, SAMPLED, TOP, Profile, profile, redrawn
from engine.tables.sources import open_dataset

RNG = np.random.default_rng(7)
N = 5_000


def made(**columns):
    return open_dataset(pa.table(columns))


def of(dataset, **more) -> dict[str, Profile]:
    found = profile(dataset, dataset.columns, **more)
    assert all(isinstance(one, Profile) for one in found.values()), found
    return found


def test_numbers_are_counted_as_numpy_counts_them():
    values = RNG.normal(50, 10, N)
    held = of(made(x=values))["x"]
    assert (held.rows, held.nulls, held.errors) == (N, 0, 0)
    assert held.low == f"{values.min():.6g}" and held.high == f"{values.max():.6g}"
    assert held.distinct == pytest.approx(N, rel=0.05) and not held.exact
    low, high = held.limits
    place = np.clip(np.floor((values - low) / (high / BARS - low / BARS)), 0, BARS - 1).astype(int)
    assert held.bars == tuple(np.bincount(place, minlength=BARS))
    assert sum(held.shares) == pytest.approx(1)


@pytest.mark.parametrize("stored", ["arrow", "parquet"])
def test_what_is_missing_or_no_number_is_told_apart(tmp_path, stored):
    values = [1.0, 2.0, None, float("nan"), float("inf"), float("-inf"), 3.0]
    table = pa.table({"x": pa.array(values, pa.float64())})
    pq.write_table(table, tmp_path / "x.parquet")  # its statistics leave not-a-number out
    held = of(open_dataset(table if stored == "arrow" else tmp_path / "x.parquet"))["x"]
    assert (held.rows, held.nulls, held.errors) == (7, 2, 0)
    assert (held.low, held.high) == ("1", "3")
    assert sum(held.bars) == 5  # infinities lie in the outer bars


def test_one_value_far_out_does_not_flatten_the_shape():
    values = np.append(RNG.normal(0, 1, N), 1e9)
    held = of(made(x=values))["x"]
    assert max(held.shares) < 0.3 and held.high == "1e+09"


def test_categories_with_their_rows_most_frequent_first():
    names = ["b"] * 5 + ["a"] * 5 + ["c"] * 2 + [None]
    held = of(made(x=names))["x"]
    assert (held.distinct, held.exact, held.nulls) == (3, True, 1)
    assert held.top == (("a", 5), ("b", 5), ("c", 2)) and held.bars == (5, 5, 2)
    many = of(made(x=[f"v{i % 20:02}" for i in range(100)]))["x"]
    assert many.distinct == 20 and len(many.bars) == TOP + 1 and many.bars[-1] == 100 - 5 * TOP


def test_production_is_drawn_on_the_bars_of_the_reference():
    first = made(x=RNG.normal(0, 1, N), c=["a", "b"] * (N // 2))
    second = made(x=RNG.normal(3, 1, N), c=["b", "new"] * (N // 2))
    reference, production = of(first), of(second)
    again = of(second, like=reference)
    assert again["x"].limits == reference["x"].limits != production["x"].limits
    assert again["x"].bars[-1] > 0.3 * N
    assert again["c"].names == ("a", "b") and again["c"].bars == (0, N // 2, N // 2)
    assert redrawn(second, second.columns, production, reference) == again


def test_of_many_rows_some_are_drawn_and_all_are_counted():
    values, rows = RNG.normal(50, 10, 5 * SAMPLED), 5 * SAMPLED
    values[:SAMPLED] = np.nan
    held = of(made(x=values, c=["a", "b"] * (rows // 2)))
    x, c = held["x"], held["c"]
    assert x.sampled and not c.sampled and c.bars == (rows // 2, rows // 2)
    assert (x.rows, x.nulls, x.low) == (rows, SAMPLED, f"{np.nanmin(values):.6g}")
    assert sum(x.bars) == pytest.approx(0.8 * SAMPLED, rel=0.05) and sum(x.shares) == pytest.approx(1)
    low, high = x.limits
    place = np.clip(np.floor((values[SAMPLED:] - low) / (high / BARS - low / BARS)), 0, BARS - 1).astype(int)
    assert np.abs(np.array(x.shares) - np.bincount(place, minlength=BARS) / len(place)).max() < 0.01


def test_of_a_column_that_is_mostly_missing_all_values_are_drawn():
    rows = 10 * SAMPLED
    few, one, much = np.full(rows, np.nan), np.full(rows, np.nan), RNG.normal(size=rows)
    few[:: rows // 100], one[5] = np.arange(100.0), 3.0
    held = of(made(few=few, one=one, much=much))
    assert sum(held["few"].bars) == 100 and min(held["few"].bars) >= 6 and not held["few"].sampled
    assert held["one"].bars == (1,) and not held["one"].sampled
    assert held["much"].sampled and sum(held["much"].bars) == pytest.approx(SAMPLED, rel=0.05)
    other = of(made(few=few / 2, one=one, much=much))
    dataset = made(few=few / 2, one=one, much=much)
    again = redrawn(dataset, dataset.columns, other, held)["few"]
    assert again.limits == held["few"].limits and sum(again.bars) == 100


def test_numbers_as_large_as_doubles_can_be_have_bars():
    held = of(made(x=[-1.7e308, 0.0, 1.7e308] * 3))["x"]
    assert sum(held.bars) == 9 and held.bars[0] == held.bars[-1] == 3


def test_numbers_as_text_are_read_as_the_reference_has_them():
    text = made(x=["1.5", "2.5", "n/a", None])
    held = profile(text, [Column("x", "DOUBLE", Kind.NUMERIC)])["x"]
    assert (held.nulls, held.errors, held.low, held.high) == (1, 1, "1.5", "2.5")


def test_moments_days_and_what_has_no_order():
    days = pd.date_range("2024-01-01", periods=40, freq="D")
    held = of(made(at=days, day=pa.array(days.date), x=[[1]] * 40, flag=[True, False] * 20))
    assert held["at"].low == "2024-01-01 00:00" and held["day"].high == "2024-02-09"
    assert held["x"].bars == () and held["x"].rows == 40
    assert held["flag"].distinct == 2


@pytest.mark.parametrize(
    "values",
    [pa.array([], pa.float64()), pa.array([None, None], pa.float64()), pa.array([float("nan")] * 3),
     pa.array([float("inf")] * 3), pa.array([], pa.string()), pa.array([None], pa.string()), pa.array([5.0] * 9)],
    ids=["no rows", "all null", "all nan", "all infinite", "no texts", "null texts", "one value"],
)  # fmt: skip
def test_what_holds_nothing_or_one_value(values):
    held = of(made(x=values))["x"]
    assert held.rows == len(values) and all(0 <= one <= 1 for one in held.shares)
    assert held.null_share in (0, 1)


def test_texts_that_are_all_different_are_not_listed():
    held = of(made(x=[f"key-{i}" for i in range(N)]))["x"]
    assert held.distinct == pytest.approx(N, rel=0.05) and held.top == () and held.bars == ()


def test_a_column_that_cannot_be_read_takes_no_other_with_it(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), path)
    dataset = open_dataset(path)
    wanted = [*dataset.columns, Column("gone", "DOUBLE", Kind.NUMERIC)]
    assert set(profile(dataset, wanted)) == {"a", "b"}
    path.write_bytes(b"PAR1 and nothing more")
    found = profile(dataset, dataset.columns)
    assert all("cannot be read" in str(one) for one in found.values())


def test_progress_is_told_and_ends_at_one():
    told = []
    profile(
        made(a=[1, 2], b=["x", "y"]), made(a=[1], b=["x"]).columns, tell=lambda share, said: told.append((share, said))
    )
    assert told == [(0.5, "1 of 2 columns"), (1.0, "2 of 2 columns")]
