"""Plumbline: one comparison with every metric, exact, files fingerprinted; nothing is remembered from another run.

What it imports on first use is imported by a comparison of a few rows, since the peers import all of theirs at once.
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import engine  # before numpy, whose kernels it chooses, as the command line does
from benchmarks.peers_clock import told
from engine.freed import keep_freed
from engine.tables.connection import cache_folder

MEASURES = {
    "psi": "PSI",
    "jensen_shannon": "Jensen-Shannon",
    "kolmogorov_smirnov": "Kolmogorov-Smirnov",
    "wasserstein": "Wasserstein",
    "chi_squared": "chi-squared",
}


def few() -> object:
    import pyarrow

    return pyarrow.table({"x": [float(i % 97) for i in range(1000)], "c": ["a", "b"] * 500})


def compute(reference: str, production: str) -> engine.Run:
    shutil.rmtree(cache_folder() / "prints", ignore_errors=True)
    return engine.compare(reference, production)


def planted(reference: str, production: str) -> dict[str, dict[str, object]]:
    run = compute(reference, production)
    found: dict[str, dict[str, object]] = {}
    for name, summary in run.summaries.items():
        findings = [one for one in run.findings if one.column == name]
        worst = max(findings, key=lambda one: one.severity.rank)
        found[name] = {"verdict": str(worst.severity) + ("" if str(worst.severity) == "ok" else f" ({worst.metric})")}
        for one in findings:
            if one.metric in MEASURES:
                value = one.statistic if one.metric == "chi_squared" else one.value
                unit = summary.curve.scale.unit if one.metric == "wasserstein" else 1
                found[name][MEASURES[one.metric]] = value * unit
    return found


if __name__ == "__main__":
    keep_freed()  # as the command line does
    engine.compare(few(), few())
    told(compute, planted, ("duckdb", "pyarrow", "numpy", "scipy"))
