"""CSV files of every make: what is read, what is left out and told, and what is refused; no record is lost."""

import csv
import gzip
import io
import re
import subprocess
import sys
import textwrap
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import compare
from engine.columns import Kind
from engine.errors import UnreadableSource
from engine.tables.connection import connect
from engine.tables.sources import open_dataset
from engine.tables.text.delimited import ingest
from engine.tables.text.plain_text import GIGABYTES, RATIO
from engine.tables.text.rejects import as_sheet
from engine.tables.text.text_format import TextFormat


def read(tmp_path, content, written="utf-8", **choices):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(written))
    return open_dataset(path, text=TextFormat(**choices) if choices else None)


def rows(dataset):
    return [tuple(row.values()) for row in dataset.query(f"SELECT * FROM {dataset.scan}").to_pylist()]


def types(dataset):
    return {column.name: column.type for column in dataset.columns}


# ---- encodings and line ends


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""), ("utf-8-sig", ""), ("latin-1", ", read as latin-1"), ("utf-16", ", read as utf-16"),
        ("utf-16-le", ", read as utf-16-le"), ("utf-16-be", ", read as utf-16-be"), ("utf-32", ", read as utf-32"),
    ],
)  # fmt: skip
def test_an_encoding_is_found_and_said(tmp_path, encoding, said):
    dataset = read(tmp_path, "town,n\nKöln,1\nMálaga,2\n" + "Rome,3\n" * 20, encoding)
    assert rows(dataset)[:2] == [("Köln", 1), ("Málaga", 2)]
    assert dataset.how == f"CSV, comma-separated, with header{said}"


def test_signs_of_windows_are_told_from_latin_1(tmp_path):
    dataset = read(tmp_path, "town,n\nKöln €,1\n“M”,2\n", "cp1252")
    assert rows(dataset) == [("Köln €", 1), ("“M”", 2)]
    assert dataset.text.encoding == "cp1252"


def test_an_encoding_that_is_chosen_goes_before_what_is_found(tmp_path):
    assert rows(read(tmp_path, "town\nМосква\n", "cp1251", encoding="cp1251")) == [("Москва",)]


def test_a_few_bytes_that_are_no_utf8_take_their_rows_and_no_other(tmp_path):
    dataset = read(tmp_path, b"a,b\n" + "ö,1\nü,2\n".encode() * 50 + b"3,\xe9x\n")
    assert (dataset.rows, dataset.rejects.count, dataset.text.encoding) == (100, 1, "utf-8")
    assert dataset.rejects.rows()[0]["line"] == 102


LINE_ENDS = {
    "LF": ("a,b\n1,x\n2,y\n", [(1, "x"), (2, "y")]),
    "CRLF": ("a,b\r\n1,x\r\n2,y\r\n", [(1, "x"), (2, "y")]),
    "CR": ("a,b\r1,x\r2,y\r", [(1, "x"), (2, "y")]),
    "mixed": ("a,b\r\n1,x\n2,y\r3,z\r\n", [(1, "x"), (2, "y"), (3, "z")]),
    "LF in quotes of CRLF, as Excel writes it": ('a,b\r\n1,"x\ny"\r\n2,z\r\n', [(1, "x\ny"), (2, "z")]),
    "no last end": ("a,b\n1,x\n2,y", [(1, "x"), (2, "y")]),
    "blank lines": ("\n\na,b\n\n1,x\n\n2,y\n\n", [(1, "x"), (2, "y")]),
    "BOM in the middle": ("a,b\n1,x\n\ufeff2,y\n", [(1, "x"), (2, "y")]),
    "NUL": ("a,b\n1,x\0z\n2,y\n", [(1, "x\0z"), (2, "y")]),
    "newlines in quotes": ('a,b\n1,"x\n""y"""\n2,"z,"\n', [(1, 'x\n"y"'), (2, "z,")]),
}


