"""A text file before it is read: choices in force with their reasons, first rows, and what speaks against them."""

import pytest

from engine.errors import UnreadableSource
from engine.tables.text.preview import preview_text
from engine.tables.text.sniff import sniff
from engine.tables.text.text_format import NAMES, TextFormat

GERMAN = "a;b;c\n1,5;x;31.12.2013\n2,5;y;01.02.2013\n3\n"


def test_all_choices_are_found_and_what_spoke_for_them(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(GERMAN)
    found = sniff(path)
    assert set(found.chosen) == set(NAMES)
    assert (found.delimiter, found.decimal, found.header, found.dates) == (";", ",", 1, "%d.%m.%Y")
    assert found.why["decimal"] == "2 numbers have a comma"
    assert found.why["delimiter"] == "75% of rows have 3 fields by it"


def test_a_preview_shows_rows_types_and_rejects(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(GERMAN)
    seen = preview_text(path)
    assert (seen.columns, seen.types) == (("a", "b", "c"), ("DOUBLE", "VARCHAR", "DATE"))
    assert seen.rows == (("1.5", "x", "2013-12-31"), ("2.5", "y", "2013-02-01"))
    assert [(one["line"], one["reason"]) for one in seen.rejects] == [(4, "it has 1 of 3 fields")]
    assert seen.differences == ()
    assert seen.whole


def test_choices_that_do_not_fit_are_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a;b\n1.5;x\n2.5;y\n")
    said = preview_text(path, TextFormat(delimiter=",")).differences
    assert "delimiter is chosen as ','; the file looks like ';'" in said
    assert "by the delimiter ',' there is one column" in said
    assert preview_text(path, TextFormat(delimiter=";")).differences == ()


def test_no_more_than_the_beginning_is_read(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "1,2\n" * 2_000_000 + "oops,3\n")
    seen = preview_text(path, rows=7)
    assert (len(seen.rows), seen.types, seen.whole) == (7, ("BIGINT", "BIGINT"), False)


def test_what_is_no_table_is_refused_here_too(tmp_path):
    for name, content in {"empty": b"", "page": b"<html></html>", "picture": b"\x89PNG\r\n\x1a\n"}.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(UnreadableSource):
            preview_text(path)
        with pytest.raises(UnreadableSource):
            sniff(path)
