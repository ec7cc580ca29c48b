"""Files behind addresses: brought once, resumed when cut, never from where nobody asked, no secret told."""

import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import compare
from engine.errors import Cancelled, UnreadableSource
from engine.tables.away import elsewhere
from engine.tables.away.addresses import HOSTS, may_be_typed, reachable, scheme_of, without_secrets
from engine.tables.sources import open_dataset, watched_files
from tests.tables.web_servers import served

TABLE = pa.table({"x": [float(i) for i in range(50_000)], "w": ["ab"[i % 2] for i in range(50_000)]})


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(elsewhere, "_brought", {})
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(HOSTS, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "site"
    made.mkdir()
    pq.write_table(TABLE, made / "t.parquet", compression="none", use_dictionary=False)
    (made / "t.csv").write_text("x,w\n1,a\n2,b\n")
    return made


@pytest.fixture
def site(folder):
    with served(folder) as found:
        yield found


def again(monkeypatch):
    monkeypatch.setattr(elsewhere, "_brought", {})


def test_files_are_brought_and_read_as_others_are(site, folder):
    dataset = open_dataset(f"{site.address}/t.parquet")
    assert (dataset.rows, dataset.how) == (50_000, "Parquet, from localhost")
    assert dataset.sha256 == open_dataset(folder / "t.parquet").sha256
    assert open_dataset(f"{site.address}/t.csv").how == "CSV, comma-separated, with header, from localhost"
    run = compare(f"{site.address}/t.parquet", str(folder / "t.parquet"))
    assert {f.value for f in run.findings if f.metric == "psi"} == {0.0}
    assert f"{site.address}/t.parquet" in run.to_json()


def test_one_process_asks_once_and_an_unchanged_file_is_not_loaded_again(site, folder, monkeypatch):
    address = f"{site.address}/t.csv"
    first = open_dataset(address)
    assert open_dataset(address).files == first.files
    assert watched_files(address) == watched_files(address), "pages ask nobody"
    assert [code for _, _, code in site.asked] == [200]
    again(monkeypatch)
    assert open_dataset(address).files == first.files
    assert [code for _, _, code in site.asked] == [200, 304]
    again(monkeypatch)
    (folder / "t.csv").write_text("x,w\n1,a\n")
    changed = open_dataset(address)
    assert (changed.rows, first.files == changed.files) == (1, False)
    assert first.query(f"SELECT count(*) AS n FROM {first.scan}")["n"].to_pylist() == [2], "who reads the old reads on"


def test_a_file_that_was_cut_is_resumed(site, folder):
    site.cuts["/t.parquet"] = 300_000
    dataset = open_dataset(f"{site.address}/t.parquet")
    assert dataset.sha256 == open_dataset(folder / "t.parquet").sha256
    assert [code for _, _, code in site.asked] == [200, 206]
    assert site.asked[1][1]["Range"] == "bytes=300000-"


def test_a_file_that_changed_between_the_pieces_is_loaded_whole(site, folder):
    site.tags = False  # a server without tags gives the whole again
    site.cuts["/t.parquet"] = 300_000
    assert open_dataset(f"{site.address}/t.parquet").sha256 == open_dataset(folder / "t.parquet").sha256
    assert [code for _, _, code in site.asked] == [200, 200]


def test_a_busy_server_is_asked_again_and_a_broken_one_not_for_ever(site):
    site.codes["/t.csv"] = [503, 429]
    assert open_dataset(f"{site.address}/t.csv").rows == 2
    site.codes["/t.parquet"] = [503] * 9
    with pytest.raises(UnreadableSource, match="did not give it in 4 tries: it answered 503"):
        open_dataset(f"{site.address}/t.parquet")


@pytest.mark.parametrize(
    ("path", "said"),
    [("/none.csv", "answered 404"), ("/t.csv?sig=secret-key", ""), ("/no%20such", "answered 404")],
)
def test_a_refusal_is_told_without_what_may_be_a_signature(site, path, said):
    try:
        open_dataset(site.address + path.replace("/t.csv", "/gone.csv"))
        pytest.fail("there is no such file")
    except UnreadableSource as error:
        assert said in str(error)
        assert "secret-key" not in str(error)
        assert error.where.startswith(site.address)


def test_who_asks_is_told_by_the_address_and_never_shown(site):
    site.password = "Basic bWU6cEBzcw=="  # me:p@ss
    address = site.address.replace("://", "://me:p%40ss@")
    dataset = open_dataset(f"{address}/t.csv")
    assert dataset.rows == 2
    assert "p%40ss" not in dataset.name + dataset.how
    with pytest.raises(UnreadableSource, match="wants to know who asks"):
        open_dataset(f"{site.address}/t.csv")


def test_redirects_are_followed_to_web_addresses_alone(site, folder, tmp_path):
    (folder / "secret.csv").write_text("x\n1\n")
    site.moved = {"/a": "/b", "/b": "/t.csv", "/round": "/round", "/file": f"file://{folder}/secret.csv",
                  "/ftp": "ftp://localhost/x", "/meta": "http://169.254.169.254/latest/meta-data/"}  # fmt: skip
    assert open_dataset(f"{site.address}/a").rows == 2
    for path, said in (
        ("/round", "leads on more than 5 times"), ("/file", "no web address"), ("/ftp", "no web address"),
        ("/meta", "where a cloud gives keys"),
    ):  # fmt: skip
        with pytest.raises(UnreadableSource, match=said):
            open_dataset(site.address + path)


METADATA = ["http://169.254.169.254/x", "http://[fe80::1]/x", "http://[::ffff:169.254.169.254]/x", "http://2852039166/x"]


@pytest.mark.parametrize("address", METADATA)
def test_where_a_cloud_keeps_keys_is_not_asked(address, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_FETCH_SECONDS", "1")
    with pytest.raises(UnreadableSource, match="gives keys"):
        open_dataset(address)


def test_a_public_address_may_not_lead_into_a_private_network():
    with pytest.raises(UnreadableSource, match="inside a private network"):
        reachable(["10.0.0.7"], "intranet", private=False, where="x")
    reachable(["10.0.0.7"], "intranet", private=True, where="x")
    with pytest.raises(UnreadableSource, match="gives keys"):
        reachable(["93.184.216.34", "169.254.1.1"], "both", private=True, where="x")


def test_where_hosts_are_configured_no_other_is_asked(site, monkeypatch):
    monkeypatch.setenv(HOSTS, "data.example.org, *.example.com")
    with pytest.raises(UnreadableSource, match=r"Allowed: data\.example\.org"):
        open_dataset(f"{site.address}/t.csv")
    assert site.asked == []
    monkeypatch.setenv(HOSTS, "localhost")
    assert open_dataset(f"{site.address}/t.csv").rows == 2
    site.moved = {"/away": site.address.replace("localhost", "127.0.0.1") + "/t.csv"}
    with pytest.raises(UnreadableSource, match="may not be asked"):
        open_dataset(f"{site.address}/away")


def test_what_is_typed_into_a_page_is_configured_or_refused(monkeypatch):
    for address in ("https://example.org/x.csv", "s3://b/x.parquet", "postgresql://h/d?table=t", "sqlite:///x?table=t"):
        with pytest.raises(UnreadableSource):
            may_be_typed(address)
    monkeypatch.setenv(HOSTS, "*.example.org,s3://bucket-*,h")
    may_be_typed("https://data.example.org/x.csv")
    may_be_typed("s3://bucket-1/x.parquet")
    for address in (
        "https://example.org.evil.com/x", "https://data.example.org@evil.com/x", "s3://other/x", "https://evil.com#.example.org",
        "https://evil.com\\.example.org/x", "https://evil.com/?.example.org", "postgresql://h/d?table=t", "http:///x",
        "https://data.example.org\n.evil.com/x", "https://[::1]/x",
    ):  # fmt: skip
        with pytest.raises(UnreadableSource):
            may_be_typed(address)


def test_large_files_are_bounded_and_can_be_stopped(site, monkeypatch, tmp_path):
    told = []
    open_dataset(f"{site.address}/t.parquet", tell=lambda share, said: told.append(said))
    assert any("MB of" in one for one in told)
    again(monkeypatch)
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "other"))

    def stop(share, said):
        raise Cancelled("Opening was stopped.")

    with pytest.raises(Cancelled):
        open_dataset(f"{site.address}/t.parquet", tell=stop)
    monkeypatch.setenv("PLUMBLINE_FETCH_GB", "0.0001")
    with pytest.raises(UnreadableSource, match="PLUMBLINE_FETCH_GB"):
        open_dataset(f"{site.address}/t.parquet")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("gs://b/x.parquet", "storage.googleapis.com"),
        ("az://c/x.parquet", "SAS"),
        ("file:///etc/passwd", "Write the path alone"),
        ("htps://host/x", "Did you mean 'https'"),
        ("ftp://host/x", "Read are https"),
        ("https:///x", "cannot be read"),
        ("https://host:port/x", "cannot be read"),
        ("http://127.0.0.1:1/x.csv", "did not answer"),
        ("http://no-such-host.invalid/x.csv", "is not known"),
    ],
)
def test_an_address_that_is_not_read_says_what_is(address, said, monkeypatch):
    monkeypatch.setattr("engine.tables.away.web.TRIES", 1)
    with pytest.raises(UnreadableSource) as raised:
        open_dataset(address)
    assert said in str(raised.value)


