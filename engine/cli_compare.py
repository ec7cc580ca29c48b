"""The verb compare: options as typed become a slice, kinds, roles and a plan."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.attribution import feature_names, why_unread
from engine.cli_base import write
from engine.columns import ONCE, Column, Role, parse
from engine.errors import PlumblineError, shown
from engine.look import look
from engine.pair import in_one_reading, open_both
from engine.run import Run
from engine.signals import Plan, chosen_metrics
from engine.slices import Filter, Slice, parse_filter, parse_window
from engine.slices.against import SAME_COHORT, WHOLE_REFERENCE
from engine.slices.texts import parse_filters
from engine.tables.attributions import Attributions, Prefixed, find_attributions
from engine.tables.connection import connect
from engine.tables.late_labels import LabelTable
from engine.tables.moments import are_since_1970
from engine.tables.places import find_path
from engine.tables.sources import Dataset, find_files, open_dataset
from engine.tables.text.rejects import as_sheet
from engine.tables.text.text_format import TextFormat, text_format, typed_format

if TYPE_CHECKING:
    from engine.monitor import Monitor


def compared(
    reference: str,
    production: str,
    monitor: str | None = None,
    timestamp: str | None = None,
    window: str | None = None,
    where: tuple[str, ...] = (),
    kind: tuple[str, ...] = (),
    role: tuple[str, ...] = (),
    metrics: str | None = None,
    whole_reference: bool = False,
    without: bool = False,
    against: str | None = None,
    csv: tuple[str, ...] = (),
    reference_csv: tuple[str, ...] = (),
    production_csv: tuple[str, ...] = (),
    rejects: str | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Run:
    """The run that the options of compare ask for; what is typed goes over what a monitor file says.

    rejects: a file for the rows of text files that were left out, as CSV.
    """
    found, plan, named, least, labels, logged, every = None, Plan(), None, 0.5, None, None, "week"
    if monitor:
        from engine.monitor import read_monitor

        found = read_monitor(Path(monitor))
    first, second = open_both(reference, production, texts_of(csv, reference_csv, production_csv, found))
    if rejects is not None:
        write(as_sheet((("reference", first.rejects), ("production", second.rejects))).rstrip("\n"), rejects)
    if monitor and found:
        plan, named, least = found.plan, (found.monitor, found.digest), found.window.least
        every = found.window.unit
        labels = labels_of(found, Path(monitor).parent)
    first, second = as_told(first, second, found, pairs("--kind", kind), pairs("--role", role), timestamp)
    if metrics is not None:
        plan = replace(plan, metrics=chosen_metrics(tuple(metrics.split(","))))
    cohort = filters(where, askable(first, second))
    cut = Slice(cohort, parse_window(window) if window else None, without)
    against = against or (WHOLE_REFERENCE if whole_reference else SAME_COHORT)
    if found and plan.asks("attribution_drift"):
        logged = attributions_of(found, first, second, Path(monitor or "").parent)
    run = look(
        first, second, cut, plan, against=against, monitor=named, least=least, labels=labels, logged=logged,
        every=every, progress=progress,
    )  # fmt: skip
    if found is None or run.asked is None:
        return run
    from engine.monitor.beside import beside

    kept = {**run.asked, "beside": beside(found, Path(monitor or "").parent)}
    return replace(run, definition=found.definition, asked=kept)


def texts_of(
    csv: tuple[str, ...], reference: tuple[str, ...], production: tuple[str, ...], monitor: "Monitor | None" = None
) -> tuple[TextFormat | None, TextFormat | None]:
    """How both sides are written: what is typed for one side, over what is typed for both, over a monitor's choices."""
    both = typed_format(csv, "--csv")
    sides = []
    for texts, option, place in (
        (reference, "--reference-csv", monitor and monitor.reference),
        (production, "--production-csv", monitor and monitor.production),
    ):
        layers = [place.text if place else None, both, typed_format(texts, option)]
        chosen = {name: value for one in layers if one for name, value in one.chosen.items()}
        sides.append(text_format(chosen, option) if chosen else None)
    return sides[0], sides[1]


