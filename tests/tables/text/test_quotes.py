"""A stray quote takes the line on which it opens and no other; texts of several lines stay what they are."""

import csv
import gzip
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Cancelled
from engine.tables import watching
from engine.tables.sources import open_dataset
from engine.tables.text import quotes
from engine.tables.text.rejects import REASONS, STRAY


def table(first: int, last: int) -> str:
    return "".join(f"{i},text {i},{i}.5\n" for i in range(first, last))


def read(tmp_path, body: str, name: str = "table.csv"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(body.encode()) if name.endswith(".gz") else body.encode())
    return open_dataset(path)


HEAD = "a,b,c\n"
STRAYS = {  # the text, the lines on which quotes open, rows that are left
    "not closed before the end": (table(0, 90) + '90,"text,1.5\n' + table(91, 100), [92], 99),
    "closed in a later row, that has too many fields then": (
        table(0, 50) + '50,"text,1.5\n' + table(51, 60) + '60,", text",2.5\n' + table(61, 100), [52], 99
    ),
    "the next quote opens a text": (
        table(0, 50) + '50,"text,1.5\n' + table(51, 60) + '60,"text",2.5\n' + table(61, 100), [52], 99
    ),
    "the next row has a text in quotes": (
        table(0, 50) + '50,"text,1.5\n' + "".join(f'{i},"text {i}",{i}.5\n' for i in range(51, 100)), [52], 99
    ),
    "in the first row": ('0,"text,0.5\n' + table(1, 100), [2], 99),
    "in the last field": (table(0, 50) + '50,text,"1.5\n' + table(51, 100), [52], 99),
    "twice": (table(0, 50) + '50,"text,1.5\n' + table(51, 70) + '70,"text,1.5\n' + table(71, 100), [52, 72], 98),
    "behind a text of several lines": ('0,"x\ny\nz",1.5\n' + table(1, 50) + '50,"text,1.5\n' + table(51, 90), [54], 89),
    "more than two megabytes before the end": (table(0, 50) + '50,"text,1.5\n' + table(51, 150_000), [52], 149_999),
}  # fmt: skip


@pytest.mark.parametrize("name", STRAYS)
@pytest.mark.parametrize("file", ["table.csv", "table.csv.gz"])
def test_one_line_is_left_out_and_told(tmp_path, name, file):
    body, lines, rows = STRAYS[name]
    dataset = read(tmp_path, HEAD + body, file)
    assert [(one["line"], one["reason"]) for one in dataset.rejects.rows()] == [(line, STRAY) for line in lines]
    assert (dataset.rows, dataset.rejects.count, dataset.rejects.lines) == (rows, len(lines), len(lines))
    assert f"line {lines[0]}: {STRAY}" in dataset.notes
    assert [one.type for one in dataset.columns] == ["BIGINT", "VARCHAR", "DOUBLE"]
    longest = dataset.query(f"SELECT max(length(b)) AS n FROM {dataset.scan}")["n"][0].as_py()
    assert longest <= len("text 149999")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_may_end_otherwise(tmp_path, end):
    body = HEAD + table(0, 50) + '50,"text,1.5\n' + table(51, 100)
    dataset = read(tmp_path, body.replace("\n", end))
    assert (dataset.rows, [one["line"] for one in dataset.rejects.rows()]) == (99, [52])


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_bytes_that_are_no_utf8_are_refused_beside_a_stray_quote_too(tmp_path, end):
    usual = HEAD + table(0, 40).replace("text 7,", "é" * 40 + ",")
    after = table(41, 60) + '60,"text,1.5\n' + table(61, 90)
    body = usual.encode() + b"40,caf\xe9,1.5\n" + after.encode()
    (tmp_path / "table.csv").write_bytes(body.replace(b"\n", end))
    dataset = open_dataset(tmp_path / "table.csv")
    assert [(one["line"], one["reason"]) for one in dataset.rejects.rows()] == [
        (42, REASONS["INVALID ENCODING"]), (62, STRAY)
    ]  # fmt: skip
    assert dataset.rows == 88


def test_looking_for_quotes_is_told_and_may_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "LOOK", 0.0)
    monkeypatch.setattr(quotes, "TOLD", 16)
    (tmp_path / "table.csv").write_text(HEAD + table(0, 50) + '50,"text,1.5\n' + table(51, 100))
    said = []

    def stop(share, words):
        said.append(words)
        if words == "looking at line 64":
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        open_dataset(tmp_path / "table.csv", tell=stop)
    assert said[-3:] == ["looking at line 32", "looking at line 48", "looking at line 64"]
    assert open_dataset(tmp_path / "table.csv").rows == 99


