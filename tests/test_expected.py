"""Estimates of a run: there where labels have not come, the same on both tiers and over time, right on known rows."""

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.cli import main
from engine.cli_compare import compared
from engine.cli_tables import render_run
from engine.explore import look, open_monitor, performance_history, predictions
from engine.explore.performance import maturity_in
from engine.monitor import read_monitor
from engine.slices import Filter, Slice, parse_window

START = datetime(2024, 1, 1)
TASKS = {
    "two": "columns: {timestamp: at, score: s, prediction: said, target: came}",
    "two, the other one": "columns: {timestamp: at, score: s, prediction: said, target: came, positive: 'a no'}",
    "three": "columns: {timestamp: at, prediction: said, target: came, scores: {a: pa, b: pb, c: pc}}",
    "numbers": "columns: {timestamp: at, prediction: said, target: came}",
}


def made(rng, task, first, weeks, n=400, hidden=()):
    """n rows a week: labels follow scores, errors follow a feature. hidden: weeks without labels."""
    rows = n * weeks
    at = [START + timedelta(weeks=first + i // n, minutes=(i % n) * 25) for i in range(rows)]
    g = rng.integers(0, 4, rows)
    columns = {"at": at, "g": [f"g{one}" for one in g]}
    if task.startswith("two"):
        s = rng.beta(1 + 0.3 * g, 2)
        happened = rng.random(rows) < s
        if task == "two":
            came, said = ["yes" if one else "no" for one in happened], ["yes" if one > 0.5 else "no" for one in s]
        else:  # the class that is predicted for comes first in order
            came, said = ["a no" if one else "yes" for one in happened], ["a no" if one > 0.5 else "yes" for one in s]
        columns |= {"s": s, "said": said}
    elif task == "three":
        p = rng.dirichlet([2, 1, 1], rows)
        came = [str(rng.choice(["a", "b", "c"], p=one)) for one in p]
        columns |= {"pa": p[:, 0], "pb": p[:, 1], "pc": p[:, 2], "said": [["a", "b", "c"][i] for i in p.argmax(axis=1)]}
    else:
        said = rng.normal(10, 3, rows)
        came = list(said + rng.normal(0, 1 + g))
        columns |= {"said": said}
    truth = list(came)
    for i in range(rows):
        if first + i // n in hidden:
            came[i] = None
    return pa.table({**columns, "came": came}), truth


@pytest.fixture(scope="module", params=TASKS)
def model(request, tmp_path_factory):
    """A monitor whose last week has no labels yet: (file, opened, truth of production)."""
    folder, rng = tmp_path_factory.mktemp("model"), np.random.default_rng(0)
    task = request.param
    pq.write_table(made(rng, task, 0, 8)[0], folder / "old.parquet")
    new, truth = made(rng, task, 8, 5, hidden=(12,))
    pq.write_table(new, folder / "new.parquet")
    said = "model: {task: regression}\n" if task == "numbers" else ""
    text = f"monitor: m\nreference: {{path: old.parquet}}\nproduction: {{path: new.parquet}}\n{said}{TASKS[task]}\n"
    (folder / "m.yaml").write_text(text)
    return folder / "m.yaml", open_monitor(read_monitor(folder / "m.yaml"), folder), new, truth


def by_cli(file, window, **more):
    sides = (str(file.with_name(f"{name}.parquet")) for name in ("old", "new"))
    return compared(*sides, monitor=str(file), window=window.text if window else None, **more)


def test_a_week_without_labels_has_estimates_alike_by_every_way(model):
    file, opened, _, _ = model
    last = opened.windows[-1]
    for cut, where in ((Slice(window=last), ()), (Slice((Filter("g", "eq", ("g2",)),), last), ("g=g2",))):
        page, cli = look(opened, cut), by_cli(file, last, where=where)
        first, second = page.document()["estimates"], cli.document()["estimates"]
        assert [one["metric"] for one in first] == [one["metric"] for one in second] and len(first) in (2, 9)
        for one, other in zip(first, second, strict=True):
            for key in ("value", "low", "high"):
                assert one[key] == pytest.approx(other[key], rel=1e-9, abs=1e-12), (one["metric"], key)
            assert (one["rows"], one["assumption"]) == (other["rows"], other["assumption"]) and one["rows"] > 0
            history = performance_history(opened, one["metric"], Slice(cut.cohort))
            assert history.estimates[-1].value == pytest.approx(one["value"], rel=1e-9)
            assert history.assumption == one["assumption"]
        json.loads(page.to_json())


def test_estimates_lie_near_what_comes(model):
    _, opened, new, truth = model
    cut = Slice(window=opened.windows[-1])
    hidden = np.arange(new.num_rows)[-400:]
    told = {one["metric"]: one for one in look(opened, cut).document()["estimates"]}
    said = new["said"].to_pylist()
    if "mae" in told:
        error = np.array([said[i] - truth[i] for i in hidden])
        came = {"mae": np.abs(error).mean(), "rmse": np.sqrt((error**2).mean())}
    else:
        came = {"accuracy": np.mean([said[i] == truth[i] for i in hidden])}
        positive = predictions(opened).asked.positive
        if positive is not None:
            name = predictions(opened).asked.classes[positive]
            yes = [i for i in hidden if truth[i] == name]
            came["recall"] = np.mean([said[i] == name for i in yes])
    for key, value in came.items():
        assert told[key]["low"] <= value <= told[key]["high"], key
        assert told[key]["value"] == pytest.approx(value, rel=0.2)


def test_where_labels_came_there_is_nothing_to_estimate(model):
    file, opened, _, _ = model
    for window in opened.windows[:-1]:
        run = look(opened, Slice(window=window))
        assert run.document()["estimates"] == [] and str(run.maturity) == "mature"
    cli = by_cli(file, opened.windows[0])
    assert cli.expected is None and "Expected until labels come" not in render_run(cli, "table")


def test_maturity_stands_in_the_document(model):
    file, opened, _, _ = model
    last = opened.windows[-1]
    for run in (look(opened, Slice(window=last)), by_cli(file, last)):
        assert run.document()["labels"] == {
            "reference": {"rows": 3200, "labelled": 3200}, "production": {"rows": 400, "labelled": 0},
            "maturity": "provisional",
        }  # fmt: skip
    assert maturity_in(opened, opened.windows[0]) == "mature"
    assert maturity_in(opened, parse_window("2030-01-07..2030-01-14")) is None


def test_the_table_says_them_with_their_assumption(model, capsys):
    file, opened, _, _ = model
    text = render_run(by_cli(file, opened.windows[-1]), "table")
    assert "Expected until labels come:" in text and "The estimate assumes" in text and " of 400 rows" in text


def test_a_monitor_that_wants_none_gets_none(model, tmp_path):
    file, opened, _, _ = model
    text = file.read_text() + "signals: {model_performance: {estimate: false}}\n"
    quiet = tmp_path / "quiet.yaml"
    quiet.write_text(text)
    sides = (str(file.with_name(f"{name}.parquet")) for name in ("old", "new"))
    assert compared(*sides, monitor=str(quiet), window=opened.windows[-1].text).expected is None
    other = open_monitor(read_monitor(quiet), file.parent)
    assert look(other, Slice(window=opened.windows[-1])).expected is None
    history = performance_history(other, "mae" if "mae" in str(file.read_text()) else "accuracy")
    assert history.estimates is None and history.because


def test_the_command_line_says_them(model, capsys):
    file, opened, _, _ = model
    sides = [str(file.with_name(f"{name}.parquet")) for name in ("old", "new")]
    main(["compare", *sides, "--monitor", str(file), "--window", opened.windows[-1].text, "--fail-on", "never"])
    assert "Expected until labels come" in capsys.readouterr().out
