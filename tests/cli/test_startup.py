"""What the command line loads: nothing that its verb has no use for, since a process pays for it each time."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_architecture import HOMES, ROOT

LOADED = """
import runpy, sys
sys.argv = ["engine", *sys.argv[1:]]
try:
    runpy.run_module("engine", run_name="__main__")
except SystemExit as end:
    assert end.code in (0, 1), end.code
print("loaded", *{name.split(".")[0] for name in sys.modules}, *sys.modules, file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The modules that a process has loaded once it has done what these arguments ask for."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split()[1:])


@pytest.fixture
def sides(tmp_path: Path) -> list[str]:
    """Two files of 400 and 500 rows: numbers, and one more thing to tell apart."""
    files = []
    for name, rows in (("reference", 400), ("production", 500)):
        file = tmp_path / f"{name}.csv"
        lines = [f"{i * 7919 % 997 / 10},{'north' if i % 3 else 'south'}" for i in range(rows)]
        file.write_text("\n".join(["amount,place", *lines, ""]))
        files.append(str(file))
    return files


def test_help_loads_nothing_that_computes():
    found = loaded("--help")
    assert "click" in found
    assert not found & (set(HOMES) - {"click"} | {"numpy", "pyarrow", "pandas"})


def test_a_comparison_of_two_files_loads_no_more_than_it_needs(sides):
    found = loaded("compare", *sides)
    assert found >= {"duckdb", "pyarrow", "numpy", "scipy.special"}
    idle = {"pandas", "sqlalchemy", "plotly", "pydantic", "streamlit", "sqlglot", "pyspark", "typst", "scipy.optimize"}
    assert not found & idle
