"""Reading monitor files: YAML to Monitor, all problems at once, each with its line, field and nearest right name."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from engine.errors import InvalidMonitor, Problem, UnreadableSource, nearest, shown
from engine.monitor.environment import Variables, fill, hide
from engine.monitor.limits import limit_problems
from engine.monitor.model import Monitor

TYPES = re.compile(r"([a-z]+(-[a-z]+)*)?\[.*\]", re.DOTALL)  # list[str], function-after[…], [key]
VALUES = 20_000  # in a monitor file, aliases written out
LARGEST = 1 << 20  # bytes; a monitor is a page of text, and YAML of more can be made to explode


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
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _size(node, {})
        raw = yaml.load(text, Loader=_Strict)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InvalidMonitor(where, (Problem(mark.line + 1 if mark else None, "file", f"not YAML: {said}"),)) from None
    except RecursionError:
        raise InvalidMonitor(where, (Problem(None, "file", "its values are nested too deeply"),)) from None
    except ValueError as error:  # a date or number that looks like one and is none
        raise InvalidMonitor(where, (Problem(None, "file", f"not YAML: {error}"),)) from None
    if not isinstance(raw, dict):
        raise InvalidMonitor(where, (Problem(1, "file", "a monitor is a list of 'key: value' lines"),))
    filled, variables, missing = fill(raw)
    places = [(tuple(int(step) if step.isdecimal() else step for step in at), name) for at, name in missing]
    problems = [Problem(_line(node, at), _dotted(at), f"the environment has no variable {n}") for at, n in places]
    try:
        monitor = Monitor.model_validate(filled).with_variables(variables)
        wrong = [row for row in limit_problems(monitor) if row[3] == "error"]
        problems += [Problem(line_of(text, field), field, said, hint) for field, said, hint, _ in wrong]
        if not problems:
            return monitor
    except ValidationError as error:
        unset = {_dotted(at) for at, _ in places}  # what is wrong with a value that is not there is told once
        found = [_problem(dict(one), node) for one in error.errors(include_url=False)]
        problems += [_unfilled(one, variables) for one in found if one.field not in unset]
    raise InvalidMonitor(where, tuple(sorted(problems, key=lambda one: (one.line or 0, one.field))))


def _unfilled(problem: Problem, variables: Variables) -> Problem:
    """A problem that does not tell what came from the environment."""
    place = variables.places.get(tuple(problem.field.split(".")))
    if place is not None:
        return replace(problem, message=f"what {place} stands for is not allowed here", hint=None)
    hint = None if problem.hint is None else hide(problem.hint, variables)
    return replace(problem, message=hide(problem.message, variables), hint=hint)


def _size(node: Any, sizes: dict[int, int]) -> int:
    """How many values a document holds when every alias is written out; refused beyond VALUES or in a circle."""
    if id(node) not in sizes:
        sizes[id(node)] = VALUES  # until it is known: an alias to what holds it would never end
        inner: list[Any] = []
        if isinstance(node, yaml.MappingNode):
            inner = [one for pair in node.value for one in pair]
        elif isinstance(node, yaml.SequenceNode):
            inner = node.value
        sizes[id(node)] = 1 + sum(_size(one, sizes) for one in inner)
    if sizes[id(node)] >= VALUES:
        raise yaml.constructor.ConstructorError(None, None, f"more than {VALUES:,} values", node.start_mark)
    return sizes[id(node)]


class _Strict(yaml.SafeLoader):
    """YAML without a key that is given twice."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen = set()
    for key, _ in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        name = loader.construct_object(key, deep=True)
        if not isinstance(name, str | int | float | bool):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
        if name in seen:
            said = f"the key {shown(str(name))} is given twice"
            raise yaml.constructor.ConstructorError(None, None, said, key.start_mark)
        seen.add(name)
    loader.flatten_mapping(node)
    return {loader.construct_object(k, deep=True): loader.construct_object(v, deep=True) for k, v in node.value}


# YAML 1.1 reads the words on, off, yes and no as truth values; here, as in YAML 1.2, only true and false are.
_Strict.yaml_implicit_resolvers = {
    first: [(tag, words) for tag, words in rows if tag != "tag:yaml.org,2002:bool"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
TRUTH = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")
_Strict.add_implicit_resolver("tag:yaml.org,2002:bool", TRUTH, list("tTfF"))
_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _problem(error: dict[str, Any], node: Any) -> Problem:
    at = tuple(error["loc"])
    message, hint = str(error["msg"]).removeprefix("Value error, "), None
    if error["type"] == "extra_forbidden":
        message, hint = "unknown field.", nearest(str(at[-1]), _fields(at[:-1]))
    elif error["type"] == "missing":
        message = "is missing"
    elif "input" in error and isinstance(error["input"], str | int | float) and at[0] != "deliver":  # may be a secret
        message += f" (given: {shown(str(error['input']))})"
    return Problem(_line(node, at), _dotted(_named(at)), message, hint)


def _fields(at: tuple[Any, ...]) -> list[str]:
    """The fields that are allowed at a place in the file."""
    model: Any = Monitor
    for step in at:
        found = model.model_fields.get(step) if isinstance(model, type) and issubclass(model, BaseModel) else None
        if found is None:
            continue
        inner = [one for one in _types(found.annotation) if isinstance(one, type) and issubclass(one, BaseModel)]
        model = inner[0] if inner else None
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for one in getattr(annotation, "__args__", ()):
        yield from _types(one)


def _named(at: tuple[Any, ...]) -> tuple[Any, ...]:
    """The place without the names of types that pydantic adds for unions."""
    types = ("str", "float", "Top", "Labels")
    return tuple(step for step in at if not (isinstance(step, str) and (TYPES.fullmatch(step) or step in types)))


def _dotted(at: tuple[Any, ...]) -> str:
    return ".".join(str(step) for step in at) or "file"


def line_of(text: str, field: str) -> int | None:
    """The line on which a field, given as a dotted path, stands in a monitor file."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    head, dot, rest = field.partition(".")
    if head == "thresholds" and dot:  # its keys hold dots themselves
        keys = [key.value for key, _ in next((v.value for k, v in node.value if k.value == head), [])]
        known = next((key for key in sorted(keys, key=len, reverse=True) if rest.startswith(key)), rest)
        return _line(node, (head, known, rest[len(known) + 1 :]))
    return _line(node, tuple(int(step) if step.isdecimal() else step for step in field.split(".")))


def _line(node: Any, at: tuple[Any, ...]) -> int | None:
    """The line on which a place in the file stands, from 1: the nearest one that exists."""
    line = node.start_mark.line + 1 if node is not None else None
    for step in at:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:
                continue
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
