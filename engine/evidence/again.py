"""A run asked again of the original files, by its recorded slice, plan and monitor: the same numbers, or which not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from engine.asked import plan_of
from engine.attribution import feature_names, why_unread
from engine.errors import PlumblineError, UnreadableSource
from engine.evidence.canonical import plain_json
from engine.evidence.differing import differing, readings_in
from engine.evidence.rare import without_rare
from engine.evidence.variables import filled_path, variables_in, without_values
from engine.explore.look import look as look_at_cells
from engine.explore.opened import open_datasets
from engine.look import look
from engine.monitor import Monitor
from engine.monitor.environment import Variables, hide
from engine.pair import in_one_reading
from engine.run import Run
from engine.slices import Filter, Slice, Window
from engine.tables.attributions import Attributions, Prefixed, find_attributions
from engine.tables.connection import connect
from engine.tables.late_labels import LabelTable
from engine.tables.places import find_path
from engine.tables.sources import Dataset, find_files, open_dataset
from engine.tables.text.read_alike import given_then
from engine.tables.text.text_format import text_format

WEEK = {"attributions": None, "labels": None, "every": "week"}  # of a run that had no monitor


@dataclass(frozen=True, slots=True)
class Again:
    """What asking again found. differing: what is another now, as sentences."""

    state: Literal["same", "different", "gone", "unknown"]
    words: str
    differing: tuple[str, ...] = ()


def again(snapshot: Mapping[str, Any], places: Mapping[str, str] | None = None, base: Path | None = None) -> Again:
    """The run of a snapshot computed again. places: where "reference", "production" and "labels" lie now, where they
    moved; base: a folder that relative paths may start from, the working folder otherwise.

    Where the engine is another now, other numbers are no proof that anything was changed: then the state is unknown.
    """
    run, places = snapshot["run"], places or {}
    if run["asked"] is None:
        return Again("unknown", "The run does not say how it was asked, so it cannot be asked again.")
    if any(run[side]["name"].startswith("spark:") and side not in places for side in ("reference", "production")):
        return Again("unknown", "The rows lie in Spark, and are not asked again from here.")
    known: dict[str, str] = {}
    try:
        sides, labels = opened_as_then(run, places, base, known)
        wanted = attributions_place(run)
        if wanted and wanted["path"]:
            known[wanted["path"]] = filled_path(wanted["path"])
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
        fresh = _asked(run, sides, labels, base, known)
    except PlumblineError as error:
        return Again("different", f"The data cannot be asked as they were: {without_values(error, known)}")
    options = snapshot["options"]
    now = without_rare(plain_json(fresh.document()), options["least_rows"], options["top"])
    return _compared(run, now)


def _compared(run: Mapping[str, Any], now: Mapping[str, Any]) -> Again:
    """The answer that two documents amount to, the recorded one and the one that was made just now."""
    found, n = differing(run, now), len(run["findings"])
    changed = run["engine"] != now["engine"]
    versions = f" The engine is another now: {_versions(now)}; it was {_versions(run)}." if changed else ""
    if not found:
        said = f"Both files are those of the run, and all {n} readings and every other number come out again."
        return Again("same", said + versions)
    others = readings_in(found)
    what = f"{others} of {n} readings are" if others else f"All {n} readings come out again, but other numbers are"
    said = f"{what} others when computed again.{versions}"
    if changed:
        said += " So this does not prove that anything was changed: compute it with the version that made it."
    return Again("unknown" if changed else "different", said, tuple(found))


def _versions(run: Mapping[str, Any]) -> str:
    known = run["engine"]
    return f"Plumbline {known['version']}, DuckDB {known['duckdb']}, numpy {known['numpy']}"


def opened_as_then(
    run: Mapping[str, Any], places: Mapping[str, str], base: Path | None, known: dict[str, str]
) -> tuple[tuple[Dataset, Dataset], LabelTable | None]:
    """Both sides and the labels of a run's document, read as they were then. places, base: as again has them; known: is
    told what each path became. Raises what opening a dataset raises.
    """
    asked = run["asked"]
    late = asked["labels"]
    names = {"reference": run["reference"]["name"], "production": run["production"]["name"]}
    names |= {"labels": labels_place(asked)} if late else {}
    paths = {}
    for name, said in names.items():
        if name not in places:
            known[said] = filled_path(said)
        paths[name] = find_path(places.get(name) or known[said], base)
    root = connect({file.parent for path in paths.values() for file in find_files(path)})
    first, second = (
        open_dataset(paths[name], root, names[name], given_then(run[name].get("read")))
        for name in ("reference", "production")
    )
    kinds = {one["name"]: one["kind"] for one in asked["columns"]}
    roles = {one["name"]: one["role"] for one in asked["columns"]}
    labels = None
    if late:
        read = text_format(late["csv"]) if "csv" in late else None
        labels = LabelTable(open_dataset(paths["labels"], root, late["name"], read), late["id"], late["column"])
    return in_one_reading(first, second, kinds, roles), labels


def labels_place(asked: Mapping[str, Any]) -> str:
    """Where the table of labels of a run lies, as the run says it."""
    return str((asked.get("beside") or WEEK)["labels"] or asked["labels"]["name"])


def attributions_place(run: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Where the logged attributions of a run lie, as it says it: path, id and prefix; None where it has none."""
    beside = (run["asked"] or {}).get("beside")
    if beside:
        logged: Mapping[str, Any] | None = beside["attributions"]
        return logged
    return ((run["definition"] or {}).get("columns") or {}).get("attributions")


