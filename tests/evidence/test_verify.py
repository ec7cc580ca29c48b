"""Verify: what was made is known again; every way of changing it is found out, on the level that can see it."""

import io
import json
from dataclasses import asdict

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from engine.errors import UnreadableSource
from engine.evidence import pdf as drawing
from engine.evidence.canonical import canonical
from engine.evidence.pdf import render_pdf
from engine.evidence.verify import verify, verify_bytes
from engine.store.ledger import NOTHING, Entry, digest_of
from tests.evidence.steps import evidence
from tests.evidence.tampering import painted


def chained(*bodies):
    found, previous = [], NOTHING
    for i, body in enumerate(bodies, start=1):
        at = f"2026-11-21T15:00:0{i}+00:00"
        found.append(Entry(i, at, "run", body, previous, digest_of(i, at, "run", body, previous)))
        previous = found[-1].hash
    return found


@pytest.fixture(scope="module")
def made(run):
    """A snapshot that shows three entries of a ledger, and its PDF."""
    snapshot = evidence(run, ledger=chained({"id": "a"}, {"id": "b"}, {"id": run["id"], "by": "Jo Doe"}))
    return snapshot, render_pdf(snapshot)


def states(data, **more):
    return {one.number: one.state for one in verify_bytes(data, "evidence.pdf", **more).levels}


