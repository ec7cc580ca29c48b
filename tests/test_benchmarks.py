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
