"""What was counted is kept under what it was counted from: found again after a restart, the longest unused let go."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.errors import PlumblineError, shown
from engine.tables.connection import cache_folder
from engine.tables.watching import tick

LIMIT = "PLUMBLINE_CACHE_GB"  # how much is kept, in GB; the environment's say
FRESH = 3.0  # seconds: a file that changed so lately may change again within one tick of its clock
STALE = 86_400.0  # seconds after which what was never finished is taken away
PIECE = 1 << 20  # bytes that are fingerprinted at a time
OLD = 90 * STALE  # seconds after which a fingerprint is taken again

COUNTS = ("counted", "binned")  # what was counted, and can be counted again
COPIES = ("copied", "unpacked", "fetched")  # copies of what is no Parquet here: read for as long as they are open

State = tuple[int, int, int, int]


def key_of(*parts: Any) -> str:
    """Sixty-four hexadecimal digits that stand for these parts: texts, numbers and lists of them."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes, remembered for as long as its place and state stay."""
    about = path.stat()
    place = _room("prints") / key_of(str(path), *state(path))
    try:
        known = place.read_text(encoding="ascii")
        if len(known) == 64:
            return known
    except OSError:
        pass
    digest, done, piece = hashlib.sha256(), 0, bytearray(PIECE)
    with path.open("rb", buffering=0) as stream:
        while read := stream.readinto(piece):
            digest.update(memoryview(piece)[:read])
            done += read
            tick(f"fingerprinted {done / 1e6:,.0f} of {about.st_size / 1e6:,.0f} MB of {path.name}")
    found = digest.hexdigest()
    if time.time() - max(about.st_mtime, about.st_ctime) > FRESH:
        write_text(place, found)
    return found


def state(path: Path) -> State:
    """What tells that a file is still the same without reading it: size, times of both kinds of change, and its number.

    The second time is the system's own: who sets the first back, as copying tools do, changes it.
    """
    about = path.stat()
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino


def recall(kind: str, key: str) -> Path | None:
    """The folder that is kept under a key, or None."""
    place = _room(kind) / key
    if not place.is_dir():
        return None
    try:
        os.utime(place)  # used now: it is let go last
    except OSError:
        return None
    return place


def keep(kind: str, key: str, write: Callable[[Path], None]) -> Path | None:
    """Let a folder be written and keep it under a key, whole or not at all; None where there is no room for it.

    write may raise anything: what it left is taken away, and what is not about the disk is raised again.
    """
    room = _room(kind)
    target = room / key
    try:
        partial = Path(tempfile.mkdtemp(prefix=".part-", dir=room))
    except OSError:
        return None
    try:
        write(partial)
        partial.rename(target)
    except OSError:  # a full disk; or another process kept the same before us
        return target if target.is_dir() else None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    evict(spare=target)
    return target


def shelf(kind: str, key: str) -> Path:
    """The folder of a key, made if missing: for what is brought from other machines and changes in place."""
    place = _room(kind) / key
    with suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        os.utime(place)
    return place


def let_go(files: Iterable[Path], spare: Path) -> None:
    """Take away files that were replaced a day ago: whoever was reading them has read them."""
    for one in files:
        with suppress(OSError):
            if one != spare and time.time() - one.stat().st_mtime > STALE:
                one.unlink()


def forget(place: Path) -> None:
    """Take away what turned out to be unreadable."""
    shutil.rmtree(place, ignore_errors=True)


def evict(spare: Path) -> None:
    """Take away what was not used for longest until the rest fits the limit, and what was never finished."""
    most = limit() * 1e9
    found = []
    for room in (*COUNTS, *COPIES):
        for one in _in(_room(room)):
            try:
                age = time.time() - one.stat().st_mtime
                if one.name.startswith(".part-"):
                    if age > STALE:
                        forget(one)
                    continue
                if room in COPIES and age < STALE:  # somebody may be reading it
                    continue
                found.append((age, sum(file.stat().st_size for file in one.rglob("*")), one))
            except OSError:  # another process took it away meanwhile
                continue
    for one in _in(_room("prints")):
        with suppress(OSError):
            if time.time() - one.stat().st_mtime > OLD:
                one.unlink()
    total = sum(size for _, size, _ in found)
    for _, size, one in sorted(found, key=lambda item: item[0], reverse=True):
        if total <= most:
            return
        if one != spare:
            forget(one)
            total -= size


def limit() -> float:
    """How many GB may be kept; 10 unless the environment says otherwise."""
    text = os.environ.get(LIMIT, "10")
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise PlumblineError(f"{shown(text)} is no number of GB.", where=LIMIT, hint="Write 10.")
    return found


def _room(kind: str) -> Path:
    room = cache_folder() / kind
    with suppress(OSError):  # where nothing can be written, all is computed anew
        room.mkdir(parents=True, exist_ok=True)
    return room


def _in(room: Path) -> list[Path]:
    try:
        return list(room.iterdir())
    except OSError:
        return []


def write_text(place: Path, text: str) -> None:
    """Write a small file whole or not at all; that it could not be kept is no error."""
    partial = place.with_suffix(f".{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="ascii")
        partial.replace(place)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
