"""How documents lie in the store: canonical JSON, deflated; its SHA-256 is that of the text, however packed."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

from engine.errors import UnusableStore

LARGEST = 1 << 30  # bytes that a document may unpack to: what is damaged cannot fill the memory


def packed(text: str) -> bytes:
    """A text, deflated."""
    return zlib.compress(text.encode("utf-8", "backslashreplace"), 6)


def unpacked(data: bytes, where: str) -> str:
    """The text again. Raises UnusableStore for bytes that are none of ours."""
    try:
        opener = zlib.decompressobj()
        text = opener.decompress(data, LARGEST)
        if not opener.eof:
            raise UnusableStore("A recorded document is damaged.", where=where)
        return text.decode()
    except (zlib.error, UnicodeDecodeError):
        raise UnusableStore("A recorded document is damaged.", where=where) from None


def sha256_of(text: str) -> str:
    """SHA-256 of a text as UTF-8, 64 hexadecimal digits.

    >>> sha256_of("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def canonical(document: Mapping[str, Any] | list[Any]) -> str:
    """Canonical JSON: sorted keys, no not-a-number, no blanks; half characters, which no UTF-8 holds, as escapes."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, default=str, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").decode()


def storable(text: str) -> str:
    """A text as a column of either database takes it: no NUL, no half characters.

    >>> storable("a\\0b")
    'a␀b'
    """
    return text.replace("\0", "␀").encode("utf-8", "backslashreplace").decode()
