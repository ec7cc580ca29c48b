"""Evidence read back out of a file: the attached JSON of a PDF and what the PDF says of itself, or the JSON alone."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfReader

from engine.evidence.pdf import ATTACHED

LARGEST = 512 << 20  # bytes of a file that is read
TAIL = 1024  # bytes at the end in which a whole PDF says that it ends


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a file holds. form: pdf or json. data: the attached bytes, empty where there are none; says: the PDF's own
    key words, as evidence-sha256, renderer, run; snapshot: the data as JSON, None if they are none; trouble: why.
    """

    form: str
    data: bytes = b""
    says: Mapping[str, str] = field(default_factory=dict)
    snapshot: dict[str, Any] | None = None
    trouble: str = ""


def read_evidence(data: bytes) -> Evidence:
    """The evidence in the bytes of a file; what is wrong with it is told, never raised."""
    if not data.startswith(b"%PDF-"):
        return _of_json("json", data, {})
    cut = "" if b"%%EOF" in data[-TAIL:] else ": its end is missing, as when a download breaks off"
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            return Evidence("pdf", trouble="the PDF is encrypted, which evidence never is: somebody saved it anew")
        words = str(reader.metadata.get("/Keywords") or "") if reader.metadata else ""
        says = dict(part.strip().split(":", 1) for part in words.split(",") if ":" in part)
        found = [one for name, listed in reader.attachments.items() for one in listed if name == ATTACHED]
        names = sorted(reader.attachments)
    except Exception as error:  # pypdf raises whatever a damaged file makes it trip over
        return Evidence("pdf", trouble=f"the PDF cannot be read ({type(error).__name__}){cut}")
    if len(found) != 1 or names != [ATTACHED]:
        said = ", ".join(names) or "nothing"
        return Evidence("pdf", says=says, trouble=f"attached is {said}, not {ATTACHED} alone, once{cut}")
    return _of_json("pdf", found[0], says)


def without_data(found: Evidence) -> bool:
    """Whether a file is no PDF and holds no data, as evidence in HTML and CSV: what it is, others have to say."""
    return found.form != "pdf" and found.snapshot is None


def _of_json(form: str, data: bytes, says: Mapping[str, str]) -> Evidence:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        said = (
            "the attachment is no JSON" if form == "pdf" else "it is neither a PDF nor JSON" if data else "it is empty"
        )
        return Evidence(form, data, says, trouble=said)
    if isinstance(value, dict) and value.get("kind") == "manifest":
        said = "it is a manifest: give the file that it is about, and this beside it"
        return Evidence(form, data, says, trouble=said)
    if not isinstance(value, dict) or value.get("kind") != "snapshot":
        return Evidence(form, data, says, trouble="it is no snapshot")
    return Evidence(form, data, says, value)
