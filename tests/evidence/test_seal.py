"""Seals: put on behind the exported bytes, known again, and every way of tampering with one found out."""

import io
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject, TextStringObject

from engine.errors import PlumblineError, UnreadableSource, UnusableData
from engine.evidence import vouched
from engine.evidence.canonical import canonical, sha256
from engine.evidence.exported import keep
from engine.evidence.keys import read_sealer, read_trust
from engine.evidence.pdf import render_pdf
from engine.evidence.seal import _signer, seal
from engine.evidence.sealing import sealed, sealed_here, trust_in
from engine.evidence.verify import verify_bytes
from engine.store import entries, open_store, verify
from tests.evidence.sealers import DAY, certificate, packed, pem, sealer, signer, write
from tests.evidence.tampering import painted


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The house's key and certificate, and those of somebody else, as files."""
    folder = tmp_path_factory.mktemp("keys")
    return {name: sealer(folder, name) for name in ("House", "Mallory")}


@pytest.fixture(scope="module")
def house(keys):
    return read_trust([keys["House"][1]])


@pytest.fixture(scope="module")
def whole(small_pdf, keys):
    """A PDF with the house's seal."""
    return seal(small_pdf, read_sealer(*keys["House"]))


def level(data, number=6, **more):
    found = {one.number: one for one in verify_bytes(data, "x", **more).levels}
    return found.get(number)


def states(data, **more):
    return [one.state for one in verify_bytes(data, "x", **more).levels]


