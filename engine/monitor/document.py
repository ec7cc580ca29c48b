"""YAML that people write, read strictly: sizes bounded, keys once, problems of a model with line and nearest name."""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel

from engine.errors import Problem, nearest, shown

TYPES = re.compile(r"([a-z]+(-[a-z]+)*)?\[.*\]", re.DOTALL)  # list[str], function-after[…], [key]
HALF = re.compile("[\ud800-\udfff]")
VALUES = 20_000  # in a file, aliases written out
LARGEST = 1 << 20  # bytes; such a file is a page of text, and YAML of more can be made to explode


def load(text: str, what: str) -> tuple[dict[Any, Any], Any] | Problem:
    """The values of a YAML text and its nodes, which know their lines; or what is wrong with it. what: 'a monitor'."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _size(node, {})
        raw = yaml.load(text, Loader=_Strict)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        return Problem(mark.line + 1 if mark else None, "file", f"not YAML: {said}")
    except RecursionError:
        return Problem(None, "file", "its values are nested too deeply")
    except (AttributeError, KeyError, TypeError) as error:  # of a tag, as in !!timestamp x, that the value does not fit
        return Problem(None, "file", f"not YAML: a value does not fit its tag ({type(error).__name__})")
    except ValueError as error:  # a date or number that looks like one and is none
        return Problem(None, "file", f"not YAML: {error}")
    if not isinstance(raw, dict):
        return Problem(1, "file", f"{what} is a list of 'key: value' lines")
    return raw, node


def _size(node: Any, sizes: dict[int, int]) -> int:
    """How many values a document holds when every alias is written out; refused beyond VALUES or in a circle."""
    if id(node) not in sizes:
        if isinstance(node, yaml.ScalarNode) and HALF.search(node.value):
            said = "it holds half a character (\\ud800 to \\udfff), which no text has"
            raise yaml.constructor.ConstructorError(None, None, said, node.start_mark)
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


def problem_of(error: dict[str, Any], node: Any, model: type[BaseModel]) -> Problem:
    """What pydantic has against a value, with its line; values under deliver may be secrets and are not told."""
    at = tuple(error["loc"])
    message, hint = str(error["msg"]).removeprefix("Value error, "), None
    if error["type"] == "extra_forbidden":
        message, hint = "unknown field.", nearest(str(at[-1]), _fields(at[:-1], model))
    elif error["type"] == "missing":
        message = "is missing"
    elif "input" in error and isinstance(error["input"], str | int | float) and at[0] != "deliver":  # may be a secret
        message += f" (given: {shown(str(error['input']))})"
    return Problem(line_at(node, at), dotted(_named(at)), message, hint)


def _fields(at: tuple[Any, ...], top: type[BaseModel]) -> list[str]:
    """The fields that are allowed at a place in the file."""
    model: Any = top
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


def dotted(at: tuple[Any, ...]) -> str:
    """A place in a file as a dotted path."""
    return ".".join(str(step) for step in at) or "file"


def line_at(node: Any, at: tuple[Any, ...]) -> int | None:
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
