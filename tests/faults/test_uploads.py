"""Uploads to a server whose disk fills up or that is killed meanwhile: told, never taken for whole, gone on with."""

import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from pages.shared import finishing
from pages.shared.inbox import HEAD, arrived, begin, drop, folder_of, open_inbox, parcels
from pages.shared.resuming import go_on
from tests.browser.conftest import free_port, running, serving

SIZE = 6_000_000


class Sender:
    """A page that sends a file: its token, and the session that it had before."""

    def __init__(self, address: str, data: bytes, before: str = "") -> None:
        self.address, self.data, self.before = address, data, before
        self.token = secrets.token_hex(16)
        self.home = open_inbox(self.token)

    def ask(self, method: str, path: str = "", body: bytes = b"", offset: int | None = None) -> tuple[int, dict]:
        headers = {"X-Plumbline-Upload": self.token} | ({"X-Plumbline-Before": self.before} if self.before else {})
        headers |= {} if offset is None else {"Upload-Offset": str(offset)}
        asked = urllib.request.Request(f"{self.address}/upload{path}", body, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def begin(self, data: bytes | None = None, name: str = "a.csv") -> tuple[int, dict]:
        data = self.data if data is None else data
        head = hashlib.sha256(data[:HEAD]).hexdigest()
        about = {"name": name, "size": len(data), "modified": 1, "head": head}
        return self.ask("POST", body=json.dumps(about).encode())

    @contextmanager
    def sending(self, upload: str, so_far: int):
        """A piece of which so many bytes are on the disk; the connection, to send the rest by."""
        host, port = self.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as raw:
            lines = [f"PUT /upload/{upload} HTTP/1.1", f"Host: {host}", f"X-Plumbline-Upload: {self.token}",
                     "Upload-Offset: 0", f"Content-Length: {len(self.data)}", "Connection: close", "", ""]  # fmt: skip
            raw.sendall("\r\n".join(lines).encode() + self.data[:so_far])
            part, end = self.home / f"{upload}.part", time.monotonic() + 30
            while part.stat().st_size < so_far - HEAD:
                assert time.monotonic() < end, part.stat().st_size
                time.sleep(0.02)
            yield raw


def answer(raw: socket.socket) -> tuple[int, dict]:
    said = b""
    while more := raw.recv(65536):
        said += more
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.slow
def test_a_disk_that_fills_up_during_an_upload_is_told_and_room_lets_it_go_on(folder, small_disk, monkeypatch):
    disk = small_disk(700_000)  # of which nothing is taken until something is written
    monkeypatch.setenv("PLUMBLINE_HOME", str(disk))
    store = f"sqlite:///{folder}/store.db"
    log = folder / "log"
    log.mkdir()
    with serving(log, {"PLUMBLINE_HOME": str(disk), "PLUMBLINE_STORE": store}) as address:
        page = Sender(address, os.urandom(SIZE))
        other = page.begin(b"y" * 1000, "b.csv")[1]["id"]
        assert page.ask("PUT", f"/{other}", b"y" * 1000, offset=0)[1]["done"]
        upload = page.begin()[1]["id"]
        with page.sending(upload, SIZE // 2) as raw:
            used = int(subprocess.check_output(["df", "--output=used", "-k", disk], text=True).split()[1])
            resized(disk, used + 500)
            raw.sendall(page.data[SIZE // 2 :])
            status, said = answer(raw)
        assert status == 507 and said["error"]["message"] == (
            "The server cannot write the file: No space left on device."
        ), said
        status, said = page.begin()
        assert status == 200 and SIZE // 2 - HEAD <= said["offset"] < SIZE and not said["done"], said
        assert page.data.startswith((page.home / f"{upload}.part").read_bytes()), "what is here is its beginning"
        status, more = page.ask("PUT", f"/{upload}", page.data[said["offset"] :], offset=said["offset"])
        assert status == 507 and "The server has no room" in more["error"]["message"]
        status, more = page.begin(b"z" * 1000, "c.csv")
        assert status == 507 and "The server has no room" in more["error"]["message"]
        assert sorted(one.id for one in parcels(page.home)) == sorted([upload, other])
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=20) as well:
            assert well.status == 200
        resized(disk, 700_000)
        status, said = page.ask("PUT", f"/{upload}", page.data[said["offset"] :], offset=said["offset"])
        assert status == 200 and said["sha256"] == hashlib.sha256(page.data).hexdigest()
        whole = {one.id: one for one in parcels(page.home)}
        assert (page.home / whole[other].file).read_bytes() == b"y" * 1000, "nothing else was lost"


def resized(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}k", disk], check=True)


@pytest.mark.slow
def test_a_server_killed_during_an_upload_goes_on_with_it(folder, monkeypatch):
    home = folder / "home"
    home.mkdir()
    settings = {"PLUMBLINE_HOME": str(home), "PLUMBLINE_STORE": f"sqlite:///{home}/store.db"}
    data = os.urandom(SIZE)
    port = free_port()
    with running(home, settings, port) as server:
        page = Sender(f"http://127.0.0.1:{port}", data)
        other = page.begin(b"y" * 1000, "b.csv")[1]["id"]
        assert page.ask("PUT", f"/{other}", b"y" * 1000, offset=0)[1]["done"]
        upload = page.begin()[1]["id"]
        with page.sending(upload, SIZE // 2):
            server.kill()
            server.wait(10)
    here = {one.id: one for one in parcels(page.home)}
    assert not here[upload].sha256 and 0 < arrived(page.home, here[upload]) < SIZE, "half a file is no file"
    with serving(home, settings) as address:
        again = Sender(address, data, before=page.token)
        status, said = again.begin()
        assert (status, said["id"], said["done"]) == (200, upload, False)
        assert said["offset"] == arrived(again.home, next(parcels(again.home))) >= SIZE // 2 - HEAD
        status, said = again.ask("PUT", f"/{upload}", data[said["offset"] :], offset=said["offset"])
        assert status == 200 and said["sha256"] == hashlib.sha256(data).hexdigest()
    assert {one.id for one in parcels(page.home)} == {other}, "it moved to the session that it goes on in"
    (left,) = parcels(page.home)
    assert (page.home / left.file).read_bytes() == b"y" * 1000, "nothing else was lost"


class Killed(BaseException):
    """What no code of ours catches: as good as a kill."""


@pytest.mark.parametrize("after", ["named", "written"])
def test_a_server_killed_as_an_upload_ends_leaves_it_whole_or_to_be_ended(folder, monkeypatch, after):
    home, data = open_inbox("a" * 32), os.urandom(2000)
    one = begin(home, "a.csv", len(data), 1, hashlib.sha256(data).hexdigest())
    (home / one.file).write_bytes(data)
    real = finishing.write

    def dies(*given) -> None:
        if after == "written":
            real(*given)
        raise Killed

    monkeypatch.setattr(finishing, "write", dies)
    with pytest.raises(Killed):
        finishing.finish(home, one)
    monkeypatch.undo()
    found, whole = go_on([home], "a.csv", len(data), 1, one.head, hashlib.sha256(data).hexdigest(), "")
    assert found is not None and found.id == one.id and whole == (after == "written")
    if not whole:
        assert arrived(home, found) == len(data)
        found, _ = finishing.finish(home, found)
    assert (home / found.file).read_bytes() == data
    drop(home, one.id)
    assert list(home.iterdir()) == [], "nothing is left behind"


@pytest.mark.parametrize("links", [True, False])
def test_an_upload_that_cannot_be_ended_is_ended_when_there_is_room(folder, monkeypatch, links):
    home, data = open_inbox("b" * 32), os.urandom(2000)
    one = begin(home, "a.csv", len(data), 1, hashlib.sha256(data).hexdigest())
    (home / one.file).write_bytes(data)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_room)
    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", no_room)
        with pytest.raises(OSError, match="No space"):
            finishing.finish(home, one)
        with pytest.raises(OSError, match="No space"):
            begin(home, "b.csv", 10, 1, one.head)
    assert sorted(place.name for place in home.iterdir()) == [f"{one.id}.json", f"{one.id}.part"]
    whole, _ = finishing.finish(home, one)
    assert (home / whole.file).read_bytes() == data
    assert sorted(place.suffix for place in home.iterdir()) == [".csv", ".json"]


def no_room(*_given: object, **_more: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["write_text", "rename"])
def test_half_a_file_that_cannot_come_along_at_a_reload_stays_where_it_is_known(folder, monkeypatch, step):
    old, home, head = open_inbox("d" * 32), open_inbox("e" * 32), hashlib.sha256(b"x").hexdigest()
    one = begin(old, "a.csv", 2000, 1, head)
    (old / one.file).write_bytes(b"x" * 1000)
    with monkeypatch.context() as full:
        full.setattr(Path, step, no_room)
        with pytest.raises(OSError, match="No space"):
            go_on([home, old], "a.csv", 2000, 1, head, "", "")
    assert list(parcels(old)) == [one] and list(home.iterdir()) == []
    assert go_on([home, old], "a.csv", 2000, 1, head, "", "") == (one, False)
    assert arrived(home, one) == 1000 and list(parcels(home)) == [one] and list(old.iterdir()) == []


def test_a_server_killed_as_half_a_file_comes_along_lets_it_come_again(folder, monkeypatch):
    old, home, head = open_inbox("f" * 32), open_inbox("0" * 31 + "a"), hashlib.sha256(b"x").hexdigest()
    one = begin(old, "a.csv", 2000, 1, head)
    (old / one.file).write_bytes(b"x" * 1000)

    def dies(*_given: object, **_more: object) -> None:
        raise Killed

    for step in ("rename", "unlink"):
        with monkeypatch.context() as killed:
            killed.setattr(Path, step, dies)
            with pytest.raises(Killed):
                go_on([home, old], "a.csv", 2000, 1, head, "", "")
        assert [found for place in (home, old) for found in parcels(place)] == [one]
    assert go_on([home, old], "a.csv", 2000, 1, head, "", "") == (one, False) and arrived(home, one) == 1000


def test_a_whole_file_comes_along_where_the_disk_knows_no_second_names(folder, monkeypatch):
    old, home, data = open_inbox("1" * 31 + "a"), open_inbox("2" * 31 + "a"), os.urandom(2000)
    digest = hashlib.sha256(data).hexdigest()
    one = begin(old, "a.csv", len(data), 1, digest)
    (old / one.file).write_bytes(data)
    one, _ = finishing.finish(old, one)
    monkeypatch.setattr(Path, "hardlink_to", no_room)
    with monkeypatch.context() as full:
        full.setattr(shutil, "copyfile", no_room)
        with pytest.raises(OSError, match="No space"):
            go_on([home, old], "a.csv", len(data), 1, one.head, digest, "")
    assert list(home.iterdir()) == []
    assert go_on([home, old], "a.csv", len(data), 1, one.head, digest, "") == (one, True)
    assert (home / one.file).read_bytes() == (old / one.file).read_bytes() == data


@pytest.mark.parametrize("whole", [False, True])
def test_what_is_known_of_a_file_that_is_gone_is_not_gone_on_with(folder, whole):
    home, data = open_inbox("3" * 31 + "a"), os.urandom(2000)
    digest = hashlib.sha256(data).hexdigest()
    one = begin(home, "a.csv", len(data), 1, digest)
    (home / one.file).write_bytes(data)
    gone = finishing.finish(home, one)[0] if whole else one
    (home / gone.file).unlink()
    again, already = go_on([home], "a.csv", len(data), 1, one.head, digest, one.id)
    assert again is not None and again.id != one.id and not already
    (home / again.file).write_bytes(data)
    made, already = finishing.finish(home, again)
    assert not already and (home / made.file).read_bytes() == data


def test_a_file_whose_name_quotes_another_upload_stays_when_that_is_dropped(folder):
    home = open_inbox("4" * 31 + "a")
    one = begin(home, "a.csv", 10, 1, "")
    data = b"y" * 100
    other = begin(home, f"copy {one.id}.csv", len(data), 1, hashlib.sha256(data).hexdigest())
    (home / other.file).write_bytes(data)
    other, _ = finishing.finish(home, other)
    drop(home, one.id)
    assert list(parcels(home)) == [other] and (home / other.file).read_bytes() == data
    drop(home, other.id)
    assert list(home.iterdir()) == []


def test_what_no_parcel_knows_goes_after_a_day(folder):
    home = open_inbox("c" * 32)
    for name in ("1234.part", "1234.new"):
        (home / name).write_bytes(b"half")
    open_inbox("c" * 32)
    assert len(list(home.iterdir())) == 2
    for one in home.iterdir():
        os.utime(one, (time.time() - 90_000,) * 2)
    open_inbox("c" * 32)
    assert list(home.iterdir()) == [] and folder_of("c" * 32) == home
