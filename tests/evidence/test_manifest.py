"""Manifests: what they say of a file, and what openssl and sha256sum find without this software."""

import json
import re
import shutil
import subprocess

import pytest

from engine.errors import PlumblineError, UnusableData
from engine.evidence.canonical import canonical, sha256
from engine.evidence.exported import keep
from engine.evidence.forms import render
from engine.evidence.keys import read_sealer, read_trust
from engine.evidence.pdf import render_pdf
from engine.evidence.seal import seal
from engine.evidence.sealing import signed
from engine.evidence.verify import verify, verify_bytes
from engine.monitor.read import parse_monitor
from engine.store import append, entries, open_store, save
from engine.store import verify as verify_ledger
from engine.store.revived import revived
from tests.evidence.conftest import ROOT
from tests.evidence.sealers import sealer, signer
from tests.evidence.steps import AT

TOOLS = ("openssl", "perl", "sha256sum")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {name: signer(folder, name) for name in ("house", "mallory")}


@pytest.fixture(scope="module")
def trust(keys):
    return read_trust([keys["house"][1]])


@pytest.fixture(scope="module")
def both(small_pdf, keys):
    """A manifest of the PDF and its signature."""
    return signed(small_pdf, keys["house"][0], store=None, by="Jo Doe", name="evidence.pdf", at=AT)[:2]


