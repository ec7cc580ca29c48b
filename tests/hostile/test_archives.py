"""Small files that would become large: refused in bounded memory and time, in a process that holds 2 GB at most."""

import gzip
import io
import subprocess
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

OPEN = """
import resource, sys, time
import pyarrow, duckdb, numpy
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
from engine.errors import PlumblineError
from engine.tables.sources import open_dataset
try:
    found = open_dataset(sys.argv[1])
    print("rows", found.rows)
except PlumblineError as error:
    print("refused", ascii(str(error))[:600])
most = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # ru_maxrss begins with a parent's
print("used", int(most.split()[1]) // 1024)
"""
MOST = 2000  # megabytes that a process may have held
SECONDS = 60


def zeros(stream, megabytes, piece=b"0" * (1 << 20)):
    for _ in range(megabytes):
        stream.write(piece)


def gz(path):
    with gzip.open(path, "wb", 9) as stream:
        zeros(stream, 600, b"1,2,3,4\n" * (1 << 17))


def gz_of_gz(path):
    inner = io.BytesIO()
    with gzip.open(inner, "wb", 9) as stream:
        zeros(stream, 300)
    path.write_bytes(gzip.compress(inner.getvalue()))


def zst(path):
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        zeros(stream, 600)


def zipped(path):
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as one,
    ):
        zeros(one, 600)


def zip_of_zips(path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.zip", b"PK\x03\x04" + b"0" * (50 << 20))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.zip", inner.getvalue())


def zip_of_a_quine(path):
    """An archive that holds itself as far as anyone looks: five deep."""
    data = b"a,b\n1,2\n"
    for i in range(5):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{i}.zip", data)
        data = outer.getvalue()
    path.write_bytes(data)


def zip_with_a_path(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../../tmp/plumbline-hostile-mark", "a,b\n1,2\n3,4\n")


def zip_of_many(path):
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(20_000):
            archive.writestr(f"{i}.csv", b"")


def zip_that_lies(path):
    zipped_small = io.BytesIO()
    with zipfile.ZipFile(zipped_small, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "a,b\n" + "1,2\n" * 100_000)
    data = bytearray(zipped_small.getvalue())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (8).to_bytes(4, "little")  # its size, as it says
    path.write_bytes(bytes(data))


XML, OFFICE = '<?xml version="1.0"?>', "http://schemas.openxmlformats.org"
PARTS = {
    "[Content_Types].xml": f'{XML}<Types xmlns="{OFFICE}/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "xl/workbook.xml": f'{XML}<workbook xmlns="{OFFICE}/spreadsheetml/2006/main" '
    f'xmlns:r="{OFFICE}/officeDocument/2006/relationships">'
    '<sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship '
    f'Id="rId1" Type="{OFFICE}/officeDocument/2006/relationships/worksheet" Target="worksheets/s.xml"/>'
    "</Relationships>",
}


def workbook(path, sheet):
    """A workbook as small as one can be, whose one sheet writes itself."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/s.xml", "w", force_zip64=True) as stream:
            sheet(stream)


def workbook_of_laughs(path):
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>'
    body = '<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>&l9;</v></c></row></sheetData></worksheet>'
    workbook(path, lambda stream: stream.write((head + body).encode()))


def workbook_that_reads(path):
    head = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///tmp/plumbline-hostile-secret">]>'
    body = '<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>&e;</v></c></row></sheetData></worksheet>'
    workbook(path, lambda stream: stream.write((head + body).encode()))


def workbook_that_is_long(path):
    def sheet(stream):
        stream.write(b'<?xml version="1.0"?><worksheet><sheetData><row r="1"><c r="A1" t="str"><v>')
        zeros(stream, 600)
        stream.write(b"</v></c></row></sheetData></worksheet>")

    workbook(path, sheet)


def parquet_footer(path):
    path.write_bytes(b"PAR1" + b"\x15\x04\x19\x4c" + (0x7FFFFFFF).to_bytes(4, "little") + b"PAR1")


def parquet_rows(path):
    """A file that says of itself that it has 2 to the power of 62 rows."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2]}), sink)
    data = sink.getvalue()
    size = int.from_bytes(data[-8:-4], "little")
    foot = bytearray(data[-8 - size : -8])
    at = foot.index(b"\x16\x04")  # the number of rows, a zigzag varint
    varint = bytes([0x80] * 8 + [0x40])
    foot[at + 1 : at + 2] = varint
    path.write_bytes(data[: -8 - size] + bytes(foot) + len(foot).to_bytes(4, "little") + b"PAR1")


def parquet_of_one_value(path):
    """300 million rows in few bytes: they can be counted, and are not held."""
    one = pa.table({"a": pa.array([1.0]).take(pa.array([0] * 1_000_000))})
    with pq.ParquetWriter(path, one.schema, compression="zstd") as writer:
        for _ in range(100):
            writer.write_table(one)


def arrow_length(path):
    sink = io.BytesIO()
    table = pa.table({"a": [1, 2, 3]})
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    data = bytearray(sink.getvalue())
    data[12:16] = (0x7FFFFFF0).to_bytes(4, "little")
    path.write_bytes(bytes(data))


def json_deep(path):
    path.write_bytes(b'{"a": ' + b"[" * 2_000_000 + b"]" * 2_000_000 + b"}\n")


def json_wide(path):
    path.write_bytes(b"{" + b",".join(b'"c%d": %d' % (i, i) for i in range(30_000)) + b"}\n")


def csv_wide(path):
    path.write_bytes(b",".join(b"c%d" % i for i in range(2_000)) + b"\n" + b",".join([b"1"] * 2_000) + b"\n")


def csv_line(path):
    path.write_bytes(b"a,b\n" + b"x" * (200 << 20) + b",1\n2,3\n")


def csv_quote(path):
    path.write_bytes(b'a,b\n1,2\n"' + b"x,1\n" * (10 << 20))


WRITERS = [gz, gz_of_gz, zst, zipped, zip_of_zips, zip_of_a_quine, zip_with_a_path, zip_of_many, zip_that_lies,
           workbook_of_laughs, workbook_that_reads, workbook_that_is_long, parquet_footer, parquet_rows,
           parquet_of_one_value, arrow_length, json_deep, json_wide, csv_wide, csv_line, csv_quote]  # fmt: skip
READ = (
    "parquet_rows",
    "arrow_length",
    "csv_quote",
    "zip_with_a_path",
    "parquet_of_one_value",
    "json_wide",
    "csv_wide",
    "csv_line",
)  # odd, and tables all the same


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS, ids=lambda one: one.__name__)
def test_what_would_become_large_is_refused_or_read_in_bounded_memory(write, tmp_path):
    path = tmp_path / "bomb.parquet"  # what it is, its content says
    write(path)
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=10 * SECONDS,
        env={"PLUMBLINE_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", "PLUMBLINE_MEMORY": "1GB"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert "refused" in said or write.__name__ in READ, done.stdout
    assert int(said["used"]) < MOST, f"{said['used']} MB"
    assert "word-that-is-read-by-nobody" not in done.stdout
