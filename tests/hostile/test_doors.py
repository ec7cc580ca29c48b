"""Files, folders, uploads, decisions and the command line, named and filled by whoever means harm."""

import asyncio
import hashlib
import json
import os
import re
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette

from engine import compare
from engine.cli import main
from engine.errors import PlumblineError
from engine.evidence.exported import evidence_of, sign
from engine.evidence.snapshot import SignOff, file_name
from engine.record import Choice, Decision
from engine.store import decide, decisions, entries, open_store, records, save
from engine.store.chain import verify
from engine.tables.places import all_below, resolved
from engine.tables.sources import open_dataset
from pages.shared.answering import TOKEN
from pages.shared.inbox import open_inbox, parcels
from pages.shared.receive import routes
from tests.hostile.texts import SECRET, STORABLE, TEXTS, WORD
from tests.recorded import monitor

ALL = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
KEPT = pytest.mark.parametrize("text", STORABLE.values(), ids=STORABLE)
AT = "2026-11-21T15:00:00+00:00"
TOKENS = "0123456789abcdef" * 2


def written(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"x": [1.0, 2.0]}), path)
    return path


def can_be_a_name(text):
    return text.strip(".") and "/" not in text and "\0" not in text and len(os.fsencode(text)) < 200


NAMES = {name: text for name, text in STORABLE.items() if can_be_a_name(text)}


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_a_file_and_a_folder_of_any_name_are_read(text, tmp_path):
    os.makedirs(tmp_path / "in")
    path = tmp_path / "in" / text
    pq.write_table(pa.table({"x": [1.0, 2.0]}), tmp_path / "plain.parquet")
    os.rename(tmp_path / "plain.parquet", path)
    folder = tmp_path / "folder" / text
    written(folder / "part.parquet")
    try:
        assert open_dataset(path).rows == 2
        found = open_dataset(folder)
        assert found.rows == 2
        assert {one.parent.resolve() for one in found.files} == {folder.resolve()}
    except PlumblineError as error:
        assert "\\" in text and str(error).isprintable()  # the database takes it for a separator


