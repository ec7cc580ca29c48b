"""Compliance: from the list of runs to the file, and a year later the file on Verify, whole and tampered with."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.store import entries
from tests.browser.conftest import ROOT, serving
from tests.browser.steps import chart, no_sideways_scroll, pick, ready, turn_to, visit, weeks_on_record

MARKS = {"as it was": "●", "not as it was": "■", "cannot be told here": "◌"}


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """The app with three weeks of the demo on record: address, store, environment."""
    home = tmp_path_factory.mktemp("archive")
    settings = {"PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db"}
    path = ROOT / "data" / "monitors" / "flights.yaml"
    store = weeks_on_record(settings["PLUMBLINE_STORE"], path, "08..2013-04-15", "15..2013-04-22", "22..2013-04-29")
    with serving(home, settings) as address:
        yield address, store, os.environ | settings


@pytest.fixture(scope="session")
def base_url(archive):
    return archive[0]


def levels(page: Page) -> list[str]:
    """The marks of the five levels, once the file was checked."""
    expect(page.locator(".st-key-answer")).to_be_visible(timeout=90_000)
    ready(page)
    said = [page.locator(f".st-key-level_{i}").inner_text() for i in range(1, 6)]
    return [next(mark for mark in MARKS.values() if one.startswith(mark)) for one in said]


def drop(page: Page, path: Path) -> None:
    page.locator(".st-key-evidence input[type=file]").set_input_files(path)
    expect(page.get_by_text(path.name).first).to_be_visible()


@pytest.fixture(scope="session")
def exported(archive, tmp_path_factory):
    """Where the PDF lies that the first test exported."""
    return tmp_path_factory.mktemp("exported") / "evidence.pdf"


def test_from_the_week_to_the_file_and_back(page: Page, archive, exported):
    address, store, _ = archive
    visit(page, f"{address}/runs", "Runs")
    expect(page.get_by_text("3 runs of 3 on record")).to_be_visible()
    pick(page, "of_window", "2013-04-22")
    expect(page.get_by_text("1 run of 3 on record")).to_be_visible()
    ready(page)
    pick_run(page, "week of 22 April 2013")
    expect(page.get_by_text("Week of 22 April 2013 of flights-late, against reference")).to_be_visible()
    expect(page.get_by_text("Its SHA-256 is the one in entry")).to_be_visible()
    expect(chart(page, re.compile("^Distribution of ")).first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Snapshot ›").click()
    expect(page.get_by_role("heading", name="Snapshot", level=1)).to_be_visible()
    expect(page.get_by_text("exactly as the PDF has them")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("▲ NOT SIGNED")).to_be_visible()
    expect(page.get_by_text("▲ DEMO DATA")).to_be_visible()
    expect(page.get_by_test_id("stImage").locator("img")).to_be_visible()
    name = page.get_by_role("textbox", name="Your name")
    name.fill("Jo Doe")
    name.press("Enter")
    button = page.get_by_role("button", name="Export PDF")
    expect(button).to_be_enabled(timeout=60_000)
    ready(page)
    with page.expect_download() as waiting:
        button.click()
    waiting.value.save_as(exported)
    assert waiting.value.suggested_filename.startswith("flights-late-2013-04-22-")
    (entry,) = entries(store, "export")
    assert entry.body["by"] == "Jo Doe (as typed)" and entry.body["bytes"] == exported.stat().st_size
    expect(page.get_by_text("Nothing of this run was exported or signed yet")).to_have_count(0, timeout=30_000)
    table = page.get_by_role("region", name="Exports and signatures of this run")
    expect(table).to_be_attached(timeout=30_000)
    page.set_viewport_size({"width": 1440, "height": 1700})  # what is not seen has no cells
    expect(page.get_by_test_id("glide-cell-2-0")).to_have_text(re.compile("^PDF, "), timeout=30_000)
    visit(page, f"{address}/verify?with_data=true", "Verify")
    drop(page, exported)
    assert levels(page) == ["●"] * 5
    expect(page.get_by_text("5 of 5 levels could be checked")).to_be_visible()


def pick_run(page: Page, words: str) -> None:
    """Choose in the sidebar's picker of runs by typing a part."""
    box = page.locator(".st-key-run").get_by_role("combobox")
    box.click()
    box.press_sequentially(words)
    page.get_by_role("option", name=re.compile(words)).click()
    ready(page)


