"""Plumbline beside Evidently, NannyML, whylogs, the plain scipy loop and a bare scan: time, memory, what each computed.

Usage: python benchmarks/peers.py [--rows 1000000] [--columns 20] [--only NAME …] [--write]
--write keeps docs/benchmarks.md. --only runs some again, and takes the others as they were measured before.
Each peer has an environment of its own under ~/.cache/plumbline-peers, made when it is missing, of the newest versions
that work together. All read the same Parquet files, each in a process of its own, from file to result; the fast ones
run before and after every slow one, and the fastest of each counts. What cannot be installed or fails is told, and left
out.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.compare import DATA, machine, section  # noqa: E402
from benchmarks.data import make  # noqa: E402

HOME = Path.home() / ".cache" / "plumbline-peers"
TITLE = "Against the peers"
OLD = ("pandas==2.3.3", "numpy==1.26.4", "pyarrow==19.0.1", "scipy==1.17.1")  # neither is made for numpy 2
PEERS = {  # what is installed: no peer says in full what it needs
    "Evidently": ("evidently==0.7.23", "pandas==2.3.3", "numpy==2.4.6", "pyarrow==26.0.1", "scipy==1.17.1"),
    "NannyML": ("nannyml==0.13.1", "statsmodels==0.15.0", *OLD),
    "whylogs": ("whylogs[viz]==1.6.4", *OLD),
}
OURS, SCAN, LOOP, CHOSEN = "Plumbline", "bare DuckDB scan", "scipy loop", "scipy loop, numpy's kernels chosen as ours"
DID = {
    OURS: "every metric of every column exact, floors and verdicts, files fingerprinted",
    SCAN: "sums of numbers, counts of texts",
    LOOP: "PSI, Jensen-Shannon, Chebyshev, χ², null rate, Kolmogorov-Smirnov, Wasserstein",
    CHOSEN: "the same",
    "Evidently": "its drift preset with PSI alone, the cheapest",
    "NannyML": "Jensen-Shannon, Kolmogorov-Smirnov, Wasserstein, χ²",
    "whylogs": "profiles of both sides, its drift scores (Kolmogorov-Smirnov, χ²)",
}
QUICK = (OURS, SCAN)
MOST = 1200  # seconds that one contender may take


def pythons() -> list[str]:
    """Interpreters that the peers have wheels for, the newest last resort."""
    names = [f"python3.{minor}" for minor in (11, 12, 10)]
    here = [sys._base_executable] if sys.version_info[:2] in ((3, 10), (3, 11), (3, 12)) else []
    return here + [found for name in names if (found := shutil.which(name))]


def environment(name: str, wanted: tuple[str, ...]) -> Path | str:
    """The Python of a peer's environment, made if it is missing; or why there is none."""
    folder = HOME / name.lower()
    python, mark = folder / "bin" / "python", folder / "made-of.txt"
    if python.exists() and mark.exists() and mark.read_text().split() == list(wanted):
        return python
    why = "no Python 3.10 to 3.12 is here"
    for base in pythons():
        print(f"making the environment of {name}: {' '.join(wanted)}", flush=True)
        steps = [[base, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", "-q", *wanted]]
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                why = f"`{' '.join(step[1:4])}` failed: {_last(done.stderr)}"
                break
        else:
            mark.write_text("\n".join(wanted))
            return python
    return why


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("WARNING")]
    return lines[-1].strip() if lines else "it said nothing"


def planted(folder: Path, rows: int = 100_000) -> tuple[Path, Path]:
    """A pair of files in which each column holds one known change, or none."""
    random = np.random.default_rng(7)
    paths = folder / f"planted-reference-{rows}.parquet", folder / f"planted-production-{rows}.parquet"
    for side, path in enumerate(paths):
        normal = {name: random.normal(0, 1, rows) for name in ("same", "moved", "outlier", "old outlier", "nulls")}
        normal["moved"] += 0.2 * side
        normal["outlier"] += 0.5 * side
        normal["old outlier"] += 0.5 * side
        if side:
            normal["outlier"][5] = 1e6
        else:
            normal["old outlier"][5] = 1e6
        table = {name: pa.array(values) for name, values in normal.items()}
        table["nulls"] = pa.array(normal["nulls"], mask=random.random(rows) < 0.6 * side)
        names = np.array(["north", "south", "east", "west", "abroad"])
        for name, weights in (("unseen", (4, 3, 2, 1, 0.2 * side)), ("shifted", (4, 3 + side, 2, 1, 1))):
            table[name] = pa.array(random.choice(names, rows, p=np.array(weights) / sum(weights)))
        pq.write_table(pa.table(table), path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
    return paths


def run(name: str, python: Path, pairs: tuple[tuple[Path, Path], tuple[Path, Path]]) -> dict[str, Any] | str:
    """What a contender told of itself, or why it failed."""
    script = {OURS: "plumbline", SCAN: "plain", LOOP: "plain", CHOSEN: "plain"}.get(name, name.lower())
    more = {SCAN: ["--scan"], CHOSEN: ["--kernels"]}.get(name, [])
    large, small = pairs
    command = [str(python), "-W", "ignore", str(HERE / f"peers_{script}.py"), *map(str, large), *more]
    command += ["--planted", *map(str, small), "--started", str(time.time())]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=HERE.parent, env=os.environ, timeout=MOST
        )
    except subprocess.TimeoutExpired:
        return f"it was stopped after {MOST} seconds"
    return _last(done.stderr) if done.returncode else dict(json.loads(done.stdout.splitlines()[-1]))


def best(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Of several runs the least of each number, so that a busy machine hurts all alike."""
    numbers = {key: min(one[key] for one in found) for key in found[0] if isinstance(found[0][key], float)}
    return found[-1] | numbers | {"times": len(found)}


def speeds(found: dict[str, dict[str, Any]]) -> str:
    """The table of time and memory; ratios are of the processor's seconds too, since clocks tell of other programs."""
    ours, base = found[OURS], found[SCAN]
    lines = [
        "| | seconds | processor s | with imports, s | GB | × ours | × ours, processor | × scan | × scan, processor |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        numbers = f"{one['seconds']:,.2f} | {one['cpu']:,.2f} | {one['seconds_whole']:,.2f} | {one['peak']:.2f}"
        ratios = f"{one['seconds'] / ours['seconds']:.1f} | {one['cpu'] / ours['cpu']:.1f}"
        scans = f"{one['seconds'] / base['seconds']:.1f} | {one['cpu'] / base['cpu']:.1f}"
        lines.append(f"| {name} | {numbers} | {ratios} | {scans} |")
    told = [f"- {name}: {DID[name]} ({_versions(one)}; run {one['times']} ×)" for name, one in found.items()]
    return "\n".join([*lines, "", *told])


def _versions(one: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in one["versions"].items())


def values(found: dict[str, dict[str, Any]]) -> str:
    """The table of what was computed for every planted column, one row a measure."""
    names = [name for name in found if "values" in found[name] and name != CHOSEN]
    measures = ["PSI", "Jensen-Shannon", "Kolmogorov-Smirnov", "Wasserstein", "chi-squared", "verdict"]
    lines = [f"| column | measure | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for column in found[OURS]["values"]:
        for measure in measures:
            told = [found[name]["values"].get(column, {}).get(measure) for name in names]
            if any(one is not None for one in told):
                lines.append(f"| {column} | {measure} | {' | '.join(map(_shown, told))} |")
    return "\n".join(lines)


def _shown(value: object) -> str:
    return "–" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)


WHY = """
Wasserstein is in the column's own unit, Jensen-Shannon in bits; – where a tool has no such measure, or was not
asked. Where they differ:

- **Bins.** Ours are tenths of the reference. Evidently's are of equal width over all values (Sturges), NannyML's
  over the reference's (Doane). One value of 1e6 leaves a bin that holds everything else: `outlier` and `old
  outlier` moved by half a standard deviation, and Evidently says that neither did; NannyML's Jensen-Shannon and
  Kolmogorov-Smirnov, counted in such bins too, miss it where the one value is the reference's. Where nothing is
  odd, all agree within what bins do.
- **Kolmogorov-Smirnov.** Ours and scipy's are exact; whylogs compares sketches that draw at random: the same files
  gave 0.0046 and 0.0052 for `same` in two runs, "no drift" and "possible drift", where the truth is 0.0038.
- **Wasserstein.** One value of 1e6 among 100,000 adds 10 to it: the others report that. Ours is clipped ten
  interquartile ranges beyond the reference's quartiles, tells what share was clipped, and says how far the others
  moved.
- **Nulls.** 60 % of `nulls` are missing in production and what is left did not change: distances say nothing, and
  only ours has a finding for it (null rate).
- **χ².** Ours, scipy's and NannyML's are tests of two samples and agree. whylogs takes the reference's shares as
  known, which about doubles the statistic, and a category that the reference never had makes it infinite.
- **PSI of an unseen category.** The reference's share of it is 0, whose logarithm each replaces in its own way.
- Verdicts: ours by thresholds and floors of all metrics (the worst, and whose it is), Evidently's by PSI ≥ 0.1,
  whylogs' by p-value, for which 100,000 rows make any change drift. NannyML's alerts hang on the spread of the
  reference's chunks; one chunk has none.
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", nargs="+", choices=list(DID), default=[])
    given = parser.parse_args()
    DATA.mkdir(parents=True, exist_ok=True)
    size = f"{given.rows}x{given.columns}"
    large = (
        make(DATA / f"reference-{size}.parquet", given.rows, given.columns, 1),
        make(DATA / f"production-{size}.parquet", given.rows, given.columns, 2, 0.05),
    )
    pairs = large, planted(DATA)
    here = Path(sys.executable)
    chosen: dict[str, Path | str] = {LOOP: here, CHOSEN: here}
    chosen |= {name: environment(name, one) for name, one in PEERS.items() if not given.only or name in given.only}
    kept = DATA / f"peers-{size}.json"
    runs: dict[str, list[dict[str, Any]]] = {}
    order = [*QUICK, *(more for slow in chosen for more in (slow, *QUICK))]
    if given.only:
        order = [name for name in order if name in given.only]
        before = json.loads(kept.read_text()) if kept.exists() else {}
        runs = {name: before[name] for name in DID if name in before and name not in given.only}
    missing: dict[str, str] = {}
    for name in order:
        python = chosen.get(name, here)
        told = run(name, python, pairs) if isinstance(python, Path) else python
        if isinstance(told, str):
            missing[name] = told
            print(f"{name}: not measured, because {told}", flush=True)
            continue
        runs.setdefault(name, []).append(told)
        kept.write_text(json.dumps(runs))
        print(f"{name}: {told['seconds']:.2f} s, {told['cpu']:.2f} processor s, {told['peak']:.2f} GB", flush=True)
    found = {name: best(runs[name]) for name in DID if name in runs}
    if not {OURS, SCAN} <= set(found):
        sys.exit(f"Nothing to hold others against: {OURS} and the {SCAN} were not measured.")
    gaps = "".join(f"\nNot measured: {name}, because {why}." for name, why in missing.items() if name not in found)
    size = f"{given.rows:,} rows × {given.columns} columns a side"
    said = f"`python benchmarks/peers.py`: {size}, one Parquet file each, of\n"
    said += (
        "one row group, which a scan reads on one core; ours uses both. Seconds from file to result after imports.\n"
    )
    said += f"{machine()}; load {os.getloadavg()[2]:.0f} over a quarter of an hour."
    planted_too = f"What each computed of 100,000 rows with known changes:\n\n{values(found)}\n{WHY}"
    text = f"{said}\n\n{speeds(found)}\n{gaps}\n{planted_too}"
    print(text)
    if given.write:
        section(HERE.parent / "docs" / "benchmarks.md", TITLE, text.rstrip())


if __name__ == "__main__":
    main()
