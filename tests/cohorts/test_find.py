"""The finder: it names the cohort that drifts, spares what does not, and lists nothing twice."""

from dataclasses import replace

import numpy as np
import pytest

from engine.cohorts import by, find, search
from engine.cohorts.mix import split
from engine.columns import Column, Kind
from engine.errors import Cancelled, UnknownName
from engine.findings import Severity
from engine.metrics import metric
from engine.metrics.psi import psi
from engine.signals import Level, Plan
from engine.slices import Filter
from engine.summaries import Histogram
from engine.tables.crosstab import Crosstab
from engine.tables.supports import CategoricalSupport
from tests.cohorts.oracle import crosstab, crosstabs, supports_of

BY = ("origin", "carrier", "hour")


def made(seed, n=20_000, moved=lambda origin, carrier: np.zeros(len(origin)), lost=None):
    random = np.random.default_rng(seed)
    origin, carrier = random.choice(["EWR", "JFK", "LGA"], n), random.choice(list("ABCDEFGH"), n)
    seats = random.normal(150, 30, n) + moved(origin, carrier)
    temp = random.normal(20, 5, n)
    if lost is not None:
        temp[lost(origin, carrier) & (random.random(n) < 0.3)] = np.nan
    return {
        "origin": origin.astype(object), "carrier": carrier.astype(object), "hour": random.integers(0, 24, n) * 1.0,
        "seats": seats, "temp": temp,
    }  # fmt: skip


def tabs(production, reference=None):
    reference = reference or made(1)
    supports = supports_of(reference, integers=("hour",))
    return crosstabs(reference, production, supports, BY), supports


def at_lga(origin, carrier):
    return np.where(origin == "LGA", -20.0, 0.0)


def test_nothing_changed_nothing_found():
    assert find(*tabs(made(2))) == ()


def test_drift_that_the_whole_hides_is_named():
    found = search(*tabs(made(2, moved=at_lga)))
    first = found.cohorts[0]
    assert first.cohort == (Filter("origin", "eq", ("LGA",)),) and (first.column, first.metric) == ("seats", "psi")
    assert first.hidden and first.value_whole < 0.1 <= first.value and first.severity is Severity.CRITICAL
    assert first.value_without < 0.01
    assert (
        first.sentence.startswith("Hidden: seats at origin LGA reads 0.")
        and "while all rows read 0.0" in first.sentence
    )
    assert not any(one.hidden for one in found.cohorts[1:]), "others drift as far as they hold flights of LGA"


def test_the_drift_of_the_whole_falls_without_the_cohort():
    found = find(*tabs(made(2, moved=lambda origin, carrier: np.where(origin == "LGA", -60.0, 0.0))))
    assert found[0].words == "origin LGA" and not found[0].hidden
    assert found[0].sentence.startswith("Without origin LGA the PSI of seats falls from 0.")
    assert found[0].sentence.endswith("mostly by behaviour: these rows themselves changed.")


def test_mix_is_told_from_behaviour():
    """No row changes where it is; there are more of carrier A, whose seats are few."""
    random = np.random.default_rng(5)

    def side(share):
        carrier = random.choice(["A", "B"], 20_000, p=[share, 1 - share]).astype(object)
        return {"carrier": carrier, "seats": random.normal(np.where(carrier == "A", 60, 150), 20, 20_000)}

    reference, production = side(0.05), side(0.3)
    supports = supports_of(reference)
    listed = by(crosstabs(reference, production, supports, ["carrier"]), supports, "carrier", columns={"seats"})
    assert sum(one.mix for one in listed) > 0.95 * listed[0].value_whole
    assert sum(one.mix + one.behaviour for one in listed) == pytest.approx(listed[0].value_whole, abs=1e-12)
    assert listed[0].words == "carrier A" and all(one.value < 0.02 for one in listed)
    assert "by mix" in listed[0].sentence


def test_a_pair_that_drifts_where_neither_half_does_is_found():
    moved = lambda origin, carrier: np.where((origin == "LGA") & (carrier == "A"), -40.0, 0.0)  # noqa: E731
    first = find(*tabs(made(2, moved=moved)))[0]
    assert set(first.cohort) == {Filter("origin", "eq", ("LGA",)), Filter("carrier", "eq", ("A",))} and first.hidden


