"""The sentences that say why a column drifted: each is told of its own cause, in words, and not of others."""

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine import compare
from engine.cli_tables import render_run
from engine.columns import Column, Kind
from engine.explore import exact_summary
from engine.explore import look as quick_look
from engine.look import look
from engine.reasons import reasons
from engine.slices import Slice
from engine.summaries import ColumnSummary, Quality, QualityCounts
from engine.units import rounding, unit_change

N = 6000


def why(old, new, name: str = "x") -> tuple[str, ...]:
    """The reasons for one column of two tables."""
    return compare(pa.table({name: old}), pa.table({name: new})).reasons.get(name, ())


def normal(mean: float, sd: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, sd, N)


def words(shares: dict[str, float], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(list(shares), N, p=list(shares.values()))


def with_nulls(values: np.ndarray, share: float, seed: int) -> pa.Array:
    return pa.array(values, mask=np.random.default_rng(seed).random(len(values)) < share)


def starting(said: tuple[str, ...], start: str) -> str:
    found = [one for one in said if one.startswith(start)]
    assert len(found) == 1, said
    return found[0]


def test_what_did_not_drift_has_no_reason():
    assert compare(pa.table({"x": normal(0, 1, 1)}), pa.table({"x": normal(0, 1, 2)})).reasons == {}


def test_a_moved_middle_is_told_from_where_to_where():
    said = why(normal(12, 3, 1), normal(14.5, 3, 2))
    assert "up from 12 to 14.5, by 0.8" in starting(said, "The median moved")
    assert not any(one.startswith("The middle half") for one in said)
    assert "down from" in starting(why(normal(12, 3, 1), normal(9, 3, 2)), "The median moved")


def test_a_wider_middle_is_told_as_a_ratio():
    said = why(normal(12, 3, 1), normal(12, 5.4, 2))
    ratio = float(starting(said, "The middle half of the values is ").split()[7])
    assert ratio == pytest.approx(1.8, rel=0.05)
    assert not any(one.startswith(("The median", "The values look")) for one in said)


def test_a_grown_tail_is_told_where_it_starts():
    r = np.random.default_rng(3)
    body = r.uniform(0, 10, N)
    said = why(r.uniform(0, 10, N), np.where(body > 9, body + 40 * (body - 9), body))
    assert starting(said, "9.5% of the values lie above 9.889 (0.5% in the reference)")


def test_a_grown_point_mass_is_told_with_both_shares():
    r = np.random.default_rng(5)
    sides = [np.where(r.random(N) < share, 0.0, r.exponential(5, N)) for share in (0.12, 0.4)]
    said = starting(why(*sides), "0 is ")
    assert said.startswith(("0 is 39", "0 is 40", "0 is 41")) and "in the reference)." in said
    sentinel = np.where(r.random(N) < 0.2, -999.0, normal(50, 9, 2))
    assert "(0.0% in the reference)" in starting(why(normal(50, 9, 1), sentinel), "-999 is ")


def test_a_column_of_few_values_is_told_by_its_bins():
    r = np.random.default_rng(6)
    said = why(r.integers(1, 6, N), r.choice([1, 2, 3, 4, 5], N, p=[0.1, 0.1, 0.1, 0.1, 0.6]))
    assert "of the PSI is 5 (" in said[-1]


def test_the_categories_that_make_up_the_score_are_named():
    said = why(words({"EV": 0.04, "MQ": 0.46, "UA": 0.5}, 1), words({"EV": 0.3, "MQ": 0.2, "UA": 0.5}, 2))
    assert len(said) == 1 and "of the PSI is EV (3.9% → 30.2%)" in said[0] and said[0].endswith("%).")


def test_new_and_vanished_categories_are_named():
    old = words({"a": 0.5, "b": 0.3, "gone": 0.2}, 1)
    said = why(old, words({"a": 0.5, "b": 0.3, "new": 0.2}, 2))
    assert starting(said, "The new category new is ").endswith("% of the values.")
    assert "1 category vanished: gone (" in starting(said, "1 category")
    said = why(old, words({"a": 0.5, "b": 0.3, "n": 0.15, "m": 0.05}, 2))
    assert "n (" in starting(said, "Categories that the reference never had") and "m (" in said[0]


def test_a_rare_category_that_is_not_seen_in_few_rows_has_not_vanished():
    old = words({"a": 0.5, "b": 0.499, "rare": 0.001}, 1)
    said = why(old, words({"a": 0.9, "b": 0.1}, 2))
    assert said and not any("vanished" in one for one in said)


def test_more_nulls_are_told_with_both_shares_and_alone():
    old, new = with_nulls(normal(0, 1, 1), 0.01, 3), with_nulls(normal(0, 1, 2), 0.14, 4)
    (said,) = why(old, new)
    assert said.startswith(("13.", "14.")) and "have no value (" in said


def test_text_in_a_number_column_is_counted():
    new = pa.array(["n/a" if i % 10 == 0 else str(i % 40) for i in range(N)])
    said = why(np.arange(N) % 40, new)
    assert "600 values (10.0% of the rows) cannot be read as BIGINT." in said


def test_a_change_of_unit_takes_the_place_of_what_it_explains():
    said = why(normal(50, 10, 1), 100 * normal(50, 10, 2))
    assert said == ("The values look as if they were multiplied by 100.",)
    assert why(normal(55, 12, 1), (normal(55, 12, 2) - 32) / 1.8)[0].endswith("converted from °F to °C.")
    both = why(with_nulls(normal(50, 10, 1), 0.01, 5), with_nulls(2.54 * normal(50, 10, 2), 0.3, 6))
    assert "have no value" in both[0] and "× 2.54" in both[1] and len(both) == 2


def test_a_factor_between_the_known_ones_is_a_move():
    for factor in (7, 2.2, 3):
        said = why(normal(50, 10, 1), factor * normal(50, 10, 2))
        assert said and not any("look as if" in one for one in said)
        assert starting(said, "The median moved") and starting(said, "The middle half")


def test_rounded_values_are_told():
    old, new = np.round(normal(5, 2, 1), 2), np.round(normal(6.5, 2, 2))
    assert "multiples of 1 now" in starting(why(old, new), "The values are")


def test_moments_are_told_as_moments():
    start = datetime(2024, 1, 1)
    r = np.random.default_rng(7)
    old, new = (
        pa.array([start + timedelta(days=shift, hours=int(h)) for h in r.integers(0, 2400, N)]) for shift in (0, 40)
    )
    table = [pa.table({"at": pa.array([start] * N), "due": side}) for side in (old, new)]
    said = compare(*table).reasons["due"]
    assert "2024-0" in starting(said, "The median moved up from")


def test_something_is_told_of_every_drifted_number():
    old = np.concatenate([normal(0, 1, 1), normal(8, 1, 2)])
    new = np.concatenate([normal(0, 1, 3), normal(9.4, 1, 4)])
    assert why(old, new)


def test_only_what_is_broken_is_told_of_what_did_not_drift():
    old, new = (with_nulls(normal(mean, 1, seed), share, seed) for mean, share, seed in ((0, 0.0, 1), (0.3, 0.3, 2)))
    run = compare(pa.table({"x": old}), pa.table({"x": new}), metrics=["null_rate"])
    assert all("no value" in one for one in run.reasons["x"])


def test_without_a_summary_of_values_quality_is_told():
    quality = Quality(QualityCounts(1000), QualityCounts(1000, nulls=400))
    said = reasons(Column("x", "INTEGER[]", Kind.NESTED), ColumnSummary(quality))
    assert said == ("40.0% of the rows have no value (0.0% in the reference).",)


def test_names_from_outside_cannot_steer_the_terminal():
    old, new = words({"a": 0.5, "b": 0.5}, 1), words({"a": 0.5, "\x1b[31mred": 0.5}, 2)
    run = compare(pa.table({"\x1b[2J": old}), pa.table({"\x1b[2J": new}))
    assert "\x1b" not in "".join(run.reasons["\x1b[2J"]) and "\x1b" not in render_run(run, "table")


def test_reasons_stand_in_the_document_and_under_the_table():
    run = compare(pa.table({"x": normal(0, 1, 1)}), pa.table({"x": normal(2, 1, 2)}))
    (said,) = json.loads(run.to_json())["reasons"]
    assert said["column"] == "x" and tuple(said["sentences"]) == run.reasons["x"]
    table = render_run(run, "table")
    assert "\nWhy:\n  x  " in table and all(one in table for one in run.reasons["x"])
    same = compare(pa.table({"x": normal(0, 1, 1)}), pa.table({"x": normal(0, 1, 1)}))
    assert "Why" not in render_run(same, "table") and json.loads(same.to_json())["reasons"] == []


# ---- the demo


def test_no_column_of_the_demo_changed_its_unit_in_any_week(demo):
    told, asked = [], 0
    for window in demo.windows:
        for column in demo.columns:
            summary = exact_summary(demo, column.name, Slice(window=window))
            if not isinstance(summary, ColumnSummary) or summary.quantiles is None:
                continue
            asked += 1
            rows = summary.quality.reference.values, summary.quality.production.values
            sides = summary.quantiles.reference, summary.quantiles.production
            if unit_change(*sides, rows) or rounding(*sides, rows):
                told.append((window.text, column.name))
    assert told == [] and asked == 40 * 11


def test_the_demo_in_another_unit_is_seen(demo):
    for name, factor in (("distance_mi", 1.609344), ("seats", 10.0), ("pressure_mb", 100.0)):
        seen = 0
        for window in demo.windows[:20]:
            summary = exact_summary(demo, name, Slice(window=window))
            rows = summary.quality.reference.values, summary.quality.production.values
            change = unit_change(summary.quantiles.reference, factor * summary.quantiles.production, rows)
            assert change is None or change.factor == factor
            seen += change is not None
        assert seen >= 10, f"{name} × {factor}: seen in {seen} of 20 weeks"


@pytest.mark.parametrize("week", [3, 12, 25])
def test_alarms_of_the_demo_have_reasons_from_both_tiers(demo, week):
    cut = Slice(window=demo.windows[week])
    exact, quick = look(demo.reference, demo.production, cut, demo.plan), quick_look(demo, cut)
    for run in (exact, quick):
        alarmed = {
            one.column
            for one in run.findings
            if one.severity.rank >= 4 and one.signal in ("data_drift", "prediction_drift", "data_quality")
        }
        assert set(run.reasons) == alarmed and all(run.reasons.values())
        assert all(one.endswith(".") for said in run.reasons.values() for one in said)
    assert quick.reasons.keys() == exact.reasons.keys()