def later(data, change):
    """The file with a revision behind it that another tool wrote."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_what_was_exported_is_the_beginning_of_what_is_sealed(small_pdf, whole):
    assert whole.startswith(small_pdf) and len(whole) - len(small_pdf) < 20_000
    reader = PdfReader(io.BytesIO(whole))
    (field,) = reader.get_fields().values()
    assert field["/FT"] == "/Sig" and field["/V"]["/SubFilter"] == "/ETSI.CAdES.detached", "PAdES, and no empty field"
    assert reader.metadata == PdfReader(io.BytesIO(small_pdf)).metadata, "not even the date of change"


def test_a_whole_seal_of_one_that_is_trusted(whole, house):
    answer = verify_bytes(whole, "x", trust=house)
    assert [one.state for one in answer.levels] == ["same", "unknown", "same", "unknown", "unknown", "same"]
    assert (answer.state, answer.code) == ("same", 0)
    assert answer.levels[5].words.startswith("The seal is whole: put on by House on ")
    assert "which is trusted" in answer.levels[5].words


def test_a_seal_proves_a_file_that_cannot_be_drawn_here(whole, house, monkeypatch):
    monkeypatch.setattr("engine.evidence.verify.renderer", lambda: "0" * 16)
    assert verify_bytes(whole, "x").code == 1 and verify_bytes(whole, "x", trust=house).code == 0


def test_nobody_said_whom_to_trust(whole):
    found = level(whole)
    assert found.state == "unknown" and "nobody said whether it is trusted" in found.words
    assert verify_bytes(whole, "x").code == 0, "the pages are drawn again"


def test_the_seal_of_another_key(small_pdf, keys, house):
    forged = seal(small_pdf, read_sealer(*keys["Mallory"]))
    found = level(forged, trust=house)
    assert found.state == "different" and "put on by Mallory" in found.words and "unknown signer" in found.words
    only_known = read_trust([keys["House"][1]], asked=False)
    assert level(forged, trust=only_known).state == "unknown", "nobody asked for the house's seal"


def test_a_forgery_that_takes_the_name_of_the_house(small_pdf, tmp_path, house):
    found = level(seal(small_pdf, read_sealer(*sealer(tmp_path, "House"))), trust=house)
    assert found.state == "different" and "unknown signer" in found.words


def test_a_seal_that_was_taken_off(small_pdf, whole, house):
    assert level(small_pdf) is None
    found = level(small_pdf, trust=house)
    assert found.state == "different" and found.words.startswith("The file has no seal")
    assert verify_bytes(small_pdf, "x", trust=house).code == 1


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9, 0.985, 1.0])
def test_one_bit_that_was_flipped_after_the_seal(whole, house, place):
    data = bytearray(whole)
    data[min(int(len(data) * place), len(data) - 2)] ^= 1
    answer = verify_bytes(bytes(data), "x", trust=house)
    assert answer.code == 1 and answer.levels[5].state == "different", answer.words


def test_a_bit_of_the_signature_itself(whole, house):
    held = re.search(rb"/Contents <([0-9a-fA-F]+)>", whole)
    at = held.start(1) + len(held.group(1).rstrip(b"0")) - 20
    data = bytearray(whole)
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    assert level(bytes(data), trust=house).state == "different"


def test_what_is_written_into_the_room_behind_the_signature(whole, house):
    held = re.search(rb"/Contents <([0-9a-fA-F]+)>", whole)
    data = bytearray(whole)
    data[held.end(1) - 8 : held.end(1)] = b"deadbeef"
    found = level(bytes(data), trust=house)
    assert found.state == "different" and "the room that is left behind it" in found.words


@pytest.mark.parametrize("more", [b"% a remark\n", b"\0"])
def test_bytes_behind_the_seal_that_no_seal_covers(whole, house, more):
    found = level(whole + more, trust=house)
    assert found.state == "different" and "stand behind the last one" in found.words


@pytest.mark.parametrize("change", [painted, lambda writer: writer.remove_page(1)])
def test_a_page_that_was_changed_by_appending(whole, house, change):
    data = later(whole, change)
    assert data.startswith(whole)
    found = verify_bytes(data, "x", trust=house)
    assert found.levels[2].state == "different" and found.levels[5].state == "different"


def test_a_seal_that_is_cut_short(whole, house):
    for n in (10, 500, 3_000):
        assert verify_bytes(whole[:-n], "x", trust=house).code == 1


def test_the_seal_of_another_file(small, small_pdf, whole, house):
    other = render_pdf({**small, "requested_by": "Mallory"})
    grafted = other + whole[len(small_pdf) :]
    answer = verify_bytes(grafted, "x", trust=house)
    assert answer.code == 1 and level(grafted, trust=house).state == "different"


def test_a_second_seal_leaves_the_first(small_pdf, whole, keys, house):
    both = seal(whole, read_sealer(*keys["Mallory"]))
    assert both.startswith(whole) and sorted(PdfReader(io.BytesIO(both)).get_fields()) == ["Seal", "Seal 2"]
    answer = verify_bytes(both, "x", trust=house)
    assert answer.code == 0 and "put on by House" in answer.levels[5].words
    assert "put on by Mallory" in answer.levels[5].differing[0]
    assert verify_bytes(both, "x").code == verify_bytes(whole, "x").code == 0, "the pages prove it, one seal or two"


def test_whoever_is_vouched_for_is_trusted(small_pdf, tmp_path):
    root, own = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    authority = certificate(root, "Authority", authority=True)
    files = write(tmp_path, "Team", own, certificate(own, "Team", (root, authority)), authority)
    write(tmp_path, "Authority", root, authority)
    trust = read_trust([str(tmp_path / "Authority-cert.pem")])
    found = level(seal(small_pdf, read_sealer(*files)), trust=trust)
    assert found.state == "same" and "put on by Team" in found.words


def expired(monkeypatch, days):
    """Some days later: the clock of who checks, not of who sealed."""

    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + timedelta(days=days)

    monkeypatch.setattr(vouched, "datetime", Later)


@pytest.fixture
def known(tmp_path, small, small_pdf, keys):
    """A store that knows the export and its seal, and the sealed file."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    keep(store, small, small_pdf, "pdf")
    data, entry = sealed(small_pdf, *keys["House"], store=store, by="Jo Doe")
    return store, data, entry


