"""Whether a JSON file is the document of a run: held against the schema that is promised, before it is used.

What a later version adds is left alone, as the schema's readers are told to.
"""

import re
from collections.abc import Mapping
from math import inf
from typing import Any

from engine.asked import columns_of, plan_of
from engine.errors import shown
from engine.evidence.schema import Schema, run_schema

TYPES: Mapping[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
    "number": int | float,
}  # fmt: skip
LATE = ("name", "id", "column")  # that say where labels lie


def flaw_of(document: Any) -> str:
    """What keeps a JSON value from being the document of a run, in a sentence with its place; empty for a whole one.

    >>> flaw_of({"kind": "run"})
    'against is missing.'
    """
    flaw = _flaw(document, run_schema(), "")
    if flaw or document["asked"] is None:
        return flaw
    asked = document["asked"]
    try:
        plan_of(asked), columns_of(asked)
        late = [asked["labels"][name] for name in LATE] if asked["labels"] is not None else []
        texts = all(isinstance(one, str) for one in (asked["against"], asked["tier"], *late))
        if texts and 0 <= asked["least"] <= 1:
            return ""
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        pass
    return "asked is not as a run writes it."


def _flaw(value: Any, schema: Schema, place: str) -> str:
    """What of a value is not as a schema says; empty where nothing is. place: of the value, dotted."""
    if "anyOf" in schema:  # of two, the second of which is null
        return "" if value is None else _flaw(value, schema["anyOf"][0], place)
    if "const" in schema or "enum" in schema:
        known = schema["enum"] if "enum" in schema else [schema["const"]]
        return "" if value in known else f"{place} is {shown(str(value))}."
    kind = schema.get("type")
    if kind is not None and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return f"{place or 'The document'} is no {kind}."
    if kind == "string":
        return "" if "pattern" not in schema or re.search(schema["pattern"], value) else f"{place} is {shown(value)}."
    if kind in ("integer", "number"):
        return "" if schema.get("minimum", -inf) <= value <= schema.get("maximum", inf) else f"{place} is {value}."
    if kind == "array":
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return f"{place} has {len(value)} parts."
        of = schema.get("items")
        flaws = (_flaw(one, of, f"{place}.{i}") for i, one in enumerate(value)) if of else iter(())
        return next(filter(None, flaws), "")
    within = f"{place}." if place else ""
    for needed in schema.get("required", ()):
        if needed not in value:
            return f"{within}{needed} is missing."
    fields = schema.get("properties", {}).items()
    return next(filter(None, (_flaw(value[key], of, within + key) for key, of in fields if key in value)), "")
