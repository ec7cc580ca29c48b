"""The Data page: two files from where they lie to a monitor that runs; what is guessed, what can be changed."""

import hashlib
import os
import shutil

import openpyxl
import pytest

from engine.monitor.read import read_monitor
from pages.shared import files
from pages.shared.column_table import moved
from pages.shared.finishing import finish
from pages.shared.inbox import HEAD, begin, open_inbox
from pages.shared.intake import Source
from pages.shared.offered import offered
from pages.shared.words import JOINER
from tests.pages.conftest import HOSTILE, PAGES, words


def point(at, reference, production):
    """Point both sides to where files lie."""
    for side, path in (("reference", reference), ("production", production)):
        at.segmented_control(key=f"how_{side}").set_value("Point to a path").run()
        at.selectbox(key=f"path_{side}").set_value(path.name).run()
        assert not at.exception, at.exception
    return at


@pytest.mark.parametrize("columns", [(), ("amount", HOSTILE, "region")], ids=["dated", "without a timestamp"])
def test_two_files_become_a_dashboard(app, monkeypatch, two_files, columns):
    reference, production = two_files(*columns)
    monkeypatch.setenv("PLUMBLINE_DATA", str(reference.parent))
    at = app("Data")
    point(at, reference, production)
    assert "Both files have the same" in words(at)
    at.button(key="start").click().run()
    assert not at.exception, at.exception
    assert at.title[0].value == "Overview" and "my-monitor" in at.selectbox(key="monitor").options
    assert ("840** of 840" if not columns else "all time, all rows".capitalize()[:8]) in words(at) or at.metric
    for page in ("Columns", "Data quality", "Column"):
        at.switch_page(PAGES[page]).run()
        assert not at.exception, at.exception
    at.selectbox(key="column").select(HOSTILE).run()
    assert not at.exception, at.exception


def test_a_file_that_is_no_table_is_told(app, monkeypatch, two_files):
    reference, _ = two_files()
    monkeypatch.setenv("PLUMBLINE_DATA", str(reference.parent))
    empty = reference.parent / "empty.csv"
    empty.write_text("")
    at = point(app("Data"), reference, empty)
    assert "The file is empty." in words(at)
    assert "The production file cannot be used as it is" in words(at)
    assert "rows" in words(at)  # the other side is shown all the same


def test_a_side_without_rows_and_rows_left_out_are_told_before_anything_starts(app, monkeypatch, two_files):
    reference, production = two_files("amount", "region")
    monkeypatch.setenv("PLUMBLINE_DATA", str(reference.parent))
    empty, odd = reference.parent / "empty.csv", reference.parent / "odd.csv"
    empty.write_text(production.read_text().split("\n")[0] + "\n")
    odd.write_text(production.read_text() + "=1+1,[a](b),x\n")
    at = app("Data")
    said = words(point(at, reference, odd)).replace(JOINER, "").replace("\\", "")
    assert "production: 1 row does not fit the table" in said
    said = words(point(at, reference, empty))
    assert "Production has no rows" in said and "Both files have the same" not in said
    at.button(key="start").click().run()
    assert not at.exception, at.exception
    heads = [one.value.split("] ")[-1] for one in at.subheader]
    assert "Nothing could be judged: the production slice has no rows." in heads
    assert not any("Well:" in one.value for one in at.subheader)
    cards = words(at).replace(JOINER, "").replace("\\", "")
    assert cards.count("– the production slice has no rows") >= 3 and "no column has the role prediction" not in cards


def test_one_side_is_shown_before_the_other_comes(app, monkeypatch, two_files):
    reference, _ = two_files()
    monkeypatch.setenv("PLUMBLINE_DATA", str(reference.parent))
    at = app("Data")
    at.segmented_control(key="how_reference").set_value("Point to a path").run()
    at.selectbox(key="path_reference").set_value("reference.csv").run()
    assert not at.exception
    assert "What is missing: a production file." in words(at) and "1,680** rows" in words(at)


def test_another_sheet_is_chosen_from_those_that_are_there(app, monkeypatch, two_files):
    reference, production = two_files()
    monkeypatch.setenv("PLUMBLINE_DATA", str(reference.parent))
    book = openpyxl.Workbook()
    book.active.title = "About, _this_"
    for line in (["title"], ["A report"]):
        book.active.append(line)
    book.create_sheet("Rows")
    for line in reference.read_text().splitlines():
        book["Rows"].append([float(one) if one.replace(".", "").isdigit() else one for one in line.split(",")])
    book.save(reference.parent / "book.xlsx")
    at = point(app("Data"), reference.parent / "book.xlsx", production)
    assert at.selectbox(key="sheet_reference").options == ["About, _this_", "Rows"]
    assert at.selectbox(key="sheet_reference").value == "About, _this_" and "1** columns" in words(at)
    at.selectbox(key="sheet_reference").select("Rows").run()
    assert not at.exception, at.exception
    assert at.selectbox(key="sheet_reference").value == "Rows" and "1,680** rows" in words(at)


