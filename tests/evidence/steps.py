"""What the tests of evidence share: hostile names, runs made fast, and text read back out of a PDF."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pypdf import PdfReader

from engine import compare
from engine.evidence.canonical import canonical
from engine.evidence.pdf import render_pdf
from engine.evidence.snapshot import snapshot

AT = "2026-11-21T15:00:00+00:00"
NEVER = '#read("/etc/hostname")'

# Names that a template, a page, a shell, a spreadsheet or a font could trip over; all but the last can be a column.
HOSTILE = (
    NEVER, "#eval(\"1+1\")", "*bold* _emph_", "= Heading", "$x^2$", "`raw`", "<label>", "@reference", "\\u{41}",
    "// no", "/* no */", "#{ panic() }", "#import \"@preview/cetz:0.1\"", "]#pagebreak()[", "\"quoted\"",
    "'; DROP TABLE runs;--",
    "<script>alert(1)</script>", "&lt;b&gt;", "=cmd|'/c calc'!A1", "../../etc/passwd", "%s%n%d", "{0.__class__}",
    "a\u202egnp.exe", "zero\u200bwidth", "tab\tand\nline", "nul\u0001one", "größe_Ærø", "температура", "θερμοκρασία",
    "درجة الحرارة", "तापमान", "模型温度", "emoji 😀", "e\u0301 combining", "\u0301alone", "ﬁ ligature",
    "x" * 300, "long_" * 60, "A" * 10_000, "half \ud800 pair",
)  # fmt: skip
assert len(HOSTILE) == 40


def bare(text: str) -> str:
    """A text without white space: where a line breaks is no difference."""
    return "".join(text.split())


def text_of(pdf: bytes) -> str:
    """All text of a PDF as a reader copies it, without white space."""
    return bare("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def tables(columns: int, rows: int = 400, shift: float = 0.0, seed: int = 0) -> pa.Table:
    """Numbers and categories, every third column of the latter."""
    random = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for i in range(columns):
        if i % 3:
            found[f"column_{i}"] = random.normal(shift, 1, rows)
        else:
            found[f"column_{i}"] = random.choice(
                ["a", "b", "c", "d"], rows, p=[0.4, 0.3 - shift / 20, 0.2, 0.1 + shift / 20]
            )
    return pa.table(found)


def run_of(columns: int = 6, shift: float = 1.0) -> dict[str, Any]:
    """The document of a run over made-up tables."""
    return json.loads(compare(tables(columns), tables(columns, shift=shift, seed=1)).to_json())


def renamed(document: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A document whose columns are called otherwise, in sentences too."""
    said = json.loads(json.dumps(document))
    for old, new in names.items():
        for one in (*said["findings"], *said["not_computed"], *said["quality"], *said["reasons"]):
            if one["column"] == old:
                one["column"] = new
        for one in said["asked"]["columns"]:
            one["name"] = new if one["name"] == old else one["name"]
    return said


def many(document: dict[str, Any], columns: int) -> dict[str, Any]:
    """A document with the columns of one over and over, under other names."""
    said = json.loads(json.dumps(document))
    for part in ("findings", "quality", "reasons"):
        rows = list(said[part])
        known = sorted({one["column"] for one in document["quality"]})
        said[part] = [
            {**one, "column": f"{one['column']}_{k}"}
            for k in range(-(-columns // len(known)))
            for one in rows
            if one["column"] is not None and k * len(known) + known.index(one["column"]) < columns
        ]
    return said


def evidence(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Its snapshot, asked for by Jo Doe on a certain day."""
    return snapshot(document, **{"generated_at": AT, "requested_by": "Jo Doe", **more})


@contextmanager
def drawing_once() -> Iterator[None]:
    """While it lasts verify draws the same data once, not for every file that holds them: it is most of what a check
    takes. That they are drawn alike each time, in other processes too, test_pdf and test_same_bytes ask.
    """
    known: dict[bytes, bytes] = {}

    def drawn(snapshot: dict[str, Any]) -> bytes:
        key = canonical(snapshot)
        if key not in known:
            known[key] = render_pdf(snapshot)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.evidence.verify.render_pdf", drawn)
        yield
