"""Runs as they are recorded and read back: nothing twice, nothing lost, drawable without data."""

import json
import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from engine import compare
from engine.charts.curves import curves, shares_below
from engine.cli_tables import render_run
from engine.errors import UnknownName
from engine.explore.gist import gist
from engine.findings import Severity
from engine.monitor.read import parse_monitor
from engine.store import document, entries, fleet, history, record, records, run_of, save, text_of, verify
from engine.store.kept import summaries_document, summaries_from, thinned
from engine.store.runs import prepared
from engine.summaries import Curve, Scale
from tests.store.conftest import PATH


def test_a_run_reads_back_as_it_was(store, monitor, runs):
    made = save(store, runs[0], monitor, trigger="due")
    (read,) = records(store, "flights-late")
    bare = tuple(replace(one, parts=None) for one in runs[0].findings)
    assert read == replace(made, findings=bare)
    assert (read.id, read.window, read.severity, read.trigger) == (
        runs[0].id, runs[0].cut.window, runs[0].severity, "due",
    )  # fmt: skip
    assert read.not_computed == runs[0].not_computed and read.counts == runs[0].counts
    assert (read.rows, read.labelled) == (6592, 6558)
    assert document(store, read.id[:6]) == json.loads(runs[0].to_json())
    assert text_of(store, read.id)[0] == runs[0].to_json()


def test_a_window_is_recorded_once(store, monitor, runs):
    assert save(store, runs[0], monitor) and save(store, runs[0], monitor) is None
    later = replace(runs[0], at="2030-01-01T00:00:00+00:00")
    assert save(store, later, monitor) is None
    assert save(store, later, monitor, against="previous window") is not None
    assert len(records(store)) == 2
    assert [one.kind for one in entries(store)] == ["monitor", "run", "run"]


def test_a_revision_names_the_one_before(store, monitor, runs):
    first = save(store, runs[0], monitor)
    later = replace(runs[0], at="2030-01-01T00:00:00+00:00")
    second = save(store, later, monitor, trigger="restated", again=True)
    assert (second.revises, second.revision) == (first.id, 1)
    assert [one.id for one in records(store)] == [second.id]
    assert [one.id for one in records(store, latest=False)] == [first.id, second.id]
    assert [one.run for one in history(store, "flights-late", "temp_f", "psi")] == [second.id]
    assert [one.revision for one in history(store, "flights-late", "temp_f", "psi", latest=False)] == [0, 1]
    assert save(store, later, monitor, again=True) is None, "the very same run adds nothing"


def test_records_are_in_the_order_of_their_windows(store, monitor, runs):
    for run in (runs[2], runs[0], runs[3], runs[1]):
        save(store, run, monitor)
    assert [one.window for one in records(store)] == [run.cut.window for run in runs]
    assert [one.window for one in records(store, last=2, findings=False)] == [run.cut.window for run in runs[2:]]
    assert records(store, "another") == ()


def test_history_is_read_from_rows(store, monitor, runs):
    for run in runs:
        save(store, run, monitor)
    found = history(store, "flights-late", "temp_f", "psi")
    said = [next(f for f in run.findings if (f.column, f.metric) == ("temp_f", "psi")) for run in runs]
    assert [(one.value, one.severity, one.floor, one.n_production) for one in found] == [
        (one.value, one.severity, one.floor, one.n_production) for one in said
    ]
    assert {one.metric for one in history(store, "flights-late", "temp_f")} == {
        f.metric for f in runs[0].findings if f.column == "temp_f"
    }
    assert [one.column for one in history(store, "flights-late", metric="log_loss")] == [None] * 4


def test_the_fleet_is_the_last_of_each(store, monitor, runs):
    other = monitor.model_copy(update={"monitor": "another"})
    for run in runs:
        save(store, run, monitor)
    save(store, replace(runs[1], monitor="another"), other)
    last, of_all = fleet(store)[1], fleet(store)
    assert [one.monitor for one in of_all] == ["another", "flights-late"] and last.id == runs[3].id
    wanted = [f for f in runs[3].findings if f.severity in (Severity.WARNING, Severity.CRITICAL)]
    assert last.findings == tuple(replace(one, parts=None) for one in wanted) and wanted


def test_an_unknown_run_names_the_nearest(store, monitor, runs):
    made = save(store, runs[0], monitor)
    wrong = made.id[:-1] + ("0" if made.id[-1] != "0" else "1")
    for text in (wrong, "", "%", "_" * 12, "'; DROP TABLE plumbline_runs; --", "\0"):
        with pytest.raises(UnknownName) as told:
            record(store, text)
        assert made.id in str(told.value)
    assert record(store, made.id[:4].upper()).id == made.id


def test_an_old_run_is_drawn_without_its_data(store, monitor, runs, demo):
    save(store, runs[0], monitor)
    again = run_of(store, runs[0].id)
    assert again.to_json() == runs[0].to_json() and again.id == runs[0].id
    assert again.findings == runs[0].findings and again.reasons == runs[0].reasons
    assert render_run(again, "table") == render_run(runs[0], "table")
    assert again.cut == runs[0].cut and again.against.words == runs[0].against.words
    for column in demo.columns:
        was, now = runs[0].summaries[column.name], again.summaries[column.name]
        assert gist(column, was) == gist(column, now)
        assert was.quality == now.quality
        for name in ("reference", "production", "lows", "highs"):
            kept = getattr(now.histogram, name) if now.histogram else None
            np.testing.assert_equal(getattr(was.histogram, name) if was.histogram else None, kept)
        if was.curve is not None:
            x, p, q = shares_below(was.curve)
            np.testing.assert_array_equal(np.interp(x, *shares_below(now.curve)[:2]), p)
            np.testing.assert_array_equal(np.interp(x, shares_below(now.curve)[0], shares_below(now.curve)[2]), q)
            assert curves(now.curve, column.name).data[0].y is not None


