"""Seals on the Evidence pages: a machine with a key seals what it exports, and Verify says whose a seal is."""

import pytest

from engine.access import LOCAL, acts
from engine.errors import PlumblineError, UnusableData
from engine.evidence.forms import render
from engine.evidence.sealing import signed
from engine.evidence.verify import verify_bytes
from engine.store import entries, records
from pages.shared.checking import manifest_of
from pages.shared.exported_before import in_words
from pages.shared.exporting import leave
from tests.evidence.sealers import sealer, signer
from tests.pages.conftest import words
from tests.pages.recorded import record, write_monitor

NOW = "2026-11-21T15:00:00+00:00"


@pytest.fixture
def built(monitors, two_files, store_url):
    """A store with four weeks on record, a snapshot of the last of them, and its PDF."""
    store = record(write_monitor(monitors, two_files()), store_url)
    made = acts.evidence_of(LOCAL, store, records(store)[-1].id, typed="Jo", generated_at=NOW)
    return store, made, render(made, "pdf")


@pytest.fixture
def house(monkeypatch, tmp_path):
    key, certificate = sealer(tmp_path, "House")
    monkeypatch.setenv("PLUMBLINE_SEAL_KEY", key)
    monkeypatch.setenv("PLUMBLINE_SEAL_CERT", certificate)


def test_what_is_exported_is_sealed_and_told(app, built, house):
    store, made, data = built
    whole = leave(LOCAL, store, made, data, "pdf")
    assert whole.startswith(data) and len(whole) > len(data)
    exported, sealed = entries(store)[-2:]
    assert (exported.kind, sealed.kind) == ("export", "seal") and in_words("seal", sealed.body) == "sealed by House"
    assert leave(LOCAL, store, made, b"{}", "json") == b"{}"
    at = app("Verify")
    at.file_uploader(key="evidence").set_value(("x.pdf", whole, "application/pdf")).run()
    said = words(at).replace("\\", "")
    assert "Is its seal whole, and whose is it?" in said and "put on by House" in said and "which is trusted" in said
    answer = verify_bytes(whole, "x", store=store)
    assert [one.state for one in answer.levels] == ["same", "same", "same", "same", "unknown", "unknown"]


def test_without_a_key_nothing_is_sealed(built):
    store, made, data = built
    assert leave(LOCAL, store, made, data, "pdf") == data


def test_a_key_that_cannot_seal_is_told_before_anything_is_recorded(built, house, monkeypatch):
    store, made, data = built
    monkeypatch.setenv("PLUMBLINE_SEAL_KEY", "nowhere.pem")
    before = len(entries(store))
    with pytest.raises(PlumblineError, match="cannot be read"):
        leave(LOCAL, store, made, data, "pdf")
    assert len(entries(store)) == before


def test_the_page_says_that_it_seals(app, built, house):
    assert "sealed with the key of this machine" in words(app("Snapshot", run=records(built[0])[-1].id))


NAMES = ("x.pdf.manifest.json", "x.pdf.manifest.json.sig")


def dropped(at, data, *beside):
    """What the page says of a file with others beside it."""
    at.file_uploader(key="beside").set_value([(name, one, "application/octet-stream") for name, one in beside]).run()
    at.file_uploader(key="evidence").set_value(("x.pdf", data, "application/pdf")).run()
    assert not at.exception
    return words(at).replace("\\", "")


def test_a_manifest_beside_the_file_is_checked(app, built, monkeypatch, tmp_path):
    store, made, data = built
    acts.keep(LOCAL, store, made, data, "pdf")
    key, public = signer(tmp_path, "key")
    manifest, signature, _ = signed(data, key, store=store, by="Jo", name="x.pdf")
    both = list(zip(NAMES, (manifest, signature), strict=True))
    said = dropped(app("Verify"), data, *both)
    assert "Is its manifest the one that was signed, and by whom?" in said and "PLUMBLINE_TRUST" in said
    assert "4 of 6 levels could be checked" in said
    monkeypatch.setenv("PLUMBLINE_TRUST", public)
    said = dropped(app("Verify"), data, *reversed(both))
    assert "by Jo, who says so; the file is the one it names" in said and "which is trusted" in said
    assert "5 of 6 levels could be checked" in said
    edited = manifest.replace(b'"by":"Jo"', b'"by":"Al"')
    assert edited != manifest
    said = dropped(app("Verify"), data, (NAMES[0], edited), both[1])
    assert "one of the two was changed" in said and "see level 7" in said
    said = dropped(app("Verify"), data, (NAMES[0], manifest))
    assert "The manifest cannot be checked" in said and "This is the evidence" not in said


def test_a_manifest_without_its_file_is_told(app, built, tmp_path):
    at = app("Verify")
    at.file_uploader(key="beside").set_value([(NAMES[0], b"{}", "application/json")]).run()
    assert "drop the file that it is about too" in words(at)
    found = verify_bytes(b'{"kind":"manifest"}', "x.json")
    assert "it is a manifest: give the file that it is about" in found.words


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (NAMES[:1], "signature is missing.*ends in .manifest.json.sig"),
        (NAMES[1:], "manifest is missing.*ends in .manifest.json"),
        ((*NAMES, "y.sig"), "2 files of a signature"),
        ((*NAMES, "y.json"), "2 files of a manifest"),
    ],
)
def test_half_a_manifest_is_told(names, said):
    with pytest.raises(UnusableData, match=f"(?s){said}"):
        manifest_of([(name, b"x") for name in names])