def test_what_is_not_computed_is_told_with_its_role(app, monkeypatch, two_files):
    reference, production = two_files("amount", "region")
    monkeypatch.setenv("PLUMBLINE_DATA", str(reference.parent))
    said = words(point(app("Data"), reference, production))
    for role in ("timestamp", "score", "prediction", "target", "id"):
        assert f"no **{role}**" in said
    assert "2 features; cohorts by **region**" in said


def test_files_are_offered_newest_first_and_hidden_ones_never(monkeypatch, tmp_path):
    for i, name in enumerate(("b.csv", "a.parquet", "deep/c.parquet", ".hidden/d.csv", ".e.csv", "notes.md")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
        os.utime(path, (1000 + i, 1000 + i))
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path))
    assert offered() == ["deep/c.parquet", "a.parquet", "b.csv"]


def test_a_file_is_read_otherwise_and_the_monitor_says_so(app, monkeypatch, tmp_path):
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path))
    for side, add in (("reference", 0), ("production", 5)):
        lines = [f"{i}|{i % 7 + add},5|{'ab'[i % 2]}" for i in range(200)]
        (tmp_path / f"{side}.csv").write_text("\n".join(["id|amount|group", *lines, "left|out"]) + "\n")
    at = point(app("Data"), tmp_path / "reference.csv", tmp_path / "production.csv")
    assert "bar-separated, with header, decimal comma" in words(at).replace("\\", "")
    assert "▲ 1 row left out: line, column, reason, text" in [one.label for one in at.expander]
    at.selectbox(key="text_reference_decimal").set_value(".").run()
    assert not at.exception, at.exception
    assert at.session_state["sources"]["reference"].text.chosen == {"decimal": "."}
    assert "'amount' is" in words(at).replace("\\", "")  # text on one side, numbers on the other
    at.button(key="start").click().run()
    assert not at.exception, at.exception
    assert at.session_state["own_monitors"]["my-monitor"].reference.text.chosen == {"decimal": "."}


def test_a_choice_that_cannot_be_is_told(app, monkeypatch, two_files):
    reference, production = two_files()
    monkeypatch.setenv("PLUMBLINE_DATA", str(reference.parent))
    at = point(app("Data"), reference, production)
    at.text_input(key="text_reference_skip").set_value("many").run()
    assert "skip is a number from 0" in words(at) and not at.exception
    at.text_input(key="text_reference_skip").set_value("99999").run()  # beyond the end
    assert not at.exception
    assert "The reference file cannot be used as it is" in words(at)
    at.button(key="reset_reference").click().run()
    assert "Both files have the same 6 columns" in words(at)


def test_a_role_that_is_given_leaves_the_column_that_had_it(app, monkeypatch, two_files):
    reference, production = two_files()
    monkeypatch.setenv("PLUMBLINE_DATA", str(reference.parent))
    at = point(app("Data"), reference, production)
    columns = files.reading(at.session_state["sources"]["reference"]).future.result().dataset.columns
    roles = {one.name: str(one.role) for one in columns}
    assert roles["score"] == "score"
    assert moved(columns, roles | {"amount": "score"})["score"] == "feature"
    assert moved(columns, roles) == roles


def test_a_monitor_is_kept_for_everybody_with_its_uploads(app, monkeypatch, two_files, monitors, store_url, tmp_path):
    reference, production = two_files()
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLUMBLINE_DATA", f"{reference.parent}")
    at = app("Data")
    at.session_state["session"] = "ab" * 16
    home = open_inbox("ab" * 16)
    data = production.read_bytes()
    one = begin(home, "../production.csv", len(data), 1, hashlib.sha256(data[:HEAD]).hexdigest())
    (home / one.file).write_bytes(data)
    whole, _ = finish(home, one)
    sources = {"reference": Source(str(reference), "r"), "production": Source(str(home / whole.file), "p", whole.id)}
    at.session_state["sources"] = sources
    at.run()
    assert not at.exception, at.exception
    at.button(key="keep").click().run()
    assert not at.exception, at.exception
    assert "Saved as" in words(at), words(at)
    kept = read_monitor(monitors / "my-monitor.yaml")
    assert kept.production.path == f"files/{whole.file}" and kept.columns.timestamp == "at"
    at.button(key="keep").click().run()
    assert "There is a file of this name already" in words(at).replace("\\", "")
    shutil.rmtree(home)  # as after a day
    assert (monitors / kept.production.path).read_bytes() == data
    at.run()
    assert not at.exception and "The production file cannot be used as it is" in words(at)
    assert str(home) not in words(at)
