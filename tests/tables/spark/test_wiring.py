"""A monitor whose rows lie in Spark beside the same monitor on this machine: cells, findings, records, evidence."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from engine.errors import Cancelled, UnreadableSource, UnusableData
from engine.explore import examples, look, open_monitor
from engine.monitor import read_monitor
from engine.monitor.check import check_monitor
from engine.monitor.far import open_there
from engine.slices import Filter, Slice
from engine.tables.spark import session as sessions
from engine.tables.spark.session import Spark
from engine.tables.spark.steady import SteadyThere
from tests.tables.spark.conftest import there
from tests.tables.spark.hostile import ADDRESS


@pytest.fixture(scope="module")
def near(small):
    return open_monitor(read_monitor(small / "here.yaml"), small)


@pytest.fixture(scope="module")
def far(small, java_here):
    return open_monitor(read_monitor(there(small, ADDRESS)), small)


def by_group(cells, table):
    """What stands in each group, by what names it."""
    names = [[values[i] for values, i in zip(cells.values.values(), row, strict=True)] for row in cells.cohort]
    windows = [*cells.windows, None]
    return {(windows[w], *name): table[g] for g, (w, name) in enumerate(zip(cells.window, names, strict=True))}


def assert_same_cells(first, second):
    for side in ("reference", "production"):
        one, other = first.sides[side].cells, second.sides[side].cells
        assert one.windows == other.windows and set(one.counts) == set(other.counts)
        for name in one.counts:
            mine, theirs = by_group(one, one.counts[name]), by_group(other, other.counts[name])
            assert mine.keys() == theirs.keys()
            assert all(np.array_equal(mine[key], theirs[key]) for key in mine), name


def assert_same_findings(first, second):
    """What both found is alike to 1e-9, and how it is judged; what Spark did not compute says why.

    Where they know a reading with other certainty – from bins of scores there, from codes without sums here – what is
    certain of both has to overlap.
    """
    mine = {(one.signal, one.column, one.metric): one for one in first.findings}
    theirs = {(one.signal, one.column, one.metric): one for one in second.findings}
    assert theirs.keys() <= mine.keys() and len(theirs) > 50
    for key, one in theirs.items():
        assert (one.value is None) == (mine[key].value is None), key
        spans = [each.interval or (each.value, each.value) for each in (one, mine[key])]
        if one.value is not None and spans[0] != pytest.approx(spans[1], rel=1e-9, abs=1e-12):
            assert max(spans[0][0], spans[1][0]) <= min(spans[0][1], spans[1][1]) + 1e-9, key
            assert np.ptp(spans[0]) < 0.05, key
            continue
        assert one.severity is mine[key].severity, key
        if one.value is not None:
            assert one.value == pytest.approx(mine[key].value, rel=1e-9, abs=1e-12), key
    told = {(one.signal, one.metric): one.because for one in second.not_computed}
    for signal, _, metric in mine.keys() - theirs.keys():
        assert "Spark" in told.get((signal, metric), told.get((signal, signal), "")), (signal, metric)


def test_supports_and_cells_are_the_same(near, far):
    assert {name: getattr(one, "digest", one) for name, one in near.supports.items()} == {
        name: getattr(one, "digest", one) for name, one in far.supports.items()
    }
    assert_same_cells(near, far)
    assert far.sides["production"].codes is None and far.production.far and far.labels is None
    assert near.cohorts == far.cohorts and near.volumes == far.volumes
    assert isinstance(far.files, SteadyThere) and list(far.files.datasets) == [far.reference, far.production]


CUTS = {
    "all": Slice(),
    "a cohort": Slice((Filter("origin", "eq", ("LGA",)),)),
    "a filter": Slice((Filter("seats", "lt", (100,)), Filter("dest", "ne", ("BOS",)))),
}  # a window alone is asked of a server


@pytest.mark.parametrize("cut", CUTS)
def test_findings_are_the_same(near, far, cut):
    assert_same_findings(look(near, CUTS[cut]), look(far, CUTS[cut]))


def test_examples_of_wrong_values_are_counted_there(near, far):
    for name in ("temp_f", "dest", "seats"):
        assert examples(far, name, Slice()) == examples(near, name, Slice()), name


def test_a_new_file_is_counted_alone(small, java_here, tmp_path, monkeypatch):
    home = tmp_path / "grows"
    shutil.copytree(small, home)
    text = (home / "here.yaml").read_text()
    (home / "here.yaml").write_text(text.replace(f"{small}/production", f"{home}/production"))
    last = home / "production" / "2013-05.parquet"
    late = last.rename(home / "late.parquet")
    monitor = read_monitor(there(home, ADDRESS))
    open_monitor(monitor, home)
    asked: list[str] = []
    ask = Spark.ask
    monkeypatch.setattr(Spark, "ask", lambda self, sql, *rest: asked.append(sql) or ask(self, sql, *rest))
    again = open_monitor(monitor, home)
    assert not any("unnest" in sql for sql in asked), "nothing changed, so nothing is counted"
    late.rename(last)
    grown = open_monitor(monitor, home)
    counted = [sql for sql in asked if "unnest" in sql]
    new = [scan for scan, told in grown.production.pieces if told not in {one for _, one in again.production.pieces}]
    assert len(new) == 1 and counted and all(new[0] in sql for sql in counted)
    assert_same_cells(open_monitor(read_monitor(home / "here.yaml"), home), grown)


def test_opening_is_stopped_while_spark_is_at_work(small, java_here, tmp_path):
    text = there(small, ADDRESS).read_text().replace("kinds: {hour: categorical}", "kinds: {dest: categorical}")
    (tmp_path / "other.yaml").write_text(text)

    def stop(share, said):
        if share > 0.1:
            raise Cancelled("Opening was stopped.")

    with pytest.raises(Cancelled):
        open_monitor(read_monitor(tmp_path / "other.yaml"), tmp_path, stop)


def test_the_command_line_records_exports_and_verifies(small, java_here, tmp_path, monkeypatch, capsys):
    from engine.cli import main

    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/store.db")
    path = there(small, ADDRESS)
    assert main(["run", str(path), "--format", "json"]) in (0, 1)
    document = json.loads(capsys.readouterr().out)
    assert main(["show", document["id"], "--format", "json"]) in (0, 1)
    shown = json.loads(capsys.readouterr().out)
    assert shown["production"]["name"] == f"spark:{small}/production" and shown["reference"]["rows"] > 500
    assert main(["export", document["id"], "--by", "Jo Doe", "-o", str(tmp_path / "a.pdf")]) == 0
    assert "flights-there" in "".join(page.extract_text() for page in PdfReader(tmp_path / "a.pdf").pages)
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "a.pdf"), "--data"]) == 0
    assert "The rows lie in Spark" in capsys.readouterr().out


def test_check_holds_a_file_against_what_spark_has(small, java_here, tmp_path):
    path = there(small, ADDRESS)
    assert [one for one in check_monitor(path) if one.severity == "error"] == []
    wrong = tmp_path / "wrong.yaml"
    text = path.read_text().replace("id: flight_id", "id: flight_it").replace(f"{small}/production", f"{small}/none")
    wrong.write_text(text.replace("kinds: {hour", "kinds: {our"))
    said = [str(one) for one in check_monitor(wrong)]
    assert any("production" in one and "does not exist" in one for one in said), said
    (tmp_path / "own.yaml").write_text(
        f"monitor: m\nreference: {{table: nowhere, connection: spark}}\nproduction: {{table: a.b, connection: 'sqlite:///x.db'}}\n"
        f'engine: {{on: spark, remote: "{ADDRESS}"}}\n'
    )
    said = [str(one) for one in check_monitor(tmp_path / "own.yaml")]
    assert any("Spark has no table or view 'nowhere'" in one for one in said), said
    assert any("does not read what lies behind this connection" in one for one in said), said


@pytest.mark.parametrize(
    ("remote", "said"),
    [
        ("http://host:1", "no address of Spark"),
        ("sc://127.0.0.1:9", "Spark was lost"),
        ("sc://b:1", "may not be asked"),
    ],
)
def test_a_wrong_spark_is_told_once_where_it_is_written(small, tmp_path, monkeypatch, remote, said):
    monkeypatch.setattr(sessions, "FIRST_WAIT", 0.01)
    monkeypatch.setenv("PLUMBLINE_HOSTS", "127.0.0.1,host")
    path = tmp_path / "there.yaml"
    path.write_text(there(small, "local[2]").read_text().replace("local[2]", remote))
    found = [one for one in check_monitor(path) if one.severity == "error"]
    assert [one.field for one in found] == ["engine.remote"] and said in found[0].message


def test_a_folder_is_read_under_its_very_name(java_here, tmp_path):
    for name, rows in (("q[1]", 2), ("q1", 3), ("{a,b}", 4)):
        (tmp_path / name / "week=1").mkdir(parents=True)
        pq.write_table(pa.table({"x": range(rows)}), tmp_path / name / "week=1" / "a.parquet")
    text = "monitor: m\nreference: {path: 'q[1]'}\nproduction: {path: '{a,b}/week=1/a.parquet'}\n"
    (tmp_path / "m.yaml").write_text(f'{text}engine: {{on: spark, remote: "{ADDRESS}"}}\n')
    monitor = read_monitor(tmp_path / "m.yaml")
    first, second = (open_there(monitor, side, tmp_path) for side in ("reference", "production"))
    assert (first.rows, second.rows) == (2, 4)
    assert [one.name for one in first.columns] == ["x", "week"] and [one.name for one in second.columns] == ["x"]


def test_a_table_of_spark_wants_its_engine(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "monitor: m\nreference: {table: a, connection: spark}\nproduction: {path: x.csv}\n"
    )
    assert any("it is a table of Spark" in str(one) for one in check_monitor(tmp_path / "m.yaml"))
    with pytest.raises(UnreadableSource, match="spark"):
        open_monitor(read_monitor(tmp_path / "m.yaml"), tmp_path)


def test_choices_for_text_files_are_refused(small, java_here, tmp_path):
    text = there(small, ADDRESS).read_text().replace("reference.parquet}", "reference.parquet, csv: {delimiter: ';'}}")
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(UnusableData, match="not used by Spark"):
        open_monitor(read_monitor(tmp_path / "m.yaml"), tmp_path)


def test_hosts_that_may_be_asked_are_said_by_who_runs_the_machine(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOSTS", "data.example.org")
    with pytest.raises(UnreadableSource, match="may not be asked"):
        open_monitor(read_monitor(there(small, "sc://127.0.0.1:9")), small)


def test_a_file_that_changes_in_between_is_another_dataset(small, java_here, tmp_path):
    home = tmp_path / "changes"
    shutil.copytree(small, home)
    (home / "here.yaml").write_text((home / "here.yaml").read_text().replace(str(small), str(home)))
    monitor = read_monitor(there(home, ADDRESS))
    first = open_there(monitor, "reference", home)
    table = pq.read_table(home / "reference.parquet")
    pq.write_table(table.slice(0, len(table) // 2), home / "reference.parquet")
    second = open_there(monitor, "reference", home)
    assert second.rows == len(table) // 2 and second.sha256 != first.sha256
