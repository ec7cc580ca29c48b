"""How often unchanged data raise an alarm, and how often real changes are seen: ours beside the peers' rules.

Usage: python benchmarks/false_alarms.py [--runs 300] [--write]      (--write keeps docs/false_alarms.md)
Both sides are drawn anew for every run. Peers are their default rules as published, on the same values, not their code:
Evidently (a reference above 1,000 rows: Wasserstein / standard deviation or Jensen-Shannon distance >= 0.1), Azure
(Wasserstein / standard deviation or Jensen-Shannon distance > 0.1), NannyML (Jensen-Shannon distance > 0.1 on Doane's
bins of the reference). One alarm in any column is an alarm of the run.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.compare import machine  # noqa: E402
from engine.assess import judged, observe  # noqa: E402
from engine.columns import Column, Kind  # noqa: E402
from engine.findings import Finding, Severity  # noqa: E402
from engine.look import compare  # noqa: E402
from engine.signals import Plan  # noqa: E402
from engine.slices import Slice, window_of  # noqa: E402
from engine.summaries import QualityCounts  # noqa: E402
from engine.tables.exact import summarize  # noqa: E402
from engine.tables.supports import build_support  # noqa: E402
from engine.tables.values import Categories, Numbers  # noqa: E402

Random = np.random.Generator
Values = np.ndarray
Make = Callable[[Random, int], Values]
ALARM = (Severity.WARNING, Severity.CRITICAL)


def skewed(count: int) -> np.ndarray:
    """Shares that fall as 1, 1/2, 1/3 …"""
    weights = 1 / np.arange(1, count + 1)
    return np.asarray(weights / weights.sum())


def categories(count: int) -> Make:
    names = np.array([f"c{i}" for i in range(count)])
    return lambda random, n: names[random.choice(count, n, p=skewed(count))]


def with_nulls(make: Make, share: float) -> Make:
    return lambda random, n: np.where(random.random(n) < share, np.nan, make(random, n))


def normal(random: Random, n: int) -> Values:
    return random.normal(size=n)


def lognormal(random: Random, n: int) -> Values:
    return random.lognormal(size=n)


def uniform(random: Random, n: int) -> Values:
    return random.random(n)


def atom(random: Random, n: int) -> Values:
    return np.where(random.random(n) < 0.3, 0.0, random.exponential(size=n))


def integers(most: int) -> Make:
    return lambda random, n: random.integers(0, most, n).astype(float)


SHAPES: tuple[Make, ...] = (
    normal, normal, normal, lognormal, lognormal, uniform, uniform, atom, atom, integers(5), integers(5),
    integers(70), integers(70), with_nulls(normal, 0.1), with_nulls(lognormal, 0.3), with_nulls(atom, 0.02),
    categories(2), categories(8), categories(8), categories(50),
)  # fmt: skip
COLUMNS = {f"x{i}": shape for i, shape in enumerate(SHAPES)}


def column_of(name: str, values: Values) -> Column:
    numeric = values.dtype.kind == "f"
    return Column(name, "DOUBLE" if numeric else "VARCHAR", Kind.NUMERIC if numeric else Kind.CATEGORICAL)


def packed(values: Values) -> Numbers | Categories:
    """Values as the engine reads them from a table."""
    if values.dtype.kind == "f":
        kept = np.sort(values[~np.isnan(values)])
        return Numbers(kept, (0, 0), QualityCounts(len(values), nulls=len(values) - len(kept)))
    names, counts = np.unique(values, return_counts=True)
    order = np.lexsort((names, -counts))
    return Categories(tuple(names[order].tolist()), counts[order].astype(np.int64), QualityCounts(len(values)))


def ours(reference: Mapping[str, Values], production: Mapping[str, Values]) -> set[str]:
    """The columns that raise an alarm, by the engine's own defaults."""
    columns, summaries = [], {}
    for name, values in reference.items():
        column, side = column_of(name, values), packed(values)
        support = build_support(column, side)
        assert not isinstance(support, str)
        columns.append(column)
        summaries[name] = summarize(support, side, packed(production[name]))
    judged_by_default = {"psi", "wasserstein", "null_rate", "type_error_rate", "out_of_bounds_rate"}
    seen, _ = observe(columns, summaries, Plan(), judged_by_default)
    found: list[Finding] = judged(seen, columns, Plan())
    return {finding.column or "" for finding in found if finding.severity in ALARM}


