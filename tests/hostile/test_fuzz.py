"""Chance against every reader: files flipped and cut, filters, windows, monitors, links, sealed PDFs, uploads.

Whatever comes in, what comes out is an answer or an error of ours. The same cases every time, a few hundred of each.
"""

import asyncio
import gzip
import io
import json
import os
import string
import zipfile
from datetime import datetime, timedelta
from urllib.parse import parse_qs, quote

import httpx
import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from engine.access.rules import parse_access
from engine.columns import Column, Kind
from engine.errors import PlumblineError
from engine.evidence.pdf import render_pdf
from engine.evidence.verify import verify_bytes
from engine.monitor.read import parse_monitor
from engine.slices import OPERATORS, Filter, Slice, Window, parse_window
from engine.slices.texts import joined_text, parse_filters
from engine.tables.connection import connect
from engine.tables.sources import open_dataset
from pages.shared.answering import TOKEN
from pages.shared.inbox import open_inbox, parcels
from pages.shared.picking import span_of
from pages.shared.receive import routes
from pages.shared.view import option_of
from pages.shared.words import plain
from tests.evidence.steps import evidence, run_of
from tests.hostile.texts import TEXTS

pytestmark = pytest.mark.slow
CALM = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def bounded(most):
    return settings(max_examples=most, deadline=None, derandomize=True, database=None, suppress_health_check=CALM)


# files


def rows():
    start = datetime(2024, 1, 1)
    return [{"a": i / 3, "b": f'text {i}, "x"', "c": start + timedelta(hours=i), "d": i % 2 == 0} for i in range(40)]


def sheet():
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in [["a", "b"], *([one["a"], one["b"]] for one in rows())]:
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


def packed(data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", data)
    return stream.getvalue()


def written(write):
    stream = io.BytesIO()
    write(pa.Table.from_pylist(rows()), stream)
    return stream.getvalue()


def streamed(table, stream):
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)


LINES = "".join(json.dumps({**one, "c": str(one["c"])}) + "\n" for one in rows()).encode()
CSV = "\r\n".join(
    ["a;b;c", *(f'{str(one["a"]).replace(".", ",")};"{one["d"]}\n";{one["c"]}' for one in rows())]
).encode()
FILES = {
    "csv": CSV,
    "json lines": LINES,
    "json": json.dumps([json.loads(line) for line in LINES.splitlines()]).encode(),
    "parquet": written(lambda table, stream: pq.write_table(table, stream)),
    "arrow stream": written(streamed),
    "feather": written(lambda table, stream: pa.feather.write_feather(table, stream, compression="uncompressed")),
    "workbook": sheet(),
    "gzip": gzip.compress(CSV),
    "zst": bytes(pa.compress(LINES, "zstd", asbytes=True)),
    "zip": packed(CSV),
}
BYTES = st.one_of(st.integers(0, 255), st.sampled_from([0, 10, 13, 34, 44, 255]))


def spoiled(data, draw):
    """A file with bytes changed, put in or taken out, and perhaps its end missing."""
    found = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(found)))
        match draw(st.integers(0, 3)):
            case 0 if at < len(found):
                found[at] = draw(BYTES)
            case 1:
                found[at:at] = draw(st.binary(max_size=20))
            case 2:
                del found[at : at + draw(st.integers(1, 50))]
            case _:
                found[-8 + at % 8 :] = draw(st.binary(min_size=8, max_size=8))
    return bytes(found[: draw(st.integers(0, len(found)))] if draw(st.integers(0, 4)) == 0 else found)


