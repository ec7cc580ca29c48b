"""A disk that is full under all that the dashboard keeps: each deed is told in words, and done whole or not at all."""

import asyncio
import shutil
import sqlite3
from contextlib import closing

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from engine.errors import UnreadableSource, UnusableStore
from engine.store import entries, open_store, records, verify
from engine.store.backup import backup
from pages.shared import monitor_files, saved
from tests.browser.by_hand import Hand
from tests.browser.conftest import serving
from tests.faults.conftest import DAYS, engine

DECIDE = "FormSubmitter:decide-Record the decision"
ACCEPT = "accept – known and fine as it is; it calls again when it gets worse"


@pytest.fixture
def full(folder, small_disk, monkeypatch):
    """A disk with store, cache, cohorts and monitors on it, and one window on record; turn(True) fills it up."""
    disk = small_disk(20_000)
    for name in ("old.parquet", "new.parquet", "m.yaml"):
        shutil.copy(folder / name, disk / name)
    address = f"sqlite:///{disk}/store.db"
    for name, value in (("HOME", disk), ("STORE", address), ("MONITORS", disk)):
        monkeypatch.setenv(f"PLUMBLINE_{name}", str(value))
    done = engine(disk, "run", "m.yaml", "--fail-on", "never")
    assert done.returncode == 0, done.stderr
    store = open_store(address)
    assert len(records(store)) == 1

    def turn(on: bool) -> None:
        if not on:
            (disk / "filler").unlink(missing_ok=True)
            return
        with closing(sqlite3.connect(store.path)) as other:  # what was written ahead would leave room for a little
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with (disk / "filler").open("wb", buffering=0) as stream, pytest.raises(OSError, match="No space"):
            while True:
                stream.write(b"x" * 4096)

    yield disk, store, turn
    store.engine.dispose()


def files(disk) -> dict[str, bytes]:
    """What people made, and what is half: everything but the store, the cache and the filler."""
    found = [*disk.glob("*.yaml"), *disk.glob(".*"), *disk.glob("cohorts/*"), *disk.glob("*.db.*")]
    return {one.name: one.read_bytes() for one in found if one.is_file()}


@pytest.mark.slow
def test_deeds_on_pages_are_told_and_none_is_done_by_halves(full, tmp_path):
    _, store, turn = full
    log = tmp_path / "log"
    log.mkdir()

    async def decide(hand: Hand) -> None:
        await hand.come("review", "monitor=small")
        await hand.claim(hand, DECIDE, decide_choice=ACCEPT, decide_reason="on a full disk", decide_by="Jo")

    async def sign(hand: Hand) -> None:
        await hand.come("snapshot", f"run={records(store)[-1].id}")
        await hand.claim(
            hand, "FormSubmitter:sign-Sign", sign_role="reviewer", sign_meaning="reviewed", sign_name="Jo",
            sign_decision="accept",
        )  # fmt: skip

    async def record(hand: Hand) -> None:
        await hand.come("home")
        await hand.press("record", "record_due")  # the page waits until it has ended

    async def export(hand: Hand) -> str:
        await hand.come("snapshot", f"run={records(store)[-1].id}")
        await hand.claim(hand, decide_by="Jo")
        for _ in range(60):
            if "export_pdf" in hand.elements:
                break
            await asyncio.sleep(0.5)  # cohorts are searched first
            await hand.claim(hand)
        asked = BackMsg()
        operation = asked.backend_operation_request
        operation.request_id, operation.session_id = "1", hand.session
        operation.deferred_file.file_id = hand.elements["export_pdf"].deferred_file_id
        await hand.say(asked)
        answer = await hand.hears("backend_operation_response", 60)
        await hand.claim(hand)
        return str(answer.deferred_file.url)

    async def visit(address: str, full: bool) -> None:
        hand = Hand(address, {})
        before = len(entries(store))
        for deed, made in ((decide, "decision"), (sign, "sign-off"), (record, "run"), (export, "export")):
            url = await deed(hand)
            new = [one.kind for one in entries(store)[before:]]
            before += len(new)
            if full:
                assert new == [] and not url, (made, new)
                told = hand.said.replace("\\", "")
                assert "othing was recorded" in told and "disk" in told, (made, told[-1500:])
            else:
                assert made in new, (made, new, hand.said[-1500:])
            assert verify(store).ok
        await hand.leave()

    with serving(log, {"PLUMBLINE_LOG": "json"}) as address:  # Streamlit logs a download that failed
        turn(True)
        asyncio.run(visit(address, True))
        assert len(records(store)) == 1
        turn(False)
        asyncio.run(visit(address, False))
    assert len(records(store)) == DAYS


def test_cohorts_and_monitor_files_stay_as_they_were(full):
    disk, _, turn = full
    saved.save("small", "kept", "x > 1")
    before = monitor_files.held(disk / "m.yaml")
    kept = files(disk)
    assert len(kept) >= 2
    turn(True)
    with pytest.raises(UnreadableSource, match="The cohort cannot be kept: No space left on device"):
        saved.save("small", "more", "x > 2")
    with pytest.raises(UnreadableSource, match="The file cannot be written: No space left on device"):
        monitor_files.save(before, before.text + "# more\n", None)
    with pytest.raises(UnreadableSource, match="No space left on device"):
        monitor_files.problems_of(disk / "m.yaml", before.text)
    assert files(disk) == kept and saved.saved("small") == {"kept": "x > 1"}
    turn(False)
    saved.save("small", "more", "x > 2")
    monitor_files.save(before, before.text + "# more\n", None)
    assert set(saved.saved("small")) == {"kept", "more"} and (disk / "m.yaml").read_text().endswith("# more\n")


def test_a_backup_there_is_no_room_for_is_no_backup(full):
    disk, store, turn = full
    turn(True)
    with pytest.raises(UnusableStore, match=r"disk|room|space"):
        backup(store, disk / "backup.db")
    assert not list(disk.glob("*backup*")), "nothing half lies there under any name"
    turn(False)
    assert backup(store, disk / "backup.db").ok