def resaved(data, change=lambda writer: None):
    writer = PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def appended(data, change):
    """The file with a later revision behind it, its own bytes untouched."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(data) and len(out.getvalue()) > len(data)
    return out.getvalue()


def widget(rect):
    return DictionaryObject({
        NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Widget"),
        NameObject("/FT"): NameObject("/Sig"), NameObject("/T"): TextStringObject("Signature1"),
        NameObject("/F"): NumberObject(132), NameObject("/Rect"): ArrayObject([FloatObject(one) for one in rect]),
    })  # fmt: skip


def signed(rect):
    def change(writer):
        field = writer._add_object(widget(rect))
        writer.pages[0][NameObject("/Annots")] = ArrayObject([field])
        form = DictionaryObject({NameObject("/Fields"): ArrayObject([field]), NameObject("/SigFlags"): NumberObject(3)})
        writer._root_object[NameObject("/AcroForm")] = writer._add_object(form)

    return change


def other_data(change):
    def edit(writer):
        snapshot = json.loads(PdfReader(writer._reader_source).attachments["snapshot.json"][0])
        change(snapshot)
        names = writer._root_object["/Names"]["/EmbeddedFiles"].get_object()["/Names"]
        file = names[1].get_object()["/EF"]["/F"].get_object()
        file.set_data(canonical(snapshot))

    return edit


def with_other_data(data, change):
    writer = PdfWriter(clone_from=io.BytesIO(data))
    writer._reader_source = io.BytesIO(data)
    other_data(change)(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_what_was_made_is_known_again(made, tmp_path):
    _, data = made
    path = tmp_path / "evidence.pdf"
    path.write_bytes(data)
    answer = verify(path)
    assert [one.state for one in answer.levels] == ["same", "same", "same", "unknown", "unknown"]
    assert (answer.state, answer.code) == ("same", 0)
    assert answer.words == "This is the evidence that was made: 3 of 5 levels could be checked."
    assert answer.document()["levels"][2]["words"].endswith("the same to the last byte.")


def test_a_page_that_was_edited(made):
    found = verify_bytes(resaved(made[1], painted), "x")
    assert found.levels[2].state == "different" and found.code == 1


def test_a_file_that_another_tool_saved_again(made):
    assert states(resaved(made[1]))[3] == "different"


def test_attached_data_that_were_edited(made):
    data = with_other_data(made[1], lambda one: one["run"]["findings"][0].update(severity="ok"))
    found = states(data)
    assert (found[1], found[3]) == ("different", "different")


def test_an_entry_of_the_ledger_that_was_edited(made):
    snapshot = json.loads(canonical(made[0]))
    snapshot["ledger"][2]["body"]["by"] = "Mallory"
    found = verify_bytes(render_pdf(snapshot), "x")
    assert found.levels[1].state == "different" and found.levels[1].differing == (
        "entry 3 was edited: its hash is another",
    )


@pytest.mark.parametrize("change", ["removed", "swapped", "first", "broken"])
def test_entries_that_do_not_follow_one_another(made, change):
    snapshot = json.loads(canonical(made[0]))
    shown = snapshot["ledger"]
    if change == "removed":  # what lies between two entries that are shown need not be shown: only neighbours must fit
        del shown[1]
        assert states(canonical(snapshot))[2] == "same"
        return
    if change == "swapped":
        shown[0], shown[1] = shown[1], shown[0]
    elif change == "first":
        shown[0].update(previous="1" * 64, hash=digest_of(1, shown[0]["at"], "run", shown[0]["body"], "1" * 64))
    else:
        del shown[1]["hash"]
    assert states(canonical(snapshot))[2] == "different"


@pytest.mark.parametrize("place", [0.02, 0.2, 0.5, 0.8, 0.97, 1.0])
def test_one_bit_that_was_flipped(made, place):
    data = bytearray(made[1])
    data[min(int(len(data) * place), len(data) - 1)] ^= 1
    assert verify_bytes(bytes(data), "x").state == "different"


def test_a_signature_that_was_appended_is_no_change(made):
    data = appended(made[1], signed((0, 0, 0, 0)))
    found = verify_bytes(data, "x")
    assert found.levels[2].state == "same" and "change nothing that is seen" in found.levels[2].words
    assert found.code == 0


@pytest.mark.parametrize("change", [signed((50, 600, 300, 700)), painted, lambda writer: writer.remove_page(1)])
def test_what_is_appended_and_seen_is_a_change(made, change):
    found = verify_bytes(appended(made[1], change), "x")
    assert found.levels[2].state == "different" and found.levels[2].differing


def test_a_complete_forgery_is_in_no_ledger_and_its_numbers_are_others(made, week):
    forged = json.loads(canonical(week))
    forged["run"]["findings"][0].update(value=0.01, severity="ok")
    data = render_pdf(forged)
    assert states(data) == {1: "same", 2: "unknown", 3: "same", 4: "unknown", 5: "unknown"}, "alone it looks right"
    answer = verify_bytes(data, "x", data=True)
    level = answer.levels[4]
    assert level.state == "different" and any("value was 0.01" in one for one in level.differing)
    assert level.words.startswith("1 of 184 readings")


@pytest.mark.parametrize("part", ["slice", "against"])
def test_a_forgery_that_says_another_slice_than_it_asks(week, part):
    """What page 1 says was looked at, and held against what, comes out again as every sentence does."""
    forged = json.loads(canonical(week))
    forged["run"][part]["words"] = "the year 2012, all rows"
    level = verify_bytes(canonical(forged), "x", data=True).levels[4]
    assert level.state == "different" and level.differing[0].startswith(f"{part} of the run: were {{")
    assert level.words == "All 184 readings come out again, but other numbers are others when computed again."


def test_a_forgery_that_names_another_engine_is_not_proven_by_its_pages(week):
    """Numbers that differ are then no proof of tampering, but pages that were drawn from them prove nothing either."""
    forged = json.loads(canonical(week))
    forged["run"]["findings"][0].update(value=0.01, severity="ok")
    forged["run"]["engine"]["version"] = "0.1.0"
    answer = verify_bytes(render_pdf(forged), "x", data=True)
    assert [one.state for one in answer.levels[:5]] == ["same", "unknown", "same", "unknown", "unknown"]
    assert (answer.state, answer.code) == ("unknown", 1) and answer.levels[4].differing


def test_numbers_come_out_again(week):
    level = verify_bytes(canonical(week), "x", data=True).levels[4]
    assert (level.state, level.words) == (
        "same",
        "Both files are those of the run, and all 184 readings and every other number come out again.",
    )


def test_an_engine_that_draws_otherwise_is_no_proof_of_tampering(made, monkeypatch):
    monkeypatch.setattr("engine.evidence.verify.renderer", lambda: "0" * 16)
    found = verify_bytes(made[1], "x")
    assert found.levels[2].state == "unknown" and "another engine or with other fonts" in found.levels[2].words
    assert (found.state, found.code) == ("unknown", 1), "nothing contradicts it, and nothing proves it"
    assert drawing.renderer() != "0" * 16


def test_data_alone_have_no_pages(made):
    found = verify_bytes(canonical(made[0]), "x")
    assert [one.state for one in found.levels[:3]] == ["same", "same", "unknown"]
    assert found.state == "unknown"


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-", b"%PDF-1.7\n%%EOF\n", b"[]", b'{"kind": "snapshot"}', b"\xff\xfe", b"[" * 99_999]
)
def test_what_is_no_evidence_is_answered_not_raised(data):
    answer = verify_bytes(data, "x", data=True)
    assert answer.state == "different" and answer.words.startswith("No evidence can be read out of this file")
    assert json.dumps(answer.document())


def test_data_in_another_form_are_told(made):
    assert states(json.dumps(made[0], indent=1).encode())[1] == "different"


@pytest.mark.parametrize("name", ["nothing.pdf", ".", "a\0b"])
def test_what_is_no_file_is_an_error(name, tmp_path):
    with pytest.raises(UnreadableSource, match="cannot be read"):
        verify(tmp_path / name)


def test_the_answer_as_json_says_what_a_ledger_cannot_prove(made):
    document = verify_bytes(made[1], "x").document()
    assert document["kind"] == "verification" and "kept elsewhere" in document["limit"]
    assert asdict(verify_bytes(made[1], "x").levels[0])["name"] == "data"