@ALL
def test_a_path_is_below_its_folder_or_refused(text, tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    doors = [lambda: all_below(text, resolved([tmp_path / "a" / "b"]))]
    if text in (".", ".."):
        with pytest.raises(PlumblineError, match="no Parquet file"):
            open_dataset(text)
    elif text not in ("/**/*", SECRET, TEXTS["path up"]) and not text.startswith(("http", "s3", "postgresql")):
        doors.append(lambda: open_dataset(text))  # who sits at this machine may read its files
    for door in doors:
        with pytest.raises(PlumblineError) as caught:
            door()
        assert str(caught.value).isprintable() and len(str(caught.value)) < 2000 and WORD not in str(caught.value)


APP = Starlette(routes=routes("/"))


def ask(method, path, content, headers):
    """One request to the upload's address."""

    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://here") as client:
            return await client.request(method, path, content=content, headers=headers)

    return asyncio.run(asked())


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    return open_inbox(TOKENS)


@ALL
def test_an_upload_is_called_anything_and_lies_in_its_inbox(home, text, tmp_path):
    data = b"PAR1" + text.encode("utf-8", "surrogatepass")[:50]
    about = {"name": text, "size": len(data), "modified": 1, "head": hashlib.sha256(data).hexdigest()}
    asked = json.dumps(about).encode()
    said = ask("POST", "/upload", asked, {TOKEN: TOKENS})
    if len(asked) > 10_000:
        assert said.status_code == 413
        return
    assert said.status_code == 200, said.text
    key = said.json()["id"]
    assert ask("PUT", f"/upload/{key}", data, {TOKEN: TOKENS, "upload-offset": "0"}).json()["done"]
    (one,) = parcels(home)
    assert one.name.isprintable() and 0 < len(one.name) <= 130 and "/" not in one.name
    assert (home / one.file).read_bytes() == data and one.file.isascii()
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {home}


@ALL
def test_an_upload_without_a_form_is_refused(home, text):
    raw = text.encode("utf-8", "surrogatepass")
    for about in (raw, json.dumps({"name": "a", "size": text, "modified": 1, "head": "0" * 64}).encode(),
                  json.dumps({"name": "a", "size": 9, "modified": 1, "head": text}).encode()):  # fmt: skip
        said = ask("POST", "/upload", about, {TOKEN: TOKENS})
        if said.status_code == 200:
            assert 0 < int(text) < 1 << 53, "a number, however it is written"
            ask("DELETE", f"/upload/{said.json()['id']}", b"", {TOKEN: TOKENS})
        else:
            assert 400 <= said.status_code < 500 and said.json()["kind"] == "error"
    headers = {b"x-plumbline-upload": raw.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")[:9000].strip()}
    assert ask("POST", "/upload", b"{}", headers).status_code == 403
    assert not list(parcels(home))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with one run, about which everything is said that can be."""
    found = open_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/s.db")
    names = [text for text in STORABLE.values() if text and "\0" not in text]
    table = pa.table({text: [float(i), 2.0, 3.0] * 20 for i, text in enumerate(names)})
    save(found, compare(table, table), monitor(), trigger="manual")
    return found


@ALL
def test_a_decision_and_a_signature_are_kept_as_they_were_typed(store, text):
    (run,) = records(store)
    count = len(entries(store))
    try:
        decide(store, Decision("m", run.id, Choice.ACCEPT, text, f"Jo {text}"))
        sign(store, run.id, SignOff("model owner", f"Jo {text}", "review", text, AT))
    except PlumblineError:
        assert not text.strip() and len(entries(store)) == count
        return
    kept = decisions(store, "m")[-1]
    whole = text.replace("\0", "␀").encode("utf-8", "backslashreplace").decode()
    assert (kept.reason, kept.by) == (whole, f"Jo {whole}")
    said = entries(store)[-1].body["decision"]
    assert said.replace("\0", "␀") == whole or said == text
    assert len(entries(store)) == count + 2


def test_the_ledger_holds_together_and_evidence_is_made_of_it(store):
    assert verify(store).ok
    (run,) = records(store)
    made = evidence_of(store, run.id, requested_by=TEXTS["script"], generated_at=AT)
    json.dumps(made, ensure_ascii=False).encode("utf-8", "backslashreplace")
    assert file_name(made, "pdf").isascii()


@KEPT
def test_the_name_of_a_monitor_is_no_path(text):
    name = file_name({"run": {"monitor": text, "id": "0123", "slice": {"window": None}}}, "pdf")
    assert re.fullmatch(r"[A-Za-z0-9-]{1,120}\.pdf", name)


@ALL
def test_a_word_of_the_command_line_is_a_word(text, store, capsys, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_STORE", f"sqlite:///{store.path}")
    for verb in (["explain"], ["explain", "--"], ["show"], ["ledger", "verify", "--head"], []):
        code = main([*verb, text, *(["--format", "json"] if verb == ["show"] else [])])
        said = capsys.readouterr()
        assert code in (0, 1, 2) and "Traceback" not in said.err and WORD not in said.out + said.err
        assert all(one.isprintable() for one in said.err.replace("\n", ""))
        if code == 2 and verb == ["show"] and not text.startswith("-"):
            assert json.loads(said.out)["kind"] == "error"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    return [str(written(folder / name)) for name in ("a.parquet", "b.parquet")]


OPTIONS = ("--where", "--window", "--timestamp", "--metrics", "--kind", "--role", "--csv")


@ALL
def test_an_option_of_compare_is_understood_or_refused(text, two, capsys):
    option = OPTIONS[sorted(TEXTS.values()).index(text) % len(OPTIONS)]
    for given in (option, "--where"):
        value = f"x={text}" if option in ("--kind", "--role") else text
        code = main(["compare", *two, f"{given}={value}", "--format", "json"])
        said = capsys.readouterr()
        assert code in (0, 1, 2), said.err
        assert json.loads(said.out)["kind"] in (("error", "run") if code == 2 else ("run",))
        assert all(one.isprintable() for one in said.err.replace("\n", "")) and WORD not in said.out + said.err
