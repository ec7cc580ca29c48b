"""What is asked of Spark for a side of a monitor: which hosts may be, and how paths beside the monitor are sent."""

import pytest

from engine.errors import UnreadableSource
from engine.monitor import read_monitor
from engine.monitor.far import open_there
from engine.tables.spark import opening


@pytest.fixture
def asked(monkeypatch):
    """The paths that Spark would be asked for; it is not started."""
    found = []
    monkeypatch.setattr(opening, "open_path", lambda path, root, name: found.append(path))
    return found


def monitor(home, path, remote="sc://data.example.org:15002"):
    text = f"monitor: m\nreference: {{path: a.parquet}}\nproduction: {{path: '{path}'}}\n"
    (home / "m.yaml").write_text(f"{text}engine: {{on: spark, remote: '{remote}'}}\n")
    return read_monitor(home / "m.yaml")


@pytest.mark.parametrize(
    "path",
    ["hdfs://other/a.parquet", "s3a://other/a.parquet", "abfss://c@other.example.org/a", "HDFS://u@other:9000/a/*"],
)
def test_paths_of_spark_on_other_hosts_are_refused_where_hosts_are_configured(tmp_path, monkeypatch, asked, path):
    monkeypatch.setenv("PLUMBLINE_HOSTS", "data.example.org,s3://mine,c")
    with pytest.raises(UnreadableSource, match="This host may not be asked") as found:
        open_there(monitor(tmp_path, path), "production", tmp_path)
    assert found.value.where == "production" and asked == []
    monkeypatch.delenv("PLUMBLINE_HOSTS")
    open_there(monitor(tmp_path, path), "production", tmp_path)
    assert asked == [path]


@pytest.mark.parametrize("path", ["hdfs://data.example.org/a", "s3a://mine/a", "s3://mine/a", "hdfs:///a", "a.parquet"])
def test_paths_on_configured_hosts_and_spark_s_own_are_asked(tmp_path, monkeypatch, asked, path):
    monkeypatch.setenv("PLUMBLINE_HOSTS", "data.example.org,s3://mine")
    open_there(monitor(tmp_path, path), "production", tmp_path)
    assert asked == [path]


def test_a_server_on_another_host_is_refused_without_its_token(tmp_path, monkeypatch, asked):
    monkeypatch.setenv("PLUMBLINE_HOSTS", "data.example.org")
    for remote in ("sc://other:15002/;token=abc", "sc://other:15002;token=abc"):
        with pytest.raises(UnreadableSource) as found:
            open_there(monitor(tmp_path, "a.parquet", remote), "production", tmp_path)
        assert "abc" not in f"{found.value} {found.value.where} {found.value.hint}" and asked == []


@pytest.mark.parametrize(
    "glob", ["data?.parquet", "data[12].parquet", "data*.parquet", "data{1,2}.parquet", "*.parquet"]
)
def test_a_glob_beside_the_working_folder_is_sent_whole(tmp_path, monkeypatch, asked, glob):
    for i in (1, 2):
        (tmp_path / f"data{i}.parquet").write_bytes(b"PAR1")
    monkeypatch.chdir(tmp_path)
    open_there(monitor(tmp_path, glob), "production", tmp_path)
    assert asked == [str(tmp_path / glob)]


def test_a_glob_beside_the_monitor_is_sent_whole(tmp_path, monkeypatch, asked):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data1.parquet").write_bytes(b"PAR1")
    monkeypatch.chdir(tmp_path)
    for glob in ("data?.parquet", "data[12].parquet", "data{1,2}.parquet"):
        open_there(monitor(tmp_path / "home", glob), "production", tmp_path.joinpath("home").relative_to(tmp_path))
    assert asked == [
        str(tmp_path / "home" / glob) for glob in ("data?.parquet", "data[12].parquet", "data{1,2}.parquet")
    ]