@pytest.mark.parametrize("name", LINE_ENDS)
def test_lines_may_end_and_texts_may_run_as_they_like(tmp_path, name):
    text, expected = LINE_ENDS[name]
    dataset = read(tmp_path, text)
    assert rows(dataset) == expected
    assert dataset.rejects.count == 0


# ---- dialects and values

ZOO = {
    "decimal comma": ("a;b\n1,5;x\n2,5;y\n", [(1.5, "x"), (2.5, "y")], "with header, decimal comma"),
    "without header": ("1,5;2,5\n2,5;3,5\n", [(1.5, 2.5), (2.5, 3.5)], "semicolon-separated, without header, decimal"),
    "thousands": ("a;b\n1.234,56;1\n2.345.678,9;2\n", [(1234.56, 1), (2345678.9, 2)], "thousands as 1.000"),
    "thousands, English": ('a,b\n"1,234.5",1\n"2,345,678.9",2\n', [(1234.5, 1), (2345678.9, 2)], "thousands as 1,000"),
    "tab": ("a\tb\n1\tx\n", [(1, "x")], "tab-separated"),
    "bar": ("a|b\n1|x\n", [(1, "x")], "bar-separated"),
    "aligned": ("id  name  v\n1   ab    2.5\n20  c     3.5\n", [(1, "ab", 2.5), (20, "c", 3.5)], "space-separated"),
    "blanks and quotes": ('id name\n1 "a b"\n2 "c d"\n', [(1, "a b"), (2, "c d")], "space-separated"),
    "single quotes": ("a,b\n'x,1',2\n'y',3\n'z',4\n", [("x,1", 2), ("y", 3), ("z", 4)], "single quotes"),
    "backslash": ('a,b\n"x\\"y",2\n"z",3\n', [('x"y', 2), ("z", 3)], "comma"),
    "comments": ("# x\n# y\na,b\n1,2\n# mid\n3,4\n", [(1, 2), (3, 4)], "comma"),
    "comments, one column": ("x\n1\n# mid\n3\n", [(1,), (3,)], "with header"),
    "title": ("My export\nfrom 2013\n\na,b,c\n1,2,3\n4,5,6\n", [(1, 2, 3), (4, 5, 6)], "2 lines skipped"),
    "delimiter at the end": ("a,b,\n1,2,\n3,4,\n", [(1, 2), (3, 4)], "comma"),
    "delimiter at the end of rows": ("a,b\n1,2,\n3,4,\n", [(1, 2), (3, 4)], "comma"),
    "one column": ("x\n1,5\n2,5\n", [(1.5,), (2.5,)], "decimal comma"),
    "one column of text": ("x\nhello\nworld, my\n", [("hello",), ("world, my",)], "with header"),
    "headerless": ("1,2\n3,4\n", [(1, 2), (3, 4)], "without header"),
    "days": ("a;b\n31.12.2013;1\n1.2.2013;2\n", [(date(2013, 12, 31), 1), (date(2013, 2, 1), 2)], "dates as %d.%m.%Y"),
    "days, American": ("a,b\n12/31/2013,1\n1/2/2013,2\n", [(date(2013, 12, 31), 1), (date(2013, 1, 2), 2)], "%m/%d/%Y"),
    "zip codes": ("zip,n\n01234,1\n12345,2\n", [("01234", 1), ("12345", 2)], "comma"),
    "words for missing": ("v,w\nNA,1\n2.5,-\n-,3\n", [(None, 1), (2.5, None), (None, 3)], "comma"),
    "yes and no": ("a,b\ntrue,1\nFALSE,2\n,3\n", [(True, 1), (False, 2), (None, 3)], "comma"),
    "exponents": ("a\n1e5\n2.5E-3\n", [(1e5,), (2.5e-3,)], "with header"),
}  # fmt: skip


@pytest.mark.parametrize("name", ZOO)
def test_a_table_is_read_as_a_person_would(tmp_path, name):
    text, expected, said = ZOO[name]
    dataset = read(tmp_path, text)
    assert rows(dataset) == expected
    assert said in dataset.how
    assert dataset.rejects.count == 0


