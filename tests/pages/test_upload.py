"""Uploads over real HTTP: in pieces, resumed, cut, refused; one session's are no other's."""

import hashlib
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import uvicorn
from starlette.applications import Starlette

from pages.shared import allowance, inbox, turns
from pages.shared.allowance import amount, largest
from pages.shared.inbox import folder_of, open_inbox, parcels
from pages.shared.receive import routes

HEAD = inbox.HEAD


@pytest.fixture(scope="module")
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes("/under")), port=free, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield free
    server.should_exit = True
    thread.join()


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    return tmp_path


class Visitor:
    """A page: its token, and what it asks the server."""

    def __init__(self, port: int, before: str = "") -> None:
        self.port, self.token, self.before = port, secrets.token_hex(16), before
        self.home = open_inbox(self.token)

    def ask(self, method: str, path: str = "", body: bytes = b"", **headers: str) -> tuple[int, dict]:
        given = {"X-Plumbline-Upload": self.token, **({"X-Plumbline-Before": self.before} if self.before else {})}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/under/upload{path}", body, given)
            answer = connection.getresponse()
            said = answer.read()
            return answer.status, json.loads(said) if said.startswith(b"{") else {}
        finally:
            connection.close()

    def begin(self, data: bytes, name: str = "a.parquet", modified: int = 1, **more: object) -> tuple[int, dict]:
        head = hashlib.sha256(data[:HEAD]).hexdigest()
        about = {"name": name, "size": len(data), "modified": modified, "head": head, **more}
        return self.ask("POST", body=json.dumps(about).encode())

    def put(self, key: str, offset: int, piece: bytes) -> tuple[int, dict]:
        return self.ask("PUT", f"/{key}", piece, Upload_Offset=str(offset))

    def upload(self, data: bytes, **about: object) -> dict:
        status, said = self.begin(data, **about)
        assert status == 200, said
        status, said = self.put(said["id"], 0, data)
        assert status == 200 and said["done"], said
        return said


@pytest.fixture
def visitor(port):
    return Visitor(port)


def files(visitor: Visitor) -> list[str]:
    return sorted(one.suffix for one in visitor.home.iterdir())


def test_pieces_become_the_file(visitor):
    data = os.urandom(3 * HEAD + 17)
    said = visitor.begin(data)[1]
    for offset in range(0, len(data), HEAD):
        assert said["offset"] == offset and not said["done"]
        status, said = visitor.put(said["id"], offset, data[offset : offset + HEAD])
        assert status == 200
    assert said["done"] and said["sha256"] == hashlib.sha256(data).hexdigest()
    one = next(parcels(visitor.home))
    assert (visitor.home / one.file).read_bytes() == data
    assert files(visitor) == [".json", ".parquet"]


def test_an_upload_goes_on_where_it_was(visitor):
    data = os.urandom(HEAD + 1000)
    first = visitor.begin(data)[1]
    visitor.put(first["id"], 0, data[:1000])
    status, again = visitor.begin(data)
    assert (status, again["id"], again["offset"]) == (200, first["id"], 1000)
    assert visitor.begin(data, modified=2)[1]["id"] != first["id"]  # changed on its owner's machine: another file
    status, said = visitor.put(first["id"], 1000, data[1000:])
    assert said["done"] and said["sha256"] == hashlib.sha256(data).hexdigest()


def test_names_that_had_to_be_cleaned_go_on_too(visitor):
    key = visitor.begin(b"x" * 100, name="a/b\x00.csv")[1]["id"]
    assert visitor.begin(b"x" * 100, name="a/b\x00.csv")[1]["id"] == key


@pytest.mark.parametrize("offset", ["0", "999", "1001", "-1", "x", ""])
def test_a_piece_for_another_place_is_told_the_right_one(visitor, offset):
    data = b"x" * 5000
    key = visitor.begin(data)[1]["id"]
    visitor.put(key, 0, data[:1000])
    status, said = visitor.ask("PUT", f"/{key}", data[1000:], Upload_Offset=offset)
    assert (status, said["offset"]) == (409, 1000)
    assert "1,000" in said["error"]["message"]
    assert visitor.begin(data)[1]["offset"] == 1000