def test_secrets_are_taken_out_of_addresses():
    for address, shown in {
        "https://me:key@h/x?sig=1#f": "https://h/x?…",
        "s3://KEY:SECRET@b/k?region=eu-west-1": "s3://b/k?region=eu-west-1",
        "postgresql://me:pw@h:5432/d?table=s.t&sslkey=x": "postgresql://me@h:5432/d?table=s.t…",
        "postgresql://me:${PW}@h/d?table=t": "postgresql://me:${PW}@h/d?table=t",
        "s3://${K}:${S}@b/k": "s3://${K}:${S}@b/k",
        "/a/path?x=1": "/a/path?x=1",
    }.items():
        assert without_secrets(address) == shown
    assert scheme_of("postgres://h/d") == "postgresql"


# ---- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost, signed by an authority of its own: (authority, certificate, key)."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
            "-subj", "/CN=Test authority", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "s.key", "-out", "s.csr", "-subj", "/CN=localhost")
    (folder / "ext").write_text("subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", "s.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "s.pem",
            "-days", "30", "-extfile", "ext")  # fmt: skip
    return folder / "ca.pem", folder / "s.pem", folder / "s.key"


def test_a_certificate_is_checked_and_an_authority_can_be_named(folder, certificate, monkeypatch):
    authority, *pair = certificate
    with served(folder, tuple(pair)) as site:
        with pytest.raises(UnreadableSource, match="certificate is not to be trusted"):
            open_dataset(f"{site.address}/t.csv")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert open_dataset(f"{site.address}/t.csv").rows == 2
        assert site.asked[-1][1]["Host"].startswith("localhost:")
        with pytest.raises(UnreadableSource, match="certificate is not to be trusted"):
            open_dataset(site.address.replace("localhost", "127.0.0.1") + "/t.csv")
        site.moved = {"/down": site.address.replace("https", "http") + "/t.csv"}
        with pytest.raises(UnreadableSource, match="from https to http"):
            open_dataset(f"{site.address}/down")