HEADERS = {
    "blanks around": (" a ,b \n1,2\n", ["a", "b"]),
    "no name": ("a,,b\n1,2,3\n", ["a", "column1", "b"]),
    "twice": ("a,b,a\n1,2,3\n", ["a", "b", "a_1"]),
    "other case": ("a,A\n1,2\n", ["a", "A_1"]),
    "taken": ("a,a,a_1\n1,2,3\n", ["a", "a_2", "a_1"]),
    "as R writes it": ('"a","b"\n"1",5,6\n"2",7,8\n', ["column0", "a", "b"]),
    "two rows": ("temp,wind\nF,mph\n" + "1.5,2\n2.5,3\n" * 5, ["temp F", "wind mph"]),
    "groups": ("x,,y,\nlo,hi,lo,hi\n" + "1,2,3,4\n5,6,7,8\n" * 5, ["x lo", "x hi", "y lo", "y hi"]),
    "hash": ("#id,b\n1,2\n3,4\n", ["#id", "b"]),
}


@pytest.mark.parametrize("name", HEADERS)
def test_every_column_has_a_name_of_its_own(tmp_path, name):
    text, names = HEADERS[name]
    assert [column.name for column in read(tmp_path, text).columns] == names


def test_the_word_na_is_a_category_until_it_is_chosen_to_be_missing(tmp_path):
    text = "country,v\nNA,1\nDE,NA\nFR,2\n"
    dataset = read(tmp_path, text)
    assert rows(dataset) == [("NA", 1), ("DE", None), ("FR", 2)]
    assert dataset.text.nulls == ("", "NA")
    assert rows(read(tmp_path, text, nulls=("NA",))) == [(None, 1), ("DE", None), ("FR", 2)]


def test_days_that_could_be_told_either_way_are_named(tmp_path):
    dataset = read(tmp_path, "at,n\n01/02/2013,1\n03/04/2013,2\n")
    assert (
        "at: read as %m/%d/%Y, and no day is above 12: choose the format if month and day are changed" in dataset.notes
    )
    chosen = read(tmp_path, "at,n\n01/02/2013,1\n03/04/2013,2\n", dates="%d/%m/%Y")
    assert rows(chosen)[0][0] == date(2013, 2, 1)
    assert chosen.notes == ()


# ---- every row decides

MANY = 40_000


def late(last, line="{i},{i}", name="x,y"):
    return name + "\n" + "".join(line.format(i=i) + "\n" for i in range(MANY)) + last + "\n"


def test_a_last_row_that_is_no_number_is_a_type_error_and_told(tmp_path):
    dataset = read(tmp_path, late("oops,1"))
    assert dataset.column("x").kind is Kind.NUMERIC
    assert dataset.notes == ("x: 1 value is no number and counts as type errors, the first 'oops' in row 40,001",)
    run = compare(dataset, dataset)
    assert run.summaries["x"].quality.production.type_errors == 1
    assert run.summaries["x"].quality.production.nulls == 0


@pytest.mark.parametrize(
    ("text", "type_", "last"),
    [
        (late("1.5,1"), "DOUBLE", 1.5),
        (late("NA,1"), "BIGINT", None),
        (late("nan,1", "{i}.5,{i}"), "DOUBLE", None),
        (late("007,1", "1{i},{i}"), "VARCHAR", "007"),
        (late("12345678901234567890,1"), "DOUBLE", 1.2345678901234567e19),
        (late("31/01/2013,1", "02/01/2013,{i}"), "DATE", date(2013, 1, 31)),
        (late("2013-01-01 10:00,1", "2013-01-01,{i}"), "TIMESTAMP", datetime(2013, 1, 1, 10)),
        (late("x,1", ",{i}"), "VARCHAR", "x"),
        (late("7,1", ",{i}"), "BIGINT", 7),
    ],
)
def test_a_last_row_of_another_kind_decides_the_column(tmp_path, text, type_, last):
    dataset = read(tmp_path, text)
    assert (types(dataset)["x"], dataset.rows) == (type_, MANY + 1)
    assert rows(dataset)[-1][0] == last