def test_a_certificate_that_expired_since(monkeypatch, whole, house, known):
    assert level(whole, trust=house).state == "same"
    expired(monkeypatch, 60)
    found = level(whole, trust=house)
    assert found.state == "unknown" and "expired on" in found.words and "only its own clock says" in found.words
    store, data, entry = known
    found = level(data, trust=house, store=store)
    assert found.state == "same" and f"the ledger knew the seal before (entry {entry.seq})" in found.words


def test_the_ledger_records_the_seal_and_misses_it(small_pdf, known, house):
    store, data, entry = known
    assert entry.body["of"] == sha256(small_pdf) and entry.body["sha256"] == sha256(data)
    assert (entry.kind, entry.body["by"], entry.body["signer"]) == ("seal", "Jo Doe", "House")
    assert [one.kind for one in entries(store)] == ["export", "seal"] and verify(store).ok
    assert states(data, store=store, trust=house)[2:] == ["same", "same", "unknown", "same"]
    found = level(small_pdf, store=store)
    assert found.state == "unknown" and f"entry {entry.seq}" in found.words and sha256(data) in found.words


def test_a_file_that_the_ledger_does_not_know_gets_no_entry(known, small, keys):
    other = render_pdf({**small, "requested_by": "Ann"})
    assert sealed(other, *keys["House"], store=known[0], by="Ann")[1] is None and len(entries(known[0])) == 2


def test_this_machine_seals_what_it_exports(monkeypatch, known, small_pdf, keys):
    monkeypatch.delenv("PLUMBLINE_SEAL_KEY", raising=False)
    assert sealed_here(small_pdf, "pdf", store=known[0], by="Jo") == small_pdf
    monkeypatch.setenv("PLUMBLINE_SEAL_KEY", keys["House"][0])
    monkeypatch.setenv("PLUMBLINE_SEAL_CERT", keys["House"][1])
    data = sealed_here(small_pdf, "pdf", store=known[0], by="Jo")
    assert level(data, trust=trust_in()).state == "same", "the machine knows its own certificate"
    assert level(small_pdf, trust=trust_in()) is None, "and asks nobody for its seal"
    assert sealed_here(b"{}", "json", store=known[0], by="Jo") == b"{}"


def test_pkcs_12_and_passwords(tmp_path, small_pdf, monkeypatch):
    key = ec.generate_private_key(ec.SECP384R1())
    own = certificate(key, "Packed")
    (tmp_path / "p.p12").write_bytes(packed(key, own, b"hush"))
    (tmp_path / "p.pem").write_bytes(pem(key, b"hush"))
    _, file = write(tmp_path, "plain", key, own)
    for name, more in (("p.p12", None), ("p.pem", file)):
        with pytest.raises(UnreadableSource, match="PLUMBLINE_SEAL_PASSWORD says the password"):
            sealed(small_pdf, str(tmp_path / name), more, store=None, by="Jo")
        monkeypatch.setenv("PLUMBLINE_SEAL_PASSWORD", "hush")
        data, _ = sealed(small_pdf, str(tmp_path / name), more, store=None, by="Jo")
        assert "put on by Packed" in level(data).words
        monkeypatch.setenv("PLUMBLINE_SEAL_PASSWORD", "wrong")
        with pytest.raises(UnreadableSource) as caught:
            sealed(small_pdf, str(tmp_path / name), more, store=None, by="Jo")
        assert "wrong" not in str(caught.value)
        monkeypatch.delenv("PLUMBLINE_SEAL_PASSWORD")