def test_pairs_that_repeat_their_half_are_left_out():
    found = search(*tabs(made(2, moved=at_lga)))
    assert found.repeats > 10
    assert all(len(one.cohort) == 1 for one in found.cohorts if "LGA" in one.words)


def test_cohorts_that_drift_with_all_rows_come_last():
    moved = lambda origin, carrier: np.where(origin == "LGA", -90.0, -15.0)  # noqa: E731
    found = find(*tabs(made(2, moved=moved)))
    assert found[0].words == "origin LGA" and len(found) > 5
    rest = [one for one in found if one.sentence.startswith("The PSI of seats is")]
    assert rest and found.index(rest[0]) + len(rest) == len(found)


def test_readings_are_those_of_the_metric_itself():
    crosstabs_, supports = tabs(made(2, moved=at_lga))
    found = find(crosstabs_, supports)[0]
    tab = next(one for one in crosstabs_ if "origin" in one.by)
    at = tab.keys[:, tab.by.index("origin")] == supports["origin"].labels.index("LGA")

    def read(rows):
        sides = [side["seats"][rows, :-1].sum(axis=0) for side in (tab.reference, tab.production)]
        kept = sides[0] + sides[1] > 0
        return psi(Histogram(("",) * int(kept.sum()), sides[0][kept], sides[1][kept])).value

    assert found.value == pytest.approx(read(at), abs=1e-12)
    assert found.value_without == pytest.approx(read(~at), abs=1e-12)
    assert found.value_whole == pytest.approx(read(at | ~at), abs=1e-12)
    sides = [np.stack([s["seats"][g, :-1].sum(axis=0) for g in (at, ~at)]) for s in (tab.reference, tab.production)]
    two = split(*sides)
    assert (found.mix, found.behaviour) == pytest.approx((two.mix[0], two.behaviour[0]), abs=1e-12)


@pytest.mark.parametrize("key", ["jensen_shannon", "hellinger", "chi_squared", "chebyshev"])
def test_other_metrics_of_bins(key):
    crosstabs_, supports = tabs(made(2, moved=lambda origin, carrier: np.where(origin == "LGA", -60.0, 0.0)))
    first = find(crosstabs_, supports, metric=key)[0]
    assert first.words == "origin LGA" and first.metric == key and first.mix is None
    assert first.value >= metric(key).warning and first.floor < first.value
    assert find(*tabs(made(2)), metric=key) == ()


def test_missing_values_of_one_cohort():
    lost = lambda origin, carrier: origin == "JFK"  # noqa: E731
    crosstabs_, supports = tabs(made(2, lost=lost))
    found = find(crosstabs_, supports, metric="null_rate")
    assert (found[0].words, found[0].column) == ("origin JFK", "temp")
    assert found[0].value == pytest.approx(0.3, abs=0.02) and found[0].value_without == 0
    listed = by(crosstabs_, supports, "origin", metric="null_rate", columns={"temp"})
    assert sum(one.mix + one.behaviour for one in listed) == pytest.approx(listed[0].value_whole, abs=1e-12)


def test_small_cohorts_are_not_asked():
    crosstabs_, supports = tabs(made(2, moved=at_lga))
    few = search(crosstabs_, supports, least_share=0.2)
    assert {one.words for one in few.cohorts} == {"origin LGA"} and few.tested == 3 * 4
    assert search(crosstabs_, supports, least_rows=10**6) == replace(few, cohorts=(), tested=0, repeats=0)


def test_a_cohort_that_left_is_asked_as_one_that_came():
    """1 % of either side is enough: 0.5 % of the reference that became 12 % is what one looks for."""
    reference = {
        "c": np.array(["rare"] * 150 + ["a"] * 29_850, dtype=object),
        "x": np.random.default_rng(0).normal(size=30_000),
    }
    production = {
        "c": np.array(["rare"] * 3600 + ["a"] * 26_400, dtype=object),
        "x": np.random.default_rng(1).normal(size=30_000),
    }
    production["x"][:3600] += 2
    supports = supports_of(reference)
    for sides in ((reference, production), (production, reference)):
        assert find(crosstabs(*sides, supports, ["c"]), supports)[0].words == "c rare"