@pytest.mark.parametrize("kind", FILES)
def test_a_spoiled_file_is_read_or_refused(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLUMBLINE_MEMORY", "1GB")
    path = tmp_path / "spoiled"
    path.write_bytes(FILES[kind])
    assert open_dataset(path).rows == 40, "as it was it is read"
    root = connect([tmp_path])

    @bounded(12 if kind == "workbook" else 40)
    @given(st.data())
    def tried(data):
        path.write_bytes(spoiled(FILES[kind], data.draw))
        try:
            found = open_dataset(path, root)
            condition, values = found.where(Slice((Filter(found.columns[0].name, "not_null"),)))
            found.query(f"SELECT count(*) FROM {found.scan} WHERE {condition}", values)
        except PlumblineError as error:
            assert str(error).isprintable() and len(str(error)) < 3000

    tried()


@bounded(80)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_none(tmp_path, data):
    path = tmp_path / "any"
    path.write_bytes(data)
    try:
        assert open_dataset(path).columns
    except PlumblineError as error:
        assert str(error).isprintable()


# filters: the database and Python, row by row

VALUES = {
    "n": [None, 0, 1, -5, 7, 7, 2**31, -(2**31)],
    "x": [None, 0.0, -1.5, 0.1, 1e300, 7.0, 0.25, -0.0],
    "t": [None, "", "a", "A & B", 'say "x"', "7", "in(a)", " z"],
}
COLUMNS = [Column("n", "BIGINT", Kind.NUMERIC), Column("x", "DOUBLE", Kind.NUMERIC),
           Column("t", "VARCHAR", Kind.CATEGORICAL)]  # fmt: skip
MEANS = {
    "ge": lambda a, b: a >= b[0], "gt": lambda a, b: a > b[0], "le": lambda a, b: a <= b[0],
    "lt": lambda a, b: a < b[0], "eq": lambda a, b: a == b[0], "ne": lambda a, b: a != b[0], "in": lambda a, b: a in b,
    "not_in": lambda a, b: a not in b, "between": lambda a, b: b[0] <= a <= b[1], "is_null": lambda a, b: False,
    "not_null": lambda a, b: True,
}  # fmt: skip
MISSING = {"ne": True, "not_in": True, "is_null": True}


def filters_of(column):
    whole = st.one_of(st.sampled_from([one for one in VALUES["n"] if one is not None]), st.integers(-(10**12), 10**12))
    real = st.one_of(whole, st.floats(allow_nan=False, allow_infinity=False))
    text = st.one_of(st.sampled_from([one for one in VALUES["t"] if one]), st.text("ab \"&,()=<>'%_?\\", max_size=6))
    value = {"n": whole, "x": real, "t": text}[column]
    keys = [
        key for key in MEANS if column != "t" or key in ("eq", "ne", "in", "not_in", "is_null", "not_null", "ge", "lt")
    ]

    def made(key):
        want = OPERATORS[key].values
        least, most = (1, 4) if want is None else (want, want)
        return st.builds(lambda v: Filter(column, key, tuple(v)), st.lists(value, min_size=least, max_size=most))

    return st.sampled_from(keys).flatmap(made)


FILTERS = st.lists(st.sampled_from("nxt").flatmap(filters_of), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def few():
    return open_dataset(pa.table(VALUES))


@bounded(400)
@given(FILTERS)
def test_a_filter_finds_in_the_database_what_it_finds_by_hand(few, filters):
    again = parse_filters(joined_text(filters), COLUMNS)
    assert [str(one.values) for one in again] == [str(one.values) for one in filters] or again == tuple(filters)
    condition, values = few.where(Slice(tuple(again)))
    numbered = f"(SELECT *, row_number() OVER () AS place FROM {few.scan})"
    found = few.query(f"SELECT place FROM {numbered} WHERE {condition}", values)
    by_hand = [
        i + 1 for i in range(8)
        if all(MISSING.get(one.operator, False) if VALUES[one.column][i] is None
               else MEANS[one.operator](VALUES[one.column][i], one.values) for one in again)
    ]  # fmt: skip
    assert sorted(found["place"].to_pylist()) == by_hand


PIECES = st.lists(
    st.one_of(st.sampled_from(["n", "x", "t",
                               '"t"', " & ", ">=", "<=", "!=", "=", "<", ">", " in(", " not_in(", ")", ",",
                               " between(", " contains(", " is_null", " not_null", '"', '""', "'", "?", ";", "1",
                               "-1e5", "1e999", "nan", "inf", "0x1", "\0", "\n", "\ud800", "9" * 400]),
              st.text(max_size=4)),
    max_size=12,
).map("".join)  # fmt: skip


@bounded(1500)
@given(PIECES)
def test_any_text_is_a_filter_or_none(few, text):
    try:
        filters = parse_filters(text, COLUMNS)
        condition, values = few.where(Slice(filters))
        found = few.query(f"SELECT count(*) AS n FROM {few.scan} WHERE {condition}", values)["n"][0].as_py()
        assert 0 <= found <= 8
        for one in filters:
            assert one.words and parse_filters(joined_text([one]), COLUMNS)[0].text == one.text
    except PlumblineError as error:
        assert str(error).isprintable() and len(str(error)) < 2000


# windows and links

MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 30))


@bounded(300)
@given(MOMENTS, st.timedeltas(timedelta(microseconds=1), timedelta(days=4000)))
def test_a_window_survives_its_link(start, length):
    try:
        window = Window(start, start + length)
    except OverflowError:
        return
    text = parse_qs(f"window={quote(window.text)}")["window"][0]
    assert parse_window(text) == span_of(text) == window
    assert window.words and option_of(window)


@bounded(600)
@given(st.one_of(st.text(string.digits + "-:. TZ+WQ", max_size=50), st.text(max_size=30)), st.booleans())
def test_any_text_is_a_window_or_none(text, dots):
    text = f"{text}..{text[::-1]}" if dots else text
    try:
        window = parse_window(text)
        assert window.start < window.end and span_of(text) == window
    except PlumblineError:
        assert span_of(text) is None


@bounded(600)
@given(FILTERS)
def test_a_cohort_survives_its_link(filters):
    text = joined_text(filters)
    again = parse_qs(f"filter={quote(text)}", keep_blank_values=True).get("filter", [""])[0]
    assert joined_text(parse_filters(again, COLUMNS)) == joined_text(parse_filters(text, COLUMNS))


