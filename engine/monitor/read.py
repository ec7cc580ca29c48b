"""Reading monitor files: YAML to Monitor, all problems at once, each with its line, field and nearest right name."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from engine.errors import InvalidMonitor, Problem, UnreadableSource, shown
from engine.monitor.document import LARGEST, dotted, line_at, load, problem_of
from engine.monitor.environment import Variables, fill, hide
from engine.monitor.limits import limit_problems
from engine.monitor.model import Monitor


def read_monitor(path: str | Path) -> Monitor:
    """The monitor that a file describes. Raises InvalidMonitor with every problem, UnreadableSource for no file."""
    try:
        if Path(path).stat().st_size > LARGEST:
            raise UnreadableSource("A monitor file has at most 1 MB.", where=str(path))
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UnreadableSource(f"The monitor cannot be read: {error.strerror}.", where=shown(str(path))) from None
    except UnicodeDecodeError:
        raise UnreadableSource("The monitor is not UTF-8 text.", where=str(path)) from None
    except ValueError:
        raise UnreadableSource("A path cannot hold a NUL character.", where=shown(str(path))) from None
    return parse_monitor(text, str(path))


def read_monitors(folder: str | Path) -> tuple[dict[str, Monitor], dict[str, InvalidMonitor | UnreadableSource]]:
    """All monitors of a folder by file name, and what is wrong with the files that are none.

    In order of their names without what follows the last dot: m.yaml comes before m-2.yaml.
    """
    monitors: dict[str, Monitor] = {}
    broken: dict[str, InvalidMonitor | UnreadableSource] = {}
    files = [*Path(folder).glob("*.yaml"), *Path(folder).glob("*.yml")]
    for path in sorted(files, key=lambda one: (one.stem, one.name)):
        try:
            monitors[path.name] = read_monitor(path)
        except (InvalidMonitor, UnreadableSource) as error:
            broken[path.name] = error
    return monitors, broken


def parse_monitor(text: str, where: str = "monitor") -> Monitor:
    """The monitor that a YAML text describes.

    >>> parse_monitor("monitor: m\\nreference: {path: a}\\nproduction: {path: b}\\ncolums: {}")
    Traceback (most recent call last):
        ...
    engine.errors.InvalidMonitor: monitor: 1 problem
      line 4, colums: unknown field. Did you mean 'columns'?
    """
    found = load(text, "a monitor")
    if isinstance(found, Problem):
        raise InvalidMonitor(where, (found,))
    raw, node = found
    filled, variables, missing = fill(raw)
    places = [(tuple(int(step) if step.isdecimal() else step for step in at), name) for at, name in missing]
    problems = [Problem(line_at(node, at), dotted(at), f"the environment has no variable {n}") for at, n in places]
    try:
        monitor = Monitor.model_validate(filled).with_variables(variables)
        wrong = [row for row in limit_problems(monitor) if row[3] == "error"]
        problems += [Problem(line_of(text, field), field, said, hint) for field, said, hint, _ in wrong]
        if not problems:
            return monitor
    except ValidationError as error:
        unset = {dotted(at) for at, _ in places}  # what is wrong with a value that is not there is told once
        wrong_values = [problem_of(dict(one), node, Monitor) for one in error.errors(include_url=False)]
        problems += [_unfilled(one, variables) for one in wrong_values if one.field not in unset]
    raise InvalidMonitor(where, tuple(sorted(problems, key=lambda one: (one.line or 0, one.field))))


def _unfilled(problem: Problem, variables: Variables) -> Problem:
    """A problem that does not tell what came from the environment."""
    place = variables.places.get(tuple(problem.field.split(".")))
    if place is not None:
        return replace(problem, message=f"what {place} stands for is not allowed here", hint=None)
    hint = None if problem.hint is None else hide(problem.hint, variables)
    return replace(problem, message=hide(problem.message, variables), hint=hint)


def line_of(text: str, field: str) -> int | None:
    """The line on which a field, given as a dotted path, stands in a monitor file."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    head, dot, rest = field.partition(".")
    if head == "thresholds" and dot:  # its keys hold dots themselves
        keys = [key.value for key, _ in next((v.value for k, v in node.value if k.value == head), [])]
        known = next((key for key in sorted(keys, key=len, reverse=True) if rest.startswith(key)), rest)
        return line_at(node, (head, known, rest[len(known) + 1 :]))
    return line_at(node, tuple(int(step) if step.isdecimal() else step for step in field.split(".")))
