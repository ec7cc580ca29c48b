"""How often the cohort finder names a cohort that did not change, and how often one that did: unchanged and planted.

Usage: python benchmarks/cohorts.py [--runs 200] [--write]      (--write keeps docs/cohort_study.md)
Both sides are drawn anew for every run. Twenty columns of many shapes are asked on every cohort of five cohort columns,
and of their pairs; none of the cohort columns has to do with any other column, but for what is planted.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.compare import machine  # noqa: E402
from benchmarks.false_alarms import COLUMNS, Random, Values, categories, column_of, packed, weeks  # noqa: E402
from engine.cohorts import Search, search  # noqa: E402
from engine.pair import open_both  # noqa: E402
from engine.reference import window_excess  # noqa: E402
from engine.slices import Slice  # noqa: E402
from engine.tables.counted import counted  # noqa: E402
from engine.tables.crosstab import MISSING, Crosstab  # noqa: E402
from engine.tables.crosstab import crosstabs as of_codes  # noqa: E402
from engine.tables.supports import CategoricalSupport, Support, build_support  # noqa: E402
from engine.tables.values import read  # noqa: E402

BY = ("planted", "region", "plan", "device", "age")
SHARES = (0.01, 0.05, 0.20)
SHIFTS = (0.5, 1.0)  # standard deviations that the column x0 moves by in the planted cohort
ROWS = ((20_000, 5_000), (20_000, 20_000), (100_000, 100_000))


def table(random: Random, rows: int, share: float, shift: float = 0.0) -> dict[str, Values]:
    """One side. planted: exactly that share of the rows, in which x0 is shifted; the rest in four groups."""
    planted = np.array(["p"] * round(rows * share) + ["q", "r", "s", "t"] * rows)[:rows]
    data = {name: make(random, rows) for name, make in COLUMNS.items()}
    data["x0"] = np.where(planted == "p", data["x0"] + shift, data["x0"])
    data |= {"planted": planted, "region": categories(5)(random, rows), "plan": categories(12)(random, rows)}
    return data | {"device": categories(2)(random, rows), "age": random.normal(40, 12, rows)}


def bins_of(support: Support, values: Values) -> Values:
    """The bin of every value, or MISSING."""
    if isinstance(support, CategoricalSupport):
        names, at = np.unique(values, return_inverse=True)
        known = {name: support.bin_of[cell] for name, cell in support.index.items()}
        return np.array([known.get(name, support.unseen) for name in names.tolist()], dtype=np.int64)[at.reshape(-1)]
    found = support.bin_of[np.searchsorted(support.edges, values, side="left").clip(0, len(support.edges))]
    return np.where(np.isnan(values), MISSING, found)


def crosstabs(sides: Sequence[Mapping[str, Values]], supports: Mapping[str, Support]) -> list[Crosstab]:
    """Every pair of cohort columns by every column."""
    coded = [{name: bins_of(support, side[name]) for name, support in supports.items()} for side in sides]
    found = []
    for pair in combinations(BY, 2):
        keys = [np.stack([side[name] for name in pair], axis=1) for side in coded]
        distinct, which = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
        groups = np.split(which.reshape(-1), [len(keys[0])])
        counts = []
        for side, group in zip(coded, groups, strict=True):
            one = {}
            for name, support in supports.items():
                width = len(support.labels) + 1
                at = np.where(side[name] == MISSING, width - 1, side[name])
                one[name] = np.bincount(group * width + at, minlength=len(distinct) * width).reshape(-1, width)
            counts.append(one)
        rows = [np.bincount(group, minlength=len(distinct)) for group in groups]
        found.append(Crosstab(pair, distinct, counts[0], counts[1], (rows[0], rows[1])))
    return found


def searched(reference: Mapping[str, Values], production: Mapping[str, Values]) -> tuple[Search, float]:
    """What the finder lists, and the seconds it took on the counted cohorts."""
    supports = {}
    for name, values in reference.items():
        support = build_support(column_of(name, values), packed(values))
        assert not isinstance(support, str)
        supports[name] = support
    counted = crosstabs((reference, production), supports)
    start = time.perf_counter()
    found = search(counted, supports)
    return found, time.perf_counter() - start


def unchanged(runs: int) -> list[str]:
    """Share of runs that list anything although nothing changed: the share of false discoveries, all being false."""
    lines = ["| reference | production | cohorts × columns | runs that list anything | listed a run | seconds |"]
    lines.append("|---|---|---|---|---|---|")
    for n, m in ROWS:
        some = listed = tested = 0
        seconds = []
        kept = max(runs // 4, 20) if n > 50_000 else runs
        for run in range(kept):
            random = np.random.default_rng([run, n, m])
            found, took = searched(table(random, n, 0.05), table(random, m, 0.05))
            some, listed, tested = some + bool(found.cohorts), listed + len(found.cohorts), found.tested
            seconds.append(took)
        cells = (f"{n:,}", f"{m:,}", f"{tested:,}", f"{some / kept:.1%} of {kept}", f"{listed / kept:.3f}")
        lines.append(f"| {' | '.join(cells)} | {np.median(seconds):.2f} |")
        print(lines[-1], flush=True)
    return lines


def planted(runs: int) -> list[str]:
    """How often the planted cohort is listed, how often first, and the share of what is listed that is something else.

    Any other cohort counts as false, although those that hold planted rows did move a little.
    """
    lines = ["| reference, production | planted | x0 moves by | found | first | said to be hidden | false of listed |"]
    lines.append("|---|---|---|---|---|---|---|")
    for n, m in ROWS[1:]:
        kept = runs if n < 50_000 else max(runs // 3, 10)
        for share in SHARES:
            for shift in SHIFTS:
                found = first = hidden = 0
                false = []
                for run in range(kept):
                    random = np.random.default_rng([run, n, round(share * 100), round(shift * 10)])
                    listed = searched(table(random, n, share), table(random, m, share, shift))[0].cohorts
                    mine = [one.words == "planted p" and one.column == "x0" for one in listed]
                    found, first = found + any(mine), first + bool(mine and mine[0])
                    hidden += any(one.hidden for one, is_it in zip(listed, mine, strict=True) if is_it)
                    false.append(1 - sum(mine) / len(mine) if mine else 0.0)
                cells = [f"{n:,}, {m:,}", f"{share:.0%}", f"{shift:g} sd"]
                cells += [f"{one / kept:.0%}" for one in (found, first, hidden)]
                lines.append(f"| {' | '.join(cells)} | {np.mean(false):.1%} |")
                print(lines[-1], flush=True)
    return lines


def alike(runs: int, counts: tuple[int, ...], rows: int = 3000) -> list[str]:
    """Share of runs that list anything when every week differs from every other by itself, and what is still found.

    The last week is a week like any other; then x moves by 2 sd in one cohort of it.
    """
    lines = ["| reference weeks | rows as independent | windows widen | the cohort that moved is found | first |"]
    lines.append("|---|---|---|---|---|")
    for count in counts:
        alone = widened = found = first = 0
        for run in range(runs):
            random = np.random.default_rng([run, count])
            reference, quiet = (parted(weeks(random, *at, rows), random) for at in ((0, count), (count, 1)))
            moved = parted(weeks(random, count, 1, rows), random, 2.0)
            plain, wide = weekly(reference, quiet)
            alone, widened = alone + bool(plain.cohorts), widened + bool(wide.cohorts)
            listed = weekly(reference, moved)[1].cohorts
            mine = [one.words.startswith("region c4") and one.column == "n0" for one in listed]
            found, first = found + any(mine), first + bool(mine and mine[0])
        cells = (f"{alone / runs:.1%}", f"{widened / runs:.1%}", f"{found / runs:.0%}", f"{first / runs:.0%}")
        lines.append(f"| {count} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return lines


def parted(table: pa.Table, random: Random, shift: float = 0.0) -> pa.Table:
    """A table with two cohort columns that have to do with nothing; n0 is shifted in one cohort of the first."""
    region, plan = (categories(count)(random, table.num_rows) for count in (5, 4))
    n0 = np.where(region == "c4", table["n0"].to_numpy() + shift, table["n0"].to_numpy())
    table = table.set_column(table.schema.get_field_index("n0"), "n0", [n0])
    return table.append_column("region", pa.array(region)).append_column("plan", pa.array(plan))


def weekly(reference: pa.Table, production: pa.Table) -> tuple[Search, Search]:
    """What is listed when rows count as independent, and when the reference's weeks say how much they differ."""
    first, second = open_both(reference, production)
    supports = {one.name: build_support(one, read(first, one, Slice())) for one in first.columns if one.name != "at"}
    built = {name: one for name, one in supports.items() if not isinstance(one, str)}
    (cells, old), (_, new) = (counted(side, built, "week") for side in (first, second))
    assert old is not None and new is not None
    tabs = of_codes((old, Slice()), (new, Slice()), ("region", "plan"))
    excess = window_excess(cells, Slice(), supports, [one.column for one in built.values()], 0.5)
    return search(tabs, supports), search(tabs, supports, excess=excess)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    quiet = unchanged(given.runs)
    some = max(given.runs // 5, 10)
    seen = planted(some)
    close = alike(given.runs, (6, 12, 26))
    text = TEXT.format(
        machine=machine(), quiet="\n".join(quiet), runs=some, seen="\n".join(seen), weeks=given.runs,
        close="\n".join(close),
    )  # fmt: skip
    if given.write:
        (ROOT / "docs" / "cohort_study.md").write_text(text, encoding="utf-8")


TEXT = """# The cohort finder, put to the test

Made by `python benchmarks/cohorts.py --write`. {machine}

Twenty columns (normal, lognormal, uniform, 30 % at one value, integers of 5 and 70, categories of 2, 8 and 50, some
with nulls), asked on every cohort of five cohort columns and of their pairs that holds 1 % of the rows and 100 of them.

## Nothing changed

Both sides are drawn anew: whatever is listed is false. The promise is 5 %. Seconds are those of the finder itself, on
cohorts that were counted.

{quiet}

## One cohort changed

In a cohort of exactly so many rows one column moves. Found: the cohort is listed for that column; first: it heads the
list. {runs} runs a row, a third of them where a side has 100,000 rows. Any other cohort that is listed counts as false,
although cohorts that hold some of the planted rows did move a little.

{seen}

## Rows within a week are alike

Ten columns whose level moves by itself from week to week, 3,000 rows a week; the last week is a week like any other:
the share of {weeks} runs that list a cohort all the same, with rows taken as independent, and with floors widened by
how much the reference's own weeks differ. Then one column moves by 2 sd in a cohort of a tenth of the rows: how often
that cohort, or a pair that holds it, is listed, and heads the list.

{close}
"""

if __name__ == "__main__":
    main()
