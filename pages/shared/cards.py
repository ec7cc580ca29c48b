"""The overview's cards: one a signal, what of it calls for somebody, now and in every window. Only counts are made."""

from collections import Counter
from dataclasses import dataclass

from engine.explore.operations import is_served
from engine.findings import Finding, NotComputed, Severity
from engine.metrics import METRICS
from engine.run import Run
from engine.signals import PERFORMANCE, SIGNALS, Signal, signal_of
from pages.shared.attributed import attribution_over
from pages.shared.histories import called_in
from pages.shared.outcomes import judged_of_predictions, performance_over
from pages.shared.served import operations_over
from pages.shared.tables import CALLS
from pages.shared.view import View

OF_METRICS = (PERFORMANCE, "attribution_drift", "operations")  # signals whose findings are of metrics, not of columns


@dataclass(frozen=True, slots=True)
class Card:
    """One signal on the overview. of: what it counts; over: those that call for somebody, per window, or None."""

    signal: Signal
    counts: dict[Severity, int]
    called: int
    columns: int
    over: list[int] | None
    of: str = "column"


def cards(view: View, run: Run) -> list[Card]:
    """One card a signal, in the order of the signals."""
    over = called_over_windows(view)
    found = []
    for key, signal in SIGNALS.items():
        mine = [one for one in run.findings if one.signal == key]
        judged = [one for one in mine if one.severity is not Severity.NOT_JUDGED]
        named = [one for one in judged if one.column]  # volume is of no column
        called = {one.column for one in named if one.severity in CALLS}
        columns = {one.column for one in named} if key != "schema" else {c.name for c in view.opened.columns}
        counts = Counter(one.severity for one in judged)
        if key in OF_METRICS:  # of no column: predictions, or requests
            called, columns = {one.metric for one in judged if one.severity in CALLS}, {one.metric for one in judged}
        of = "metric" if key in OF_METRICS else "column"
        found.append(Card(signal, dict(counts), len(called), len(columns), over.get(key), of))
    return found


def called_over_windows(view: View) -> dict[str, list[int]]:
    """Per signal, how many columns are at warning or beyond in each window."""
    windows = len(view.opened.windows)
    if not windows:
        return {}
    seen: dict[str, list[set[str]]] = {}
    for key, calling in called_in(view).items():
        for column in view.opened.columns:
            if METRICS[key] in view.opened.plan.computes(column):
                each = seen.setdefault(signal_of(column, METRICS[key]), [set() for _ in range(windows)])
                for i, names in enumerate(calling):
                    each[i] |= {column.name} & names
    found = {signal: [len(names) for names in each] for signal, each in seen.items()}
    for metric in judged_of_predictions(view):
        right = performance_over(view, metric)
        if not isinstance(right, str):
            called = [isinstance(one, Finding) and one.severity in CALLS for one in right.found]
            before = found.get(PERFORMANCE, [0] * windows)
            found[PERFORMANCE] = [n + yes for n, yes in zip(before, called, strict=True)]
    return found | others_over_windows(view, windows)


def others_over_windows(view: View, windows: int) -> dict[str, list[int]]:
    """As called_over_windows, of attributions and of how the model was served, where either is known."""
    found: dict[str, list[int]] = {}
    order = attribution_over(view).findings
    if any(isinstance(one, Finding) for one in order.values()):
        found["attribution_drift"] = [int(calls(order.get(i))) for i in range(windows)]
    if is_served(view.opened):
        lines = operations_over(view).found.values()
        found["operations"] = [sum(calls(one) for one in each) for each in zip(*lines, strict=True)]
    return found


def without_rows(run: Run) -> str:
    """That a side of the slice has no rows, which is why nothing is read of it; "" where both have some."""
    return f"the {run.without_rows} slice has no rows" if run.without_rows else ""


def calls(found: Finding | NotComputed | None) -> bool:
    """Whether a finding calls for somebody."""
    return isinstance(found, Finding) and found.severity in CALLS
