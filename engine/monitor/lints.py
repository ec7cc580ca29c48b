"""What is odd about a monitor's policy: conditions that can never hold, mutes that are over, promises too tight."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase

from engine.columns import Column
from engine.errors import PlumblineError, nearest, shown
from engine.metrics import METRICS, metric
from engine.monitor.environment import VARIABLE
from engine.monitor.limits import Row
from engine.monitor.model import Monitor
from engine.monitor.policy import DAYS
from engine.monitor.terms import OTHERS, Reads, parse_term
from engine.signals import SIGNALS
from engine.slices import Slice, Window
from engine.slices.against import against as held_against

SIGNS = "*?["


def policy_lints(monitor: Monitor, today: date | None = None) -> Iterator[Row]:
    """What can be seen to be odd without any data. today: by which mutes are over; UTC."""
    policy, day = monitor.policy, today or datetime.now(UTC).date()
    k, w = policy.held
    if k == 1 < w:
        yield "policy.persist", "a finding must read so in the last window itself, so this is 1 of 1", None, "warning"
    if policy.max_model_age and monitor.model.learned is None:
        hint = "Write model.trained, or a date as model.version."
        yield "policy.max_model_age", "nothing tells how old the model is.", hint, "warning"
    for i, mute in enumerate(policy.mutes):
        if mute.until < day:
            yield f"policy.mutes.{i}.until", f"it ended on {mute.until}: what it silenced calls again", None, "warning"
        key = mute.finding.rpartition(".")[2]
        if not any(sign in key for sign in SIGNS) and key not in METRICS and key not in OTHERS:
            near = nearest(key, [*METRICS, *OTHERS])
            yield f"policy.mutes.{i}.finding", f"no finding ends in {shown(key)}.", near, "error"
    for i, rule in enumerate(policy.rules):
        for j, text in enumerate(rule.when):
            term = parse_term(text)
            if term.reads is not Reads.UNKNOWN and (off := _off(monitor, term.what)):
                yield f"policy.rules.{i}.when.{j}", f"{off} is not computed, so this never holds", None, "warning"
    for i, promise in enumerate(policy.objectives):
        field = f"policy.objectives.{i}"
        if off := _off(monitor, promise.metric):
            yield f"{field}.metric", f"{off} is not computed, so nothing is known of this", None, "warning"
        if promise.span < timedelta(days=DAYS[monitor.window.unit]):
            said = f"{promise.of} hold no whole {monitor.window.unit}: it is about the last window alone"
            yield f"{field}.of", said, None, "warning"
    yield from _unset(monitor)


def _off(monitor: Monitor, what: str) -> str | None:
    """The signal that a name belongs to, where the monitor turns it off; schema and rows are always computed."""
    off = monitor.signals.off if monitor.signals else frozenset()
    signal = what if what in SIGNALS else METRICS[what].signal if what in METRICS else None
    if signal == "data_drift" and what not in SIGNALS and "prediction_drift" not in off:
        return None  # metrics of columns are read on predictions too
    return signal if signal in off else None


def _unset(monitor: Monitor) -> Iterator[Row]:
    """Variables that are wanted when something is sent, and are not set where the file is checked."""
    for i, target in enumerate(monitor.deliver):
        for name, value in target.model_dump().items():
            texts = value if isinstance(value, list) else [value]
            for missing in (n for t in texts if isinstance(t, str) for n in VARIABLE.findall(t)):
                if missing not in os.environ:
                    said = f"the environment has no variable {missing} here; it is wanted when something is sent"
                    yield f"deliver.{i}.{name}", said, None, "warning"


def against_lints(monitor: Monitor, columns: Iterable[Column], filled: Mapping[Window, int]) -> Iterator[Row]:
    """Baselines that nothing answers to, or that hold no row, or listed twice. filled: production's windows."""
    listed = isinstance(monitor.against, list)
    texts, known = (list(monitor.against) if listed else [str(monitor.against)]), tuple(columns)
    now = max(filled, key=lambda one: one.start, default=None)
    if not texts:
        yield "against", "the list holds no baseline", "Leave it out for the reference.", "error"
    for i, text in enumerate(texts):
        field = f"against.{i}" if listed else "against"
        if text in texts[:i]:
            yield field, f"{shown(text)} is listed twice", None, "error"
        try:
            held = held_against(text, Slice(window=now), known)
        except PlumblineError as error:
            yield field, error.message, error.hint, "error"
            continue
        span = held.cut.window if text.startswith("window ") else None
        if span and filled and not any(one.start < span.end and span.start < one.end for one in filled):
            yield field, "production has no rows in that window", None, "error"


def column_lints(monitor: Monitor, columns: Iterable[Column]) -> Iterator[Row]:
    """Columns that the policy names and the data do not have. columns: of the reference."""
    names = [one.name for one in columns]
    policy = monitor.policy
    asked: list[tuple[str, str]] = []
    for i, rule in enumerate(policy.rules):
        asked += [(f"policy.rules.{i}.when.{j}", parse_term(text).columns) for j, text in enumerate(rule.when)]
    for i, mute in enumerate(policy.mutes):
        asked.append((f"policy.mutes.{i}.finding", mute.finding.rpartition(".")[0]))
    lists = [(f"policy.objectives.{i}.columns", one.columns) for i, one in enumerate(policy.objectives)]
    for field, written in (*lists, ("policy.important", policy.important)):
        if isinstance(written, str):
            asked.append((field, written))
        asked += [(f"{field}.{j}", one) for j, one in enumerate(written if isinstance(written, list) else ())]
    for field, text in asked:
        if not text or text == "important" or text.startswith("top ") or text in names:
            continue
        if not any(sign in text for sign in SIGNS):
            yield field, f"the reference has no column {shown(text)}.", nearest(text, names), "error"
        elif not any(fnmatchcase(name, text) for name in names):
            yield field, f"no column of the reference matches {shown(text)}", None, "error"


def window_lints(monitor: Monitor, before: Mapping[Window, int], after: Mapping[Window, int]) -> Iterator[Row]:
    """Rows of both sides in the same windows, promises too tight, and more windows asked for than there are.

    before, after: windows of the reference and of production that hold rows.
    """
    both = sorted(set(before) & set(after), key=lambda one: one.start)
    if both and not _same(monitor):
        said = f"{len(both)} of its {len(after)} windows hold rows of the reference too, from the {both[0].words} on."
        yield "production", said, "Production that is also the reference hides its own drift.", "warning"
    k, _ = monitor.policy.held
    if after and len(after) < k:
        said = f"production has {len(after)} windows: nothing of drift or performance can count yet"
        yield "policy.persist", said, None, "warning"
    for i, promise in enumerate(monitor.policy.objectives):
        windows = max(1, int(promise.span / timedelta(days=DAYS[monitor.window.unit])))
        columns = promise.columns
        each = len(columns) if isinstance(columns, list) else 0 if metric(promise.metric).kinds else 1
        if isinstance(columns, str) and columns.startswith("top "):
            each = int(columns[4:])
        if each and (1 - promise.share) * windows * each < 1:
            said = f"of the {windows * each} readings in {promise.of} not one may be bad at {promise.share:g}"
            yield f"policy.objectives.{i}.share", said, None, "warning"


def _same(monitor: Monitor) -> bool:
    return monitor.reference == monitor.production
