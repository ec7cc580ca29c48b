"""Canonical JSON: one value has one text, so a digest of the text is a digest of the value."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical(value: Any) -> bytes:
    """UTF-8 with sorted keys and no spaces; half a surrogate pair stays an escape. Raises ValueError for not-a-number.

    >>> canonical({"b": 1, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def sha256(data: bytes) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def plain_json(value: Any) -> Any:
    """A value as JSON holds it: tuples become lists, dates and the like their text.

    >>> from datetime import date
    >>> plain_json({"until": date(2026, 1, 31), "of": (1, 2)})
    {'until': '2026-01-31', 'of': [1, 2]}
    """
    return json.loads(json.dumps(value, default=str, allow_nan=False))


def told(mapping: Mapping[str, Any], *path: str, otherwise: str = "") -> str:
    """The text at a path of keys, or another text where a key is missing or holds nothing.

    >>> told({"model": {"name": "m"}}, "model", "name"), told({"model": None}, "model", "name", otherwise="none")
    ('m', 'none')
    """
    value: Any = mapping
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return otherwise if value is None or value == "" else str(value)