def test_several_columns_that_break_late_are_all_told(tmp_path):
    dataset = read(tmp_path, late("a,b,c,d,e", "{i},{i},{i},{i},{i}", "v,w,x,y,z"))
    assert [note.split(":")[0] for note in dataset.notes] == list("vwxyz")
    assert rows(dataset)[-1] == ("a", "b", "c", "d", "e")


def test_moments_with_a_strange_word_stay_moments_with_a_type_error(tmp_path):
    text = "x;y\n" + "".join(f"{i % 28 + 1}.1.2013;{i}\n" for i in range(4000)) + "never;1\n"
    dataset = read(tmp_path, text)
    assert dataset.column("x").kind is Kind.DATETIME
    assert compare(dataset, dataset).summaries["x"].quality.production.type_errors == 1


# ---- rows that do not fit


def test_rows_that_do_not_fit_are_kept_with_line_and_reason(tmp_path):
    dataset = read(tmp_path, 'a,b\n1,"x\ny"\n1\n1,2,3\n3,4\n5,"6"7\n7,8\n9,10\n')
    assert dataset.rows == 4
    assert dataset.rejects.count == 3
    assert pq.read_table(dataset.rejects.path).to_pylist() == [
        {"line": 4, "column": "b", "reason": "it has 1 of 2 fields", "text": "1"},
        {"line": 5, "column": None, "reason": "it has 3 fields, not 2", "text": "1,2,3"},
        {"line": 7, "column": "b", "reason": "a quote is not closed, or text follows it", "text": '5,"6"7'},
    ]
    assert dataset.notes[0] == "3 rows do not fit the table and were left out"


def test_rows_that_do_not_fit_are_told_of_every_file_and_are_no_formulas(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 9 + "=1+1\n")
    (tmp_path / "b.csv").write_text("a,b\n" + "1,2\n" * 9)
    (tmp_path / "c.csv").write_text("a,b\n" + "1,2\n" * 9 + "5\n\t@SUM(A1),2,3\n")
    rejects = open_dataset(tmp_path).rejects
    assert (rejects.count, rejects.kept, rejects.lines) == (3, 3, 3)
    rows = list(csv.DictReader(io.StringIO(as_sheet([("reference", rejects), ("production", None)]), newline="")))
    told = [(row["side"], row["file"].rsplit("/", 1)[-1], row["line"], row["text"]) for row in rows]
    assert told == [
        ("reference", "a.csv", "11", "'=1+1"),
        ("reference", "c.csv", "11", "5"),
        ("reference", "c.csv", "12", "'\\t@SUM(A1),2,3"),
    ]
    assert len(rejects.rows(2)) == 2
    assert open_dataset(tmp_path / "b.csv").rejects.count == 0


def test_a_quote_that_swallows_what_is_no_row_is_counted_in_lines(tmp_path):
    dataset = read(tmp_path, "a,b\n" + "5,6\n" * 100 + '3,"x\n' + "only words\n" * 10)
    assert (dataset.rows, dataset.rejects.count, dataset.rejects.lines) == (100, 1, 11)
    assert "they take 11 lines of the file, as a quote goes on over several" in dataset.notes
    with pytest.raises(UnreadableSource, match="11 of 12 rows do not fit"):
        read(tmp_path, 'a,b\n5,6\n3,"x\n' + "only words\n" * 10)


def test_more_rejects_than_are_kept_are_all_counted(tmp_path):
    dataset = read(tmp_path, "a,b\n" + "1,2\n" * 30_000 + "9\n" * 20_000)
    assert (dataset.rows, dataset.rejects.count, len(dataset.rejects.rows())) == (30_000, 20_000, 10_000)