def test_what_cannot_seal_is_told(tmp_path, keys, small_pdf):
    small_rsa = rsa.generate_private_key(65537, 1024)
    tiny = write(tmp_path, "tiny", small_rsa, certificate(ec.generate_private_key(ec.SECP256R1()), "x"))
    old = sealer(tmp_path, "old", start=-DAY * 9, end=-DAY)
    agrees = sealer(tmp_path, "agrees", signs=False)
    edwards, _ = signer(tmp_path, "edwards")
    mine, others = keys["House"][0], keys["Mallory"][1]
    for files, said in (
        ((mine, others), "of another key"),
        ((mine, None), "without a certificate"),
        (tiny, "1024 bits"),
        (old, "not today"),
        (agrees, "not made for signing"),
        ((edwards, keys["House"][1]), "signs manifests"),
        ((keys["House"][1], None), "cannot be opened"),
        ((mine, mine), "holds no certificate"),
        (("nowhere.pem", None), "cannot be read"),
    ):
        with pytest.raises(PlumblineError, match=said):
            sealed(small_pdf, *files, store=None, by="Jo")


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n%%EOF\n", b"{}"])
def test_what_is_no_evidence_gets_no_seal(keys, data):
    with pytest.raises(UnusableData, match="no evidence"):
        sealed(data, *keys["House"], store=None, by="Jo")


def test_only_a_pdf_gets_a_seal(keys, small):
    with pytest.raises(UnusableData, match="Only a PDF"):
        sealed(canonical(small), *keys["House"], store=None, by="Jo")


def test_certificates_are_trusted_in_either_form(tmp_path, keys, whole, monkeypatch):
    own = x509.load_pem_x509_certificate(Path(keys["House"][1]).read_bytes())
    (tmp_path / "House.cer").write_bytes(own.public_bytes(Encoding.DER))
    assert level(whole, trust=read_trust([str(tmp_path / "House.cer")])).state == "same"
    monkeypatch.setenv("PLUMBLINE_SEAL_CERT", str(tmp_path / "House.cer"))
    assert level(whole, trust=trust_in()).state == "same", "what seals is known again, however it was written"


@pytest.mark.parametrize("held", [None, b"no certificate"])
def test_a_certificate_of_this_machine_that_cannot_be_read_breaks_no_answer(tmp_path, keys, whole, monkeypatch, held):
    file = tmp_path / "gone.pem"
    if held:
        file.write_bytes(held)
    monkeypatch.setenv("PLUMBLINE_SEAL_CERT", str(file))
    for known in ("", keys["Mallory"][1]):
        monkeypatch.setenv("PLUMBLINE_TRUST", known)
        found = level(whole, trust=trust_in())
        assert found.state == "unknown" and "PLUMBLINE_SEAL_CERT" in found.words and "gone.pem" in found.words
        assert verify_bytes(whole, "x", trust=trust_in()).code == 0, "the pages are drawn again"
    monkeypatch.setenv("PLUMBLINE_TRUST", str(file))
    with pytest.raises(PlumblineError, match=r"gone\.pem"):
        trust_in()
    assert level(whole, trust=trust_in([keys["House"][1]])).state == "same", "who names a file asks nobody else's"


def test_a_seal_that_would_be_broken_is_not_put_on(small_pdf, keys, known, monkeypatch):
    def harmed(data, by):
        made = bytearray(seal(data, by))
        made[len(data) // 2] ^= 1
        return bytes(made)

    monkeypatch.setattr("engine.evidence.seal.seal", harmed)
    with pytest.raises(UnusableData, match="The seal would be broken: what it was put on was changed"):
        sealed(small_pdf, *keys["House"], store=known[0], by="Jo")
    assert [one.kind for one in entries(known[0])] == ["export", "seal"], "the ledger tells of the first alone"


def test_whom_to_trust_is_read_or_refused(tmp_path, keys):
    (tmp_path / "text.pem").write_text("nothing")
    for file, said in ((keys["House"][0], "no certificate and no Ed25519"), (str(tmp_path / "text.pem"), "PEM form")):
        with pytest.raises(UnusableData, match=said):
            read_trust([file])


def test_without_the_packages_how_to_get_them_is_told(monkeypatch, small_pdf, whole, keys):
    monkeypatch.setattr("engine.evidence.sealing.find_spec", lambda name: None)
    with pytest.raises(PlumblineError, match=r"requirements-sign\.txt"):
        sealed(small_pdf, *keys["House"], store=None, by="Jo")
    with pytest.raises(PlumblineError, match=r"requirements-sign\.txt"):
        trust_in([keys["House"][1]])
    found = level(whole)
    assert found.state == "unknown" and "requirements-sign.txt" in found.words
    assert verify_bytes(whole, "x").code == 0 and trust_in() is None


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="pdfsig, of poppler-utils, is not installed")
def test_a_reader_of_pdf_finds_the_seal_valid(tmp_path, whole):
    (tmp_path / "sealed.pdf").write_bytes(whole)
    done = subprocess.run(["pdfsig", str(tmp_path / "sealed.pdf")], capture_output=True, text=True, timeout=60)
    for said in ("Common Name: House", "Total document signed", "Signature is Valid", "ETSI.CAdES.detached"):
        assert said in done.stdout, done.stdout + done.stderr


