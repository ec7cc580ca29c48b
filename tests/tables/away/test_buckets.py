"""Files in a bucket, on a server that speaks S3: keys, prefixes, globs and partitions; no key of the owner is told."""

import socket
import subprocess
import time
import urllib.request

import pyarrow as pa
import pyarrow.fs as fs
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.errors import Cancelled, UnreadableSource
from engine.tables.away import elsewhere
from engine.tables.away.addresses import HOSTS
from engine.tables.sources import open_dataset
from tests.getting import needed, s3

TABLE = pa.table({"x": [1.0, 2.0, 3.0], "w": ["a", "b", None]})
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "topsecret", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def server():
    program = needed(s3)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/moto-api/", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def bucket(server, monkeypatch, tmp_path):
    """A bucket of its own with some files, and the environment that leads to it."""
    monkeypatch.setattr(elsewhere, "_brought", {})
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.delenv(HOSTS, raising=False)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    store = fs.S3FileSystem(
        access_key="x", secret_key="y", endpoint_override=server.partition("://")[2], scheme="http", region="us-east-1",
        allow_bucket_creation=True,
    )  # fmt: skip
    name = f"data-{time.time_ns()}"
    store.create_dir(name)
    for year in (2013, 2014):
        for month in (1, 2):
            pq.write_table(TABLE, f"{name}/flights/year={year}/month={month}/part.parquet", filesystem=store)
    pq.write_table(TABLE, f"{name}/one file+ü.parquet", filesystem=store)
    for at, text in (("csv/a.csv", "x,w\n1,a\n"), ("csv/b.csv", "x,w\n2,b\n"), ("flights/_SUCCESS", "")):
        with store.open_output_stream(f"{name}/{at}") as stream:
            stream.write(text.encode())
    return f"s3://{name}", store, name


def test_a_key_a_prefix_and_a_glob_are_read(bucket, tmp_path):
    address, _, name = bucket
    one = open_dataset(f"{address}/one%20file%2B%C3%BC.parquet")
    assert (one.rows, one.how) == (3, f"Parquet, from the bucket {name}")
    whole = open_dataset(f"{address}/flights/")
    assert whole.rows == 12
    assert {c.name: c.type for c in whole.columns} == {
        "x": "DOUBLE", "w": "VARCHAR", "year": "BIGINT", "month": "BIGINT",
    }  # fmt: skip
    assert open_dataset(f"{address}/flights/year=2013/*/part.parquet").rows == 6
    assert open_dataset(f"{address}/**/*.csv").rows == 2
    assert open_dataset(f"{address}/csv/").how.startswith("CSV, comma-separated, with header, 2 files")
    pq.write_table(TABLE, tmp_path / "t.parquet")
    run = compare(f"{address}/one%20file%2B%C3%BC.parquet", str(tmp_path / "t.parquet"))
    assert run.reference.sha256 == run.production.sha256
    assert "topsecret" not in run.to_json() and "AKIA" not in run.to_json()


def test_an_unchanged_file_is_copied_once_and_a_changed_one_again(bucket, monkeypatch):
    address, store, name = bucket
    first = open_dataset(f"{address}/csv/")
    times = [one.stat().st_mtime_ns for one in first.files]
    monkeypatch.setattr(elsewhere, "_brought", {})
    again = open_dataset(f"{address}/csv/")
    assert (again.files, [one.stat().st_mtime_ns for one in again.files]) == (first.files, times)
    with store.open_output_stream(f"{name}/csv/b.csv") as stream:
        stream.write(b"x,w\n2,b\n3,c\n")
    monkeypatch.setattr(elsewhere, "_brought", {})
    changed = open_dataset(f"{address}/csv/")
    assert changed.rows == 3
    assert changed.files[0] == first.files[0] != changed.files[1]


def test_keys_may_stand_in_the_address_and_are_told_by_nobody(bucket, monkeypatch):
    address, _, _ = bucket
    for one in KEYS:
        monkeypatch.delenv(one)
    dataset = open_dataset(address.replace("s3://", "s3://AKIAIOSFODNN7EXAMPLE:top%2Fsecret@") + "/csv/")
    assert dataset.rows == 2
    assert "secret" not in dataset.name + dataset.how and "AKIA" not in dataset.name


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/flihts/", "no such key or prefix. Did you mean"), ("/flights/*.csv", "None of its 4 files"),
        ("/csv/?regin=x", "Did you mean 'region'"), ("/csv/../../x.csv", "no such key"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_with_the_nearest(bucket, path, said):
    with pytest.raises(UnreadableSource) as raised:
        open_dataset(bucket[0] + path)
    assert said in str(raised.value)


def test_a_key_that_leads_out_of_the_cache_is_refused(bucket, server):
    address, _, name = bucket
    request = urllib.request.Request(
        f"{server}/{name}/evil/%2e%2e/%2e%2e/%2e%2e/x.csv", data=b"x\n1\n", method="PUT",
        headers={"Authorization": "AWS4-HMAC-SHA256 Credential=a/20130101/us-east-1/s3/aws4_request"},
    )  # fmt: skip
    urllib.request.urlopen(request).close()
    with pytest.raises(UnreadableSource):
        open_dataset(f"{address}/evil/**/*.csv")


def test_a_bucket_that_is_not_there_and_a_server_that_is_dead_are_told(bucket, monkeypatch):
    with pytest.raises(UnreadableSource) as raised:
        open_dataset("s3://no-such-bucket-at-all/x.parquet")
    assert "topsecret" not in str(raised.value)
    with pytest.raises(UnreadableSource, match="cannot be read"):
        open_dataset("s3://b/x.parquet?endpoint=http://127.0.0.1:1")


def test_buckets_are_bounded_stopped_and_configured(bucket, monkeypatch):
    address, _, name = bucket

    def stop(share, said):
        raise Cancelled("Opening was stopped.")

    with pytest.raises(Cancelled):
        open_dataset(f"{address}/flights/", tell=stop)
    monkeypatch.setenv("PLUMBLINE_FETCH_GB", "0.000001")
    with pytest.raises(UnreadableSource, match="PLUMBLINE_FETCH_GB"):
        open_dataset(f"{address}/flights/")
    monkeypatch.delenv("PLUMBLINE_FETCH_GB")
    monkeypatch.setenv(HOSTS, "s3://another")
    with pytest.raises(UnreadableSource, match="may not be asked"):
        open_dataset(f"{address}/flights/")
    monkeypatch.setenv(HOSTS, f"s3://{name}")
    assert open_dataset(f"{address}/flights/").rows == 12