def test_a_thinned_curve_keeps_counts_means_and_the_largest_gap():
    random = np.random.default_rng(3)
    values = [np.round(random.normal(0, 1, 20_000), 3), np.append(np.zeros(3000), random.normal(0.2, 1, 9000))]
    edges = np.unique(np.concatenate(values))[:-1]
    sides = [np.bincount(np.searchsorted(edges, one), minlength=len(edges) + 1) for one in values]
    upper = np.append(edges, edges[-1])
    gaps = [n * 0.0 for n in sides]
    gaps = [np.where(np.arange(len(n)) < len(edges), 0.0, (one - upper[-1])[one > upper[-1]].sum()) for n, one in
            zip(sides, values, strict=True)]  # fmt: skip
    many = Curve(edges, *sides, *gaps, Scale(1.0, "", (-math.inf, math.inf)))
    few = thinned(many, 250)
    assert len(few.edges) < 250 < len(many.edges)
    for name, one in (("reference", values[0]), ("production", values[1])):
        counts, gap = getattr(few, name), getattr(few, f"{name}_gap")
        total = (counts[:-1] * few.edges).sum() - gap[:-1].sum() + counts[-1] * few.edges[-1] + gap[-1]
        assert counts.sum() == len(one) and total / len(one) == pytest.approx(one.mean(), abs=1e-9)
    x, p, q = shares_below(many)
    fx, fp, fq = shares_below(few)
    assert np.abs(fp - fq).max() == np.abs(p - q).max()
    at = fx.searchsorted(0.0)
    assert fx[at] == 0.0 and fq[at] - fq[at - 1] == pytest.approx(0.25, abs=0.002), "a point mass stays a step"
    assert max(np.abs(np.interp(x, fx, fp) - p).max(), np.abs(np.interp(x, fx, fq) - q).max()) < 0.01


def test_a_run_takes_less_than_100_kb(monitor, runs):
    for run in runs:
        ready = prepared(run, monitor, "reference", "due", False)
        packed = sum(len(ready.row[name]) for name in ("document", "summaries", "brief"))
        assert packed < 100_000, packed


def test_ten_thousand_columns(file_store, monitor, runs):
    store = file_store
    names = [f"column {i}" for i in range(10_000)]
    drawn = runs[0].summaries["late_probability"]
    said = [one for one in runs[0].findings if (one.column, one.metric) == ("late_probability", "psi")]
    wide = replace(
        runs[0],
        monitor="wide",
        summaries=dict.fromkeys(names, drawn),
        findings=tuple(replace(one, column=name) for name in names for one in said),
    )
    made = save(store, wide, monitor.model_copy(update={"monitor": "wide"}))
    assert made.counts == wide.counts and len(history(store, "wide", metric="psi")) == 10_000
    again = run_of(store, wide.id)
    assert again.findings == wide.findings and len(again.summaries["column 9999"].curve.edges) < 25
    assert fleet(store)[0].id == wide.id


NAMES = ['it\'s "quoted"', "line\nbreak", "📈 drift", "nul\0nul", "%_\\", "=cmd()", "<b>x</b>", "日本語", "a" * 5000]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names(store, monitor, name):
    column = name.replace("\0", "")  # a frame's column may not hold NUL; all else may
    data = [pa.table({column: [float(i + k) for i in range(300)], "c": [name, "b"] * 150}) for k in (0, 200)]
    run = replace(compare(*data, metrics=["psi"]), monitor=name)
    made = save(store, run, monitor.model_copy(update={"monitor": name}), against=name)
    (read,) = records(store, name, against=name)
    assert read.id == made.id and save(store, run, monitor.model_copy(update={"monitor": name}), against=name) is None
    assert [one.severity for one in history(store, name, run.findings[0].column, "psi")] == [Severity.CRITICAL]
    assert run_of(store, made.id).findings == run.findings and verify(store).ok
    assert fleet(store)[0].id == made.id


def test_summaries_of_what_is_not_finite_are_json():
    text = json.dumps(summaries_document(compare(
        pa.table({"x": [math.inf, -math.inf, 1e308, -1e308] * 50, "t": ["a"] * 200}),
        pa.table({"x": [math.nan, 1.0, math.inf, 5e-324] * 50, "t": pa.array([None] * 200, pa.string())}),
    )), allow_nan=False)  # fmt: skip
    run = compare(pa.table({"x": [1.0, 2.0] * 50}), pa.table({"x": [1.0, 3.0] * 50}))
    assert summaries_from(json.loads(text), {"quality": []}).keys() == {"x", "t"}
    assert summaries_from(summaries_document(run), json.loads(run.to_json()))["x"].curve.scale.unit > 0


def test_the_ledger_tells_of_a_monitor_that_changed_but_not_its_secrets(store, runs):
    text = PATH.read_text() + "\n# deliver: {url: https://hooks.example.com/T0/B0/s3cret?key=v3ry}\n"
    first, second = parse_monitor(text), parse_monitor(text.replace("psi: {warning: 0.1,", "psi: {warning: 0.12,"))
    save(store, runs[0], first, text=text)
    save(store, runs[1], first, text=text)
    save(store, runs[2], second, text=text)
    told = [one.body for one in entries(store, "monitor")]
    assert [(one["before"], one["after"]) for one in told] == [
        (None, first.digest), (first.digest, second.digest),
    ]  # fmt: skip
    assert "s3cret" not in str(told) and "v3ry" not in str(told) and "hooks.example.com" in told[0]["text"]
