"""A session's inbox: files on their way in, written piece by piece to disk, whole in the end or tidied away."""

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import plain
from pages.shared.allowance import Refused, admit

KEPT = 24 * 3600  # seconds after which what nobody touched is removed
HEAD = 1 << 20  # bytes at the beginning that tell one file from another of the same name and size


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file on its way in. head: SHA-256 of its first megabyte; modified: as its owner's machine says; sha256: of all
    of it once it is whole, else empty; file: its name in the inbox, which is ours."""

    id: str
    name: str
    size: int
    modified: int
    head: str
    file: str
    sha256: str = ""


def folder_of(token: str) -> Path:
    """Where the files of whoever knows this token lie; the token itself is in no path."""
    from engine.tables.connection import cache_folder  # DuckDB, which the server need not load before it answers

    return cache_folder() / "uploads" / hashlib.sha256(token.encode()).hexdigest()[:32]


def open_inbox(token: str) -> Path:
    """The inbox of a session, made if need be; what others left behind a day ago goes."""
    home = folder_of(token)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.utime(home)
    for folder in home.parent.iterdir():
        if folder.is_dir() and folder != home and _age(folder) > KEPT:
            shutil.rmtree(folder, ignore_errors=True)
    for one in (*home.glob("*.part"), *home.glob("*.new")):
        if _age(one) > KEPT:
            drop(home, one.stem)
            one.unlink(missing_ok=True)  # what no parcel knows: the server died between two steps
    return home


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def parcels(home: Path) -> Iterator[Parcel]:
    """All that is in an inbox, whole or not; what is known of a file that is not there is passed over."""
    for place in home.glob("*.json"):
        try:
            one = Parcel(**json.loads(place.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # taken away meanwhile, or half of a machine that went down
            continue
        if (home / one.file).is_file():
            yield one


def parcel(home: Path, name: str) -> Parcel:
    """The parcel of that id. Raises Refused where this inbox has none: an id of another session is no id here."""
    found = next((one for one in parcels(home) if one.id == name), None)
    if found is None:
        raise Refused(404, "This upload is not here any more.", "Begin it again.")
    return found


def arrived(home: Path, one: Parcel) -> int:
    """Bytes that are here."""
    try:
        return (home / one.file).stat().st_size
    except OSError:
        return 0


def begin(home: Path, name: str, size: int, modified: int, head: str) -> Parcel:
    """A new parcel with nothing in it yet. Raises Refused for one that is empty, too large, or has no room."""
    admit(home, size, sum(one.size for one in parcels(home)))
    key = secrets.token_hex(8)
    made = Parcel(key, cleaned(name), size, modified, head, f"{key}.part")
    try:
        (home / made.file).touch(mode=0o600)
        write(home, made)
    except OSError:  # no room even for what is known of it
        (home / made.file).unlink(missing_ok=True)
        raise
    return made


def cleaned(name: str) -> str:
    """What a file is called, as text: no folders, nothing that cannot be seen."""
    return plain(re.split(r"[/\\]", name)[-1].strip() or "file", 120)


def write(home: Path, one: Parcel) -> None:
    """Keep what is known of a parcel, whole or as it was before."""
    draft = home / f"{one.id}.new"
    try:
        draft.write_text(json.dumps(asdict(one)), encoding="utf-8")
        draft.replace(home / f"{one.id}.json")
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def drop(home: Path, name: str) -> None:
    """Take a parcel away, as its owner asked."""
    for one in list(parcels(home)):
        if one.id == name:  # the last of a file's name: another's may begin with it
            for place in (*home.glob(f"{one.id}.*"), *home.glob(f"*-{one.id}.*")):
                place.unlink(missing_ok=True)