@bounded(600)
@given(st.text(max_size=60))
def test_any_text_is_shown_letter_by_letter(text):
    said = plain(text)
    assert not set(said) & set("\n\r") and plain(said).count("\\") >= said.count("\\")


# monitors and access

GOOD = """monitor: m
model: {name: late, version: "1", task: classification}
reference: {path: data/a.parquet}
production: {path: data/b.parquet, csv: {delimiter: ";", nulls: [NA]}}
columns: {id: i, timestamp: at, kinds: {hour: categorical}, cohorts: [a, b], features: {top: 10}}
window: {every: 1 week, grace: 2 days, least: 0.5}
against: [reference, previous window]
signals:
  data_drift: {metrics: {numeric: [psi], categorical: [psi]}}
thresholds:
  psi: {warning: 0.1, critical: 0.25}
  temp.psi: {warning: "5 %", critical: "+0.5"}
policy: {false_alarms: 0.05, persist: 2 of 3, max_model_age: 180 days}
events: [{at: 2024-03-11, name: move}]
deliver:
  - {to: webhook, url: "${HOOK}", when: critical, digest: daily}
"""
RULES = """claims: {roles: realm.roles, groups: groups}
roles: {admins: admin, readers: [viewer]}
people: {ada@example.com: [reviewer, viewer]}
monitors: {"credit-*": {groups: credit}}
hours: 8
"""
SNIPPETS = st.sampled_from(
    ["{", "}", "[", "]", ":", ": ", "- ", "\n", "  ", "&a ", "*a", "<<: ", "!!python/name:os.system ", "!!binary ",
     "!x ",
     "|", ">", "#", "'", '"', "---\n", "...\n", "%YAML 1.2\n", "? ", "null", "~", ".nan", ".inf", "-1", "1e400", "0b1",
     "0o7", "1:30", "2024-13-45", "2024-01-01T99:00:00", "\t", "\0", "\x85", "\u2028", "\ufeff", "\\x00", "true", "=",
     "9" * 5000, "psi", "monitor: x\n", "0_0", "190:20:30", "!!set {a}", "!!timestamp x", "!!int x", "!!float x"]
)  # fmt: skip


def mangled(text, draw):
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 12))
        text = text[:at] + draw(st.one_of(SNIPPETS, st.text(max_size=5))) + text[at + length :]
    return text


@bounded(500)
@given(st.data())
def test_a_mangled_monitor_is_read_or_refused(data):
    try:
        found = parse_monitor(mangled(GOOD, data.draw))
        assert len(found.digest) == 64 and found.plan and json.dumps(found.definition).encode()
    except PlumblineError as error:
        assert all(one.isprintable() or one == "\n" for one in str(error))


@bounded(400)
@given(st.data())
def test_mangled_access_is_read_or_refused(data):
    try:
        assert parse_access(mangled(RULES, data.draw)).hours
    except PlumblineError as error:
        assert all(one.isprintable() or one == "\n" for one in str(error))


# evidence


@pytest.fixture(scope="module")
def sealed():
    return render_pdf(evidence(run_of(2)))


@bounded(60)
@given(st.data())
def test_a_spoiled_pdf_is_never_what_it_was(sealed, data):
    spoilt = spoiled(sealed, data.draw)
    if spoilt == sealed:
        return
    try:
        found = verify_bytes(spoilt, "x.pdf")
        assert json.dumps(found.document()) and found.words
        assert found.code != 0, "a byte is another"
    except PlumblineError as error:
        assert str(error).isprintable()


# uploads

APP = Starlette(routes=routes("/"))
SENT = st.one_of(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from(["name", "size", "modified", "head", "sha256", "id", "x"]),
                    st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=70),
                              st.lists(st.integers(), max_size=2),
                              st.sampled_from(["0" * 64, "..", "1", "a" * 16])),
                    max_size=7).map(lambda one: json.dumps(one).encode()),
)  # fmt: skip
NAMES = st.text(string.ascii_letters + string.digits + "-._~%!$&'()*+,;=:@", min_size=1, max_size=30)


@bounded(250)
@given(st.sampled_from(["POST", "PUT", "DELETE"]), NAMES, SENT, st.text(string.printable[:95], max_size=20))
def test_any_request_to_the_upload_is_answered(tmp_path, monkeypatch, method, name, content, offset):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    token = "0123456789abcdef" * 2
    home = open_inbox(token)

    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://here") as client:
            path = "/upload" if method == "POST" else f"/upload/{name}"
            return await client.request(method, path, content=content, headers={TOKEN: token, "upload-offset": offset})

    said = asyncio.run(ask())
    assert said.status_code in (200, 307) or 400 <= said.status_code < 500, said.text  # 307: /upload/. is /upload/
    assert {one.parent for one in tmp_path.rglob("*") if one.is_file()} <= {home}
    for one in list(parcels(home)):
        assert os.path.basename(one.file) == one.file and one.name.isprintable()


def test_chance_has_not_replaced_the_table():
    assert len(TEXTS) > 100
