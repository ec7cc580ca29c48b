"""A path is below a folder, whatever it is written as: links, dots, globs, a link put there at the last moment."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UnreadableSource
from engine.tables.places import all_below, below, find_path, open_below, resolved
from engine.tables.sources import open_dataset

TABLE = pa.table({"x": [1]})


@pytest.fixture
def roots(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside / "deep", outside):
        folder.mkdir(parents=True)
    pq.write_table(TABLE, inside / "a.parquet")
    pq.write_table(TABLE, inside / "deep" / "b.parquet")
    pq.write_table(TABLE, outside / "secret.parquet")
    (tmp_path / "inside2").mkdir()
    pq.write_table(TABLE, tmp_path / "inside2" / "c.parquet")
    (inside / "link.parquet").symlink_to(outside / "secret.parquet")
    (inside / "out").symlink_to(outside)
    (inside / "chain").symlink_to(inside / "out")
    (inside / "home").symlink_to(inside / "deep")
    return resolved([inside])


INSIDE = ["a.parquet", "deep", "*.parquet", "home/b.parquet", "deep/../a.parquet", "**/b.parquet"]


@pytest.mark.parametrize("path", INSIDE)
def test_what_lies_inside_is_found(roots, path):
    (roots[0] / "link.parquet").unlink()
    assert all(one.is_relative_to(roots[0]) for one in all_below(roots[0] / path, roots))


ESCAPES = [
    "../outside/secret.parquet", "../inside2/c.parquet", "link.parquet", "out/secret.parquet", "chain/secret.parquet",
    "out", "chain", "deep/../../outside/secret.parquet", "../outside/*.parquet", "out/*.parquet", "*/secret.parquet",
    "*.parquet", "..", "../*/*.parquet", "out/../outside/secret.parquet", "/etc/passwd", "/etc/*", "~root/.bashrc",
    "file:///etc/passwd", "https://localhost/x", "a.parquet\0/../../outside/secret.parquet", "", "/proc/self/environ",
    "//etc/passwd", "../inside/../outside/secret.parquet", "[o]ut/secret.parquet", "deep/../out/secret.parquet",
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES)
def test_nothing_else_is_found_and_no_neighbour_told(roots, path):
    source = path if path.startswith(("/", "~", "file:", "https:")) or not path else f"{roots[0]}/{path}"
    with pytest.raises(UnreadableSource) as raised:
        all_below(source, roots)
    assert "Did you mean" not in str(raised.value)


def test_a_root_that_is_a_link_means_where_it_leads(tmp_path, roots):
    (tmp_path / "alias").symlink_to(roots[0])
    assert below(tmp_path / "alias" / "a.parquet", resolved([tmp_path / "alias"]), "a") == roots[0] / "a.parquet"
    with pytest.raises(UnreadableSource, match="Allowed: none"):
        below(roots[0] / "a.parquet", (), "a")


def test_a_link_put_in_its_place_between_looking_and_opening_is_found_out(roots, tmp_path, monkeypatch):
    path = roots[0] / "a.parquet"
    with open_below(path, roots) as stream:
        assert stream.read(4) == b"PAR1"
    looked = []

    def swap(one, *more, real=os.path.realpath):
        found = real(one, *more)
        if not looked and str(one) == str(path):  # after the first look, before the file is opened
            looked.append(one)
            path.unlink()
            path.symlink_to(tmp_path / "outside" / "secret.parquet")
        return found

    monkeypatch.setattr(os.path, "realpath", swap)
    with pytest.raises(UnreadableSource, match="outside the folders"):
        open_below(path, roots)
    assert looked


def test_names_of_partitions_are_values_and_never_paths_or_queries(tmp_path):
    for value in ("..", "%2e%2e%2f%2e%2e", "it's; DROP TABLE t", '"x"', "ünï🛫", "a,b", "$(id)", "'||x||'", "1e999"):
        folder = tmp_path / "set" / f"k={value}"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(TABLE, folder / "p.parquet")
    dataset = open_dataset(tmp_path / "set")
    found = dataset.query(f"SELECT k FROM {dataset.scan}")["k"].to_pylist()
    assert sorted(found) == sorted(
        ["..", "../..", "it's; DROP TABLE t", '"x"', "ünï🛫", "a,b", "$(id)", "'||x||'", "1e999"]
    )


def test_a_database_beside_a_monitor_is_found_as_a_path_is(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "f.db").write_bytes(b"")
    assert find_path("sqlite:///f.db?table=t", tmp_path / "sub") == f"sqlite:///{tmp_path}/f.db?table=t"
    assert find_path("sqlite:////f.db?table=t", tmp_path) == "sqlite:////f.db?table=t"
    assert find_path("postgresql://h/d?table=t", tmp_path) == "postgresql://h/d?table=t"
