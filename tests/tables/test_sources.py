"""What is opened: files, folders and globs under any name; and what is refused, with reason and nearest name."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.columns import Kind, Role
from engine.errors import UnknownName, UnreadableSource
from engine.tables import sources
from engine.tables.sources import find_files, open_dataset

TABLE = pa.table({"x": [1, 2, 3], "word": ["a", "b", None]})
NAMES = [
    "plain", "a[1]*", "it's", 'q"uote', "sp ace", "new\nline", "{scan}", "ünï🛫", "a?b", "a\\b", "$x;--", "~x", "%41",
    "a#b", "'); DROP TABLE x; --", ".hidden", "-dash",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_file_may_have_any_name(tmp_path, name, kind):
    path = tmp_path / f"{name}.{kind}"
    if kind == "parquet":
        pq.write_table(TABLE, path)
        pq.write_table(pa.table({"wrong": [1]}), tmp_path / f"a11.{kind}")  # a[1]* as a glob would read it
    else:
        path.write_text("x,word\n1,a\n2,b\n3,\n")
        (tmp_path / "a11.csv").write_text("wrong\n1\n")
    dataset = open_dataset(path)
    assert [column.name for column in dataset.columns] == ["x", "word"]
    assert dataset.rows == 3
    assert dataset.query(f"SELECT x FROM {dataset.scan} ORDER BY x")["x"].to_pylist() == [1, 2, 3]


def test_a_missing_file_has_its_nearest_name(tmp_path):
    pq.write_table(TABLE, tmp_path / "production.parquet")
    with pytest.raises(UnreadableSource, match=r"no such file.*Did you mean .*production\.parquet"):
        open_dataset(tmp_path / "prodction.parquet")


WRONG_PATHS = [
    "",
    " ",
    "x\0y",
    "a" * 5000,
    "~nobody-here/x",
    "a**b",
    "[",
    "/nowhere/x.parquet",
    "s3://b/x",
    "/dev/null",
]


@pytest.mark.parametrize("path", WRONG_PATHS, ids=lambda path: repr(path[:12]))
def test_what_is_no_path_is_refused(path):
    with pytest.raises(UnreadableSource) as raised:
        open_dataset(path)
    assert len(str(raised.value)) > 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"PAR1 and then nothing", "Invalid Input Error: .*magic bytes"),
        (b"PAR1" + b"\0" * 100 + b"PAR1", "Error: "),
        (bytes(range(256)) * 20, "neither Parquet nor text"),
        (b"a,b\n1," + b"x" * 3_000_000 + b"\n", "longer than 2,000,000 bytes"),
    ],
    ids=["empty", "cut", "zeros", "binary", "long line"],
)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path, content, said):
    path = tmp_path / "x.data"
    path.write_bytes(content)
    with pytest.raises(UnreadableSource, match=said) as raised:
        open_dataset(path)
    assert path.name in str(raised.value)
    assert len(str(raised.value)) < 500


def test_an_empty_folder_and_a_folder_of_other_files_are_refused(tmp_path):
    (tmp_path / "readme.md").write_text("a\n1\n")
    (tmp_path / "_part.csv").write_text("a\n1\n")
    with pytest.raises(UnreadableSource, match="holds no Parquet file"):
        open_dataset(tmp_path)
    (tmp_path / "x.csv").write_text("a\n1\n")
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(UnreadableSource, match=r"several kinds: \.csv, \.jsonl.*\*\.csv"):
        open_dataset(tmp_path)


def test_a_folder_of_tables_is_read_as_one_and_what_differs_is_told(tmp_path):
    (tmp_path / "1.csv").write_text("a,b,c\n1,x,\n2,y,\n")
    (tmp_path / "2.csv").write_text("a,c\n3.5,2013-01-01\n")
    (tmp_path / "3.csv").write_text("a;b;c\n4;z;2013-01-02\n")
    for source in (tmp_path, tmp_path / "*.csv"):
        dataset = open_dataset(source)
        assert dataset.rows == 4
        assert [(c.name, c.type) for c in dataset.columns] == [("a", "DOUBLE"), ("b", "VARCHAR"), ("c", "DATE")]
        assert dataset.how.endswith(", 3 files")
        told = " | ".join(dataset.notes)
        assert "1 of 3 files have no column 'b', the first" in told and "2.csv" in told
        assert "'a' is int64 in" in told


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_partitions_are_columns_with_types(tmp_path, kind):
    for year in (2013, 2014):
        for place in ("New%20York", "K%3Dln"):
            folder = tmp_path / f"year={year}" / f"place={place}"
            folder.mkdir(parents=True)
            if kind == "parquet":
                pq.write_table(TABLE, folder / "part.parquet")
            else:
                (folder / "part.csv").write_text("x,word\n1,a\n2,b\n3,\n")
    dataset = open_dataset(tmp_path)
    assert dataset.rows == 12
    assert {c.name: c.type for c in dataset.columns} == {
        "x": "BIGINT", "word": "VARCHAR", "year": "BIGINT", "place": "VARCHAR",
    }  # fmt: skip
    found = dataset.query(f"SELECT year, place, sum(x) AS s FROM {dataset.scan} GROUP BY ALL ORDER BY ALL").to_pylist()
    assert [(row["year"], row["place"], row["s"]) for row in found] == [
        (2013, "K=ln", 6), (2013, "New York", 6), (2014, "K=ln", 6), (2014, "New York", 6),
    ]  # fmt: skip
    assert len(set(dataset.prints)) == 4, "the same bytes in another partition are other rows"
    assert any("names of folders: 'year', 'place'" in note for note in dataset.notes)
    one = open_dataset(tmp_path / "year=2013" / "place=K%3Dln" / f"part.{kind}")
    assert [c.name for c in one.columns] == ["x", "word"], "of one file, the folders above say nothing"


def test_the_same_file_in_two_partitions_is_counted_in_both(tmp_path):
    for year in (2013, 2014):
        (tmp_path / f"year={year}").mkdir()
        pq.write_table(pa.table({"x": [1.0, 2.0, 3.0]}), tmp_path / f"year={year}" / "part.parquet")
    for part in (tmp_path / "year=2013", tmp_path / "year=2014"):
        assert [c.name for c in open_dataset(part).columns] == ["x"]
    assert open_dataset(tmp_path / "year=2013" / "*").sha256 == open_dataset(tmp_path / "year=2014" / "*").sha256
    assert open_dataset(tmp_path / "*" / "*.parquet").rows == 6
    assert open_dataset(tmp_path).sha256 != open_dataset(tmp_path / "year=2013").sha256


def test_of_many_files_a_broken_one_is_named(tmp_path):
    for name in "abc":
        pq.write_table(TABLE, tmp_path / f"{name}.parquet")
    whole = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[:-9])
    with pytest.raises(UnreadableSource, match=r"b\.parquet: It cannot be read as Parquet"):
        open_dataset(tmp_path)


def test_folders_and_globs_are_read_as_one_table(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for i, place in enumerate(
        [tmp_path / "1.parquet", tmp_path / "deep" / "2.parquet", tmp_path / "deep/er/3.parquet"]
    ):
        pq.write_table(pa.table({"x": [i]}), place)
    assert open_dataset(tmp_path).rows == 3
    assert open_dataset(str(tmp_path / "*.parquet")).rows == 1
    assert open_dataset(str(tmp_path / "**" / "*.parquet")).rows == 3
    assert find_files(tmp_path) == tuple(sorted(find_files(tmp_path)))


def test_files_of_one_folder_may_lack_columns_and_rows(tmp_path):
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"y": ["a"]}), tmp_path / "2.parquet")
    pq.write_table(pa.table({"x": [2.0]}).slice(0, 0), tmp_path / "3.parquet")
    dataset = open_dataset(tmp_path)
    assert (dataset.rows, [column.name for column in dataset.columns]) == (2, ["x", "y"])


def test_parquet_and_csv_are_not_mixed(tmp_path):
    pq.write_table(TABLE, tmp_path / "1.parquet")
    (tmp_path / "2.parquet").write_text("x\n1\n")
    with pytest.raises(UnreadableSource, match=r"2\.parquet.*all are of one format; the first is Parquet, this is CSV"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("thing", [None, 5, [1], {"x": [1]}, object()], ids=lambda thing: type(thing).__name__)
def test_what_is_no_table_in_memory_is_refused(thing):
    with pytest.raises(UnreadableSource, match="is no table"):
        open_dataset(thing)


def test_a_fingerprint_follows_the_content_and_not_the_name(tmp_path):
    for name in ("a", "b"):
        pq.write_table(TABLE, tmp_path / f"{name}.parquet")
    pq.write_table(TABLE.slice(0, 2), tmp_path / "c.parquet")
    prints = [open_dataset(tmp_path / f"{name}.parquet").sha256 for name in "abc"]
    assert prints[0] == prints[1] != prints[2]
    chunked = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    assert open_dataset(TABLE).sha256 == open_dataset(chunked).sha256 != open_dataset(TABLE.slice(0, 2)).sha256


# ---- CSV


def csv(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return open_dataset(path)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("a,b\n1,x\n2,y\n", "CSV, comma-separated, with header"),
        ("a;b\n1;x\n2;y\n", "CSV, semicolon-separated, with header"),
        ("a\tb\n1\tx\n2\ty\n", "CSV, tab-separated, with header"),
        ("a|b\r\n1|x\r\n2|y\r\n", "CSV, bar-separated, with header"),
        ("\ufeffa,b\n1,x\n2,y\n", "CSV, comma-separated, with header"),
        ('a,b\n1,"x, ""y""\nz"\n2,y\n', "CSV, comma-separated, with header"),
    ],
)
def test_a_csv_file_tells_how_it_was_read(tmp_path, text, how):
    dataset = csv(tmp_path, text)
    assert (dataset.how, dataset.notes, dataset.rows) == (how, (), 2)
    assert [(column.name, column.type) for column in dataset.columns] == [("a", "BIGINT"), ("b", "VARCHAR")]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_read_and_said(tmp_path, encoding):
    dataset = csv(tmp_path, "town,n\nKöln,1\nMálaga,2\n", encoding)
    assert dataset.how.endswith(f"read as {encoding}")
    assert dataset.query(f"SELECT town FROM {dataset.scan} ORDER BY n")["town"].to_pylist() == ["Köln", "Málaga"]


@pytest.mark.parametrize("before", [10, 30_000])
def test_rows_that_do_not_fit_are_left_out_counted_and_told(tmp_path, before):
    good = "".join(f"{i},{i}\n" for i in range(before))
    dataset = csv(tmp_path, f"a,b\n{good}1,2,3,4\n5\n7,7\n")
    assert dataset.rows == before + 1
    assert dataset.notes[0] == "2 rows do not fit the table and were left out"
    assert dataset.notes[1].startswith(f"line {before + 2}: ")
    assert dataset.how == "CSV, comma-separated, with header"
    again = open_dataset(tmp_path / "table.csv")
    assert (again.notes, again.how, again.rows) == (dataset.notes, dataset.how, dataset.rows)


def test_a_few_bad_words_leave_a_column_of_numbers_one_with_type_errors(tmp_path):
    words = "".join(f"{i if i % 20 else 'off'},{i}\n" for i in range(1000))
    dataset = csv(tmp_path, f"x,y\n{words}")
    assert dataset.column("x").kind is Kind.NUMERIC
    run = compare(dataset, dataset)
    assert {f.column for f in run.findings if f.metric == "wasserstein"} == {"x", "y"}
    assert run.summaries["x"].quality.production.type_errors == 50
    assert run.summaries["x"].quality.production.nulls == 0


def test_a_word_column_with_some_numbers_stays_one_of_words(tmp_path):
    assert csv(tmp_path, "x\na\nb\n1\n2\n").column("x").kind is Kind.CATEGORICAL


def test_the_type_of_a_csv_column_is_decided_by_every_row(tmp_path):
    rows = "".join(f"{i}\n" for i in range(40_000))
    assert csv(tmp_path, f"x,\n{rows.replace(chr(10), ',' + chr(10))}1.5,\n").column("x").type == "DOUBLE"


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    dataset = csv(tmp_path, "a,b\n")
    assert (dataset.rows, [column.name for column in dataset.columns]) == (0, ["a", "b"])


# ---- columns under any name

COLUMNS = [
    'a"b', "a'b", "a\nb", "{scan}", "{c}", "{0}", "x; DROP TABLE t--", "🛫", "value", "frame", "rows", "name",
    "present", "broken", " ", "at", "one", "v0", "b0", "c0", "select", "?", "$1", "%s", "a\\", "x" * 2000, "rowid",
    "filename", "a.b", "a=b", "COLUMNS(*)",
]  # fmt: skip


@pytest.mark.parametrize("in_file", [False, True], ids=["frame", "file"])
@pytest.mark.parametrize("name", COLUMNS, ids=lambda name: repr(name[:15]))
def test_a_column_may_have_any_name(tmp_path, name, in_file):
    from engine.slices import Filter, Slice
    from engine.tables.count import count
    from engine.tables.supports import build_support
    from engine.tables.values import read

    source = pa.table({name: [1.0, 2.0, 3.0], "other": ["a", "b", None]})
    if in_file:
        pq.write_table(source, tmp_path / "x.parquet")
        source = tmp_path / "x.parquet"
    run = compare(source, source, cut=Slice((Filter(name, "ge", (2,)),)))
    assert {finding.column for finding in run.findings} >= {name, "other"}
    assert run.summaries[name].quality.production.rows == 2
    dataset = open_dataset(source)
    support = build_support(dataset.column(name), read(dataset, dataset.column(name), Slice()))
    assert count(dataset, {name: support}, None, [name]).rows.tolist() == [1, 1, 1]
    assert name in run.to_json() or "\\" in run.to_json()


def test_columns_that_differ_in_case_alone_are_both_read():
    dataset = open_dataset(pa.table({"a": [1, 2], "A": ["x", "y"]}))
    assert len({column.name.lower() for column in dataset.columns}) == 2
    assert [column.kind for column in dataset.columns] == [Kind.NUMERIC, Kind.CATEGORICAL]


def test_what_is_asked_of_a_column_that_is_not_there_has_its_nearest():
    dataset = open_dataset(TABLE)
    for wrong in (
        lambda: dataset.column("wrd"),
        lambda: dataset.assign(kinds={"wrd": "numeric"}),
        lambda: dataset.assign(roles={"wrd": "target"}),
        lambda: dataset.only_features(["wrd"]),
    ):
        with pytest.raises(UnknownName, match="Did you mean 'word'"):
            wrong()
    with pytest.raises(UnknownName, match="Did you mean 'target'"):
        dataset.assign(roles={"x": "targt"})


def test_a_role_that_is_given_is_taken_from_the_others():
    dataset = open_dataset(pa.table({"id": [1], "key": [2]}))
    assert dataset.with_role(Role.ID).name == "id"
    moved = dataset.assign(roles={"key": "id"})
    assert moved.with_role(Role.ID).name == "key"
    assert moved.column("id").role is Role.FEATURE


def test_a_file_name_that_is_no_text_is_refused_in_words_that_can_be_printed(tmp_path):
    path = os.fsencode(tmp_path) + b"/bad\xff.parquet"
    try:
        pq.write_table(TABLE, tmp_path / "x.parquet")
        os.rename(tmp_path / "x.parquet", path)
    except OSError:
        pytest.skip("this file system has no such names")
    with pytest.raises(UnreadableSource) as raised:
        open_dataset(Path(os.fsdecode(path)))
    str(raised.value).encode()


def test_folders_of_dates_are_no_features_unless_that_is_said(tmp_path):
    for month, place in ((1, "a"), (2, "b")):
        folder = tmp_path / "year=2024" / f"month={month}" / f"place={place}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": [1.0, 2.0], "day": [3, 4]}), folder / "part.parquet")
    dataset = open_dataset(tmp_path)
    roles = {one.name: (one.role, one.why) for one in dataset.columns}
    why = "a folder of the date: every new one has another"
    assert roles["year"] == roles["month"] == (Role.IGNORE, why)
    assert roles["place"][0] is roles["x"][0] is roles["day"][0] is Role.FEATURE  # day is a column of the files
    assert dataset.assign(roles={"month": "feature"}).column("month").role is Role.FEATURE
    run = compare(str(tmp_path / "**" / "month=1" / "**" / "*.parquet"), str(tmp_path))
    assert not {one.column for one in run.findings} & {"year", "month"}


def test_a_folder_of_the_only_date_is_the_timestamp(tmp_path):
    for day in (1, 2):
        (tmp_path / f"dt=2024-01-0{day}").mkdir()
        pq.write_table(pa.table({"x": [1.0, 2.0]}), tmp_path / f"dt=2024-01-0{day}" / "part.parquet")
    assert open_dataset(tmp_path).timestamp == "dt"


@pytest.mark.parametrize("error", [OSError(), OSError("\n\n"), pa.ArrowInvalid("")])
def test_an_error_without_words_is_told_by_its_name(tmp_path, monkeypatch, error):
    def fails(*_):
        raise error

    monkeypatch.setattr(sources, "gather", fails)
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(UnreadableSource, match=rf"One of its files cannot be read: {type(error).__name__}\."):
        open_dataset(tmp_path / "x.csv")