def test_names_of_signers_are_text(small_pdf, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    files = write(tmp_path, "evil", key, certificate(key, "\x1b[2Jevil\n*bold*"))
    found = level(seal(small_pdf, read_sealer(*files)))
    assert "\x1b" not in found.words and "\n" not in found.words and "evil" in found.words


def test_a_seal_within_data_alone_is_no_seal(small):
    assert level(canonical({**small, "requested_by": "/ByteRange"})) is None


def test_the_clock_of_who_seals_is_told(whole):
    said = re.search(r"on (\d{4}-\d\d-\d\d \d\d:\d\d) UTC, by its own clock", level(whole).words).group(1)
    assert abs(datetime.fromisoformat(said + "+00:00") - datetime.now(UTC)) < timedelta(minutes=30)


@pytest.fixture(scope="module")
def elsewhere(small_pdf, tmp_path_factory):
    """The file as another tool signs it, which writes date, producer and metadata anew; and whom to trust."""
    out, key = io.BytesIO(), rsa.generate_private_key(65537, 2048)
    files = write(tmp_path_factory.mktemp("tool"), "Tool", key, certificate(key, "Tool"))
    by = _signer(read_sealer(*files))
    meta = signers.PdfSignatureMetadata(field_name="Approval", subfilter=fields.SigSeedSubFilter.PADES)
    signers.PdfSigner(meta, by).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(small_pdf)), output=out)
    return out.getvalue(), read_trust([files[1]])


def test_the_signature_of_another_tool_is_no_change(elsewhere, small_pdf):
    data, trust = elsewhere
    old, new = (PdfReader(io.BytesIO(one)).metadata for one in (small_pdf, data))
    assert "pyHanko" in new["/Producer"] and new["/ModDate"] != old["/ModDate"]
    answer = verify_bytes(data, "x", trust=trust)
    assert answer.levels[2].state == answer.levels[5].state == "same" and answer.code == 0, answer.levels


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"production against reference", b"production besides reference"), (b"<pdfaid:part>3<", b"<pdfaid:part>2<"),
     (b"<dc:format>", b"<dc:rights>mine</dc:rights><dc:format>"), (b"<x:xmpmeta", b"<!DOCTYPE x><x:xmpmeta")],
)  # fmt: skip
def test_metadata_that_say_something_else_are_a_change(small_pdf, old, new):
    def change(writer):
        stream = DecodedStreamObject()
        held = writer._root_object["/Metadata"].get_object()
        assert old in held.get_data()
        stream.set_data(held.get_data().replace(old, new))
        stream.update({NameObject(key): held[key] for key in ("/Type", "/Subtype")})
        writer._replace_object(writer._root_object.raw_get("/Metadata"), stream)

    assert level(later(small_pdf, change), 3).state == "different"


def test_properties_that_say_something_else_are_a_change(small_pdf):
    title = {NameObject("/Title"): TextStringObject("other")}
    assert level(later(small_pdf, lambda writer: writer._info.update(title)), 3).state == "different"