def jensen_shannon(p: Values, q: Values) -> float:
    p, q = p / p.sum(), q / q.sum()
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(p > 0, p * np.log2(p / m), 0) + np.where(q > 0, q * np.log2(q / m), 0)
    return float(np.sqrt(max(parts.sum() / 2, 0)))


def shares(a: Values, b: Values) -> tuple[Values, Values]:
    names = np.union1d(a, b)
    first, second = (np.array([(side == name).sum() for name in names], float) for side in (a, b))
    return first, second


def distance_rule(reference: Mapping[str, Values], production: Mapping[str, Values]) -> set[str]:
    """Evidently above 1,000 reference rows, and Azure: a fixed limit of 0.1 on a distance."""
    from scipy.stats import wasserstein_distance

    found = set()
    for name, a in reference.items():
        b = production[name]
        if a.dtype.kind == "f":
            a, b = a[~np.isnan(a)], b[~np.isnan(b)]
            value = wasserstein_distance(a, b) / max(a.std(), 1e-12) if len(b) else 0.0
        else:
            value = jensen_shannon(*shares(a, b))
        if value >= 0.1:
            found.add(name)
    return found


def nannyml_rule(reference: Mapping[str, Values], production: Mapping[str, Values]) -> set[str]:
    """NannyML: Jensen-Shannon distance above 0.1 on Doane's bins, as many as the reference gives."""
    found = set()
    for name, a in reference.items():
        b = production[name]
        if a.dtype.kind == "f":
            a, b = a[~np.isnan(a)], b[~np.isnan(b)]
            edges = np.histogram_bin_edges(a, bins="doane")
            edges[0], edges[-1] = -np.inf, np.inf
            value = jensen_shannon(np.histogram(a, edges)[0], np.histogram(b, edges)[0]) if len(b) else 0.0
        else:
            value = jensen_shannon(*shares(a, b))
        if value > 0.1:
            found.add(name)
    return found


RULES = {"Plumbline": ours, "Evidently, Azure": distance_rule, "NannyML": nannyml_rule}


def table(random: Random, rows: int, changed: Mapping[str, Make] | None = None) -> dict[str, Values]:
    makes = COLUMNS | dict(changed or {})
    return {name: make(random, rows) for name, make in makes.items()}


def unchanged(runs: int, sizes: tuple[int, ...], references: tuple[int, ...]) -> list[str]:
    """Share of runs with any alarm, nothing having changed."""
    lines = ["| reference | production | " + " | ".join(RULES) + " |", "|---|---|" + "---|" * len(RULES)]
    for n in references:
        hits = {(rule, m): 0 for rule in RULES for m in sizes}
        for run in range(runs):
            random = np.random.default_rng([run, n])
            reference = table(random, n)
            for m in sizes:
                production = table(random, m)
                for rule, alarms in RULES.items():
                    hits[rule, m] += bool(alarms(reference, production))
        for m in sizes:
            lines.append(f"| {n:,} | {m:,} | " + " | ".join(f"{hits[rule, m] / runs:.1%}" for rule in RULES) + " |")
            print(lines[-1], flush=True)
    return lines


def moved(share: float) -> Make:
    """Eight categories, some of the first one's mass given to the last."""
    names, weights = np.array([f"c{i}" for i in range(8)]), skewed(8).copy()
    weights[0], weights[-1] = weights[0] - share, weights[-1] + share
    return lambda random, n: names[random.choice(8, n, p=weights)]


CHANGES: dict[str, tuple[str, Make]] = {
    "mean moved by 0.2 sd": ("x0", lambda random, n: random.normal(0.2, 1, n)),
    "mean moved by 0.5 sd": ("x0", lambda random, n: random.normal(0.5, 1, n)),
    "mean moved by 1 sd": ("x0", lambda random, n: random.normal(1, 1, n)),
    "spread doubled": ("x0", lambda random, n: random.normal(0, 2, n)),
    "10 % of category mass moved": ("x17", moved(0.10)),
    "25 % of category mass moved": ("x17", moved(0.25)),
}


def power(runs: int, sizes: tuple[int, ...], n: int) -> list[str]:
    """Share of runs in which the changed column raises an alarm."""
    lines = ["| change | rule | " + " | ".join(f"{m:,}" for m in sizes) + " |", "|---|---|" + "---|" * len(sizes)]
    for change, (name, make) in CHANGES.items():
        hits = {(rule, m): 0 for rule in RULES for m in sizes}
        for run in range(runs):
            random = np.random.default_rng([run, n, 7])
            reference = table(random, n)
            for m in sizes:
                production = table(random, m, {name: make})
                for rule, alarms in RULES.items():
                    hits[rule, m] += name in alarms(reference, production)
        for rule in RULES:
            lines.append(f"| {change} | {rule} | " + " | ".join(f"{hits[rule, m] / runs:.0%}" for m in sizes) + " |")
            print(lines[-1], flush=True)
    return lines