TEXTS = {
    "of some lines": '50,"one\ntwo\nthree",1.5\n',
    "of lines with as many commas": '50,"dear,x,y\nhello,y,z\nbye,a,b",1.5\n',
    "with quotes within": '50,"he said ""hi""\nand ""so""\non",1.5\n',
    "that begins a line": '50,"\n\n\nlate",1.5\n',
    "that looks like rows": '50,"text,1.5\n' + table(51, 60) + '60,text",1.5\n',
    "of which a line looks like a row": '50,"header\n1,x,2\nend",1.5\n',
    "of a megabyte": '50,"' + "lorem ipsum\n" * 100_000 + '",1.5\n',
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_several_lines_stay(tmp_path, name):
    dataset = read(tmp_path, HEAD + table(0, 50) + TEXTS[name] + table(51, 100))
    assert (dataset.rows, dataset.rejects.count, dataset.notes) == (100, 0, ())
    kept = dataset.query(f"SELECT b FROM {dataset.scan} WHERE a = 50")["b"][0].as_py()
    assert kept == TEXTS[name][4:-6].replace('""', '"')


def test_a_text_that_is_too_long_takes_itself_alone_and_all_its_lines_are_counted(tmp_path):
    long = '50,"' + "lorem ipsum dolor sit amet\n" * 100_000 + '",1.5\n'
    dataset = read(tmp_path, HEAD + table(0, 50) + long + table(51, 100))
    assert (dataset.rows, dataset.rejects.count, dataset.rejects.lines) == (99, 1, 100_001)
    assert "they take 100,001 lines of the file, as a quote goes on over several" in dataset.notes


def test_what_is_too_long_is_no_row_of_the_table_though_it_looks_like_many(tmp_path):
    dataset = read(tmp_path, HEAD + table(0, 50) + '50,"' + table(0, 100_000) + '",1.5\n' + table(51, 100))
    assert (dataset.rows, dataset.rejects.count, dataset.rejects.lines) == (99, 1, 100_001)


PARTS = (
    "12,second part", "13,text 13,13.5", '7,"text 7",7.5', "1,x,2", 'say "hi"', '"', ",", '",', ',"', '"",""', "end",
    "", "a;b", "it's", "\t", '5" pipe', "a\\", "c:\\dir",
)  # fmt: skip
NASTY = st.lists(st.sampled_from(PARTS), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(NASTY, min_size=1, max_size=12), st.integers(2, 3), st.booleans(),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), st.sampled_from(["\n", "\r\n", "\r"]),
)  # fmt: skip
def test_what_the_csv_module_writes_is_read_as_it_was_written(tmp_path, texts, width, escaped, quoting, end):
    rows = [[i, f"text {i}", i + 0.5][:width] for i in range(60)]
    for i, parts in enumerate(texts):
        rows[5 * i][1] = "x" + end.join(parts)
    if escaped:  # with a text in quotes: else nothing in the file tells of the backslash
        quoting, rows[3][1] = csv.QUOTE_ALL, 'a "b" c'
    out = io.StringIO()
    escape = "\\" if escaped else None
    writer = csv.writer(out, quoting=quoting, lineterminator=end, doublequote=not escaped, escapechar=escape)
    writer.writerows([["a", "b", "c"][:width], *rows])
    dataset = read(tmp_path, out.getvalue())
    kept = dataset.query(f"SELECT * FROM {dataset.scan} ORDER BY a").to_pylist()
    assert [list(one.values()) for one in kept] == rows
    assert (dataset.notes, dataset.rejects.count) == ((), 0)


def test_of_one_column_lines_keep_their_numbers(tmp_path):
    words = "".join(f"word {i}\n" for i in range(30))
    dataset = read(tmp_path, "b\n" + words + '"x\n' + words + '"y"z\n' + words)
    assert dataset.rows == 90
    assert [one["line"] for one in dataset.rejects.rows()] == [32, 63]


def test_backslashes_before_quotes(tmp_path):
    rows = "".join(f'{i},"a \\" b",{i}.5\n' for i in range(50))
    dataset = read(tmp_path, HEAD + rows + '50,"text,1.5\n' + table(51, 60) + '60,"x \\" y\nz",1.5\n' + table(61, 90))
    assert [one["line"] for one in dataset.rejects.rows()] == [52] and dataset.rows == 89
    found = dataset.query(f"SELECT b FROM {dataset.scan} WHERE a IN (3, 60) ORDER BY a")["b"].to_pylist()
    assert found == ['a " b', 'x " y\nz']


def test_backslashes_before_line_ends(tmp_path):
    rows = "".join(f'{i},"a \\" b",{i}.5\n{i + 1000},"abc\\\n",5\n' for i in range(60))
    dataset = read(tmp_path, HEAD + rows)
    assert (dataset.rows, dataset.rejects.count, dataset.notes) == (120, 0, ())
    assert dataset.query(f"SELECT b FROM {dataset.scan} WHERE a = 1000")["b"].to_pylist() == ["abc\n"]


def test_quotes_upon_quotes_end_in_time(tmp_path):
    body = "".join(f'{i},"x,"""\n' for i in range(20_000))
    dataset = read(tmp_path, HEAD + table(0, 30_000) + body)
    assert dataset.rows >= 30_000 and dataset.rows + dataset.rejects.lines >= 30_000
