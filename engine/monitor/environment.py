"""Values of a monitor file that come from the environment: filled in to be used, written back to be shown or kept."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
LATER = ("deliver",)  # parts whose variables are filled in when something is sent: who only looks need not have them
SHORTEST = 4  # characters of a value that is hidden in texts: shorter ones stand in every second sentence

Path = tuple[str, ...]


@dataclass(frozen=True)
class Variables:
    """places: path of a value -> its text with ${NAME}, as the file has it. values: name -> what it stood for."""

    places: dict[Path, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict, repr=False)


def fill(raw: Any) -> tuple[Any, Variables, tuple[tuple[Path, str], ...]]:
    """A document with ${NAME} replaced; where that was; and each (path, name) of a variable that is not set.

    Only values are filled, keys are not. What is not set is left as it is written, and so is all that LATER names.
    """
    known, missing = Variables(), []

    def filled(value: Any, at: Path) -> Any:
        if at and at[0] in LATER:
            return _texts(value)
        if isinstance(value, dict):
            return {str(key): filled(one, (*at, str(key))) for key, one in value.items()}
        if isinstance(value, list):
            return [filled(one, (*at, str(i))) for i, one in enumerate(value)]
        if not isinstance(value, str) or not VARIABLE.search(value):
            return value
        known.places[at] = value
        for name in VARIABLE.findall(value):
            if name in os.environ:
                known.values[name] = os.environ[name]
            else:
                missing.append((at, name))
        return VARIABLE.sub(lambda found: os.environ.get(found[1], found[0]), value)

    return filled(raw, ()), known, tuple(missing)


def _texts(value: Any) -> Any:
    """A value as it is, its keys as texts."""
    if isinstance(value, dict):
        return {str(key): _texts(one) for key, one in value.items()}
    return [_texts(one) for one in value] if isinstance(value, list) else value


def written(fields: Any, variables: Variables) -> Any:
    """A document of plain values with ${NAME} put back where the file has it; places that are gone are left out.

    >>> written({"owner": "me", "deliver": [{"url": "https://x"}]}, Variables({("deliver", "0", "url"): "${HOOK}"}))
    {'owner': 'me', 'deliver': [{'url': '${HOOK}'}]}
    """
    for place, text in variables.places.items():
        holder = fields
        for step in place[:-1]:
            holder = dict(_pairs(holder)).get(step)
        last = place[-1]
        if isinstance(holder, dict) and last in holder:
            holder[last] = text
        elif isinstance(holder, list) and last in dict(_pairs(holder)):
            holder[int(last)] = text
    return fields


def _pairs(holder: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(holder, dict):
        yield from ((str(key), value) for key, value in holder.items())
    elif isinstance(holder, list):
        yield from ((str(i), value) for i, value in enumerate(holder))


def hide(text: str, variables: Variables) -> str:
    """A text with ${NAME} in place of every value that came from the environment, the longest first.

    >>> hide("no answer from https://key@host", Variables(values={"HOST": "host", "HOOK": "https://key@host"}))
    'no answer from ${HOOK}'
    """
    for name, value in sorted(variables.values.items(), key=lambda pair: -len(pair[1])):
        if len(value) >= SHORTEST:
            text = text.replace(value, f"${{{name}}}")
    return text
