"""How the model of an opened monitor was served, window by window: latency, errors, throughput, volume."""

from dataclasses import dataclass

from engine.columns import Role
from engine.explore.opened import Opened
from engine.findings import Finding, NotComputed
from engine.operations import Operations, Served
from engine.operations_findings import METRICS_OF_OPERATIONS, judged_operations, operations_floors
from engine.slices import Slice, Window
from engine.slices.against import SAME_COHORT
from engine.tables.cells import ALL
from engine.tables.operations import operations, operations_by_window


@dataclass(frozen=True, eq=False)
class OperationsHistory:
    """Every metric of how requests were served, over windows. found: metric -> one per window, in order.

    served: production's own numbers per window, None where nothing was served.
    """

    windows: tuple[Window, ...]
    found: dict[str, tuple[Finding | NotComputed, ...]]
    served: tuple[Served | None, ...]


def is_served(opened: Opened) -> bool:
    """Whether a column says how long a request took, or whether it failed."""
    return any(opened.production.with_role(role) for role in (Role.LATENCY, Role.ERROR))


def operations_history(opened: Opened, cohort: Slice = ALL, against: str = SAME_COHORT) -> OperationsHistory:
    """Latency, errors and throughput of a cohort in every window, each held against what a text says."""
    unit, production = opened.monitor.window.unit, opened.production
    latency, error = (production.with_role(role) for role in (Role.LATENCY, Role.ERROR))
    names = tuple(None if one is None else one.name for one in (latency, error))
    each = operations_by_window(production, unit, Slice(cohort.cohort, None, cohort.without))
    known: dict[Slice, Served] = {}
    floors: dict[str, float] = {}
    found: dict[str, list[Finding | NotComputed]] = {one.key: [] for one in METRICS_OF_OPERATIONS}
    alpha = opened.plan.alpha(opened.columns)
    for i, window in enumerate(opened.windows):
        held = opened.held(Slice(cohort.cohort, window, cohort.without), against)
        if held.cut not in known:
            known[held.cut] = operations(opened.sides[held.side].dataset, held.cut)
        mine = each.get(window) or operations(production, Slice(cohort.cohort, window, cohort.without))
        both = Operations(known[held.cut], mine, *names)
        if not i and held.side == "reference":
            own = operations_by_window(opened.reference, unit, held.cut)
            floors = operations_floors(both, own, opened.monitor.window.least)
        seen, gaps = judged_operations(both, opened.plan, METRICS_OF_OPERATIONS, alpha, floors, opened.partial(window))
        answers: dict[str, Finding | NotComputed] = {**{g.metric: g for g in gaps}, **{f.metric: f for f in seen}}
        for key, row in found.items():
            row.append(answers[key])
    served = tuple(each.get(window) for window in opened.windows)
    return OperationsHistory(opened.windows, {key: tuple(row) for key, row in found.items()}, served)
