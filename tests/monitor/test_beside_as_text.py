"""Tables of labels and attributions that are text files: how they are written is chosen as for the two sides."""

import json
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.cli import main
from engine.errors import InvalidMonitor
from engine.evidence.again import again
from engine.explore import look, open_monitor
from engine.monitor.check import check_monitor
from engine.monitor.read import parse_monitor, read_monitor
from engine.slices import Slice
from tests.evidence.steps import evidence

N = 400
HEAD = "monitor: m\nreference: {path: old.parquet}\nproduction: {path: new.parquet}\nwindow: {every: 1 day}\n"
COLUMNS = (
    "columns:\n  id: id\n  score: score\n"
    "  target: {path: labels.csv, id: id, column: late%s}\n"
    "  attributions: {path: shap.csv, id: id%s}\n"
)
CHOSEN = (", csv: {nulls: [open]}", ", csv: {decimal: comma, thousands: point}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made_in = tmp_path_factory.mktemp("beside")
    random = np.random.default_rng(0)
    for name, first in (("old", 0), ("new", N)):
        at = [datetime(2024, 1, 1) + timedelta(minutes=10 * i) for i in range(N)]
        table = {"id": np.arange(first, first + N), "at": at, "a": random.normal(size=N), "b": random.normal(size=N)}
        pq.write_table(pa.table({**table, "score": random.uniform(0.05, 0.95, N)}), made_in / f"{name}.parquet")
    late = ["open" if i % 4 == 0 else str(i % 2) for i in range(2 * N)]
    (made_in / "labels.csv").write_text("id;late\n" + "".join(f"{i};{one}\n" for i, one in enumerate(late)))
    parts = random.integers(1000, 9999, (2 * N, 2))
    said = (f"{i};{a // 1000}.{a % 1000:03};{b}\n" for i, (a, b) in enumerate(parts))
    (made_in / "shap.csv").write_text("id;a;b\n" + "".join(said))
    return made_in


def document(folder, chosen: tuple[str, str]) -> dict:
    monitor = parse_monitor(HEAD + COLUMNS % chosen)
    return json.loads(look(open_monitor(monitor, folder), Slice(), exact=True).to_json())


def test_labels_and_attributions_are_read_as_chosen(folder):
    run, other = document(folder, CHOSEN), document(folder, ("", ""))
    assert run["labels"]["production"] == {"rows": N, "labelled": 3 * N // 4}
    assert other["labels"]["production"]["labelled"] == N  # open would be a third class
    thousands, points = (one["importance"]["features"][0]["production"] for one in (run, other))
    assert 0.4 < thousands < 0.6 and points < 0.001  # 4.321 is read as it was chosen


def test_a_run_says_how_and_is_asked_again_so(folder):
    run = document(folder, CHOSEN)
    assert run["asked"]["labels"]["csv"] == {"nulls": ["open"]}
    assert run["asked"]["beside"]["attributions"]["csv"] == {"decimal": ",", "thousands": "."}
    plain = document(folder, ("", ""))
    assert "csv" not in plain["asked"]["labels"] and "csv" not in plain["asked"]["beside"]["attributions"]
    answer = again(evidence(run))
    assert answer.state == "same", answer


def test_the_command_line_reads_them_so_too(folder, capsys):
    file = folder / "monitor.yaml"
    file.write_text(HEAD + COLUMNS % CHOSEN)
    sides = [str(folder / name) for name in ("old.parquet", "new.parquet")]
    assert main(["compare", *sides, "--monitor", str(file), "--format", "json", "--fail-on", "never"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["labels"]["production"]["labelled"] == 3 * N // 4
    assert found["importance"]["features"] == document(folder, CHOSEN)["importance"]["features"]


def test_check_holds_what_is_chosen_against_the_tables(folder):
    file = folder / "checked.yaml"
    file.write_text(HEAD + COLUMNS % (", csv: {delimiter: comma}", ""))
    assert {"columns.target.csv", "columns.target.id"} <= {one.field for one in check_monitor(file)}
    file.write_text(HEAD + COLUMNS.replace("labels.csv", "old.parquet").replace("late", "a") % CHOSEN)
    assert [one.field for one in check_monitor(file) if "no text file" in one.message] == ["columns.target.csv"]


def test_what_is_no_choice_is_refused_with_the_nearest(folder):
    with pytest.raises(InvalidMonitor, match="delimiter"):
        parse_monitor(HEAD + COLUMNS % (", csv: {delimter: semicolon}", ""))


def test_digests_of_before_stay(folder):
    text = "monitor: m\nreference: {path: a}\nproduction: {path: b}\n" + (
        "columns: {target: {path: l.csv, id: i, column: y}, attributions: {path: s.csv, id: i}}\n"
    )
    before = "d76444953d4fcc7512c9da0a7945cf1677b62287d56b3c4bda588c1b6050ef0d"
    assert parse_monitor(text).digest == before
    assert parse_monitor(text.replace("l.csv,", "l.csv, csv: {decimal: comma},")).digest != before
    file = folder / "kept.yaml"
    file.write_text(text)
    assert read_monitor(file).digest == before
