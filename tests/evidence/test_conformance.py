"""Whether the files are what they say: veraPDF on PDF/A-3a and PDF/UA-1, qpdf on the file's structure.

python -m tests.getting gets both; one Java checks all files.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from engine.evidence.canonical import canonical, sha256
from engine.evidence.keys import read_sealer
from engine.evidence.pdf import render_pdf
from engine.evidence.seal import seal
from engine.evidence.snapshot import Options, SignOff
from engine.explore.look import look
from engine.explore.opened import open_monitor
from engine.monitor import read_monitor
from engine.slices import Slice, parse_window
from tests.evidence.conftest import ROOT
from tests.evidence.sealers import certificate, sealer, write
from tests.evidence.steps import AT, HOSTILE, evidence, renamed, run_of
from tests.getting.verapdf import find, java, missing

SOURCE = Path(__file__).with_name("Conformance.java")
WEEK = "2013-04-22..2013-04-29"
FORMS = "week regression classes brief hostile nothing signed sealed twice".split()
STANDARDS = ("PDFA-3A", "PDFUA-1")


def of_demo(name):
    """The document of the demo's week under another of its monitors."""
    path = ROOT / "data" / "monitors" / f"{name}.yaml"
    return json.loads(look(open_monitor(read_monitor(path), path.parent), Slice((), parse_window(WEEK))).to_json())


@pytest.fixture(scope="module")
def made(tmp_path_factory, demo, week, pdf, run, small_pdf):
    """Every kind of evidence by name: the demo's three models, a brief, forty hostile names, nothing at all, a revision
    that was signed off, and files with a seal and with two.
    """
    folder = tmp_path_factory.mktemp("keys")
    document = run_of(40)
    names = sorted(one["column"] for one in document["quality"])
    empty = {name: [] for name in ("findings", "quality", "not_computed", "reasons", "notes")}
    own = rsa.generate_private_key(65537, 2048)
    one, other = (
        read_sealer(*files)
        for files in (sealer(folder, "Curve"), write(folder, "RSA", own, certificate(own, "RSA")))
    )
    sign_off = SignOff("compliance officer", "Ann Lee", "approval", "accept", AT)
    return {
        "week": pdf,
        "regression": render_pdf(evidence(of_demo("flights-delay"))),
        "classes": render_pdf(evidence(of_demo("flights-class"))),
        "brief": render_pdf(evidence(demo[0], previous=demo[1], options=Options(brief=True))),
        "hostile": render_pdf(evidence(renamed(document, dict(zip(names, HOSTILE, strict=True))))),
        "nothing": render_pdf(evidence({**json.loads(json.dumps(run)), **empty})),
        "signed": render_pdf(evidence(run, sign_offs=[sign_off], revises=sha256(small_pdf))),
        "sealed": seal(small_pdf, one),
        "twice": seal(seal(small_pdf, other), one),
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory, made):
    folder = tmp_path_factory.mktemp("conformance")
    for name, data in made.items():
        (folder / f"{name}.pdf").write_bytes(data)
    return [folder / f"{name}.pdf" for name in FORMS]


@pytest.fixture(scope="module")
def told(files, tmp_path_factory):
    """What veraPDF says of each file and standard: whether it conforms, how much it looked at, and what it misses."""
    path = find()
    if not path:
        pytest.skip(missing())
    broken = tmp_path_factory.mktemp("broken") / "broken.pdf"
    broken.write_bytes(files[0].read_bytes().replace(b"/MarkInfo", b"/MarkImfo").replace(b"/Lang", b"/Lamg"))
    command = [java(), "-XX:+UseSerialGC", "-cp", path, str(SOURCE), *map(str, files), str(broken)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    found, key = {}, None
    for line in done.stdout.splitlines():
        if line.startswith(" "):
            found[key][2].append(line.strip())
        else:
            name, standard, state, looked = line.split()
            key = (name.removesuffix(".pdf"), standard)
            found[key] = (state == "true", int(looked), [])
    return found


@pytest.mark.verapdf
@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("name", FORMS)
def test_verapdf_finds_nothing(told, name, standard):
    fine, looked, wrong = told[name, standard]
    assert fine and not wrong and looked > 5_000, wrong


@pytest.mark.verapdf
@pytest.mark.parametrize("standard", STANDARDS)
def test_verapdf_would_find_something(told, standard):
    fine, _, wrong = told["broken", standard]
    assert not fine and wrong, "a file that is not marked as tagged and names no language"


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed")
def test_qpdf_finds_nothing_and_the_attachment(files, made, week):
    for file in files:
        done = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "No syntax" in done.stdout, done.stdout + done.stderr
    attached = subprocess.run(
        ["qpdf", "--show-attachment=snapshot.json", str(files[0])], capture_output=True, timeout=60, check=True
    )
    assert attached.stdout == canonical(week)
