"""Laws that every metric obeys; a new metric is held to them without a line being written here."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.columns import Kind
from engine.metrics import METRICS, SHORT, manual, metric
from engine.operations import Operations, Served
from engine.outcomes import Classification, Regression, classes_of, errors_of
from engine.ranking import LOGGED, Ranking
from engine.slices import Slice
from engine.summaries import Curve, Histogram, Quality, QualityCounts, Scale
from engine.tables.cells import summarize_cells
from engine.tables.connection import connect
from engine.tables.count import count
from engine.tables.curves import curve
from engine.tables.exact import summarize
from engine.tables.sources import open_dataset
from engine.tables.supports import build_support, measure_scale
from engine.tables.values import Numbers, read

ROOT = connect(())
SEEDS = range(12)
EVERY = pytest.mark.parametrize("asked", METRICS.values(), ids=METRICS)


def made_histogram(rng: np.random.Generator) -> Histogram:
    """Bins of any size, some empty on one side."""
    k = int(rng.integers(1, 40))
    most = int(rng.choice([2, 50, 100_000]))
    sides = rng.integers(0, most, (2, k))
    sides[:, rng.integers(0, k)] += 1
    kept = sides[:, sides.sum(axis=0) > 0]
    return Histogram(tuple(f"bin {i}" for i in range(kept.shape[1])), kept[0], kept[1])


def values(rng: np.random.Generator, size: int) -> np.ndarray:
    """Numbers as they come: smooth, tied, heavy-tailed, with a mass at zero."""
    shape = rng.integers(0, 4)
    if shape == 0:
        return rng.normal(rng.normal(), 1 + rng.random(), size)
    if shape == 1:
        return rng.integers(0, 5, size).astype(float)
    if shape == 2:
        return rng.lognormal(0, 3, size)
    return np.where(rng.random(size) < 0.7, 0.0, rng.exponential(5, size))


def numbers(rng: np.random.Generator, found: np.ndarray) -> Numbers:
    infinite = tuple(int(one) for one in rng.integers(0, 3, 2)) if rng.random() < 0.3 else (0, 0)
    return Numbers(np.sort(found), infinite, QualityCounts(len(found) + sum(infinite), infinite=sum(infinite)))


def made_curve(rng: np.random.Generator) -> Curve:
    """A curve as the exact tier makes it, or as the cell tier does, small or resolved from a grid."""
    n, m = (int(rng.choice([1, 2, 7, 300, 6000])) for _ in range(2))
    first, second = values(rng, n), values(rng, m)
    if rng.random() < 0.5:
        sides = numbers(rng, first), numbers(rng, second)
        return curve(*sides, measure_scale(sides[0].values))
    return from_cells(first, second)


def from_cells(first: np.ndarray, second: np.ndarray) -> Curve:
    reference, production = open_dataset(pa.table({"x": first}), ROOT), open_dataset(pa.table({"x": second}), ROOT)
    support = build_support(reference.column("x"), read(reference, reference.column("x"), Slice()))
    cells = [count(side, {"x": support}) for side in (reference, production)]
    found = summarize_cells(support, *cells, tuple(side.groups(Slice()) for side in cells))
    assert found.curve is not None
    return found.curve


def made_quality(rng: np.random.Generator) -> Quality:
    return Quality(*(QualityCounts(int(n.sum()), *(int(one) for one in n[1:])) for n in rng.integers(0, 50, (2, 6))))


def made_classes(rng: np.random.Generator) -> Classification:
    """Two to four classes with scores that are probabilities, all of them met on either side."""
    k = int(rng.integers(2, 5))
    sides = []
    for n in rng.choice([12, 300], 2):
        target = np.concatenate([np.arange(k), rng.integers(0, k, n)])
        scores = rng.dirichlet(np.ones(k), len(target)).round(int(rng.integers(1, 9)))
        predicted = np.where(rng.random(len(target)) < 0.9, scores.argmax(axis=1), -1)
        predicted[0], predicted[1] = 0, 1
        scores = scores[:, 1:2] if k == 2 else scores
        sides.append(classes_of(len(target) + 3, target, predicted, scores, k, 1 if k == 2 else None, True))
    worth = (1.0, -2.0, -10.0, 0.0)
    return Classification(*sides, tuple(f"class {i}" for i in range(k)), 1 if k == 2 else None, worth)


def made_two_classes(rng: np.random.Generator) -> Classification:
    return next(one for one in iter(lambda: made_classes(rng), None) if one.positive is not None)


def made_errors(rng: np.random.Generator) -> Regression:
    sides = []
    for n in rng.choice([2, 9, 400], 2):
        target = rng.lognormal(0, 1, n)
        sides.append(errors_of(n + 2, target, target + rng.normal(0.1, 0.5, n)))
    return Regression(*sides)


def made_ranking(rng: np.random.Generator) -> Ranking:
    """Two to thirty features, some of which count alike or for nothing."""
    k = int(rng.integers(2, 31))
    sides = rng.random((2, k)).round(int(rng.integers(1, 6)))
    sides[:, 0] += 0.5
    return Ranking(tuple(f"feature {i}" for i in range(k)), *sides, *rng.random((2, k)) / 20, (400, 90), LOGGED)


def made_operations(rng: np.random.Generator) -> Operations:
    sides = []
    for n in rng.choice([1, 30, 5000], 2):
        failed = int(rng.integers(0, n + 1))
        times = tuple(np.sort(rng.lognormal(4, 1, 3)).tolist())
        sides.append(Served(int(n), n / 0.1, float(rng.random() + 0.1), int(n), times, int(n), failed, failed / n))
    return Operations(*sides, "latency_ms", "status_code")


MAKERS: dict[type, Callable[[np.random.Generator], Any]] = {
    Histogram: made_histogram,
    Curve: made_curve,
    Quality: made_quality,
    Classification: made_classes,
    Regression: made_errors,
    Ranking: made_ranking,
    Operations: made_operations,
}


@cache
def summary(needs: type, seed: int) -> Any:
    assert needs in MAKERS, f"no law can be held against a metric of {needs.__name__}: say in MAKERS how one is made"
    return MAKERS[needs](np.random.default_rng([seed, *needs.__name__.encode()]))


def asked_summary(asked: Any, seed: int) -> Any:
    """A summary that the metric has a value for."""
    found = summary(asked.needs, seed)
    return made_two_classes(np.random.default_rng(seed)) if asked.undefined(found) else found


SIDES = ("reference", "production", "reference_gap", "production_gap", "reference_infinite", "production_infinite")


def other(name: str) -> str:
    first, _, rest = name.partition("_")
    return "_".join(filter(None, ({"reference": "production", "production": "reference"}[first], rest)))


def swapped(one: Any) -> Any:
    """The same summary with its sides exchanged."""
    return replace(one, **{name: getattr(one, other(name)) for name in SIDES if hasattr(one, name)})


def unchanged(one: Any) -> Any:
    """The summary of a production that is the reference."""
    return replace(
        one,
        **{name: getattr(one, other(name)) for name in SIDES if name.startswith("production") and hasattr(one, name)},
        **({"area": None} if isinstance(one, Curve) else {}),  # it was taken of another production
    )


@EVERY
@pytest.mark.parametrize("seed", SEEDS)
def test_a_value_lies_in_its_bounds_and_in_its_interval(asked, seed):
    reading = asked.compute(asked_summary(asked, seed))
    assert asked.bounds[0] <= reading.value <= asked.bounds[1]
    if reading.interval is not None:
        low, high = reading.interval
        assert asked.bounds[0] <= low <= reading.value <= high <= asked.bounds[1]
    assert reading.p_value is None or 0 <= reading.p_value <= 1


@EVERY
@pytest.mark.parametrize("seed", SEEDS)
def test_no_change_reads_as_best(asked, seed):
    reading = asked.compute(unchanged(asked_summary(asked, seed)))
    best = asked.bounds[0] if asked.worse == "higher" else asked.bounds[1]
    low = reading.interval[0] if reading.interval and asked.worse == "higher" else reading.value
    own = reading.against is not None  # what has a value of its own in the reference reads that value
    assert low == pytest.approx(reading.against if own else best, abs=1e-12)


@EVERY
@pytest.mark.parametrize("seed", SEEDS)
def test_a_symmetric_metric_does_not_care_which_side_is_which(asked, seed):
    if asked.symmetric:
        one = asked_summary(asked, seed)
        there, back = asked.compute(one), asked.compute(swapped(one))
        assert back.value == pytest.approx(there.value, rel=1e-9, abs=1e-12)
        if there.interval is None or back.interval is None:
            assert back.interval is there.interval
        else:
            assert back.interval == pytest.approx(there.interval, rel=1e-9, abs=1e-12)


@EVERY
@pytest.mark.parametrize("seed", SEEDS)
def test_parts_sum_to_what_the_metric_says(asked, seed):
    one = asked_summary(asked, seed)
    reading = asked.compute(one)
    if reading.parts is not None:
        assert sum(reading.parts) == pytest.approx(asked.parts_of(reading.value), rel=1e-9, abs=1e-12)
        assert len(reading.parts) == len(one.labels)
        assert min(reading.parts) >= 0


@EVERY
@pytest.mark.parametrize("seed", SEEDS)
def test_a_reading_is_the_same_twice_and_leaves_its_summary_alone(asked, seed):
    one = asked_summary(asked, seed)
    before = [np.copy(getattr(one, name)) for name in SIDES if isinstance(getattr(one, name, None), np.ndarray)]
    assert asked.compute(one) == asked.compute(one)
    after = [getattr(one, name) for name in SIDES if isinstance(getattr(one, name, None), np.ndarray)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@EVERY
def test_thresholds_rise_to_the_worse_end_and_can_be_reached(asked):
    assert (asked.warning < asked.critical) == (asked.worse == "higher")
    if not asked.by_share and asked.bounds != (-np.inf, 1.0):  # those are moves, not levels
        low, high = sorted((asked.warning, asked.critical))
        assert asked.bounds[0] <= low < high <= asked.bounds[1]


@EVERY
@pytest.mark.parametrize("section", ["When to use it:", "Reading it:", "Pitfalls:", "References:", ">>> "])
def test_a_metric_is_its_own_manual(asked, section):
    assert section in manual(asked.key), f"engine/metrics/{asked.key}.py: its docstring has no '{section.strip()}'"
    first = manual(asked.key).splitlines()[0]
    assert first.endswith("."), f"engine/metrics/{asked.key}.py: its first line is a sentence"


@EVERY
def test_file_key_and_function_have_one_name(asked):
    module = import_module(asked.compute.__module__)
    assert module.__name__.rpartition(".")[2] == asked.key
    assert asked.compute.__doc__ and asked.formula and asked.name
    assert asked.kinds <= frozenset(Kind)
    assert metric(asked.key) is asked


def test_short_names_lead_to_metrics():
    assert {metric(short).key for short in SHORT} == set(SHORT.values())


def test_all_mass_in_one_place_on_both_sides_is_no_change():
    one = Histogram(("only",), np.array([7]), np.array([900]))
    for asked in METRICS.values():
        if asked.needs is Histogram:
            assert asked.compute(one).value == pytest.approx(0, abs=1e-12)


# ---- the same data, told differently


def both(first: dict[str, Any], second: dict[str, Any], column: str = "x") -> dict[str, float]:
    """Every reading of one column of two tables, on the exact tier."""
    reference, production = open_dataset(pa.table(first), ROOT), open_dataset(pa.table(second), ROOT)
    return readings(reference, production, column)


def readings(reference: Any, production: Any, column: str = "x") -> dict[str, float]:
    found = reference.column(column)
    whole = read(reference, found, Slice())
    support = build_support(found, whole)
    made = summarize(support, whole, read(production, found, Slice()))
    return {
        key: one.compute(made.of(one.needs)).value
        for key, one in METRICS.items()
        if found.kind in one.kinds and one.needs in MAKERS
    }


SAMPLES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "tied": lambda rng, n: rng.integers(0, 7, n).astype(float),
    "zero-inflated": lambda rng, n: np.where(rng.random(n) < 0.8, 0.0, rng.exponential(3, n)),
    "words": lambda rng, n: rng.choice(["EWR", "JFK", "LGA", ""], n, p=[0.5, 0.3, 0.15, 0.05]),
}


@pytest.fixture(params=SAMPLES, ids=str)
def sides(request):
    rng = np.random.default_rng(1)
    first = SAMPLES[request.param](rng, 2000)
    second = SAMPLES[request.param](rng, 1000)
    second = np.where(rng.random(1000) < 0.2, second[0], second)
    return first, second


def test_the_order_of_rows_does_not_matter(sides):
    rng = np.random.default_rng(2)
    shuffled = [rng.permutation(side) for side in sides]
    assert both({"x": shuffled[0]}, {"x": shuffled[1]}) == both({"x": sides[0]}, {"x": sides[1]})


def test_every_row_twice_changes_no_distance(sides):
    once = both({"x": sides[0]}, {"x": sides[1]})
    twice = both({"x": np.repeat(sides[0], 2)}, {"x": np.repeat(sides[1], 2)})
    for key, error in {"psi": 0.01, "wasserstein": 1e-4}.items():  # half a row a bin; a standard deviation with ddof 1
        if key in once:
            assert twice.pop(key) == pytest.approx(once.pop(key), abs=error)
    assert twice == pytest.approx(once, rel=1e-12)


def test_every_row_twice_changes_no_distance_in_quartiles():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=2001), rng.normal(0.3, 1, 900)  # 2001: the quartiles are values
    sides = open_dataset(pa.table({"x": first}), ROOT), open_dataset(pa.table({"x": second}), ROOT)
    unit = measure_scale(np.sort(first)).unit
    twice = both({"x": np.repeat(first, 2)}, {"x": np.repeat(second, 2)})["wasserstein"]
    assert twice * measure_scale(np.sort(np.repeat(first, 2))).unit == pytest.approx(
        readings(*sides)["wasserstein"] * unit, rel=1e-12
    )


@pytest.mark.parametrize("factor", [2.0**40, 2.0**-40, 3.7, 1e-9])
def test_a_change_of_unit_changes_no_distance(sides, factor):
    if sides[0].dtype.kind == "f":
        scaled = both({"x": sides[0] * factor}, {"x": sides[1] * factor})
        assert scaled == pytest.approx(both({"x": sides[0]}, {"x": sides[1]}), rel=1e-9)


def test_turned_around_values_are_as_far_apart(sides):
    if sides[0].dtype.kind == "f":
        kept = {"kolmogorov_smirnov", "wasserstein"}
        plain, turned = both({"x": sides[0]}, {"x": sides[1]}), both({"x": -sides[0]}, {"x": -sides[1]})
        assert {key: turned[key] for key in kept} == pytest.approx({key: plain[key] for key in kept}, rel=1e-9)


def test_a_table_in_two_files_reads_as_one(sides, tmp_path):
    import pyarrow.parquet as pq

    folders = []
    for name, side in zip(("reference", "production"), sides, strict=True):
        (tmp_path / name).mkdir()
        for i, part in enumerate(np.split(side, [300])):
            pq.write_table(pa.table({"x": part}), tmp_path / name / f"{i}.parquet")
        folders.append(open_dataset(tmp_path / name))
    assert [one.rows for one in folders] == [len(side) for side in sides]
    assert readings(*folders) == both({"x": sides[0]}, {"x": sides[1]})


def test_a_scale_is_positive_whatever_the_reference():
    for found in ([0.0], [5.0, 5.0], [0.0] * 9 + [1.0], [1.0, 2.0, 3.0], [-1e300, 1e300], [5e-324, 0.0]):
        scale = measure_scale(np.sort(np.array(found)))
        assert isinstance(scale, Scale) and 0 < scale.unit < np.inf
