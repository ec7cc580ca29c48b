"""What was written behind a PDF since it was made: a signature that shows nothing, or a change of what is seen.

A PDF can be changed by adding to it: later objects stand for earlier ones of the same number. So every object of the
original must still be what it was, but for the lists that a signature needs.
"""

import hashlib
import io
from typing import Any

from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject, NameObject, NumberObject, PdfObject, StreamObject

from engine.evidence.properties import said_by

SIGNING = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Perms"})  # of the catalog
MEANT = frozenset({"/Annots"})  # of a page
WRITTEN = frozenset({"/ModDate", "/Producer"})  # of the properties: when it was written last, and with what
END = b"%%EOF\n"


def revisions(whole: bytes) -> dict[str, int]:
    """SHA-256 of a file, and of what a PDF was before anything was appended, each with its length; the whole last.

    >>> list(revisions(b"%PDF-a%%EOF\\nb%%EOF\\n").values())
    [12, 19]
    """
    digest, done, found = hashlib.sha256(), 0, {}
    at = whole.find(END) if whole.startswith(b"%PDF-") else -1
    while at >= 0:
        digest.update(memoryview(whole)[done : at + len(END)])
        done = at + len(END)
        found[digest.copy().hexdigest()] = done
        at = whole.find(END, done)
    digest.update(memoryview(whole)[done:])
    return found | {digest.hexdigest(): len(whole)}


def changed_since(original: bytes, whole: bytes) -> list[str]:
    """What is another in the whole file than in the original that it begins with; empty for a signature unseen.

    Raises pypdf's errors, and others, for what cannot be read as a PDF.
    """
    old, new = PdfReader(io.BytesIO(original)), PdfReader(io.BytesIO(whole))
    said = []
    if len(old.pages) != len(new.pages):
        said.append(f"it has {len(new.pages)} pages, {len(old.pages)} were made")
    catalog = _number(old.trailer.raw_get("/Root"))
    if _number(new.trailer.raw_get("/Root")) != catalog:
        said.append("it has another catalog")
    info, metadata = _named(old.trailer, "/Info"), _named(old.trailer["/Root"], "/Metadata")
    if _named(new.trailer, "/Info") != info:
        said.append("it has other properties")
    pages = {_number(page.indirect_reference): i for i, page in enumerate(old.pages, start=1)}
    free_of = {catalog: SIGNING, info: WRITTEN}
    for number in range(1, int(str(old.trailer["/Size"]))):
        free = free_of.get(number, MEANT if number in pages else frozenset())
        if _written(old, number, free) != _written(new, number, free):
            if number == metadata and _metadata(old, number) == _metadata(new, number):
                continue
            said.append(f"page {pages[number]} was changed" if number in pages else f"object {number} was changed")
    for i, page in enumerate(new.pages, start=1):
        known = {_number(one) for one in _annots(old.pages[i - 1])} if i <= len(old.pages) else set()
        for one in _annots(page):
            if _number(one) not in known and not _unseen(one.get_object()):
                said.append(f"something that was not there lies over page {i}")
    return said


def _named(dictionary: Any, key: str) -> int:
    """The number of an object that a dictionary refers to; 0 where it refers to none."""
    return _number(dictionary.raw_get(key)) if key in dictionary else 0


def _metadata(reader: PdfReader, number: int) -> Any:
    """What the metadata say; the object itself where they are none."""
    found = reader.get_object(IndirectObject(number, 0, reader))
    return said_by(found.get_data()) if isinstance(found, StreamObject) else found


def _number(reference: Any) -> int:
    return int(reference.idnum) if isinstance(reference, IndirectObject) else 0


def _annots(page: Any) -> list[Any]:
    found = page.get("/Annots")
    return list(found.get_object()) if found is not None else []


def _unseen(annotation: Any) -> bool:
    """Whether an annotation is a field for a signature that takes no room on the page."""
    if annotation.get("/Subtype") != "/Widget" or annotation.get("/FT") != "/Sig":
        return False
    left, bottom, right, top = (float(one) for one in annotation.get("/Rect", (0, 0, 1, 1)))
    return left == right or bottom == top


def _written(reader: PdfReader, number: int, free: frozenset[str]) -> bytes:
    """An object as it is written, without keys that may change; nothing for a number that is not in use."""
    found: PdfObject | None = reader.get_object(IndirectObject(number, 0, reader))
    if found is None:
        return b""
    stream = found._data if isinstance(found, StreamObject) else b""
    out = io.BytesIO()
    if isinstance(found, DictionaryObject):
        kept = DictionaryObject()
        for key in sorted(found.keys()):
            if key not in free:
                kept[key] = found.raw_get(key)
        if isinstance(found, StreamObject):
            kept[NameObject("/Length")] = NumberObject(len(stream))
        kept.write_to_stream(out)
    else:
        found.write_to_stream(out)
    return out.getvalue() + stream