@pytest.mark.parametrize("size", [3_000_000, 40_000_000, 100_000_000])
def test_a_line_that_is_too_long_is_told_and_takes_no_other(tmp_path, size):
    dataset = read(tmp_path, b"a,b\n1," + b"x" * size + b"\n2,y\n3,z\n4,w\n")
    assert rows(dataset) == [(2, "y"), (3, "z"), (4, "w")]
    assert dataset.rejects.rows()[0]["reason"] == "it is longer than 2,000,000 bytes"


CELL = st.text(st.sampled_from("ab1 ,;\"'\n\t.-éß€"), max_size=6)
TABLES = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=12))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLES, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n"]), st.data())
def test_every_record_is_read_or_rejected(tmp_path, table, delimiter, end, data):
    width = len(table[0]) if table else 2
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow([f"name{i}" for i in range(width)])
    body = [["anchor"] * width] * 15 + [row if any(row) else ["x", *row[1:]] for row in table]
    broken = data.draw(st.lists(st.integers(15, len(body)), max_size=3, unique=True))
    for i, row in enumerate(body):
        if i in broken:
            out.write(f"lone{end}")
        writer.writerow(row)
    if len(body) in broken:
        out.write(f"lone{end}")
    choices = {"delimiter": delimiter, "quote": '"', "header": 1, "skip": 0, "comment": "", "nulls": ("",)}
    dataset = read(tmp_path, out.getvalue(), **choices)
    assert dataset.rows + dataset.rejects.count == len(body) + len(broken)
    assert dataset.rejects.count == len(broken)
    expected = [tuple(one.replace("\r\n", "\n") or None for one in row) for row in body]
    kept = dataset.query(f"SELECT COLUMNS(*)::VARCHAR FROM {dataset.scan}").to_pylist()
    assert [tuple(row.values()) for row in kept] == expected


# ---- what is no table