@pytest.fixture
def store(tmp_path, small, small_pdf):
    """A store that knows the export."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    keep(store, small, small_pdf, "pdf")
    return store


def level(data, both, **more):
    found = {one.number: one for one in verify_bytes(data, "x", manifest=both, **more).levels}
    return found.get(7)


def test_what_a_manifest_says(small, small_pdf, both):
    said = json.loads(both[0])
    assert canonical(said) == both[0] and len(both[1]) == 64
    assert said["file"] == {"name": "evidence.pdf", "bytes": len(small_pdf), "sha256": sha256(small_pdf)}
    assert said["evidence"] == {
        "run": small["run"]["id"], "run_sha256": small["run_sha256"], "sha256": sha256(canonical(small))
    }  # fmt: skip
    assert (said["kind"], said["at"], said["by"], said["ledger"]) == ("manifest", AT, "Jo Doe", None)


def test_the_same_file_and_key_give_the_same_bytes(small_pdf, keys, both):
    again = signed(small_pdf, keys["house"][0], store=None, by="Jo Doe", name="evidence.pdf", at=AT)
    assert again[:2] == both


def test_a_manifest_of_one_that_is_trusted(small_pdf, both, trust):
    answer = verify_bytes(small_pdf, "x", manifest=both, trust=trust)
    assert answer.levels[-1].number == 7 and answer.levels[-1].state == "same" and answer.code == 0
    assert "by Jo Doe, who says so" in answer.levels[-1].words and answer.levels[-1].words.endswith("which is trusted.")


def test_it_proves_a_file_that_cannot_be_drawn_here(small_pdf, both, trust, monkeypatch):
    monkeypatch.setattr("engine.evidence.verify.renderer", lambda: "0" * 16)
    assert verify_bytes(small_pdf, "x", manifest=both, trust=trust).code == 0
    assert verify_bytes(small_pdf, "x", manifest=both).code == 1, "a key of nobody's proves nothing"


def test_data_alone_have_manifests_too(small, keys, trust):
    data = canonical(small)
    made = signed(data, keys["house"][0], store=None, by="Jo", name="evidence.json")
    assert level(data, made[:2], trust=trust).state == "same"
    assert verify_bytes(data, "x", manifest=made[:2], trust=trust).code == 0


@pytest.mark.parametrize("form", ["html", "csv"])
def test_a_file_without_its_data_has_a_manifest_where_a_ledger_knows_it(store, run, small, keys, trust, form):
    save(
        store, revived(run, {"columns": {}}), parse_monitor("monitor: m\nreference: {path: a}\nproduction: {path: b}\n")
    )
    data = render(small, form)
    with pytest.raises(UnusableData, match="a ledger says whose evidence they are"):
        signed(data, keys["house"][0], store=store, by="Jo", name="x")
    keep(store, small, data, form)
    *made, entry = signed(data, keys["house"][0], store=store, by="Jo", name=f"x.{form}")
    said = json.loads(made[0])
    assert said["evidence"] == {"run": small["run"]["id"], "run_sha256": small["run_sha256"], "sha256": None}
    assert entry.body["of"] == said["file"]["sha256"] == sha256(data)
    answer = verify_bytes(data, "x", manifest=made, trust=trust)
    assert [one.state for one in answer.levels] == ["unknown", "unknown", "unknown", "unknown", "unknown", "same"]
    assert answer.code == 0 and "the manifest alone knows it" in answer.levels[0].words
    assert verify_bytes(data, "x", manifest=made, trust=trust, store=store).code == 0
    assert verify_bytes(data, "x", manifest=made).state == "unknown", "a key of nobody's proves nothing"
    for other in (data + b"\n", data.replace(b"column_1", b"column_2", 1), render(small, "json")):
        assert verify_bytes(other, "x", manifest=made, trust=trust).state == "different"


def test_a_text_is_known_as_a_whole_alone(store, small, keys):
    data = b"psi\n%%EOF\n"
    keep(store, small, data, "csv")
    for other in (data + b"0.1\n", data + b"%%EOF\n"):
        assert verify_bytes(other, "x", store=store).levels[3].state == "different"


def test_the_manifest_of_another_file(small, both, trust):
    found = level(render_pdf({**small, "requested_by": "Mallory"}), both, trust=trust)
    assert found.state == "different" and "of another file, evidence.pdf" in found.words


def test_a_file_that_was_changed(small_pdf, both, trust):
    data = bytearray(small_pdf)
    data[len(data) // 2] ^= 1
    assert level(bytes(data), both, trust=trust).state == "different"


def test_a_manifest_or_a_signature_that_was_changed(small_pdf, both, trust):
    said = json.loads(both[0])
    for text, signature in (
        (canonical({**said, "by": "Mallory"}), both[1]),
        (both[0], bytes([both[1][0] ^ 1]) + both[1][1:]),
        (both[0], b""),
    ):
        found = level(small_pdf, (text, signature), trust=trust)
        assert found.state == "different" and "one of the two was changed" in found.words


def test_a_manifest_that_another_key_signed(small_pdf, keys, trust):
    forged = signed(small_pdf, keys["mallory"][0], store=None, by="Jo Doe", name="evidence.pdf", at=AT)[:2]
    found = level(small_pdf, forged, trust=trust)
    assert found.state == "different" and "none of those that are trusted" in found.words
    assert level(small_pdf, forged).state == "unknown"
    assert level(small_pdf, forged, trust=read_trust([keys["house"][1]], asked=False)).state == "unknown"


def test_a_manifest_that_is_missing(small_pdf, trust):
    assert level(small_pdf, None) is None
    assert level(small_pdf, None, trust=trust).state == "different"


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[1]", b"[" * 99_999, b'{"kind":"manifest"}', b"\xff", b'{"public_key":"00"}']
)
def test_what_is_no_manifest_is_answered(small_pdf, text):
    assert level(small_pdf, (text, b"")).state == "different"


def test_a_manifest_in_another_form(small_pdf, both):
    found = level(small_pdf, (json.dumps(json.loads(both[0]), indent=1).encode(), both[1]))
    assert found.state == "different" and "another form" in found.words


def test_a_seal_after_the_manifest_changes_nothing(small_pdf, both, trust, tmp_path):
    found = level(seal(small_pdf, read_sealer(*sealer(tmp_path, "House"))), both, trust=trust)
    assert found.state == "same" and "as it was before more was appended" in found.words


def test_the_manifest_anchors_the_ledger(store, small_pdf, keys, trust):
    text, signature, entry = signed(small_pdf, keys["house"][0], store=store, by="Jo", name="evidence.pdf")
    last = json.loads(text)["ledger"]
    assert last == {"seq": 1, "hash": entries(store)[0].hash}
    assert (entry.kind, entry.body["form"], entry.body["sha256"]) == ("seal", "manifest", sha256(text))
    assert level(small_pdf, (text, signature), trust=trust, store=store).state == "same" and verify_ledger(store).ok


def test_a_ledger_that_was_rebuilt_is_found_out(store, small, small_pdf, keys, trust, tmp_path):
    made = signed(small_pdf, keys["house"][0], store=store, by="Jo", name="evidence.pdf")[:2]
    rebuilt = open_store(f"sqlite:///{tmp_path}/rebuilt.db")
    append(rebuilt, "export", {**entries(store)[0].body, "by": "Mallory"})
    assert verify_ledger(rebuilt).ok, "its chain is in order"
    found = level(small_pdf, made, trust=trust, store=rebuilt)
    assert found.state == "different" and "Entry 1 of the ledger is not what it was" in found.words


def test_a_key_that_signs_no_manifest_is_told(small_pdf, tmp_path):
    with pytest.raises(UnusableData, match="Ed25519"):
        signed(small_pdf, sealer(tmp_path, "x")[0], store=None, by="Jo", name="x")


def test_without_the_packages_how_to_get_them_is_told(monkeypatch, small_pdf, keys, both):
    monkeypatch.setattr("engine.evidence.sealing.find_spec", lambda name: None)
    with pytest.raises(PlumblineError, match=r"requirements-sign\.txt"):
        signed(small_pdf, keys["house"][0], store=None, by="Jo", name="x")
    found = level(small_pdf, both)
    assert found.state == "unknown" and "requirements-sign.txt" in found.words


def blocks():
    """The commands of the manual that an auditor runs, as one script."""
    manual = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    part = manual.partition("## Without this software")[2]
    return re.findall(r"```sh\n(.*?)```", part, re.DOTALL)


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"one of {', '.join(TOOLS)} is not installed")
def test_an_auditor_needs_openssl_alone(small_pdf, tmp_path):
    """The manual's own lines: keys are made, a file is sealed and signed, and all of it checked by others' tools."""
    keys, check = blocks()
    (tmp_path / "evidence.pdf").write_bytes(small_pdf)
    run(tmp_path, keys)
    data = seal(small_pdf, read_sealer(str(tmp_path / "seal.pem"), str(tmp_path / "seal-cert.pem")))
    (tmp_path / "evidence.pdf").write_bytes(data)
    made = signed(data, str(tmp_path / "key.pem"), store=None, by="Jo", name="evidence.pdf")
    (tmp_path / "evidence.pdf.manifest.json").write_bytes(made[0])
    (tmp_path / "evidence.pdf.manifest.json.sig").write_bytes(made[1])
    said = run(tmp_path, check)
    assert "Signature Verified Successfully" in said and sha256(data) in said
    trust = read_trust([str(tmp_path / "seal-cert.pem"), str(tmp_path / "key.pub.pem")])
    answer = verify(tmp_path / "evidence.pdf", trust=trust, manifest=tmp_path / "evidence.pdf.manifest.json")
    assert [one.state for one in answer.levels[-2:]] == ["same", "same"]
    assert "CMS Verification successful" in done_of(tmp_path, check).stderr
    data = data.replace(b"Sealed as exported", b"Sealed as expected")
    (tmp_path / "evidence.pdf").write_bytes(data)
    assert "CMS Verification failure" in done_of(tmp_path, check).stderr
    (tmp_path / "evidence.pdf.manifest.json").write_bytes(made[0].replace(b"Jo", b"Ed"))
    with pytest.raises(AssertionError, match="Verification Failure"):
        run(tmp_path, check)


def done_of(folder, script):
    return subprocess.run(["sh", "-ec", script], cwd=folder, capture_output=True, text=True, timeout=120)


def run(folder, script):
    done = done_of(folder, script)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
