"""What is asked and judged: signals that are off ask nothing and say so, and all judged readings share one rate."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from engine import compare
from engine.cli_compare import compared
from engine.columns import Column, Kind, Role
from engine.explore import look, open_datasets, open_monitor
from engine.monitor import Monitor, read_monitor
from engine.monitor.read import parse_monitor
from engine.pair import read_as
from engine.ranking import LOGGED
from engine.signals import Plan
from engine.slices import Slice, parse_window
from engine.tables.sources import open_dataset

DATA = Path(__file__).resolve().parent.parent / "data"
SIGNALS = ("data_drift", "prediction_drift", "data_quality", "model_performance", "attribution_drift", "operations")
ROLES = {"score": "score", "said": "prediction", "came": "target", "ms": "latency"}


def table(seed, shift=0.0):
    rng = np.random.default_rng(seed)
    score = rng.random(800)
    return pa.table(
        {"x": rng.normal(shift, 1, 800), "score": score, "said": score > 0.5, "came": rng.random(800) < score,
         "ms": rng.gamma(2, 50, 800)}
    )  # fmt: skip


def monitor(signals):
    text = "monitor: m\nreference: {path: a}\nproduction: {path: b}\n"
    roles = "columns: {score: score, prediction: said, target: came, latency: ms}\n"
    return parse_monitor(text + roles + (f"signals: {{{signals}}}\n" if signals else ""))


@pytest.mark.parametrize("key", SIGNALS)
def test_a_signal_that_is_null_asks_nothing_and_says_so_on_both_tiers(key):
    off = monitor(f"{key}: null")
    sides = [open_dataset(table(seed)) for seed in (0, 1)]
    reference = sides[0].assign(roles=off.columns.roles)
    runs = [
        compare(table(0), table(1), roles=ROLES, plan=off.plan),
        look(open_datasets(off, reference, read_as(reference, sides[1])), Slice()),
    ]
    for run in runs:
        asked = {one.signal for one in (*run.findings, *run.not_computed)}
        assert asked == set(SIGNALS) - {key}
        assert any(note.startswith("Turned off in the monitor:") for note in run.notes)


@pytest.mark.parametrize(
    "signals", ["", "data_quality: {}", "model_performance: {metrics: [accuracy]}, operations: {}"]
)
def test_a_signal_that_is_not_named_is_on(signals):
    run = compare(table(0), table(1), roles=ROLES, plan=monitor(signals).plan)
    assert {one.signal for one in (*run.findings, *run.not_computed)} == set(SIGNALS)
    assert not any("Turned off" in note for note in run.notes)


def test_monitors_that_turn_off_other_signals_have_other_digests():
    made = [monitor(one).digest for one in ("data_drift: {}", "data_drift: {}, operations: null", "operations: {}")]
    assert made[0] == made[2] != made[1]


def test_all_that_is_judged_shares_one_rate():
    x, score = Column("x", "DOUBLE", Kind.NUMERIC), Column("s", "DOUBLE", Kind.NUMERIC, Role.SCORE)
    alone = round(0.05 / Plan().alpha([x]))
    both = round(0.05 / Plan().alpha([x, score]))
    assert alone == 5, "psi, wasserstein and three rates"
    assert both == 10 + 2 + 1, "and log loss and ROC AUC, whose labels may stand elsewhere, and the order of features"
    off = Plan(off=frozenset({"model_performance", "attribution_drift"}))
    assert round(0.05 / off.alpha([x, score])) == 10
    assert round(0.05 / Plan(metrics=frozenset({"psi"})).alpha([x, score])) == 2
    latency = Column("ms", "DOUBLE", Kind.NUMERIC, Role.LATENCY)
    assert 1 / Plan(off=frozenset({"operations"})).alpha([latency]) < 1 / Plan().alpha([latency])


def test_the_command_line_and_the_page_agree_on_logged_attributions(demo):
    path = DATA / "monitors" / "flights.yaml"
    places = [str(DATA / "demo" / f"{side}.parquet") for side in ("reference", "production")]
    window = "2013-04-22..2013-04-29"
    by_cli = compared(*places, monitor=str(path), window=window)
    by_page = look(demo, Slice(window=parse_window(window)))
    first, second = (
        next(one for one in run.findings if one.metric == "ndcg") for run in (by_cli, by_page)
    )  # fmt: skip
    assert first.value == pytest.approx(second.value, abs=1e-12) and first.n_production == second.n_production == 300
    assert first.floor == pytest.approx(second.floor, abs=1e-9) and first.floor_basis == second.floor_basis
    assert [one for one in by_cli.notes if "attributions" in one] == [
        one for one in by_page.notes if "attributions" in one
    ]


def with_prefix(seed):
    made = table(seed)
    for name in ("x", "z"):
        made = made.append_column(f"shap_{name}", pa.array(np.random.default_rng(seed).normal(size=800)))
    return made.append_column("z", made["ms"])


def test_attributions_beside_the_features_are_no_features(tmp_path):
    import pyarrow.parquet as pq

    for seed, name in ((0, "old"), (1, "new")):
        pq.write_table(with_prefix(seed), tmp_path / f"{name}.parquet")
    text = "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
    columns = "columns: {score: score, target: came, prediction: said, attributions: {prefix: shap_}}\n"
    file = tmp_path / "m.yaml"
    file.write_text(text + columns)
    by_cli = compared(*(str(tmp_path / f"{name}.parquet") for name in ("old", "new")), monitor=str(file))
    by_page = look(open_monitor(read_monitor(file), tmp_path), Slice())
    for run in (by_cli, by_page):
        assert not [one for one in run.findings if (one.column or "").startswith("shap_")]
        assert run.ranking.features == ("x", "z") and run.ranking.source == LOGGED
        assert any(one.metric == "ndcg" for one in run.findings)


def test_attributions_that_cannot_be_read_are_told_and_stood_in_for(tmp_path):
    import pyarrow.parquet as pq

    for seed, name in ((0, "old"), (1, "new")):
        pq.write_table(table(seed), tmp_path / f"{name}.parquet")
    text = "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\n"
    file = tmp_path / "m.yaml"
    file.write_text(text + "columns: {score: score, attributions: {path: gone.parquet, id: id}}\n")
    run = compared(*(str(tmp_path / f"{name}.parquet") for name in ("old", "new")), monitor=str(file))
    assert any("There is no such file" in note and "surrogate" in note for note in run.notes)


def test_columns_of_scores_are_scores_of_the_model():
    one = parse_monitor(
        "monitor: m\nreference: {path: a}\nproduction: {path: b}\ncolumns: {scores: {good: p_good, bad: p_bad}}\n"
    )
    assert isinstance(one, Monitor) and one.columns.roles == {"p_good": "score", "p_bad": "score"}


def test_the_rate_of_a_reading_is_found_once_for_the_same_columns(monkeypatch):
    columns = [Column(name, "DOUBLE", Kind.NUMERIC) for name in "ab"]
    plan = Plan()
    first = plan.alpha(columns)
    monkeypatch.setattr(Plan, "judges", lambda *_: pytest.fail("asked again"))
    assert plan.alpha(iter(columns)) == first
    monkeypatch.undo()
    assert plan.alpha(columns[:1]) == 2 * first
    halved = replace(plan, false_alarms=plan.false_alarms / 2)
    assert halved.alpha(columns) == first / 2 and halved != plan and plan == Plan()