def test_a_cut_connection_keeps_what_came(visitor):
    data = os.urandom(2 * HEAD)
    key = visitor.begin(data)[1]["id"]
    with socket.create_connection(("127.0.0.1", visitor.port)) as raw:
        lines = [f"PUT /under/upload/{key} HTTP/1.1", "Host: x", f"X-Plumbline-Upload: {visitor.token}",
                 "Upload-Offset: 0", f"Content-Length: {len(data)}", "", ""]  # fmt: skip
        raw.sendall("\r\n".join(lines).encode() + data[: HEAD + 5])
    end = time.monotonic() + 10
    while (here := visitor.begin(data, id=key)[1])["offset"] < HEAD + 5:
        assert time.monotonic() < end, here
        time.sleep(0.02)
    assert (here["id"], here["offset"]) == (key, HEAD + 5)
    said = visitor.put(key, HEAD + 5, data[HEAD + 5 :])[1]
    assert said["done"] and said["sha256"] == hashlib.sha256(data).hexdigest()


def test_the_newest_connection_writes(visitor):
    visitor.begin(b"x" * 100)
    one = next(parcels(visitor.home))
    with turns.turn(one.id) as hanging, turns.turn(one.id) as mine:
        turns.append(visitor.home, one, mine, b"x" * 10)
        with pytest.raises(allowance.Refused, match="Another connection"):
            turns.append(visitor.home, one, hanging, b"x" * 10)
        other = visitor.begin(b"x" * 100)[1]  # the same file for the other side, at the same time
        assert (other["id"] != one.id, other["offset"]) == (True, 0)
        again = visitor.begin(b"x" * 100, id=one.id)[1]  # this very upload, whose connection was cut
        assert (again["id"], again["offset"]) == (one.id, 10)


def test_more_than_was_said_is_refused(visitor):
    key = visitor.begin(b"x" * 100)[1]["id"]
    status, said = visitor.put(key, 0, b"x" * 101)
    assert status == 413 and "more than" in said["error"]["message"]
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port)
    headers = {"X-Plumbline-Upload": visitor.token, "Upload-Offset": "0"}
    connection.request("PUT", f"/under/upload/{key}", iter([b"x" * HEAD, b"x"]), headers, encode_chunked=True)
    assert connection.getresponse().status == 413  # without a length it is found out as it comes
    connection.close()
    assert visitor.begin(b"x" * 100)[1]["offset"] == 0


def test_another_file_than_was_begun_is_refused(visitor):
    key = visitor.begin(b"x" * 100)[1]["id"]
    status, said = visitor.put(key, 0, b"y" * 100)
    assert status == 409 and "changed" in said["error"]["message"]
    assert files(visitor) == []


def test_the_same_file_again_is_not_sent_again(visitor):
    data = os.urandom(HEAD + 9)
    first = visitor.upload(data)
    assert visitor.begin(data, name="other name.parquet")[1] == {"id": "", "offset": 0, "prove": True}
    said = visitor.begin(data, sha256=hashlib.sha256(data).hexdigest())[1]
    assert said["already"] and said["done"] and said["id"] == first["id"]
    other = data[:-1] + bytes([data[-1] ^ 1])  # begins alike, is as long, and is another
    sent = visitor.begin(other, sha256=hashlib.sha256(other).hexdigest())[1]
    assert not sent["done"] and sent["id"] != first["id"]
    whole = visitor.put(sent["id"], 0, data)[1]  # what came in the end is what counts
    assert whole["already"] and whole["id"] == first["id"]
    assert files(visitor) == [".json", ".parquet"]


def test_a_page_that_was_loaded_anew_goes_on(port, visitor):
    data, done = os.urandom(HEAD + 1000), b"z" * 50
    part = visitor.begin(data)[1]["id"]
    visitor.put(part, 0, data[:1000])
    visitor.upload(done, name="b.csv")
    later = Visitor(port, before=visitor.token)
    assert later.begin(data)[1] == {"id": part, "offset": 1000, "done": False, "already": False, "sha256": ""}
    assert later.begin(done)[1]["prove"]
    assert later.begin(done, sha256=hashlib.sha256(done).hexdigest())[1]["already"]
    assert sorted(one.name for one in parcels(later.home)) == ["a.parquet", "b.csv"]
    assert [one.name for one in parcels(visitor.home)] == ["b.csv"]  # its own session may still read it