def _asked(
    run: Mapping[str, Any], sides: tuple[Dataset, Dataset], labels: LabelTable | None, base: Path | None,
    known: Mapping[str, str],
) -> Run:  # fmt: skip
    """The run again, on the tier that it was made on. known: what each path of the run became."""
    asked, cut, wanted = run["asked"], slice_of(run["slice"]), attributions_place(run)
    place = wanted["path"] if wanted else None
    path = known[place] if place else None
    values = variables_in(place or "")  # which no note tells, as then
    if asked["tier"] == "cells" and run["definition"]:
        definition = dict(run["definition"])
        logs = {**wanted, "path": path} if wanted else None  # what is opened is what the run says, in one place
        definition["columns"] = {**(definition.get("columns") or {}), "attributions": logs}
        monitor = Monitor.model_validate(definition).with_variables(Variables(values=values))
        return look_at_cells(open_datasets(monitor, *sides, None, labels, base), cut, asked["against"])
    logged: Attributions | Prefixed | str | None = None
    if wanted and plan_of(asked).asks("attribution_drift"):
        features = [name for name in feature_names(sides[0].columns) if sides[1].has(name)]
        try:
            read = text_format(wanted["csv"]) if wanted.get("csv") else None
            where = path, wanted["id"], wanted["prefix"]
            logged = find_attributions(*where, features, *sides, base, read, place)
        except PlumblineError as error:
            logged = hide(why_unread(error, place), Variables(values=values))
    named = (run["monitor"], run["monitor_digest"]) if run["monitor"] else None
    return look(
        *sides, cut, plan_of(asked), against=asked["against"], monitor=named, least=asked["least"], labels=labels,
        logged=logged, every=str((asked.get("beside") or WEEK)["every"]),
    )  # fmt: skip


def slice_of(said: Mapping[str, Any]) -> Slice:
    """A slice from its JSON.

    >>> slice_of(Slice((Filter("a", "eq", (1,)),)).document()) == Slice((Filter("a", "eq", (1,)),))
    True
    """
    window = said["window"]
    span = Window(*(datetime.fromisoformat(window[name]) for name in ("start", "end"))) if window else None
    cohort = tuple(Filter(one["column"], one["operator"], tuple(one["values"])) for one in said["cohort"])
    return Slice(cohort, span, said["without"])
