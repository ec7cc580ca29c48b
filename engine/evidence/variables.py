"""Paths of a run that came from the environment, filled in again where its numbers are computed again."""

import os
import re
from collections.abc import Mapping

from engine.errors import PlumblineError, UnreadableSource, shown
from engine.monitor.environment import VARIABLE

WHOLE = re.compile(rf"{VARIABLE.pattern}(/[^$]*)?")  # a variable, and at most a path below it


def filled_path(text: str) -> str:
    """A path with ${NAME} replaced.

    Evidence may come from anybody: where a path names a host itself, nothing of the environment is put into it; a
    variable may hold the whole address. Raises UnreadableSource for that, and for a variable that is not set.
    """
    names = [found[1] for found in VARIABLE.finditer(text)]
    missing = next((name for name in names if name not in os.environ), None)
    if missing is not None:
        raise UnreadableSource(
            f"The variable {missing} is not set.", where=shown(text), hint=f"Set {missing}, or say where the data lie."
        )
    found = VARIABLE.sub(lambda one: os.environ[one[1]], text)
    if names and "://" in found and not WHOLE.fullmatch(text):
        said = "A value of the environment is not sent to an address that evidence names."
        raise UnreadableSource(said, where=shown(text), hint="Say where the data lie.")
    return found


def variables_in(text: str) -> dict[str, str]:
    """The variables that a path names, and what they hold; one that is not set is left out."""
    return {name: os.environ[name] for name in VARIABLE.findall(text) if name in os.environ}


def without_values(error: PlumblineError, known: Mapping[str, str]) -> str:
    """An error in words; where paths were filled in, it names them as the run does.

    known: path as the run has it -> as it was filled in. A message may hold part of a path, so it is not searched for
    values: where one was filled in, what the error says of places is left out.
    """
    filled = [text for text, found in known.items() if text != found]
    return f"{error.message} ({', '.join(map(shown, filled))})" if filled else str(error)
