"""A folder of good and bad files, and the command line called in it."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from engine.cli import main
from tests.cli.steps import EVIL, FORMULA, made


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    for name, table in (("old", made(0, 1)), ("same", made(0, 2)), ("some", made(0.4, 3)), ("far", made(2, 3))):
        pq.write_table(table, folder / f"{name}.parquet")
    pa.csv.write_csv(made(0, 1), folder / "old.csv")
    plain = {"x": made(0, 1)["x"], "c": made(0, 1)["c"]}
    far = np.arange(600.0)
    evil = pa.array([FORMULA, "\x1b[31mred", "a\nb"] * 200)
    pq.write_table(pa.table({**plain, EVIL: far, FORMULA: far}), folder / "evil old.parquet")
    pq.write_table(pa.table({**plain, "c": evil, EVIL: far + 9e3, FORMULA: far + 9e3}), folder / "evil new.parquet")
    (folder / "empty.parquet").touch()
    (folder / "garbage.parquet").write_bytes(np.random.default_rng(0).bytes(4000))
    (folder / "half.parquet").write_bytes((folder / "old.parquet").read_bytes()[:900])
    (folder / "folder").mkdir()
    (folder / "bad.yaml").write_text("monitor: m\nreference: {path: old.parquet}\nproduction: {paht: x}\n")
    (folder / "good.yaml").write_text(
        "monitor: m\nreference: {path: old.parquet}\nproduction: {path: far.parquet}\n"
        "thresholds: {x.psi: {warning: 90, critical: 99}, x.wasserstein: {warning: 90, critical: 99}}\n"
    )
    return folder


@pytest.fixture
def here(data, monkeypatch, tmp_path):
    monkeypatch.chdir(data)
    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{tmp_path}/own.db")  # a test before may have made the usual
    return data


@pytest.fixture
def say(here, capsys):
    """Runs the command line; returns the exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        done = main(arguments)
        return done, *capsys.readouterr()

    return run
