"""Changing thresholds and policy in the text of a monitor file: only the lines concerned, comments stay."""

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from engine.errors import InvalidMonitor, PlumblineError
from engine.monitor.model import Monitor
from engine.monitor.read import parse_monitor

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")  # a key that needs no quotes
WORDS = {"true", "false", "null", "nan", "inf"}

Written = tuple[float | str, float | str]  # warning, critical


def edited(
    text: str,
    thresholds: Mapping[str, Written] | None = None,
    persist: str | None = None,
    false_alarms: float | None = None,
) -> str:
    """The text of a monitor file with other limits and policy; all else, comments too, as it was.

    Raises InvalidMonitor where the outcome is no monitor, and PlumblineError where the file is written in a way that
    lines cannot be changed in (an anchor that several patterns share).

    >>> short = "monitor: m  # mine\\nreference: {path: a}\\nproduction: {path: b}\\n"
    >>> print(edited(short + "thresholds:\\n  psi: {warning: 0.1, critical: 0.2}  # ours\\n", {"psi": (0.2, 0.5)}))
    monitor: m  # mine
    reference: {path: a}
    production: {path: b}
    thresholds:
      psi: {warning: 0.2, critical: 0.5}  # ours
    <BLANKLINE>
    """
    before = parse_monitor(text)
    made = text
    for pattern, limits in (thresholds or {}).items():
        made = _limits(made, pattern, limits)
    for field, value in (("persist", persist), ("false_alarms", false_alarms)):
        if value is not None:
            made = put(made, "policy", field, scalar(value))
    try:
        after = parse_monitor(made)
    except InvalidMonitor as error:  # of the user's values, or of ours: then the same values fail as plain fields too
        _whole(before, thresholds or {}, persist, false_alarms)
        raise _unfit() from error
    if after != _whole(before, thresholds or {}, persist, false_alarms):
        raise _unfit()
    return made


def changed(
    monitor: Monitor,
    thresholds: Mapping[str, Written] | None = None,
    persist: str | None = None,
    false_alarms: float | None = None,
) -> Monitor:
    """The monitor under other limits and policy, to be tried. Raises InvalidMonitor with every problem."""
    return _whole(monitor, thresholds or {}, persist, false_alarms)


def diff(before: str, after: str, name: str = "monitor.yaml") -> str:
    """What changes between two texts, as a unified diff; empty where nothing does."""
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def _whole(monitor: Monitor, limits: Mapping[str, Written], persist: str | None, rate: float | None) -> Monitor:
    fields: dict[str, Any] = monitor.as_written(exclude_defaults=True)
    fields["thresholds"] = fields.get("thresholds", {}) | {
        pattern: {"warning": warning, "critical": critical} for pattern, (warning, critical) in limits.items()
    }
    given = {"persist": persist, "false_alarms": rate}
    fields["policy"] = fields.get("policy", {}) | {name: one for name, one in given.items() if one is not None}
    return parse_monitor(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True), "the changed monitor")


def _unfit() -> PlumblineError:
    return PlumblineError(
        "The monitor file is written in a way that single lines cannot be changed in.",
        hint="Write the limits out instead of sharing them (&name, *name), or change the file by hand.",
    )


def _limits(text: str, pattern: str, limits: Written) -> str:
    """One pattern's limits changed where they stand, or added."""
    node = child(child(root(text), "thresholds"), pattern)
    if isinstance(node, yaml.MappingNode):
        for field, value in zip(("warning", "critical"), limits, strict=True):
            known = child(child(child(root(text), "thresholds"), pattern), field)
            if known is not None:
                text = put_in_place(text, known, scalar(value))
        return text
    warning, critical = (scalar(one) for one in limits)
    return put(text, "thresholds", pattern, f"{{warning: {warning}, critical: {critical}}}")


def put(text: str, section: str, field: str, value: str) -> str:
    """A field of a section changed where it stands, or added after the section's last."""
    holder = child(root(text), section)
    key = field if PLAIN.fullmatch(field) and field not in WORDS else json.dumps(field)
    known = child(holder, field)
    if known is not None:
        return put_in_place(text, known, value)
    if isinstance(holder, yaml.MappingNode) and holder.flow_style:
        at = holder.end_mark.index - 1
        return f"{text[:at].rstrip()}{', ' if holder.value else ''}{key}: {value}{text[at:]}"
    lines = text.splitlines(keepends=True)
    if isinstance(holder, yaml.MappingNode):
        at, indent = _last_line(holder) + 1, " " * holder.value[0][0].start_mark.column
        if not lines[at - 1].endswith("\n"):
            lines[at - 1] += "\n"
        return "".join([*lines[:at], f"{indent}{key}: {value}\n", *lines[at:]])
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}{section}:\n  {key}: {value}\n"


def root(text: str) -> Any:
    """The file as nodes that know where they stand in its text."""
    return yaml.compose(text, Loader=yaml.SafeLoader)


def child(node: Any, name: str) -> Any:
    """The value of a key, None where there is none."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _last_line(node: Any) -> int:
    """The line, from 0, on which a value ends; comments below it are not part of it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return int(mark.line if mark.column or mark.line == node.start_mark.line else mark.line - 1)


def put_in_place(text: str, node: Any, value: str) -> str:
    """The text with a value in the place of a node."""
    return text[: node.start_mark.index] + value + text[node.end_mark.index :]


def scalar(value: float | str) -> str:
    """A number, or a text in quotes where YAML would read something else."""
    if isinstance(value, str):
        if re.fullmatch(r"\d+ of \d+", value):
            return value
        signs = json.dumps(value, ensure_ascii=False)  # what YAML takes for a line's end or refuses is written as code
        return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in signs)
    return f"{value:.12g}"