def test_thresholds_and_columns_are_the_plans():
    crosstabs_, supports = tabs(made(2, moved=at_lga))
    high = Plan(thresholds={"seats.psi": (Level(5.0), Level(9.0))})
    assert find(crosstabs_, supports, plan=high) == () == find(crosstabs_, supports, columns={"temp"})


def test_windows_that_differ_by_themselves_silence():
    crosstabs_, supports = tabs(made(2, moved=at_lga))
    assert find(crosstabs_, supports, excess={"seats": 2.0}) == ()


def test_a_metric_of_curves_is_refused():
    with pytest.raises(
        UnknownName, match="Possible: chebyshev, chi_squared, hellinger, jensen_shannon, null_rate, psi"
    ):
        find([], {}, metric="ks")
    with pytest.raises(UnknownName, match="Did you mean 'origin'"):
        by(*tabs(made(2)), "orgin")


def test_progress_is_told_and_may_stop_it():
    told = []
    find(*tabs(made(2)), progress=lambda share, said: told.append(share))
    assert told == sorted(told) and told[-1] == 1

    def stop(share, said):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        find(*tabs(made(2)), progress=stop)


def test_cohort_columns_that_the_tables_do_not_count_are_read_from_their_keys():
    crosstabs_, supports = tabs(made(2, moved=at_lga))
    slim = [
        replace(t, reference={n: c for n, c in t.reference.items() if n not in t.by},
                production={n: c for n, c in t.production.items() if n not in t.by}) for t in crosstabs_
    ]  # fmt: skip
    assert find(slim, supports) == find(crosstabs_, supports)


def test_one_wide_table_finds_what_many_narrow_ones_do():
    reference, production = made(1), made(2, moved=at_lga)
    supports = supports_of(reference, integers=("hour",))
    wide = search([crosstab(reference, production, supports, BY)], supports)
    narrow = search(crosstabs(reference, production, supports, BY), supports)
    assert wide.tested == narrow.tested and {one.words for one in wide.cohorts} == {one.words for one in narrow.cohorts}


def test_a_large_table_is_summed_to_small_ones_first():
    reference, production = made(1), made(2, moved=at_lga)
    supports = supports_of(reference, integers=("hour",)) | {
        "temp": supports_of({"temp": reference["temp"]})["temp"]
    }  # fmt: skip
    by_ = (*BY, "temp")
    wide = crosstab(reference, production, supports, by_)
    assert len(wide.keys) > 1000
    large = search([wide], supports)
    small = search(crosstabs(reference, production, supports, by_), supports)
    assert large == small
    bare = replace(wide, reference={"seats": wide.reference["seats"]}, production={"seats": wide.production["seats"]})
    assert search([bare], supports) == small


@pytest.mark.slow
def test_thirty_columns_and_six_cohort_columns_are_searched_whole():
    random = np.random.default_rng(0)
    names = [f"x{i}" for i in range(30)]
    cats = [f"c{i}" for i in range(6)]

    def support(name, k):
        labels = tuple(f"v{i}" for i in range(k))
        column = Column(name, "VARCHAR", Kind.CATEGORICAL)
        return CategoricalSupport(column, labels, frozenset(), (*labels, "other", "unseen"), 0.0)

    supports = {n: support(n, 10) for n in names} | {n: support(n, 30) for n in cats}
    pairs = [(a, b) for i, a in enumerate(cats) for b in cats[i + 1 :]]
    found = []
    for pair in pairs:
        keys = np.stack(np.unravel_index(np.arange(900), (30, 30)), axis=1)
        sides = [
            {n: np.pad(random.multinomial(11_000, np.full(10, 0.1), 900), ((0, 0), (0, 3))) for n in names}
            for _ in range(2)
        ]
        rows = np.full(900, 11_000)
        found.append(Crosstab(pair, keys, sides[0], sides[1], (rows, rows)))
    assert search(found, supports).tested > 5000