def as_told(
    first: Dataset,
    second: Dataset,
    monitor: "Monitor | None",
    kinds: Mapping[str, str],
    typed: dict[str, str],
    timestamp: str | None,
) -> tuple[Dataset, Dataset]:
    """Both sides with the kinds, roles and features of a monitor, under the kinds and roles that were typed."""
    columns = monitor.columns if monitor else None
    kinds = {name: str(one) for name, one in (columns.kinds if columns else {}).items()} | dict(kinds)
    known = roles(columns.roles_in(one.name for one in first.columns) if columns else {}, typed, timestamp)
    first, second = in_one_reading(first, second, kinds, known)
    if columns and isinstance(columns.features, list):
        more = [name for name, role in typed.items() if parse(Role, role) is Role.FEATURE]
        first = first.only_features([*columns.features, *more])
        first, second = in_one_reading(first, second, kinds, {})  # what is ignored is so on both sides
    moments(first)
    return first, second


def askable(reference: Dataset, production: Dataset) -> tuple[Column, ...]:
    """Production's columns, typed as the reference's are: a filter is asked of both."""
    return tuple(reference.column(one.name) if reference.has(one.name) else one for one in production.columns)


def filters(texts: Iterable[str], columns: Iterable[Column]) -> tuple[Filter, ...]:
    """The filters that were typed, each text one or several joined by " & "; an empty one is no filter at all."""
    known = tuple(columns)
    return tuple(one for text in texts for one in parse_filters(text, known) or (parse_filter(text, known),))


def labels_of(monitor: "Monitor", base: Path) -> LabelTable | None:
    """The table of labels that a monitor names, opened on a connection of its own; None where it names none."""
    from engine.monitor.sections import Labels

    written = monitor.columns.target
    if not isinstance(written, Labels):
        return None
    path = find_path(written.path, base)
    root = connect({file.parent for file in find_files(path)})
    return LabelTable(open_dataset(path, root, "labels", written.text), written.id, written.column)


def attributions_of(
    monitor: "Monitor", reference: Dataset, production: Dataset, base: Path
) -> Attributions | Prefixed | str | None:
    """The attributions that a monitor says are logged, None where it says nothing, or why they cannot be read."""
    wanted = monitor.columns.attributions
    if wanted is None:
        return None
    features = [n for n in feature_names(reference.columns) if production.has(n)]
    place = monitor.hidden(find_path(wanted.path, base)) if wanted.path else None
    try:
        named = wanted.path, wanted.id, wanted.prefix
        return find_attributions(*named, features, reference, production, base, wanted.text, place)
    except PlumblineError as error:
        return monitor.hidden(why_unread(error, place))


def roles(known: dict[str, str], typed: dict[str, str], timestamp: str | None) -> dict[str, str]:
    """Roles as typed over those of a monitor file; what only one column can be is taken from the file's column."""
    if timestamp is not None:
        typed = {**typed, timestamp: "timestamp"}
    once = [parse(Role, one) for one in typed.values() if parse(Role, one) in ONCE]
    for one in once:
        if once.count(one) > 1:
            names = " and ".join(shown(name) for name, role in typed.items() if parse(Role, role) is one)
            raise PlumblineError(f"Only one column can be the {one}, not {names}.", where="--role")
    return {name: role for name, role in known.items() if name in typed or role not in once} | typed


def moments(dataset: Dataset) -> None:
    """Refuse a timestamp that holds no moments: every window of it would be empty."""
    column = dataset.with_role(Role.TIMESTAMP)
    if column and not column.base.startswith(("TIMESTAMP", "DATE", "VARCHAR")) and not are_since_1970(dataset, column):
        near = next((one.name for one in dataset.columns if one.base.startswith(("TIMESTAMP", "DATE"))), None)
        hint = f"Did you mean {shown(near)}?" if near else None
        raise PlumblineError(f"{shown(column.name)} holds {column.type}, not moments in time.", hint=hint)


def pairs(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    """COL=VALUE texts as a mapping; the last = divides, since names may hold one."""
    found = {}
    for text in texts:
        name, sign, value = text.rpartition("=")
        if not sign or not name:
            raise PlumblineError(f"{shown(text)} is not COL=VALUE.", where=option)
        found[name] = value
    return found
