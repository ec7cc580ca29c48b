"""What the metadata (XMP) of a PDF say, whichever way they are written: who signs a file writes them anew."""

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XMP, MEDIA, PDF = (f"{{http://ns.adobe.com/{one}/}}" for one in ("xap/1.0", "xap/1.0/mm", "pdf/1.3"))
CHANGES = frozenset(  # what a tool that signs may write of itself
    {f"{XMP}ModifyDate", f"{XMP}MetadataDate", f"{PDF}Producer", f"{MEDIA}InstanceID", f"{MEDIA}History"}
)
FORM = ("{adobe:ns:meta/}", f"{RDF}about", f"{RDF}parseType", "{http://www.w3.org/XML/1998/namespace}lang")


def said_by(metadata: bytes) -> Counter[tuple[str, str]]:
    """Properties and their texts, but for those that a tool writes of itself. Raises ValueError for what is no XMP.

    >>> alike = b"<x xmlns:p='p'><p:Title>a</p:Title></x>", b"<x xmlns:q='p' q:Title='a'/>"
    >>> said_by(alike[0]) == said_by(alike[1])
    True
    """
    if b"<!" in metadata:  # a document type could define words that stand for a million others
        raise ValueError("metadata with a document type")
    try:
        root = ElementTree.fromstring(metadata)
    except ElementTree.ParseError:
        raise ValueError("metadata that are no XML") from None
    return Counter(_walked(root, ""))


def _walked(node: ElementTree.Element, name: str) -> Iterator[tuple[str, str]]:
    name = name if node.tag.startswith(RDF) else node.tag
    if name in CHANGES:
        return
    for key, value in node.attrib.items():
        if key == f"{RDF}resource":
            yield name, value
        elif key not in CHANGES and not key.startswith(FORM) and key != "xmptk":
            yield key, value
    if text := (node.text or "").strip():
        yield name, text
    for inner in node:
        yield from _walked(inner, name)
        if tail := (inner.tail or "").strip():
            yield name, tail
