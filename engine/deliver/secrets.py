"""Secrets: ${NAME} in a target is filled in at the moment of sending, and what was filled in is never told."""

import os
import re
from collections.abc import Iterable

from engine.errors import PlumblineError

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
HIDDEN = "‹secret›"


def filled(text: str, where: str) -> str:
    """The text with the environment's values. Raises PlumblineError that names the variable, never its value.

    >>> filled("https://example.com", "webhook")
    'https://example.com'
    """
    for name in VARIABLE.findall(text):
        if not os.environ.get(name):
            raise PlumblineError(f"The environment has no variable {name}.", where=where)
    found = VARIABLE.sub(lambda one: os.environ[one[1]].strip(), text)
    if any(not one.isprintable() for one in found):
        raise PlumblineError("What the environment holds has signs that cannot be seen.", where=where)
    return found


def hide(text: str, secrets: Iterable[str]) -> str:
    """A text in which nothing of the secrets is left.

    >>> hide("no answer from hooks.example.com/T1/B2", ["https://hooks.example.com/T1/B2"])
    'no answer from ‹secret›'
    """
    parts = {piece for one in secrets for piece in (one, one.partition("://")[2], *one.split("/")) if len(piece) > 7}
    for piece in sorted(parts - {"http:", "https:", "smtp:", "smtps:"}, key=len, reverse=True):
        text = text.replace(piece, HIDDEN)
    return text