def test_a_flipped_bit_is_told_with_its_level(page: Page, archive, exported, tmp_path):
    whole = bytearray(exported.read_bytes())
    place = whole.find(b"stream\n", len(whole) // 2) + 40  # in a page or font, not in what a reader needs to open it
    whole[place] ^= 1
    path = tmp_path / "tampered.pdf"
    path.write_bytes(bytes(whole))
    visit(page, f"{archive[0]}/verify", "Verify")
    drop(page, path)
    marks = levels(page)
    assert marks[2] == "■" and marks[3] == "■" and marks[4] == "◌", marks
    expect(page.locator(".st-key-answer")).to_contain_text(re.compile("Something is not as it was.*see level 3"))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("picture.pdf", b"\x89PNG\r\n\x1a\n" + b"0" * 2000, "it is neither a PDF nor JSON"),
        ("other.json", b'{"kind": "run"}', "it is no snapshot"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog", "its end is missing, as when a download breaks off"),
    ],
)
def test_what_is_no_evidence_is_told_in_words(page: Page, archive, tmp_path, name, data, said):
    path = tmp_path / name
    path.write_bytes(data)
    visit(page, f"{archive[0]}/verify", "Verify")
    drop(page, path)
    assert levels(page)[0] == "■"
    expect(page.locator(".st-key-answer")).to_contain_text("No evidence can be read out of this file")
    expect(page.locator(".st-key-answer")).to_contain_text(said)


def test_a_signature_makes_a_revision_that_names_the_file_before(page: Page, archive, exported):
    address, store, _ = archive
    run = entries(store, "export")[0].body["run"]
    visit(page, f"{address}/snapshot?run={run}", "Snapshot")
    expect(page.get_by_text("exactly as the PDF has them")).to_be_visible(timeout=60_000)  # nothing is drawn anew
    ready(page)
    page.get_by_text("Sign off", exact=True).click()
    for key, option in (("role", "independent reviewer"), ("meaning", "review"), ("decision", "reject")):
        pick(page, f"sign_{key}", option)
    page.get_by_role("textbox", name="Printed name").fill("Ann Lee")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text(re.compile("entry [0-9]+ of the ledger. Export it again"))).to_be_visible(timeout=60_000)
    expect(page.get_by_text("exactly as the PDF has them")).to_be_visible(timeout=60_000)
    ready(page)
    expect(page.get_by_text("NOT SIGNED")).to_have_count(0)
    before, signed = entries(store, "export")[-1], entries(store, "sign-off")[-1]
    assert signed.body["revises"] == before.body["sha256"] and signed.body["name"] == "Ann Lee (as typed)"


def test_the_ledger_is_checked_and_its_head_can_be_kept(page: Page, archive):
    visit(page, f"{archive[0]}/verify", "Verify")
    head = entries(archive[1])[-1].hash
    expect(page.get_by_text(head)).to_be_visible()
    page.get_by_role("button", name="Check every entry and run").click()
    expect(page.locator(".st-key-chain_result")).to_contain_text("entries follow one another", timeout=60_000)


def test_a_slice_that_was_explored_becomes_a_run(page: Page, archive):
    address, store, _ = archive
    before = len(entries(store, "run"))
    visit(page, f"{address}/columns?window=2013-04-22&cohort-origin=LGA", "Columns")
    turn_to(page, "Evidence", "Snapshot")
    page.get_by_role("button", name="Record this slice, then show it").click()
    expect(page.get_by_text("exactly as the PDF has them")).to_be_visible(timeout=90_000)
    ready(page)
    (entry,) = entries(store, "run")[before:]
    assert entry.body["trigger"] == "manual" and entry.body["window_start"] == "2013-04-22T00:00:00"
    expect(page.get_by_text(f"run {entry.body['id']}").first).to_be_visible()


@pytest.mark.parametrize("name", ["runs", "snapshot", "verify"])
def test_narrow_screens_have_no_sideways_scroll(page: Page, archive, name):
    page.set_viewport_size({"width": 390, "height": 844})
    run = entries(archive[1], "run")[-1].body["id"]
    visit(page, f"{archive[0]}/{name}?run={run}", name.capitalize())
    ready(page)
    no_sideways_scroll(page)