def weeks(random: Random, first: int, count: int, rows: int, changed: float = 0.0) -> pa.Table:
    """Weeks of ten columns, each with an effect of its own in every week: rows within a week are alike."""
    data: dict[str, list[Values]] = {}
    start = np.datetime64("2024-01-01", "us")
    for week in range(first, first + count):
        seconds = np.sort(random.integers(0, 7 * 86400, rows)) + week * 7 * 86400
        seconds[0], seconds[-1] = week * 7 * 86400, (week + 1) * 7 * 86400 - 1
        data.setdefault("at", []).append(start + seconds.astype("timedelta64[s]"))
        for i in range(7):
            effect = random.normal(0, 0.3)
            values = (normal, lognormal, uniform, atom)[i % 4](random, rows)
            data.setdefault(f"n{i}", []).append(values + effect + (changed if i == 0 else 0.0))
        for i, names in enumerate((2, 8, 8)):
            weights = skewed(names) * np.exp(random.normal(0, 0.3, names))
            codes = random.choice(names, rows, p=weights / weights.sum())
            data.setdefault(f"c{i}", []).append(np.array([f"c{j}" for j in range(names)])[codes])
    return pa.table({name: np.concatenate(parts) for name, parts in data.items()})


def autocorrelated(runs: int, counts: tuple[int, ...], rows: int = 1000) -> list[str]:
    """Share of runs with any drift alarm when every week differs from every other by itself, and what is still seen."""
    lines = ["| reference weeks W | 1/(W+1) | rows as independent | window floor | a move of 2 sd is seen |"]
    lines.append("|---|---|---|---|---|")
    for count in counts:
        alone = windowed = seen = 0
        for run in range(runs):
            random = np.random.default_rng([run, count])
            reference = weeks(random, 0, count, rows)
            production = weeks(random, count, 1, rows)
            cut = Slice((), window_of(production["at"][0].as_py(), "week"))
            metrics = ("psi", "wasserstein")
            whole = compare(reference, production, cut=cut)
            plain = compare(reference, production)
            windowed += any(f.severity in ALARM for f in whole.findings if f.metric in metrics)
            alone += any(f.severity in ALARM for f in plain.findings if f.metric in metrics)
            far = compare(reference, weeks(random, count, 1, rows, 2.0), cut=cut)
            seen += any(f.severity in ALARM for f in far.findings if f.column == "n0")
        cells = (f"{1 / (count + 1):.1%}", f"{alone / runs:.1%}", f"{windowed / runs:.1%}", f"{seen / runs:.0%}")
        lines.append(f"| {count} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    sizes = (30, 100, 300, 1000, 10_000)
    alike = autocorrelated(given.runs, (6, 12, 26))
    quiet = unchanged(given.runs, sizes, (5_000, 50_000))
    strong = power(max(given.runs // 3, 20), sizes[:4], 5_000)
    text = TEXT.format(
        machine=machine(), runs=given.runs, quiet="\n".join(quiet), power=max(given.runs // 3, 20),
        strong="\n".join(strong), weeks=given.runs, alike="\n".join(alike),
    )  # fmt: skip
    if given.write:
        (ROOT / "docs" / "false_alarms.md").write_text(text, encoding="utf-8")


TEXT = """# False alarms, and what is seen

Made by `python benchmarks/false_alarms.py --write`. {machine}

## Nothing changed

Twenty columns (normal, lognormal, uniform, 30 % at one value, integers of 5 and 70, categories of 2, 8 and 50, some
with nulls), both sides drawn anew, {runs} runs a row: the share of runs with an alarm in any column. The promise is
5 %.

{quiet}

## Something changed

A reference of 5,000 rows, production rows across, {power} runs: the share of runs in which the changed column alarms. A
rule that always alarms sees everything: read this beside the table above.

{strong}

## Rows within a week are alike

Ten columns whose level moves by itself from week to week, 1,000 rows a week, {weeks} runs: the share of runs with a
drift alarm although the last week is a week like any other. Floors that take rows as independent fail; the floor from
the reference's own windows is to bring the rate to about 1/(W+1).

{alike}
"""

if __name__ == "__main__":
    main()
