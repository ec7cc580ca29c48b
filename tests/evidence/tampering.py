"""Every way of changing a file of evidence that we could think of, as a table: what is done, and which levels see it.

A tampering takes the file, the snapshot in it, and the store whose ledger knows it; it gives the file handed on.
"""

import io
import json
import re
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from engine.evidence.canonical import canonical, sha256
from engine.evidence.pdf import render_pdf
from engine.store.ledger import NOTHING, digest_of


def written(data, change, **how):
    """The file with a change, written by another tool: whole, or behind what is there (incremental)."""
    writer = PdfWriter(io.BytesIO(data), **how) if how else PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def painted(writer):
    """A red box over the verdict."""
    page = writer.pages[0]
    stream = DecodedStreamObject()
    stream.set_data(page["/Contents"].get_object().get_data() + b"\n1 0 0 rg 50 600 300 100 re f")
    page[NameObject("/Contents")] = writer._add_object(stream)


def other_text(writer):
    """The text of a page written otherwise: its glyphs are shown in another order."""
    page = writer.pages[0]
    stream = DecodedStreamObject()
    old = page["/Contents"].get_object().get_data()
    first = old.index(b"<", old.index(b"TJ") - 400) + 1
    stream.set_data(old[:first] + old[first + 4 : first + 8] + old[first : first + 4] + old[first + 8 :])
    page[NameObject("/Contents")] = writer._add_object(stream)


def disowned(writer):
    """A page painted over, and what the file says of who drew it made to be somebody else: nobody draws that again."""
    painted(writer)
    said = writer.metadata["/Keywords"]
    writer.add_metadata({"/Keywords": re.sub(r"renderer:\w+", "renderer:" + "0" * 16, said)})


def attached(snapshot):
    """Other data in the place of snapshot.json."""

    def change(writer):
        names = writer._root_object["/Names"]["/EmbeddedFiles"].get_object()["/Names"]
        names[1].get_object()["/EF"]["/F"].get_object().set_data(canonical(snapshot))

    return change


def field(writer, rect):
    """A field for a signature, as other tools add it."""
    one = writer._add_object(DictionaryObject({
        NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Widget"),
        NameObject("/FT"): NameObject("/Sig"), NameObject("/T"): TextStringObject("Signature1"),
        NameObject("/F"): NumberObject(132), NameObject("/Rect"): ArrayObject([FloatObject(one) for one in rect]),
    }))  # fmt: skip
    writer.pages[0][NameObject("/Annots")] = ArrayObject([one])
    form = DictionaryObject({NameObject("/Fields"): ArrayObject([one]), NameObject("/SigFlags"): NumberObject(3)})
    writer._root_object[NameObject("/AcroForm")] = writer._add_object(form)


def calm(snapshot):
    """The snapshot with its worst finding made harmless, counts and verdict with it."""
    said = json.loads(canonical(snapshot))
    worst = next(one for one in said["run"]["findings"] if one["severity"] == "critical")
    worst.update(value=0.001, severity="ok", sentence="All is well.")
    said["run"]["counts"]["critical"] -= 1
    said["run"]["counts"]["ok"] += 1
    return said


def flipped(data):
    changed = bytearray(data)
    changed[data.find(b"stream\n", len(data) // 2) + 40] ^= 1
    return bytes(changed)


def saved_by_qpdf(data):
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder) / "a.pdf", Path(folder) / "b.pdf"
        old.write_bytes(data)
        subprocess.run(["qpdf", "--object-streams=disable", old, new], check=True)
        return new.read_bytes()


def entry_edited(snapshot):
    said = json.loads(canonical(snapshot))
    said["ledger"][-1]["body"]["by"] = "Mallory"
    return said


def chain_rebuilt(snapshot):
    """An entry edited, and its hash and those of all that follow made to fit."""
    said, before = entry_edited(snapshot), None
    for one in said["ledger"]:
        one["previous"] = one["previous"] if before is None else before
        one["hash"] = before = digest_of(one["seq"], one["at"], one["kind"], one["body"], one["previous"])
    return said


def ledger_rebuilt(store, change):
    """Somebody who can write to the store's file: bodies changed, every hash made to fit."""
    place = store.place.removeprefix("sqlite:///")
    base = sqlite3.connect(place)
    for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    before = NOTHING
    rows = base.execute("SELECT seq, at, kind, body FROM plumbline_ledger ORDER BY seq").fetchall()
    for seq, at, kind, text in rows:
        body = json.loads(text)
        change(kind, body)
        before, previous = digest_of(seq, at, kind, body, before), before
        base.execute(
            "UPDATE plumbline_ledger SET body = ?, previous = ?, hash = ? WHERE seq = ?",
            (canonical(body).decode(), previous, before, seq),
        )
    base.commit()
    base.close()


def everything(data, snapshot, store):
    """The evidence and the ledger, both made to fit each other: what a chain on one's own disk cannot prove."""
    said = calm(snapshot)
    said["ledger"] = []
    forged = render_pdf(said)
    wrong = sha256(data)

    def change(kind, body):
        if kind == "export" and body.get("sha256") == wrong:
            body.update(sha256=sha256(forged), bytes=len(forged))

    ledger_rebuilt(store, change)
    return forged


# What is done, and the levels on which it must be found without the data; of the last one, with the data.
TAMPERED = {
    "a page is painted over": (lambda data, *_: written(data, painted), {3, 4}),
    "the text of a page is edited": (lambda data, *_: written(data, other_text), {3, 4}),
    "the attached data are edited": (lambda data, made, _: written(data, attached(calm(made))), {1, 3, 4}),
    "a bit is flipped": (lambda data, *_: flipped(data), {3, 4}),
    "pypdf saves it again": (lambda data, *_: written(data, lambda writer: None), {3, 4}),
    "qpdf saves it again": (lambda data, *_: saved_by_qpdf(data), {3, 4}),
    "an entry of the ledger is edited": (lambda data, made, _: render_pdf(entry_edited(made)), {2, 4}),
    "an entry is edited and the chain rebuilt": (lambda data, made, _: render_pdf(chain_rebuilt(made)), {4}),
    "everything is edited and drawn anew": (lambda data, made, _: render_pdf(calm(made)), {4}),
    "something seen is appended": (lambda data, *_: written(data, painted, incremental=True), {3}),
    "something seen is appended, and that another engine drew it": (
        lambda data, *_: written(data, disowned, incremental=True), {3},
    ),
    "a field over the page is appended": (
        lambda data, *_: written(data, lambda writer: field(writer, (50, 600, 350, 700)), incremental=True), {3},
    ),
    "a signature unseen is appended": (
        lambda data, *_: written(data, lambda writer: field(writer, (0, 0, 0, 0)), incremental=True), set(),
    ),
    "the evidence and the ledger are both rebuilt": (everything, set()),
}  # fmt: skip
NEEDS = SimpleNamespace(qpdf=shutil.which("qpdf") is not None)