REFUSED = {
    "empty": (b"", "is empty"), "blanks": (b"\n\n  \n", "nothing but blanks"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "PNG picture|no text"),
    "web page": (b"<!DOCTYPE html><html><table></table></html>", "web page"),
    "PDF": (b"%PDF-1.7\n", "PDF document"), "XML": (b"<?xml version='1.0'?><a/>", "XML document"),
    "zeros": (b"\0" * 5000, "neither Parquet nor text"), "noise": (bytes(range(256)) * 20, "neither Parquet nor text"),
    "one long line": (b"x" * 5_000_000, "more than 4,194,304 characters"),
    "header longer than rows": (b"a,b,c\n1,2\n3,4\n", "2 of 2 rows do not fit the others.*it has 2 of 3 fields"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_with_what_it_looks_like(tmp_path, name):
    content, said = REFUSED[name]
    with pytest.raises(UnreadableSource, match=said) as raised:
        read(tmp_path, content)
    assert len(str(raised.value)) < 500


def test_a_file_that_may_not_be_read_is_told(tmp_path):
    path = tmp_path / "x.csv"
    path.mkdir()
    with pytest.raises(UnreadableSource, match=r"cannot be read: Is a directory\."):
        ingest(path, connect([tmp_path]))


@pytest.mark.parametrize("packed", ["gzip", "zstd"])
def test_a_compressed_file_is_read_and_a_bomb_is_not(tmp_path, packed, monkeypatch):
    def press(content):
        return gzip.compress(content) if packed == "gzip" else pa.Codec("zstd").compress(content, asbytes=True)

    path = tmp_path / "x.csv.gz"
    path.write_bytes(press(b"a,b\n1,x\n2,y\n"))
    made = ingest(path, connect([tmp_path]))
    assert pq.read_table(made.parquet).to_pydict() == {"a": [1, 2], "b": ["x", "y"]}
    path.write_bytes(press(b"a,b\n" + b"1,x\n" * 75_000_000))
    with pytest.raises(UnreadableSource, match=f"expands to more than .*{GIGABYTES} and {RATIO}"):
        ingest(path, connect([tmp_path]))
    path.write_bytes(press(b"a,b\n" + b"1,x\n" * 1_000_000))
    monkeypatch.setenv(GIGABYTES, "0.001")
    with pytest.raises(UnreadableSource, match="expands to more than"):
        ingest(path, connect([tmp_path]))


# ---- size

GROWTH = r"""
import re, sys
from pathlib import Path
from engine.tables.connection import connect
from engine.tables.text.delimited import ingest
folder = Path(sys.argv[1])
root = connect([folder])
root.execute("SELECT 1")
def most():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = most()
ingest(folder / "big.csv", root)
print(most() - before)
"""


def test_memory_stays_bounded_whatever_the_size(tmp_path):
    line = "".join(f"{i},2013-06-14 07:14:20,{i * 1.25},word{i % 7},{i % 1000}\n" for i in range(100_000)).encode()
    with (tmp_path / "big.csv").open("wb") as stream:
        stream.write(b"id,at,x,word,k\n")
        for _ in range(70):
            stream.write(line)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(GROWTH), str(tmp_path)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert 5 < float(done.stdout) < 600, "MB"


def test_a_thousand_columns_are_read(tmp_path):
    names = ",".join(f"c{i}" for i in range(1000))
    dataset = read(tmp_path, names + "\n" + (",".join(str(i * 0.5) for i in range(1000)) + "\n") * 300)
    assert len(dataset.columns) == 1000
    assert set(types(dataset).values()) == {"DOUBLE"}


@pytest.mark.slow
def test_ten_thousand_columns_of_whole_numbers_are_read(tmp_path):
    """Minutes, where the database looks for what so many columns' expressions share."""
    dataset = read(tmp_path, ",".join(f"c{i}" for i in range(10_000)) + "\n" + ",".join("1" * 10_000) + "\n")
    assert set(types(dataset).values()) == {"BIGINT"} and len(dataset.columns) == 10_000


def test_more_columns_than_any_table_has_are_refused(tmp_path):
    with pytest.raises(UnreadableSource, match=r"It has 20,001 columns; of a text file at most 20,000 are read"):
        read(tmp_path, "," * 20_000 + "\n1" + "," * 20_000 + "\n")


# ---- what was read before


def test_the_same_bytes_by_the_same_choices_are_read_once_and_told_alike(tmp_path):
    text = "a;b\n1,5;x\n2,5;y\n9\n"
    first = read(tmp_path, text)
    again = read(tmp_path, text)
    assert again.scanned == first.scanned
    assert (again.how, again.notes, again.text, again.text.why) == (first.how, first.notes, first.text, first.text.why)
    assert again.rejects == first.rejects
    other = read(tmp_path, text, decimal=".")
    assert other.scanned != first.scanned
    assert types(other) == {"a": "VARCHAR", "b": "VARCHAR"}


def test_progress_is_told_and_may_stop_it(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    told = []
    ingest(path, connect([tmp_path]), tell=lambda share, said: told.append(share))
    assert told == sorted(told)
    assert len(told) >= 3

    def stop(share, said):
        raise KeyError

    with pytest.raises(KeyError):
        ingest(path, connect([tmp_path]), TextFormat(header=0), stop)


def test_moments_that_are_written_in_several_ways_stay_text_and_that_is_said(tmp_path):
    days = [datetime(2024, 1 + i % 12, 13 + i % 15) for i in range(300)]
    ways = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y")
    dataset = read(tmp_path, "at,n\n" + "".join(f"{one:{ways[i % 3]}},{i}\n" for i, one in enumerate(days)))
    assert dataset.column("at").type == "VARCHAR"
    (said,) = [one for one in dataset.notes if one.startswith("at ")]
    assert said.startswith("at stays text, as its moments are written in 3 ways: ")
    assert all(re.search(one, said) for one in (r"'2024-\d\d-\d\d'", r"'\d\d\.\d\d\.2024'", r"'\d\d/\d\d/2024'"))
    words = read(tmp_path, "at,n\n" + "".join(f"{'later' if i % 2 else '2024-01-01'},{i}\n" for i in range(300)))
    assert not [one for one in words.notes if "ways" in one]
