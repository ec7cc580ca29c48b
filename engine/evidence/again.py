"""A run asked again of the original files, by its recorded slice, plan and monitor: the same numbers, or which not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from pathlib import Path
from typing import Any, Literal

from engine.asked import plan_of
from engine.attribution import feature_names
from engine.errors import PlumblineError, UnreadableSource
from engine.evidence.canonical import plain_json
from engine.evidence.rare import without_rare
from engine.evidence.variables import filled_definition, filled_path, without_values
from engine.explore.look import look as look_at_cells
from engine.explore.opened import open_datasets
from engine.look import look
from engine.monitor import Monitor
from engine.pair import in_one_reading
from engine.record import name_of
from engine.run import Run
from engine.slices import Filter, Slice, Window
from engine.tables.attributions import Attributions, Prefixed, find_attributions
from engine.tables.connection import connect
from engine.tables.late_labels import LabelTable
from engine.tables.places import find_path
from engine.tables.sources import Dataset, find_files, open_dataset

CLOSE = 1e-9  # sums of doubles over several threads differ in their last digits
COMPARED = (
    "value severity p_value statistic floor within_noise rows_needed n_reference n_production null_share_reference "
    "null_share_production threshold parts band interval"
).split()


@dataclass(frozen=True, slots=True)
class Again:
    """What asking again found. differing: what is another now, as sentences."""

    state: Literal["same", "different", "gone", "unknown"]
    words: str
    differing: tuple[str, ...] = ()


def again(snapshot: Mapping[str, Any], places: Mapping[str, str] | None = None, base: Path | None = None) -> Again:
    """The run of a snapshot computed again. places: where "reference", "production" and "labels" lie now, where they
    moved; base: a folder that relative paths may start from, the working folder otherwise.
    """
    run, places = snapshot["run"], places or {}
    if run["asked"] is None:
        return Again("unknown", "The run does not say how it was asked, so it cannot be asked again.")
    known: dict[str, str] = {}
    try:
        sides, labels = _opened(run, places, base, known)
        definition = filled_definition(run["definition"]) if run["definition"] else None
    except UnreadableSource as error:
        return Again("gone", f"The data are not there any more: {without_values(error, known)}")
    except PlumblineError as error:
        return Again("different", f"The data cannot be read as they were: {without_values(error, known)}")
    other = [
        f"the {name} data are others: SHA-256 {side.sha256}, recorded {run[name]['sha256']}"
        for name, side in zip(("reference", "production"), sides, strict=True)
        if side.sha256 != run[name]["sha256"]
    ]
    if other:
        return Again("different", "The files are not those of the run.", tuple(other))
    try:
        fresh = _asked({**run, "definition": definition}, sides, labels, base)
    except PlumblineError as error:
        return Again("different", f"The data cannot be asked as they were: {without_values(error, known)}")
    options = snapshot["options"]
    now = without_rare(plain_json(fresh.document()), options["least_rows"], options["top"])
    found = differing(run, now)
    changed = run["engine"] != now["engine"]
    versions = f" The engine is another now: {_versions(now)}; it was {_versions(run)}." if changed else ""
    n = len(run["findings"])
    if found:
        others = len({one.split(": ")[0] for one in found})
        said = f"{others} of {n} readings are others when computed again.{versions}"
        return Again("different", said, tuple(found))
    return Again("same", f"Both files are those of the run, and all {n} readings come out again.{versions}")


def _versions(run: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {said}" for name, said in run["engine"].items() if name != "name")


def _opened(
    run: Mapping[str, Any], places: Mapping[str, str], base: Path | None, known: dict[str, str]
) -> tuple[tuple[Dataset, Dataset], LabelTable | None]:
    """Both sides and the labels, read as they were then. known: is told what each path became."""
    asked = run["asked"]
    late = asked["labels"]
    names = {"reference": run["reference"]["name"], "production": run["production"]["name"]}
    names |= {"labels": late["name"]} if late else {}
    paths = {}
    for name, said in names.items():
        if name not in places:
            known[said] = filled_path(said)
        paths[name] = find_path(places.get(name) or known[said], base)
    root = connect({file.parent for path in paths.values() for file in find_files(path)})
    first, second = (open_dataset(paths[name], root, names[name]) for name in ("reference", "production"))
    kinds = {one["name"]: one["kind"] for one in asked["columns"]}
    roles = {one["name"]: one["role"] for one in asked["columns"]}
    labels = LabelTable(open_dataset(paths["labels"], root, late["name"]), late["id"], late["column"]) if late else None
    return in_one_reading(first, second, kinds, roles), labels


def _asked(run: Mapping[str, Any], sides: tuple[Dataset, Dataset], labels: LabelTable | None, base: Path | None) -> Run:
    """The run again, on the tier that it was made on."""
    asked, cut = run["asked"], slice_of(run["slice"])
    if asked["tier"] == "cells" and run["definition"]:
        monitor = Monitor.model_validate(run["definition"])
        return look_at_cells(open_datasets(monitor, *sides, None, labels, base), cut, asked["against"])
    named = (run["monitor"], run["monitor_digest"]) if run["monitor"] else None
    logged = _logged(run, sides, base)
    rest = {"against": asked["against"], "monitor": named, "least": asked["least"], "labels": labels, "logged": logged}
    return look(*sides, cut, plan_of(asked), **rest)


def _logged(
    run: Mapping[str, Any], sides: tuple[Dataset, Dataset], base: Path | None
) -> Attributions | Prefixed | str | None:
    """Logged attributions where the monitor names any, or why they cannot be read."""
    wanted = ((run["definition"] or {}).get("columns") or {}).get("attributions")
    if not wanted or not plan_of(run["asked"]).asks("attribution_drift"):
        return None
    features = [name for name in feature_names(sides[0].columns) if sides[1].has(name)]
    try:
        return find_attributions(wanted["path"], wanted["id"], wanted["prefix"], features, *sides, base)
    except PlumblineError as error:
        return str(error)


def slice_of(said: Mapping[str, Any]) -> Slice:
    """A slice from its JSON.

    >>> slice_of(Slice((Filter("a", "eq", (1,)),)).document()) == Slice((Filter("a", "eq", (1,)),))
    True
    """
    window = said["window"]
    span = Window(*(datetime.fromisoformat(window[name]) for name in ("start", "end"))) if window else None
    cohort = tuple(Filter(one["column"], one["operator"], tuple(one["values"])) for one in said["cohort"])
    return Slice(cohort, span, said["without"])


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What two documents of a run say differently, as sentences; moments and texts are not compared.

    >>> bare = {"findings": [], "not_computed": [{"column": None, "metric": "ndcg"}]}
    >>> differing(bare, {"findings": [], "not_computed": []})
    ['ndcg: was not computed, now it is not asked']
    """
    said = []
    for name, (first, second) in _paired(then["findings"], now["findings"]).items():
        if first is None or second is None:
            said.append(f"{name}: {'was not there' if first is None else 'cannot be computed any more'}")
            continue
        for field in COMPARED:
            if not alike(first[field], second[field]):
                said.append(f"{name}: {field} was {_short(first[field])}, is {_short(second[field])}")
    gaps = _paired(then["not_computed"], now["not_computed"])
    said += [
        f"{name}: {'was asked of nobody' if first is None else 'was not computed'}, now it is not "
        f"{'computed' if first is None else 'asked'}"
        for name, (first, second) in gaps.items()
        if first is None or second is None
    ]
    return said


def _paired(
    then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    old, new = ({_name(one): one for one in rows} for rows in (then, now))
    return {name: (old.get(name), new.get(name)) for name in sorted({*old, *new})}


def _name(one: Mapping[str, Any]) -> str:
    return name_of(one["column"], one["metric"])


def alike(first: Any, second: Any) -> bool:
    """Whether two JSON values are the same, numbers within rounding.

    >>> alike([1.0, None, "a"], [1.0 + 1e-12, None, "a"]), alike(1.0, 1.1), alike(True, 1)
    (True, False, False)
    """
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, int | float) and isinstance(second, int | float):
        return isclose(first, second, rel_tol=CLOSE, abs_tol=1e-12)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(alike(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(alike(a, b) for a, b in zip(first, second, strict=True))
    return bool(first == second)


def _short(value: Any) -> str:
    said = str(value)
    return said if len(said) <= 60 else f"{said[:59]}…"
