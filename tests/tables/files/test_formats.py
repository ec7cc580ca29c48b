"""Every format becomes the same table: known by its content under any name, its odd rows told, its bombs refused."""

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.columns import Kind
from engine.errors import Cancelled, UnknownName, UnreadableSource
from engine.tables.files.formats import FORMATS, TEXT, format_of
from engine.tables.sources import open_dataset
from tests.conftest import ROOT

ROWS = [{"x": i + 0.5, "n": i, "word": "ab"[i % 2]} for i in range(60)]
TABLE = pa.Table.from_pylist(ROWS)


def arrow_file(path):
    with pa.ipc.new_file(path, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=7)


def arrow_stream(path):
    with pa.ipc.new_stream(path, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=7)


def json_lines(path):
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def workbook(path):
    book = openpyxl.Workbook()
    book.active.append(list(ROWS[0]))
    for row in ROWS:
        book.active.append(list(row.values()))
    book.save(path)


def zipped(write, name):
    def made(path):
        inner = path.with_name("inner")
        write(inner)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("__MACOSX/._x", b"resource fork")
            archive.write(inner, name)
        inner.unlink()

    return made


def csv(path):
    path.write_text("x,n,word\n" + "".join(f"{row['x']},{row['n']},{row['word']}\n" for row in ROWS))


def packed(write, compression):
    def made(path):
        inner = path.with_name("inner")
        write(inner)
        if compression == "gzip":
            path.write_bytes(gzip.compress(inner.read_bytes()))
        else:
            with pa.CompressedOutputStream(str(path), compression) as stream:
                stream.write(inner.read_bytes())
        inner.unlink()

    return made


WRITERS = {
    "Parquet": lambda path: pq.write_table(TABLE, path),
    "Arrow file": arrow_file,
    "Arrow stream": arrow_stream,
    "Feather": lambda path: feather.write_feather(TABLE, str(path), compression="zstd"),
    "JSON, an object a line": json_lines,
    "JSON, a list of objects": lambda path: path.write_text(json.dumps(ROWS, indent=1)),
    "workbook, sheet 'Sheet'": workbook,
    "CSV": csv,
    "CSV, zipped": zipped(csv, "folder/a.csv"),
    "Parquet, zipped": zipped(lambda path: pq.write_table(TABLE, path), "a.parquet"),
    "JSON, an object a line, gzip": packed(json_lines, "gzip"),
    "JSON, an object a line, zstd": packed(json_lines, "zstd"),
    "Parquet, gzip": packed(lambda path: pq.write_table(TABLE, path), "gzip"),
}


@pytest.mark.parametrize("name", ["a.data", "it's [1] ; \n*.csv", "ünï 🛫.parquet"])
@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_is_the_same_table_under_any_name(tmp_path, kind, name):
    path = tmp_path / name
    WRITERS[kind](path)
    dataset = open_dataset(path)
    assert dataset.query(f"SELECT x, n, word FROM {dataset.scan} ORDER BY n").to_pylist() == ROWS
    assert [(one.name, one.kind) for one in dataset.columns] == [
        ("x", Kind.NUMERIC), ("n", Kind.NUMERIC), ("word", Kind.CATEGORICAL),
    ]  # fmt: skip
    assert dataset.files == (path.resolve(),)
    assert dataset.how.startswith(kind.replace("Feather", "Arrow file").replace("CSV, zipped", "CSV"))
    again = open_dataset(path)
    assert (again.scanned, again.how, again.prints) == (dataset.scanned, dataset.how, dataset.prints)


def test_two_formats_of_one_table_compare_as_unchanged(tmp_path):
    workbook(tmp_path / "a.xlsx")
    json_lines(tmp_path / "a.jsonl")
    run = compare(str(tmp_path / "a.xlsx"), str(tmp_path / "a.jsonl"))
    assert [f.value for f in run.findings if f.metric == "psi"] == [0.0, 0.0, 0.0]
    assert not [f for f in run.findings if f.metric == "retyped_column"]


