"""Limits that whoever runs Plumbline sets in the environment."""

import os

from engine.errors import PlumblineError, shown


def setting(name: str, default: float) -> float:
    """A number above zero that the environment gives, or the default. Raises PlumblineError for any other text.

    >>> setting("PLUMBLINE_NOBODY_SETS_THIS", 50.0)
    50.0
    """
    text = os.environ.get(name, "")
    try:
        found = float(text) if text.strip() else default
    except ValueError:
        found = -1.0
    if not 0 < found < float("inf"):
        raise PlumblineError(f"{shown(text)} is no number above zero.", where=name, hint=f"Write {default:g}.")
    return found