def test_another_session_reaches_nothing(port, visitor):
    data = os.urandom(1000)
    key = visitor.upload(data)["id"]
    part = visitor.begin(b"x" * 100)[1]["id"]
    stranger = Visitor(port)
    assert stranger.put(part, 0, b"x" * 100)[0] == 404
    assert stranger.ask("DELETE", f"/{part}")[0] == 404
    assert stranger.ask("DELETE", f"/{key}")[0] == 404
    said = stranger.begin(data, sha256=hashlib.sha256(data).hexdigest())[1]
    assert not said["already"] and said["offset"] == 0  # that somebody has this file is nobody else's to know
    assert len(list(parcels(visitor.home))) == 2


@pytest.mark.parametrize("token", ["", "0" * 32, "../" * 12, "x" * 32, "0" * 31, "é" * 32])
def test_a_token_that_opens_nothing(visitor, token):
    visitor.token = token.encode().decode("latin-1")
    status, said = visitor.begin(b"x")
    assert status == 403 and "Reload" in said["error"]["hint"]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
     {"Origin": "null"}],
)  # fmt: skip
def test_another_site_sends_nothing(visitor, headers):
    assert visitor.ask("POST", body=b"{}", **headers)[0] == 403


def test_the_own_page_sends(visitor):
    for headers in ({"Origin": f"http://127.0.0.1:{visitor.port}"}, {"Sec_Fetch_Site": "same-origin"}):
        assert visitor.ask("POST", body=b"{}", **headers)[0] == 400  # let in, and then no upload


@pytest.mark.parametrize(
    "about",
    [{"head": "../../x"}, {"size": "many"}, {"size": -5}, {"size": 1 << 60}, {"modified": {}}],
)  # fmt: skip
def test_no_beginning(visitor, about):
    assert visitor.begin(b"x", **about)[0] == 400
    assert visitor.ask("POST", body=b"[]")[0] == 400
    assert visitor.ask("POST", body=b"\xff{")[0] == 400
    assert visitor.ask("POST", body=b" " * 20_000)[0] == 413


@pytest.mark.parametrize("key", ["..%2F..%2Fetc", "%2e%2e", "a%00b", "*", "0" * 16])
def test_an_id_is_no_path(visitor, key):
    assert visitor.ask("PUT", f"/{key}", b"x", Upload_Offset="0")[0] == 404
    assert visitor.ask("DELETE", f"/{key}")[0] == 404


@pytest.mark.parametrize(
    ("name", "kept", "file"),
    [("../../etc/passwd", "passwd", "passwd-"), ("C:\\x\\a b.csv", "a b.csv", "a-b-"), ("<b>.json", "<b>.json", "b-"),
     ("a\x00\u202e.csv", "a\\x00\\u202e.csv", "a-x00-u202e-"), ("..", "..", "file-"), ("", "file", "file-"),
     ("x" * 999 + ".parquet", None, "x" * 40 + "-"), ("😀.csv.gz", "😀.csv.gz", "file-")],
)  # fmt: skip
def test_a_name_is_text_only(visitor, name, kept, file):
    visitor.upload(b"x" * 100, name=name)
    one = next(parcels(visitor.home))
    assert kept is None or one.name == kept
    assert len(one.name) < 130
    assert one.file.startswith(file) and (visitor.home / one.file).parent == visitor.home
    assert (visitor.home / one.file).is_file() and one.file.isascii()


def test_limits_of_a_file_and_of_a_session(visitor, monkeypatch):
    monkeypatch.setenv(allowance.LIMIT, "1 KB")
    status, said = visitor.begin(b"x" * 1001)
    assert status == 413 and "at most 1 KB" in said["error"]["message"] and "Point to it" in said["error"]["hint"]
    for i in range(3):
        assert visitor.begin(b"x" * 1000, name=str(i))[0] == 200
    status, said = visitor.begin(b"x" * 1000, name="4")
    assert status == 413 and "3 KB is the most" in said["error"]["message"]
    assert visitor.begin(b"")[0] == 400