def test_each_row_of_the_table_is_told_by_its_first_bytes(tmp_path):
    assert {one.name for one in FORMATS} >= {"Parquet", "Arrow", "Excel", "ZIP", "gzip", "zstd", "JSON"}
    (tmp_path / "x").write_bytes(b"a,b\n1,2\n")
    assert format_of(tmp_path / "x", "x") is TEXT


@pytest.mark.parametrize("kind", [one for one in WRITERS if one not in ("CSV", "JSON, an object a line")])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_was_cut_off_is_refused_by_name(tmp_path, kind, share):
    path = tmp_path / "cut.data"
    WRITERS[kind](path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnreadableSource) as raised:
        open_dataset(path)
    assert "cut.data" in str(raised.value)
    assert len(str(raised.value)) < 700


# ---- JSON


def test_objects_in_json_are_laid_out_and_deeper_ones_told(tmp_path):
    at = [{"city": "Köln", "n": i, "deep": {"x": 1}} for i in range(30)]
    rows = [{"a": i, "at": at[i], "tags": [1], "mixed": i or "w"} for i in range(30)]
    path = tmp_path / "x.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    dataset = open_dataset(path)
    assert [one.name for one in dataset.columns] == ["a", "at.city", "at.n", "at.deep", "tags", "mixed"]
    assert dataset.column("mixed").kind is Kind.NUMERIC
    assert any("'at' holds objects" in note for note in dataset.notes)
    assert sum("not compared" in note for note in dataset.notes) == 2
    assert dataset.query(f"SELECT DISTINCT \"at.city\" AS c FROM {dataset.scan}")["c"].to_pylist() == ["Köln"]


def test_texts_of_json_that_are_all_moments_are_such(tmp_path):
    moments = {
        "pandas": ["2024-04-01T00:00:00.000", "2024-04-01T00:30:00.500"],
        "zulu": ["2024-04-01T00:00:00Z", "2024-04-01T00:30:00Z"],
        "zone": ["2024-04-01T02:00:00+02:00", "2024-04-01T00:30:00+00:00"],
        "finer": ["2024-04-01T02:00:00.000+0200", "2024-04-01T00:30:00.25Z"],
        "short": ["2024-04-01T00:00", None],
        "one odd": ["2024-04-01T00:00:00.000", "soon"],
        "never": ["2024-02-31T00:00:00.000", "2024-02-28T00:00:00.000"],
        "none": [None, None],
    }
    rows = [{name: texts[i] for name, texts in moments.items()} for i in range(2)]
    path = tmp_path / "it's [1].jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    opened = open_dataset(path)
    kinds = {column.name: column.kind for column in opened.columns}
    dated = {"pandas", "zulu", "zone", "finer", "short"}
    assert {name for name, kind in kinds.items() if kind is Kind.DATETIME} == dated
    read = opened.query(f"SELECT * FROM {opened.scan}").to_pylist()
    assert read[1]["pandas"] == datetime(2024, 4, 1, 0, 30, 0, 500_000)
    assert read[0]["short"] == datetime(2024, 4, 1)
    assert read[0]["zone"] == read[0]["zulu"] == read[0]["finer"] == datetime(2024, 4, 1, tzinfo=UTC)
    assert read[1]["one odd"] == "soon" and read[0]["never"] == "2024-02-31T00:00:00.000"
    assert any("'pandas': texts that are moments" in note for note in opened.notes)


