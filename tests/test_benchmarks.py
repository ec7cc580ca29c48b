"""Benchmarks start as their first lines say: from any folder, without Plumbline being installed."""

import ast
import subprocess
import sys

import pytest

from tests.test_architecture import ROOT

OURS = ("engine", "benchmarks")
STARTED = sorted(path for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", STARTED, ids=lambda path: path.stem)
def test_what_is_imported_from_here_is_found(path):
    found = False
    for one in ast.parse(path.read_text(encoding="utf-8")).body:
        found = found or ast.unparse(one).startswith("sys.path.insert(0, str(")
        names = [alias.name for alias in one.names] if isinstance(one, ast.Import) else [getattr(one, "module", "")]
        ours = [name for name in names if (name or "").split(".")[0] in OURS]
        assert found or not ours, f"{path.name} imports {ours[0]} before sys.path.insert(0, str(ROOT))"


def test_one_starts_elsewhere(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "cell_volume.py", "--help"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0 and "--spark" in done.stdout, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "said"),
    [(["--think", "3"], "as in 1-3"), (["--think", "a-b"], "as in 1-3"), (["--address", "http://x"], "wants --think")],
)
def test_a_load_that_cannot_be_is_refused_before_anything_starts(given, said):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "load.py", *given], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