def test_a_full_disk_is_told_before_and_while(visitor, monkeypatch):
    data = b"x" * 2000
    key = visitor.begin(data)[1]["id"]
    usage = type(allowance.shutil.disk_usage("/"))
    monkeypatch.setattr(allowance.shutil, "disk_usage", lambda _: usage(1, 1, allowance.SPARE + 1500))
    assert visitor.begin(data, name="b")[0] == 507
    status, said = visitor.put(key, 0, data)
    assert status == 507 and "2 KB more are needed, 1.5 KB are free" in said["error"]["message"]
    monkeypatch.undo()


def test_cancelled_is_gone(visitor):
    key = visitor.begin(b"x" * 100)[1]["id"]
    visitor.put(key, 0, b"x" * 50)
    assert visitor.ask("DELETE", f"/{key}")[1] == {"id": key, "dropped": True}
    assert files(visitor) == []
    assert visitor.put(key, 50, b"x" * 50)[0] == 404
    whole = visitor.upload(b"y" * 100)["id"]
    assert visitor.ask("DELETE", f"/{whole}")[1]["dropped"] is False  # a page may be reading it


def test_what_nobody_touched_for_a_day_goes(port, visitor):
    visitor.begin(b"x" * 100)
    whole = visitor.upload(b"y" * 100)
    long_ago = time.time() - inbox.KEPT - 60
    for one in visitor.home.glob("*.part"):
        os.utime(one, (long_ago, long_ago))
    stranger = Visitor(port)
    stranger.upload(b"z")
    os.utime(stranger.home, (long_ago, long_ago))
    open_inbox(visitor.token)
    assert [one.id for one in parcels(visitor.home)] == [whole["id"]]
    assert not stranger.home.exists()


@pytest.mark.parametrize(("text", "size"), [("", 2e9), ("500MB", 5e8), ("1.5 gb", 1.5e9), ("1234", 1234), ("2G", None)])
def test_the_limit_is_an_amount(monkeypatch, text, size):
    monkeypatch.setenv(allowance.LIMIT, text)
    if size is None:
        with pytest.raises(allowance.PlumblineError, match="2GB"):
            largest()
    else:
        assert largest() == size


def test_amounts_read_well():
    assert [amount(one) for one in (2e9, 43_500_000, 900)] == ["2 GB", "43.5 MB", "900 B"]
    assert folder_of("a" * 32).name not in "a" * 32


SERVER = """
import sys, uvicorn
from starlette.applications import Starlette
from pages.shared.receive import routes
uvicorn.run(Starlette(routes=routes("/under")), port=int(sys.argv[1]), log_level="error")
"""


@pytest.mark.slow
def test_a_large_file_is_never_whole_in_memory(home):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(free)], cwd=Path(__file__).resolve().parents[2])
    try:
        visitor, data, whole = Visitor(free), os.urandom(8 << 20), hashlib.sha256()
        end = time.monotonic() + 60
        while True:
            try:
                visitor.ask("POST")
                break
            except OSError:
                assert time.monotonic() < end and server.poll() is None
                time.sleep(0.1)
        process = psutil.Process(server.pid)
        before = process.memory_info().rss
        about = {"name": "big", "size": 40 * len(data), "modified": 1, "head": hashlib.sha256(data[:HEAD]).hexdigest()}
        said, most = visitor.ask("POST", body=json.dumps(about).encode())[1], before
        for _ in range(40):
            whole.update(data)
            said = visitor.put(said["id"], said["offset"], data)[1]
            most = max(most, process.memory_info().rss)
        assert said["done"] and said["sha256"] == whole.hexdigest()
        assert most - before < 50e6, f"{(most - before) / 1e6:.0f} MB for a file of {about['size'] / 1e6:.0f} MB"
    finally:
        server.terminate()
        server.wait(timeout=20)