def test_lines_that_are_no_json_are_left_out_counted_and_told(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\nnot json\n{"a": 3}\n5\n{"a": 4, "b"')
    dataset = open_dataset(path)
    assert dataset.rows == 3
    assert dataset.notes[0] == "3 lines are no JSON objects and were left out"
    assert [note.split(":")[0] for note in dataset.notes[1:4]] == ["line 3", "line 5", "line 6"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": [1, 2], "b": [3, 4]}', "one JSON object"),
        ('{"a": 1}\nx\ny\nz\n', "cannot be read"),
        ('[{"a": 1}, {"a":', "not closed"),
        ("[" * 100_000, "."),
        ('{"a":' * 50_000, "."),
    ],
    ids=["columns", "mostly bad", "cut", "deep lists", "deep objects"],
)
def test_json_that_is_no_table_is_refused_with_the_reason(tmp_path, text, said):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(UnreadableSource, match=said) as raised:
        open_dataset(tmp_path / "x.json")
    assert "x.json" in str(raised.value)


# ---- workbooks


@pytest.fixture
def book(tmp_path):
    """A workbook as people write them: a title, an empty row, merged cells, a hidden sheet, errors, mixed values."""
    found = openpyxl.Workbook()
    sheet = found.active
    sheet.title = "Flights 2013"
    sheet.append(["Report of 2013"])
    sheet.append([])
    sheet.append(["id", "delay", "day", "at", "ok", "town", "mixed", "rate", "when", "took", None, "id"])
    for i in range(20):
        sheet.append([
            i, i * 1.5, date(2013, 1, 1 + i), datetime(2013, 1, 1, 10, i), i % 2 == 0, "Köln" if i < 2 else "Málaga",
            "n/a" if i == 7 else i, 0.25, time(10, i), timedelta(hours=i), i, i,
        ])  # fmt: skip
    sheet.append([None] * 12)
    sheet.merge_cells("F4:F5")
    found.create_sheet("Other").append(["a"])
    hidden = found.create_sheet("Secret")
    hidden.append(["s"])
    hidden.sheet_state = "hidden"
    found.save(tmp_path / "a#b.xlsx")
    return tmp_path / "a#b.xlsx"


def test_a_sheet_is_read_with_its_types_and_what_is_odd_is_told(book):
    dataset = open_dataset(book)
    assert dataset.rows == 20
    assert {one.name: one.type for one in dataset.columns} == {
        "id": "BIGINT", "delay": "DOUBLE", "day": "DATE", "at": "TIMESTAMP", "ok": "BOOLEAN", "town": "VARCHAR",
        "mixed": "VARCHAR", "rate": "DOUBLE", "when": "TIME", "took": "DOUBLE", "K": "BIGINT", "id_1": "BIGINT",
    }  # fmt: skip
    assert dataset.column("mixed").kind is Kind.NUMERIC
    towns = dataset.query(f"SELECT town FROM {dataset.scan} ORDER BY id LIMIT 3")["town"].to_pylist()
    assert towns == ["Köln", "Köln", "Málaga"], "each merged cell has the value of its group"
    told = " | ".join(dataset.notes)
    for said in ("'Other', 'Secret'", "1 row above the names", "merged cells", "column K", "'mixed' holds texts"):
        assert said in told


def test_a_sheet_is_named_behind_the_path(book):
    dataset = open_dataset(f"{book}#Other")
    assert ([one.name for one in dataset.columns], dataset.rows) == (["a"], 0)
    assert dataset.files == (book.resolve(),)
    with pytest.raises(UnknownName, match="Did you mean 'Other'"):
        open_dataset(f"{book}#Othr")


def test_the_sheets_of_a_workbook_are_listed_in_their_order(book, tmp_path):
    for _ in range(2):  # as it was read, and as it is kept
        opened = open_dataset(f"{book}#Other")
        assert (opened.sheet, opened.sheets) == ("Other", ("Flights 2013", "Other", "Secret"))
    json_lines(tmp_path / "a.jsonl")
    assert open_dataset(tmp_path / "a.jsonl").sheets == ()


def test_a_sheet_of_a_file_without_sheets_is_refused(tmp_path):
    csv(tmp_path / "a.csv")
    with pytest.raises(UnreadableSource, match="CSV has no sheets"):
        open_dataset(f"{tmp_path}/a.csv#One")


def test_a_sheet_without_names_has_letters(tmp_path):
    found = openpyxl.Workbook()
    for i in range(5):
        found.active.append([i, i + 0.5])
    found.save(tmp_path / "x.xlsx")
    dataset = open_dataset(tmp_path / "x.xlsx")
    assert ([one.name for one in dataset.columns], dataset.rows) == (["A", "B"], 5)


BOOKS = Path(__file__).parent / "workbooks"


@pytest.mark.parametrize("kind", ["xls", "xlsb", "ods"])
def test_workbooks_of_other_programs(kind):
    dataset = open_dataset(BOOKS / f"flights.{kind}")
    assert dataset.rows == 40 and dataset.sheets == ("March #1", "Notes")
    assert {one.name: one.type for one in dataset.columns} == {
        "id": "BIGINT", "at": "TIMESTAMP", "day": "DATE", "temp F": "DOUBLE", "carrier": "VARCHAR", "late": "BOOLEAN",
        "mixed": "VARCHAR", "half": "DOUBLE",
    }  # fmt: skip
    assert dataset.query(f"SELECT * FROM {dataset.scan} WHERE id = 7").to_pylist() == [{
        "id": 7, "at": datetime(2024, 1, 8, 7), "day": date(2024, 1, 8), "temp F": 37.5, "carrier": "AA", "late": False,
        "mixed": "n/a", "half": 3.5,
    }]  # fmt: skip
    empty = dataset.query(f"SELECT count(*) - count(half) AS n, sum(id) AS s FROM {dataset.scan}").to_pylist()
    assert empty == [{"n": 20, "s": 780}]
    assert "1 row above the names is not read" in dataset.notes
    assert open_dataset(f"{BOOKS}/flights.{kind}#Notes").rows == 1


@pytest.mark.parametrize("kind", ["xls", "xlsb", "ods"])
def test_a_workbook_that_was_cut_off_is_refused(tmp_path, kind):
    (tmp_path / f"cut.{kind}").write_bytes((BOOKS / f"flights.{kind}").read_bytes()[:2500])
    with pytest.raises(UnreadableSource, match="cannot be read"):
        open_dataset(tmp_path / f"cut.{kind}")


def damaged(book, part, how):
    """The bytes of a workbook of which one part is garbled, encrypted or packed as nobody packs."""
    made = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        starts = new.getinfo(part).header_offset
    content = bytearray(made.getvalue())
    entry = content.rindex(part.encode()) - 46  # what the directory says of it
    for signs, flags, method in ((starts, 6, 8), (entry, 8, 10)):
        content[signs + flags] |= how == "encrypted"
        content[signs + method] = 99 if how == "packed" else 8
    if how == "garbled":
        at = starts + 30 + len(part)
        content[at : at + 8] = b"\xff" * 8
    return bytes(content)


@pytest.mark.parametrize("how", ["garbled", "encrypted", "packed"])
@pytest.mark.parametrize("part", ["flights.ods/mimetype", "flights.xlsb/xl/worksheets/sheet1.bin"])
def test_a_workbook_of_which_a_part_is_damaged_is_refused_for_that(tmp_path, part, how):
    name, _, inner = part.partition("/")
    (tmp_path / name).write_bytes(damaged(BOOKS / name, inner, how))
    with pytest.raises(UnreadableSource, match=r"The workbook cannot be read|The archive") as told:
        open_dataset(tmp_path / name)
    assert "memory" not in str(told.value)


def test_workbooks_of_which_cells_would_be_lost_are_refused(tmp_path):
    with pytest.raises(UnreadableSource, match=r"short form.*save it as xlsx"):
        open_dataset(BOOKS / "short.xlsb")
    with pytest.raises(UnreadableSource, match="The workbook cannot be read"):
        open_dataset(BOOKS / "spaced.ods")


# ---- archives


def test_archives_that_cannot_be_one_table_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
        archive.writestr("b.csv", "a\n1\n")
    with pytest.raises(UnreadableSource, match=r"holds 2 files: 'a\.csv', 'b\.csv'"):
        open_dataset(tmp_path / "two.zip")
    with zipfile.ZipFile(tmp_path / "nested.zip", "w") as archive:
        archive.write(tmp_path / "two.zip", "x.csv")
    with pytest.raises(UnreadableSource, match="an archive in an archive"):
        open_dataset(tmp_path / "nested.zip")
    (tmp_path / "twice.gz").write_bytes(gzip.compress(gzip.compress(b"a\n1\n")))
    with pytest.raises(UnreadableSource, match="an archive in an archive"):
        open_dataset(tmp_path / "twice.gz")


def test_a_name_in_an_archive_leads_nowhere(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../../../tmp/plumbline-escaped.csv", "a\n1\n2\n")
    dataset = open_dataset(tmp_path / "x.zip")
    assert dataset.rows == 2
    assert not os.path.exists("/tmp/plumbline-escaped.csv")


def test_a_workbook_with_a_far_away_cell_ends_no_server(tmp_path):
    found = openpyxl.Workbook()
    found.active["A1"], found.active["XFD1048576"] = "a", "b"
    found.save(tmp_path / "far.xlsx")
    assert (tmp_path / "far.xlsx").stat().st_size < 10_000
    with pytest.raises(UnreadableSource, match="takes more memory than it may"):
        open_dataset(tmp_path / "far.xlsx")


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_what_expands_without_bound_is_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("engine.tables.files.archives.HARMLESS", 1 << 20)
    monkeypatch.setattr("engine.tables.text.plain_text.HARMLESS", 1 << 20)
    line = b'{"a": 0}\n'
    path = tmp_path / f"bomb.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(line * 1_000_000))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.jsonl", line * 1_000_000)
    with pytest.raises(UnreadableSource, match="expands to more than"):
        open_dataset(path)


def test_a_workbook_that_expands_without_bound_is_refused(tmp_path, monkeypatch):
    workbook(tmp_path / "x.xlsx")
    monkeypatch.setenv("PLUMBLINE_WORKBOOK_GB", "0.000001")
    with pytest.raises(UnreadableSource, match="expands to"):
        open_dataset(tmp_path / "x.xlsx")


STOPPED = ["Arrow file", "JSON, an object a line, gzip", "workbook, sheet 'Sheet'", "CSV, zipped"]


@pytest.mark.parametrize("kind", STOPPED)
def test_copying_can_be_stopped_and_leaves_nothing_half_done(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    WRITERS[kind](tmp_path / "x")

    def stop(share, said):
        raise Cancelled("Opening was stopped.")

    with pytest.raises(Cancelled):
        open_dataset(tmp_path / "x", tell=stop)
    kept = [one for one in (tmp_path / "home").rglob("*") if one.is_file() and "prints" not in one.parts]
    assert kept == []
    assert open_dataset(tmp_path / "x").rows == 60


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads /proc")
def test_large_arrow_files_become_parquet_in_little_memory(tmp_path):
    path = tmp_path / "large.arrow"
    batch = pa.record_batch([pa.array([float(j) for j in range(100_000)])] * 10, [f"c{i}" for i in range(10)])
    with pa.ipc.new_file(path, batch.schema) as writer:
        for _ in range(60):
            writer.write_batch(batch)
    assert path.stat().st_size > 450e6
    code = (
        "import re, sys\nfrom pathlib import Path\nfrom engine.tables.sources import open_dataset\n"
        "def most():\n"  # not ru_maxrss: a child begins with its parent's
        "    return int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) * 1024\n"
        "before = most()\n"
        "assert open_dataset(sys.argv[1]).rows == 6_000_000\n"
        "print(most() - before)\n"
    )
    home = os.environ | {"PLUMBLINE_HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 600e6
