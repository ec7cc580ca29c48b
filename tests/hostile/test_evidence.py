"""Runs full of harm as JSON, CSV, HTML and PDF: read back by others, each text is itself, and nothing else is there."""

import csv
import io
import json
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader

from engine.cli_tables import table, visible
from engine.evidence.canonical import canonical
from engine.evidence.glyphs import drawn, shortened
from engine.evidence.html import html, seen
from engine.evidence.pdf import render_pdf
from engine.evidence.sheet import cell
from engine.evidence.sheet import csv as sheet
from engine.evidence.snapshot import SignOff
from engine.record import Choice, Decision
from tests.evidence.steps import AT, bare, evidence, renamed, run_of, text_of
from tests.hostile.texts import STORABLE, TEXTS, WORD

ALL = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
COLUMNS = {name: text for name, text in TEXTS.items() if text}
MANY = 40  # columns whose names are drawn; a PDF of all takes seconds
NAMES = list(dict.fromkeys(COLUMNS.values()))


def document():
    """A run whose columns, monitor, owner, cohort, reasons and files are called by hostile texts."""
    made = run_of(len(NAMES))
    made = renamed(made, dict(zip(sorted(one["column"] for one in made["quality"]), NAMES, strict=True)))
    made["monitor"] = made["reference"]["name"] = made["slice"]["words"] = TEXTS["end of everything"]
    made["production"]["name"] = TEXTS["formula command"]
    for one, text in zip(made["findings"], [*NAMES] * 9, strict=False):
        one["sentence"] = f"{text} is what is said."
        for part in one["parts"] or ():
            part["label"] = text
    return made


@pytest.fixture(scope="module")
def snapshot():
    texts = list(STORABLE.values())
    return evidence(
        document(),
        decisions=[Decision("m", "r", Choice.ACCEPT, text, text, (text,), at=AT) for text in texts],
        sign_offs=[SignOff("model owner", text, "review", "accept", AT) for text in texts if text.strip()],
        requested_by=TEXTS["script"], trigger=TEXTS["typst code"],
        verdict={"action": "retrain", "severity": "critical", "reasons": texts, "notes": texts},
    )  # fmt: skip


class Read(HTMLParser):
    """What a browser would see: elements, their attributes, and the text between them."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.scripts = set(), set(), [], []
        self.within = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.within = tag
        for name, value in attrs:
            if name in ("href", "src"):
                assert (value or "").startswith("#"), value

    def handle_endtag(self, tag):
        self.within = ""

    def handle_data(self, data):
        if self.within in ("script", "style"):
            self.scripts.append(data)
        else:
            self.texts.append(data)


@pytest.fixture(scope="module")
def read_page(snapshot):
    found = Read()
    found.feed(html(snapshot))
    found.close()
    return found, bare("".join(found.texts))


@pytest.fixture(scope="module")
def harmless_page():
    found = Read()
    found.feed(html(evidence(
        run_of(9), decisions=[Decision("m", "r", Choice.ACCEPT, "a", "b", ("c",), at=AT)],
        sign_offs=[SignOff("model owner", "a", "review", "accept", AT)],
        verdict={"action": "retrain", "severity": "critical", "reasons": ["a"], "notes": ["b"]},
    )))  # fmt: skip
    return found


@pytest.fixture(scope="module")
def rows(snapshot):
    return list(csv.DictReader(io.StringIO(sheet(snapshot), newline="")))


@pytest.fixture(scope="module")
def pdf():
    """Three PDFs that name every text between them, and what is read out of them."""
    found = []
    for start in range(0, len(NAMES), MANY):
        names = NAMES[start : start + MANY]
        made = run_of(len(names))
        columns = sorted(one["column"] for one in made["quality"])
        one = evidence(renamed(made, dict(zip(columns, names, strict=True))), requested_by=names[0] or "x")
        data = render_pdf(one)
        assert PdfReader(io.BytesIO(data)).attachments["snapshot.json"][0] == canonical(one)
        found.append(text_of(data))
    return "".join(found)


def test_the_snapshot_is_json_that_says_the_same(snapshot):
    again = json.loads(canonical(snapshot))
    assert again == json.loads(json.dumps(snapshot))
    assert {one["column"] for one in again["run"]["quality"]} >= {one for one in NAMES if one in STORABLE.values()}


def test_a_page_has_no_element_or_attribute_that_came_from_outside(read_page, harmless_page):
    found, _ = read_page
    assert found.tags <= harmless_page.tags | {"strong", "ul", "li", "details"}
    assert not {one for one in found.attributes if one.startswith("on")}
    assert found.attributes <= harmless_page.attributes | {"style"}
    assert len(found.scripts) == len(harmless_page.scripts), "no script more, no script ended early"


@ALL
def test_a_page_says_it_letter_by_letter(read_page, text):
    assert bare(seen(text)) in read_page[1]
    assert WORD not in read_page[1]


@ALL
def test_a_sheet_says_it_and_computes_nothing(rows, text):
    whole = text.encode("utf-8", "backslashreplace").decode()
    assert not text or {cell(text), cell(whole)} & {row["column"] for row in rows}, "there is a row of this column"
    sentence = cell(f"{text} is what is said.")
    assert not sentence.startswith(RUNS)
    written = table(["a", "b"], [[text, "x"]], "csv")
    ((_, _), (one, other)) = csv.reader(io.StringIO(written + "\n", newline=""))
    assert other == "x" and one in (visible(text), f"'{visible(text)}")
    for value in (one, cell(text)):
        assert not value.startswith(RUNS) or (value.startswith("-") and float(value) is not None)
        assert all(sign.isprintable() for sign in value)


def test_no_cell_of_a_sheet_is_a_formula(rows):
    for row in rows:
        for name, value in row.items():
            assert isinstance(value, str) and name is not None, "rows are as wide as their head"
            assert value == "" or not value.startswith(RUNS) or str(float(value))


@ALL
def test_a_table_keeps_its_rows(text):
    for form in ("table", "tsv"):
        lines = table(["a", "b"], [[text, "x"], [text, "y"]], form).split("\n")
        assert len(lines) == 3 and lines[1].endswith("x")
        assert all(one.isprintable() or one == "\t" for line in lines for one in line)
        assert form != "tsv" or [line.count("\t") for line in lines] == [1, 1, 1]


SHAPED = ("sign of the times", "combining", "emoji family")  # copied from a PDF in another order or form


@pytest.mark.parametrize("text", [one for name, one in COLUMNS.items() if name not in SHAPED],
                         ids=[name for name in COLUMNS if name not in SHAPED])  # fmt: skip
def test_a_pdf_draws_it_letter_by_letter(pdf, text):
    assert bare(drawn(shortened(text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogatepass")))) in pdf
    assert WORD not in pdf


def test_the_rest_of_a_pdf_is_drawn_too(snapshot):
    names = [name for name in STORABLE if "long" not in name and name not in ("wide", *SHAPED)]
    brief = {**snapshot, "run": run_of(3) | {"monitor": TEXTS["typst code"]}}
    for part in ("decisions", "sign_offs"):
        brief[part] = [one for one in snapshot[part] if one.get("by", one.get("name")) in map(STORABLE.get, names)]
    said = text_of(render_pdf(brief))
    assert WORD not in said and bare(drawn(TEXTS["typst code"])) in said
    for name in names:
        assert bare(drawn(STORABLE[name][:25])) in said, name
