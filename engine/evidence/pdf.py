"""The snapshot as a PDF that is archived (PDF/A-3a), read aloud (PDF/UA-1) and drawn again byte by byte."""

import hashlib
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typst
from pypdf import PdfReader

from engine.errors import PlumblineError, UnusableData
from engine.evidence.canonical import canonical, sha256
from engine.evidence.glyphs import drawable, font_files, font_folders
from engine.evidence.report import ROOMS, WORST, Room, report, too_long
from engine.run import VERSION

HERE = Path(__file__).parent
DRAWS = (  # what the pages depend on
    "blocks.py canonical.py cards.py cover.py findings_of.py glyphs.py pdf.py readings.py report.py sections.py "
    "trail.py marks.typ report.typ"
).split()
TEMPLATES = ("report.typ", "marks.typ")
ATTACHED = "snapshot.json"
BRIEF = 2  # pages of a brief
MANY = 200  # columns beyond which a process of its own draws, so that the memory is given back


def render_pdf(snapshot: Mapping[str, Any]) -> bytes:
    """The PDF of a snapshot, with snapshot.json attached; the same bytes for the same snapshot, engine and fonts.

    Raises UnusableData for what is no snapshot.
    """
    if snapshot.get("kind") == "snapshot" and len(snapshot["run"]["quality"]) > MANY:
        return _elsewhere(canonical(snapshot))
    made = _fitting(snapshot, "pdf")
    return made[0] + b"\n"  # the file ends in a line, so that a signature that is appended keeps PDF/A


def pages_of(snapshot: Mapping[str, Any], ppi: float = 110.0) -> list[bytes]:
    """The pages as PNG, for a preview. ppi: pixels per inch, 30 to 300."""
    return _fitting(snapshot, "png", min(max(ppi, 30.0), 300.0))


def view(snapshot: Mapping[str, Any], room: Room | None = None) -> dict[str, Any]:
    """What the template reads: the report, drawable, and what stands in the file's properties."""
    at = datetime.fromisoformat(snapshot["generated_at"])
    said = drawable(report(snapshot, renderer(), room))
    keywords = ["model monitoring", "evidence", f"run:{snapshot['run']['id']}", f"evidence-sha256:{said['digest']}"]
    return {
        **said,
        "author": f"Plumbline {VERSION}",
        "keywords": [*keywords, f"renderer:{renderer()}"],
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "more_fonts": list(_families()),
    }


def _fitting(snapshot: Mapping[str, Any], form: str, ppi: float | None = None) -> list[bytes]:
    """The document; a brief with as much as two pages hold, and where nothing fits, with why it is longer."""
    if snapshot.get("kind") != "snapshot":
        raise UnusableData("This is no snapshot.", hint="Make one of a run with export.")
    if not snapshot["options"]["brief"]:
        return _compiled(snapshot, form, ppi)
    for room in ROOMS:
        made = _compiled(snapshot, form, ppi, room)
        if (len(PdfReader(io.BytesIO(made[0])).pages) if form == "pdf" else len(made)) <= BRIEF:
            return made
    return _compiled(snapshot, form, ppi, replace(ROOMS[-1], longer=_why_longer(snapshot)))


def _why_longer(snapshot: Mapping[str, Any]) -> str:
    """Why a brief that was cut down to the last of the rooms still takes more than two pages."""
    reader = PdfReader(io.BytesIO(_compiled(snapshot, "pdf", room=ROOMS[-1])[0]))
    worst = next(one for one in reader.outline if not isinstance(one, list) and one.title == WORST)
    before = reader.get_destination_page_number(worst)
    return too_long(len(reader.pages), before or 0)


def _compiled(
    snapshot: Mapping[str, Any], form: str, ppi: float | None = None, room: Room | None = None
) -> list[bytes]:
    files = dict(_templates())
    files["main.typ"] = files.pop("report.typ")
    files["view.json"] = json.dumps(view(snapshot, room), sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
    files[ATTACHED] = canonical(snapshot)
    more: dict[str, Any] = {"pdf_standards": ["a-3a", "ua-1"]} if form == "pdf" else {"ppi": ppi}
    draw: Any = typst.compile_with_warnings
    with tempfile.TemporaryDirectory() as empty:  # nothing but what is given here can be read
        made, warnings = draw(
            files,
            format=form,
            root=empty,
            package_path=empty,
            package_cache_path=empty,
            font_paths=[str(path) for path in font_folders()],
            ignore_system_fonts=True,
            timestamp=datetime.fromisoformat(snapshot["generated_at"]),
            **more,
        )
    if warnings:
        raise AssertionError(f"the template warns: {[one.message for one in warnings]}")
    return made if isinstance(made, list) else [made]


def _elsewhere(data: bytes) -> bytes:
    """Drawn in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "engine.evidence.pdf"], input=data, capture_output=True, cwd=HERE.parents[1], check=False
    )
    if done.returncode:
        raise PlumblineError("The document could not be drawn.", hint="Show fewer columns, or export JSON or CSV.")
    return done.stdout


@cache
def _templates() -> dict[str, bytes]:
    """Read once, as renderer is: a server that runs while its files are replaced draws as it said it would."""
    return {name: (HERE / name).read_bytes() for name in TEMPLATES}


@cache
def renderer() -> str:
    """Sixteen hexadecimal digits over all that the bytes depend on: templates, fonts, this engine, Typst's version."""
    digest = hashlib.sha256()
    sources = [*(HERE / name for name in DRAWS), *sorted((HERE.parent / "metrics").glob("*.py"))]
    sources += [HERE.parent / "findings.py", HERE.parent / "charts" / "distribution.py"]
    for path in (*sources, *font_files()):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    digest.update(f"typst {version('typst')} plumbline {VERSION}".encode())
    return digest.hexdigest()[:16]


@cache
def _families() -> tuple[str, ...]:
    """Families of fonts beyond the shipped ones."""
    folders = font_folders()[1:]
    if not folders:
        return ()
    folder = [str(one) for one in folders]
    return tuple(typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folder).families())


if __name__ == "__main__":
    given = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(_fitting(given, "pdf")[0] + b"\n")


__all__ = ["ATTACHED", "pages_of", "render_pdf", "renderer", "sha256", "view"]
